"""What tools read and change: a moment, a seed for everything that is looked up, and the state that calls leave.

A world is a function of its seed, its moment and the calls made in it: the same calls give the same results and the
same state on every machine, years later. That is what lets a row be proven by running its calls again.
"""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from datagen.record import canonical_json
from datagen.rng import rng_for

__all__ = ["Fault", "World"]


@dataclass(frozen=True, slots=True)
class Fault:
    """A trouble the scenario wants: the first `times` calls of the tool get this error in place of a result."""

    tool: str
    code: str
    message: str
    times: int = 1


@dataclass
class World:
    """`now` has no time zone: it is the time in Thailand. `state` holds tables of plain JSON records.

    `journal`: the calls of tools whose results are recorded (datagen/own_tools), in their order.
    """

    seed: int
    now: datetime
    faults: Sequence[Fault] = ()
    state: dict[str, list[dict[str, Any]]] = field(default_factory=dict)
    journal: list[str] = field(default_factory=list, repr=False)
    _suffered: dict[str, int] = field(default_factory=dict, repr=False)

    def draw(self, *key: object) -> random.Random:
        """Randomness that belongs to this key alone, so that a fact is the same whenever it is looked up."""
        return rng_for(self.seed, "world", "/".join(map(str, key)))

    def number(self, prefix: str, *key: object, digits: int = 6) -> str:
        """A reference number such as "BK402913", the same for the same key."""
        return f"{prefix}{self.draw('number', prefix, *key).randrange(10 ** (digits - 1), 10**digits)}"

    def table(self, name: str) -> list[dict[str, Any]]:
        """The records a tool keeps under that name; empty at first. Change them in place."""
        return self.state.setdefault(name, [])

    def fault_for(self, tool: str) -> Fault | None:
        """The trouble that this call of `tool` meets, if any: each call asks once."""
        for fault in self.faults:
            if fault.tool == tool and self._suffered.get(tool, 0) < fault.times:
                self._suffered[tool] = self._suffered.get(tool, 0) + 1
                return fault
        return None

    def snapshot(self) -> str:
        """The state as canonical JSON, without tables that are empty."""
        return canonical_json({name: rows for name, rows in self.state.items() if rows})
