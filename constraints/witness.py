"""Proof that a set of constraints can be kept: an answer that keeps them all, built and checked.

Each type knows the least change that makes a text keep it (`amend`); a witness is a plain base text amended by
every constraint of the set, first in order of rank, then in other orders, until all checks pass. Finding none
is no proof of a contradiction: such a set is simply not drawn.

>>> from constraints.registry import build
>>> witness([build("length.lines", {"count": 2}), build("keywords.include", {"keyword": "ข้าว"})]) is not None
True
>>> witness([build("length.characters_max", {"maximum": 10}), build("length.lines", {"count": 9})]) is None
True
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence

from constraints.answer import Answer
from constraints.constraint import Constraint

__all__ = ["FILLERS", "witness"]

# Short phrases that say nothing, differing in letters, tone marks and script, so that one of them suits any rule.
FILLERS = ("ไปกินผัก", "มาดูปลา", "นอนพัก", "เล่นน้ำ", "อ่านเรื่องนี้", "good day")
_ORDERS = 24


def witness(constraints: Sequence[Constraint], fillers: Sequence[str] = FILLERS) -> str | None:
    """An answer that every constraint passes; None where none was found."""
    for filler, order in itertools.product(fillers, _orders(constraints)):
        text = filler
        for constraint in order:
            text = constraint.amend(text, filler)
        answer = Answer(text)
        if all(constraint.check(answer).passed for constraint in constraints):
            return text
    return None


def _orders(constraints: Sequence[Constraint]) -> Iterator[Sequence[Constraint]]:
    """By rank first; then, among permutations, a bounded number."""
    ranked = sorted(constraints, key=lambda constraint: constraint.type.rank)
    yield [*ranked, *ranked]  # twice: a later amendment can undo an earlier one
    yield from itertools.islice(itertools.permutations(ranked), _ORDERS)
