"""Episodes in worker processes, side by side; a worker may hang, crash or be killed, and the pool goes on.

A call that gets no result is an observation with a code of FAULTS, and is counted: nothing is ever made up in its
place, and a rollout that met one can be masked. The next call on that worker starts another process. Where the
environment is `stateless`, episodes of a dead worker go on in the new one; elsewhere their state is gone, and their
later calls are answered `lost`. A stateful environment therefore wants as many workers as episodes.

>>> with EnvironmentPool("search_read", workers=1) as pool:
...     episode = pool.open({"question": "แผงในตลาดเสียค่าธรรมเนียมเท่าใด"})
...     episode.step("search", '{"query": "แผงในตลาด", "k": 1}').error
False
"""

from __future__ import annotations

import itertools
import os
import select
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any, Self

from datagen.errors import UserError
from datagen.own_tools.worker import end_process, minimal_environment, received
from datagen.record import canonical_json
from datagen.tools.execute import MAX_ARGUMENTS
from environments.environment import Observation, failed

__all__ = ["FAULTS", "SHIPPED", "EnvironmentFailure", "EnvironmentPool", "Episode"]

SHIPPED = {"search_read": "environments.search_read:SearchRead"}
FAULTS = frozenset({"timeout", "crashed", "lost"})
"""Codes of observations that say nothing of the model: the pool's own failures."""

_TOLD = {
    "timeout": "เครื่องมือไม่ตอบภายในเวลาที่กำหนด",
    "crashed": "เครื่องมือหยุดทำงานกลางคัน",
    "lost": "สภาพแวดล้อมของงานนี้สูญหายไปแล้ว เรียกเครื่องมือต่อไม่ได้",
}


class EnvironmentFailure(UserError):
    """An environment that cannot be loaded, or an episode that cannot be opened."""


class _Fault(Exception):
    """A message without a reply; its argument is a code of FAULTS."""


class _Worker:
    """One process and the messages to it, one at a time. `generation` counts the processes it has had."""

    def __init__(self, environment: str, settings: Mapping[str, Any], memory_mb: int, start_s: float) -> None:
        self._start = {"environment": environment, "settings": dict(settings), "memory_mb": memory_mb}
        self._start_s = start_s
        self._process: subprocess.Popen[bytes] | None = None
        self.turn = threading.RLock()
        self.generation = 0
        self.episodes = 0

    def ask(self, message: Mapping[str, Any], timeout_s: float) -> dict[str, Any]:
        """Its reply. Raises _Fault; the process is gone then."""
        with self.turn:
            process = self.started()
            until = time.monotonic() + timeout_s
            try:
                _send(process, message, until)
                return received(process, until)
            except TimeoutError as exc:
                self.kill()
                raise _Fault("timeout") from exc
            except (OSError, ValueError) as exc:
                self.kill()
                raise _Fault("crashed") from exc

    def started(self) -> subprocess.Popen[bytes]:
        """The living process; another one where it died. Starting it has a time limit of its own. Raises _Fault."""
        with self.turn:
            if self._process is not None and self._process.poll() is None:
                return self._process
            self.kill()
            paths = os.pathsep.join([os.getcwd(), *(part for part in sys.path if part)])
            self._process = process = subprocess.Popen(
                [sys.executable, "-m", "environments.worker_process"],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                env={**minimal_environment(), "PYTHONPATH": paths, "OMP_NUM_THREADS": "1"},
                start_new_session=True,  # so that what an environment starts can be killed with it
            )
            self.generation += 1
            until = time.monotonic() + self._start_s
            try:
                _send(process, self._start, until)
                _send(process, {"do": "describe"}, until)
                self.described = received(process, until)
            except (OSError, ValueError) as exc:  # TimeoutError is an OSError
                self.kill()
                raise _Fault("timeout" if isinstance(exc, TimeoutError) else "crashed") from exc
            return process

    @property
    def pid(self) -> int | None:
        return None if self._process is None else self._process.pid

    def kill(self) -> None:
        process, self._process = self._process, None
        if process is not None:
            end_process(process)


