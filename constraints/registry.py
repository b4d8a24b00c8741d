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
import itertools
from collections.abc import Collection, Iterable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from types import MappingProxyType

from constraints.answer import Answer
from constraints.constraint import BadParameters, Constraint
from constraints.constraint_type import ConstraintType, Language
from constraints.families import FAMILIES
from constraints.parameters import Params
from constraints.verdict import Verdict, undecided

__all__ = [
    "FAMILIES",
    "UnknownConstraint",
    "build",
    "check",
    "describe",
    "get",
    "hint",
    "phrasings",
    "table_number",
    "types",
    "with_types",
]

_TYPES = {constraint.id: constraint for family in FAMILIES for constraint in family.TYPES}
assert len(_TYPES) == sum(len(family.TYPES) for family in FAMILIES), "two constraint types share an id"
# The types known here, and the number of their table: what is remembered of one table must not serve another.
_KNOWN: ContextVar[tuple[Mapping[str, ConstraintType], int]] = ContextVar("known types", default=(_TYPES, 0))
_TABLES = itertools.count(1)


class UnknownConstraint(KeyError):
    """No constraint type has this id; the message names the nearest one."""

    def __str__(self) -> str:
        return str(self.args[0])


def types() -> Mapping[str, ConstraintType]:
    """Every known type by id, in a fixed order."""
    return MappingProxyType(_KNOWN.get()[0])


def table_number() -> int:
    """Which table of types is in force: 0 for the built-in ones alone, another number for each `with_types`."""
    return _KNOWN.get()[1]


@contextmanager
def with_types(more: Iterable[ConstraintType]) -> Iterator[None]:
    """Inside the block `more` types are known as well, after the others: those of a pack (pack.py).

    Scoped, so that a pack used by one build is never drawn by the next. Tasks begun inside know them; a thread
    or process of its own does not, and finds them unknown: UNDECIDED, never a PASS.

    Raises:
        ValueError: an id is taken already.
    """
    known = dict(_KNOWN.get()[0])
    for constraint in more:
        if constraint.id in known:
            raise ValueError(f"two constraint types are called {constraint.id!r}")
        known[constraint.id] = constraint
    token = _KNOWN.set((known, next(_TABLES)))
    try:
        yield
    finally:
        _KNOWN.reset(token)


def get(constraint_id: str) -> ConstraintType:
    """The type of that id.

    Raises:
        UnknownConstraint: with the nearest known id.
    """
    known = types()
    if not isinstance(constraint_id, str):
        raise UnknownConstraint(f"a constraint id is a text, not {type(constraint_id).__name__}")
    if constraint_id in known:
        return known[constraint_id]
    raise UnknownConstraint(f"unknown constraint {constraint_id!r}{hint(constraint_id, known)}")


def hint(constraint_id: str, known: Collection[str]) -> str:
    """How to go on after an unknown id: the nearest known one, else where all are listed."""
    near = difflib.get_close_matches(constraint_id, known, n=1)
    return f"; did you mean {near[0]!r}?" if near else "; `typhoon-data constraints list` shows them all"


def build(constraint_id: str, params: Params) -> Constraint:
    """The constraint of that id with those parameters, ready to check many answers.

    Raises:
        UnknownConstraint: the id is not known.
        BadParameters: a parameter is missing, unknown, of the wrong type or impossible; it is named.
    """
    return Constraint(get(constraint_id), params)


def check(constraint_id: str, params: Params, answer: str | Answer) -> Verdict:
    """The verdict of one constraint on one answer. Never raises on data; never a PASS by default."""
    try:
        constraint = build(constraint_id, params)
    except (UnknownConstraint, BadParameters) as exc:
        return undecided(str(exc), "ไม่รู้จักข้อกำหนดหรือพารามิเตอร์นี้")
    return constraint.check(answer)


def describe(constraint_id: str, params: Params, lang: Language, variant: int = 0) -> str:
    """The instruction a person reads; `variant` chooses among the phrasings.

    Raises:
        UnknownConstraint: the id is not known.
        BadParameters: the parameters are malformed.
        ValueError: the language is neither "th" nor "en".
    """
    return build(constraint_id, params).describe(lang, variant)


def phrasings(constraint_id: str, params: Params, lang: Language) -> tuple[str, ...]:
    """Every instruction that asks for just this.

    Raises:
        UnknownConstraint, BadParameters: as `describe`.
    """
    return build(constraint_id, params).phrasings(lang)
