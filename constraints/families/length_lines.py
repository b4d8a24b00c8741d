"""How long an answer is in lines, paragraphs and divided sentences, and how long those are.

Counted on the plain view. Sentences only where the instruction itself says what divides them: Thai does not.
"""

from __future__ import annotations

import itertools
import random
from typing import Any

import regex

from constraints.answer import Answer, Line
from constraints.constraint_type import (
    BAND,
    ConstraintType,
    DrawContext,
    Params,
    draw_nothing,
    minimum_not_above_maximum,
    whole_number,
)
from constraints.counting import (
    LINES,
    PARAGRAPHS,
    WORDS,
    Unit,
    at_most,
    exactly,
    within,
)
from constraints.shaping import lengthened, paragraphs_of, shown_lines, with_lines, with_words
from constraints.verdict import PASS, Verdict, fail, undecided

__all__ = ["TYPES"]

_SENTENCE_DIVIDER = "|"
_SENTENCE_INSIDE = regex.compile(rf"[?!]\s*[^\s{_SENTENCE_DIVIDER}\p{{P}}\p{{S}}]")  # ดีไหม? ดีมาก
_SENTENCES = Unit("sentences between dividers", "ประโยคที่คั่นด้วยเครื่องหมาย", "ประโยค")


# lines


def _draw_lines(rng: random.Random, context: DrawContext) -> dict[str, Any]:
    return {"count": rng.randint(3, 6)}


def _check_lines(answer: Answer, params: Params) -> Verdict:
    return exactly(len(answer.lines), params["count"], LINES)


def _amend_lines(text: str, params: Params, filler: str) -> str:
    return with_lines(text, params["count"], filler)


def _draw_lines_between(rng: random.Random, context: DrawContext) -> dict[str, Any]:
    minimum = rng.randint(2, 5)
    return {"minimum": minimum, "maximum": minimum + rng.randint(1, 3)}


def _check_lines_between(answer: Answer, params: Params) -> Verdict:
    return within(len(answer.lines), params["minimum"], params["maximum"], LINES)


def _amend_lines_between(text: str, params: Params, filler: str) -> str:
    found = len(shown_lines(text))
    return with_lines(text, min(max(found, params["minimum"]), params["maximum"]), filler)


def _draw_line_characters_max(rng: random.Random, context: DrawContext) -> dict[str, Any]:
    return {"maximum": rng.randrange(40, 101, 10)}


def _check_line_characters_max(answer: Answer, params: Params) -> Verdict:
    longest = max(answer.placed_lines, key=lambda line: len(line.text))
    return at_most(
        len(longest.text),
        params["maximum"],
        Unit("characters in the longest line", "บรรทัดที่ยาวที่สุด", "ตัวอักษร"),
        longest.at,
    )


def _amend_line_characters_max(text: str, params: Params, filler: str) -> str:
    """Broken at spaces: a line of one long word stays."""
    lines: list[str] = []
    for line in shown_lines(text):
        lines.append("")
        for word in line.split(" "):
            if lines[-1] and len(lines[-1]) + 1 + len(word) > params["maximum"]:
                lines.append(word)
            else:
                lines[-1] += (" " if lines[-1] else "") + word
    return "\n".join(lines)


def _draw_line_words_between(rng: random.Random, context: DrawContext) -> dict[str, Any]:
    minimum = rng.randint(3, 6)
    return {"minimum": minimum, "maximum": minimum + 8}


def _check_line_words_between(answer: Answer, params: Params) -> Verdict:
    def judge(engine: str) -> Verdict:
        for line in answer.placed_lines:
            found = sum(1 for word in answer.placed_words(engine) if _inside(word, line))
            verdict = within(found, params["minimum"], params["maximum"], WORDS, line.at)
            if not verdict.passed:
                return verdict
        return PASS

    return answer.by_both_engines(judge)


def _inside(word: Line, line: Line) -> bool:
    return line.at[0] <= word.at[0] and word.at[1] <= line.at[1]


def _amend_line_words(text: str, params: Params, filler: str) -> str:
    return "\n".join(with_words(line, params["minimum"], filler) for line in shown_lines(text))


def _check_lines_growing(answer: Answer, params: Params) -> Verdict:
    lines = answer.placed_lines
    if len(lines) < 2:
        return fail("a single line cannot grow", "มีเพียงบรรทัดเดียว ต้องมีอย่างน้อย 2 บรรทัด", lines[0].at)
    for before, after in itertools.pairwise(lines):
        if len(after.text) <= len(before.text):
            return fail(
                f"a line of {len(after.text)} characters follows one of {len(before.text)}",
                f"บรรทัดนี้มี {len(after.text)} ตัวอักษร ไม่ยาวกว่าบรรทัดก่อนหน้าที่มี {len(before.text)} ตัวอักษร",
                after.at,
            )
    return PASS


def _amend_lines_growing(text: str, params: Params, filler: str) -> str:
    lines = shown_lines(text)
    lines += [filler] * (2 - len(lines))
    for number in range(1, len(lines)):
        lines[number] = lengthened(lines[number], len(lines[number - 1]) + 1, filler)
    return "\n".join(lines)


# paragraphs and marked sentences


def _draw_paragraphs(rng: random.Random, context: DrawContext) -> dict[str, Any]:
    return {"count": rng.randint(2, 3)}


def _check_paragraphs(answer: Answer, params: Params) -> Verdict:
    return exactly(len(answer.paragraphs), params["count"], PARAGRAPHS)


