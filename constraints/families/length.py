"""How long an answer is in characters, graphemes and words.

Counted on the plain view (Markdown emphasis does not count). Words only in a band and only where two engines agree.
"""

from __future__ import annotations

import random
from typing import Any

from constraints.answer import Answer
from constraints.constraint_type import (
    BAND,
    ConstraintType,
    DrawContext,
    Params,
    minimum_not_above_maximum,
    whole_number,
)
from constraints.counting import (
    CHARACTERS,
    GRAPHEMES,
    WORDS,
    Unit,
    at_least,
    at_most,
    within,
)
from constraints.segment import graphemes
from constraints.shaping import lengthened, with_words
from constraints.verdict import Span, Verdict

__all__ = ["TYPES"]

_DIFFERENT_WORDS = Unit("different words", "คำที่ไม่ซ้ำกัน", "คำ")


def _past(answer: Answer, maximum: int) -> Span:
    """The part of the text beyond a limit."""
    return min(maximum, len(answer.text)), len(answer.text)


# characters and graphemes


def _draw_characters_max(rng: random.Random, context: DrawContext) -> dict[str, Any]:
    return {"maximum": rng.randrange(200, 501, 50)}


def _check_characters_max(answer: Answer, params: Params) -> Verdict:
    return at_most(len(answer.text), params["maximum"], CHARACTERS, _past(answer, params["maximum"]))


def _draw_characters_min(rng: random.Random, context: DrawContext) -> dict[str, Any]:
    return {"minimum": rng.randrange(100, 401, 50)}


def _check_characters_min(answer: Answer, params: Params) -> Verdict:
    return at_least(len(answer.text), params["minimum"], CHARACTERS)


def _draw_characters_between(rng: random.Random, context: DrawContext) -> dict[str, Any]:
    minimum = rng.randrange(100, 301, 50)
    return {"minimum": minimum, "maximum": minimum + 200}


def _check_characters_between(answer: Answer, params: Params) -> Verdict:
    return within(len(answer.text), params["minimum"], params["maximum"], CHARACTERS)


def _draw_graphemes_max(rng: random.Random, context: DrawContext) -> dict[str, Any]:
    return {"maximum": rng.randrange(100, 301, 50)}


def _check_graphemes_max(answer: Answer, params: Params) -> Verdict:
    return at_most(len(graphemes(answer.text)), params["maximum"], GRAPHEMES)


def _check_graphemes_between(answer: Answer, params: Params) -> Verdict:
    return within(len(graphemes(answer.text)), params["minimum"], params["maximum"], GRAPHEMES)


def _amend_shorter(text: str, params: Params, filler: str) -> str:
    return text


def _amend_characters(text: str, params: Params, filler: str) -> str:
    return lengthened(text, params["minimum"], filler)


