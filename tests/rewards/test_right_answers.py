"""Answers that are right, wrong, empty and malformed: word for word, as numbers, as options, as mathematics."""

from __future__ import annotations

from typing import Any

import pytest

from datagen.errors import DatasetError
from rewards.config import RewardsSection
from rewards.final_answer import after_thoughts, final_answer
from rewards.maths_check import MathsCheck
from tests.rewards.scoring import scored, values

MALFORMED = '<answer>34 บาท</ans <think>{"คำตอบ": \ud83d \x00 ```'


def test_word_for_word_whatever_the_form_of_the_letters() -> None:
    key: dict[str, Any] = {"answer": ["กรุงเทพมหานคร", "กรุงเทพฯ"]}
    right = (
        "กรุงเทพมหานคร",
        "กรุงเทพฯ ครับ",
        "**กรุงเทพมหานคร**ค่ะ",
        "“กรุงเทพมหานคร”.",
        "เมืองหลวงของไทย ...\nคำตอบ: กรุงเทพมหานคร\nขอบคุณครับ",
        "<think>เชียงใหม่หรือเปล่า</think><answer> กรุงเทพฯ </answer>",
        "กรุงเทพมหานค\u200bร",
    )
    assert values({"exact": {}}, *right, **key) == [1.0] * len(right)
    wrong = ("เชียงใหม่", "", "   ", "ไม่ใช่กรุงเทพมหานคร", "กรุงเทพมหานคร หรือ เชียงใหม่", "ครับ", MALFORMED, "<think>กรุงเทพฯ")
    assert values({"exact": {}}, *wrong, **key) == [0.0] * len(wrong)
    assert values({"exact": {}}, "ปี ๒๕๖๘", "typhoon", answer=["ปี 2568", "Typhoon"]) == [1.0, 1.0]
    assert values({"exact": {}}, "เลยครับ", "ชนะนะคะ", answer=["เลย", "ชนะ"]) == [1.0, 1.0]
    assert values({"exact": {}}, "ชนะครับ", "ชนะ", answer="ชนะครับ") == [1.0, 1.0]
    assert values({"exact": {"case": True}}, "Typhoon", "typhoon", answer="Typhoon") == [1.0, 0.0]
    assert values({"exact": {"column": "reward_model.ground_truth"}}, "๔๒", reward_model={"ground_truth": 42}) == [1.0]


def test_numbers_however_they_are_written() -> None:
    asked: dict[str, Any] = {"prompt": "ร้าน 60 ตารางเมตร ค่าแผงปีละกี่บาท", "answer": "12,500 บาท"}
    right = (
        "12,500 บาท",
        "๑๒๕๐๐ บาทครับ",
        "12500",
        "หนึ่งหมื่นสองพันห้าร้อยบาท",
        "1.25 หมื่นบาท",
        "ร้านขนาด 60 ตารางเมตร เสียค่าแผง 12,500.00 บาท",
        "<think>27 หรือ 34</think><answer>฿12,500</answer>",
        "ลองคิด 100 × 125\nคำตอบ: 12500 บาท",
    )
    assert values({"number": {}}, *right, **asked) == [1.0] * len(right)
    wrong = ("12,501 บาท", "1,250 บาท", "", "ไม่ทราบครับ", "12,500 วัน", "12,500 หรือ 27 บาท", "ไม่ใช่ 12,500 บาท", MALFORMED)
    assert values({"number": {}}, *wrong, **asked) == [0.0] * len(wrong)
    assert values({"number": {}}, "ครึ่งชั่วโมง", "90 นาที", "1 ชั่วโมง 30 นาที", answer="1 ชั่วโมง 30 นาที") == [0.0, 1.0, 1.0]
    (unsure,) = scored({"number": {}}, "ค่าแผง 12,500 บาท ค่าน้ำ 300 บาท", **asked)
    assert (unsure.value, unsure.fault) == (None, "ambiguous")
    assert values({"number": {}}, "-5", "5", answer=-5) == [1.0, 0.0]
    assert values({"number": {}}, "0.5", "๐.๕", "5", answer=0.5) == [1.0, 1.0, 0.0]


