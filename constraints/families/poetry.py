"""Lines of counted syllables and lines that rhyme, outside the fixed forms of Thai verse (see `poetry_forms`).

Syllables are counted as they are spoken (ขนม: 2), by every reading that `constraints.thai.syllables` finds; where
readings differ so that the verdict does, or where a line holds digits, Latin letters or unknown words, it is
UNDECIDED. Rhyme is สัมผัสสระ: vowel and final sound of the last syllables agree, tone aside. A syllable against
itself is UNDECIDED. Blank lines are no lines.
"""

from __future__ import annotations

import random
from collections.abc import Sequence
from typing import Any

from constraints.answer import Answer, Line
from constraints.constraint_type import (
    BAND,
    ConstraintType,
    DrawContext,
    Language,
    Params,
    draw_nothing,
    minimum_not_above_maximum,
    whole_number,
)
from constraints.counting import LINES, exactly
from constraints.shaping import shown_lines
from constraints.thai.rhyme import rhymes
from constraints.thai.spelling import Syllable
from constraints.thai.syllables import endings, fewest_syllables, readings
from constraints.thai.verse import band, told, worst
from constraints.verdict import PASS, Verdict, fail, undecided

__all__ = ["TYPES"]

# One-syllable words that no engine reads otherwise, in an order that makes some sense.
_ONE_SYLLABLE = ("ลม", "เย็น", "พัด", "ผ่าน", "ทุ่ง", "กว้าง", "ยาม", "เช้า", "แสง", "แดด", "อุ่น", "ใจ", "ดี")


# counted syllables


def _counts(line: Line, minimum: int, maximum: int) -> Verdict:
    found = sorted({len(reading) for reading in readings(line.text) or ()})
    if not found and fewest_syllables(line.text) <= maximum:
        return undecided("a line cannot be read in syllables", "นับพยางค์ของบรรทัดนี้ไม่ได้แน่นอน", line.at)
    fitting = [count for count in found if minimum <= count <= maximum]
    if not fitting:
        return fail(
            f"a line of {told(found, ' or ')} syllables, wanted {band(minimum, maximum, ' to ')}",
            f"บรรทัดนี้มี {told(found, ' หรือ ')} พยางค์ ต้องการ {band(minimum, maximum, ' ถึง ')} พยางค์",
            line.at,
        )
    if fitting == found:
        return PASS
    return undecided(
        f"a line has {told(found, ' or ')} syllables", f"บรรทัดนี้อ่านได้ {told(found, ' หรือ ')} พยางค์", line.at
    )


def _draw_syllables_lines(rng: random.Random, context: DrawContext) -> dict[str, Any]:
    if rng.random() < 0.4:
        return {"counts": [5, 7, 5]}
    return {"counts": [rng.randint(3, 9) for _ in range(rng.randint(2, 5))]}


def _check_syllables_lines(answer: Answer, params: Params) -> Verdict:
    lines, counts = answer.placed_lines, params["counts"]
    verdict = exactly(len(lines), len(counts), LINES)
    if not verdict.passed:
        return verdict
    return worst(_counts(line, count, count) for line, count in zip(lines, counts, strict=True))


def _shown_counts(params: Params, lang: Language) -> dict[str, str]:
    return {"counts": ", ".join(map(str, params["counts"])), "lines": str(len(params["counts"]))}


def _amend_syllables(count: int) -> str:
    return "".join(_ONE_SYLLABLE[number % len(_ONE_SYLLABLE)] for number in range(count))


def _amend_syllables_lines(text: str, params: Params, filler: str) -> str:
    return "\n".join(_amend_syllables(count) for count in params["counts"])


def _draw_syllables_each(rng: random.Random, context: DrawContext) -> dict[str, Any]:
    return {"count": rng.randint(4, 10)}


def _check_syllables_each(answer: Answer, params: Params) -> Verdict:
    return worst(_counts(line, params["count"], params["count"]) for line in answer.placed_lines)


def _amend_syllables_each(text: str, params: Params, filler: str) -> str:
    return "\n".join(_amend_syllables(params["count"]) for _ in shown_lines(text))


def _draw_syllables_between(rng: random.Random, context: DrawContext) -> dict[str, Any]:
    minimum = rng.randint(4, 8)
    return {"minimum": minimum, "maximum": minimum + rng.randint(2, 4)}


def _check_syllables_between(answer: Answer, params: Params) -> Verdict:
    return worst(_counts(line, params["minimum"], params["maximum"]) for line in answer.placed_lines)


def _amend_syllables_between(text: str, params: Params, filler: str) -> str:
    return "\n".join(_amend_syllables(params["minimum"]) for _ in shown_lines(text))


# lines that rhyme


def _rhyme(line: Line, ends: Sequence[Syllable] | None, with_what: str) -> Verdict:
    """Whether the line's last syllable rhymes with another end, in every reading of both."""
    read = endings(line.text)
    if ends is None or read is None:
        return undecided("the last syllable cannot be read", "อ่านพยางค์สุดท้ายของบรรทัดไม่ได้แน่นอน", line.at)
    outcomes = {rhymes(first, second) for first in ends for second in read}
    if outcomes == {True}:
        return PASS
    if outcomes == {False}:
        return fail(
            f"the line does not rhyme with {with_what!r}", f'พยางค์สุดท้ายของบรรทัดนี้ไม่สัมผัสกับ "{with_what}"', line.at
        )
    return undecided(f"the rhyme with {with_what!r} is unclear", f'ตัดสินไม่ได้ว่าบรรทัดนี้สัมผัสกับ "{with_what}" หรือไม่', line.at)


def _pair(first: Line, second: Line) -> Verdict:
    ends = endings(first.text)
    return _rhyme(second, ends, ends[0].written if ends else first.text)


