"""Drawing a set of constraints for one prompt, without declared contradictions.

At most one type per family, no two that conflict, and no keyword that breaks a rule on letters, digits or
particles of the same set ("AI" with Thai letters only). Same generator state, context and weights: same set.
Does not prove that the set can be satisfied; this is all it knows.
"""

from __future__ import annotations

import random
from collections.abc import Collection, Mapping
from typing import Any

from constraints.answer import Answer
from constraints.constraint_type import ConstraintType, DrawContext, Params
from constraints.registry import types

__all__ = ["draw_set"]

# Rules that a required text alone can break, each with the least answer that keeps it.
_LEAST_ANSWER = {
    "script.thai_only": "ก",
    "script.no_emoji": "ก",
    "numerals.none": "ก",
    "numerals.thai_only": "๑",
    "numerals.arabic_only": "1",
    "particles.none": "ก",
}


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

    Raises:
        ValueError: `avoid` or `weights` name something that is neither an id nor a family.
    """
    known = {name for t in types().values() for name in (t.id, t.family)}
    unknown = sorted({*avoid, *(weights or {})} - known)
    if unknown:
        raise ValueError(f"no constraint type or family is named {', '.join(map(repr, unknown))}")
    chosen: list[tuple[ConstraintType, dict[str, Any]]] = []
    pool = [t for t in types().values() if t.id not in avoid and t.family not in avoid]
    while len(chosen) < count:
        fitting = [t for t in pool if not any(_clash(t, taken) for taken, _ in chosen)]
        shares = [_weight(t, weights or {}) for t in fitting]
        if not any(shares):
            break
        constraint = rng.choices(fitting, shares)[0]
        params = constraint.draw(rng, context)
        if params is None or any(_breaks(constraint, params, *taken) for taken in chosen):
            # the prompt does not offer what this type needs, or nothing that fits the others
            pool.remove(constraint)
            continue
        chosen.append((constraint, params))
    return chosen


def _clash(first: ConstraintType, second: ConstraintType) -> bool:
    return first.family == second.family or first.conflicts_with(second)


def _breaks(first: ConstraintType, first_params: Params, second: ConstraintType, second_params: Params) -> bool:
    """Whether a text that one of the two requires breaks the other."""
    return _text_breaks(first_params, second, second_params) or _text_breaks(second_params, first, first_params)


def _text_breaks(params: Params, rule: ConstraintType, rule_params: Params) -> bool:
    if rule.id not in _LEAST_ANSWER:
        return False
    least = _LEAST_ANSWER[rule.id]
    texts = [params[name] for name in ("keyword", "word", "phrase") if name in params]
    return any(
        not rule.check(Answer(f"{least} {text}"), rule_params).passed for text in [*texts, *params.get("keywords", ())]
    )


def _weight(constraint: ConstraintType, weights: Mapping[str, float]) -> float:
    return weights.get(constraint.id, weights.get(constraint.family, constraint.weight))
