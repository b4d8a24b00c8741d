"""Drawing a set of constraints for one prompt, without contradictions.

At most one type per family, no two that declare a conflict, and only sets for which `witness` builds an answer
that passes all of them: "AI" with Thai letters only, or ten lines in fifty characters, are never drawn. Same
generator state, context and weights: same set.
"""

from __future__ import annotations

import math
import random
from collections.abc import Collection, Mapping
from dataclasses import replace
from functools import lru_cache

from constraints.constraint import Constraint
from constraints.constraint_type import ConstraintType, DrawContext
from constraints.registry import table_number, types
from constraints.text import normalise, plain
from constraints.witness import witness

__all__ = ["draw_set"]

_TRIES = 3
"""Parameters drawn for one type before it is given up for this set."""


def draw_set(
    rng: random.Random,
    context: DrawContext,
    count: int,
    *,
    avoid: Collection[str] = (),
    weights: Mapping[str, float] | None = None,
) -> list[Constraint]:
    """`count` constraints (the difficulty, 1 to 5; fewer where no more fit) with drawn parameters.

    Args:
        avoid: ids or families that make no sense for the prompt.
        weights: share by id or family, in place of the types' own weights for those named.

    Raises:
        ValueError: `avoid` or `weights` name something that is neither an id nor a family, or a weight is below 0 or no number.
    """
    weights = weights or {}
    _refuse_unknown(avoid, weights)
    context = replace(context, keywords=tuple(keyword for keyword in context.keywords if plain(normalise(keyword))))
    chosen: list[Constraint] = []
    pool = list(_pool(frozenset(avoid), tuple(weights.items()), table_number()))
    while len(chosen) < count:
        fitting = [(share, t) for share, t in pool if not any(_clash(t, taken.type) for taken in chosen)]
        if not fitting:
            break
        constraint = rng.choices([t for _, t in fitting], [share for share, _ in fitting])[0]
        drawn = _drawn(constraint, rng, context, chosen)
        if drawn is None:
            # the prompt does not offer what this type needs, or nothing that fits the others
            pool = [(share, t) for share, t in pool if t is not constraint]
        else:
            chosen.append(drawn)
    return chosen


def _refuse_unknown(avoid: Collection[str], weights: Mapping[str, float]) -> None:
    unknown = sorted({*avoid, *weights} - _names(table_number()))
    if unknown:
        raise ValueError(f"no constraint type or family is named {', '.join(map(repr, unknown))}")
    for name, share in weights.items():
        if not 0 <= share < math.inf:
            raise ValueError(f"weights must be 0 or more, not {name}: {share}")


@lru_cache(maxsize=256)
def _pool(
    avoid: frozenset[str], weights: tuple[tuple[str, float], ...], table: int
) -> tuple[tuple[float, ConstraintType], ...]:
    """Types that may be drawn, with their shares. One without weight is never chosen: leaving it out changes no choice."""
    shares = dict(weights)
    return tuple(
        (share, t)
        for t in types().values()
        if t.id not in avoid and t.family not in avoid and (share := _weight(t, shares)) > 0
    )


@lru_cache(maxsize=1)
def _names(table: int) -> frozenset[str]:
    """Ids and families of the types of one table."""
    return frozenset(name for t in types().values() for name in (t.id, t.family))


def _drawn(
    constraint: ConstraintType, rng: random.Random, context: DrawContext, chosen: list[Constraint]
) -> Constraint | None:
    """The type with parameters that can be kept together with what is chosen already."""
    for _ in range(_TRIES):
        params = constraint.draw(rng, context)
        if params is None:
            return None
        drawn = Constraint(constraint, params)
        if witness([*chosen, drawn]) is not None:
            return drawn
    return None


def _clash(first: ConstraintType, second: ConstraintType) -> bool:
    return first.family == second.family or first.conflicts_with(second)


def _weight(constraint: ConstraintType, weights: Mapping[str, float]) -> float:
    return weights.get(constraint.id, weights.get(constraint.family, constraint.weight))
