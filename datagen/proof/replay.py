"""The calls of a trajectory, run again in a fresh world, in the order they were made."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from datagen.proof.played import MAX_CALLS, MadeCall
from datagen.scenarios.scenario import Scenario
from datagen.tools.execute import Observation, execute
from datagen.tools.tool import Tool
from datagen.tools.world import World

__all__ = ["Replay", "replay"]

_NOT_RUN = Observation("", None, "not_run")


@dataclass(frozen=True, slots=True)
class Replay:
    """What came of each call, in order, and the state that all of them left."""

    observations: tuple[Observation, ...]
    state: str


def replay(scenario: Scenario, calls: list[MadeCall], offered: Mapping[str, Tool], now: datetime) -> Replay:
    """Runs the first MAX_CALLS calls with the tools on offer; the others count as not run."""
    world = World(scenario.seed, now, scenario.faults)
    ran = tuple(execute(offered, world, call.name, call.arguments) for call in calls[:MAX_CALLS])
    return Replay(ran + (_NOT_RUN,) * (len(calls) - len(ran)), _state(world))


def _state(world: World) -> str:
    """The snapshot; "" where a user's tool left what JSON cannot hold."""
    try:
        return world.snapshot()
    except (TypeError, ValueError, RecursionError):
        return ""
