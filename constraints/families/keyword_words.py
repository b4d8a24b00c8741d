"""Which words an answer holds and where, as words of their own: by two word engines, UNDECIDED where they differ.

A word stands alone where it starts and ends at the engines' cuts; it may be of several pieces (แมวดำ). Inside a
longer word (น้ำ in น้ำตาล) it does not. The engines' dictionary also lists phrases as one word (กินข้าว, หรือไม่,
กาแฟเย็น): where what is left of the piece is an everyday verb before, or an adjective or particle after it, a reader
could say either, and so the verdict is UNDECIDED. Numbers are words, marks and emoji are not.
"""

from __future__ import annotations

import random
from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from enum import Enum
from itertools import accumulate, islice
from typing import Any

from constraints.answer import Answer, Line
from constraints.constraint_type import ConstraintType, DrawContext, Params, text_value, whole_number
from constraints.families.keywords import matcher, places, shown_texts, with_more
from constraints.segment import ENGINES, is_word, tokens, words
from constraints.verdict import PASS, Span, Verdict, fail, undecided

__all__ = ["TYPES"]

_DISPENSABLE = ("สามารถ", "เพราะ", "หรือ", "อาจ", "จึง")
_FIRST_WORDS = ("สำหรับ", "ปัจจุบัน", "แน่นอน", "เริ่มต้น", "คุณ", "ถ้า")
_LAST_WORDS = ("เสมอ", "แน่นอน", "ยั่งยืน", "มั่นใจ", "ปลอดภัย", "สำเร็จ", "ความสุข")
# What makes a phrase of a word rather than another word, where the dictionary has both in one entry: before and after it.
_LOOSE_BEFORE = frozenset({
    "กิน", "ดื่ม", "หุง", "ต้ม", "ผัด", "ทอด", "ตวง", "ล้าง", "ปลูก", "เก็บ", "รด", "อาบ", "ขับ", "ขี่", "ซื้อ",
    "ขาย", "อ่าน", "เขียน", "ฟัง", "ดู", "ไป", "มา", "หา", "เข้า", "ออก", "ขึ้น", "ลง", "เปิด", "ปิด", "ใส่", "ถอด",
    "เดิน", "วิ่ง", "เล่น", "รับ", "ส่ง", "จ่าย", "ตัด", "ซัก", "เสีย", "ตั้ง", "ตก", "ขาด", "รักษา", "ต่อ", "หนี",
    "คิด", "นั่ง", "ลด", "เพิ่ม", "ขอ", "ได้รับ", "แสดง", "สั่ง", "ถอน", "ติด", "พูด", "คอย", "จัด", "ปรับ", "ระบาย",
    "เสี่ยง", "ประเมิน", "ชำระ", "หัก", "หมด", "ไร้", "น่า", "ไม่", "ที่", "มี", "ทำ", "ใช้", "ได้", "เป็น", "ให้",
    "ใน", "ของ", "ทุก", "และ", "แต่", "ก็", "จะ", "อย่าง", "แล้ว", "ตาม", "โดย", "ก่อน", "ทั้งนี้",
})  # fmt: skip
_LOOSE_AFTER = frozenset({
    "ไป", "มา", "ไม่", "ได้", "ก็", "จะ", "ว่า", "นี้", "นั้น", "มาก", "เกินไป", "เปล่า", "ยัง", "ไง", "แล้ว", "หาก",
    "ด้วย", "ดู", "กัน", "เอง", "เย็น", "ร้อน", "สด", "แห้ง", "ดี", "จริง", "เต็ม", "หมด", "เก่า", "ยาก", "หลัก",
    "พิเศษ", "รวม", "ร่วม", "ออก", "เข้า", "ขึ้น", "ลง", "ก่อน", "หลัง", "ๆ",
})  # fmt: skip


class _Standing(Enum):
    """How a text stands among the words of one engine."""

    ALONE = "a word of its own"
    IN_A_PHRASE = "in what could be a phrase"
    IN_A_WORD = "inside a longer word"


def _cuts(answer: Answer, engine: str) -> list[int]:
    return list(accumulate(map(len, answer.tokens(engine)), initial=0))


