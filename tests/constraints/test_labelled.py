"""The checkers against the labels of readers: no more errors than the limits, for every type (benchmarks/labelled)."""

from __future__ import annotations

import importlib.util
from collections import Counter
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from constraints import build, types

_BENCHMARKS = Path(__file__).parents[2] / "benchmarks"


@pytest.fixture(scope="module")
def script() -> ModuleType:
    """benchmarks/labelled.py: the script that prints the rates."""
    spec = importlib.util.spec_from_file_location("labelled", _BENCHMARKS / "labelled.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="module")
def rows(script: ModuleType) -> list[dict[str, Any]]:
    return [row for file in sorted((_BENCHMARKS / "labelled").glob("*.jsonl")) for row in script.read_labels(file)]


def test_there_are_labels_of_both_kinds_for_every_type(rows: list[dict[str, Any]]) -> None:
    assert len(rows) >= 600
    for label in ("PASS", "FAIL"):
        assert {row["id"] for row in rows if row["label"] == label} == set(types())


def test_every_row_has_parameters_that_can_be_built(rows: list[dict[str, Any]]) -> None:
    assert {row["label"] for row in rows} == {"PASS", "FAIL"}
    for row in rows:
        build(row["id"], row["params"])


def test_the_rates_are_within_the_limits(script: ModuleType, rows: list[dict[str, Any]]) -> None:
    counts, disagreements = script.count(rows)
    result = script.summary(counts)
    wrong = [(row["id"], row["label"], row["response"]) for row in disagreements if row["checker"] != "UNDECIDED"]
    assert result["within_limits"], wrong


def test_a_wrong_checker_would_be_seen(script: ModuleType, rows: list[dict[str, Any]]) -> None:
    """The same rows with one type's labels turned around are over the limits."""
    turned = {"PASS": "FAIL", "FAIL": "PASS"}
    swapped = [{**row, "label": turned[row["label"]]} if row["id"] == "length.lines" else row for row in rows]
    result = script.summary(script.count(swapped)[0])
    assert result["types_over_5_percent"] == ["length.lines"]
    assert not result["within_limits"]


def test_undecided_is_neither_accept_nor_reject(script: ModuleType) -> None:
    row = {"id": "layout.quoted", "params": {}, "response": '"ข้าว" และ "ปลา"', "label": "FAIL"}
    counts, _ = script.count([row])
    assert counts["layout.quoted"] == Counter({"FAIL": 1, "undecided": 1, "undecided FAIL": 1})
    assert script.summary(counts)["false_accept_rate"] == 0.0
