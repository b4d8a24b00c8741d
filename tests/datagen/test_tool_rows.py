"""Rows of tool use on disk: what is written is what is read back, calls, results and scenario included."""

from __future__ import annotations

from pathlib import Path

import polars as pl
import pytest

from datagen.record import Message, Record, RecordedVerdict, Rejection, Source, ToolCall, canonical_json
from datagen.shards import (
    REJECTED_SCHEMA,
    REJECTED_TOOL_SCHEMA,
    SFT_SCHEMA,
    TOOL_SCHEMA,
    ShardWriter,
    file_sha256,
    read_rows,
)
from datagen.split_rows import rejected_schema, schema_of, split_row

_CALL = ToolCall("call_1", "get_air_quality", '{"place": "เชียงใหม่"}')
_RECORD = Record(
    id="weather-00001-0",
    group="weather-00001",
    sample_index=0,
    lang="th",
    source=Source("scenarios", "weather-00001", "CC0-1.0"),
    messages=(
        Message("system", "วันนี้วันที่ 14 มกราคม 2570"),
        Message("user", "ค่าฝุ่นที่เชียงใหม่เท่าไรครับ"),
        Message("assistant", "", (_CALL,)),
        Message("tool", '{"pm25_ug_m3":41}', tool_call_id="call_1"),
        Message("assistant", "ค่าฝุ่น 41 ไมโครกรัมต่อลูกบาศก์เมตรครับ"),
    ),
    tools='[{"type":"function"}]',
    scenario=canonical_json({"id": "weather-00001", "kind": "single"}),
    verdicts=(RecordedVerdict("tool.names", "PASS", ""),),
    split="tool",
)


def _written(folder: Path, schema: pl.Schema, rows: list[dict[str, object]]) -> list[dict[str, object]]:
    writer = ShardWriter(folder, schema)
    for row in rows:
        writer.write(row)
    writer.close()
    return list(read_rows(writer.paths[0]))


def test_row_is_read_back_as_it_was_written(tmp_path: Path) -> None:
    (row,) = _written(tmp_path, schema_of("tool"), [split_row(_RECORD, 0)])
    back = Record.from_row(row)
    assert back.messages == _RECORD.messages
    assert (back.split, back.scenario, back.tools) == ("tool", _RECORD.scenario, _RECORD.tools)
    assert back.verdicts == _RECORD.verdicts
    assert back.row() == _RECORD.row()


def test_rejected_row_keeps_calls_and_scenario(tmp_path: Path) -> None:
    rejection = Rejection(_RECORD, "prove", "wrong_argument", "place")
    (row,) = _written(tmp_path, rejected_schema(["tool"]), [rejection.row()])
    assert row["reason"] == "wrong_argument"
    assert row["scenario"] == _RECORD.scenario
    assert Record.from_row({**row}).messages == _RECORD.messages


def test_columns_are_those_of_sft_and_the_scenario() -> None:
    assert [*TOOL_SCHEMA] == [*SFT_SCHEMA, "scenario"]
    assert {name: dtype for name, dtype in TOOL_SCHEMA.items() if name in SFT_SCHEMA and name != "messages"} == {
        name: dtype for name, dtype in SFT_SCHEMA.items() if name != "messages"
    }
    assert [*REJECTED_TOOL_SCHEMA] == [*REJECTED_SCHEMA, "tools", "scenario"]


@pytest.mark.parametrize("splits", [["sft"], ["sft", "opd", "rl", "heldout"]])
def test_other_builds_write_what_they_wrote_before(splits: list[str]) -> None:
    plain = Record("a", "a", 0, "th", Source("s", "1", "CC0-1.0"), (Message("user", "ก"), Message("assistant", "ข")))
    assert "scenario" not in plain.row()
    assert {*Rejection(plain, "verify", "no").row()} == {*REJECTED_SCHEMA}
    assert rejected_schema(splits) == REJECTED_SCHEMA


def test_the_sample_of_instructions_would_be_written_byte_for_byte_as_it_is(tmp_path: Path) -> None:
    sample = Path(__file__).parents[2] / "samples" / "th" / "data" / "sft" / "part-00000.parquet"
    writer = ShardWriter(tmp_path, schema_of("sft"))
    for index, row in enumerate(read_rows(sample)):
        writer.write(split_row(Record.from_row(row), index))
    writer.close()
    assert file_sha256(writer.paths[0]) == file_sha256(sample)