class Episode:
    """One question in one environment. `prompt`: the user message; `lost`: its state went with a worker."""

    def __init__(self, pool: EnvironmentPool, worker: _Worker, number: int, question: Mapping[str, Any]) -> None:
        self._pool, self._worker, self._number, self._question = pool, worker, str(number), dict(question)
        self.prompt, self._generation = self._opened()
        self.lost = self._closed = False

    def step(self, tool_name: str, arguments: str | Mapping[str, Any]) -> Observation:
        """The call, within the pool's time limit. Never raises: a fault is an observation, counted in `pool.counts`."""
        assert not self._closed
        arguments = arguments if isinstance(arguments, str) else canonical_json(arguments)
        asked = {
            "do": "step",
            "episode": self._number,
            "tool": tool_name[:200],
            "arguments": arguments[: MAX_ARGUMENTS + 1],
        }
        with self._worker.turn:
            try:
                self._stand_in_living_process()
                reply = self._worker.ask(asked, self._pool.call_s)
                seen = Observation(reply["content"], reply["code"]) if "content" in reply else _fault("crashed")
            except (_Fault, EnvironmentFailure) as exc:
                seen = _fault(exc.args[0] if isinstance(exc, _Fault) else "crashed")
        self._pool.count("calls", *([seen.code] if seen.error else []))
        return seen

    def close(self) -> None:
        """Forgets the episode, so that its worker may."""
        if self._closed:
            return
        self._closed = True
        with self._worker.turn:
            self._worker.episodes -= 1
            if self._generation == self._worker.generation and self._worker.pid is not None:
                try:
                    self._worker.ask({"do": "close", "episode": self._number}, self._pool.call_s)
                except _Fault:
                    self._pool.count("close_failed")

    def _opened(self) -> tuple[str, int]:
        message = {"do": "open", "episode": self._number, "question": self._question}
        with self._worker.turn:
            try:
                reply = self._worker.ask(message, self._pool.call_s)
            except _Fault as exc:
                raise EnvironmentFailure(f"an episode cannot be opened: the environment {_SAID[exc.args[0]]}") from exc
            if "prompt" not in reply:
                raise EnvironmentFailure(f"an episode cannot be opened: {reply.get('failed', reply)}")
            return reply["prompt"], self._worker.generation

    def _stand_in_living_process(self) -> None:
        """Starts a dead worker again; the episode goes on in it, or is lost."""
        if self.lost:
            raise _Fault("lost")
        self._worker.started()
        if self._worker.generation != self._generation:
            if not self._pool.stateless:
                self.lost = True
                raise _Fault("lost")
            _, self._generation = self._opened()
            self._pool.count("reopened")


_SAID = {"timeout": "did not answer in time", "crashed": "ended its process", "lost": "is gone"}


class EnvironmentPool:
    """Worker processes for one environment: a shipped name or `module:Class`, with the settings it is made with.

    `call_s`: what a call may take once its turn has come; `start_s`: what a process may take to start and load;
    `memory_mb`: address space of one worker. `counts`: calls, their error codes, reopened episodes, restarts.
    """

    def __init__(
        self,
        environment: str,
        settings: Mapping[str, Any] | None = None,
        *,
        workers: int = 2,
        call_s: float = 10.0,
        start_s: float = 60.0,
        memory_mb: int = 4096,
    ) -> None:
        if workers < 1 or call_s <= 0:
            raise EnvironmentFailure(f"workers ({workers}) must be at least 1 and call_s ({call_s:g}) above 0")
        reference = SHIPPED.get(environment, environment)
        self.call_s = call_s
        self._counts: Counter[str] = Counter()
        self._counting = threading.Lock()
        self._numbers = itertools.count()
        self._workers = [_Worker(reference, settings or {}, memory_mb, start_s) for _ in range(workers)]
        try:
            self._workers[0].started()
        except _Fault as exc:
            raise EnvironmentFailure(f"{environment}: the environment {_SAID[exc.args[0]]} at its start") from exc
        described = self._workers[0].described
        if "failed" in described:
            self.close()
            raise EnvironmentFailure(f"{environment}: the environment cannot be loaded: {described['failed']}")
        self.tools: list[dict[str, Any]] = described["tools"]
        self.system: str = described["system"]
        self.stateless: bool = described["stateless"]

    def open(self, question: Mapping[str, Any]) -> Episode:
        """An episode on the worker that has fewest. Raises EnvironmentFailure where the environment fails at it."""
        with self._counting:
            worker = min(self._workers, key=lambda each: each.episodes)
            worker.episodes += 1
            number = next(self._numbers)
        try:
            return Episode(self, worker, number, question)
        except EnvironmentFailure:
            worker.episodes -= 1
            self.count("open_failed")
            raise

    def step_all(self, calls: Sequence[tuple[Episode, str, str | Mapping[str, Any]]]) -> list[Observation]:
        """Calls of several episodes side by side, one at a time on each worker; observations in the calls' order."""
        if not calls:
            return []
        with ThreadPoolExecutor(min(len(calls), len(self._workers) * 2)) as threads:
            return list(threads.map(lambda call: call[0].step(*call[1:]), calls))

    @contextmanager
    def episode(self, question: Mapping[str, Any]) -> Iterator[Episode]:
        """`open` and `close` in one."""
        opened = self.open(question)
        try:
            yield opened
        finally:
            opened.close()

    @property
    def counts(self) -> dict[str, int]:
        """What happened so far; `restarts`: processes beyond each worker's first."""
        with self._counting:
            restarts = sum(max(worker.generation - 1, 0) for worker in self._workers)
            return {**self._counts, **({"restarts": restarts} if restarts else {})}

    @property
    def pids(self) -> list[int]:
        """Of the processes that run now."""
        return [worker.pid for worker in self._workers if worker.pid is not None]

    def count(self, *names: str) -> None:
        with self._counting:
            self._counts.update(names)

    def close(self) -> None:
        for worker in self._workers:
            with worker.turn:
                worker.kill()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def _fault(code: str) -> Observation:
    return failed(code, _TOLD[code])


def _send(process: subprocess.Popen[bytes], message: Mapping[str, Any], until: float) -> None:
    """Writes a message; a process that does not read cannot keep us. Raises TimeoutError or OSError."""
    assert process.stdin is not None
    handle = process.stdin.fileno()
    os.set_blocking(handle, False)
    data = canonical_json(message).encode()
    data = memoryview(len(data).to_bytes(4) + data)
    while data:
        if not select.select([], [handle], [], max(0.0, until - time.monotonic()))[1]:
            raise TimeoutError
        data = data[os.write(handle, data) :]
