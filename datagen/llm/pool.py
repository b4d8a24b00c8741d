"""Which endpoint answers next: the least loaded healthy one that serves the model.

Each endpoint has its own concurrency limit, pace (requests and tokens a minute) and circuit breaker. The breaker opens
after five failures in a row (more where many requests are under way: a quarter of them), keeps requests away
for 1, 2, 4 ... 60 s and then lets one through to see. A pause asked for by Retry-After closes the endpoint alike when
everything is refused; a lone 429 makes only its own request wait.
"""

from __future__ import annotations

import asyncio
import random
import time
from collections import deque
from collections.abc import Callable, Sequence

from datagen.llm.concurrency import ConcurrencyLimit
from datagen.llm.pacing import Pace
from datagen.llm.wire import Endpoint, Wire, WireFault

__all__ = ["EndpointState", "Pool"]

_FAILURES_TO_OPEN = 5
_REFUSALS_TO_PAUSE = 3
_LONGEST_BREAK_S = 60.0
_LONGEST_PAUSE_S = 600.0
_CAPACITY_KINDS = ("rate_limited", "overloaded")
_NO_FAILURE_OF_THE_ENDPOINT = ("declined", "refused_key", "not_found", "quota", "unexpected")


class EndpointState:
    """One endpoint: what it serves, how busy it is, how it is doing."""

    def __init__(self, endpoint: Endpoint, wire: Wire, limit: ConcurrencyLimit, requests: Pace, tokens: Pace) -> None:
        self.endpoint, self.wire, self.limit, self.requests, self.tokens = endpoint, wire, limit, requests, tokens
        self.models: frozenset[str] | None = None  # None: it does not list them
        self.listed = False
        self.in_flight = 0
        self.max_n: int | None = None  # choices it gives to one request, once it gave fewer than asked
        self.breaks = 0
        self.closed_until = 0.0
        self._failures = self._refusals = 0
        self._trying = False

    def serves(self, model: str) -> bool:
        return self.models is None or model in self.models

    def has_room(self, now: float) -> bool:
        if now < self.closed_until:
            return False
        if self.breaks and self._trying:
            return False  # one request finds out whether it is back
        return self.in_flight < self.limit.limit

    @property
    def load(self) -> float:
        return self.in_flight / self.limit.limit

    def begin(self) -> None:
        self.in_flight += 1
        self._trying = bool(self.breaks)

    def end(self) -> None:
        self.in_flight -= 1
        self._trying = False

    def answered(self) -> bool:
        """True where this answer ends a break."""
        self._failures = self._refusals = 0
        was_broken, self.breaks = bool(self.breaks), 0
        return was_broken

    def failed(self, fault: WireFault, now: float) -> float | None:
        """Counts a fault; seconds this endpoint is left alone from now on, where that begins here."""
        if fault.kind in _NO_FAILURE_OF_THE_ENDPOINT:
            return None
        if fault.kind in _CAPACITY_KINDS:
            self.limit.refused()
            self._refusals += 1
            if self._refusals >= max(_REFUSALS_TO_PAUSE, self.in_flight / 4) and fault.retry_after_s:
                pause = min(_LONGEST_PAUSE_S, fault.retry_after_s)
                self.closed_until = max(self.closed_until, now + pause)
            if fault.kind == "rate_limited":
                return None
        elif fault.kind == "timeout":
            self.limit.timed_out()
        self._failures += 1
        if not self.breaks and self._failures < max(_FAILURES_TO_OPEN, self.in_flight / 4):
            return None
        if now < self.closed_until:
            return None  # sent before the break began
        return self.out_of_order(now)

    def out_of_order(self, now: float) -> float:
        """Opens the breaker; seconds until the next try."""
        seconds = min(_LONGEST_BREAK_S, 2.0**self.breaks) * random.uniform(0.75, 1.25)
        self.breaks += 1
        self.closed_until = now + seconds
        return seconds


class Pool:
    """Hands out endpoints; who waits is served in order, questions asked again first."""

    def __init__(self, states: Sequence[EndpointState], clock: Callable[[], float] = time.monotonic) -> None:
        self.states = list(states)
        self._clock = clock
        self._waiting: dict[str, deque[asyncio.Future[EndpointState]]] = {}
        self._timer: asyncio.TimerHandle | None = None

    def serving(self, model: str) -> list[EndpointState]:
        return [state for state in self.states if state.serves(model)]

    async def acquire(self, model: str, *, again: bool = False) -> EndpointState:
        """An endpoint with room, `begin` already called; pair with `release`."""
        line = self._waiting.setdefault(model, deque())
        if not line and (state := self._choose(model)) is not None:
            return state
        turn: asyncio.Future[EndpointState] = asyncio.get_running_loop().create_future()
        line.appendleft(turn) if again else line.append(turn)
        self._dispatch()
        try:
            return await turn
        except asyncio.CancelledError:
            if turn.done() and not turn.cancelled():
                self.release(turn.result())
            raise

    def release(self, state: EndpointState) -> None:
        state.end()
        self._dispatch()

    def _choose(self, model: str) -> EndpointState | None:
        now = self._clock()
        chosen = None
        for state in self.states:
            if state.serves(model) and state.has_room(now) and (chosen is None or state.load < chosen.load):
                chosen = state
        if chosen is not None:
            chosen.begin()
        return chosen

    def _dispatch(self) -> None:
        for model, line in self._waiting.items():
            while line:
                if line[0].done():  # cancelled while it waited
                    line.popleft()
                elif (state := self._choose(model)) is not None:
                    line.popleft().set_result(state)
                else:
                    break
        self._wake_later()

    def _wake_later(self) -> None:
        """When a break or pause ends, or the limit opens further, somebody must look again."""
        if self._timer is not None or not any(self._waiting.values()):
            return
        now = self._clock()
        delays = [state.closed_until - now for state in self.states if state.closed_until > now]
        delays += [step for state in self.states if (step := state.limit.open_further()) is not None]
        if delays:
            self._timer = asyncio.get_running_loop().call_later(max(0.001, min(delays)), self._wake)

    def _wake(self) -> None:
        self._timer = None
        for state in self.states:
            state.limit.open_further()
        self._dispatch()

    async def close(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
        for state in self.states:
            await state.wire.close()
