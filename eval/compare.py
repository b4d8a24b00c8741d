"""Folders of results, item by item: is B better than A, and by how much?

Only items that both have, and for which both have a mark, are compared: the paired bootstrap needs pairs. What that
leaves out is counted, and everything that makes a comparison unfair is said: other prompts, other sampling, items that
one of them lacks.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from pathlib import Path
from typing import Any

from eval.errors import ResultsError
from eval.results import read_items, read_results
from eval.scores import Difference, paired_difference

__all__ = ["LETTERS", "Compared", "compare", "compared_task", "comparison_table", "pairs_of"]

LETTERS = "ABCDEFGH"
"""How runs are called, in the order they are given; more would not be told apart."""
_ALL_PAIRS = 3

Items = Sequence[Mapping[str, Any]]


@dataclass(frozen=True, slots=True)
class Compared:
    """One metric of one task. `a` and `b`: means over the pairs. `undecided`: items that both were asked and that one
    of them has no mark for. `warnings` are of the task.
    """

    task: str
    metric: str
    a: float
    b: float
    difference: Difference
    undecided: int
    warnings: tuple[str, ...]


def pairs_of(runs: int) -> list[tuple[int, int]]:
    """Every two of up to three runs; of more, each of the others beside the first.

    >>> pairs_of(3), pairs_of(4)
    ([(0, 1), (0, 2), (1, 2)], [(0, 1), (0, 2), (0, 3)])
    """
    return list(combinations(range(runs), 2)) if runs <= _ALL_PAIRS else [(0, other) for other in range(1, runs)]


def compare(a: Path, b: Path) -> list[Compared]:
    """Every metric that both have.

    Raises:
        ResultsError: one of them is no results, or they have no task in common.
    """
    ours, theirs = read_results(a)["tasks"], read_results(b)["tasks"]
    common = sorted(ours.keys() & theirs.keys())
    if not common:
        raise ResultsError(f"{a} ({', '.join(ours)}) and {b} ({', '.join(theirs)}) have no task in common")
    return [
        row
        for task in common
        for row in compared_task(task, (ours[task], read_items(a, task)), (theirs[task], read_items(b, task)))
    ]


def compared_task(
    name: str, a: tuple[Mapping[str, Any], Items], b: tuple[Mapping[str, Any], Items]
) -> Iterator[Compared]:
    """`a` and `b`: what results.json says of the task, and its items."""
    (ours, items_a), (theirs, items_b) = a, b
    of_a, of_b = ({item["id"]: item for item in items} for items in (items_a, items_b))
    shared = sorted(of_a.keys() & of_b.keys())
    warnings = tuple(_warnings(ours, theirs, of_a, of_b, shared))
    for metric in (name for name in ours["metrics"] if name in theirs["metrics"]):
        about = ours["metrics"][metric]
        weighted, span = about["kind"] == "weighted", abs(about["top"] - about["worst"])
        own = [item for item in shared if metric in of_a[item]["marks"] and metric in of_b[item]["marks"]]
        rows = [
            (x, y, of_a[item].get("weight", 1.0) if weighted else 1.0)
            for item in own
            if (x := of_a[item]["marks"][metric]) is not None and (y := of_b[item]["marks"][metric]) is not None
        ]
        if rows:
            left, right, weights = zip(*rows, strict=True)
            difference = paired_difference(left, right, weights=weights if weighted else None, span=span)
            a_mean, b_mean = (
                sum(mark * weight for mark, weight in zip(marks, weights, strict=True)) / sum(weights)
                for marks in (left, right)
            )
            yield Compared(name, metric, a_mean, b_mean, difference, len(own) - len(rows), warnings)


def _warnings(
    ours: Mapping[str, Any],
    theirs: Mapping[str, Any],
    of_a: Mapping[str, Mapping[str, Any]],
    of_b: Mapping[str, Mapping[str, Any]],
    shared: Sequence[str],
) -> Iterator[str]:
    for key, name in (
        ("template_sha256", "prompt template"),
        ("source", "data"),
        ("sampling", "sampling"),
        ("max_tokens", "limit of tokens"),
        ("judge", "judge"),
        ("judge_template_sha256", "guideline of the judge"),
    ):
        if ours.get(key) != theirs.get(key):
            yield f"another {name}"
    if len(shared) < max(len(of_a), len(of_b)):
        yield f"{len(shared)} items in common, of {len(of_a)} and {len(of_b)}"
    prompts = [(of_a[item].get("asked"), of_b[item].get("asked")) for item in shared]  # none: of an earlier version
    if others := sum(x != y for x, y in prompts if x is not None and y is not None):
        yield f"another prompt in {others} of {len(shared)} items"


def comparison_table(a: tuple[str, Path], b: tuple[str, Path], rows: Sequence[Compared]) -> str:
    """A Markdown table; a difference whose interval leaves out 0 is bold. `a` and `b`: letter and folder."""
    (one, _), (other, _) = a, b
    lines = [
        *(f"{letter}: {read_results(folder)['model']['name']} ({folder})  " for letter, folder in (a, b)),
        "",
        f"| task | metric | n | undecided | {one} | {other} | {other} - {one} | 95 % interval | p |",
        "|---|---|--:|--:|--:|--:|--:|:-:|--:|",
    ]
    for row in rows:
        found = row.difference
        shown = f"{found.value:+.3f}"
        shown = f"**{shown}**" if found.low > 0 or found.high < 0 else shown
        lines.append(
            f"| {row.task} | {row.metric} | {found.n} | {row.undecided} | {row.a:.3f} | {row.b:.3f} | {shown} | "
            f"{found.low:+.3f} to {found.high:+.3f} | {found.p:.4f} |"
        )
    warned = sorted({f"{row.task}: {warning}" for row in rows for warning in row.warnings})
    left_out = "undecided: items left out, because one of the two has no mark for them."
    return "\n".join([*lines, "", left_out, *(f"Not like for like: {warning}." for warning in warned)]) + "\n"