def _standing(answer: Answer, engine: str, cuts: list[int], at: Span) -> _Standing:
    start, end = cuts[bisect_right(cuts, at[0]) - 1], cuts[bisect_left(cuts, at[1])]
    before, after = tokens(answer.text[start : at[0]], engine), tokens(answer.text[at[1] : end], engine)
    if not before and not after:
        return _Standing.ALONE
    loose = _LOOSE_BEFORE.issuperset(before) and _LOOSE_AFTER.issuperset(after)
    return _Standing.IN_A_PHRASE if loose else _Standing.IN_A_WORD


def _standings(answer: Answer, word: str, engine: str) -> list[tuple[_Standing, Span]]:
    cuts = _cuts(answer, engine)
    return [(_standing(answer, engine, cuts, at), at) for at in places(answer, word)]


def _first_with(standings: Sequence[tuple[_Standing, Span]], wanted: _Standing) -> Span | None:
    return next((at for standing, at in standings if standing is wanted), None)


def _could_be_either(word: str, at: Span) -> Verdict:
    return undecided(
        f"{word!r} stands in what could be one word or two", f'"{word}" อยู่ในกลุ่มคำที่อาจนับเป็นคำเดียวหรือสองคำก็ได้', at
    )


# anywhere


def _draw_include_word(rng: random.Random, context: DrawContext) -> dict[str, Any] | None:
    single = [keyword for keyword in context.keywords if all(len(words(keyword, engine)) == 1 for engine in ENGINES)]
    return {"word": rng.choice(single)} if single else None


def _check_include_word(answer: Answer, params: Params) -> Verdict:
    word = params["word"]

    def judge(engine: str) -> Verdict:
        standings = _standings(answer, word, engine)
        if _first_with(standings, _Standing.ALONE):
            return PASS
        loose = _first_with(standings, _Standing.IN_A_PHRASE)
        if loose:
            return _could_be_either(word, loose)
        if standings:
            return fail(f"{word!r} only inside a longer word", f'"{word}" อยู่ในคำอื่นที่ยาวกว่าเท่านั้น', standings[0][1])
        return fail(f"no {word!r}", f'ไม่มีคำว่า "{word}"')

    return answer.by_both_engines(judge)


def _amend_include_word(text: str, params: Params, filler: str) -> str:
    return text if _check_include_word(Answer(text), params).passed else with_more(text, params["word"], 1)


def _draw_exclude_word(rng: random.Random, context: DrawContext) -> dict[str, Any]:
    return {"word": rng.choice(_DISPENSABLE)}


def _check_exclude_word(answer: Answer, params: Params) -> Verdict:
    word = params["word"]

    def judge(engine: str) -> Verdict:
        standings = _standings(answer, word, engine)
        alone = _first_with(standings, _Standing.ALONE)
        if alone:
            return fail(f"the word {word!r} stands in the answer", f'มีคำว่า "{word}" ซึ่งห้ามใช้', alone)
        loose = _first_with(standings, _Standing.IN_A_PHRASE)
        return _could_be_either(word, loose) if loose else PASS

    return answer.by_both_engines(judge)


def _amend_exclude_word(text: str, params: Params, filler: str) -> str:
    return matcher(params["word"]).sub("", text)


# at one place


def _judged(answer: Answer, word: str, engine: str, at: Span, thai: str) -> Verdict:
    """Whether `word`, found `at` the place asked for, is a word of its own there."""
    standing = _standing(answer, engine, _cuts(answer, engine), at)
    if standing is _Standing.ALONE:
        return PASS
    if standing is _Standing.IN_A_PHRASE:
        return _could_be_either(word, at)
    return fail(f"{word!r} is only a part of a word there", f'{thai}มี "{word}" เป็นเพียงส่วนหนึ่งของคำที่ยาวกว่า', at)


def _other_word(found: Line | None, english: str, thai: str, word: str) -> Verdict:
    if found is None:
        return fail(f"no {english}", f'ไม่มี{thai} ต้องการ "{word}"')
    return fail(f"the {english} is {found.text!r}", f'{thai}คือ "{found.text}" ไม่ใช่ "{word}"', found.at)


def _draw_first_word(rng: random.Random, context: DrawContext) -> dict[str, Any]:
    return {"word": rng.choice(_FIRST_WORDS)}


def _check_first_word(answer: Answer, params: Params) -> Verdict:
    def judge(engine: str) -> Verdict:
        first = next(iter(answer.placed_words(engine)), None)
        place = matcher(params["word"]).match(answer.text, first.at[0]) if first else None
        if place is None:
            return _other_word(first, "first word", "คำแรก", params["word"])
        return _judged(answer, params["word"], engine, place.span(), "ต้นคำตอบ")

    return answer.by_both_engines(judge)


