"""What scenarios are made of: tools and goals, and which goals suit which kind of scenario.

What a goal is like (chained, writing, failing) is seen from one draw of it: calls and slots have the same names in
every draw, only their values differ.
"""

from __future__ import annotations

import random
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property

from datagen.scenarios.goal import Drawn, Goal
from datagen.tools.tool import Tool
from datagen.tools.world import World

__all__ = ["Library", "Trait", "is_reference"]

_SAMPLE_MOMENT = datetime(2026, 3, 16, 9, 0)


def is_reference(value: object) -> bool:
    """Whether an expected argument is taken from an earlier result."""
    return isinstance(value, Mapping) and "$from" in value


@dataclass(frozen=True)
class Trait:
    """What matters of a goal. `missing`: slots that a request may leave out, to be asked for."""

    goal: Goal
    chained: bool
    writes: bool
    missing: tuple[str, ...]

    @property
    def fails(self) -> bool:
        return bool(self.goal.fails)

    @property
    def plain(self) -> bool:
        """One step, with a result."""
        return not self.chained and not self.fails


@dataclass(frozen=True)
class Library:
    """Tools by name and goals. Goals of tools that are not there are an error of whoever made it."""

    tools: Mapping[str, Tool]
    goals: tuple[Goal, ...]

    @cached_property
    def traits(self) -> tuple[Trait, ...]:
        return tuple(self._trait(goal) for goal in self.goals)

    def within(self, names: frozenset[str]) -> Library:
        """Goals of these domains, or of these ids, only; all tools stay, since any may be offered."""
        return Library(self.tools, tuple(goal for goal in self.goals if goal.domain in names or goal.id in names))

    def _trait(self, goal: Goal) -> Trait:
        drawn: Drawn = goal.draw(random.Random(0), World(0, _SAMPLE_MOMENT))
        return Trait(
            goal,
            chained=any(is_reference(value) for call in drawn.calls for value in call.arguments.values()),
            writes=any(self.tools[call.name].writes for call in drawn.calls),
            missing=tuple(slot for slot in goal.without if slot in goal.supply and slot in goal.asks),
        )
