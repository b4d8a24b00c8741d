"""Questions put to a pool of endpoints over HTTP, until each is answered, declined or given up.

A fault costs one of `max_retries` and a wait of 0.25 to 60 s that holds no slot (longer where Retry-After says so); the
next try goes to whichever endpoint is best then. A question that runs out of tries while others are being answered is
given up alone, as an answer that says so and is not stored. If nothing was answered meanwhile, a one-token control
question tells whose fault it is: the question's, or the endpoints', and then the run ends with a sentence. A refused
key, an unknown model or path and a spent quota end it at once.
"""

from __future__ import annotations

import asyncio
import random
import time
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field

from datagen.errors import EndpointError, UserError
from datagen.llm.answers import Answer
from datagen.llm.budget import estimated_tokens, worst_completion
from datagen.llm.concurrency import ConcurrencyLimit
from datagen.llm.pacing import Pace
from datagen.llm.pool import EndpointState, Pool
from datagen.llm.question import Question, Wanted, read_choices
from datagen.llm.usage import Usage
from datagen.llm.wire import Endpoint, Wire, WireFault

__all__ = ["Asker", "Limits"]

RESUME = "nothing already answered is lost: the same command resumes"
_LONGEST_WAIT_S = 60.0
_LONGEST_RETRY_AFTER_S = 600.0
_LISTING_S = 30.0


@dataclass(frozen=True)
class Limits:
    """What one endpoint may be asked; `requests_per_minute` and `tokens_per_minute` count per endpoint."""

    concurrency: int
    timeout_s: float
    max_retries: int
    adaptive: bool = True
    requests_per_minute: float | None = None
    tokens_per_minute: float | None = None


