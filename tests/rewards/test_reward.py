"""Rewards: verdicts as scores, several weighed into one, and never a number where none could be computed."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

import pytest
from pydantic import ValidationError

from constraints import Outcome, check
from datagen.errors import DatasetError
from rewards.config import RewardsSection
from rewards.reward import Reward, Sample, Score, WeighedRewards

TWO_LINES = {"id": "length.lines", "params": {"count": 2}}
NO_NUMERALS = {"id": "numerals.none", "params": {}}
BETWEEN: dict[str, Any] = {"id": "length.words_between", "params": {"minimum": 1, "maximum": 4}}
ENGINES_DISAGREE = "ประชุม เวลา 12:30 น."  # newmm: one token 12:30; nlpo3: two


def sample(answer: str, **row: Any) -> Sample:
    return Sample([{"role": "user", "content": "?"}], answer, row)


def totals(section: dict[str, Any], *samples: Sample) -> list[float | None]:
    with RewardsSection.model_validate(section).build() as rewards:
        return [total.value for total in rewards.score(samples)]


def test_the_share_of_constraints_that_pass() -> None:
    given = [TWO_LINES, NO_NUMERALS]
    answers = ("หนึ่ง\nสอง", "หนึ่ง\n2", "มี 2 ตัว")
    samples = [sample(answer, constraints=given) for answer in answers]
    assert totals({"constraints": {}}, *samples) == [1.0, 0.5, 0.0]
    assert totals({"constraints": {"scoring": "all"}}, *samples) == [1.0, 0.0, 0.0]
    assert totals({"constraints": {"weight": 0.25}}, *samples) == [0.25, 0.125, 0.0]


def test_the_ground_truth_in_force_goes_before_the_column_of_all_constraints() -> None:
    row = {"reward_model": {"ground_truth": json.dumps([TWO_LINES])}, "constraints": [TWO_LINES, NO_NUMERALS]}
    assert totals({"constraints": {}}, sample("1\n2", **row)) == [1.0]
    assert totals({"constraints": {}}, sample("1\n2", constraints=row["constraints"])) == [0.5]


def test_an_undecided_verdict_is_no_number_unless_another_fails() -> None:
    assert check(BETWEEN["id"], BETWEEN["params"], ENGINES_DISAGREE).outcome is Outcome.UNDECIDED
    one_line = {"id": "length.lines", "params": {"count": 1}}
    unsure = sample(ENGINES_DISAGREE, constraints=[BETWEEN, one_line])
    failed_too = sample(ENGINES_DISAGREE, constraints=[BETWEEN, TWO_LINES])
    assert totals({"constraints": {}}, unsure, failed_too) == [None, None]
    assert totals({"constraints": {"scoring": "all"}}, unsure, failed_too) == [None, 0.0]


def test_rows_are_checked_before_a_run() -> None:
    rewards = RewardsSection.model_validate({"constraints": {}}).build()
    rewards.check({"id": "a", "constraints": [TWO_LINES]}, "row a")
    with pytest.raises(DatasetError, match="row b: none of the rewards constraints applies"):
        rewards.check({"id": "b", "reward_model": {"ground_truth": "42"}}, "row b")
    with pytest.raises(DatasetError, match=r"row c: its constraints cannot be checked .*length\.lins"):
        rewards.check({"id": "c", "constraints": [{"id": "length.lins", "params": {}}]}, "row c")


class Fixed:
    """A reward that is told its scores."""

    def __init__(self, name: str, values: Mapping[str, float | None]) -> None:
        self.name, self.values, self.closed = name, values, False

    def applies(self, row: Mapping[str, Any]) -> bool:
        return self.name in row

    async def score(self, samples: Sequence[Sample]) -> list[Score]:
        return [Score(self.values[s.answer], "told") for s in samples]

    async def aclose(self) -> None:
        self.closed = True


def test_a_total_has_a_number_only_where_every_reward_that_applies_has_one() -> None:
    a, b = Fixed("a", {"x": 1.0, "y": 0.5}), Fixed("b", {"x": 2.0, "y": None})
    parts: list[tuple[float, Reward]] = [(0.9, a), (0.1, b)]
    with WeighedRewards(parts) as rewards:
        found = rewards.score([sample("x", a=1, b=1), sample("y", a=1, b=1), sample("y", a=1), sample("x", c=1)])
        again = rewards.score([sample("x", b=1)])
    assert [total.value for total in found] == [0.9 + 0.1 * 2.0, None, 0.9 * 0.5, None]
    assert found[1].parts["b"] == Score(None, "told")
    assert again[0].value == 0.1 * 2.0
    assert a.closed
    assert b.closed


def test_a_recipe_names_at_least_one_reward() -> None:
    with pytest.raises(ValidationError, match="name at least one reward: constraints"):
        RewardsSection.model_validate({})
