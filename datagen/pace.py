"""How fast a build goes and when it will end, from samples of its counters.

Speeds are those of the last 15 seconds. The end is told from the rows accepted in the last ten minutes, or since the
first request where those are few; answers from the store arrive in no time and are left out, so a resumed build does
not promise the impossible. The end is a range that holds with about 80 % probability if the pace stays as it is
(acceptances taken as a Poisson process); with fewer than three accepted rows nothing is promised.

>>> pace = Pace(rows=100)
>>> for second in range(0, 101, 2):
...     pace.add(Sample(second, asked=second, tokens=20 * second, accepted=second // 4, attempts=second))
>>> pace.requests_per_s, pace.tokens_per_s
(1.0, 20.0)
>>> pace.eta().text()
'3:43 to 6:44'
"""

from __future__ import annotations

import math
from collections import deque
from dataclasses import dataclass

__all__ = ["Eta", "Pace", "Sample", "clock"]

_SPEED_WINDOW_S = 15.0
_ETA_WINDOW_S = 600.0
_SPACING_S = 2.0
_FEW = 30  # accepted rows in the window below which the whole run tells more
_FEWEST = 3
_Z_80 = 1.2816  # two-sided 80 %


@dataclass(frozen=True, slots=True)
class Sample:
    """The counters at one moment; `attempts` are candidates that were asked for and are decided."""

    at_s: float
    asked: int
    tokens: int
    accepted: int
    attempts: int
    in_flight: int = 0


@dataclass(frozen=True, slots=True)
class Eta:
    """Seconds left; `rows_short` where the attempts allowed end first: the rows that will then be missing."""

    low_s: float
    high_s: float
    rows_short: int = 0

    def text(self) -> str:
        low, high = clock(self.low_s), clock(self.high_s)
        return low if low == high or self.high_s <= 1.1 * self.low_s else f"{low} to {high}"


class Pace:
    """Speeds and the end of a build of `rows` rows from at most `attempts` candidates."""

    def __init__(self, rows: int, attempts: int | None = None) -> None:
        self.rows, self.attempts = rows, attempts
        self._recent: deque[Sample] = deque(maxlen=math.ceil(_ETA_WINDOW_S / _SPACING_S) + 1)
        self._replayed = self._first = self._last = Sample(0.0, 0, 0, 0, 0)

    def add(self, sample: Sample) -> None:
        self._last = sample
        if sample.asked == sample.in_flight == 0:  # nothing but stored answers so far: no measure of the pace to come
            self._replayed = sample
            return
        if not self._recent:
            self._first = self._replayed
            self._recent.append(self._replayed)
        if sample.at_s - self._recent[-1].at_s >= _SPACING_S:
            self._recent.append(sample)

    @property
    def requests_per_s(self) -> float:
        before, seconds = self._speed_window()
        return (self._last.asked - before.asked) / seconds if seconds else 0.0

    @property
    def tokens_per_s(self) -> float:
        before, seconds = self._speed_window()
        return (self._last.tokens - before.tokens) / seconds if seconds else 0.0

    def eta(self) -> Eta | None:
        """None where too little is known, or nothing is left to do."""
        left = self.rows - self._last.accepted
        since = self._recent[0] if self._recent else self._last
        if self._last.accepted - since.accepted < _FEW:
            since = self._first
        accepted, seconds = self._last.accepted - since.accepted, self._last.at_s - since.at_s
        if left <= 0 or accepted < _FEWEST or seconds <= 0 or not self._recent:
            return None
        rows_eta = _range(left, accepted, seconds)
        decided = self._last.attempts - since.attempts
        if self.attempts is None or decided <= 0:
            return rows_eta
        tries_left = max(0, self.attempts - self._last.attempts)
        missing = left - round(tries_left * accepted / decided)
        if missing <= 0 or missing <= _Z_80 * math.sqrt(left):  # may still come out even
            return rows_eta
        ends = _range(tries_left, decided, seconds) if tries_left else Eta(0.0, 0.0)
        return Eta(ends.low_s, ends.high_s, missing)

    def _speed_window(self) -> tuple[Sample, float]:
        since = next((s for s in self._recent if self._last.at_s - s.at_s <= _SPEED_WINDOW_S), self._last)
        return since, self._last.at_s - since.at_s


def _range(left: int, seen: int, seconds: float) -> Eta:
    """The time for `left` more events after `seen` events in `seconds`.

    The ratio of two gamma variables, whose logarithm has nearly the variance 1/(n - 1/2) for each count.
    """
    mean = left * seconds / seen
    spread = math.exp(_Z_80 * math.sqrt(1 / (seen - 0.5) + 1 / (left - 0.5)))
    return Eta(mean / spread, mean * spread)


def clock(seconds: float) -> str:
    """
    >>> clock(59.7), clock(61), clock(3725), clock(200_000)
    ('1:00', '1:01', '1:02:05', '2 d 7 h')
    """
    minutes, rest = divmod(round(seconds), 60)
    hours = minutes // 60
    if hours >= 48:
        return f"{hours // 24} d {hours % 24} h"
    return f"{hours}:{minutes % 60:02d}:{rest:02d}" if hours else f"{minutes}:{rest:02d}"
