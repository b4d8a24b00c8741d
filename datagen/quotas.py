"""Quotas of one split: which counts a row adds to, how high each may go, and what was short in the end.

A target holds its dimension to account: `turns: {system: 0.5}` of 10 rows means 5 with the system turn and 5 without,
counted under `(other)`. A row may carry several families, so their shares are limits, each for itself.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Mapping
from fractions import Fraction
from typing import Any

from constraints import types
from datagen.mix_config import Ceiling, MixConfig, Quotas
from datagen.record import Record
from datagen.scenarios.recorded import scenario_labels
from datagen.splits import apportioned

__all__ = ["AHEAD", "OTHER", "SplitQuotas", "shortfalls", "turn_style"]

OTHER = "(other)"
AHEAD = 2048
"""Records under way at most. What became full so long before a record is known whenever that record is begun."""
Count = tuple[str, str]
"""A dimension and a value of it."""


class SplitQuotas:
    """What is still wanted in one split of `rows` rows. Ask `full`, then `add`, in record order."""

    def __init__(self, mix: MixConfig, rows: int) -> None:
        self._got: Counter[Count] = Counter()
        self._limits: dict[Count, int] = {}
        self._targets: set[Count] = set()
        self._filled: dict[Count, float] = {}
        for dimension, quotas in mix.quotas.items():
            limits, targets = _limits_of_families(quotas, rows) if dimension == "family" else _limits_of(quotas, rows)
            self._limits.update({(dimension, value): limit for value, limit in limits.items()})
            self._targets.update((dimension, value) for value in targets)
        self._filled = {count: -math.inf for count, limit in self._limits.items() if not limit}

    @property
    def limited(self) -> bool:
        return bool(self._limits)

    def full(self, record: Record, ahead: int = 0) -> tuple[Count, int] | None:
        """The first count, with its limit, that was full `ahead` records before this one and would go above it."""
        for count in self._counts(record):
            if self._filled.get(count, math.inf) <= record.number - ahead:
                return count, self._limits[count]
        return None

    def add(self, record: Record) -> None:
        for count in self._counts(record):
            self._got[count] += 1
            if self._got[count] == self._limits[count]:
                self._filled[count] = record.number

    def report(self) -> dict[str, dict[str, dict[str, int]]]:
        """Dimension -> value -> rows `wanted` (or `max`) and `got`."""
        found: dict[str, dict[str, dict[str, int]]] = {}
        for (dimension, value), limit in self._limits.items():
            if value == OTHER and not limit:
                continue
            kind = "wanted" if (dimension, value) in self._targets else "max"
            found.setdefault(dimension, {})[value] = {kind: limit, "got": self._got[dimension, value]}
        return found

    def _counts(self, record: Record) -> list[Count]:
        """The limited counts that the row adds to."""
        counts = []
        for dimension in dict.fromkeys(dimension for dimension, _ in self._limits):
            for value in _VALUES_OF[dimension](record):
                own, other = (dimension, value), (dimension, OTHER)
                counts += [count for count in (own, other) if count in self._limits and self._counts_as(count, own)]
        return counts

    def _counts_as(self, count: Count, own: Count) -> bool:
        return count == own or own not in self._targets


def _limits_of(quotas: Quotas, rows: int) -> tuple[dict[str, int], set[str]]:
    """Limits by value, and the values that are targets. What no target claims is left for all other values."""
    targets = {value: share for value, share in quotas.items() if not isinstance(share, Ceiling)}
    limits: dict[str, int] = {}
    if targets:
        shares = [Fraction(share).limit_denominator(10**6) for share in targets.values()]
        numbers = apportioned([*shares, max(Fraction(0), Fraction(1) - sum(shares, Fraction(0)))], rows)
        limits = dict(zip((*targets, OTHER), numbers, strict=True))
    ceilings = {value: _limit(share.max, rows) for value, share in quotas.items() if isinstance(share, Ceiling)}
    return limits | ceilings, {*limits}


def _limits_of_families(quotas: Quotas, rows: int) -> tuple[dict[str, int], set[str]]:
    shares = {value: share.max if isinstance(share, Ceiling) else share for value, share in quotas.items()}
    limits = {value: _limit(share, rows) for value, share in shares.items()}
    return limits, {value for value, share in quotas.items() if not isinstance(share, Ceiling)}


def _limit(share: float, rows: int) -> int:
    """Rounded half up; a share above zero allows one row at least."""
    return max(int(share > 0), int(Fraction(share).limit_denominator(10**6) * rows + Fraction(1, 2)))


def turn_style(record: Record) -> str:
    """`multi`: something was answered before; `system`: there is a system turn; else `user`."""
    roles = [message.role for message in record.messages]
    if "assistant" in roles[:-1]:
        return "multi"
    return "system" if "system" in roles else "user"


def _families(record: Record) -> list[str]:
    known = types()
    named = (known[c.id].family if c.id in known else c.id.partition(".")[0] for c in record.constraints)
    return list(dict.fromkeys(named))


def _languages(record: Record) -> list[str]:
    """One language, or `mixed`, which no quota names."""
    languages = {constraint.lang for constraint in record.constraints}
    return [languages.pop() if len(languages) == 1 else "mixed"]


_VALUES_OF: Mapping[str, Callable[[Record], list[str]]] = {
    "source": lambda record: [record.source.name],
    "family": _families,
    "difficulty": lambda record: [str(len(record.constraints))],
    "turns": lambda record: [turn_style(record)],
    "language": _languages,
    "scenario": lambda record: [scenario_labels(record.scenario)[0]],
    "domain": lambda record: [scenario_labels(record.scenario)[1]],
}


def shortfalls(manifest: Mapping[str, Any]) -> list[str]:
    """One sentence for each split and each target that got fewer rows than wanted."""
    found = []
    for split, rows in manifest["splits"].items():
        if rows["got"] < rows["wanted"]:
            found.append(f"split {split}: {rows['got']} of {rows['wanted']} rows")
        for dimension, values in manifest["mix"].get(split, {}).items():
            for value, counts in values.items():
                if counts["got"] < counts.get("wanted", 0):
                    found.append(f"{split}: {dimension}={value} has {counts['got']} of {counts['wanted']} rows wanted")
    return found
