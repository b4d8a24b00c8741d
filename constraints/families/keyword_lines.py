"""What single lines and paragraphs of an answer start with or hold.

A line is one that holds something: blank lines are not counted. Paragraphs are parted by blank lines. Texts are found
as in `keywords`, starts as in `keyword_places`. List items, headings and code fences are lines like any other.
"""

from __future__ import annotations

import random
from typing import Any

from constraints.answer import Answer
from constraints.constraint_type import ConstraintType, DrawContext, Params, text_value, whole_number
from constraints.counting import LINES, PARAGRAPHS, at_least, exactly
from constraints.families.keyword_places import amend_starts_with, lacks, opening, starts_otherwise
from constraints.families.keywords import draw_keyword, draw_pair, matcher, pair_apart, places, shown_texts, with_more
from constraints.shaping import paragraphs_of
from constraints.verdict import PASS, Verdict, fail

__all__ = ["TYPES"]

_CONTINUATIONS = ("นอกจากนี้", "ในทางกลับกัน", "ที่สำคัญ", "ยกตัวอย่างเช่น", "สุดท้ายนี้")


def _amend_to_count(pieces: list[str], fewest: int, filler: str) -> list[str]:
    return [*pieces, *[filler] * (fewest - len(pieces))]


def _amend_nth(text: str, number: int, filler: str) -> tuple[list[str], int]:
    """All lines of `text`, with filler lines added, and the index of the `number`th that holds something."""
    lines = text.split("\n")
    shown = [index for index, line in enumerate(lines) if line.strip()]
    lines += [filler] * (number - len(shown))
    return lines, [index for index, line in enumerate(lines) if line.strip()][number - 1]


# lines


def _check_pair_same_line(answer: Answer, params: Params) -> Verdict:
    first, second = matcher(params["first"]), matcher(params["second"])
    for line in answer.lines:
        if first.search(line) and second.search(line):
            return PASS
    return fail("no line holds both texts", f'ไม่มีบรรทัดใดที่มีทั้ง "{params["first"]}" และ "{params["second"]}"')


def _amend_pair_same_line(text: str, params: Params, filler: str) -> str:
    if any(all(matcher(params[name]).search(line) for name in ("first", "second")) for line in text.split("\n")):
        return text
    return with_more(text, f"{params['first']} {params['second']}", 1)


def _draw_nth_line_starts(rng: random.Random, context: DrawContext) -> dict[str, Any]:
    return {"line": rng.randint(2, 4), "phrase": rng.choice(_CONTINUATIONS)}


def _check_nth_line_starts(answer: Answer, params: Params) -> Verdict:
    verdict = at_least(len(answer.placed_lines), params["line"], LINES)
    if not verdict.passed:
        return verdict
    line = answer.placed_lines[params["line"] - 1]
    if opening(params["phrase"]).match(line.text):
        return PASS
    return starts_otherwise(line, params["phrase"], f"บรรทัดที่ {params['line']} ")


def _amend_nth_line_starts(text: str, params: Params, filler: str) -> str:
    lines, index = _amend_nth(text, params["line"], filler)
    lines[index] = amend_starts_with(lines[index], params, filler)
    return "\n".join(lines)


def _check_every_line_includes(answer: Answer, params: Params) -> Verdict:
    for line in answer.placed_lines:
        if not matcher(params["keyword"]).search(line.text):
            return lacks(params["keyword"], "this line", "บรรทัดนี้", line.at)
    return at_least(len(answer.placed_lines), 2, LINES)


def _amend_every_line_includes(text: str, params: Params, filler: str) -> str:
    lines, _ = _amend_nth(text, 2, filler)
    held = matcher(params["keyword"])
    return "\n".join(
        f"{line} {params['keyword']}" if line.strip() and not held.search(line) else line for line in lines
    )


