"""BFCL: invented questions in the package's form with its own checker, its own questions, and without the package."""

from __future__ import annotations

import importlib.util
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from datagen.llm.answers import Answer
from datagen.record import Message
from eval.errors import TaskDataError, TaskError
from eval.tasks import task_of
from eval.tasks.bfcl import CATEGORIES
from tests.eval.answering import calls, empty, scored, text, values

PACKAGE = pytest.mark.skipif(
    importlib.util.find_spec("bfcl_eval") is None, reason="bfcl-eval is not installed (pip install --no-deps bfcl-eval)"
)
FEE = {
    "name": "market.fee",
    "description": "Fee of a stall",
    "parameters": {
        "type": "dict",
        "properties": {
            "stall": {"type": "integer", "description": "number"},
            "share": {"type": "float", "description": "share of the day"},
            "days": {"type": "array", "items": {"type": "string"}, "description": "days"},
            "note": {"type": "string", "description": "note", "default": ""},
        },
        "required": ["stall", "share"],
    },
}
TRUTH = {"market.fee": {"stall": [7], "share": [0.5], "days": [["mon"], ["Monday"]], "note": ["", "none"]}}
ROWS = {
    "simple_python": [("simple_python_0", [TRUTH])],
    "parallel": [("parallel_0", [TRUTH, TRUTH | {"market.fee": TRUTH["market.fee"] | {"stall": [8]}}])],
    "irrelevance": [("irrelevance_0", None)],
    "live_relevance": [("live_relevance_0", None)],
}


@pytest.fixture
def folder(tmp_path: Path) -> str:
    (tmp_path / "possible_answer").mkdir()
    for category, rows in ROWS.items():
        asked = [
            {"id": name, "question": [[{"role": "user", "content": f"Fee, please: {name}"}]], "function": [FEE]}
            for name, _ in rows
        ]
        answers = [{"id": name, "ground_truth": truth} for name, truth in rows if truth is not None]
        for path, lines in ((tmp_path, asked), (tmp_path / "possible_answer", answers)):
            (path / f"BFCL_v4_{category}.json").write_text("\n".join(map(json.dumps, lines)))
    return str(tmp_path)


def first(options: Any) -> Any:
    """A value that is accepted; deep down values stand without alternatives."""
    return filled(next((each for each in options if each != ""), []) if isinstance(options, list) else options)


def filled(value: Any) -> Any:
    if isinstance(value, dict):
        required = {key: each for key, each in value.items() if not (isinstance(each, list) and "" in each)}
        return {key: first(options) for key, options in required.items()}
    return [filled(each) for each in value] if isinstance(value, list) else value


class Caller:
    """Makes the accepted calls, names as they were offered."""

    def __init__(self, task: Any) -> None:
        self.known = {self.key(item.messages, item.tools): item for item in task.items()}

    @staticmethod
    def key(messages: Sequence[Message], tools: Sequence[Any]) -> str:
        return json.dumps([[message.content for message in messages], list(tools)])

    def __call__(self, messages: Sequence[Message], tools: Sequence[Any]) -> Answer:
        item = self.known[self.key(messages, tools)]
        if "irrelevance" in item.group:
            return text("No function fits.")
        if not item.reference["truth"]:
            return calls((tools[0]["function"]["name"], "{}"))
        made = [(name, arguments) for each in item.reference["truth"] for name, arguments in each.items()]
        return calls(*((name.replace(".", "_"), json.dumps(filled(arguments))) for name, arguments in made))


@PACKAGE
def test_answerers_of_known_worth(folder):
    task = task_of("bfcl", {"categories": list(ROWS), "data": folder})
    whole = scored(task, Caller(task))
    assert (whole["right"].value, whole["right"].n, whole["right"].undecided) == (1.0, 4, 0)
    assert {(whole[category].value, whole[category].n) for category in ROWS} == {(1.0, 1)}
    assert set(values(task, empty).values()) == {0.0}
    wrong = values(task, lambda m, t: calls(("market_fee", '{"stall": 9, "share": 0.5}')))
    assert wrong == {"right": 0.25, "simple_python": 0.0, "parallel": 0.0, "irrelevance": 0.0, "live_relevance": 1.0}
    assert values(task, lambda m, t: text("<tool_call>{market"))["right"] == 0.0
    assert scored(task, Caller(task), together=4, backwards=True) == whole


@PACKAGE
@pytest.mark.parametrize(
    ("arguments", "right"),
    [
        ({"stall": 7, "share": 0.5, "days": ["mon"]}, 1.0),
        ({"stall": 7, "share": 0.5, "days": ["Monday"], "note": "none"}, 1.0),
        ({"stall": "7", "share": 0.5, "days": ["mon"]}, 0.0),
        ({"stall": 7, "share": 0.5, "days": ["mon"], "colour": "red"}, 0.0),
        ({"stall": 7, "days": ["mon"]}, 0.0),
    ],
)
def test_arguments_are_judged_by_the_packages_checker(folder, arguments, right):
    task = task_of("bfcl", {"categories": ["simple_python"], "data": folder})
    assert values(task, lambda m, t: calls(("market_fee", json.dumps(arguments))))["right"] == right


@PACKAGE
def test_the_packages_own_questions_are_answered_by_its_own_answers():
    """Small categories, for time; a handful of accepted answers are not accepted by the checker itself."""
    categories = ["live_parallel", "live_parallel_multiple", "live_relevance", "parallel"]
    task = task_of("bfcl", {"categories": categories})
    found = scored(task, Caller(task))
    assert found["right"].n == sum(CATEGORIES[category] for category in categories)
    assert found["right"].value is not None
    assert found["right"].value > 0.95


@PACKAGE
def test_numbers_of_questions_are_those_of_the_package():
    task = task_of("bfcl")
    items = task.items()
    assert len(items) == task.about.n == 3491
    assert {category: sum(item.group == category for item in items) for category in CATEGORIES} == CATEGORIES


def test_functions_are_offered_as_the_api_wants_them(folder):
    (item,) = task_of("bfcl", {"categories": ["simple_python"], "data": folder}).items()
    function = item.tools[0]["function"]
    assert function["name"] == "market_fee"
    kinds = {name: each["type"] for name, each in function["parameters"]["properties"].items()}
    assert kinds == {"stall": "integer", "share": "number", "days": "array", "note": "string"}
    assert function["parameters"]["type"] == "object"


def test_without_the_package_it_says_what_to_install(monkeypatch, folder):
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    with pytest.raises(TaskDataError, match="pip install --no-deps bfcl-eval"):
        task_of("bfcl").items()
    with pytest.raises(TaskError, match="no category web_search"):
        task_of("bfcl", {"categories": ["web_search"]})
    (Path(folder) / "possible_answer/BFCL_v4_parallel.json").unlink()
    with pytest.raises(TaskDataError, match=r"cannot read BFCL_v4_parallel\.json"):
        task_of("bfcl", {"categories": ["parallel"], "data": folder}).items()
