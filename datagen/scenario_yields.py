"""How many scenarios of each kind and domain were tried and kept, and what most of the others failed for.

Counted from the outcomes as they pass; rows that are no tool use are not counted.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import Any

from datagen.record import Record, Rejection
from datagen.scenarios.recorded import scenario_labels

__all__ = ["ScenarioYields"]

_DIMENSIONS = ("kinds", "domains")


@dataclass
class ScenarioYields:
    """`add` takes every outcome of a build, in any order."""

    counts: dict[str, dict[str, Counter[str]]] = field(default_factory=lambda: {name: {} for name in _DIMENSIONS})

    def add(self, outcome: Record | Rejection) -> None:
        kept = isinstance(outcome, Record)
        record = outcome if kept else outcome.record
        if not record.scenario:
            return
        for dimension, value in zip(_DIMENSIONS, scenario_labels(record.scenario), strict=True):
            counts = self.counts[dimension].setdefault(value, Counter())
            counts["tried"] += 1
            counts["kept"] += kept
            if not kept:
                counts[f"{outcome.stage}: {outcome.reason}"] += 1

    def as_dict(self) -> dict[str, Any]:
        """Dimension -> value -> tried, kept, yield, and the reasons of the others."""
        return {
            dimension: {value: _counted(counts) for value, counts in sorted(values.items())}
            for dimension, values in self.counts.items()
        }

    def state(self) -> Any:
        return self.counts

    def restore(self, state: Any) -> None:
        self.counts = {name: {value: Counter(found) for value, found in state[name].items()} for name in _DIMENSIONS}


def _counted(counts: Counter[str]) -> dict[str, Any]:
    reasons = {name: count for name, count in sorted(counts.items()) if name not in ("tried", "kept")}
    return {
        "tried": counts["tried"],
        "kept": counts["kept"],
        "yield": round(counts["kept"] / counts["tried"], 4),
        "rejected": reasons,
    }
