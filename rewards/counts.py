"""What the rewards of a batch were, kind by kind, and how many could not be computed for which reason."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from statistics import fmean

from rewards.reward import Total

__all__ = ["reward_counts"]


def reward_counts(totals: Sequence[Total]) -> dict[str, float]:
    """Mean of each kind over what it scored, `no_reward_KIND`, and that by reason: `no_reward_KIND_REASON`.

    >>> from rewards.reward import Score
    >>> scores = [Score(1.0), Score(None, "too long", "declined"), Score(0.0)]
    >>> reward_counts([Total(score.value, {"judge": score}) for score in scores])
    {'reward_judge': 0.5, 'no_reward_judge': 1, 'no_reward_judge_declined': 1}
    """
    counts: dict[str, float] = {}
    for name in sorted({name for total in totals for name in total.parts}):
        scores = [total.parts[name] for total in totals if name in total.parts]
        there = [score.value for score in scores if score.value is not None]
        counts |= {f"reward_{name}": fmean(there)} if there else {}
        counts[f"no_reward_{name}"] = len(scores) - len(there)
        faults = Counter(score.fault or "other" for score in scores if score.value is None)
        counts |= {f"no_reward_{name}_{fault}": times for fault, times in sorted(faults.items())}
    return counts
