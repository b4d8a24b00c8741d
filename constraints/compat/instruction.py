"""What an official instruction is here: its id, its kwargs, one check over a Reading, and where we differ."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from jsonschema import Draft202012Validator

from constraints.compat.reading import Reading
from constraints.parameters import schema_of

__all__ = [
    "ENGLISH_WORDS",
    "LETTERS",
    "NO_KWARGS",
    "SENTENCES",
    "Instruction",
    "Kwargs",
    "compare",
    "count",
    "relation",
    "text",
    "texts",
]

Kwargs = Mapping[str, Any]
NO_KWARGS: dict[str, Any] = {}

# Why a Thai response cannot be judged.
SENTENCES = "Thai does not mark where sentences end"
LETTERS = "the instruction is about English letters"
ENGLISH_WORDS = "the instruction is about a list of English words"


@dataclass(frozen=True)
class Instruction:
    """`kwargs` maps names to JSON Schemas (all required, but for `optional`).

    `thai` says why a Thai response cannot be judged ("" where it can, by the same check on Thai words).
    `differs` says what the official code does otherwise, and why ours is right ("" where they agree).
    """

    id: str
    kwargs: Mapping[str, Mapping[str, Any]]
    check: Callable[[Reading, Kwargs], bool]
    thai: str = ""
    differs: str = ""
    optional: frozenset[str] = field(default_factory=frozenset)

    @cached_property
    def validator(self) -> Draft202012Validator:
        """The official single-prompt instructions ignore what columns of other instructions put beside them."""
        return schema_of(self.kwargs, self.optional, open_ended=self.id.startswith("custom:"))


def count(minimum: int = 0) -> dict[str, Any]:
    return {"type": "integer", "minimum": minimum, "maximum": 1_000_000}


def text() -> dict[str, Any]:
    return {"type": "string", "pattern": r"\S"}


def texts() -> dict[str, Any]:
    return {"type": "array", "items": text(), "minItems": 1}


def relation() -> dict[str, Any]:
    return {"enum": ["less than", "at least"]}


def compare(found: int, wanted: int, how: str) -> bool:
    """IFEval's two relations."""
    return found < wanted if how == "less than" else found >= wanted
