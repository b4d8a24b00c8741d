"""NitiBench CCL and MIRAGE-TH: replies of known worth, a judge by a rule, and a judge that fails."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from datagen.llm.scripted import Fault, ScriptedServer
from eval.errors import TaskDataError
from eval.tasks import task_of
from tests.eval.answering import Judging, empty, part, scored, text, values, verdict
from tests.eval.conftest import scores

LAW = [{"law_name": "ข้อบัญญัติตลาดน้ำดี", "section_content": "ค่าปรับ 500 บาท", "section_num": "7"}]
NITI = [
    {"question": f"ทำผิดข้อ {n} ต้องโทษอย่างไร", "answer": f"ปรับ {n}00 บาท", "relevant_laws": LAW, "reference_laws": []}
    for n in (3, 5, 7)
]
MIRAGE = [
    {
        "query_id": f"q{n}",
        "prompt": f"Question: เมืองที่ {n} ชื่ออะไร\n\nContexts:\n[1#0] เมือง - เมืองชื่อ ก{n}\n\nInstruction: ...",
        "positive_ids": ["1#0"],
        "negative_ids": [],
        "tydiqa_answer": answers,
    }
    for n, answers in ((1, ["ก1", "นครก1"]), (2, ["ก2"]), (3, []), (4, None))
]


def written(path: Path, rows: list[dict]) -> str:
    path.write_text("".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows), encoding="utf-8")
    return str(path)


def fair(shown: str) -> float:
    return float(part(shown, "answer") in part(shown, "reference").split(" หรือ "))


@pytest.mark.parametrize(("name", "rows", "n"), [("nitibench_ccl", NITI, 3), ("mirage_th", MIRAGE, 2)])
def test_answerers_of_known_worth(tmp_path, name, rows, n):
    task = task_of(name, {"file": written(tmp_path / "rows.jsonl", rows)})
    right = {item.messages[0].content: item.reference["answer"].split(" หรือ ")[0] for item in task.items()}

    def perfect(messages, tools):
        return text(f"<think>ลองคิด</think>{right[messages[0].content]}")

    whole = scored(task, perfect, Judging(fair))
    assert {(score.value, score.n, score.undecided) for score in whole.values()} == {(1.0, n, 0)}
    assert values(task, lambda m, t: text("ไม่มีโทษ"), judge=Judging(fair)) == {"right": 0.0, "replied": 1.0}
    silent = Judging(fair)
    assert values(task, empty, judge=silent) == {"right": 0.0, "replied": 0.0}
    assert silent.asked == [], "an empty reply needs no judge"
    assert scored(task, perfect, Judging(fair), together=3, backwards=True) == whole


@pytest.mark.parametrize("said", ["ให้คะแนน 1", "", '{"score": 1}', '{"seal": "0", "reason": "", "score": 1}'])
def test_a_judge_that_fails_is_undecided_and_not_0(tmp_path, said):
    task = task_of("nitibench_ccl", {"file": written(tmp_path / "rows.jsonl", NITI)})
    found = scored(task, lambda m, t: text("ปรับ"), Judging(lambda shown: said))
    assert (found["right"].value, found["right"].undecided) == (None, 3)
    assert (found["replied"].value, found["replied"].undecided) == (1.0, 0)


def test_the_whole_command_keeps_what_the_judge_said_and_who_it_was(evaluate, tmp_path):
    """Two endpoints; the judge refuses one case."""
    rows = written(tmp_path / "rows.jsonl", NITI)

    def replies(body: dict) -> str:
        asked = body["messages"][-1]["content"]
        return next((row["answer"] for row in NITI if row["question"] in asked), "2")

    def judging(body: dict):
        shown = body["messages"][-1]["content"]
        if "SEAL" not in shown:
            return "2"
        return Fault(400, "no") if "ปรับ 500" in shown else verdict(shown, fair)

    asked = ["--tasks", "nitibench_ccl", f"task_options={{nitibench_ccl: {{file: {rows}}}}}", "--model", "scripted"]
    with ScriptedServer(replies) as server, ScriptedServer(judging) as judge:
        whole = ["run", *asked, "--base-url", server.base_url, "--out", tmp_path / "r"]
        code, said = evaluate(*whole)
        assert code == 2
        assert "is marked by a judge: name one with --judge-model" in said
        code, said = evaluate(*whole, "--judge-model", "scripted", "--judge-base-url", judge.base_url)
        assert code == 0, said
    found = scores(tmp_path / "r", "nitibench_ccl")["right"]
    assert (found["value"], found["n"], found["undecided"]) == (1.0, 2, 1)
    line = json.loads((tmp_path / "r/results.json").read_text())["tasks"]["nitibench_ccl"]
    assert line["judge"]["name"] == "scripted"
    assert len(line["judge_template_sha256"]) == 64
    items = [json.loads(each) for each in (tmp_path / "r/items/nitibench_ccl.jsonl").read_text().splitlines()]
    assert [item["facts"]["judge"].get("fault", "") for item in items] == ["", "declined", ""]
    assert items[0]["facts"]["judge"]["reason"] == "ตามกติกา"


def test_rows_that_cannot_be_used_are_named(tmp_path):
    rows = written(tmp_path / "rows.jsonl", [MIRAGE[0] | {"prompt": "เมืองชื่ออะไร"}])
    with pytest.raises(TaskDataError, match="holds no `Question"):
        task_of("mirage_th", {"file": rows}).items()
    with pytest.raises(TaskDataError, match="no question with an answer"):
        task_of("mirage_th", {"file": written(tmp_path / "rows.jsonl", MIRAGE[2:])}).items()
