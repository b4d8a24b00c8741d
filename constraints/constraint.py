"""A constraint: a type with parameters that are known to be right. Built once, checked on many answers.

>>> from constraints.registry import build
>>> build("length.lines", {"count": 2}).check("หนึ่ง\\nสอง").outcome
<Outcome.PASS: 'PASS'>
>>> build("length.words_between", {"minimum": 9, "maximum": 5})
Traceback (most recent call last):
constraints.constraint.BadParameters: length.words_between: malformed parameters: field 'minimum': 9 is more than the maximum 5; nothing can keep both
"""

from __future__ import annotations

import copy
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

from constraints.answer import Answer
from constraints.catalogue import entry
from constraints.constraint_type import ConstraintType, Language
from constraints.parameters import Params, whole
from constraints.verdict import Verdict, fail, undecided

__all__ = ["BadParameters", "Constraint"]


class BadParameters(ValueError):
    """Parameters that no constraint of this type can have; the message names the field and the value."""


@dataclass(frozen=True, eq=False)
class Constraint:
    """`type` with `params`. Equal, hashed and pickled by its id and parameters.

    Raises:
        BadParameters: a parameter is missing, unknown, of the wrong type or impossible.
    """

    type: ConstraintType
    params: Params

    def __post_init__(self) -> None:
        if not isinstance(self.params, Mapping):
            raise BadParameters(f"{self.type.id}: parameters must be an object, not {type(self.params).__name__}")
        known = whole(copy.deepcopy(dict(self.params)))
        error = self.type.params_error(known)
        if error is not None:
            raise BadParameters(f"{self.type.id}: malformed parameters: {error}")
        object.__setattr__(self, "params", MappingProxyType(known))

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Constraint) and self._key == other._key

    def __hash__(self) -> int:
        return hash(self._key)

    def __reduce__(self) -> tuple[Any, ...]:
        return _again, (self.id, dict(self.params))

    @property
    def _key(self) -> tuple[str, str]:
        return self.id, json.dumps(dict(self.params), sort_keys=True)

    @property
    def id(self) -> str:
        return self.type.id

    def check(self, answer: str | Answer) -> Verdict:
        """The verdict on one answer. Give an Answer where several constraints look at the same text."""
        answer = answer if isinstance(answer, Answer) else Answer(answer)
        if not answer.text:
            return fail("the answer is empty", "คำตอบว่างเปล่า")
        if answer.has_lone_surrogate:  # half of an escaped emoji: no engine takes it
            return undecided("the answer holds a lone surrogate", "คำตอบมีรหัสอักขระที่ไม่สมบูรณ์")
        return self.type.check(answer, self.params)

    def phrasings(self, lang: Language) -> tuple[str, ...]:
        """Every way this constraint can be asked for in that language."""
        shown = self._shown(lang)
        return tuple(words.format_map(shown) for words in self._words(lang))

    def describe(self, lang: Language, variant: int = 0) -> str:
        """One of the phrasings; `variant` counts around."""
        words = self._words(lang)
        return words[variant % len(words)].format_map(self._shown(lang))

    def amend(self, text: str, filler: str) -> str:
        """`text` changed so that it keeps this constraint, where the type knows how."""
        return self.type.amend(text, self.params, filler)

    def _words(self, lang: Language) -> Sequence[str]:
        known = (self.type.words or entry(self.id)).phrasings
        if lang not in known:
            raise ValueError(f"language {lang!r} is unknown; known: {', '.join(known)}")
        return known[lang]

    def _shown(self, lang: Language) -> Mapping[str, str]:
        return self.type.shown(self.params, lang)


def _again(constraint_id: str, params: Params) -> Constraint:
    from constraints.registry import build  # the registry stands above: it knows every type

    return build(constraint_id, params)