def _check_only_last_line(answer: Answer, params: Params) -> Verdict:
    last = answer.placed_lines[-1]
    found = places(answer, params["keyword"])
    for start, end in found:
        if start < last.at[0]:
            return fail(
                f"{params['keyword']!r} stands before the last line",
                f'มีข้อความ "{params["keyword"]}" ก่อนถึงบรรทัดสุดท้าย',
                (start, end),
            )
    if not found:
        return lacks(params["keyword"], "the last line", "บรรทัดสุดท้าย", last.at)
    return at_least(len(answer.placed_lines), 2, LINES)


def _amend_only_last_line(text: str, params: Params, filler: str) -> str:
    lines, _ = _amend_nth(text, 2, filler)
    *before, last = [*lines] if lines[-1].strip() else "\n".join(lines).rstrip().split("\n")
    before = [matcher(params["keyword"]).sub("", line).strip() or filler if line.strip() else line for line in before]
    held = matcher(params["keyword"]).search(last)
    return "\n".join([*before, last if held else f"{last} {params['keyword']}"])


def _check_not_first_line(answer: Answer, params: Params) -> Verdict:
    found = places(answer, params["keyword"])
    if not found:
        return lacks(params["keyword"], "the answer", "คำตอบ", None)
    if matcher(params["keyword"]).search(answer.placed_lines[0].text):
        return fail(
            f"{params['keyword']!r} stands in the first line", f'มีข้อความ "{params["keyword"]}" ในบรรทัดแรก', found[0]
        )
    return PASS


def _amend_not_first_line(text: str, params: Params, filler: str) -> str:
    lines, second = _amend_nth(text, 2, filler)
    first = next(index for index, line in enumerate(lines) if line.strip())
    lines[first] = matcher(params["keyword"]).sub("", lines[first]).strip() or filler
    if not matcher(params["keyword"]).search("\n".join(lines)):
        lines[second] += f" {params['keyword']}"
    return "\n".join(lines)


# paragraphs


def _draw_nth_paragraph_starts(rng: random.Random, context: DrawContext) -> dict[str, Any]:
    paragraphs = rng.randint(2, 4)
    return {
        "paragraphs": paragraphs,
        "paragraph": rng.randint(2, paragraphs),
        "phrase": rng.choice(_CONTINUATIONS[:4]),
    }


def _paragraph_among_them(params: Params) -> str | None:
    """There must be such a paragraph.

    >>> _paragraph_among_them({"paragraphs": 2, "paragraph": 3, "phrase": "ที่สำคัญ"})
    "field 'paragraph': 3 is more than the 2 paragraphs asked for"
    >>> _paragraph_among_them({"paragraphs": 2, "paragraph": 2, "phrase": "ที่สำคัญ"}) is None
    True
    """
    number, paragraphs = params["paragraph"], params["paragraphs"]
    beyond = max(number - paragraphs, 0)
    return f"field 'paragraph': {number} is more than the {paragraphs} paragraphs asked for" if beyond else None


def _check_nth_paragraph_starts(answer: Answer, params: Params) -> Verdict:
    verdict = exactly(len(answer.paragraphs), params["paragraphs"], PARAGRAPHS)
    if not verdict.passed:
        return verdict
    block = answer.placed_paragraphs[params["paragraph"] - 1]
    if opening(params["phrase"]).match(block.text):
        return PASS
    return starts_otherwise(block, params["phrase"], f"ย่อหน้าที่ {params['paragraph']} ")


def _amend_nth_paragraph_starts(text: str, params: Params, filler: str) -> str:
    count = params["paragraphs"]
    blocks = paragraphs_of(text)
    if len(blocks) > count:
        blocks = [*blocks[: count - 1], "\n".join(blocks[count - 1 :])]
    blocks = _amend_to_count(blocks, count, filler)
    number = params["paragraph"] - 1
    blocks[number] = amend_starts_with(blocks[number], params, filler)
    return "\n\n".join(blocks)


def _draw_nth_paragraph_includes(rng: random.Random, context: DrawContext) -> dict[str, Any] | None:
    drawn = draw_keyword(rng, context)
    return {"paragraph": rng.randint(2, 3), **drawn} if drawn else None


