"""The share of a row's constraints that the answer keeps, by the checkers of `constraints`.

The constraints are those of the columns `reward_model.ground_truth` (what is in force for this answer, in datasets of
`typhoon-data build`) or `constraints`, in any form that `constraints.rewards` reads. A verdict of UNDECIDED is no
number: the score is None, unless with `all` another constraint fails, which decides it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Literal

from constraints import BadParameters, UnknownConstraint
from constraints.rewards import constraints_of, reward
from datagen.errors import DatasetError
from rewards.reward import Sample, Score

__all__ = ["ConstraintVerdicts"]


class ConstraintVerdicts:
    """`fraction`: passed / all; `all`: 1 if all pass, 0 if one fails."""

    name = "constraints"

    def __init__(self, scoring: Literal["fraction", "all"] = "fraction") -> None:
        self.scoring: Literal["fraction", "all"] = scoring

    def applies(self, row: Mapping[str, Any]) -> bool:
        given = _given(row)
        if given is None:
            return False
        try:
            return bool(constraints_of(given))
        except (UnknownConstraint, BadParameters, TypeError) as exc:
            raise DatasetError(f"row {row.get('id')}: its constraints cannot be checked ({exc}); mend them") from exc

    async def score(self, samples: Sequence[Sample]) -> list[Score]:
        return [self._score(sample) for sample in samples]

    def _score(self, sample: Sample) -> Score:
        found = reward(_given(sample.row), sample.answer, self.scoring)
        missed = [f"{id_}: {verdict.outcome} {verdict.reason}" for id_, verdict in found.verdicts if not verdict.passed]
        value = None if self.scoring == "fraction" and found.undecided else found.value
        return Score(value, "; ".join(missed), "undecided" if value is None else "")


def _given(row: Mapping[str, Any]) -> Any:
    """The row's constraints as they stand there; None where there are none, or the ground truth is another task's."""
    for given in ((row.get("reward_model") or {}).get("ground_truth"), row.get("constraints")):
        if isinstance(given, str) and not given.lstrip().startswith(("[", "{")):
            continue
        if given is not None and not isinstance(given, int | float) and len(given):
            return given
    return None