def _by_groups(answer: Answer, size: int, distance: int) -> Verdict:
    """Lines in groups of `size`; in each, the first `distance` lines rhyme with those that many lines on."""
    lines = answer.placed_lines
    if len(lines) % size:
        return fail(f"{len(lines)} lines, no multiple of {size}", f"มี {len(lines)} บรรทัด ต้องหารด้วย {size} ลงตัว")
    starts = [place + step for place in range(0, len(lines), size) for step in range(distance)]
    return worst(_pair(lines[start], lines[start + distance]) for start in starts)


def _check_couplet_rhymes(answer: Answer, params: Params) -> Verdict:
    return _by_groups(answer, 2, 1)


def _amend_rhyming(text: str, filler: str, size: int, ends: Sequence[str]) -> str:
    lines = shown_lines(text)
    lines += [filler] * (-len(lines) % size)
    return "\n".join(f"{line} {ends[number % len(ends)]}" for number, line in enumerate(lines))


def _amend_couplet_rhymes(text: str, params: Params, filler: str) -> str:
    return _amend_rhyming(text, filler, 2, ("ฟ้า", "ตา"))


def _check_alternate_rhymes(answer: Answer, params: Params) -> Verdict:
    return _by_groups(answer, 4, 2)


def _amend_alternate_rhymes(text: str, params: Params, filler: str) -> str:
    return _amend_rhyming(text, filler, 4, ("ฟ้า", "ดี", "ตา", "สี"))


def _check_one_rhyme(answer: Answer, params: Params) -> Verdict:
    first, *others = answer.placed_lines
    if not others:
        return fail("a single line", "มีเพียงบรรทัดเดียว ต้องมีอย่างน้อย 2 บรรทัด", first.at)
    return worst(_pair(first, line) for line in others)


def _amend_one_rhyme(text: str, params: Params, filler: str) -> str:
    lines = shown_lines(text)
    lines += [filler] * (2 - len(lines))
    return "\n".join(f"{line} {'ตา' if number else 'ฟ้า'}" for number, line in enumerate(lines))


def _draw_rhymes_with(rng: random.Random, context: DrawContext) -> dict[str, Any]:
    return {"word": rng.choice(list(_RHYME_WORDS))}


def _check_rhymes_with(answer: Answer, params: Params) -> Verdict:
    ends = endings(params["word"])
    return worst(_rhyme(line, ends, params["word"]) for line in answer.placed_lines)


# A word to rhyme with -> another that does.
_RHYME_WORDS = {
    "ใจ": "ไป", "ฟ้า": "ตา", "ดี": "สี", "ฝัน": "วัน", "รัก": "พัก", "ดาว": "ขาว", "งาม": "ยาม", "บ้าน": "นาน",
    "ทาง": "กลาง", "คน": "บน", "เรา": "เบา", "ลม": "ชม", "กัน": "วัน", "เพลง": "เอง", "แสง": "แดง", "ทราย": "สาย",
    "รอ": "ขอ", "เดือน": "เตือน", "เสียง": "เพียง", "สวน": "ชวน",
}  # fmt: skip


def _amend_rhymes_with(text: str, params: Params, filler: str) -> str:
    return "\n".join(f"{line} {_RHYME_WORDS.get(params['word'], '')}" for line in shown_lines(text))


_COUNTS = {
    "counts": {
        "type": "array",
        "items": {"type": "integer", "minimum": 1, "maximum": 30},
        "minItems": 2,
        "maxItems": 12,
    }
}
_THAI_WORD = {"word": {"type": "string", "pattern": "^[ก-ฮะ-ฺเ-์]{2,20}$"}}
_VERSE = frozenset(
    {"length", "keywords", "repeat", "layout", "punctuation", "letters", "particles", "numerals", "dates", "forms", "json",
     "yaml", "csv", "poetry", "script"}
)  # fmt: skip
_RHYMES = frozenset({"layout", "punctuation", "letters", "particles", "repeat", "json", "yaml", "csv", "poetry"})

TYPES = (
    ConstraintType("poetry.syllables_lines", _COUNTS, _draw_syllables_lines, _check_syllables_lines,
                   _amend_syllables_lines, rank=1, conflicts=_VERSE, shown=_shown_counts, thai=True),
    ConstraintType("poetry.syllables_each", {"count": whole_number(maximum=50)}, _draw_syllables_each,
                   _check_syllables_each, _amend_syllables_each, rank=1, weight=0.5, conflicts=_VERSE, thai=True),
    ConstraintType("poetry.syllables_between", {name: whole_number(maximum=50) for name in BAND}, _draw_syllables_between,
                   _check_syllables_between, _amend_syllables_between, rank=1, weight=0.5, conflicts=_VERSE,
                   consistent=minimum_not_above_maximum, thai=True),
    ConstraintType("poetry.couplet_rhymes", {}, draw_nothing, _check_couplet_rhymes, _amend_couplet_rhymes, rank=3,
                   weight=0.5, conflicts=_RHYMES, thai=True),
    ConstraintType("poetry.alternate_rhymes", {}, draw_nothing, _check_alternate_rhymes, _amend_alternate_rhymes, rank=3,
                   weight=0.25, conflicts=_RHYMES, thai=True),
    ConstraintType("poetry.one_rhyme", {}, draw_nothing, _check_one_rhyme, _amend_one_rhyme, rank=3, weight=0.5,
                   conflicts=_RHYMES, thai=True),
    ConstraintType("poetry.rhymes_with", _THAI_WORD, _draw_rhymes_with, _check_rhymes_with, _amend_rhymes_with, rank=3,
                   weight=0.5, conflicts=_RHYMES, thai=True),
)  # fmt: skip
