"""MT-Bench in both languages: answers of known worth, a judge by a rule, and a judge that fails at one turn."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from datagen.llm.answers import Answer
from eval.errors import TaskDataError
from eval.tasks import task_of
from tests.eval.answering import Judging, empty, part, scored, text

EN = [
    {"prompt_id": 1, "category": "writing", "prompt": ["A couplet about rain.", "Now about the sun."], "reference": []},
    {"prompt_id": 2, "category": "math", "prompt": ["6 times 7?", "And half of it?"], "reference": ["42", "21"]},
]
TH = [
    {
        "question_id": number,
        "turns": [f"คำถามแรกของข้อ {number}", f"คำถามที่สองของข้อ {number}"],
        "reference": reference,
        "generation_kwargs": {"temperature": 0.1},
        "category": category,
    }
    for number, category, reference in ((0, "Knowledge III", ["ก", "ข"]), (1, "Social Science", None), (2, "Math", []))
]
ROWS = {"mt_bench": EN, "mt_bench_th": TH}


def written(path: Path, rows: list[dict]) -> str:
    path.write_text("".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows), encoding="utf-8")
    return str(path)


def rule(shown: str) -> float:
    return 10.0 if part(shown, "answer").startswith("ดีเยี่ยม") else 1.0


def perfect(messages, tools) -> Answer:
    assert not any("</think>" in message.content for message in messages), "thoughts are no part of the conversation"
    return text(f"<think>hm</think>ดีเยี่ยม {len(messages)}")


@pytest.mark.parametrize("name", ROWS)
def test_answerers_of_known_worth(tmp_path, name):
    rows = ROWS[name]
    task = task_of(name, {"file": written(tmp_path / "rows.jsonl", rows)})
    whole = scored(task, perfect, Judging(rule))
    asked = {metric: whole[metric] for metric in ("score", "turn_1", "turn_2")}
    assert {(score.value, score.n, score.undecided) for score in asked.values()} == {(10.0, len(rows), 0)}
    category = {score.metric: (score.n, score.value) for score in whole.values() if score.metric not in asked}
    assert sum(n for n, _ in category.values()) == len(rows)
    assert category["math"] == (1, 10.0)
    assert category["coding"] == (0, None)
    for broken in (lambda m, t: text("ไม่รู้"), empty):
        low = scored(task, broken, Judging(rule))
        assert {low[metric].value for metric in (*asked, "math")} == {1.0}
    assert scored(task, perfect, Judging(rule), together=3, backwards=True) == whole


def test_the_judge_sees_the_conversation_and_the_reference_of_its_turn(tmp_path):
    task = task_of("mt_bench", {"file": written(tmp_path / "rows.jsonl", EN)})
    judge = Judging(rule)
    scored(task, perfect, judge)
    shown = {messages[-1]["content"]: messages[0]["content"] for messages in judge.asked}
    assert len(shown) == 4
    second = next(each for each in shown if part(each, "question") == "And half of it?")
    assert part(second, "question-1") == "6 times 7?"
    assert part(second, "reply-1") == "ดีเยี่ยม 1"
    assert part(second, "answer") == "ดีเยี่ยม 3"
    assert part(second, "reference") == "21"
    assert "is a right answer" in shown[second]
    opened = next(each for each in shown if part(each, "question") == "Now about the sun.")
    assert part(opened, "reference") == ""
    assert "is a right answer" not in shown[opened]


def test_a_rating_that_fails_is_undecided_in_its_turn_and_in_the_mean(tmp_path):
    task = task_of("mt_bench", {"file": written(tmp_path / "rows.jsonl", EN)})
    judge = Judging(lambda shown: "ให้ 10" if part(shown, "question") == "And half of it?" else rule(shown))
    found = scored(task, perfect, judge)
    assert (found["turn_1"].value, found["turn_1"].n, found["turn_1"].undecided) == (10.0, 2, 0)
    assert (found["turn_2"].value, found["turn_2"].n, found["turn_2"].undecided) == (10.0, 1, 1)
    assert (found["score"].n, found["score"].undecided) == (1, 1)
    assert (found["math"].value, found["math"].undecided) == (None, 1)


def test_an_answer_that_failed_has_the_worst_rating_in_its_category(tmp_path):
    task = task_of("mt_bench", {"file": written(tmp_path / "rows.jsonl", EN)})

    def failing(messages, tools) -> Answer:
        return Answer("", "failed") if "6 times 7" in messages[0].content else perfect(messages, tools)

    found = scored(task, failing, Judging(rule))
    assert (found["score"].value, found["score"].n, found["score"].failed) == (5.5, 2, 1)
    assert (found["math"].value, found["math"].failed) == (1.0, 1)
    assert (found["writing"].value, found["writing"].failed) == (10.0, 0)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"prompt": ["only one"]}, "must hold two questions"),
        ({"category": "cooking"}, "'cooking' is none of writing"),
        ({"prompt_id": None}, "column 'prompt_id'"),
    ],
)
def test_rows_that_cannot_be_used_are_named(tmp_path, change, said):
    with pytest.raises(TaskDataError, match=said):
        task_of("mt_bench", {"file": written(tmp_path / "rows.jsonl", [EN[0] | change])}).items()
