"""Looking at rows of tool use: `inspect` finds and shows them, `stats` counts them, the card says what they are."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from rich.cells import cell_len

from datagen.dataset import REJECTED
from datagen.row_view import row_lines
from datagen.scenarios.scenario import KINDS


def all_rows(out: Path) -> list[dict[str, Any]]:
    """Every row with its split, read by polars alone."""
    files = [*sorted(out.glob("data/*/*.parquet")), *sorted(out.glob("rejected/*.parquet"))]
    return [{"split": file.parent.name, **row} for file in files for row in pl.read_parquet(file).iter_rows(named=True)]


def scenario_of(row: dict[str, Any]) -> dict[str, Any]:
    return json.loads(row["scenario"])


def called(row: dict[str, Any]) -> list[str]:
    return [call["function"]["name"] for message in row["messages"] for call in message["tool_calls"] or ()]


FILTERS = {
    "kind": (["--scenario", "steps"], lambda row: scenario_of(row)["kind"] == "steps"),
    "domain": (["--domain", "weather"], lambda row: scenario_of(row)["domain"] == "weather"),
    "no domain": (["--domain", "weath"], lambda row: False),
    "tool": (["--tool", "get_air_quality"], lambda row: "get_air_quality" in called(row)),
    "argument": (["--search", '"place":"'], lambda row: '"place":"' in json.dumps(row["messages"]).replace("\\", "")),
    "kept of a kind": (
        ["--kept", "--scenario", "single"],
        lambda row: row["split"] == "tool" and scenario_of(row)["kind"] == "single",
    ),
    "rejected by the proof": (["--stage", "prove"], lambda row: row.get("stage") == "prove"),
    "split": (["--split", "tool"], lambda row: row["split"] == "tool"),
}


@pytest.mark.parametrize("name", FILTERS)
def test_filters_find_what_a_loop_over_all_rows_finds(name: str, run, built_tools: Path) -> None:
    options, wanted = FILTERS[name]
    code, text = run("inspect", built_tools, "--json", *options)
    assert code == 0, text
    expected = [row["id"] for row in all_rows(built_tools) if wanted(row)]
    assert [json.loads(line)["id"] for line in text.splitlines()] == expected
    assert expected or name == "no domain"


def test_an_unknown_kind_names_those_there_are(run, built_tools: Path) -> None:
    code, text = run("inspect", built_tools, "--scenario", "paralell")
    assert code == 2
    assert all(kind in text for kind in KINDS)


def test_rows_without_scenarios_match_no_kind(run, built_dataset: Path) -> None:
    code, text = run("inspect", built_dataset, "--json", "--scenario", "single", "--tool", "x")
    assert (code, [line for line in text.splitlines() if line.startswith("{")]) == (0, [])


@pytest.mark.parametrize("width", [40, 80, 200])
def test_every_row_shows_its_calls_results_and_proof_in_lines_that_fit(width: int, built_tools: Path) -> None:
    for row in all_rows(built_tools):
        lines = [line.plain for line in row_lines(row, row["split"], width)]
        whole = "".join(line.strip() for text in lines for line in text.split("\n"))
        assert all(cell_len(line) <= width for text in lines for line in text.split("\n"))
        assert [line for line in lines if line.startswith("  → ")] == [
            line for line in lines if any(line.startswith(f"  → {name}") for name in called(row))
        ]
        assert sum(line.startswith("  → ") for line in lines) == len(called(row))
        results = sum(message["role"] == "tool" for message in row["messages"])
        assert sum(line.startswith("  ← ") for line in lines) == results
        assert scenario_of(row)["kind"] in whole
        assert '"arguments"' not in whole
        if row["split"] == REJECTED and row["stage"] == "prove":
            assert "✗ tool." in whole
        for message in row["messages"]:
            for call in message["tool_calls"] or ():
                for value in json.loads(call["function"]["arguments"]).values():
                    shown = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
                    assert shown.replace(" ", "") in whole.replace(" ", "")


def test_what_is_no_json_is_shown_as_it_stands(built_tools: Path) -> None:
    row = next(row for row in all_rows(built_tools) if called(row))
    call = next(message for message in row["messages"] if message["tool_calls"])["tool_calls"][0]
    call["function"]["arguments"] = "{oops"
    next(message for message in row["messages"] if message["role"] == "tool")["content"] = "\x1b[31mระเบิด"
    row |= {"scenario": "{no", "tools": "{neither", "verdicts": None}
    shown = "\n".join(line.plain for line in row_lines(row, "tool", 80))
    assert all(text in shown for text in ("{oops", "ระเบิด", "{no", "{neither"))
    assert "\x1b" not in shown


def test_a_result_of_ten_megabytes_is_cut_for_the_eye(built_tools: Path) -> None:
    row = next(row for row in all_rows(built_tools) if called(row))
    next(m for m in row["messages"] if m["role"] == "tool")["content"] = json.dumps({"text": "ก" * 10_000_000})
    lines = row_lines(row, "tool", 80)
    assert len(lines) < 200
    assert "10,000,006 characters" in "".join(line.plain for line in lines).replace("\n", "")


def test_stats_count_scenarios_calls_and_tools(run, built_tools: Path) -> None:
    code, text = run("stats", built_tools, "--json")
    assert code == 0
    [stats] = json.loads(text)
    rows = all_rows(built_tools)
    kept = [row for row in rows if row["split"] == "tool"]
    for dimension, key in (("kinds", "kind"), ("domains", "domain")):
        tried = Counter(scenario_of(row)[key] for row in rows)
        there = Counter(scenario_of(row)[key] for row in kept)
        found = stats["tool_use"]["scenarios"][dimension]
        assert found == {value: {"tried": count, "kept": there[value]} for value, count in tried.items()}
    assert stats["tool_use"]["calls_per_row"] == Counter(str(len(called(row))) for row in kept)
    assert stats["tool_use"]["tools"] == Counter(name for row in kept for name in called(row))
    assert stats["yields"] == {"types": {}, "families": {}}
    assert stats["constraints_per_row"] == {}
    assert stats["rows"] == {"tool": 40}
    code, text = run("stats", built_tools)
    assert "scenarios, kinds: tried, kept" in text
    assert "tools called" in text


def test_stats_of_instructions_have_no_tables_of_tool_use(run, built_dataset: Path) -> None:
    code, text = run("stats", built_dataset)
    assert code == 0
    assert "scenarios" not in text
    assert "tools called" not in text
    assert json.loads(run("stats", built_dataset, "--json")[1])[0]["tool_use"] == {}


def test_card_shows_scenarios_with_counts_and_a_conversation(built_tools: Path) -> None:
    card = (built_tools / "README.md").read_text(encoding="utf-8")
    manifest = json.loads((built_tools / "manifest.json").read_text(encoding="utf-8"))
    for dimension in ("kinds", "domains"):
        for name, found in manifest["scenarios"][dimension].items():
            assert f"| {name} | {found['tried']} | {found['kept']} |" in card
    first = all_rows(built_tools)[0]
    assert first["id"] in card
    for name in called(first):
        assert f"**call** `{name}`" in card
    for message in first["messages"]:
        told = message["content"]
        if message["role"] == "tool":  # shown as JSON with spaces, its Thai as Thai
            told = json.dumps(json.loads(told), ensure_ascii=False)
        assert told[:40] in card
    assert "config_name: tool" in card
    assert "config_name: rejected" in card
    assert "constraint" not in card
    assert len(set(card.split("## Examples")[1].split("· ")[:4])) > 2


def test_the_hub_library_loads_the_split_by_its_name(built_tools: Path, tmp_path: Path) -> None:
    datasets = pytest.importorskip("datasets")
    for name, rows in (("tool", 40), ("rejected", len(all_rows(built_tools)) - 40)):
        loaded = datasets.load_dataset(str(built_tools), name, cache_dir=str(tmp_path))["train"]
        assert loaded.num_rows == rows
        stored = [row for row in all_rows(built_tools) if (row["split"] == "rejected") == (name == "rejected")]
        assert [row["messages"] for row in loaded] == [row["messages"] for row in stored]
        assert [row["scenario"] for row in loaded] == [row["scenario"] for row in stored]
