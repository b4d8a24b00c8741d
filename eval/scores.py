"""Marks to scores: n, an estimate, a 95 % interval, and what it leaves out, counted.

A failed answer is in the denominator with the worst mark; an undecided mark is in no denominator and has a column of
its own. The interval of a proportion is Wilson's (Wilson 1927; it keeps its coverage at 0 and 1, where the normal one
has width 0); of a mean the percentile bootstrap over items (Efron 1979), with a seed of its own, so that the same marks
give the same interval. Where all marks are the same, or no pair differs, the bootstrap would have width 0, too: then as
many items as Wilson's bound leaves open may be at the other end of the scale. Intervals are about the draw of items,
not about sampling from the model.
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


def bootstrap_mean(
    values: Sequence[float],
    seed: int = 0,
    weights: Sequence[float] | None = None,
    ends: tuple[float, float] | None = None,
) -> tuple[float, float]:
    """The 95 % percentile interval of the (weighted) mean. `ends`: of the scale, for values that are all the same.

    >>> bootstrap_mean([1.0, 1.0], ends=(0.0, 1.0)) == wilson(2, 2)
    True
    """
    if ends is not None and len(set(values)) == 1:
        open_, value = wilson(0, len(values))[1], values[0]
        return value - open_ * (value - ends[0]), value + open_ * (ends[1] - value)
    means = _resampled_means(np.asarray(values, dtype=np.float64), seed, weights)
    low, high = np.quantile(means, [0.025, 0.975])
    return float(low), float(high)


def score_of(
    metric: Metric, marks: Sequence[float | None], failed: int, weights: Sequence[float] | None = None
) -> Score:
    """The score of one metric; failed items are among `marks`, with the worst one. `n` counts items, not weights."""
    weighted = weights if metric.kind == "weighted" and weights is not None else [1.0] * len(marks)
    pairs = [(mark, weight) for mark, weight in zip(marks, weighted, strict=True) if mark is not None]
    decided, counted = [mark for mark, _ in pairs], [weight for _, weight in pairs]
    undecided = len(marks) - len(decided)
    if not decided:
        return Score(metric.name, 0, None, None, None, failed, undecided)
    value = math.fsum(mark * weight for mark, weight in pairs) / math.fsum(counted)
    if metric.kind == "proportion":
        low, high = wilson(sum(decided), len(decided))
    else:
        ends = min(metric.worst, metric.top), max(metric.worst, metric.top)
        low, high = bootstrap_mean(decided, weights=counted if metric.kind == "weighted" else None, ends=ends)
    return Score(metric.name, len(decided), value, low, high, failed, undecided)


def paired_difference(
    a: Sequence[float], b: Sequence[float], seed: int = 0, weights: Sequence[float] | None = None, span: float = 1.0
) -> Difference:
    """Paired bootstrap over items: `a` and `b` hold the marks of two models for the same items, from a scale that is
    `span` long.

    p is the share of resamples on the other side of 0, twice, and at least 1 over the number of resamples.
    """
    differences = np.asarray(b, dtype=np.float64) - np.asarray(a, dtype=np.float64)
    if not differences.any():
        reach = span * wilson(0, len(differences))[1]
        return Difference(len(differences), 0.0, -reach, reach, 1.0)
    means = _resampled_means(differences, seed, weights)
    low, high = np.quantile(means, [0.025, 0.975])
    tail = min(float((means <= 0).mean()), float((means >= 0).mean()))
    p = min(1.0, max(2 * tail, 1 / _RESAMPLES))
    value = float(np.average(differences, weights=weights))
    return Difference(len(differences), value, float(low), float(high), p)


def _resampled_means(values: np.ndarray, seed: int, weights: Sequence[float] | None = None) -> np.ndarray:
    generator, chunks = np.random.default_rng(seed), []
    counted = None if weights is None else np.asarray(weights, dtype=np.float64)
    for _ in range(_RESAMPLES // _CHUNK):
        drawn = generator.integers(0, len(values), size=(_CHUNK, len(values)))
        if counted is None:
            chunks.append(values[drawn].mean(axis=1))
        else:
            chunks.append((values * counted)[drawn].sum(axis=1) / counted[drawn].sum(axis=1))
    return np.concatenate(chunks)