def _check_nth_paragraph_includes(answer: Answer, params: Params) -> Verdict:
    verdict = at_least(len(answer.paragraphs), params["paragraph"], PARAGRAPHS)
    if not verdict.passed:
        return verdict
    block = answer.placed_paragraphs[params["paragraph"] - 1]
    if matcher(params["keyword"]).search(block.text):
        return PASS
    number = params["paragraph"]
    return lacks(params["keyword"], f"paragraph {number}", f"ย่อหน้าที่ {number}", block.at)


def _amend_nth_paragraph_includes(text: str, params: Params, filler: str) -> str:
    blocks = _amend_to_count(paragraphs_of(text), params["paragraph"], filler)
    number = params["paragraph"] - 1
    blocks[number] = _amend_held(blocks[number], params["keyword"])
    return "\n\n".join(blocks)


def _amend_held(text: str, keyword: str) -> str:
    return text if matcher(keyword).search(text) else with_more(text, keyword, 1)


def _check_every_paragraph_includes(answer: Answer, params: Params) -> Verdict:
    for block in answer.placed_paragraphs:
        if not matcher(params["keyword"]).search(block.text):
            return lacks(params["keyword"], "this paragraph", "ย่อหน้านี้", block.at)
    return at_least(len(answer.paragraphs), 2, PARAGRAPHS)


def _amend_every_paragraph_includes(text: str, params: Params, filler: str) -> str:
    blocks = _amend_to_count(paragraphs_of(text), 2, filler)
    return "\n\n".join(_amend_held(block, params["keyword"]) for block in blocks)


_KEYWORD = {"keyword": text_value()}
_PHRASE = {"phrase": text_value()}
_PAIR = {"first": text_value(), "second": text_value()}
_NUMBER = whole_number(maximum=50)
_DATA = frozenset({"json", "yaml", "csv"})
_SHAPES = _DATA | {"layout", "poetry"}
_SHOWN = shown_texts()

TYPES = (
    ConstraintType("keywords.pair_same_line", _PAIR, draw_pair, _check_pair_same_line, _amend_pair_same_line,
                   rank=1, weight=0.5, conflicts=_DATA, consistent=pair_apart, shown=_SHOWN),
    ConstraintType("keywords.nth_line_starts", {"line": _NUMBER, **_PHRASE}, _draw_nth_line_starts,
                   _check_nth_line_starts, _amend_nth_line_starts, rank=3, weight=0.5, conflicts=_SHAPES, shown=_SHOWN),
    ConstraintType("keywords.every_line_includes", _KEYWORD, draw_keyword, _check_every_line_includes,
                   _amend_every_line_includes, weight=0.5, conflicts=_SHAPES, shown=_SHOWN),
    ConstraintType("keywords.only_last_line", _KEYWORD, draw_keyword, _check_only_last_line, _amend_only_last_line,
                   weight=0.5, conflicts=_SHAPES, shown=_SHOWN),
    ConstraintType("keywords.not_first_line", _KEYWORD, draw_keyword, _check_not_first_line, _amend_not_first_line,
                   weight=0.5, conflicts=_DATA, shown=_SHOWN),
    ConstraintType("keywords.nth_paragraph_starts", {"paragraphs": _NUMBER, "paragraph": _NUMBER, **_PHRASE},
                   _draw_nth_paragraph_starts, _check_nth_paragraph_starts, _amend_nth_paragraph_starts,
                   rank=3, weight=0.5, conflicts=_SHAPES, consistent=_paragraph_among_them, shown=_SHOWN),
    ConstraintType("keywords.nth_paragraph_includes", {"paragraph": _NUMBER, **_KEYWORD},
                   _draw_nth_paragraph_includes, _check_nth_paragraph_includes, _amend_nth_paragraph_includes,
                   weight=0.5, conflicts=_SHAPES, shown=_SHOWN),
    ConstraintType("keywords.every_paragraph_includes", _KEYWORD, draw_keyword, _check_every_paragraph_includes,
                   _amend_every_paragraph_includes, weight=0.5, conflicts=_SHAPES, shown=_SHOWN),
)  # fmt: skip
