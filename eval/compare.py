"""Two folders of results, item by item: is B better than A, and by how much?

Only items that both have, and for which both have a mark, are compared: the paired bootstrap needs pairs. Everything
that makes a comparison unfair is said: other prompts, other sampling, items that one of them lacks.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from eval.errors import ResultsError
from eval.results import read_items, read_results
from eval.scores import Difference, paired_difference

__all__ = ["Compared", "compare", "comparison_table"]


@dataclass(frozen=True, slots=True)
class Compared:
    """One metric of one task. `a` and `b`: means over the pairs. `warnings` are of the task."""

    task: str
    metric: str
    a: float
    b: float
    difference: Difference
    warnings: tuple[str, ...]


def compare(a: Path, b: Path) -> list[Compared]:
    """Every metric that both have.

    Raises:
        ResultsError: one of them is no results, or they have no task in common.
    """
    ours, theirs = read_results(a)["tasks"], read_results(b)["tasks"]
    common = sorted(ours.keys() & theirs.keys())
    if not common:
        raise ResultsError(f"{a} ({', '.join(ours)}) and {b} ({', '.join(theirs)}) have no task in common")
    return [row for task in common for row in _task(task, a, b, ours[task], theirs[task])]


def _task(task: str, a: Path, b: Path, ours: dict[str, Any], theirs: dict[str, Any]) -> Iterator[Compared]:
    items_a = {item["id"]: item for item in read_items(a, task)}
    marks_a = {name: item["marks"] for name, item in items_a.items()}
    marks_b = {item["id"]: item["marks"] for item in read_items(b, task)}
    shared = sorted(marks_a.keys() & marks_b.keys())
    warnings = tuple(_warnings(ours, theirs, len(marks_a), len(marks_b), len(shared)))
    for metric in (name for name in ours["metrics"] if name in theirs["metrics"]):
        weighted = ours["metrics"][metric]["kind"] == "weighted"
        rows = [
            (x, y, items_a[item].get("weight", 1.0) if weighted else 1.0)
            for item in shared
            if (x := marks_a[item].get(metric)) is not None and (y := marks_b[item].get(metric)) is not None
        ]
        if rows:
            left, right, weights = zip(*rows, strict=True)
            difference = paired_difference(left, right, weights=weights if weighted else None)
            a_mean, b_mean = (
                sum(mark * weight for mark, weight in zip(marks, weights, strict=True)) / sum(weights)
                for marks in (left, right)
            )
            yield Compared(task, metric, a_mean, b_mean, difference, warnings)


def _warnings(ours: dict[str, Any], theirs: dict[str, Any], n_a: int, n_b: int, shared: int) -> Iterator[str]:
    for key, name in (
        ("template_sha256", "prompt template"),
        ("source", "data"),
        ("sampling", "sampling"),
        ("judge", "judge"),
        ("judge_template_sha256", "guideline of the judge"),
    ):
        if ours.get(key) != theirs.get(key):
            yield f"another {name}"
    if shared < max(n_a, n_b):
        yield f"{shared} items in common (A has {n_a}, B has {n_b})"


def comparison_table(a: Path, b: Path, rows: list[Compared]) -> str:
    """A Markdown table; a difference whose interval leaves out 0 is bold."""
    lines = [
        f"A: {read_results(a)['model']['name']} ({a})  ",
        f"B: {read_results(b)['model']['name']} ({b})",
        "",
        "| task | metric | n | A | B | B - A | 95 % interval | p |",
        "|---|---|--:|--:|--:|--:|:-:|--:|",
    ]
    for row in rows:
        found = row.difference
        shown = f"{found.value:+.3f}"
        shown = f"**{shown}**" if found.low > 0 or found.high < 0 else shown
        lines.append(
            f"| {row.task} | {row.metric} | {found.n} | {row.a:.3f} | {row.b:.3f} | {shown} | "
            f"{found.low:+.3f} - {found.high:+.3f} | {found.p:.4f} |"
        )
    warned = {f"{row.task}: {warning}" for row in rows for warning in row.warnings}
    return "\n".join([*lines, "", *(f"Not like for like: {warning}." for warning in sorted(warned))]).rstrip() + "\n"
