"""The chat client: questions to any OpenAI-compatible endpoints, answered from the store where they can be.

Covers: one request for concurrent identical questions, several samples of one question in one request where the
recipe says `use_n`, the budget, and connecting only when the first unanswered question comes up. How a question
reaches an endpoint is the transport's business (asking.py over HTTP, batch.py through the Batch API).
Does not stream tokens.

Every answer is committed to the store before it is handed on, under the identity of the endpoint that gave it. With
several endpoints an answer any of them gave is found again; those of an endpoint that left the recipe are not, unless
`teacher.identity` gives all of them one name.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any, Protocol

from datagen.errors import BudgetError, UserError
from datagen.llm.answers import Answer, AnswerStore
from datagen.llm.asking import Asker, Limits
from datagen.llm.budget import Budget, BudgetConfig, estimated_tokens, worst_completion
from datagen.llm.question import Question, Wanted
from datagen.llm.usage import Usage
from datagen.llm.wire import Endpoint, public_url

__all__ = ["ChatClient", "Endpoint", "Limits", "Transport", "Usage", "public_url"]


class Transport(Protocol):
    """Gets questions answered. `stopped` is the error that ended the run, once one has."""

    stopped: UserError | None

    @property
    def window(self) -> int:
        """Questions worth having under way at once."""
        ...

    async def ask(self, question: Question, wanted: Sequence[Wanted], shared_seed: bool) -> tuple[str, list[Answer]]:
        """Answers to the first samples of `wanted`, at least one, and the identity of who gave them."""
        ...

    def choices_at_once(self, model: str, wanted: int) -> int: ...

    async def close(self) -> None: ...


class ChatClient:
    """Asks `connect()`'s endpoints, each at most `concurrency` requests at a time.

    `identity` (or identities: an answer stored under any of them counts) and `connect` are apart so that a run
    answered wholly from the store starts no server. `replaying` is true while nothing but stored answers was wanted.
    """

    def __init__(
        self,
        store: AnswerStore,
        identity: str | Sequence[str],
        connect: Callable[[], Awaitable[Endpoint | Sequence[Endpoint]]],
        *,
        concurrency: int = 0,
        timeout_s: float = 0.0,
        max_retries: int = 0,
        limits: Limits | None = None,
        budget: BudgetConfig | None = None,
        use_n: bool = False,
        transport: Callable[[Usage, Callable[[str], None]], Transport] | None = None,
        say: Callable[[str], None] = lambda _: None,
    ) -> None:
        self.store, self.use_n = store, use_n
        self.identities = (identity,) if isinstance(identity, str) else tuple(identity)
        self.usage = Usage(prices=budget.prices, price_currency=budget.currency) if budget else Usage()
        self.replaying = not store.is_empty()
        limits = limits or Limits(concurrency, timeout_s, max_retries)
        self._transport: Transport = (
            transport(self.usage, say) if transport else Asker(connect, limits, self.usage, say)
        )
        bounded = budget is not None and (budget.max_tokens is not None or budget.max_cost is not None)
        self._budget = Budget(budget, store.tokens_by_model()) if budget is not None and bounded else None
        self.usage.budget = self._budget
        self._in_flight: dict[str, asyncio.Future[Answer]] = {}
        self._tasks: set[asyncio.Task[list[Answer]]] = set()

    @property
    def window(self) -> int:
        """Records worth having under way at once, so that the endpoints never wait for questions."""
        return self._transport.window

    async def chat(
        self,
        model: str,
        messages: Sequence[Mapping[str, Any]],
        *,
        sample_index: int = 0,
        siblings: int = 1,
        tools: Sequence[Mapping[str, Any]] = (),
        tool_choice: str | Mapping[str, Any] | None = None,
        response_format: Mapping[str, Any] | None = None,
        **sampling: Any,
    ) -> Answer:
        """One answer: sample `sample_index` of a question.

        With `use_n`, the first of `siblings` samples to be wanted asks for all of them that are not stored yet. A
        question given up after all retries, while others were answered, comes back with `failed` and `refused` set;
        it is not stored, and a later run asks again.

        Raises:
            EndpointError: nobody answers after all retries, or we are refused; the run cannot go on.
            BudgetError: the answer may cost more than is left.
            OutputError: the answer cannot be stored.
        """
        plain_messages = [dict(message) for message in messages]
        question = Question(model, plain_messages, sampling, tools, tool_choice, response_format)
        wanted = question.wanted(sample_index, self.identities[0])
        if (stored := self._stored(wanted)) is not None:
            self.usage.from_store += 1
            return stored
        self.replaying = False
        if wanted.name not in self._in_flight:
            missing = [wanted]
            if self.use_n and siblings > 1:
                missing += self._missing_siblings(question, sample_index, siblings)
            self._start(question, missing)
        return await asyncio.shield(self._in_flight[wanted.name])

    def _stored(self, wanted: Wanted) -> Answer | None:
        for identity in self.identities:
            if (answer := self.store.find(wanted.key(identity))) is not None:
                return answer
        return None

    def _missing_siblings(self, question: Question, sample_index: int, siblings: int) -> list[Wanted]:
        others = [question.wanted(index, self.identities[0]) for index in range(siblings) if index != sample_index]
        return [o for o in others if o.name not in self._in_flight and self._stored(o) is None]

    def _start(self, question: Question, wanted: Sequence[Wanted]) -> None:
        loop = asyncio.get_running_loop()
        for sample in wanted:
            self._in_flight[sample.name] = loop.create_future()
        self.usage.asked += len(wanted)
        self.usage.in_flight += len(wanted)
        self._split(question, sorted(wanted, key=lambda sample: sample.index))

    def _split(self, question: Question, wanted: Sequence[Wanted]) -> None:
        """One task for as many samples as go into one request."""
        at_once = self._transport.choices_at_once(question.model, len(wanted))
        for start in range(0, len(wanted), at_once):
            samples = wanted[start : start + at_once]
            task = asyncio.create_task(self._answer(question, samples))
            self._tasks.add(task)
            task.add_done_callback(lambda task, samples=samples: self._finished(task, question, samples))

    async def _answer(self, question: Question, wanted: Sequence[Wanted]) -> list[Answer]:
        """Answers to the first of `wanted`, committed."""
        identity, answers = await self._asked_within_budget(question, wanted)
        for sample, answer in zip(wanted, answers, strict=False):
            if not answer.failed:
                await self.store.put_soon(sample.key(identity), sample.payload_text(identity), answer)
        return answers

    def _finished(self, task: asyncio.Task[list[Answer]], question: Question, wanted: Sequence[Wanted]) -> None:
        """Hands on what a task brought to those who wait for it, be it an error."""
        self._tasks.discard(task)
        error = None if task.cancelled() else task.exception()
        if task.cancelled() or error is not None:
            for sample in wanted:
                self._settle(sample, None, error)
            return
        answers = task.result()
        for sample, answer in zip(wanted, answers, strict=False):
            self._settle(sample, answer, None)
        if rest := wanted[len(answers) :]:
            self._split(question, rest)

    async def _asked_within_budget(self, question: Question, wanted: Sequence[Wanted]) -> tuple[str, list[Answer]]:
        shared_seed, budget = self.use_n, self._budget
        if budget is None:
            return self._counted(question, await self._transport.ask(question, wanted, shared_seed))
        model = question.model
        if self._transport.stopped is not None:
            raise self._transport.stopped
        completions = len(wanted) * worst_completion(question.sampling)
        try:
            worst = budget.worst_case(model, estimated_tokens(question.messages), completions)
            await budget.reserve(worst)
        except BudgetError as exc:
            self._transport.stopped = self._transport.stopped or exc
            raise
        used = (0, 0)
        try:
            identity, answers = self._counted(question, await self._transport.ask(question, wanted, shared_seed))
            used = _tokens(answers)
        finally:
            budget.settle(worst, model, *used)
        return identity, answers

    def _counted(self, question: Question, asked: tuple[str, list[Answer]]) -> tuple[str, list[Answer]]:
        self.usage.count_tokens(question.model, *_tokens(asked[1]))
        return asked

    def _settle(self, sample: Wanted, answer: Answer | None, error: BaseException | None) -> None:
        self.usage.in_flight -= 1
        if answer is None or answer.failed:
            self.usage.failed += 1
        else:
            self.usage.answered += 1
        future = self._in_flight.pop(sample.name)
        if future.done():
            return
        if answer is not None:
            future.set_result(answer)
        elif error is not None:
            future.set_exception(error)
            future.exception()  # seen here, so that asyncio does not report it when every waiter was cancelled
        else:
            future.cancel()

    async def close(self, grace_s: float = 0.0) -> None:
        """Gives what is in flight `grace_s` to arrive and be stored, cancels the rest, closes the connections."""
        if self._tasks and grace_s:
            await asyncio.wait(list(self._tasks), timeout=grace_s)
        while self._tasks:  # one that ends with fewer samples than asked starts another
            tasks = list(self._tasks)
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
            await asyncio.sleep(0)  # their callbacks run
        await self._transport.close()


def _tokens(answers: Sequence[Answer]) -> tuple[int, int]:
    return sum(answer.prompt_tokens for answer in answers), sum(answer.completion_tokens for answer in answers)
