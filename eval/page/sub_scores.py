"""A task told by the parts it has: by the groups of its items, and by the kinds of its instructions.

Groups are the items' own (subject, kind of request); their score is the task's headline. Kinds are those of the
verdicts that instruction following keeps among its facts (`keywords`, `length`); where a task was judged in two modes,
such as Thai-aware and official, both stand side by side. A failed answer has every verdict against it, an UNDECIDED one
is in no number, as in the task's scores.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from eval.scores import Score, score_of
from eval.task import Metric

__all__ = ["by_group", "by_kind", "verdict_modes"]

Items = Sequence[Mapping[str, Any]]
_OUTCOMES = {"PASS": 1.0, "FAIL": 0.0, "UNDECIDED": None}


def by_group(metric: Metric, items: Items) -> dict[str, Score]:
    """The metric over the items of each group; {} where items have none, or all the same."""
    found: dict[str, list[Mapping[str, Any]]] = {}
    for item in items:
        found.setdefault(item.get("group", ""), []).append(item)
    if len(found) < 2:
        return {}
    return {
        name: score_of(
            metric,
            [item["marks"][metric.name] for item in members],
            sum(item["failed"] for item in members),
            [item.get("weight", 1.0) for item in members],
        )
        for name, members in sorted(found.items())
    }


def verdict_modes(items: Items) -> list[str]:
    """The facts that hold verdicts, without those that judge loosely; Thai-aware before official."""
    names = {name for item in items for name, value in item.get("facts", {}).items() if _are_verdicts(value)}
    return sorted((name for name in names if not name.endswith("_loose")), reverse=True)


def by_kind(mode: str, items: Items) -> dict[str, Score]:
    """Instructions followed, of each kind; one instruction, one vote.

    >>> verdicts = [{"id": "length.words", "outcome": "PASS"}, {"id": "length.lines", "outcome": "UNDECIDED"}]
    >>> found = by_kind("verdicts", [{"failed": False, "facts": {"verdicts": verdicts}}])["length"]
    >>> found.n, found.value, found.undecided
    (1, 1.0, 1)
    """
    marks: dict[str, list[float | None]] = {}
    failed: dict[str, int] = {}
    for item in items:
        for kind, mark in _of_item(item, mode):
            marks.setdefault(kind, []).append(0.0 if item["failed"] else mark)
            failed[kind] = failed.get(kind, 0) + bool(item["failed"])
    metric = Metric("followed", "share of instructions followed")
    return {kind: score_of(metric, found, failed[kind]) for kind, found in sorted(marks.items())}


def _of_item(item: Mapping[str, Any], mode: str) -> Iterator[tuple[str, float | None]]:
    for verdict in item.get("facts", {}).get(mode, ()):
        kind = str(verdict["id"]).replace(":", ".").partition(".")[0]
        yield kind, _OUTCOMES[verdict["outcome"]]


def _are_verdicts(value: Any) -> bool:
    return isinstance(value, list) and bool(value) and all(isinstance(v, dict) and "outcome" in v for v in value)
