"""`typhoon-data verify` on rows of tool use: every call is made again, and whatever was changed afterwards is named."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from datagen.proof.reasons import CHECKS
from datagen.recheck import Checks, recheck
from datagen.record import canonical_json
from datagen.scenarios.scenario import KINDS
from datagen.shards import TOOL_SCHEMA, read_rows
from datagen.tools.tool import Tool

Row = dict[str, Any]


def rows_of(dataset: Path) -> list[Row]:
    return [row for file in sorted((dataset / "data" / "tool").glob("*.parquet")) for row in read_rows(file)]


def kind_of(row: Row) -> str:
    return json.loads(row["scenario"])["kind"]


def row_of_kind(dataset: Path, kind: str) -> Row:
    return next(row for row in rows_of(dataset) if kind_of(row) == kind)


def written(path: Path, *rows: Row) -> Path:
    pl.DataFrame(list(rows), schema=TOOL_SCHEMA).write_parquet(path)
    return path


def problems(path: Path, checks: Checks | None = None) -> list[tuple[str, str]]:
    return [(problem.constraint, problem.what) for problem in recheck(path, checks).problems]


def calls_of(row: Row) -> list[Row]:
    return [call for message in row["messages"] for call in message["tool_calls"] or ()]


def edited_scenario(row: Row, edit: Callable[[Row], None]) -> None:
    scenario = json.loads(row["scenario"])
    edit(scenario)
    row["scenario"] = canonical_json(scenario)


def test_an_untouched_dataset_is_proven_again_call_by_call(built_tools: Path) -> None:
    found = recheck(built_tools, Checks.of(built_tools, screen=True, dedup=True))
    assert found.problems == []
    assert (found.rows, dict(found.splits), found.notes) == (40, {"tool": 40}, [])
    assert found.constraints == {name: {"PASS": 40, "FAIL": 0, "UNDECIDED": 0} for name in CHECKS}
    assert {kind_of(row) for row in rows_of(built_tools)} == set(KINDS)


def test_a_copy_as_jsonl_or_one_file_passes_as_well(built_tools: Path, tmp_path: Path) -> None:
    rows = rows_of(built_tools)
    assert recheck(written(tmp_path / "copy.parquet", *rows)).passed
    lines = tmp_path / "copy.jsonl"
    lines.write_text("\n".join(json.dumps(row, ensure_ascii=False) for row in rows), encoding="utf-8")
    assert recheck(lines).passed


def other_number(text: str) -> str:
    return text.translate(str.maketrans("123456789", "234567891"))


def change_result(row: Row) -> None:
    result = next(m for m in row["messages"] if m["role"] == "tool" and other_number(m["content"]) != m["content"])
    result["content"] = other_number(result["content"])


def change_argument(row: Row) -> None:
    function = calls_of(row)[0]["function"]
    function["arguments"] = canonical_json({**json.loads(function["arguments"]), "place": "ดาวอังคาร"})


def change_name(row: Row) -> None:
    calls_of(row)[0]["function"]["name"] = "delete_all"


def drop_call(row: Row) -> None:
    call_id = calls_of(row)[0]["id"]
    row["messages"] = [
        m for m in row["messages"] if m["tool_call_id"] != call_id and call_id not in str(m["tool_calls"] or "")
    ]


def change_reply(row: Row) -> None:
    row["messages"][-1]["content"] = "ค่าที่ได้คือ 987654 ครับ"


def change_question(row: Row) -> None:
    next(m for m in row["messages"] if m["role"] == "user")["content"] += " ด่วน"


CHANGED = {
    change_result: "tool.results",
    change_argument: "tool.arguments",
    change_name: "tool.names",
    drop_call: "tool.calls",
    change_reply: "tool.values",
    change_question: "tool.structure",
}


@pytest.mark.parametrize("change", CHANGED, ids=lambda change: change.__name__)
def test_a_changed_conversation_is_named_by_its_check(change, built_tools: Path, tmp_path: Path) -> None:
    row = row_of_kind(built_tools, "single")
    change(row)
    found = dict(problems(written(tmp_path / "rows.parquet", row)))
    assert found[CHANGED[change]].startswith("FAIL: ")


def unmask_verdict(row: Row) -> None:
    row["verdicts"][2]["outcome"] = "FAIL"


def drop_verdict(row: Row) -> None:
    row["verdicts"].pop()


def add_verdict(row: Row) -> None:
    row["verdicts"].append({"id": "tool.beauty", "outcome": "PASS", "reason": ""})


def rename_verdict(row: Row) -> None:
    row["verdicts"][0]["id"] = "tool.beauty"


STORED = {
    unmask_verdict: ("tool.arguments", "stored as FAIL, now PASS"),
    drop_verdict: ("tool.manners", "stored as nothing, now PASS"),
    add_verdict: ("tool.beauty", "no such check"),
    rename_verdict: ("tool.structure", "stored as nothing, now PASS"),
}


@pytest.mark.parametrize("change", STORED, ids=lambda change: change.__name__)
def test_stored_verdicts_must_be_those_found(change, built_tools: Path, tmp_path: Path) -> None:
    row = row_of_kind(built_tools, "parallel")
    change(row)
    [(check, what)] = problems(written(tmp_path / "rows.parquet", row))
    assert check == STORED[change][0]
    assert STORED[change][1] in what


def test_a_passing_verdict_of_a_row_that_fails_now_is_no_pass(built_tools: Path, tmp_path: Path) -> None:
    row = row_of_kind(built_tools, "steps")
    change_reply(row)
    assert all(verdict["outcome"] == "PASS" for verdict in row["verdicts"])
    found = recheck(written(tmp_path / "rows.parquet", row))
    assert not found.passed
    assert found.constraints["tool.values"]["FAIL"] == 1


def describe_otherwise(specs: list[Any]) -> None:
    specs[0]["function"]["description"] += " (ดีที่สุด)"


def loosen_schema(specs: list[Any]) -> None:
    specs[-1]["function"]["parameters"].pop("required")


def drop_tool(specs: list[Any]) -> None:
    specs.pop()


OFFERS = {describe_otherwise: "describes", loosen_schema: "describes", drop_tool: "offers"}


@pytest.mark.parametrize("change", OFFERS, ids=lambda change: change.__name__)
def test_tools_must_be_those_of_the_scenario_as_they_describe_themselves(
    change, built_tools: Path, tmp_path: Path
) -> None:
    row = row_of_kind(built_tools, "distractors")
    specs = json.loads(row["tools"])
    change(specs)
    row["tools"] = canonical_json(specs)
    [(check, what)] = problems(written(tmp_path / "rows.parquet", row))
    assert check == ""
    assert f"the column `tools` {OFFERS[change]}" in what


@pytest.mark.parametrize("text", ["", "{oops", '{"a": 1}', "7", '["a", 7, null]'])
def test_tools_that_are_no_list_of_specs_are_named(text: str, built_tools: Path, tmp_path: Path) -> None:
    row = row_of_kind(built_tools, "single")
    row["tools"] = text
    [(check, what)] = problems(written(tmp_path / "rows.parquet", row))
    assert check == ""
    assert "the column `tools`" in what


def test_a_changed_scenario_is_found(built_tools: Path, tmp_path: Path) -> None:
    no_call, other_state, other_kind = (row_of_kind(built_tools, "single") for _ in range(3))
    edited_scenario(no_call, lambda scenario: scenario["turns"][0].update(calls=[]))
    edited_scenario(other_state, lambda scenario: scenario.update(state='{"orders":[{}]}'))
    edited_scenario(other_kind, lambda scenario: scenario.update(kind="magic"))
    for number, row in enumerate((no_call, other_state, other_kind)):
        row["id"] = str(number)
    found = recheck(written(tmp_path / "rows.parquet", no_call, other_state, other_kind))
    assert {problem.row for problem in found.problems} == {"0", "1", "2"}
    named = [problem.what for problem in found.problems if problem.row == "2"]
    assert len(named) == 1
    assert "'magic' is no kind of scenario" in named[0]


def test_another_seed_is_another_world_wherever_something_was_looked_up(built_tools: Path, tmp_path: Path) -> None:
    rows = rows_of(built_tools)
    for row in rows:
        edited_scenario(row, lambda scenario: scenario.update(seed=scenario["seed"] + 1))
    found = recheck(written(tmp_path / "rows.parquet", *rows))
    named = {problem.row for problem in found.problems if problem.constraint == "tool.results"}
    assert len(named) >= 8  # what is worked out (a tax, a unit) and what is declined is the same in every world


@pytest.mark.parametrize(
    "scenario",
    ["", "{oops", "7", "[]", "{}", '{"kind": "single"}', "[" * 20_000, '{"kind":"single","tools":[[1]],"turns":[]}'],
)
def test_a_scenario_that_cannot_be_read_is_named_and_never_raises(
    scenario: str, built_tools: Path, tmp_path: Path
) -> None:
    row = row_of_kind(built_tools, "single")
    row["scenario"] = scenario
    found = problems(written(tmp_path / "rows.parquet", row))
    assert found
    assert all("scenario" in what for _, what in found)


def test_a_scenario_of_wrong_types_is_named_and_never_raises(built_tools: Path, tmp_path: Path) -> None:
    for name, value in (("seed", "x"), ("now", 5), ("lang", 3), ("system", 4), ("tools", [None]), ("state", None)):
        row = row_of_kind(built_tools, "single")
        edited_scenario(row, lambda scenario, name=name, value=value: scenario.update({name: value}))
        assert problems(written(tmp_path / "rows.parquet", row)), name


def test_a_scenario_written_in_another_form_is_not_taken_for_one_of_a_build(built_tools: Path, tmp_path: Path) -> None:
    row = row_of_kind(built_tools, "single")
    row["scenario"] = json.dumps(json.loads(row["scenario"]), ensure_ascii=False)
    [(_, what)] = problems(written(tmp_path / "rows.parquet", row))
    assert "edited" in what


def test_a_row_with_tools_that_are_not_at_hand_says_which_option_brings_them(built_tools: Path, tmp_path: Path) -> None:
    row = row_of_kind(built_tools, "single")
    name = calls_of(row)[0]["function"]["name"]
    renamed = json.loads(json.dumps(row, ensure_ascii=False).replace(name, "tool_of_ours"))
    file = written(tmp_path / "rows.parquet", renamed)
    [(check, what)] = problems(file)
    assert check == ""
    assert "tool_of_ours" in what
    assert "--tools FILE" in what
    own = _same_tool(name, "tool_of_ours")
    assert problems(file, Checks(own_tools={own.name: own})) == []


def _same_tool(name: str, other: str) -> Tool:
    from dataclasses import replace

    from datagen.domains import shipped_tools

    return replace(shipped_tools()[name], name=other)


def test_a_repeated_conversation_is_found_but_not_a_repeated_reply(built_tools: Path, tmp_path: Path) -> None:
    rows = [row for row in rows_of(built_tools) if kind_of(row) == "no_tool"]
    assert len({row["messages"][-1]["content"] for row in rows}) < len(rows)
    checks = Checks.of(built_tools, screen=False, dedup=True)
    assert problems(written(tmp_path / "rows.parquet", *rows), checks) == []
    again = {**rows[0], "id": "again", "source": {**rows[0]["source"], "id": "other"}}
    assert "dedup" in str(problems(written(tmp_path / "rows.parquet", *rows, again), checks))


def test_a_screen_looks_at_every_reply(built_tools: Path, tmp_path: Path) -> None:
    row = row_of_kind(built_tools, "multi_turn")
    first = next(m for m in row["messages"] if m["role"] == "assistant" and not m["tool_calls"])
    first["content"] += " 自由"
    found = problems(written(tmp_path / "rows.parquet", row), Checks.of(built_tools, screen=True, dedup=False))
    assert any(what.startswith("screen: ") for _, what in found)


def verified(*arguments: object) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-c", "from datagen.cli import main; main()", "verify", *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, check=False)


@pytest.mark.slow  # Ray starts processes of its own
@pytest.mark.timeout(1200)
def test_ray_says_the_same(built_tools: Path, tmp_path: Path) -> None:
    pytest.importorskip("ray")
    rows = rows_of(built_tools)
    change_result(next(row for row in rows if kind_of(row) == "parallel"))
    change_reply(next(row for row in rows if kind_of(row) == "steps"))
    file = written(tmp_path / "rows.parquet", *rows, {**rows[0], "id": "again"})
    ours = verified(file, "--json", "--screen", "--dedup")
    theirs = verified(file, "--json", "--screen", "--dedup", "--engine", "ray")
    assert (ours.returncode, theirs.returncode) == (1, 1), theirs.stderr
    assert json.loads(theirs.stdout) == json.loads(ours.stdout)
    assert len(json.loads(ours.stdout)["problems"]) >= 3


def test_cli_prints_the_proof_and_fails_on_a_changed_row(run, built_tools: Path, tmp_path: Path) -> None:
    code, text = run("verify", built_tools)
    assert code == 0
    assert "tool.values" in text
    row = row_of_kind(built_tools, "single")
    change_result(row)
    code, text = run("verify", written(tmp_path / "rows.parquet", row))
    assert code == 1
    assert "altered_result" in text.replace("\n", " ")