def _amend_first_word(text: str, params: Params, filler: str) -> str:
    return text if _check_first_word(Answer(text), params).passed else f"{params['word']} {text}"


def _draw_last_word(rng: random.Random, context: DrawContext) -> dict[str, Any]:
    return {"word": rng.choice(_LAST_WORDS)}


def _last_word(answer: Answer, engine: str) -> Line | None:
    end = len(answer.text)
    for token in reversed(answer.tokens(engine)):
        if is_word(token):
            stop = end - len(token) + len(token.rstrip())
            return Line(token.strip(), (stop - len(token.strip()), stop))
        end -= len(token)
    return None


def _check_last_word(answer: Answer, params: Params) -> Verdict:
    def judge(engine: str) -> Verdict:
        last = _last_word(answer, engine)
        ends = [at for at in places(answer, params["word"]) if last and at[1] == last.at[1]]
        if not ends:
            return _other_word(last, "last word", "คำสุดท้าย", params["word"])
        return _judged(answer, params["word"], engine, ends[0], "ท้ายคำตอบ")

    return answer.by_both_engines(judge)


def _amend_last_word(text: str, params: Params, filler: str) -> str:
    return text if _check_last_word(Answer(text), params).passed else f"{text} {params['word']}"


def _draw_word_position(rng: random.Random, context: DrawContext) -> dict[str, Any] | None:
    drawn = _draw_include_word(rng, context)
    return {**drawn, "position": rng.randint(2, 4)} if drawn else None


def _check_word_position(answer: Answer, params: Params) -> Verdict:
    word, position = params["word"], params["position"]

    def judge(engine: str) -> Verdict:
        found = list(islice(answer.placed_words(engine), position + 2))
        starts = [placed.at[0] for placed in found]
        beside = None
        for standing, at in _standings(answer, word, engine):
            number = bisect_right(starts, at[0])
            if standing is _Standing.ALONE and number == position:
                return PASS
            # Where words end is open to a word or so: one place off is no clear fault.
            if standing is not _Standing.IN_A_WORD and abs(number - position) < 2:
                beside = at
        if beside:
            return _by_count(word, position, beside)
        there = next(iter(found[position - 1 :]), None)
        return _other_word(there, f"word {position}", f"คำที่ {position} ", word)

    return answer.by_both_engines(judge)


def _by_count(word: str, position: int, at: Span) -> Verdict:
    return undecided(
        f"whether {word!r} is word {position} depends on where words end",
        f'"{word}" จะเป็นคำที่ {position} หรือไม่ขึ้นอยู่กับวิธีนับคำ',
        at,
    )


def _amend_word_position(text: str, params: Params, filler: str) -> str:
    if _check_word_position(Answer(text), params).passed:
        return text
    while len(found := list(Answer(text).placed_words("newmm"))) < params["position"]:
        text += f" {filler}"
    place = found[params["position"] - 1].at[0]
    return f"{text[:place]} {params['word']} {text[place:]}"


_WORD = {"word": text_value()}
_SHAPES = frozenset({"layout", "json", "yaml", "csv", "poetry"})
_SHOWN = shown_texts()

TYPES = (
    ConstraintType("keywords.include_word", _WORD, _draw_include_word, _check_include_word, _amend_include_word,
                   rank=1, weight=0.5, shown=_SHOWN),
    ConstraintType("keywords.exclude_word", _WORD, _draw_exclude_word, _check_exclude_word, _amend_exclude_word,
                   rank=1, weight=0.5, shown=_SHOWN),
    ConstraintType("keywords.first_word", _WORD, _draw_first_word, _check_first_word, _amend_first_word,
                   rank=3, weight=0.5, conflicts=_SHAPES, shown=_SHOWN),
    ConstraintType("keywords.last_word", _WORD, _draw_last_word, _check_last_word, _amend_last_word,
                   rank=3, weight=0.5, conflicts=_SHAPES | {"particles"}, shown=_SHOWN),
    ConstraintType("keywords.word_position", {**_WORD, "position": whole_number(maximum=50)}, _draw_word_position,
                   _check_word_position, _amend_word_position, rank=3, weight=0.25, conflicts=_SHAPES, shown=_SHOWN),
)  # fmt: skip
