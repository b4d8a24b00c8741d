"""What a constraint type is: parameters, and three separate pure functions over them.

`draw` (parameters from a random generator), `check` (an answer to a verdict) and `amend` (the least change
that makes a text keep the constraint) never call one another: each can be wrong alone and is tested alone. The
words a person reads are data, in `catalogue/`; `shown` only says how a parameter's value reads in them.
"""

from __future__ import annotations

import json
import random
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, Literal

from jsonschema import Draft202012Validator

from constraints.answer import Answer
from constraints.catalogue import Entry
from constraints.parameters import Params, error, schema_of
from constraints.text import has_lone_surrogate, normalise, plain
from constraints.verdict import Verdict

__all__ = [
    "BAND",
    "ConstraintType",
    "DrawContext",
    "Language",
    "Params",
    "draw_nothing",
    "minimum_not_above_maximum",
    "quoted_list",
    "show_values",
    "text_value",
    "texts_value",
    "whole_number",
]

Language = Literal["th", "en"]


@dataclass(frozen=True)
class DrawContext:
    """What the prompt offers to a draw: words that a good answer would use anyway, and the prompt itself."""

    keywords: tuple[str, ...] = ()
    prompt: str = ""


def show_values(params: Params, lang: Language) -> dict[str, str]:
    """Each parameter as it reads in an instruction: texts as they are, lists quoted, objects as JSON."""
    return {name: _shown(value) for name, value in params.items()}


def _shown(value: Any) -> str:
    if isinstance(value, list | tuple):
        return quoted_list(value, ", ")
    return json.dumps(value, ensure_ascii=False) if isinstance(value, dict) else str(value)


def quoted_list(values: Any, joiner: str) -> str:
    return joiner.join(f'"{value}"' if isinstance(value, str) else str(value) for value in values)


def _always_consistent(params: Params) -> str | None:
    return None


@dataclass(frozen=True)
class ConstraintType:
    """One verifiable constraint.

    `params` maps each parameter to its JSON Schema; all are required and no other is accepted.
    `draw` returns None where the context does not offer what it needs.
    `amend(text, params, filler)` returns the text changed so that it keeps the constraint (best effort: the check
    decides); `filler` is a short harmless phrase to pad with. `rank` orders amendments of a set: words first (1),
    then lines and marks (2), then what stands at an end (3), then what wraps everything (4).
    `consistent` returns what is impossible about well-formed parameters, beginning with the field's name.
    `shown` adds or replaces the fields that phrasings may use.
    `weight` is the share in the default draw (0: never drawn by default, still checked).
    `conflicts` names types or families that cannot stand in the same row.
    `thai` marks a type that only Thai has (particles, ๆ, Buddhist years, verse).
    `words` come with the type itself where it is from a pack; None: they are in the catalogue.
    """

    id: str
    params: Mapping[str, Mapping[str, Any]]
    draw: Callable[[random.Random, DrawContext], dict[str, Any] | None]
    check: Callable[[Answer, Params], Verdict]
    amend: Callable[[str, Params, str], str]
    rank: int = 2
    weight: float = 1.0
    conflicts: frozenset[str] = field(default_factory=frozenset)
    consistent: Callable[[Params], str | None] = _always_consistent
    shown: Callable[[Params, Language], Mapping[str, str]] = show_values
    thai: bool = False
    words: Entry | None = None

    @cached_property
    def family(self) -> str:
        return self.id.partition(".")[0]

    @cached_property
    def validator(self) -> Draft202012Validator:
        return schema_of(self.params)

    def params_error(self, params: Params) -> str | None:
        """The first thing wrong with `params`, in words that name the field; None where they are right."""
        return error(self.validator, params, self.id) or _unseen(params) or self.consistent(params)

    def conflicts_with(self, other: ConstraintType) -> bool:
        return self.id == other.id or _names(self.conflicts, other) or _names(other.conflicts, self)


def _unseen(params: Params) -> str | None:
    """A text that normalising leaves empty would be found in every answer; half of an escaped emoji in none."""
    for name, value in params.items():
        for text in value if isinstance(value, list | tuple) else [value]:
            if isinstance(text, str) and not plain(normalise(text)):
                return f"field {name!r}: {value!r} holds nothing that a reader sees"
            if isinstance(text, str) and has_lone_surrogate(text):
                return f"field {name!r}: {value!r} holds a lone surrogate, which is no Unicode text"
    return None


def _names(conflicts: frozenset[str], other: ConstraintType) -> bool:
    return other.id in conflicts or other.family in conflicts


def whole_number(minimum: int = 1, maximum: int = 100_000) -> dict[str, Any]:
    """JSON Schema of a count."""
    return {"type": "integer", "minimum": minimum, "maximum": maximum}


BAND = {"minimum": whole_number(), "maximum": whole_number()}


def text_value(longest: int = 100) -> dict[str, Any]:
    """JSON Schema of a text; that a reader can see it is checked for every type (`params_error`)."""
    return {"type": "string", "minLength": 1, "maxLength": longest}


def texts_value(fewest: int = 1, most: int = 10) -> dict[str, Any]:
    """JSON Schema of different visible texts."""
    return {"type": "array", "items": text_value(), "minItems": fewest, "maxItems": most, "uniqueItems": True}


def minimum_not_above_maximum(params: Params) -> str | None:
    """The consistency of a band."""
    low, high = params["minimum"], params["maximum"]
    return f"field 'minimum': {low} is more than the maximum {high}; nothing can keep both" if low > high else None


def draw_nothing(rng: random.Random, context: DrawContext) -> dict[str, Any]:
    """The draw of a type without parameters."""
    return {}
