"""From the rewards of a group to the advantage of each of its samples. Pure numbers, summed exactly.

    advantage = reward - mean of the group                       std: none (Dr. GRPO, arXiv 2503.20783)
                over (std of the group + eps)                    std: group (GRPO, arXiv 2402.03300, section 4.1)
                over (std of all rewards of the step + eps)      std: batch

A reward of None is nowhere in it: not in a mean, not in a std, and its sample has no advantage.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Literal

__all__ = ["advantages_of", "no_variance", "overlong_penalty"]

Rewards = Sequence[float | None]


def advantages_of(
    groups: Sequence[Rewards], std: Literal["none", "group", "batch"], ddof: int, eps: float
) -> list[list[float | None]]:
    """One advantage a sample, None where there is no reward. `ddof`: 0 or 1, what a std's count is lowered by.

    >>> advantages_of([[1.0, 0.0, None], [3.0, 1.0]], "none", 1, 0.0)
    [[0.5, -0.5, None], [1.0, -1.0]]
    >>> advantages_of([[1.0, 0.0, None], [3.0, 1.0]], "group", 0, 0.0)
    [[1.0, -1.0, None], [1.0, -1.0]]
    """
    scales = [1.0] * len(groups)
    if std == "group":
        scales = [_std(_known(group), ddof) + eps for group in groups]
    elif std == "batch":
        scales = [_std([value for group in groups for value in _known(group)], ddof) + eps] * len(groups)
    found: list[list[float | None]] = []
    for group, scale in zip(groups, scales, strict=True):
        flat, mean = no_variance(group), _mean(_known(group))
        found.append([None if r is None else 0.0 if flat else (r - mean) / scale for r in group])
    return found


def no_variance(rewards: Rewards) -> bool:
    """Whether a group teaches nothing: all rewards that it has are the same, or it has fewer than two.

    >>> no_variance([1.0, 1.0, None]), no_variance([1.0, 0.0]), no_variance([None, 0.5])
    (True, False, True)
    """
    return len(set(_known(rewards))) < 2


def overlong_penalty(tokens: int, limit: int, buffer: int) -> float:
    """0 up to `limit - buffer` tokens, then down to -1 at `limit` (DAPO, arXiv 2503.14476, eq. 13).

    >>> [overlong_penalty(tokens, limit=100, buffer=20) for tokens in (80, 90, 100)]
    [0.0, -0.5, -1.0]
    """
    return min(0.0, (limit - buffer - tokens) / buffer)


def _known(rewards: Rewards) -> list[float]:
    return [reward for reward in rewards if reward is not None]


def _mean(values: Sequence[float]) -> float:
    return math.fsum(values) / max(1, len(values))


def _std(values: Sequence[float], ddof: int) -> float:
    mean = _mean(values)
    return math.sqrt(math.fsum((value - mean) ** 2 for value in values) / max(1, len(values) - ddof))
