"""Scores of answers by the rewards of a recipe's section, as a run computes them."""

from __future__ import annotations

from typing import Any

from rewards.config import RewardsSection
from rewards.reward import Sample, Score


def scored(section: dict[str, Any], *answers: str, prompt: str = "ถาม", tokens: int | None = None, **row: Any) -> Any:
    """The Score of each answer by the one reward that `section` names."""
    (name,) = section
    samples = [Sample([{"role": "user", "content": prompt}], answer, row, tokens=tokens) for answer in answers]
    with RewardsSection.model_validate(section).build() as rewards:
        if row:
            rewards.check(row, "row")
        return [total.parts[name] for total in rewards.score(samples)]


def values(section: dict[str, Any], *answers: str, **more: Any) -> list[float | None]:
    scores: list[Score] = scored(section, *answers, **more)
    assert all(score.detail for score in scores if score.value != 1.0), "what costs a score is said"
    return [score.value for score in scores]
