"""How many requests one endpoint gets at once: found while running, never above the recipe's ceiling.

Opening: from 64 (or the ceiling) doubled every 0.1 s while nothing is refused, so that a slow endpoint does not cost
one latency for each doubling. After that, once a round of answers:

* refusals (429, 503) above a tenth of what comes back, or timeouts above a fifth: half; once a round at most, since
  what was sent before the cut still comes back refused. A lone 429 costs its own retry and nothing else.
* latency above 4 times the lowest round's: down to where Little's law puts 4 times, half at most; above 2: held.
  Less than half a second more is no sign of a queue: a busy client looks the same to itself.
* else: a fifth more, up to the ceiling.

Latency is taken per token, with an allowance for the prompt, so that a mix of long answers and one-word judgements
does not read as load. The lowest is forgotten slowly (0.1 % a round).
"""

from __future__ import annotations

import time
from collections.abc import Callable

__all__ = ["ConcurrencyLimit"]

_START = 64
_OPENING_STEP_S = 0.1
_SHARE_OF_TROUBLE = 0.1
_WEIGHT_OF_A_TIMEOUT = 0.5
_SMALLEST_SAMPLE = 64
_SMALLEST_ROUND = 16
_PROMPT_ALLOWANCE = 32
_FLAT, _QUEUEING, _QUEUE_S = 2.0, 4.0, 0.5
_GROWTH, _FORGET = 1.2, 1.001


class ConcurrencyLimit:
    """`limit` requests at once; tell it what comes back. With `adaptive=False` the limit is the ceiling."""

    def __init__(self, ceiling: int, *, adaptive: bool = True, clock: Callable[[], float] = time.monotonic) -> None:
        self.ceiling, self.adaptive = ceiling, adaptive
        self.limit = min(ceiling, _START) if adaptive else ceiling
        self._clock = clock
        self._opening = adaptive and self.limit < ceiling
        self._next_step = float("inf")
        self._trouble = 0.0  # a moving average over the last `limit` outcomes
        self._deaf_until = 0.0
        self._lowest = float("inf")
        self._start_round()

    def _start_round(self) -> None:
        self._answers, self._seconds, self._tokens = 0, 0.0, 0

    def open_further(self) -> float | None:
        """While opening: takes the step that is due; seconds until the next one, None once open."""
        if not self._opening:
            return None
        now = self._clock()
        if self._next_step == float("inf"):
            self._next_step = now + _OPENING_STEP_S
        elif now >= self._next_step:
            self.limit = min(self.ceiling, 2 * self.limit)
            self._next_step = now + _OPENING_STEP_S
            self._opening = self.limit < self.ceiling
        return self._next_step - now if self._opening else None

    def answered(self, latency_s: float, completion_tokens: int) -> None:
        if not self.adaptive:
            return
        self._observe(0.0)
        self._answers += 1
        self._seconds += latency_s
        self._tokens += completion_tokens + _PROMPT_ALLOWANCE
        if self._answers >= max(_SMALLEST_ROUND, self.limit // 4):
            self._end_round(self._seconds / self._tokens, self._seconds / self._answers)

    def refused(self) -> None:
        """429, 503: the endpoint says it has too much to do."""
        self._observe(1.0)

    def timed_out(self) -> None:
        self._observe(_WEIGHT_OF_A_TIMEOUT)

    def _observe(self, trouble: float) -> None:
        self._trouble += (trouble - self._trouble) / max(_SMALLEST_SAMPLE, self.limit)
        if not trouble or not self.adaptive or self._trouble < _SHARE_OF_TROUBLE:
            return
        now = self._clock()
        if now >= self._deaf_until:
            self.limit = max(1, self.limit // 2)
            self._opening = False
            self._trouble = 0.0
            # As long as an answer takes; a second where none has come yet.
            self._deaf_until = now + (self._seconds / self._answers if self._answers else 1.0)
            self._start_round()

    def _end_round(self, latency_per_token: float, latency_s: float) -> None:
        self._lowest = min(self._lowest * _FORGET, latency_per_token)
        slower = latency_per_token / self._lowest if self._lowest else 1.0
        if latency_s * (1 - 1 / slower) < _QUEUE_S:
            slower = 1.0
        if slower > _QUEUEING:
            self.limit = max(1, int(self.limit * max(0.5, _QUEUEING / slower)))
        elif slower <= _FLAT and not self._opening:
            self.limit = min(self.ceiling, max(self.limit + 1, int(self.limit * _GROWTH)))
        self._start_round()
