"""Drawing a set of constraints for one prompt, without declared contradictions.

At most one type per family and no two that conflict. Same generator state, context and weights: same set.
Does not prove that the set can be satisfied; declared conflicts are all it knows.
"""

from __future__ import annotations

import random
from collections.abc import Collection, Mapping
from typing import Any

from constraints.constraint_type import ConstraintType, DrawContext
from constraints.registry import types

__all__ = ["draw_set"]


def draw_set(
    rng: random.Random,
    context: DrawContext,
    count: int,
    *,
    avoid: Collection[str] = (),
    weights: Mapping[str, float] | None = None,
) -> list[tuple[ConstraintType, dict[str, Any]]]:
    """`count` constraints (fewer where no more fit) with drawn parameters.

    Args:
        avoid: ids or families that make no sense for the prompt.
        weights: share by id or family, in place of the types' own weights for those named.
    """
    chosen: list[tuple[ConstraintType, dict[str, Any]]] = []
    pool = [t for t in types().values() if t.id not in avoid and t.family not in avoid]
    while len(chosen) < count:
        fitting = [t for t in pool if not any(_clash(t, taken) for taken, _ in chosen)]
        shares = [_weight(t, weights or {}) for t in fitting]
        if not any(shares):
            break
        constraint = rng.choices(fitting, shares)[0]
        params = constraint.draw(rng, context)
        if params is None:  # the prompt does not offer what this type needs
            pool.remove(constraint)
            continue
        chosen.append((constraint, params))
    return chosen


def _clash(first: ConstraintType, second: ConstraintType) -> bool:
    return first.family == second.family or first.conflicts_with(second)


def _weight(constraint: ConstraintType, weights: Mapping[str, float]) -> float:
    return weights.get(constraint.id, weights.get(constraint.family, constraint.weight))
