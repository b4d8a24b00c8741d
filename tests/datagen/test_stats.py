"""`typhoon-data stats`: every number against a count by other means, and tables at every width."""

from __future__ import annotations

import json
import shutil
import statistics
from collections import Counter
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from rich.cells import cell_len

from constraints.segment import words
from datagen.stats_view import bar


def rows_of(out: Path, part: str) -> list[dict[str, Any]]:
    return [
        row for file in sorted(out.glob(f"{part}/*.parquet")) for row in pl.read_parquet(file).iter_rows(named=True)
    ]


@pytest.fixture
def stats(run, built_dataset) -> dict[str, Any]:
    code, text = run("stats", built_dataset, "--json")
    assert code == 0, text
    (found,) = json.loads(text)
    return found


def test_rows_reasons_and_funnel(stats, built_dataset):
    manifest = json.loads((built_dataset / "manifest.json").read_text())
    rejected = rows_of(built_dataset, "rejected")
    assert stats["rows"] == {"sft": 40}
    assert stats["rejected"] == len(rejected)
    counted = Counter((row["stage"], row["reason"]) for row in rejected)
    assert {(s, r): n for s, reasons in stats["reasons"].items() for r, n in reasons.items()} == counted
    assert list(stats["reasons"]) == [name for name, stage in manifest["stages"].items() if stage["rejected"]]
    for name, stage in stats["funnel"].items():
        assert stage["in"] == stage["kept"] + stage["rejected"], name
    assert stats["yields"]["types"] == manifest["yields"]


def test_lengths_and_scores(stats, built_dataset):
    answers = [row["messages"][-1]["content"] for row in rows_of(built_dataset, "data/sft")]
    for kind, values in (("characters", map(len, answers)), ("words", [len(words(a, "nlpo3")) for a in answers])):
        values = sorted(values)
        spread = stats["answers"][kind]
        assert (spread["counted"], spread["median"]) == (40, statistics.median(values))
        assert (spread["deciles"][0], spread["deciles"][10]) == (values[0], values[-1])
        assert len(spread["deciles"]) == 11
        for number, decile in enumerate(spread["deciles"]):
            assert sum(value <= decile for value in values) >= number / 10 * 40 - 1
            assert sum(value >= decile for value in values) >= (1 - number / 10) * 40 - 1
    kept = Counter(int(row["judge"]["score"]) for row in rows_of(built_dataset, "data/sft"))
    lost = Counter(
        int(r["judge"]["score"]) for r in rows_of(built_dataset, "rejected") if r["judge"]["score"] is not None
    )
    assert {s["score"]: s["kept"] for s in stats["judge"] if s["kept"]} == kept == {8: 40}
    assert {s["score"]: s["rejected"] for s in stats["judge"] if s["rejected"]} == lost
    assert lost[3] > 0


def test_sources_turns_duplicates_and_tokens(stats, built_dataset):
    rows = rows_of(built_dataset, "data/sft")
    assert stats["sources"] == [{"name": rows[0]["source"]["name"], "license": "CC0-1.0", "rows": 40}]
    styles = Counter(("system + " if row["messages"][0]["role"] == "system" else "") + "1 user turn" for row in rows)
    assert stats["turns"] == styles
    assert len(styles) == 2
    assert stats["instruction_languages"] == {"th": 40}
    assert stats["constraints_per_row"] == Counter(str(len(row["constraints"])) for row in rows)
    assert stats["duplicates"] == {"answers": 0, "prompts": 0}
    import sqlite3

    with sqlite3.connect(built_dataset / ".typhoon/answers.sqlite") as store:
        answers = [json.loads(row[0]) for row in store.execute("SELECT answer FROM answers")]
    store.close()
    (spent,) = stats["spending"]
    assert spent["calls"] == len(answers)
    assert spent["prompt_tokens"] == sum(answer["prompt_tokens"] for answer in answers)
    assert spent["answer_tokens"] == sum(answer["completion_tokens"] for answer in answers)
    assert stats["cost"] is None


