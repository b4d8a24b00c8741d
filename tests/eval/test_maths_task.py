"""MATH500 from a file as the Hub has it, with answerers of known worth."""

from __future__ import annotations

import json

import pytest

from eval.errors import TaskDataError
from eval.tasks import task_of
from tests.eval.answering import empty, scored, text, values

ROWS = [
    {"problem": "ร้านมีขนม 3 ถาด ถาดละ 14 ชิ้น แบ่งให้เด็ก 9 คนเท่ากัน ได้คนละเท่าใด", "answer": "\\frac{14}{3}"},
    {"problem": "แก้ $x^2 + x - 2 = 0$", "answer": "1,-2"},
    {"problem": "$2^{10}$ เท่ากับเท่าใด", "answer": "1024"},
]
EXTRA = {"solution": "?", "subject": "Algebra", "level": 2, "unique_id": "test/x/1.json"}


@pytest.mark.parametrize("name", ["math500", "math500_th"])
def test_answerers_of_known_worth(tmp_path, name):
    file = tmp_path / "rows.jsonl"
    file.write_text("".join(json.dumps(row | EXTRA, ensure_ascii=False) + "\n" for row in ROWS), encoding="utf-8")
    task = task_of(name, {"file": str(file)})
    right = {item.messages[0].content: row["answer"] for item, row in zip(task.items(), ROWS, strict=True)}

    def perfect(messages, tools):
        return text(f"<think>\\boxed{{0}}</think>คิดทีละขั้น\n\\boxed{{{right[messages[0].content]}}}")

    whole = scored(task, perfect)
    assert {(score.value, score.n, score.undecided) for score in whole.values()} == {(1.0, 3, 0)}
    assert values(task, lambda m, t: text("\\boxed{7}")) == {"right": 0.0, "boxed": 1.0}
    assert values(task, empty) == {"right": 0.0, "boxed": 0.0}
    assert scored(task, perfect, together=3, backwards=True) == whole
    assert "\\boxed{}" in task.items()[0].messages[0].content


def test_rows_without_an_answer_are_named(tmp_path):
    file = tmp_path / "rows.jsonl"
    file.write_text(json.dumps({"problem": "1+1"}), encoding="utf-8")
    with pytest.raises(TaskDataError, match="line 1: there is no column 'answer'"):
        task_of("math500", {"file": str(file)}).items()
