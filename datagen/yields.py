"""How often an answer keeps each constraint: asked, passed, kept, counted while a build runs and read back later.

`asked`: candidates put to the teacher with the constraint; `passed`: those whose verdict on it is PASS; `kept`: rows
that made it into the dataset. A row with two constraints of one type counts twice. Counts are a function of the
outcomes alone, so a resumed build writes the same manifest. Older datasets without them are counted from their rows.

>>> wilson(8, 10)
(0.4902, 0.9433)
>>> wilson(0, 0)
(0.0, 1.0)
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

import polars as pl

from datagen.dataset import REJECTED, Dataset, Shard
from datagen.errors import DatasetError
from datagen.record import Record, Rejection

__all__ = ["Counts", "Yields", "by_family", "read_yields", "wilson"]

_ASKS = "respond"  # the stage that puts a candidate to the teacher: its rejections were asked, answered or not
_Z_95 = 1.95996


@dataclass(slots=True)
class Counts:
    asked: int = 0
    passed: int = 0
    kept: int = 0

    def __add__(self, other: Counts) -> Counts:
        return Counts(self.asked + other.asked, self.passed + other.passed, self.kept + other.kept)

    def as_dict(self) -> dict[str, int]:
        return {"asked": self.asked, "passed": self.passed, "kept": self.kept}


@dataclass
class Yields:
    """Counts per constraint id; `add` takes every outcome of a build, in any order."""

    counts: dict[str, Counts] = field(default_factory=dict)

    def add(self, outcome: Record | Rejection) -> None:
        kept = isinstance(outcome, Record)
        record = outcome if kept else outcome.record
        last = record.messages[-1].role if record.messages else ""  # a row that could not be read has none
        if record.scenario:
            return  # tool use carries no constraints: scenario_yields.py
        if last != "assistant" and (kept or outcome.stage != _ASKS):
            return  # refused before it was asked, or a row of prompts only
        for constraint in record.constraints:
            counts = self.counts.setdefault(constraint.id, Counts())
            counts.asked += 1
            counts.kept += kept
        for verdict in record.verdicts:
            if verdict.outcome == "PASS":
                self.counts.setdefault(verdict.id, Counts()).passed += 1

    def as_dict(self) -> dict[str, dict[str, int]]:
        return {name: counts.as_dict() for name, counts in sorted(self.counts.items())}

    def state(self) -> Any:
        return self.as_dict()

    def restore(self, state: Any) -> None:
        self.counts = {name: Counts(**counts) for name, counts in state.items()}


def read_yields(dataset: Dataset) -> dict[str, Counts]:
    """Per constraint id, from the manifest, or from the rows where it has no counts.

    Raises:
        DatasetError: the manifest's counts are not counts, or a file cannot be read.
    """
    stored = dataset.manifest.get("yields")
    if stored is None:
        return _counted(dataset)
    try:
        return {name: Counts(**{key: int(value) for key, value in counts.items()}) for name, counts in stored.items()}
    except (AttributeError, TypeError, ValueError) as exc:
        place = dataset.path / "manifest.json"
        raise DatasetError(f"{place} is damaged: `yields` holds {exc}; build the dataset again") from exc


def by_family(yields: Mapping[str, Counts]) -> dict[str, Counts]:
    """The sum over the types of each family (`length.lines` is of the family `length`)."""
    families: dict[str, Counts] = {}
    for name, counts in yields.items():
        family = name.partition(".")[0]
        families[family] = families.get(family, Counts()) + counts
    return dict(sorted(families.items()))


def wilson(successes: float, trials: float, z: float = _Z_95) -> tuple[float, float]:
    """Wilson's score interval (95 %) for a proportion: honest for small counts, never outside [0, 1]."""
    if trials == 0:
        return 0.0, 1.0
    share, extra = successes / trials, z * z / trials
    middle = (share + extra / 2) / (1 + extra)
    half = z * math.sqrt(share * (1 - share) / trials + extra / (4 * trials)) / (1 + extra)
    return round(max(0.0, middle - half), 4), round(min(1.0, middle + half), 4)


def _counted(dataset: Dataset) -> dict[str, Counts]:
    yields: dict[str, Counts] = {}
    for shard in dataset.shards:
        if not {"messages", "constraints", "verdicts"} <= set(shard.schema) or "scenario" in shard.schema:
            continue  # prompts only: nobody was asked; or tool use: it carries no constraints
        kept = shard.split != REJECTED
        asked = pl.col("messages").list.last().struct.field("role") == "assistant"
        if not kept:
            asked |= pl.col("stage") == _ASKS
        for name, count in _ids(shard, asked.fill_null(False), "constraints", pl.lit(True)):
            yields[name] = yields.get(name, Counts()) + Counts(count, 0, count if kept else 0)
        for name, count in _ids(shard, asked.fill_null(False), "verdicts", pl.col("outcome") == "PASS"):
            yields[name] = yields.get(name, Counts()) + Counts(passed=count)
    return dict(sorted(yields.items()))


def _ids(shard: Shard, asked: pl.Expr, column: str, condition: pl.Expr) -> Iterable[tuple[str, int]]:
    """How often each id stands in the list `column` of the rows asked, where `condition` holds for its entry."""
    counted = shard.collect(
        lambda frame: (
            frame.filter(asked)
            .select(pl.col(column).list.explode(empty_as_null=False, keep_nulls=False))
            .unnest(column)
            .filter(condition)
            .group_by("id")
            .len()
        )
    )
    return counted.iter_rows()
