"""The shipped sample: every row passes again today, from nothing but its files, and its manifest says what is in it."""

from __future__ import annotations

import json
from pathlib import Path

from datagen.recheck import Checks, recheck
from datagen.shards import read_rows

_SAMPLE = Path(__file__).parents[2] / "samples" / "th"


def test_the_sample_passes_constraints_screens_and_the_search_for_repetitions() -> None:
    found = recheck(_SAMPLE, Checks.of(_SAMPLE, screen=True, dedup=True))
    assert found.problems == []
    assert found.rows >= 40
    assert len(found.constraints) >= 25


def test_what_was_rejected_is_there_with_its_reasons() -> None:
    manifest = json.loads((_SAMPLE / "manifest.json").read_text(encoding="utf-8"))
    rejected = [row for file in (_SAMPLE / "rejected").glob("*.parquet") for row in read_rows(file)]
    counted = sum(count for stage in manifest["stages"].values() for count in stage["rejected"].values())
    assert len(rejected) == counted > 0
    assert all(row["stage"] and row["reason"] for row in rejected)
