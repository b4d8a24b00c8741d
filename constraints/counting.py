"""Verdicts about counts, in English and Thai words: exactly, at least, at most, within a band.

>>> exactly(3, 5, Unit("bullets", "หัวข้อย่อย", "ข้อ")).thai
'มีหัวข้อย่อย 3 ข้อ ต้องการ 5 ข้อพอดี'
>>> at_most(312, 300, CHARACTERS).reason
'312 characters, at most 300'
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from constraints.verdict import PASS, Span, Verdict, fail, undecided

__all__ = [
    "CHARACTERS",
    "GRAPHEMES",
    "LINES",
    "PARAGRAPHS",
    "WORDS",
    "Unit",
    "at_least",
    "at_most",
    "exactly",
    "in_doubt",
    "within",
]


@dataclass(frozen=True, slots=True)
class Unit:
    """What is counted: English plural, Thai noun ("" where the classifier says it all), Thai classifier."""

    english: str
    noun: str
    classifier: str


CHARACTERS = Unit("characters", "", "ตัวอักษร")
GRAPHEMES = Unit("graphemes", "", "ช่องตัวอักษร")
WORDS = Unit("words", "", "คำ")
LINES = Unit("lines", "", "บรรทัด")
PARAGRAPHS = Unit("paragraphs", "", "ย่อหน้า")


def exactly(found: int, wanted: int, unit: Unit, at: Span | None = None) -> Verdict:
    return (
        PASS if found == wanted else _off(found, unit, f"wanted {wanted}", f"ต้องการ {wanted} {unit.classifier}พอดี", at)
    )


def at_least(found: int, minimum: int, unit: Unit, at: Span | None = None) -> Verdict:
    if found >= minimum:
        return PASS
    return _off(found, unit, f"at least {minimum}", f"ต้องการอย่างน้อย {minimum} {unit.classifier}", at)


def at_most(found: int, maximum: int, unit: Unit, at: Span | None = None) -> Verdict:
    if found <= maximum:
        return PASS
    return _off(found, unit, f"at most {maximum}", f"ต้องการไม่เกิน {maximum} {unit.classifier}", at)


def within(found: int, minimum: int, maximum: int, unit: Unit, at: Span | None = None) -> Verdict:
    if minimum <= found <= maximum:
        return PASS
    return _off(found, unit, f"wanted {minimum} to {maximum}", f"ต้องการ {minimum} ถึง {maximum} {unit.classifier}", at)


def in_doubt(fewest: int, most: int, judge: Callable[[int], Verdict]) -> Verdict:
    """The verdict on a count that is only known to lie from `fewest` to `most`: UNDECIDED where it matters."""
    low, high = judge(fewest), judge(most)
    if fewest == most or {low.outcome} == {high.outcome} == {judge(n).outcome for n in range(fewest, most)}:
        return low
    return undecided(f"{fewest} to {most}, as one counts", f"นับได้ {fewest} ถึง {most} แล้วแต่วิธีนับ จึงตัดสินไม่ได้")


def _off(found: int, unit: Unit, wanted: str, wanted_thai: str, at: Span | None) -> Verdict:
    return fail(f"{found} {unit.english}, {wanted}", f"มี{unit.noun} {found} {unit.classifier} {wanted_thai}", at)