def _amend_to_paragraphs(text: str, count: int, filler: str) -> str:
    blocks = paragraphs_of(text)
    if len(blocks) == 1 and len(shown_lines(text)) >= count:
        blocks = shown_lines(text)
    if len(blocks) > count:
        blocks = [*blocks[: count - 1], "\n".join(blocks[count - 1 :])]
    return "\n\n".join([*blocks, *[filler] * (count - len(blocks))])


def _amend_paragraphs(text: str, params: Params, filler: str) -> str:
    return _amend_to_paragraphs(text, params["count"], filler)


def _draw_paragraphs_between(rng: random.Random, context: DrawContext) -> dict[str, Any]:
    return {"minimum": 2, "maximum": rng.randint(3, 5)}


def _check_paragraphs_between(answer: Answer, params: Params) -> Verdict:
    return within(len(answer.paragraphs), params["minimum"], params["maximum"], PARAGRAPHS)


def _amend_paragraphs_between(text: str, params: Params, filler: str) -> str:
    found = len(paragraphs_of(text))
    return _amend_to_paragraphs(text, min(max(found, params["minimum"]), params["maximum"]), filler)


def _draw_paragraph_lines(rng: random.Random, context: DrawContext) -> dict[str, Any]:
    return {"paragraphs": rng.randint(2, 3), "lines": rng.randint(2, 4)}


def _check_paragraph_lines(answer: Answer, params: Params) -> Verdict:
    for block in answer.placed_paragraphs:
        verdict = exactly(
            len(shown_lines(block.text)), params["lines"], Unit("lines in a paragraph", "ย่อหน้านี้", "บรรทัด"), block.at
        )
        if not verdict.passed:
            return verdict
    return exactly(len(answer.paragraphs), params["paragraphs"], PARAGRAPHS)


def _amend_paragraph_lines(text: str, params: Params, filler: str) -> str:
    blocks = paragraphs_of(_amend_to_paragraphs(text, params["paragraphs"], filler))
    return "\n\n".join(with_lines(block, params["lines"], filler) for block in blocks)


def _draw_divided_sentences(rng: random.Random, context: DrawContext) -> dict[str, Any]:
    return {"count": rng.randint(2, 4)}


def _check_divided_sentences(answer: Answer, params: Params) -> Verdict:
    parts = answer.text.split(_SENTENCE_DIVIDER)
    if not all(part.strip() for part in parts):
        return fail("a sentence between dividers is empty", f"มีช่วงว่างระหว่างเครื่องหมาย {_SENTENCE_DIVIDER}")
    verdict = exactly(len(parts), params["count"], _SENTENCES)
    inner = _SENTENCE_INSIDE.search(answer.text)
    if verdict.passed and inner:
        return undecided("a piece may hold two sentences", "ช่วงนี้อาจมีมากกว่าหนึ่งประโยค", inner.span())
    return verdict


def _amend_divided_sentences(text: str, params: Params, filler: str) -> str:
    parts = [
        part.strip() for part in text.replace("\n", f" {_SENTENCE_DIVIDER} ").split(_SENTENCE_DIVIDER) if part.strip()
    ]
    if len(parts) > params["count"]:
        parts = [*parts[: params["count"] - 1], " ".join(parts[params["count"] - 1 :])]
    parts += [filler] * (params["count"] - len(parts))
    return f" {_SENTENCE_DIVIDER} ".join(parts)


_COUNT = {"count": whole_number(maximum=100)}
_MAXIMUM = {"maximum": whole_number()}
_SHAPES_WHOLE = frozenset({"length", "layout", "json"})

TYPES = (
    ConstraintType("length.lines", _COUNT, _draw_lines, _check_lines, _amend_lines, conflicts=_SHAPES_WHOLE),
    ConstraintType("length.lines_between", {name: whole_number(maximum=100) for name in BAND}, _draw_lines_between,
                   _check_lines_between, _amend_lines_between, weight=0.5, conflicts=_SHAPES_WHOLE,
                   consistent=minimum_not_above_maximum),
    ConstraintType("length.line_characters_max", _MAXIMUM, _draw_line_characters_max, _check_line_characters_max,
                   _amend_line_characters_max, weight=0.5, conflicts=frozenset({"length", "json"})),
    ConstraintType("length.line_words_between", BAND, _draw_line_words_between, _check_line_words_between,
                   _amend_line_words, weight=0.5, conflicts=_SHAPES_WHOLE, consistent=minimum_not_above_maximum),
    ConstraintType("length.lines_growing", {}, draw_nothing, _check_lines_growing, _amend_lines_growing,
                   weight=0.25, conflicts=_SHAPES_WHOLE),
    ConstraintType("length.paragraphs", _COUNT, _draw_paragraphs, _check_paragraphs, _amend_paragraphs,
                   conflicts=_SHAPES_WHOLE),
    ConstraintType("length.paragraphs_between", {name: whole_number(maximum=100) for name in BAND},
                   _draw_paragraphs_between, _check_paragraphs_between, _amend_paragraphs_between, weight=0.5,
                   conflicts=_SHAPES_WHOLE, consistent=minimum_not_above_maximum),
    ConstraintType("length.paragraph_lines", {"paragraphs": whole_number(maximum=50), "lines": whole_number(maximum=50)},
                   _draw_paragraph_lines, _check_paragraph_lines, _amend_paragraph_lines, weight=0.5,
                   conflicts=_SHAPES_WHOLE),
    ConstraintType("length.divided_sentences", _COUNT, _draw_divided_sentences, _check_divided_sentences,
                   _amend_divided_sentences, weight=0.5, conflicts=_SHAPES_WHOLE),
)  # fmt: skip