def _amend_graphemes(text: str, params: Params, filler: str) -> str:
    missing = params["minimum"] - len(graphemes(text))
    return (
        lengthened(text, len(text) + missing * len(filler) // len(graphemes(filler)), filler) if missing > 0 else text
    )


# words


def _draw_words_between(rng: random.Random, context: DrawContext) -> dict[str, Any]:
    minimum = rng.randrange(30, 81, 10)
    return {"minimum": minimum, "maximum": minimum + 60}


def _check_words_between(answer: Answer, params: Params) -> Verdict:
    return answer.by_both_engines(
        lambda engine: within(len(answer.words(engine)), params["minimum"], params["maximum"], WORDS)
    )


def _draw_words_max(rng: random.Random, context: DrawContext) -> dict[str, Any]:
    return {"maximum": rng.randrange(40, 121, 20)}


def _check_words_max(answer: Answer, params: Params) -> Verdict:
    return answer.by_both_engines(lambda engine: at_most(len(answer.words(engine)), params["maximum"], WORDS))


def _draw_words_min(rng: random.Random, context: DrawContext) -> dict[str, Any]:
    return {"minimum": rng.randrange(30, 101, 10)}


def _check_words_min(answer: Answer, params: Params) -> Verdict:
    return answer.by_both_engines(lambda engine: at_least(len(answer.words(engine)), params["minimum"], WORDS))


def _amend_words(text: str, params: Params, filler: str) -> str:
    return with_words(text, params["minimum"], filler)


def _draw_different_words_min(rng: random.Random, context: DrawContext) -> dict[str, Any]:
    return {"minimum": rng.randrange(20, 61, 10)}


def _check_different_words_min(answer: Answer, params: Params) -> Verdict:
    def judge(engine: str) -> Verdict:
        return at_least(len({word.casefold() for word in answer.words(engine)}), params["minimum"], _DIFFERENT_WORDS)

    return answer.by_both_engines(judge)


_MANY_WORDS = [
    "แม่",
    "พ่อ",
    "ลูก",
    "บ้าน",
    "ปลา",
    "ผัก",
    "ข้าว",
    "น้ำ",
    "ดิน",
    "ไฟ",
    "ลม",
    "ฟ้า",
    "ฝน",
    "ทะเล",
    "ภูเขา",
    "ต้นไม้",
    "ดอกไม้",
    "ใบไม้",
    "ตลาด",
    "โรงเรียน",
    "วัด",
    "ถนน",
    "รถ",
    "เรือ",
    "เสื้อ",
    "กางเกง",
    "รองเท้า",
    "หมวก",
    "หนังสือ",
    "ปากกา",
    "โต๊ะ",
    "เก้าอี้",
    "ประตู",
    "หน้าต่าง",
    "แมว",
    "หมา",
    "นก",
    "ไก่",
    "ช้าง",
    "ม้า",
    "วัว",
    "ควาย",
    "กิน",
    "นอน",
    "เดิน",
    "วิ่ง",
    "อ่าน",
    "เขียน",
    "พูด",
    "ฟัง",
    "ดู",
    "คิด",
    "รัก",
    "ชอบ",
    "ร้อน",
    "เย็น",
    "ใหญ่",
    "เล็ก",
    "สูง",
    "ต่ำ",
    "ดี",
    "งาม",
]


def _amend_different_words(text: str, params: Params, filler: str) -> str:
    have = {word.casefold() for word in Answer(text).words("newmm")}
    missing = [word for word in _MANY_WORDS if word not in have][: max(params["minimum"] - len(have), 0)]
    return lengthened(text, len(text) + 1, " ".join(missing)) if missing else text


_MAXIMUM = {"maximum": whole_number()}
_MINIMUM = {"minimum": whole_number()}
_LENGTH = frozenset({"length"})

TYPES = (
    ConstraintType("length.characters_max", _MAXIMUM, _draw_characters_max, _check_characters_max, _amend_shorter,
                   rank=1, weight=1.5, conflicts=_LENGTH),
    ConstraintType("length.characters_min", _MINIMUM, _draw_characters_min, _check_characters_min, _amend_characters,
                   rank=1, conflicts=_LENGTH),
    ConstraintType("length.characters_between", BAND, _draw_characters_between, _check_characters_between,
                   _amend_characters, rank=1, conflicts=_LENGTH, consistent=minimum_not_above_maximum),
    ConstraintType("length.graphemes_max", _MAXIMUM, _draw_graphemes_max, _check_graphemes_max, _amend_shorter,
                   rank=1, weight=0.0, conflicts=_LENGTH),
    ConstraintType("length.graphemes_between", BAND, _draw_characters_between, _check_graphemes_between,
                   _amend_graphemes, rank=1, weight=0.25, conflicts=_LENGTH, consistent=minimum_not_above_maximum,
                   thai=True),
    ConstraintType("length.words_between", BAND, _draw_words_between, _check_words_between, _amend_words,
                   rank=1, conflicts=_LENGTH, consistent=minimum_not_above_maximum),
    ConstraintType("length.words_max", _MAXIMUM, _draw_words_max, _check_words_max, _amend_shorter,
                   rank=1, conflicts=_LENGTH),
    ConstraintType("length.words_min", _MINIMUM, _draw_words_min, _check_words_min, _amend_words,
                   rank=1, conflicts=_LENGTH),
    ConstraintType("length.different_words_min", _MINIMUM, _draw_different_words_min, _check_different_words_min,
                   _amend_different_words, rank=1, weight=0.5, conflicts=_LENGTH),
)  # fmt: skip
