"""`typhoon-data export`: calls read back from each layout are the row's own, and no row is left out without a word."""

from __future__ import annotations

import ast
import json
from collections import Counter
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from datagen.formats.layouts import LAYOUTS, NoForm
from datagen.record import Message, Record, Source, ToolCall
from datagen.shards import read_rows


def rows_of(dataset: Path) -> list[dict[str, Any]]:
    return [row for file in sorted((dataset / "data" / "tool").glob("*.parquet")) for row in read_rows(file)]


def kind_of(row: dict[str, Any]) -> str:
    return json.loads(row["scenario"])["kind"]


def calls_of(row: dict[str, Any]) -> list[tuple[str, Any]]:
    calls = [call["function"] for message in row["messages"] for call in message["tool_calls"] or ()]
    return [(call["name"], json.loads(call["arguments"])) for call in calls]


@pytest.fixture
def exported(run, built_tools: Path, tmp_path: Path):
    """`exported(layout)`: the lines, and the rows left out."""

    def export(layout: str) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
        lines, left_out = tmp_path / "lines.jsonl", tmp_path / "left_out.jsonl"
        code, text = run("export", built_tools, "--format", layout, "--to", lines, "--left-out", left_out)
        assert code == 0, text
        return read_lines(lines), read_lines(left_out)

    return export


def read_lines(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text(encoding="utf-8").split("\n") if line]


def python_calls(text: str) -> list[tuple[str, Any]]:
    """The calls of a text as Python reads it."""
    [expression] = ast.parse(text).body
    assert isinstance(expression, ast.Expr)
    assert isinstance(expression.value, ast.List)
    return [
        (ast.unparse(call.func), {word.arg: ast.literal_eval(word.value) for word in call.keywords})
        for call in expression.value.elts
        if isinstance(call, ast.Call)
    ]


def test_xlam_holds_the_calls_tools_and_words_of_the_row(exported, built_tools: Path) -> None:
    rows = {row["id"]: row for row in rows_of(built_tools)}
    lines, _ = exported("xlam")
    assert lines
    for line in lines:
        assert set(line) == {"id", "query", "tools", "answers"}
        row = rows[line["id"]]
        assert [(each["name"], each["arguments"]) for each in json.loads(line["answers"])] == calls_of(row)
        said = [message["content"] for message in row["messages"] if message["role"] in ("system", "user")]
        assert line["query"] == "\n\n".join(said)
        for tool, spec in zip(json.loads(line["tools"]), json.loads(row["tools"]), strict=True):
            function = spec["function"]
            assert (tool["name"], tool["description"]) == (function["name"], function["description"])
            schema = function["parameters"]
            required = [name for name, each in tool["parameters"].items() if each["required"]]
            assert sorted(required) == sorted(schema.get("required", []))
            assert {
                n: {k: v for k, v in each.items() if k != "required"} for n, each in tool["parameters"].items()
            } == (schema["properties"])


def test_xlam_takes_single_questions_and_names_every_other_row(exported, built_tools: Path) -> None:
    rows = rows_of(built_tools)
    lines, left_out = exported("xlam")
    kinds = {row["id"]: kind_of(row) for row in rows}
    assert {kinds[line["id"]] for line in lines} == {"single", "parallel", "distractors", "no_tool"}
    assert {(kinds[each["id"]], each["reason"]) for each in left_out} == {
        ("missing_argument", "several turns"),
        ("multi_turn", "several turns"),
        ("tool_error", "a call failed"),
        ("steps", "a call needs an earlier result"),
    }
    assert Counter([line["id"] for line in lines] + [each["id"] for each in left_out]) == Counter(kinds.keys())
    assert all(json.loads(line["answers"]) == [] for line in lines if kinds[line["id"]] == "no_tool")


def test_toolace_holds_the_whole_conversation(exported, built_tools: Path) -> None:
    lines, left_out = exported("toolace")
    assert left_out == []
    for line, row in zip(lines, rows_of(built_tools), strict=True):
        assert set(line) == {"id", "system", "conversations"}
        assert line["id"] == row["id"]
        turns = [(turn["from"], turn["value"]) for turn in line["conversations"]]
        called = [
            call for who, value in turns if who == "assistant" and value[0] == "[" for call in python_calls(value)
        ]
        assert called == calls_of(row)
        results = [each for who, value in turns if who == "tool" for each in json.loads(value)]
        stored = [json.loads(m["content"]) for m in row["messages"] if m["role"] == "tool"]
        assert [each["results"] for each in results] == stored
        assert [each["name"] for each in results] == [name for name, _ in calls_of(row)]
        told = [value for who, value in turns if who in ("user", "assistant") and value[0] != "["]
        assert told == [m["content"] for m in row["messages"] if m["role"] in ("user", "assistant") and m["content"]]
        offered = json.loads(line["system"].split("\n")[-1])
        assert offered == [spec["function"] for spec in json.loads(row["tools"])]
        if row["messages"][0]["role"] == "system":
            assert line["system"].startswith(row["messages"][0]["content"])


