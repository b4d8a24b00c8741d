"""Reading chats: the three forms agree, and what is malformed is named with its place."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from datagen.errors import DatasetError
from models.chat_dataset import read_dataset

ROWS: list[dict[str, Any]] = [
    {"id": "a", "messages": [{"role": "user", "content": "สวัสดี"}, {"role": "assistant", "content": "ครับ"}]},
    {
        "id": "b",
        "messages": [
            {"role": "system", "content": "สุภาพ"},
            {"role": "user", "content": "หนึ่ง"},
            {"role": "assistant", "content": "สอง"},
        ],
    },
]


def write_jsonl(path: Path, rows: list[Any]) -> Path:
    path.write_text("".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows), encoding="utf-8")
    return path


def test_folder_parquet_and_jsonl_give_the_same_chats(tmp_path: Path) -> None:
    shards = tmp_path / "built" / "data" / "sft"
    shards.mkdir(parents=True)
    (tmp_path / "built" / "manifest.json").write_text("{}")
    for n, row in enumerate(ROWS):
        pl.DataFrame([{**row, "lang": "th"}]).write_parquet(shards / f"{n}.parquet")
    pl.DataFrame(ROWS).write_parquet(tmp_path / "one.parquet")
    forms = [tmp_path / "built", tmp_path / "one.parquet", write_jsonl(tmp_path / "one.jsonl", ROWS)]
    datasets = [read_dataset(form) for form in forms]
    for dataset in datasets:
        assert [c.id for c in dataset.conversations] == ["a", "b"]
        assert [list(c.messages) for c in dataset.conversations] == [row["messages"] for row in ROWS]
    assert [d.manifest_sha256 is None for d in datasets] == [False, True, True]


def test_hash_changes_with_the_data(tmp_path: Path) -> None:
    first = read_dataset(write_jsonl(tmp_path / "a.jsonl", ROWS)).sha256
    assert read_dataset(write_jsonl(tmp_path / "b.jsonl", ROWS)).sha256 == first
    assert read_dataset(write_jsonl(tmp_path / "c.jsonl", ROWS[::-1])).sha256 != first


USER, ANSWER = {"role": "user", "content": "a"}, {"role": "assistant", "content": "b"}


@pytest.mark.parametrize(
    ("messages", "complaint"),
    [
        ([], "must be a list"),
        ("hello", "must be a list"),
        ([USER, {"role": "robot", "content": "b"}], "message 2: needs a role"),
        ([USER, {"role": "assistant"}], "message 2 \\(assistant\\): content must be text"),
        ([USER, {"role": "assistant", "content": " "}], "content must be text"),
        ([USER, "b"], "message 2: needs a role"),
        ([ANSWER, USER], "begins with user, not assistant"),
        ([{"role": "system", "content": "s"}], "not nothing"),
        ([USER], "no assistant turn"),
    ],
)
def test_malformed_rows_are_named_by_file_and_line(tmp_path: Path, messages: Any, complaint: str) -> None:
    path = write_jsonl(tmp_path / "bad.jsonl", [ROWS[0], {"messages": messages}])
    with pytest.raises(DatasetError, match=f"bad.jsonl:2.*{complaint}"):
        read_dataset(path)


@pytest.mark.parametrize(
    ("content", "complaint"),
    [(b"{oops\n", "x.jsonl:1 is not JSON"), (b"[]\n", "x.jsonl:1 has no key"), (b"\xff\n", "UTF-8")],
)
def test_unreadable_jsonl_is_named(tmp_path: Path, content: bytes, complaint: str) -> None:
    path = tmp_path / "x.jsonl"
    path.write_bytes(content)
    with pytest.raises(DatasetError, match=complaint):
        read_dataset(path)


def test_missing_empty_and_foreign_sources_name_the_way_out(tmp_path: Path) -> None:
    with pytest.raises(DatasetError, match="typhoon-data build"):
        read_dataset(tmp_path / "absent")
    with pytest.raises(DatasetError, match="data/sft"):
        read_dataset(tmp_path)
    with pytest.raises(DatasetError, match="no sft or tool rows"):
        read_dataset(write_jsonl(tmp_path / "empty.jsonl", []))
    (tmp_path / "x.txt").write_text("x")
    with pytest.raises(DatasetError, match="neither"):
        read_dataset(tmp_path / "x.txt")
    (tmp_path / "torn.parquet").write_bytes(b"PAR1")
    with pytest.raises(DatasetError, match="not a readable parquet"):
        read_dataset(tmp_path / "torn.parquet")
    pl.DataFrame({"text": ["a"]}).write_parquet(tmp_path / "text.parquet")
    with pytest.raises(DatasetError, match="no column `messages`"):
        read_dataset(tmp_path / "text.parquet")


def test_a_split_of_tool_rows_comes_out_as_it_was_written_without_empty_columns(tmp_path: Path) -> None:
    call = {"id": "c1", "type": "function", "function": {"name": "f", "arguments": '{"a": 1}'}}
    empty = {"tool_calls": None, "tool_call_id": None}  # what a column of structs says where there is nothing
    messages = [
        {"role": "user", "content": "ถาม", **empty},
        {"role": "assistant", "content": "", "tool_calls": [call], "tool_call_id": None},
        {"role": "tool", "content": "", "tool_calls": None, "tool_call_id": "c1"},
        {"role": "assistant", "content": "ตอบ", **empty},
    ]
    specs = [{"type": "function", "function": {"name": "f", "parameters": {}}}]
    shard = tmp_path / "built" / "data" / "tool" / "0.parquet"
    shard.parent.mkdir(parents=True)
    pl.DataFrame([{"id": "t", "messages": messages, "tools": json.dumps(specs)}]).write_parquet(shard)
    [conversation] = read_dataset(tmp_path / "built", ["tool"]).conversations
    assert conversation.tools == tuple(specs)
    assert conversation.messages[1] == {"role": "assistant", "content": "", "tool_calls": [call]}
    assert conversation.messages[2] == {"role": "tool", "content": "", "tool_call_id": "c1"}
    assert conversation.messages[3] == {"role": "assistant", "content": "ตอบ"}
    with pytest.raises(DatasetError, match=r"data/sft/\*"):
        read_dataset(tmp_path / "built", ["sft", "tool"])


@pytest.mark.parametrize(
    ("call", "tools", "complaint"),
    [
        ({"function": {"arguments": "{}"}}, "[]", "not a list of tool calls"),
        ({"function": {"name": None}}, "[]", "function.name is no text"),
        ({"function": {"name": "f", "arguments": "{oops"}}, "[]", r"\(f\) are no JSON"),
        ({"function": {"name": "f"}}, "{oops", "`tools` is not JSON"),
        ({"function": {"name": "f"}}, '{"a": 1}', "must be a list of tool specs"),
    ],
)
def test_malformed_tool_rows_are_named(tmp_path: Path, call: Any, tools: str, complaint: str) -> None:
    row = {"messages": [USER, {"role": "assistant", "content": "", "tool_calls": [call]}], "tools": tools}
    with pytest.raises(DatasetError, match=f"bad.jsonl:1.*{complaint}"):
        read_dataset(write_jsonl(tmp_path / "bad.jsonl", [row]))


def test_calls_and_results_without_ids_are_paired_in_their_order(tmp_path: Path) -> None:
    call = {"function": {"name": "f"}}
    calling, result = {"role": "assistant", "tool_calls": [call, call]}, {"role": "tool", "content": "1"}
    row = {"messages": [USER, calling, result, result, calling, result, result, ANSWER]}
    [conversation] = read_dataset(write_jsonl(tmp_path / "rows.jsonl", [row])).conversations
    made = [call["id"] for message in conversation.messages for call in message.get("tool_calls", ())]
    assert made == ["call_1", "call_2", "call_3", "call_4"]
    assert [m["tool_call_id"] for m in conversation.messages if m["role"] == "tool"] == made


def test_prompts_are_read_where_they_are_asked_for(tmp_path: Path) -> None:
    path = write_jsonl(tmp_path / "rows.jsonl", [{"prompt": [USER]}, {"messages": [USER, ANSWER]}])
    assert [c.unanswered for c in read_dataset(path, prompts=True).conversations] == [True, False]
    with pytest.raises(DatasetError, match=r"rows.jsonl:1 is a prompt without an answer"):
        read_dataset(path)
    with pytest.raises(DatasetError, match="a prompt ends with the user's turn"):
        read_dataset(write_jsonl(tmp_path / "bad.jsonl", [{"prompt": [USER, ANSWER]}]), prompts=True)
