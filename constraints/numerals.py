"""Digits: Thai only (๐-๙), Arabic only (0-9), or none.

Counts digits of the whole answer, list numbers included. Spelled-out numbers (หนึ่ง, สอง) are not digits.
"""

from __future__ import annotations

import regex

from constraints.answer import Answer
from constraints.constraint_type import ConstraintType, Language, Params, draw_nothing
from constraints.text import THAI_DIGITS
from constraints.verdict import PASS, Verdict, fail

__all__ = ["TYPES"]

_THAI = regex.compile(f"[{THAI_DIGITS}]")
_ARABIC = regex.compile("[0-9]")
_ANY = regex.compile(r"\p{Nd}")


def _describe_thai_only(params: Params, lang: Language) -> str:
    if lang == "th":
        return "ต้องมีตัวเลขอย่างน้อยหนึ่งตัว และตัวเลขทุกตัวต้องเขียนเป็นเลขไทย (๐ ถึง ๙) เท่านั้น"
    return "Use at least one digit, and write every digit as a Thai digit (๐ to ๙)."


def _check_thai_only(answer: Answer, params: Params) -> Verdict:
    return _only(answer, _THAI, "Thai digit")


def _describe_arabic_only(params: Params, lang: Language) -> str:
    if lang == "th":
        return "ต้องมีตัวเลขอย่างน้อยหนึ่งตัว และตัวเลขทุกตัวต้องเขียนเป็นเลขอารบิก (0 ถึง 9) เท่านั้น"
    return "Use at least one digit, and write every digit as an Arabic digit (0 to 9)."


def _check_arabic_only(answer: Answer, params: Params) -> Verdict:
    return _only(answer, _ARABIC, "Arabic digit")


def _only(answer: Answer, pattern: regex.Pattern[str], name: str) -> Verdict:
    others = [digit for digit in _ANY.findall(answer.text) if not pattern.match(digit)]
    if others:
        return fail(f"{others[0]!r} is not a {name}")
    return PASS if pattern.search(answer.text) else fail(f"no {name}")


def _describe_none(params: Params, lang: Language) -> str:
    if lang == "th":
        return "ห้ามใช้ตัวเลขใด ๆ ไม่ว่าเลขไทยหรือเลขอารบิก หากต้องบอกจำนวนให้เขียนเป็นตัวหนังสือ"
    return "Use no digits at all, neither Thai nor Arabic; spell numbers out."


def _check_none(answer: Answer, params: Params) -> Verdict:
    found = _ANY.search(answer.text)
    return fail(f"found {found.group()!r}") if found else PASS


_ALONE = frozenset({"numerals"})

TYPES = (
    ConstraintType("numerals.thai_only", {}, draw_nothing, _describe_thai_only, _check_thai_only,
                   weight=0.5, conflicts=_ALONE),
    ConstraintType("numerals.arabic_only", {}, draw_nothing, _describe_arabic_only, _check_arabic_only,
                   weight=0.5, conflicts=_ALONE),
    ConstraintType("numerals.none", {}, draw_nothing, _describe_none, _check_none, conflicts=_ALONE),
)  # fmt: skip
