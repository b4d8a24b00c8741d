"""LiveCodeBench from a file as the Hub has it: programs of known worth, hidden tests packed as they are."""

from __future__ import annotations

import base64
import json
import pickle
import zlib
from pathlib import Path

import pytest

from eval.errors import TaskDataError
from eval.tasks import task_of
from tests.eval.answering import empty, scored, text, values


def stdin_row(number: int, private: str) -> dict:
    return {
        "question_title": f"ผลรวม {number}",
        "question_content": f"Problem {number}: print the sum of the numbers.",
        "platform": "atcoder",
        "question_id": f"abc{number}_a",
        "contest_id": "abc",
        "contest_date": "2025-01-01T00:00:00",
        "starter_code": "",
        "difficulty": "easy",
        "public_test_cases": json.dumps([{"input": "1 2\n", "output": "3\n", "testtype": "stdin"}]),
        "private_test_cases": private,
        "metadata": "{}",
    }


def packed(cases: list[dict]) -> str:
    return base64.b64encode(zlib.compress(pickle.dumps(json.dumps(cases)))).decode()


HIDDEN = [{"input": "5 5\n", "output": "10", "testtype": "stdin"}]
CALLED = stdin_row(3, json.dumps([{"input": "[2]\n1", "output": "[3]", "testtype": "functional"}])) | {
    "starter_code": "class Solution:\n    def more(self, xs: List[int], by: int) -> List[int]:\n        ",
    "public_test_cases": json.dumps([{"input": "[1, 2]\n1", "output": "[2, 3]", "testtype": "functional"}]),
    "metadata": json.dumps({"func_name": "more"}),
}
ROWS = [stdin_row(1, packed(HIDDEN)), stdin_row(2, json.dumps(HIDDEN)), CALLED]
SUM = "print(sum(map(int, input().split())))"
MORE = "class Solution:\n    def more(self, xs: List[int], by: int) -> List[int]:\n        return [x + by for x in xs]"


def written(path: Path, rows: list[dict]) -> str:
    path.write_text("".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows), encoding="utf-8")
    return str(path)


def block(program: str) -> str:
    return f"<think>```python\nprint(0)\n```</think>Here:\n```python\n{program}\n```\nDone."


def perfect(messages, tools):
    return text(block(MORE if "class Solution" in messages[0].content else SUM))


@pytest.mark.parametrize("sandbox", ["interpreter", "auto"])
def test_answerers_of_known_worth(tmp_path, sandbox):
    task = task_of("live_code_bench", {"file": written(tmp_path / "rows.jsonl", ROWS), "sandbox": sandbox})
    whole = scored(task, perfect)
    assert task.about.source.endswith(f"run in {task.runner.name}")  # pyright: ignore[reportAttributeAccessIssue]
    assert {(score.value, score.n, score.undecided) for score in whole.values()} == {(1.0, 3, 0)}
    public_only = scored(task, lambda m, t: text(block("print(3)")))
    assert [public_only[name].value for name in ("passed", "proven", "has_code")] == [0.0, 0.0, 1.0]
    assert set(values(task, empty).values()) == {0.0}
    assert set(values(task, lambda m, t: text("ทำไม่ได้ครับ")).values()) == {0.0}
    assert scored(task, perfect, together=3, backwards=True) == whole


def test_what_a_sandbox_cannot_tell_has_its_own_column(tmp_path):
    task = task_of("live_code_bench", {"file": written(tmp_path / "rows.jsonl", ROWS[:2]), "sandbox": "interpreter"})
    found = scored(task, lambda m, t: text(block(f"import heapq\n{SUM}")))
    assert (found["passed"].value, found["passed"].undecided) == (None, 2)
    assert (found["proven"].value, found["proven"].n) == (0.0, 2)


class Evil:
    def __reduce__(self):
        return print, ("run",)


@pytest.mark.parametrize(
    ("row", "said"),
    [
        (stdin_row(1, base64.b64encode(zlib.compress(pickle.dumps(Evil()))).decode()), "is not loaded"),
        (stdin_row(1, "nonsense!"), "neither JSON nor packed JSON"),
        (stdin_row(1, "[]") | {"public_test_cases": "[]"}, "0 tests"),
        (CALLED | {"metadata": "{}"}, "do not fit"),
    ],
)
def test_tests_that_cannot_be_used_are_named_and_never_run(tmp_path, capsys, row, said):
    with pytest.raises(TaskDataError, match=said):
        task_of("live_code_bench", {"file": written(tmp_path / "rows.jsonl", [row])}).items()
    assert capsys.readouterr().out == ""


def test_the_files_of_a_release_are_read_without_its_script(tmp_path):
    written(tmp_path / "test6.jsonl", ROWS[:1])
    written(tmp_path / "test5.jsonl", ROWS[1:])
    task = task_of("live_code_bench", {"hub": str(tmp_path), "files": ["test5.jsonl", "test6.jsonl"]})
    assert [item.id for item in task.items()] == ["abc2_a", "abc3_a", "abc1_a"]
    assert "test5.jsonl+test6.jsonl" in task.about.source
