"""The one table of constraint types, and the check that anyone can repeat from a stored id and parameters.

Never a PASS: an unknown id, unknown or malformed parameters, a detector that fails, an answer that is no
Unicode text; all are UNDECIDED. An empty answer (nothing visible) is a FAIL of every type, `none` included.

>>> check("length.lines", {"count": 2}, "หนึ่ง\\nสอง").outcome
<Outcome.PASS: 'PASS'>
>>> check("length.lines", {"cuont": 2}, "หนึ่ง\\nสอง").outcome
<Outcome.UNDECIDED: 'UNDECIDED'>
>>> check("length.unheard_of", {}, "หนึ่ง").outcome
<Outcome.UNDECIDED: 'UNDECIDED'>
"""

from __future__ import annotations

import difflib
from collections.abc import Mapping
from types import MappingProxyType

import regex

from constraints import json_form, keywords, layout, length, numerals, particles, script
from constraints.answer import Answer
from constraints.constraint_type import ConstraintType, Language, Params
from constraints.verdict import Verdict, fail, undecided

__all__ = ["FAMILIES", "UnknownConstraint", "check", "describe", "get", "types"]

FAMILIES = (length, keywords, layout, particles, numerals, script, json_form)
_TYPES = {constraint.id: constraint for family in FAMILIES for constraint in family.TYPES}
_LONE_SURROGATE = regex.compile(r"[\ud800-\udfff]")
assert len(_TYPES) == sum(len(family.TYPES) for family in FAMILIES), "two constraint types share an id"


class UnknownConstraint(KeyError):
    """No constraint type has this id; the message names the nearest one."""

    def __str__(self) -> str:
        return str(self.args[0])


def types() -> Mapping[str, ConstraintType]:
    """Every known type by id, in a fixed order."""
    return MappingProxyType(_TYPES)


def get(constraint_id: str) -> ConstraintType:
    """The type of that id.

    Raises:
        UnknownConstraint: with the nearest known id.
    """
    known = types()
    if constraint_id in known:
        return known[constraint_id]
    near = difflib.get_close_matches(constraint_id, known, n=1)
    hint = f"; did you mean {near[0]!r}?" if near else ""
    raise UnknownConstraint(f"unknown constraint {constraint_id!r}{hint}")


def check(constraint_id: str, params: Params, answer: str | Answer) -> Verdict:
    """The verdict of one constraint on one answer. Never raises on data; never a PASS by default."""
    try:
        constraint = get(constraint_id)
    except UnknownConstraint as exc:
        return undecided(str(exc))
    error = constraint.params_error(params)
    if error is not None:
        return undecided(f"{constraint_id}: malformed parameters: {error}")
    answer = answer if isinstance(answer, Answer) else Answer(answer)
    if not answer.text:
        return fail("the answer is empty")
    if _LONE_SURROGATE.search(answer.raw):  # half of an escaped emoji: no engine takes it
        return undecided("the answer holds a lone surrogate")
    return constraint.check(answer, params)


def describe(constraint_id: str, params: Params, lang: Language) -> str:
    """The instruction a person reads.

    Raises:
        UnknownConstraint: the id is not known.
        ValueError: the parameters are malformed.
    """
    constraint = get(constraint_id)
    error = constraint.params_error(params)
    if error is not None:
        raise ValueError(f"{constraint_id}: malformed parameters: {error}")
    return constraint.describe(params, lang)
