"""What holds for which turn: the constraints of a first answer and, in some rows, of a second one.

A second user turn adds to what holds, changes one constraint (the same type with other parameters) or starts afresh.
All constraints of a row, over both turns, are drawn as one set that a witness keeps, so what is in force together can
be kept together; a changed parameter is drawn until it can stand with the rest. Where a prompt offers too little for a
second turn the plan has one. Constraints in the system turn are the operator's: a user only adds to them.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Collection
from dataclasses import dataclass, replace

from constraints import Constraint, DrawContext, draw_set, witness
from datagen.composition.templates import Kind
from datagen.config import ComposeConfig

__all__ = ["Plan", "SecondTurn", "draw_plan", "given_plan"]

_MOST = 5  # constraints in force at once
_TRIES = 6  # other parameters for a constraint that changes


@dataclass(frozen=True, slots=True)
class SecondTurn:
    """`said` is what the follow-up states, `in_force` all that its answer must keep, `old` what no longer holds."""

    kind: Kind
    said: tuple[Constraint, ...]
    in_force: tuple[Constraint, ...]
    old: Constraint | None = None


@dataclass(frozen=True, slots=True)
class Plan:
    first: tuple[Constraint, ...]
    in_system: bool
    second: SecondTurn | None = None


Draw = Callable[[int], list[Constraint]]


def draw_plan(
    rng: random.Random,
    context: DrawContext,
    config: ComposeConfig,
    *,
    avoid: Collection[str],
    has_history: bool,
    may_follow_up: bool = True,
) -> Plan | None:
    """A plan for one prompt; None where no constraint fits it.

    Rows with a history keep it as it is, so a system turn that speaks of every answer would not be true of them:
    there constraints stand in the user turn, and no second turn is built.
    """

    def draw(count: int) -> list[Constraint]:
        return draw_set(rng, context, count, avoid=avoid, weights=config.weights)

    wanted = rng.randint(config.constraints_min, config.constraints_max)
    in_system = rng.random() < config.system_turn_share and not has_history
    if rng.random() < config.multi_turn_share and may_follow_up and not has_history:
        kind = "add" if in_system else rng.choice(("add", "change", "fresh"))
        plan = _two_turns(rng, context, config, draw, wanted, kind)
    else:
        drawn = draw(wanted)
        plan = Plan(tuple(drawn), in_system) if drawn else None
    return plan and replace(plan, in_system=in_system)


def given_plan(rng: random.Random, config: ComposeConfig, given: tuple[Constraint, ...], *, has_history: bool) -> Plan:
    """The constraints that came with a prompt, all of them, in one turn."""
    return Plan(given, rng.random() < config.system_turn_share and not has_history)


def _two_turns(
    rng: random.Random, context: DrawContext, config: ComposeConfig, draw: Draw, wanted: int, kind: str
) -> Plan | None:
    if kind == "change":
        drawn = draw(wanted)
        if not drawn:
            return None
        return Plan(tuple(drawn), False, _changed(rng, context, drawn))
    more = rng.randint(1, 2) if kind == "add" else rng.randint(config.constraints_min, config.constraints_max)
    drawn = draw(min(wanted + more, _MOST))
    if len(drawn) < 2:
        return Plan(tuple(drawn), False) if drawn else None
    first, said = drawn[: min(wanted, len(drawn) - 1)], drawn[min(wanted, len(drawn) - 1) :]
    if kind == "add":
        return Plan(tuple(first), False, SecondTurn("add", tuple(said), tuple(drawn)))
    return Plan(tuple(first), False, SecondTurn("fresh", tuple(said), tuple(said)))


def _changed(rng: random.Random, context: DrawContext, drawn: list[Constraint]) -> SecondTurn | None:
    """One of the constraints with other parameters; None where none of them has any that fit."""
    for old in rng.sample(drawn, len(drawn)):
        rest = [constraint for constraint in drawn if constraint is not old]
        for _ in range(_TRIES if old.params else 0):
            params = old.type.draw(rng, context)
            if params is None or params == dict(old.params):
                continue
            new = Constraint(old.type, params)
            if witness([*rest, new]) is not None:
                return SecondTurn("change" if rest else "change_only", (new,), (*rest, new), old)
    return None