@dataclass
class Asker:
    """`ask` questions; `connect` is called when the first one comes."""

    connect: Callable[[], Awaitable[Endpoint | Sequence[Endpoint]]]
    limits: Limits
    usage: Usage
    say: Callable[[str], None]
    stopped: UserError | None = None
    _pool: Pool | None = None
    _opening: Pool | None = None
    _connecting: asyncio.Lock = field(default_factory=asyncio.Lock)
    _answers: int = 0

    @property
    def window(self) -> int:
        """Twice what all endpoints take at once."""
        capacity = self.limits.concurrency
        if self._pool is not None:
            capacity = sum(state.limit.ceiling for state in self._pool.states)
        return 2 * capacity

    async def ask(self, question: Question, wanted: Sequence[Wanted], shared_seed: bool) -> tuple[str, list[Answer]]:
        """Answers to the first samples of `wanted`, at least one, and the identity of who gave them.

        Raises:
            EndpointError: nobody answers, or we are refused; the run cannot go on.
        """
        pool = await self._connected(question.model)
        answers_before, tries = self._answers, 0
        indexes = [sample.index for sample in wanted]
        while True:
            self._require_running()
            state = await pool.acquire(question.model, again=tries > 0)
            n = min(len(indexes), state.max_n or len(indexes))
            try:
                self._require_running()
                if not state.listed:
                    await self._list_models(state)
                if not state.serves(question.model):
                    self._require_served(pool, question.model)
                    continue
                answers = await self._ask_once(state, question, indexes[:n], shared_seed)
            except WireFault as fault:
                self._note(state, fault)
                if fault.kind == "declined":
                    if n > 1:
                        state.max_n = 1  # it does not take `n`; if it was not that, the next try tells
                        continue
                    return state.endpoint.identity, [Answer("", "refused", refused=fault.words)]
                if not fault.retryable:
                    raise self._stop(EndpointError(self._words(state, fault, question.model))) from fault
                tries += 1
                if tries > self.limits.max_retries:
                    exhausted = (state, fault)
                    break
                wait_s = _wait_s(tries, fault.retry_after_s)
            else:
                return state.endpoint.identity, answers
            finally:
                pool.release(state)
            self.usage.retries += 1
            await asyncio.sleep(wait_s)
        words = self._words(*exhausted, question.model)
        if self._answers == answers_before and not await self._answers_anything(exhausted[0], question.model):
            raise self._stop(EndpointError(words)) from exhausted[1]
        return "", [Answer("", "failed", refused=words)]

    async def _answers_anything(self, state: EndpointState, model: str) -> bool:
        """Whether the endpoint answers (or declines) a question that no server should stumble over."""
        control = Question(model, [{"role": "user", "content": "1+1="}], {"max_tokens": 1})
        try:
            answers = await self._ask_once(state, control, [0], False)
        except WireFault as fault:
            return fault.kind == "declined"
        self.usage.count_tokens(model, answers[0].prompt_tokens, answers[0].completion_tokens)
        return True

    async def _ask_once(
        self, state: EndpointState, question: Question, indexes: Sequence[int], shared_seed: bool
    ) -> list[Answer]:
        n, booked = len(indexes), 0
        if self.limits.tokens_per_minute:
            booked = estimated_tokens(question.messages) + n * worst_completion(question.sampling)
            await state.tokens.wait(booked)
        if self.limits.requests_per_minute:
            await state.requests.wait(1)
        self._require_running()
        begun = time.monotonic()
        self.usage.requests += 1
        try:
            body = question.body(indexes[0], n, shared_seed=shared_seed)
            document = await state.wire.post_json("/chat/completions", body)
            if not (answers := read_choices(document, n)):
                raise WireFault("not_a_completion", "it sent something that is not a chat completion")
        except asyncio.CancelledError:
            self.usage.cancelled += 1
            raise
        except WireFault as fault:
            self.usage.faults[fault.kind] += 1
            raise
        if len(answers) < n:
            state.max_n = len(answers)
        tokens = sum(answer.completion_tokens for answer in answers)
        state.limit.answered(time.monotonic() - begun, tokens)
        state.tokens.correct(tokens + answers[0].prompt_tokens - booked)
        self.usage.succeeded += 1
        self._answers += 1
        if state.answered():
            self.say(f"{state.endpoint.public} answers again")
        return answers

    def choices_at_once(self, model: str, wanted: int) -> int:
        """How many samples to ask for in one request, from what the endpoints gave so far."""
        if self._pool is None or not (states := self._pool.serving(model)):
            return wanted
        return min(wanted, *(state.max_n or wanted for state in states))

    def _note(self, state: EndpointState, fault: WireFault) -> None:
        seconds = state.failed(fault, time.monotonic())
        if seconds is not None and self._pool is not None:
            others = len(self._pool.states) > 1
            who = "the others take over" if others else "requests wait"
            self.say(
                f"{state.endpoint.public} is down ({fault.kind}: {fault.words}); {who}, "
                f"the next try is in {seconds:.0f} s"
            )

    def _require_running(self) -> None:
        if self.stopped is not None:
            raise self.stopped

    def _stop(self, error: EndpointError) -> UserError:
        """The first error is the one everybody hears."""
        self.stopped = self.stopped or error
        return self.stopped

    async def _connected(self, model: str) -> Pool:
        if self._pool is None:
            async with self._connecting:
                if self._pool is None:
                    self._require_running()
                    self._pool = await self._open()
                    self.usage.started = time.monotonic()
        self._require_served(self._pool, model)
        return self._pool

    async def _open(self) -> Pool:
        endpoints = await self.connect()
        limits = self.limits
        states = [
            EndpointState(
                endpoint,
                Wire(endpoint, limits.timeout_s),
                ConcurrencyLimit(endpoint.concurrency or limits.concurrency, adaptive=limits.adaptive),
                Pace(limits.requests_per_minute),
                Pace(limits.tokens_per_minute),
            )
            for endpoint in ([endpoints] if isinstance(endpoints, Endpoint) else endpoints)
        ]
        pool = self._opening = Pool(states)
        found = await asyncio.gather(*map(self._listing_fault, states))
        faults = [(state, fault) for state, fault in zip(states, found, strict=True) if fault is not None]
        for state, fault in faults:
            if not fault.retryable or len(faults) == len(states):
                raise self._stop(EndpointError(self._words(state, fault, ""))) from fault
            state.out_of_order(time.monotonic())
            self.say(f"{state.endpoint.public} is down ({fault.kind}: {fault.words}); the others begin without it")
        return pool

    async def _listing_fault(self, state: EndpointState) -> WireFault | None:
        """None once the endpoint's models are known; a second try before it counts as down."""
        for wait_s in (0.5, None):
            try:
                await self._list_models(state)
            except WireFault as fault:
                if wait_s is None or not fault.retryable:
                    return fault
                await asyncio.sleep(wait_s)
            else:
                break
        return None

    async def _list_models(self, state: EndpointState) -> None:
        try:
            document = await state.wire.get_json("/models", timeout_s=min(_LISTING_S, 10 * self.limits.timeout_s))
        except WireFault as fault:
            if fault.kind not in ("not_found", "declined", "unexpected"):
                raise
            document = {}  # this server does not list its models; the first request will tell
        listed = document.get("data")
        names = {str(entry["id"]) for entry in listed or () if isinstance(entry, dict) and "id" in entry}
        state.models, state.listed = frozenset(names) or None, True

    def _require_served(self, pool: Pool, model: str) -> None:
        if any(state.serves(model) for state in pool.states):
            return
        first = pool.states[0]
        names = sorted(first.models or ())
        shown = ", ".join(names[:8]) + (" ..." if len(names) > 8 else "")
        if len(pool.states) == 1:
            problem = f"the server at {first.endpoint.public} has no model {model!r}; it has: {shown}"
        else:
            problem = f"no endpoint has the model {model!r}; {first.endpoint.public} has: {shown}"
        raise self._stop(EndpointError(problem))

    def _words(self, state: EndpointState, fault: WireFault, model: str) -> str:
        url, limits = state.endpoint.public, self.limits
        match fault.kind:
            case "timeout":
                problem = f"{url} gave no answer in {limits.timeout_s:g} s; raise timeout_s or lower concurrency"
            case "unreachable" | "dropped":
                problem = f"nobody answers at {url} ({fault.words}); start the server there or correct --base-url"
            case "refused_key":
                problem = f"{url} refuses the API key; set {state.endpoint.key_name}"
            case "not_found":
                problem = f"{url} has no model {model!r} or no chat completions: {fault.words}"
            case "rate_limited":
                problem = f"{url} still limits our rate after {limits.max_retries} retries; lower teacher.concurrency"
            case "quota":
                problem = f"the account's quota at {url} is spent: {fault.words}"
            case "not_a_completion":
                problem = f"{url}: {fault.words}; is it an OpenAI-compatible /v1 URL?"
            case _:
                problem = f"{url} failed: {fault.words}"
        if self._pool is not None and len(self._pool.states) > 1 and fault.retryable:
            problem = f"none of the {len(self._pool.states)} endpoints answers; the last one tried: {problem}"
        return f"{problem} ({RESUME})"

    async def close(self) -> None:
        if self._opening is not None:
            await self._opening.close()


def _wait_s(tries: int, retry_after_s: float | None) -> float:
    """Between half and all of 0.5, 1, 2 ... 60 s; never before Retry-After, but a little spread after it."""
    wait_s = min(_LONGEST_WAIT_S, 0.5 * 2.0 ** (tries - 1)) * random.uniform(0.5, 1.0)
    if retry_after_s is None:
        return wait_s
    return min(retry_after_s, _LONGEST_RETRY_AFTER_S) + min(wait_s, 0.1 + 0.1 * retry_after_s) * random.random()
