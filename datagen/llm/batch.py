"""The OpenAI Batch API as a transport: gather, upload, submit, poll, fetch; half the price where a day's wait will do.

A batch outlives the run that submitted it. Its questions are written to the answer store's file before anything is
sent, its id as soon as it is known, and its answers are stored together with the end of its questions. A run that was
killed finds its batches again: those with an id are polled, one that was killed between submitting and writing the id
down is recognised by the mark in its metadata, and one that never got there is submitted. What came back without an
answer (failed, expired, cancelled) is asked again in a later batch, `max_retries` times.

One endpoint only: batch ids mean nothing to another. `n` is not used: each sample is a line of its own.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from datagen.errors import EndpointError, UserError
from datagen.llm.answers import Answer, AnswerStore
from datagen.llm.asking import RESUME
from datagen.llm.batch_store import BatchLine, BatchStore
from datagen.llm.question import Question, Wanted, read_choices
from datagen.llm.usage import Usage
from datagen.llm.wire import Endpoint, Wire, WireFault

__all__ = ["BatchSettings", "BatchTransport"]

_MARK = "typhoon_batch"
_ENDED = ("completed", "failed", "expired", "cancelled")
_DECLINED = (400, 413, 422)
_LONGEST_WAIT_S = 60.0


@dataclass(frozen=True)
class BatchSettings:
    max_requests: int
    gather_s: float
    poll_s: float
    completion_window: str
    timeout_s: float
    max_retries: int


@dataclass
class _Waiting:
    line: BatchLine
    done: asyncio.Future[Answer]
    tries: int = 0


@dataclass
class BatchTransport:
    """Questions in, answers out, batches in between."""

    connect: Callable[[], Awaitable[Sequence[Endpoint]]]
    store: AnswerStore
    settings: BatchSettings
    usage: Usage
    say: Callable[[str], None]
    stopped: UserError | None = None
    _wire: Wire | None = None
    _identity: str = ""
    _batches: BatchStore | None = None
    _connecting: asyncio.Lock = field(default_factory=asyncio.Lock)
    _gathering: dict[str, _Waiting] = field(default_factory=dict)
    _submitted: dict[str, _Waiting] = field(default_factory=dict)
    _lines: dict[str, BatchLine] = field(default_factory=dict)
    _timer: asyncio.TimerHandle | None = None
    _tasks: set[asyncio.Task[None]] = field(default_factory=set)

    @property
    def window(self) -> int:
        return 2 * self.settings.max_requests

    def choices_at_once(self, model: str, wanted: int) -> int:
        return 1

    async def ask(self, question: Question, wanted: Sequence[Wanted], shared_seed: bool) -> tuple[str, list[Answer]]:
        """The answer to the first of `wanted`, when its batch has come back.

        Raises:
            EndpointError: the endpoint refuses us or the batch, or cannot be reached.
        """
        await self._connected()
        if self.stopped is not None:
            raise self.stopped
        sample = wanted[0]
        key = sample.key(self._identity)
        body = question.body(sample.index, shared_seed=shared_seed)
        line = BatchLine(key, sample.payload_text(self._identity), json.dumps(body, ensure_ascii=False))
        waiting = _Waiting(line, asyncio.get_running_loop().create_future())
        if key in self._lines:
            self._submitted[key] = waiting  # an earlier run submitted it
        elif (stored := self.store.find(key)) is not None:
            return self._identity, [stored]  # it came back while this run was connecting
        else:
            self._gather(waiting)
        return self._identity, [await waiting.done]

    def _gather(self, waiting: _Waiting) -> None:
        self._gathering[waiting.line.key] = waiting
        if self._timer is not None:
            self._timer.cancel()
        full = len(self._gathering) >= self.settings.max_requests
        loop = asyncio.get_running_loop()
        self._timer = loop.call_later(0 if full else self.settings.gather_s, self._submit_gathered)

    def _submit_gathered(self) -> None:
        self._timer = None
        waiting, self._gathering = self._gathering, {}
        self._submitted |= waiting
        lines = [one.line for one in waiting.values()]
        for start in range(0, len(lines), self.settings.max_requests):
            self._start(self._new_batch(lines[start : start + self.settings.max_requests]))

    def _start(self, work: Any) -> None:
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._ended)

    def _ended(self, task: asyncio.Task[None]) -> None:
        """What ends one batch's task ends the run: everybody who waits hears of it."""
        self._tasks.discard(task)
        if task.cancelled() or (error := task.exception()) is None:
            return
        if isinstance(error, UserError):
            self.stopped = self.stopped or error
        for waiting in [*self._submitted.values(), *self._gathering.values()]:
            if not waiting.done.done():
                waiting.done.set_exception(error)
                waiting.done.exception()

    async def _connected(self) -> None:
        async with self._connecting:
            if self._wire is not None:
                return
            endpoints = await self.connect()
            if len(endpoints) != 1:
                raise EndpointError("teacher.transport: batch needs exactly one base URL; batches cannot be shared out")
            self._wire = Wire(endpoints[0], self.settings.timeout_s)
            self._identity = endpoints[0].identity
            self._batches = BatchStore(self.store.path)
            for mark in self._batches.marks(self._identity):
                lines = self._batches.lines(mark)
                self._lines |= {line.key: line for line in lines}
                self.say(f"a batch of {len(lines)} questions is still out from an earlier run; waiting for it")
                self._start(self._resume(mark, lines))

    async def _new_batch(self, lines: Sequence[BatchLine]) -> None:
        assert self._batches is not None
        mark = self._batches.add(self._identity, lines)
        self._lines |= {line.key: line for line in lines}
        await self._submit(mark, lines)
        await self._follow(mark, lines)

    async def _resume(self, mark: str, lines: Sequence[BatchLine]) -> None:
        assert self._batches is not None
        if self._batches.batch_id(mark) is None:
            if found := await self._find(mark):
                self._batches.set_batch_id(mark, found)
            else:
                await self._submit(mark, lines)
        await self._follow(mark, lines)

    async def _find(self, mark: str) -> str | None:
        """The id of a batch that was submitted under `mark`, if the endpoint knows one."""
        after = ""
        while True:
            page = await self._call(
                "get_json", "/batches", query={"limit": "100"} | ({"after": after} if after else {})
            )
            for batch in page.get("data") or ():
                if (batch.get("metadata") or {}).get(_MARK) == mark:
                    return str(batch["id"])
            if not page.get("has_more") or not page.get("data"):
                return None
            after = str(page["data"][-1]["id"])

    async def _submit(self, mark: str, lines: Sequence[BatchLine]) -> None:
        assert self._batches is not None
        content = "".join(line.request() + "\n" for line in lines).encode()
        file = await self._call("post_file", "/files", f"{mark}.jsonl", content, {"purpose": "batch"})
        batch = await self._call(
            "post_json",
            "/batches",
            {
                "input_file_id": file.get("id"),
                "endpoint": "/v1/chat/completions",
                "completion_window": self.settings.completion_window,
                "metadata": {_MARK: mark},
            },
        )
        if not batch.get("id"):
            raise EndpointError(f"{self._url} does not speak the Batch API; set teacher.transport: chat ({RESUME})")
        self._batches.set_batch_id(mark, str(batch["id"]))
        self.usage.started = self.usage.started or asyncio.get_running_loop().time()
        self.say(f"submitted batch {batch['id']} with {len(lines)} questions")

    async def _follow(self, mark: str, lines: Sequence[BatchLine]) -> None:
        """Polls until the batch has ended, stores what it brought, asks the rest again."""
        assert self._batches is not None
        batch_id = self._batches.batch_id(mark)
        while (batch := await self._call("get_json", f"/batches/{batch_id}")).get("status") not in _ENDED:
            await asyncio.sleep(self.settings.poll_s)
        answers: dict[str, Answer] = {}
        words: dict[str, str] = {}
        for name in ("output_file_id", "error_file_id"):
            if batch.get(name):
                content = await self._call("get_bytes", f"/files/{batch[name]}/content")
                _read_results(content, {line.key for line in lines}, answers, words)
        if batch["status"] == "failed" and not answers:
            self._batches.end(mark, [])
            raise EndpointError(f"{self._url} failed the batch {batch_id}: {_batch_words(batch)} ({RESUME})")
        self._batches.end(mark, [(line, answers[line.key]) for line in lines if line.key in answers])
        self._hand_on(lines, answers, words, str(batch["status"]))

    def _hand_on(
        self, lines: Sequence[BatchLine], answers: Mapping[str, Answer], words: Mapping[str, str], status: str
    ) -> None:
        self.usage.requests += len(lines)
        self.usage.succeeded += len(answers)
        for line in lines:
            self._lines.pop(line.key, None)
            waiting = self._submitted.pop(line.key, None)
            if line.key in answers:
                if waiting is not None and not waiting.done.done():
                    waiting.done.set_result(answers[line.key])
                continue
            self.usage.faults[f"batch_{status}" if status != "completed" else "batch_item"] += 1
            if waiting is None or waiting.done.done():
                continue
            waiting.tries += 1
            if waiting.tries > self.settings.max_retries:
                why = words.get(line.key, f"the batch {status} before it was answered")
                waiting.done.set_result(Answer("", "failed", refused=f"{self._url}: {why}"))
            else:
                self.usage.retries += 1
                self._gather(waiting)

    async def _call(self, method: str, path: str, *arguments: Any, **options: Any) -> Any:
        """One API call of the batch's own, tried again with backoff: hours of waiting must survive a lost packet."""
        assert self._wire is not None
        for tries in range(self.settings.max_retries + 1):
            try:
                return await getattr(self._wire, method)(path, *arguments, **options)
            except WireFault as fault:
                self.usage.faults[f"batch_{fault.kind}"] += 1
                if fault.kind == "refused_key":
                    raise EndpointError(f"{self._url} refuses the API key ({RESUME})") from fault
                if not fault.retryable or tries == self.settings.max_retries:
                    hint = "; does it speak the Batch API?" if fault.kind in ("not_found", "unexpected") else ""
                    raise EndpointError(f"{self._url}{path} failed: {fault.words}{hint} ({RESUME})") from fault
                await asyncio.sleep(fault.retry_after_s or min(_LONGEST_WAIT_S, 0.5 * 2.0**tries))
        raise AssertionError("the loop returns or raises")

    @property
    def _url(self) -> str:
        return self._wire.endpoint.public if self._wire else ""

    async def close(self) -> None:
        """Leaves what is submitted to the endpoint: the next run fetches it."""
        if self._timer is not None:
            self._timer.cancel()
        tasks = list(self._tasks)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        if self._wire is not None:
            await self._wire.close()
        if self._batches is not None:
            self._batches.close()


def _read_results(content: bytes, keys: set[str], answers: dict[str, Answer], words: dict[str, str]) -> None:
    """Sorts result lines into answers (declined requests among them) and what kept the others from one."""
    for raw in content.splitlines():
        try:
            result = json.loads(raw)
            key, response = result["custom_id"], result.get("response") or {}
        except (ValueError, KeyError, TypeError, AttributeError):
            continue  # a line we cannot read is a question without an answer: asked again
        if key not in keys:
            continue
        body = response.get("body") or {}
        if response.get("status_code") == 200 and (found := read_choices(body, 1)):
            answers[key] = found[0]
            continue
        error = body.get("error") or result.get("error") or {}
        said = str(error.get("message") or error)[:300] if isinstance(error, dict) else str(error)[:300]
        if response.get("status_code") in _DECLINED:
            answers[key] = Answer("", "refused", refused=said)
        else:
            words[key] = said


def _batch_words(batch: Mapping[str, Any]) -> str:
    errors = (batch.get("errors") or {}).get("data") or []
    return "; ".join(str(error.get("message")) for error in errors[:3]) or "no reason given"
