"""Yields per constraint: what a build counts is what its rows say, and intervals are Wilson's."""

from __future__ import annotations

import json
import math
from collections import Counter
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from datagen.dataset import open_dataset
from datagen.record import AppliedConstraint, Message, Record, RecordedVerdict, Rejection, Source
from datagen.yields import Counts, Yields, by_family, read_yields, wilson


def record(*constraints: str, verdicts: str = "", answered: bool = True) -> Record:
    turns = (Message("user", "ถาม"), *([Message("assistant", "ตอบ")] if answered else []))
    outcomes = {"P": "PASS", "F": "FAIL", "U": "UNDECIDED"}
    return Record(
        id="a",
        group="a",
        sample_index=0,
        lang="th",
        source=Source("s", "1", "MIT"),
        messages=turns,
        constraints=tuple(AppliedConstraint(name, {}, "", "th") for name in constraints),
        verdicts=tuple(RecordedVerdict(n, outcomes[o], "") for n, o in zip(constraints, verdicts, strict=False)),
    )


def test_every_fate_is_counted_as_what_it_is():
    yields = Yields()
    yields.add(record("a.x", "b.y", verdicts="PP"))
    yields.add(Rejection(record("a.x", "b.y", verdicts="PF"), "verify", "b.y FAIL"))
    yields.add(Rejection(record("a.x", verdicts="U"), "verify", "a.x UNDECIDED"))
    yields.add(Rejection(record("a.x", verdicts="P"), "judge", "low_score"))
    yields.add(Rejection(record("a.x"), "respond", "truncated"))
    yields.add(Rejection(record("a.x", answered=False), "respond", "endpoint_declined"))
    yields.add(Rejection(record("a.x", "a.x", verdicts="PP"), "mix", "sibling_kept"))
    # Nobody was asked:
    yields.add(Rejection(record("a.x", answered=False), "compose", "no_constraint_fits"))
    yields.add(Rejection(record("a.x", answered=False), "decontaminate", "held_out_exact"))
    yields.add(record("a.x", answered=False))
    assert yields.counts == {"a.x": Counts(8, 5, 1), "b.y": Counts(2, 1, 1)}
    assert by_family(yields.counts | {"a.z": Counts(1, 1, 1)}) == {"a": Counts(9, 6, 2), "b": Counts(2, 1, 1)}


def counted_by_hand(out: Path) -> dict[str, dict[str, int]]:
    asked, passed, kept = Counter(), Counter(), Counter()
    for file in [*out.glob("data/sft/*"), *out.glob("rejected/*")]:
        for row in pl.read_parquet(file).iter_rows(named=True):
            names = [constraint["id"] for constraint in row["constraints"]]
            asked.update(names)
            kept.update(names if file.parent.name == "sft" else [])
            passed.update(verdict["id"] for verdict in row["verdicts"] if verdict["outcome"] == "PASS")
    return {name: {"asked": asked[name], "passed": passed[name], "kept": kept[name]} for name in sorted(asked)}


def test_the_manifest_counts_what_the_rows_hold(built_dataset, tmp_path):
    manifest = json.loads((built_dataset / "manifest.json").read_text())
    by_hand = counted_by_hand(built_dataset)
    assert manifest["yields"] == by_hand
    assert list(manifest["yields"]) == sorted(by_hand)
    assert sum(counts["kept"] for counts in by_hand.values()) == sum(manifest["constraints"].values())
    # An older dataset has no counts in its manifest: they come from its rows.
    older = tmp_path / "older"
    older.mkdir()
    for part in ("data", "rejected"):
        (older / part).symlink_to(built_dataset / part)
    assert {name: counts.as_dict() for name, counts in read_yields(open_dataset(older)).items()} == by_hand


def test_counts_that_are_none_are_a_damaged_manifest(tmp_path, run, built_dataset):
    manifest = json.loads((built_dataset / "manifest.json").read_text())
    for broken in ([1], {"a": 1}, {"a": {"asked": "x"}}, {"a": {"more": 1}}):
        (tmp_path / "manifest.json").write_text(json.dumps(manifest | {"yields": broken}))
        code, text = run("stats", tmp_path)
        assert code == 2
        assert "damaged" in text


@pytest.mark.parametrize(("successes", "trials"), [(0, 1), (1, 1), (8, 10), (3, 200), (1, 3), (500, 1000), (2.5, 4)])
def test_wilson_bounds_solve_the_score_equation(successes, trials):
    """Wilson (1927): the bounds are the p with |share - p| = z * sqrt(p (1 - p) / n)."""
    share = successes / trials
    for bound in wilson(successes, trials):
        assert math.isclose(abs(share - bound), 1.95996 * math.sqrt(bound * (1 - bound) / trials), abs_tol=3e-4)
    low, high = wilson(successes, trials)
    assert low <= share <= high


def as_written(out: Path) -> Any:
    return json.loads((out / "manifest.json").read_text())["yields"]


def test_a_dataset_that_grew_counts_like_one_made_at_once(run, build_arguments, teacher, tmp_path):
    grown, whole = tmp_path / "grown", tmp_path / "whole"
    for rows in (3, 7):
        assert run(*build_arguments(teacher, grown, rows=rows))[0] == 0
    assert run(*build_arguments(teacher, whole, rows=7), "teacher.concurrency=1")[0] == 0
    assert as_written(grown) == as_written(whole)