def test_messages_are_the_row_as_the_chat_api_has_it(exported, built_tools: Path) -> None:
    lines, left_out = exported("messages")
    assert left_out == []
    for line, row in zip(lines, rows_of(built_tools), strict=True):
        assert line["tools"] == json.loads(row["tools"])
        there = [{key: value for key, value in message.items() if value is not None} for message in row["messages"]]
        assert line["messages"] == there


AWKWARD = {"text": 'เขา "พูด" ว่า\n\\n\t\x07', "yes": True, "none": None, "list": [1, 2.5, {"ก": False}], "date": "๑๔"}


def made(arguments: dict[str, Any], *, tool: str = "look_up", text: str = "") -> Record:
    call = ToolCall("call_1", tool, json.dumps(arguments, ensure_ascii=False))
    spec = {"type": "function", "function": {"name": tool, "description": "ค้น", "parameters": {}}}
    messages = (
        Message("user", "ช่วยหาหน่อย"),
        Message("assistant", text, (call,)),
        Message("tool", "ไม่ใช่ JSON", tool_call_id="call_1"),
        Message("assistant", "ได้แล้วครับ"),
    )
    source = Source("s", "1", "CC0-1.0")
    return Record("r", "r", 0, "th", source, messages, tools=json.dumps([spec]), split="tool")


def written(layout: str, record: Record) -> dict[str, Any]:
    line = LAYOUTS[layout](record)
    assert not isinstance(line, NoForm), line
    return line


def test_awkward_arguments_come_back_whole() -> None:
    record = made(AWKWARD)
    assert json.loads(written("xlam", record)["answers"]) == [{"name": "look_up", "arguments": AWKWARD}]
    line = written("toolace", record)
    assert python_calls(line["conversations"][1]["value"]) == [("look_up", AWKWARD)]
    assert json.loads(line["conversations"][2]["value"]) == [{"name": "look_up", "results": "ไม่ใช่ JSON"}]


def test_text_beside_a_call_stands_before_it() -> None:
    value = written("toolace", made({"a": 1}, text="รอสักครู่ครับ"))["conversations"][1]["value"]
    assert value == "รอสักครู่ครับ\n[look_up(a=1)]"


@pytest.mark.parametrize("record", [made({"from": "x"}), made({"a b": 1}), made({}, tool="look-up")])
def test_names_that_python_cannot_read_have_no_form_in_toolace(record: Record) -> None:
    assert isinstance(LAYOUTS["toolace"](record), NoForm)
    assert not isinstance(LAYOUTS["xlam"](record), NoForm)


def test_what_must_be_given_inside_an_object_is_kept_in_xlam() -> None:
    inner = {"type": "object", "properties": {"x": {"type": "integer"}}, "required": ["x"]}
    schema = {"type": "object", "properties": {"at": inner, "n": {"type": "integer"}}, "required": ["at"]}
    spec = {"type": "function", "function": {"name": "f", "description": "d", "parameters": schema}}
    [tool] = json.loads(written("xlam", replace(made({}), tools=json.dumps([spec])))["tools"])
    assert tool["parameters"]["at"] == {**inner, "required": True, "required_properties": ["x"]}
    assert tool["parameters"]["n"] == {"type": "integer", "required": False}


def test_instructions_have_no_form_but_messages(run, built_dataset: Path) -> None:
    for layout in ("xlam", "toolace"):
        code, text = run("export", built_dataset, "--format", layout)
        assert code == 0
        assert "0 rows of sft written" in text
        assert "40 left out, no tools: " in text
    code, text = run("export", built_dataset, "--split", "sft")
    lines = [json.loads(line) for line in text.splitlines() if line.startswith("{")]
    assert len(lines) == 40
    assert all(set(line) == {"id", "messages"} for line in lines)


def test_what_cannot_be_done_is_one_sentence_and_leaves_no_file(run, built_tools: Path, tmp_path: Path) -> None:
    for arguments, said in (
        ((built_tools, "--format", "alpaca"), "messages, xlam, toolace"),
        ((built_tools, "--split", "opd"), "splits: tool"),
        ((built_tools, "--split", "rejected"), "splits: tool"),
        ((tmp_path / "absent",), "there is no dataset"),
        ((built_tools, "--to", tmp_path / "no" / "where.jsonl"), "choose another --to"),
    ):
        code, text = run("export", *arguments)
        assert code == 2
        assert said in text
    assert list(tmp_path.iterdir()) == []