def test_options_by_letter_thai_or_latin_or_by_their_words() -> None:
    row: dict[str, Any] = {"answer": "ค", "options": ["เชียงใหม่", "ตาก", "กรุงเทพฯ", "ยะลา"]}
    right = ("ค", "ข้อ ค ครับ", "คำตอบ: C", "(3)", "ตอบข้อ ๓", "ค. กรุงเทพฯ", "<answer>ค</answer>", "กรุงเทพฯ ครับ")
    assert values({"choice": {}}, *right, **row) == [1.0] * len(right)
    wrong = ("ก", "ข้อ ก", "", "ไม่แน่ใจครับ", "ข้อ ก หรือ ข้อ ค", "คำตอบ: ฮ", "เชียงใหม่ หรือ กรุงเทพฯ", "จ", MALFORMED)
    assert values({"choice": {}}, *wrong, **row) == [0.0] * len(wrong)
    assert values({"choice": {}}, "B", "ข", "ง", answer="ตาก", options=row["options"]) == [1.0, 1.0, 0.0]
    assert values({"choice": {}}, "ง", "D", "กรุงเทพฯ", answer="D", options=4) == [1.0, 1.0, 0.0]


@pytest.mark.parametrize(
    ("section", "row", "says"),
    [
        ({"exact": {}}, {"answer": {"th": "ก"}}, "column 'answer' must hold the right answer"),
        ({"exact": {}}, {"answer": "  "}, "must hold the right answer"),
        ({"exact": {}}, {"answer": []}, "must hold the right answer"),
        ({"exact": {}}, {"answer": ["ก", None]}, "must hold the right answer"),
        ({"exact": {}}, {"answer": True}, "must hold the right answer"),
        ({"number": {}}, {"answer": float("nan")}, "must hold the right answer"),
        ({"number": {}}, {"answer": "มากมาย"}, "holds 'มากมาย', which is no number"),
        ({"choice": {}}, {"answer": "จ", "options": 4}, "not one of its 4 options"),
        ({"choice": {}}, {"answer": "ลำปาง", "options": ["ตาก", "ยะลา"]}, "not one of its 2 options"),
        ({"choice": {}}, {"answer": "ก", "options": 1}, "must hold 2 to 10 options"),
        ({"choice": {}}, {"answer": "ก", "options": ["ตาก", ""]}, "must hold 2 to 10 options"),
        ({"exact": {}}, {"other": "ก"}, "none of the rewards exact applies"),
        ({"choice": {}}, {"answer": "ก"}, "none of the rewards choice applies"),
    ],
)
def test_a_row_whose_answer_cannot_be_compared_stops_a_run_before_it_begins(section, row, says: str) -> None:
    rewards = RewardsSection.model_validate(section).build()
    with pytest.raises(DatasetError, match=says):
        rewards.check({"id": "r1", **row}, "row r1")


def test_mathematics_and_what_never_ends() -> None:
    section = {"maths": {"timeout_s": 60}}
    said = (
        r"ดังนั้น $x = \boxed{\frac{๑}{๒}}$",
        "<think>1/3</think><answer>0.5</answer>",
        r"\boxed{0.51}",
        "",
        "ไม่ทราบครับ",
        MALFORMED,
    )
    assert values(section, *said, answer=r"\frac{1}{2}") == [1.0, 1.0, 0.0, 0.0, 0.0, 0.0]
    assert values(section, "12 บาท", answer=[11, 12]) == [1.0]


def test_a_comparison_that_takes_too_long_has_no_score_and_the_next_one_is_made() -> None:
    said = (r"\boxed{4}", r"\boxed{9^{9^{9^{9^{9}}}}}", r"\boxed{5}")
    right, endless, wrong = scored({"maths": {"timeout_s": 3}}, *said, answer=4)
    assert (right.value, endless.value, wrong.value) == (1.0, None, 0.0)
    assert endless.fault == "took_too_long"


def test_text_that_looks_like_code_is_not_run(tmp_path) -> None:
    """Only digits and signs ever get to sympy's parser, which evaluates; LaTeX goes through a grammar."""
    file = tmp_path / "made"
    code = f"__import__('pathlib').Path({str(file)!r}).touch()"
    attacks = [code, f"${code}$", rf"\boxed{{{code}}}", f"answer: {code}", f"2*({code})", f"=1+{code}"]
    with MathsCheck(timeout_s=60) as check:
        assert not any(check.equal("4", attack) for attack in attacks)
    assert not file.exists()


def test_the_final_answer_is_behind_the_thoughts() -> None:
    assert final_answer("<answer>1</answer> <answer>2</answer>") == "2"
    assert final_answer("<think><answer>1</answer></think>2") == "2"
    assert final_answer("<answer>1") == "<answer>1"
    assert after_thoughts("คิด</think>ตอบ") == "ตอบ"
    assert after_thoughts("<think>ไม่จบ") == ""
    assert final_answer("<answer>" * 20_000 + "</answer>") == ""
