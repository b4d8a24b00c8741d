"""HotpotQA and NitiBench with search and read: agents of known worth over small corpora in the data sets' columns."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from datagen.llm.answers import Answer
from datagen.record import Message
from eval.errors import TaskDataError
from eval.tasks import task_of
from tests.eval.answering import Judging, calls, empty, part, scored, text, values


def hotpot(number: int, language: str) -> dict[str, Any]:
    """One question over two of its four paragraphs, and a distractor that all questions share."""
    thai = language == "th"
    mayor = f"นายกเมือง{number}" if thai else f"Mayor {number}"
    pages = {
        f"Town {number}": [f"เมืองที่ {number} มี {mayor} " if thai else f"Town {number} is led by {mayor}. ", "ok."],
        mayor: [f"{mayor} เกิดที่บ้าน{number}" if thai else f"{mayor} was born in Village {number}."],
        "Elsewhere": ["ที่อื่นไม่มีใครรู้จัก" if thai else "Nobody knows where it is."],
    }
    return {
        "id": f"q{number}",
        "question": f"นายกของเมืองที่ {number} เกิดที่ใด" if thai else f"Where was the mayor of Town {number} born?",
        "answer": f"บ้าน{number}" if thai else f"Village {number}",
        "type": "bridge",
        "level": "easy",
        "supporting_facts": {"title": [f"Town {number}", mayor], "sent_id": [0, 0]},
        "context": {"title": list(pages), "sentences": list(pages.values())},
    }


def niti(number: int) -> dict[str, Any]:
    law = {
        "law_name": "พ.ร.บ.ตลาดน้ำดี",
        "section_num": str(number),
        "section_content": f"ผู้ใดวางแผงที่ {number} ปรับ {number}00 บาท",
    }
    other = {"law_name": "พ.ร.บ.ทางเท้า", "section_num": "1", "section_content": "ทางเท้ามีไว้เดิน"}
    return {
        "question": f"วางแผงที่ {number} ต้องโทษอย่างไร",
        "answer": f"ปรับ {number}00 บาท",
        "relevant_laws": [law],
        "reference_answer": "?",
        "reference_laws": [other],
    }


ROWS = {
    "hotpotqa_agent": [hotpot(n, "en") for n in (1, 2, 3)],
    "hotpotqa_th_agent": [hotpot(n, "th") for n in (1, 2, 3)],
    "nitibench_ccl_agent": [niti(n) for n in (3, 5, 7)],
}


def written(path: Path, rows: list[dict]) -> str:
    path.write_text("".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows), encoding="utf-8")
    return str(path)


def fair(shown: str) -> float:
    return float(part(shown, "reference") in part(shown, "answer"))


class Agent:
    """Searches, reads what it must (or, not `reading`, nothing), and says the answer (or `saying`)."""

    def __init__(self, task: Any, reading: bool = True, saying: str | None = None) -> None:
        self.known = {item.messages[-1].content: item.reference for item in task.items()}
        self.reading, self.saying = reading, saying

    def __call__(self, messages: Sequence[Message], tools: Sequence[Any]) -> Answer:
        reference = self.known[messages[1].content]
        turns = sum(message.role == "assistant" for message in messages)
        if turns == 0:
            return calls(("search", json.dumps({"query": messages[1].content}, ensure_ascii=False)))
        if turns == 1 and self.reading:
            assert '"id"' in messages[-1].content, "the search finds something"
            return calls(*(("read", json.dumps({"id": section})) for section in reference["sections"]))
        said = reference["answer"] if self.saying is None else self.saying
        return text(f"อ่านแล้ว\nAnswer: {said}" if "Answer:" in messages[0].content else f"อ่านแล้ว\nคำตอบ: {said}")


@pytest.mark.parametrize("name", ROWS)
def test_answerers_of_known_worth(tmp_path, name):
    task = task_of(name, {"file": written(tmp_path / "rows.jsonl", ROWS[name])})
    judge = Judging(fair)
    whole = scored(task, Agent(task), judge)
    steps = whole.pop("steps")
    assert {(score.value, score.n, score.undecided) for score in whole.values()} == {(1.0, 3, 0)}
    assert steps.value == 3.0
    wrong = values(task, Agent(task, saying="ไม่มีใครทราบ"), judge=judge)
    assert (wrong["right"], wrong["grounded"], wrong["right_and_grounded"]) == (0.0, 1.0, 0.0)
    guessed = values(task, Agent(task, reading=False), judge=judge)
    assert (guessed["right"], guessed["grounded"], guessed["right_and_grounded"]) == (1.0, 0.0, 0.0)
    silent = values(task, empty, judge=judge)
    assert {value for metric, value in silent.items() if metric != "steps"} == {0.0}
    again = scored(task, Agent(task), judge, together=3, backwards=True)
    again.pop("steps")
    assert again == whole


@pytest.mark.parametrize("name", ROWS)
def test_who_read_something_else_is_not_grounded(tmp_path, name):
    task: Any = task_of(name, {"file": written(tmp_path / "rows.jsonl", ROWS[name])})
    agent = Agent(task)
    everything = {section.id for section in task.environment.corpus.sections}
    agent.known = {
        asked: dict(reference) | {"sections": sorted(everything - set(reference["sections"][:1]))}
        for asked, reference in agent.known.items()
    }
    found = values(task, agent, judge=Judging(fair))
    assert (found["right"], found["grounded"], found["right_and_grounded"]) == (1.0, 0.0, 0.0)


@pytest.mark.parametrize("name", ROWS)
def test_tools_and_instructions_are_in_the_language_of_the_task(tmp_path, name):
    task = task_of(name, {"file": written(tmp_path / "rows.jsonl", ROWS[name])})
    item = task.items()[0]
    shown = item.messages[0].content + json.dumps(item.tools, ensure_ascii=False)
    assert shown.isascii() == (name == "hotpotqa_agent")
    assert [tool["function"]["name"] for tool in item.tools] == ["search", "read"]
    seen = task.environment.step("read", '{"id": "p999"}')  # pyright: ignore[reportAttributeAccessIssue]
    assert (seen.code, seen.content.isascii()) == ("unknown_section", name == "hotpotqa_agent")


def test_every_paragraph_is_there_once_and_search_finds_what_is_asked_for(tmp_path):
    task: Any = task_of("hotpotqa_agent", {"file": written(tmp_path / "rows.jsonl", ROWS["hotpotqa_agent"])})
    task.items()
    titles = [section.title for section in task.environment.corpus.sections]
    assert sorted(titles) == sorted(
        ["Elsewhere", *(f"Town {n}" for n in (1, 2, 3)), *(f"Mayor {n}" for n in (1, 2, 3))]
    )
    found = json.loads(task.environment.step("search", '{"query": "Town 2", "k": 1}').content)
    assert found["results"][0]["title"] == "Town 2"


def test_paragraphs_as_a_list_of_objects_are_the_same_paragraphs(tmp_path):
    """As other readers of the same Parquet give them."""
    rows = ROWS["hotpotqa_agent"]
    listed = [
        row | {name: [dict(zip(row[name], pair, strict=True)) for pair in zip(*row[name].values(), strict=True)]
               for name in ("context", "supporting_facts")}
        for row in rows
    ]  # fmt: skip
    one = task_of("hotpotqa_agent", {"file": written(tmp_path / "a.jsonl", rows)}).items()
    other = task_of("hotpotqa_agent", {"file": written(tmp_path / "b.jsonl", listed)}).items()
    assert one == other


def test_thai_hotpotqa_without_a_file_is_refused_in_one_sentence():
    with pytest.raises(TaskDataError, match="no public Thai translation is known; give one"):
        task_of("hotpotqa_th_agent").items()


@pytest.mark.parametrize(
    ("name", "change", "said"),
    [
        ("hotpotqa_agent", {"supporting_facts": {"title": ["?"], "sent_id": [0]}}, "none of the paragraphs"),
        ("hotpotqa_agent", {"context": {"title": ["a"], "sentences": []}}, "1 titles and 0 paragraphs"),
        ("nitibench_ccl_agent", {"relevant_laws": []}, "names no section"),
        ("nitibench_ccl_agent", {"relevant_laws": ["มาตรา 1"]}, "must list objects"),
    ],
)
def test_rows_that_cannot_be_used_are_named(tmp_path, name, change, said):
    task = task_of(name, {"file": written(tmp_path / "rows.jsonl", [ROWS[name][0] | change])})
    with pytest.raises(TaskDataError, match=said):
        task.items()
