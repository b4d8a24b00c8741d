"""How answers are written: right, wrong, empty and malformed ones, and where a score lies between."""

from __future__ import annotations

import json
import time
from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from datagen.errors import DatasetError
from rewards.config import RewardsSection
from tests.rewards.scoring import scored, values

MALFORMED = '<think>ก</think><answer>{"ชื่อ": \x00 ```json\n</answer'
PERSON: dict[str, Any] = {
    "type": "object",
    "properties": {"ชื่อ": {"type": "string", "minLength": 1}, "อายุ": {"type": "integer"}},
    "required": ["ชื่อ", "อายุ"],
    "additionalProperties": False,
}


def test_json_as_text_or_as_the_one_fenced_block() -> None:
    good = '{"ชื่อ": "สมชาย", "อายุ": 34}'
    right = (
        good,
        f"```json\n{good}\n```",
        f"นี่คือข้อมูลครับ\n\n```json\n{good}\n```\nหวังว่าจะเป็นประโยชน์",
        f"<think>{{}}</think><answer>{good}</answer>",
    )
    wrong = (
        '{"ชื่อ": "สมชาย"}',
        '{"ชื่อ": "", "อายุ": 34}',
        '{"ชื่อ": "สมชาย", "อายุ": "34"}',
        '{"ชื่อ": "สมชาย", "อายุ": 34, "เพศ": "ชาย"}',
        '{"ชื่อ": "ก", "ชื่อ": "ข", "อายุ": 34}',
        f"นี่คือข้อมูล {good}",
        f"```json\n{good}\n```\n```json\n{{}}\n```",
        "```json\n```",
        "",
        "สมชาย อายุ 34",
        "{'ชื่อ': 'สมชาย', 'อายุ': 34}",
        '{"ชื่อ": "สมชาย", "อายุ": 34',
        '{"ชื่อ": "สมชาย", "อายุ": NaN}',
        "[" * 50_000,
        MALFORMED,
    )
    for section, row in (({"document": PERSON}, {}), ({}, {"schema": PERSON})):
        assert values({"json_schema": section}, *right, **row) == [1.0] * len(right)
        assert values({"json_schema": section}, *wrong, **row) == [0.0] * len(wrong)


def test_a_schema_from_a_file_and_one_that_cannot_be_used(tmp_path: Path) -> None:
    file = tmp_path / "schema.json"
    file.write_text(json.dumps(PERSON), encoding="utf-8")
    assert values({"json_schema": {"file": str(file)}}, '{"ชื่อ": "ก", "อายุ": 1}', "{}") == [1.0, 0.0]
    file.write_text("[1]", encoding="utf-8")
    for given, says in (
        ({"file": str(file)}, "must be an object, not list"),
        ({"file": str(tmp_path / "none.json")}, "cannot be read"),
        ({"document": {"type": "objekt"}}, "no valid JSON Schema"),
        ({"document": {}, "file": str(file)}, "not both"),
    ):
        with pytest.raises(ValidationError, match=says):
            RewardsSection.model_validate({"json_schema": given})
    rewards = RewardsSection.model_validate({"json_schema": {}}).build()
    with pytest.raises(DatasetError, match="row r: its JSON Schema cannot be used"):
        rewards.check({"id": "r", "schema": {"type": 3}}, "row r")


def test_a_schema_that_cannot_be_followed_gives_no_score() -> None:
    elsewhere = {"$ref": "http://127.0.0.1:9/schema.json"}
    slow = {"type": "string", "pattern": "^(ก|กก)+$"}
    begun = time.monotonic()
    (nowhere,) = scored({"json_schema": {"document": elsewhere}}, "{}")
    (endless,) = scored({"json_schema": {"document": slow}}, json.dumps("ก" * 60 + "!"))
    assert [(nowhere.value, nowhere.fault), (endless.value, endless.fault)] == [(None, "undecided")] * 2
    assert time.monotonic() - begun < 20


