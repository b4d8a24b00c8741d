"""The shipped sample of tool use: every call made again today, from nothing but its files, and its yields are told."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path

from datagen.recheck import Checks, recheck
from datagen.shards import read_rows

_SAMPLE = Path(__file__).parents[2] / "samples" / "tools_th"


def _rows(folder: str) -> list[dict]:
    return [row for file in sorted((_SAMPLE / folder).glob("*.parquet")) for row in read_rows(file)]


def test_every_row_is_proven_again_screened_and_unlike_the_others() -> None:
    found = recheck(_SAMPLE, Checks.of(_SAMPLE, screen=True, dedup=True))
    assert found.problems == []
    kinds = Counter(json.loads(row["scenario"])["kind"] for row in _rows("data/tool"))
    assert found.rows == kinds.total() >= 20
    assert len(kinds) >= 5


def test_yields_by_kind_are_those_of_the_rows_and_every_rejection_is_there() -> None:
    manifest = json.loads((_SAMPLE / "manifest.json").read_text(encoding="utf-8"))
    kept = Counter(json.loads(row["scenario"])["kind"] for row in _rows("data/tool"))
    told = {kind: counts["kept"] for kind, counts in manifest["scenarios"]["kinds"].items() if counts["kept"]}
    assert told == kept
    rejected = _rows("rejected")
    counted = sum(count for stage in manifest["stages"].values() for count in stage["rejected"].values())
    assert len(rejected) == counted > 0
    assert all(row["stage"] and row["reason"] and row["scenario"] for row in rejected)
