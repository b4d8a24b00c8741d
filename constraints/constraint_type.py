"""What a constraint type is: parameters, and three separate pure functions over them.

`draw` (parameters from a random generator), `describe` (the words a person reads, Thai or English) and
`check` (an answer to a verdict) never call one another: each can be wrong alone and is tested alone.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, Literal

from jsonschema import Draft202012Validator

from constraints.answer import Answer
from constraints.verdict import PASS, Verdict, fail

__all__ = ["ConstraintType", "DrawContext", "Language", "Params", "count_verdict", "draw_nothing", "whole_number"]

Params = Mapping[str, Any]
Language = Literal["th", "en"]


@dataclass(frozen=True)
class DrawContext:
    """What the prompt offers to a draw: words that a good answer would use anyway."""

    keywords: tuple[str, ...] = ()


@dataclass(frozen=True)
class ConstraintType:
    """One verifiable constraint.

    `params` maps each parameter to its JSON Schema; all are required and no other is accepted.
    `draw` returns None where the context does not offer what it needs.
    `weight` is the share in the default draw (0: never drawn by default, still checked).
    `conflicts` names types or families that cannot stand in the same row.
    """

    id: str
    params: Mapping[str, Mapping[str, Any]]
    draw: Callable[[random.Random, DrawContext], dict[str, Any] | None]
    describe: Callable[[Params, Language], str]
    check: Callable[[Answer, Params], Verdict]
    weight: float = 1.0
    conflicts: frozenset[str] = field(default_factory=frozenset)

    @property
    def family(self) -> str:
        return self.id.partition(".")[0]

    @cached_property
    def validator(self) -> Draft202012Validator:
        schema = {
            "type": "object",
            "properties": dict(self.params),
            "required": list(self.params),
            "additionalProperties": False,
        }
        return Draft202012Validator(schema)

    def params_error(self, params: Params) -> str | None:
        """The first thing wrong with `params`, in words; None where they are right."""
        error = next(iter(self.validator.iter_errors(dict(params))), None)
        return None if error is None else error.message

    def conflicts_with(self, other: ConstraintType) -> bool:
        return self.id == other.id or _names(self.conflicts, other) or _names(other.conflicts, self)


def _names(conflicts: frozenset[str], other: ConstraintType) -> bool:
    return other.id in conflicts or other.family in conflicts


def whole_number(minimum: int = 1, maximum: int = 100_000) -> dict[str, Any]:
    """JSON Schema of a count."""
    return {"type": "integer", "minimum": minimum, "maximum": maximum}


def draw_nothing(rng: random.Random, context: DrawContext) -> dict[str, Any]:
    """The draw of a type without parameters."""
    return {}


def count_verdict(found: int, wanted: int, unit: str) -> Verdict:
    """PASS where `found` is exactly `wanted`."""
    return PASS if found == wanted else fail(f"{found} {unit}, wanted {wanted}")
