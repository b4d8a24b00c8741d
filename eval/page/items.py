"""Items with their prompts, answers and marks, packed small: those first where the runs disagree.

A page holds a few hundred at most: every task gets the same share, and within it come the items where the headline's
marks differ, then failed and undecided ones, then a draw of the others by the hash of their ids. How many of how many
is said on the page. Tools are told once, for a task repeats them.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from datagen.offline_page import packed, snippet
from datagen.record import canonical_json
from eval.page.runs import Run, task_names

__all__ = ["PackedItems", "TaskItems", "pack_items"]

PER_CHUNK = 20
_BUDGET = 8_000_000  # characters of base64
_LONGEST_TEXT = 20_000  # characters of one text; more than a person reads in a page
_SAID = ("marks", "said", "answers", "facts", "failed")

Answered = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class TaskItems:
    """`shown` items of `total`; the runs' headline differs in `differing` of them, `differing_shown` are shown."""

    name: str
    shown: int
    total: int
    differing: int
    differing_shown: int


@dataclass(frozen=True, slots=True)
class PackedItems:
    """`index` (what the table knows) and `chunks` (prompts and answers) as base64."""

    index: str
    chunks: Sequence[str]
    tasks: Sequence[TaskItems]

    @property
    def size(self) -> int:
        return len(self.index) + sum(map(len, self.chunks))


def pack_items(runs: Sequence[Run], limit: int, budget: int = _BUDGET) -> PackedItems:
    """At most `limit` items of all tasks together; fewer where their texts are too long for a page."""
    while True:
        done = _attempt(runs, limit)
        if done.size <= budget or limit == 1:
            return done
        limit = max(1, min(limit - 1, int(limit * 0.95 * budget / done.size)))


def _attempt(runs: Sequence[Run], limit: int) -> PackedItems:
    names = task_names(runs)
    by_task = {name: _of_task(name, runs) for name in names}
    quotas = _quotas({name: len(found) for name, found in by_task.items()}, limit)
    index = _Index(runs, names)
    chunks: list[str] = []
    waiting: list[dict[str, Any]] = []
    told: list[TaskItems] = []
    for name in names:
        differ = {id for id, answered in by_task[name].items() if _differ(name, runs, answered)}
        chosen = _chosen(name, runs, by_task[name], differ, quotas[name])
        told.append(TaskItems(name, len(chosen), len(by_task[name]), len(differ), len(differ.intersection(chosen))))
        for id in chosen:
            waiting.append(index.add(name, id, by_task[name][id]))
            if len(waiting) == PER_CHUNK:
                chunks.append(packed(waiting))
                waiting = []
    chunks += [packed(waiting)] * bool(waiting)
    return PackedItems(packed(index.as_dict()), chunks, told)


def _of_task(name: str, runs: Sequence[Run]) -> dict[str, list[Answered | None]]:
    """id -> what each run has of it, None where it was not asked."""
    found = [{item["id"]: item for item in run.items.get(name, ())} for run in runs]
    return {id: [items.get(id) for items in found] for id in sorted({id for items in found for id in items})}


