"""A constraint: a type with parameters that are known to be right. Built once, checked on many answers.

>>> from constraints.registry import build
>>> build("length.lines", {"count": 2}).check("หนึ่ง\\nสอง").outcome
<Outcome.PASS: 'PASS'>
>>> build("length.words_between", {"minimum": 9, "maximum": 5})
Traceback (most recent call last):
constraints.constraint.BadParameters: length.words_between: malformed parameters: field 'minimum': 9 is more than the maximum 5; nothing can keep both
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

from constraints.answer import Answer
from constraints.catalogue import entry
from constraints.constraint_type import ConstraintType, Language, Params
from constraints.verdict import Verdict, fail, undecided

__all__ = ["BadParameters", "Constraint"]


class BadParameters(ValueError):
    """Parameters that no constraint of this type can have; the message names the field and the value."""


@dataclass(frozen=True)
class Constraint:
    """`type` with `params`.

    Raises:
        BadParameters: a parameter is missing, unknown, of the wrong type or impossible.
    """

    type: ConstraintType
    params: Params

    def __post_init__(self) -> None:
        whole = {name: _whole(value) for name, value in dict(self.params).items()}
        error = self.type.params_error(whole)
        if error is not None:
            raise BadParameters(f"{self.type.id}: malformed parameters: {error}")
        object.__setattr__(self, "params", MappingProxyType(whole))

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
        return tuple(words.format_map(shown) for words in entry(self.id).phrasings[lang])

    def describe(self, lang: Language, variant: int = 0) -> str:
        """One of the phrasings; `variant` counts around."""
        words = entry(self.id).phrasings[lang]
        return words[variant % len(words)].format_map(self._shown(lang))

    def amend(self, text: str, filler: str) -> str:
        """`text` changed so that it keeps this constraint, where the type knows how."""
        return self.type.amend(text, self.params, filler)

    def _shown(self, lang: Language) -> Mapping[str, str]:
        return self.type.shown(self.params, lang)


def _whole(value: Any) -> Any:
    """3.0 as 3: columns of a data frame turn counts into floats."""
    return int(value) if isinstance(value, float) and value.is_integer() else value