def test_cost_by_the_price_table_of_the_recipe(run, stats, built_dataset, tmp_path):
    priced = tmp_path / "ds"
    shutil.copytree(built_dataset, priced)
    manifest = json.loads((priced / "manifest.json").read_text())
    manifest["recipe"]["budget"] = {"currency": "THB", "prices": {"scripted": {"input": 10.0, "output": 40.0}}}
    (priced / "manifest.json").write_text(json.dumps(manifest))
    (found,) = json.loads(run("stats", priced, "--json")[1])
    (spent,) = stats["spending"]
    assert found["cost"] == pytest.approx((spent["prompt_tokens"] * 10 + spent["answer_tokens"] * 40) / 1e6)
    assert "THB" in run("stats", priced)[1]
    shutil.rmtree(priced / ".typhoon")  # as downloaded by somebody else
    assert "no answer store" in run("stats", priced)[1]


def crafted(folder: Path, rows: list[dict[str, Any]]) -> None:
    folder.mkdir(parents=True)
    pl.DataFrame(rows).write_parquet(folder / "part-00000.parquet")


def turns(*texts: str, system: bool = False) -> list[dict[str, str]]:
    roles = ["user", "assistant"] * len(texts)
    return [{"role": "system", "content": "x"}] * system + [
        {"role": role, "content": text} for role, text in zip(roles, texts, strict=False)
    ]


def test_repeats_histories_and_splits_of_prompts(run, tmp_path):
    rows = [turns("ถาม", "ตอบ"), turns("ถาม", "อื่น"), turns("ใหม่", "ตอบ"), turns("ก", "ข", "ค", "ตอบ", system=True)]
    crafted(tmp_path / "ds/data/sft", [{"id": str(n), "messages": row} for n, row in enumerate(rows)])
    crafted(tmp_path / "ds/data/opd", [{"id": "o", "messages": turns("ถาม")}])
    crafted(tmp_path / "ds/data/rl", [{"id": "r", "prompt": turns("ถาม")}])
    (found,) = json.loads(run("stats", tmp_path / "ds", "--json")[1])
    assert found["rows"] == {"sft": 4, "opd": 1, "rl": 1}
    assert found["duplicates"] == {"answers": 2, "prompts": 2}  # ตอบ stands three times, ถาม too
    assert found["answers"]["characters"]["counted"] == 4
    assert found["turns"] == {"1 user turn": 5, "system + 2 user turns": 1}
    assert "rows kept" in run("stats", tmp_path / "ds")[1]


@pytest.mark.parametrize("columns", [60, 80, 140])
def test_tables_fit_and_stand_side_by_side(run, built_dataset, monkeypatch, columns):
    monkeypatch.setenv("COLUMNS", str(columns))
    code, text = run("stats", built_dataset)
    assert code == 0
    assert all(cell_len(line) <= columns for line in text.splitlines())
    assert "█" in text
    code, both = run("stats", built_dataset, built_dataset)
    assert all(cell_len(line) <= columns for line in both.splitlines())
    median = next(line for line in both.splitlines() if line.startswith("median"))
    (number,) = {word for word in median.split() if word.isdigit()}
    assert median.split().count(number) == 2


def test_long_tables_are_cut_unless_all_is_asked_for(run, tmp_path):
    rows = [{"id": str(n), "stage": "verify", "reason": f"reason-{n:02d}", "detail": ""} for n in range(40)]
    crafted(tmp_path / "ds/rejected", rows)
    short, whole = run("stats", tmp_path / "ds")[1], run("stats", tmp_path / "ds", "--all")[1]
    assert (short.count("reason-"), whole.count("reason-")) == (15, 40)
    assert "first 15 of 40; --all shows all" in " ".join(short.split())


def test_thai_names_keep_columns_aligned(run, tmp_path):
    names = ["น้ำ", "กำ", "เปี๊ยก", "plain", "ทำเนียบรัฐบาล"]
    rows = [{"id": n, "messages": turns("ก", n), "source": {"name": n, "id": "1", "license": "MIT"}} for n in names]
    crafted(tmp_path / "ds/data/sft", rows)
    lines = [line for line in run("stats", tmp_path / "ds")[1].splitlines() if "(MIT)" in line]
    assert len(lines) == 5
    assert len({cell_len(line[: line.index("1 (20%)")]) for line in lines}) == 1, lines


def test_bars_grow_with_what_they_stand_for_and_never_hide_something():
    lengths = [bar(share / 1000, 20) for share in range(1001)]
    assert {cell_len(text) for text in lengths} == {20}
    eighths = [sum("▏▎▍▌▋▊▉█".index(block) + 1 for block in text.strip()) for text in lengths]
    assert eighths == sorted(eighths)
    assert (eighths[0], eighths[1], eighths[-1]) == (0, 1, 160)
