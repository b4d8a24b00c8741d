"""The user's own function: numbers count, everything else is masked and counted, and nothing crashes a run."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from datagen.errors import RecipeError
from rewards.config import RewardsSection
from rewards.counts import reward_counts
from rewards.reward import Sample
from tests.rewards.scoring import scored

SOURCE = """
import asyncio, math
import numpy as np

VALUES = {
    "ถูก": 1, "ครึ่ง": 0.5, "numpy": np.float32(0.25), "ผิด": 0, "": -1.0, "none": None, "true": True, "text": "1",
    "nan": math.nan, "inf": math.inf, "numpy true": np.bool_(True), "list": [1.0], "complex": 1j,
}

def score(answer, row, factor=2):
    return VALUES[answer] if row["id"] == "r" else 9

async def slowly(answer):
    await asyncio.sleep(0.01)
    return len(answer)

def all_of_it(**given):
    return float(sorted(given) == "answer prompt row sample tokens tools trajectory truncated".split())

def length_of(sample, /):
    return 1.0

def needs(answer, judge):
    return 1.0

NOT_A_FUNCTION = 3
"""


@pytest.fixture
def file(tmp_path: Path) -> str:
    path = tmp_path / "own_rewards.py"
    path.write_text(SOURCE, encoding="utf-8")
    return str(path)


def section(path: str) -> dict[str, Any]:
    return {"function": {"path": path}}


def test_what_it_returns_is_the_score_or_is_masked_with_its_reason(file: str) -> None:
    answers = ("ถูก", "ครึ่ง", "numpy", "ผิด", "")
    assert [each.value for each in scored(section(f"{file}:score"), *answers, id="r")] == [1.0, 0.5, 0.25, 0.0, -1.0]
    broken = {
        "none": "returned_none",
        "true": "no_number",
        "numpy true": "no_number",
        "text": "no_number",
        "list": "no_number",
        "complex": "no_number",
        "nan": "not_finite",
        "inf": "not_finite",
        "ไม่มีในตาราง": "raised",
    }
    found = scored(section(f"{file}:score"), *broken, id="r")
    assert [(each.value, each.fault) for each in found] == [(None, fault) for fault in broken.values()]
    assert "own_rewards.py:score raised KeyError: 'ไม่มีในตาราง'" in found[-1].detail


def test_it_may_be_async_and_take_everything(file: str) -> None:
    assert [each.value for each in scored(section(f"{file}:slowly"), "กข", "")] == [2.0, 0.0]
    assert [each.value for each in scored(section(f"{file}:all_of_it"), "ก")] == [1.0]


def test_faults_are_counted_by_reason(file: str) -> None:
    samples = [Sample([], answer, {"id": "r"}) for answer in ("ถูก", "nan", "inf", "none", "ผิด")]
    with RewardsSection.model_validate(section(f"{file}:score")).build() as rewards:
        totals = rewards.score(samples)
    assert [total.value for total in totals] == [1.0, None, None, None, 0.0]
    assert reward_counts(totals) == {
        "reward_function": 0.5,
        "no_reward_function": 3,
        "no_reward_function_not_finite": 2,
        "no_reward_function_returned_none": 1,
    }


@pytest.mark.parametrize(
    ("name", "says"),
    [
        ("nothing", "cannot be loaded .AttributeError"),
        ("NOT_A_FUNCTION", "is no function"),
        ("length_of", "takes sample, which a reward is not given"),
        ("needs", "takes judge, which a reward is not given; it may take, by name: prompt, answer, row"),
    ],
)
def test_a_function_that_cannot_be_called_stops_a_run_before_it_begins(file: str, name: str, says: str) -> None:
    with pytest.raises(RecipeError, match=says):
        RewardsSection.model_validate(section(f"{file}:{name}")).build()


def test_a_file_that_is_not_there_or_is_no_python_is_one_sentence(tmp_path: Path) -> None:
    (tmp_path / "broken.py").write_text("def (", encoding="utf-8")
    for place, says in ((tmp_path / "none.py", "FileNotFoundError"), (tmp_path / "broken.py", "SyntaxError")):
        with pytest.raises(RecipeError, match=f"cannot be loaded .{says}.*write module:function or file.py:function"):
            RewardsSection.model_validate(section(f"{place}:score")).build()
    with pytest.raises(RecipeError, match="math:fabs takes x"):
        RewardsSection.model_validate(section("math:fabs")).build()
    with pytest.raises(ValidationError, match="should match pattern"):
        RewardsSection.model_validate(section("own_rewards.py"))
