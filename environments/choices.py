"""Which option an answer chooses: by its letter, however it is written.

ก or A, (2) or ๓., "ตอบข้อ ค", "The answer is (C)". Where an answer names several letters and does not say which is
meant, it chooses none.
"""

from __future__ import annotations

import regex

from constraints.text import arabic_digits

__all__ = ["LETTERS", "THAI_LETTERS", "chosen", "letter_of"]

LETTERS = "ABCDEFGHIJ"
THAI_LETTERS = "กขคงจฉชซฌญ"

_SIGN = rf"(?P<sign>[{LETTERS}{LETTERS.lower()}{THAI_LETTERS}]|10|[1-9])"
_ALONE = r"(?![\p{L}\p{M}\p{N}]| [a-z])"  # nor "the answer is a dog"
_SAID = regex.compile(
    r"(?:คำตอบ(?:ที่ถูก(?:ต้อง)?|สุดท้าย)?(?: ?คือ)?|ตอบ|answer(?: is)?|\\boxed)[\s:：*_]*(?:ข้อ|ตัวเลือก|option)?[\s:：*_(\[{]*"
    + _SIGN
    + _ALONE,
    regex.IGNORECASE,
)
_CHOICE = regex.compile(r"(?:ข้อ|ตัวเลือก|option) ?[*_(\[]*" + _SIGN + _ALONE, regex.IGNORECASE)
_FIRST = regex.compile(r"^[\s*_(\[]*" + _SIGN + r"(?:[*_.)\]:]|[ \t]*(?:\n|$))")


def chosen(answer: str, options: int) -> str | None:
    """The letter that an answer chooses, A for the first option; None where it chooses none, or more than one.

    >>> [chosen(said, 5) for said in ("คำตอบ: ข", "ตอบข้อ ๓ ครับ", "(D)", "The answer is **B**.", "ก. กรุงเทพฯ")]
    ['B', 'C', 'D', 'B', 'A']
    >>> [chosen(said, 5) for said in ("ข้อ ก ผิด แต่ข้อ ค น่าคิด", "ไม่ทราบครับ", "", "คำตอบ: J")]
    [None, None, None, None]
    """
    text = arabic_digits(answer.rpartition("</think>")[2])
    if told := _SAID.findall(text):
        return letter_of(told[-1], options)
    if named := {letter_of(sign, options) for sign in _CHOICE.findall(text)}:
        return named.pop() if len(named) == 1 else None
    first = _FIRST.match(text)
    return letter_of(first["sign"], options) if first else None


def letter_of(sign: str, options: int) -> str | None:
    """The letter of one sign (A, ก, 1), None beyond the last option.

    >>> letter_of("ง", 4), letter_of("4", 4), letter_of("จ", 4)
    ('D', 'D', None)
    """
    letters = THAI_LETTERS if sign in THAI_LETTERS else LETTERS
    place = int(sign) - 1 if sign.isdecimal() else letters.find(sign.upper())
    return LETTERS[place] if 0 <= place < options else None
