"""Multiple choice: answerers of known worth, and letters as models write them."""

from __future__ import annotations

import json

import pytest

from environments.choices import chosen
from eval.errors import TaskDataError
from eval.tasks import task_of
from tests.eval.answering import empty, scored, text, values

EXAM = [
    {"question": f"ข้อที่ {n}: ข้อใดถูก", "a": "หนึ่ง", "b": "สอง", "c": "สาม", "d": "สี่", "e": fifth, "answer": letter}
    for n, (letter, fifth) in enumerate([("a", "ห้า"), ("b", ""), ("d", "ห้า"), ("e", "ห้า"), ("c", None)])
]
MMLU = [
    {"question": f"คำถาม {n}", **{f"option_{k}": f"ตัวเลือก {k}" for k in range(10)}, "answer": letter}
    for n, letter in enumerate("AJEC")
]

OPEN = [
    {"instruction": "ข้อใดคือจำนวนคู่", "input": "(1) สาม (2) สี่ (3) ห้า", "result": "(2)", "isMultipleChoice": True},
    {"instruction": "ข้อใดคือผลไม้", "input": "(๑) โต๊ะ (๒) แก้ว (๓) ปากกา (๔) มะม่วง", "result": "(๔) คือคำตอบที่ถูกต้อง"},
    {"instruction": "ประโยคสอดคล้องกันหรือไม่ (1) ใช่ (2) ไม่ใช่", "input": "", "result": "(1)"},
]


@pytest.mark.parametrize(("name", "rows"), [("thai_exam", EXAM), ("mmlu_prox_th", MMLU), ("openthaieval", OPEN)])
def test_answerers_of_known_worth(tmp_path, name, rows):
    file = tmp_path / "rows.jsonl"
    file.write_text("".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows), encoding="utf-8")
    task = task_of(name, {"file": str(file)})
    items = task.items()
    right = {item.messages[0].content: item.reference["letter"] for item in items}
    wrong = {said: "B" if letter == "A" else "A" for said, letter in right.items()}
    whole = scored(task, lambda m, t: text(f"ลองคิดดู\nคำตอบ: {right[m[0].content]}"))
    assert {(score.value, score.n) for score in whole.values()} == {(1.0, len(rows))}
    assert values(task, lambda m, t: text(f"คำตอบ: {wrong[m[0].content]}")) == {"right": 0.0, "answered": 1.0}
    assert values(task, empty) == {"right": 0.0, "answered": 0.0}
    backwards = scored(task, lambda m, t: text(f"คำตอบ: {right[m[0].content]}"), together=3, backwards=True)
    assert backwards == whole
    assert ("(2)" if name == "openthaieval" else "A. ") in items[0].messages[0].content


@pytest.mark.parametrize(
    ("said", "letter"),
    [
        ("ข้อ ก ไม่ใช่เพราะเก่าไป ข้อ ข ก็ไม่ใช่\n\nคำตอบ: ค", "C"),
        ("**คำตอบ: B**", "B"),
        ("คำตอบที่ถูกต้องคือ ข้อ ๔", "D"),
        ("คำตอบคือ (จ) สิบสอง", "E"),
        ("answer: c", "C"),
        ("The answer is C.", "C"),
        ("\\boxed{B}", "B"),
        ("2", "B"),
        ("ง.", "D"),
        ("B) สอง", "B"),
        ("เลือกข้อ 3 เพราะสามมากกว่าสอง", "C"),
        ("<think>คำตอบ: A</think>คำตอบ: D", "D"),
        ("คำตอบ: A เอ๊ะ ไม่ใช่\nคำตอบ: B", "B"),
        ("กรุงเทพมหานคร", None),
        ("A dog is an animal", None),
        ("The answer is a dog.", None),
        ("B\nเพราะเป็นข้อเดียวที่ถูก", "B"),
        ("คำตอบ: กรุงเทพ", None),
        ("คำตอบ: 7", None),
        ("ตอบไม่ได้ครับ", None),
        ("ข้อ ก หรือข้อ ข", None),
    ],
)
def test_letters_as_they_are_written(said, letter):
    assert chosen(said, 5) == letter


def test_an_answer_that_is_no_option_is_named(tmp_path):
    file = tmp_path / "rows.jsonl"
    file.write_text(json.dumps(EXAM[1] | {"answer": "e"}, ensure_ascii=False), encoding="utf-8")
    with pytest.raises(TaskDataError, match="line 1: the answer 'E' is none of its 4 options"):
        task_of("thai_exam", {"file": str(file)}).items()


def test_open_thai_eval_is_read_from_its_parquet_file(tmp_path):
    from datasets import Dataset

    (tmp_path / "data").mkdir()
    Dataset.from_list([{**OPEN[1], **row} for row in OPEN]).to_parquet(tmp_path / "data/test.parquet")
    task = task_of("openthaieval", {"hub": str(tmp_path)})
    assert [item.reference["letter"] for item in task.items()] == ["B", "D", "A"]
    assert "data/test.parquet@main (not pinned)" in task.about.source


def test_options_keep_their_letters(tmp_path):
    """Only what pads the end is left out; 0 is an option."""
    row = MMLU[0] | {"option_1": "", "option_3": 0, "option_8": "N/A", "option_9": None, "answer": "D"}
    file = tmp_path / "rows.jsonl"
    file.write_text(json.dumps(row, ensure_ascii=False), encoding="utf-8")
    (item,) = task_of("mmlu_prox_th", {"file": str(file)}).items()
    assert "\nD. 0\n" in item.messages[0].content
    assert item.reference == {"letter": "D", "options": 8}


def test_open_thai_eval_is_answered_by_numbers_and_questions_without_options_are_left_out(tmp_path):
    rows = [*OPEN, {"instruction": "เขียนเรียงความ", "input": "", "result": "", "isMultipleChoice": False}]
    file = tmp_path / "rows.jsonl"
    file.write_text("".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows), encoding="utf-8")
    task = task_of("openthaieval", {"file": str(file)})
    numbers = {item.messages[0].content: number for item, number in zip(task.items(), (2, 4, 1), strict=True)}
    whole = scored(task, lambda m, t: text(f"คำตอบ: ({numbers[m[0].content]})"))
    assert (whole["right"].value, whole["right"].n) == (1.0, 3)
    file.write_text(json.dumps(OPEN[0] | {"result": "(7)"}), encoding="utf-8")
    with pytest.raises(TaskDataError, match="names none of the options"):
        task.items()
