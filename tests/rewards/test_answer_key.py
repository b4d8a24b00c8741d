"""The reward of a question of `environments`: 1, 0 or none, for every kind of answer."""

from __future__ import annotations

import pytest

from datagen.errors import DatasetError
from environments.municipal import KINDS, read_questions
from rewards.config import RewardsSection
from rewards.reward import Sample, Total

ROWS = {each.kind: each.as_dict() for each in read_questions(split="train")}


def total(answer: str, row: dict) -> Total:
    with RewardsSection.model_validate({"answer_key": {"weight": 0.5}}).build() as rewards:
        rewards.check(row, "row")
        return rewards.score([Sample([], answer, row)])[0]


@pytest.mark.parametrize("kind", KINDS)
def test_the_answer_is_1_and_another_0_and_nothing_0(kind: str) -> None:
    row = ROWS[kind]
    assert total(f"อ่านแล้ว คำตอบ: {row['answer']}", row).value == 0.5
    assert total("คำตอบ: ไม่ทราบ", row).value == 0
    assert total("", row).value == 0


def test_one_of_two_answers_is_no_reward() -> None:
    row = {"id": "a", "question": "ค่าแผงวันละกี่บาท", "answer": "34 บาท", "kind": "number"}
    found = total("แผงผัก 34 บาท แผงปลา 27 บาท", row)
    assert found.value is None
    assert found.parts["answer_key"].fault == "ambiguous"


def test_a_row_that_is_no_question_is_refused_before_a_run() -> None:
    with pytest.raises(DatasetError, match="none of the rewards answer_key applies"):
        total("x", {"id": "a", "prompt": "x"})
    with pytest.raises(DatasetError, match="row a: `kind` 'colour' is none of"):
        total("x", {"id": "a", "question": "x", "answer": "y", "kind": "colour"})
