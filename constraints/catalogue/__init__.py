"""The words of every constraint type, as data: how it is asked for in Thai and English, and one example.

One YAML file a family. For each type: `th` (at least 4 phrasings), `en` (at least 3), and an `example` with
`params`, an answer that passes (`pass`) and one that fails (`fail`); both run as tests and stand in the docs. A phrasing
names parameters in braces: `ไม่เกิน {maximum} ตัวอักษร`; a literal brace is doubled. What is asked must be all
that is checked: a native reader can correct these files without reading code.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any

import yaml

__all__ = ["Entry", "entry", "family_texts"]

_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


@dataclass(frozen=True, slots=True)
class Entry:
    """One type's words: phrasings by language, and its example."""

    phrasings: Mapping[str, tuple[str, ...]]
    params: Mapping[str, Any]
    passes: str
    fails: str


@cache
def family_texts(family: str) -> Mapping[str, Entry]:
    """Constraint id -> its words, for every type of one family."""
    text = files("constraints.catalogue").joinpath(f"{family}.yaml").read_text(encoding="utf-8")
    return {
        constraint_id: Entry(
            {"th": tuple(found["th"]), "en": tuple(found["en"])},
            found["example"]["params"],
            found["example"]["pass"],
            found["example"]["fail"],
        )
        for constraint_id, found in yaml.load(text, Loader=_LOADER).items()
    }


def entry(constraint_id: str) -> Entry:
    """The words of one known type."""
    return family_texts(constraint_id.partition(".")[0])[constraint_id]
