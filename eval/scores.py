"""Marks to scores: n, an estimate, a 95 % interval, and what it leaves out, counted.

A failed answer is in the denominator with the worst mark; an undecided mark is in no denominator and has a column of
its own. The interval of a proportion is Wilson's (Wilson 1927; it keeps its coverage at 0 and 1, where the normal one
has width 0); of a mean the percentile bootstrap over items (Efron 1979), with a seed of its own, so that the same marks
give the same interval. Intervals are about the draw of items, not about sampling from the model.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from eval.task import Metric

__all__ = ["Difference", "Score", "bootstrap_mean", "paired_difference", "score_of", "wilson"]

_Z = 1.959963984540054
_RESAMPLES = 10_000
_CHUNK = 500  # resamples at once: 500 * 10,000 items are 40 MB


@dataclass(frozen=True, slots=True)
class Score:
    """`value` and its interval over `n` items; `failed` of them got no answer; `undecided` more are in no number here.

    None where there is nothing to average.
    """

    metric: str
    n: int
    value: float | None
    low: float | None
    high: float | None
    failed: int
    undecided: int

    def as_dict(self) -> dict[str, Any]:
        return asdict(self)


@dataclass(frozen=True, slots=True)
class Difference:
    """Mean of b - a over the items that both have a mark for; `p`: two-sided, of no difference."""

    n: int
    value: float
    low: float
    high: float
    p: float


def wilson(successes: float, n: int) -> tuple[float, float]:
    """The 95 % interval of a proportion.

    >>> [round(bound, 4) for bound in wilson(8, 10)]
    [0.4902, 0.9433]
    >>> wilson(0, 10)[0], round(wilson(0, 10)[1], 4)
    (0.0, 0.2775)
    """
    share, z2 = successes / n, _Z * _Z
    middle = share + z2 / (2 * n)
    spread = _Z * math.sqrt(share * (1 - share) / n + z2 / (4 * n * n))
    low, high = ((middle + sign * spread) / (1 + z2 / n) for sign in (-1, 1))
    return 0.0 if successes == 0 else low, 1.0 if successes == n else high  # what rounding leaves there is not 0 and 1


def bootstrap_mean(values: Sequence[float], seed: int = 0) -> tuple[float, float]:
    """The 95 % percentile interval of the mean; the mean itself twice where there is one value only."""
    means = _resampled_means(np.asarray(values, dtype=np.float64), seed)
    low, high = np.quantile(means, [0.025, 0.975])
    return float(low), float(high)


def score_of(metric: Metric, marks: Sequence[float | None], failed: int) -> Score:
    """The score of one metric; failed items are among `marks`, with the worst one."""
    decided = [mark for mark in marks if mark is not None]
    undecided = len(marks) - len(decided)
    if not decided:
        return Score(metric.name, 0, None, None, None, failed, undecided)
    value = math.fsum(decided) / len(decided)
    low, high = wilson(sum(decided), len(decided)) if metric.kind == "proportion" else bootstrap_mean(decided)
    return Score(metric.name, len(decided), value, low, high, failed, undecided)


def paired_difference(a: Sequence[float], b: Sequence[float], seed: int = 0) -> Difference:
    """Paired bootstrap over items: `a` and `b` hold the marks of two models for the same items.

    p is the share of resamples on the other side of 0, twice, and at least 1 over the number of resamples.
    """
    differences = np.asarray(b, dtype=np.float64) - np.asarray(a, dtype=np.float64)
    means = _resampled_means(differences, seed)
    low, high = np.quantile(means, [0.025, 0.975])
    tail = min(float((means <= 0).mean()), float((means >= 0).mean()))
    p = min(1.0, max(2 * tail, 1 / _RESAMPLES))
    return Difference(len(differences), float(differences.mean()), float(low), float(high), p)


def _resampled_means(values: np.ndarray, seed: int) -> np.ndarray:
    generator = np.random.default_rng(seed)
    chunks = [
        values[generator.integers(0, len(values), size=(_CHUNK, len(values)))].mean(axis=1)
        for _ in range(_RESAMPLES // _CHUNK)
    ]
    return np.concatenate(chunks)