def test_tags_once_each_in_order_and_nothing_outside() -> None:
    right = ("<think>คิด</think><answer>ตอบ</answer>", " <think>\nก\n</think>\n\n<answer>ข</answer>\n")
    wrong = (
        "<answer>ตอบ</answer><think>คิด</think>",
        "<think>คิด</think>ตอบ",
        "<answer>ตอบ</answer>",
        "ครับ <think>คิด</think><answer>ตอบ</answer>",
        "<think>คิด</think> ดังนั้น <answer>ตอบ</answer>",
        "<think>คิด</think><answer>ตอบ</answer> ครับ",
        "<think>คิด</think><think>อีก</think><answer>ตอบ</answer>",
        "<think>คิด</think><answer>ก</answer><answer>ข</answer>",
        "<think><answer>คิด</think>ตอบ</answer>",
        "<think></think><answer>ตอบ</answer>",
        "<think>คิด</think><answer>  </answer>",
        "<think>คิด</think><answer>ตอบ",
        "<THINK>คิด</THINK><answer>ตอบ</answer>",
        "",
        "สวัสดีครับ",
        MALFORMED,
    )
    assert values({"format": {}}, *right) == [1.0] * len(right)
    assert values({"format": {}}, *wrong) == [0.0] * len(wrong)
    opened = {"format": {"opened": True}}
    assert values(opened, "คิด</think><answer>ตอบ</answer>", right[0], "") == [1.0, 0.0, 0.0]
    own = {"format": {"tags": ["สรุป"]}}
    with pytest.raises(ValidationError, match=r"tags\.0"):
        RewardsSection.model_validate(own)
    assert values({"format": {"tags": ["plan", "think", "answer"]}}, "<plan>ก</plan>" + right[0], right[0]) == [
        1.0,
        0.0,
    ]


def test_thai_without_leaks_and_within_the_english_quota() -> None:
    section = {"thai_purity": {"english_quota": 0.2, "english_most": 0.6}}
    ask = "ช่วยอธิบาย machine learning หน่อย"
    pure = (
        "สวัสดีครับ ยินดีต้อนรับ",
        "การเรียนรู้ของเครื่องหรือ machine learning คือวิธีที่คอมพิวเตอร์เรียนจากข้อมูล",
        "๔๒",
        "ใช้คำสั่ง `pip install numpy` หรือดู https://example.org/abc ครับ",
        "<think>let me think</think><answer>ได้ครับ</answer>",
        "มุม α เท่ากับ 90°",
    )
    assert values(section, *pure, prompt=ask) == [1.0] * len(pure)
    wrong = ("เมื่อ自由 หมดแล้ว", "ສະບາຍດີ", "Sure, here is the answer.", "", " \n", "ครับ Привет")
    assert values(section, *wrong, prompt=ask) == [0.0] * len(wrong)
    # 4 Thai letters and 6 Latin ones: 60 %; 6 and 4: 40 %, halfway down.
    assert values(section, "กขคง abcdef", "กขคงจฉ abcd") == [0.0, pytest.approx(0.5)]
    lenient = {"thai_purity": {"leak_most": 0.5}}
    assert values(lenient, "กขค自", "กข自由") == [pytest.approx(0.5), 0.0]
    assert values({"thai_purity": {"thoughts": True}}, "<think>let me think about it</think>ได้") == [0.0]
    assert values(section, "เมื่อ自由 หมด", prompt="แปลคำว่า 自由") == [1.0]
    assert values(section, MALFORMED) == [0.0]  # what is left of its tags is English
    with pytest.raises(ValidationError, match=r"english_most \(0.1\) must not be below english_quota \(0.2\)"):
        RewardsSection.model_validate({"thai_purity": {"english_most": 0.1}})


def test_a_window_of_length_with_slopes() -> None:
    section = {"length": {"least": 4, "most": 6, "slope": 4}}
    said = ("ก" * 4, "ก" * 6, "ก" * 8, "ก" * 9, "ก" * 10, "ก" * 3, "", "<think>ยาวมากกกกกกกก</think>กกกก", "**กกกกกก**")
    assert values(section, *said) == [1.0, 1.0, 0.5, 0.25, 0.0, 0.75, 0.0, 1.0, 1.0]
    assert values({"length": {"most": 3}}, "กขค", "กขคง", "") == [1.0, 0.0, 1.0]
    words = {"length": {"unit": "words", "least": 3, "most": 4, "slope": 2}}
    assert values(words, "แมวกินปลา", "แมวกินปลาทูตัวใหญ่", "แมว", "") == [1.0, pytest.approx(0.5), 0.0, 0.0]
    tokens = {"length": {"unit": "tokens", "most": 10, "slope": 10}}
    assert values(tokens, "ก", tokens=15) == [0.5]
    (unknown,) = scored(tokens, "ก")
    assert (unknown.value, unknown.fault) == (None, "not_counted")
    assert values(section, MALFORMED)[0] == 0.0


@pytest.mark.parametrize(
    ("given", "says"),
    [
        ({}, "give `least`, `most` or both"),
        ({"least": 5, "most": 4}, r"most \(4\) must not be below least \(5\)"),
        ({"most": 4, "engine": "nlpo3"}, "engine has no effect with unit: characters"),
        ({"most": 4, "unit": "bytes"}, "Input should be"),
    ],
)
def test_a_window_that_says_nothing_is_refused(given: dict[str, Any], says: str) -> None:
    with pytest.raises(ValidationError, match=says):
        RewardsSection.model_validate({"length": given})