def _quotas(totals: Mapping[str, int], limit: int) -> dict[str, int]:
    """The same for every task; what a small one leaves goes to the others.

    >>> _quotas({"a": 3, "b": 100, "c": 50}, 63)
    {'a': 3, 'b': 30, 'c': 30}
    """
    found, left = {}, limit
    for done, name in enumerate(sorted(totals, key=lambda name: (totals[name], name))):
        found[name] = min(totals[name], left // (len(totals) - done))
        left -= found[name]
    return {name: found[name] for name in totals}


def _headline(name: str, runs: Sequence[Run]) -> str:
    return next(next(iter(run.tasks[name]["metrics"])) for run in runs if name in run.tasks)


def _differ(name: str, runs: Sequence[Run], answered: Sequence[Answered | None]) -> bool:
    headline = _headline(name, runs)
    return len({(item["failed"], item["marks"].get(headline)) for item in answered if item is not None}) > 1


def _chosen(
    name: str, runs: Sequence[Run], found: Mapping[str, Sequence[Answered | None]], differ: set[str], quota: int
) -> list[str]:
    headline = _headline(name, runs)

    def rank(id: str) -> tuple[int, bytes]:
        odd = any(item and (item["failed"] or item["marks"].get(headline) is None) for item in found[id])
        return (0 if id in differ else 1 if odd else 2, hashlib.sha256(id.encode()).digest())

    return sorted(sorted(found, key=rank)[:quota])


@dataclass
class _Index:
    """What the table knows of every item without its chunk."""

    runs: Sequence[Run]
    names: Sequence[str]
    columns: dict[str, list[Any]] = field(
        default_factory=lambda: {name: [] for name in ("task", "id", "group", "prompt", "marks", "failed")}
    )
    specs: dict[str, int] = field(default_factory=dict)
    tools: list[Any] = field(default_factory=list)

    def as_dict(self) -> dict[str, Any]:
        return {
            "perChunk": PER_CHUNK,
            "runs": [{"letter": run.letter, "name": run.model["name"]} for run in self.runs],
            "tasks": [{"name": name, "metrics": self._metrics(name)} for name in self.names],
            "columns": self.columns,
            "tools": self.tools,
        }

    def add(self, name: str, id: str, answered: Sequence[Answered | None]) -> dict[str, Any]:
        """Takes the item into the index; what belongs into its chunk."""
        first = next(item for item in answered if item is not None)
        metrics = [metric["name"] for metric in self._metrics(name)]
        asked = first.get("asked", ())
        cells = {
            "task": self.names.index(name),
            "id": id,
            "group": first.get("group", ""),
            "prompt": snippet(next((turn["content"] for turn in asked if turn["role"] == "user"), "")),
            "marks": [item and [item["marks"].get(metric, "") for metric in metrics] for item in answered],
            "failed": [bool(item and item["failed"]) for item in answered],
        }
        for column, value in cells.items():
            self.columns[column].append(value)
        return {"asked": list(self._asked(answered)), "runs": [item and self._answered(item) for item in answered]}

    def _metrics(self, name: str) -> list[dict[str, Any]]:
        found: dict[str, Mapping[str, Any]] = {}
        for run in self.runs:
            for metric, about in run.tasks.get(name, {}).get("metrics", {}).items():
                found.setdefault(metric, about)
        return [{"name": metric, "top": about["top"], "worst": about["worst"]} for metric, about in found.items()]

    def _asked(self, answered: Sequence[Answered | None]) -> Iterator[dict[str, Any]]:
        """Each prompt with the letters of the runs that were asked it: one, where nothing else was changed."""
        prompts: dict[str, dict[str, Any]] = {}
        for run, item in zip(self.runs, answered, strict=True):
            if item is None or "asked" not in item:
                continue
            asked, tools = item["asked"], [self._tool(spec) for spec in item.get("tools", ())]
            same = prompts.setdefault(
                canonical_json([asked, tools]), {"letters": [], "messages": _shortened(asked), "tools": tools}
            )
            same["letters"].append(run.letter)
        yield from prompts.values()

    def _tool(self, spec: Mapping[str, Any]) -> int:
        text = canonical_json(spec)
        if text not in self.specs:
            self.specs[text] = len(self.tools)
            self.tools.append(spec)
        return self.specs[text]

    def _answered(self, item: Answered) -> dict[str, Any]:
        return _shortened(
            {name: item[name] for name in ("marks", "said", "answers", "facts", "failed") if name in item}
        )


def _shortened(value: Any) -> Any:
    """Texts cut where nobody reads on; the whole is in the results' folder."""
    if isinstance(value, str) and len(value) > _LONGEST_TEXT:
        return f"{value[:_LONGEST_TEXT]}… ({len(value):,} characters, whole in items/)"
    if isinstance(value, Mapping):
        return {key: _shortened(each) for key, each in value.items()}
    return [_shortened(each) for each in value] if isinstance(value, list) else value
