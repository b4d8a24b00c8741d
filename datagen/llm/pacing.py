"""Limits a minute: spread evenly, at most a second's worth at once (GCRA, the virtual clock of a leaky bucket).

One request may be worth more than the burst (many tokens): it goes, and those after it wait for it.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable

__all__ = ["Pace"]

_BURST_S = 1.0


class Pace:
    """At most `per_minute` units a minute, None for no limit.

    >>> pace = Pace(60, clock=lambda: 100.0)
    >>> [pace.delay_s(1) for _ in range(4)]
    [0.0, 0.0, 1.0, 2.0]
    """

    def __init__(self, per_minute: float | None, clock: Callable[[], float] = time.monotonic) -> None:
        self.per_s = per_minute / 60 if per_minute else None
        self._clock = clock
        self._due = float("-inf")

    def delay_s(self, amount: float) -> float:
        """Books `amount` units and tells how long to wait before using them."""
        if self.per_s is None:
            return 0.0
        now = self._clock()
        starts = max(self._due, now - _BURST_S)
        self._due = starts + amount / self.per_s
        return max(0.0, starts - now)

    def correct(self, difference: float) -> None:
        """What was booked turned out `difference` units larger (or smaller, if negative)."""
        if self.per_s is not None:
            self._due += difference / self.per_s

    async def wait(self, amount: float) -> None:
        if delay := self.delay_s(amount):
            await asyncio.sleep(delay)
