"""Where the texts of an answer stand: at an end, in an order, in a line or paragraph, in bold, quotes or a heading.

Texts are found as in `keywords`. A line is one that holds something; paragraphs are parted by blank lines. What
starts or ends something may stand in quotation marks and in bold, and closing punctuation may follow the end, but a
list number, a bullet, a heading mark or an emoji before or after it is something else and fails. Bold and headings
are Markdown, looked for outside code.
"""

from __future__ import annotations

import itertools
import random
from functools import lru_cache
from typing import Any

import regex

from constraints.answer import Answer, Line
from constraints.constraint_type import ConstraintType, DrawContext, Params, text_value, texts_value, whole_number
from constraints.families.keywords import (
    draw_apart,
    draw_keyword,
    draw_pair,
    expression,
    matcher,
    pair_apart,
    places,
    shown_texts,
    with_more,
)
from constraints.text import plain
from constraints.verdict import PASS, Span, Verdict, fail

__all__ = ["TYPES", "amend_starts_with", "lacks", "opening", "starts_otherwise"]

_OPENINGS = ("ขอเริ่มจาก", "ก่อนอื่น", "โดยทั่วไปแล้ว", "หลายคนอาจสงสัยว่า")
_CLOSINGS = ("ขอให้โชคดี", "หวังว่าจะเป็นประโยชน์", "ลองทำตามดูนะ")
_BOLD = regex.compile(r"\*\*(?!\s)(.{1,1000}?)(?<!\s)\*\*")
_CODE_SPAN = regex.compile(r"`[^`\n]+`")
_QUOTES = regex.compile(r'"([^"\n]*)"')
_HEADING = regex.compile(r"^ {0,3}#{1,6}[ \t]")


@lru_cache(maxsize=4096)
def opening(phrase: str) -> regex.Pattern[str]:
    return regex.compile(rf"""[\s"']*?{expression(phrase)}""")


@lru_cache(maxsize=4096)
def _closing(phrase: str) -> regex.Pattern[str]:
    return regex.compile(rf"""{expression(phrase)}[\s.!?…~"')\]}}ฯ]*\Z""")


@lru_cache(maxsize=4096)
def _close_together(first: str, second: str, characters: int) -> regex.Pattern[str]:
    one, other, between = expression(first), expression(second), rf"[\s\S]{{0,{characters}}}?"
    return regex.compile(f"{one}{between}{other}|{other}{between}{one}")


def lacks(keyword: str, english: str, thai: str, at: Span | None) -> Verdict:
    return fail(f"no {keyword!r} in {english}", f'ไม่มีข้อความ "{keyword}" ใน{thai}', at)


# at the ends of the answer


def _draw_starts_with(rng: random.Random, context: DrawContext) -> dict[str, Any]:
    return {"phrase": rng.choice(_OPENINGS)}


def _check_starts_with(answer: Answer, params: Params) -> Verdict:
    if opening(params["phrase"]).match(answer.text):
        return PASS
    return starts_otherwise(Line(answer.text, (0, len(answer.text))), params["phrase"], "คำตอบ")


def starts_otherwise(piece: Line, phrase: str, thai: str) -> Verdict:
    start, shown = piece.at[0], piece.text[:20]
    return fail(f"begins with {shown!r}", f'{thai}ขึ้นต้นด้วย "{shown}" ไม่ใช่ "{phrase}"', (start, start + len(shown)))


def amend_starts_with(text: str, params: Params, filler: str) -> str:
    return text if opening(params["phrase"]).match(text) else f"{params['phrase']} {text}"


def _draw_ends_with(rng: random.Random, context: DrawContext) -> dict[str, Any]:
    return {"phrase": rng.choice(_CLOSINGS)}


def _check_ends_with(answer: Answer, params: Params) -> Verdict:
    if _closing(params["phrase"]).search(answer.text):
        return PASS
    tail, end = answer.text[-20:], len(answer.text)
    return fail(f"ends with {tail!r}", f'คำตอบจบด้วย "{tail}" ไม่ใช่ "{params["phrase"]}"', (end - len(tail), end))


def _amend_ends_with(text: str, params: Params, filler: str) -> str:
    return text if _closing(params["phrase"]).search(text) else f"{text} {params['phrase']}"


# beside one another


def _prefix_comes_first(params: Params) -> str | None:
    """A text that begins an earlier one cannot first appear after it.

    >>> _prefix_comes_first({"keywords": ["ข้าวผัด", "ข้าว"]})
    "field 'keywords': 'ข้าว' begins 'ข้าวผัด', so it cannot first appear after it"
    """
    for before, after in itertools.combinations(params["keywords"], 2):
        if matcher(after).match(plain(before)):
            return f"field 'keywords': {after!r} begins {before!r}, so it cannot first appear after it"
    return None


def _draw_order(rng: random.Random, context: DrawContext) -> dict[str, Any] | None:
    chosen = draw_apart(rng, context, 3)
    return {"keywords": chosen} if chosen else None


def _check_order(answer: Answer, params: Params) -> Verdict:
    found = [(keyword, matcher(keyword).search(answer.text)) for keyword in params["keywords"]]
    missing = [keyword for keyword, place in found if place is None]
    if missing:
        return fail(f"missing {', '.join(missing)}", f"ไม่มีข้อความ {', '.join(missing)}")
    spans = [(keyword, place.span()) for keyword, place in found if place]
    for (before, first), (after, second) in itertools.pairwise(spans):
        if second[0] <= first[0]:
            return fail(
                f"{after!r} first appears before {before!r}",
                f'"{after}" ปรากฏครั้งแรกก่อน "{before}" ไม่เป็นไปตามลำดับ',
                second,
            )
    return PASS


def _amend_order(text: str, params: Params, filler: str) -> str:
    if _check_order(Answer(text), params).passed:
        return text
    for keyword in params["keywords"]:
        text = matcher(keyword).sub("", text)
    return with_more(text, " ".join(params["keywords"]), 1)


def _draw_near(rng: random.Random, context: DrawContext) -> dict[str, Any] | None:
    pair = draw_pair(rng, context)
    return {**pair, "characters": rng.choice((10, 20, 30, 50))} if pair else None


def _check_near(answer: Answer, params: Params) -> Verdict:
    first, second, characters = params["first"], params["second"], params["characters"]
    if _close_together(first, second, characters).search(answer.text):
        return PASS
    return fail(
        f"{first!r} and {second!r} nowhere within {characters} characters of each other",
        f'ไม่มีจุดใดที่ "{first}" กับ "{second}" ห่างกันไม่เกิน {characters} ตัวอักษร',
    )


def _amend_near(text: str, params: Params, filler: str) -> str:
    if _close_together(params["first"], params["second"], params["characters"]).search(text):
        return text
    return with_more(text, f"{params['first']} {params['second']}", 1)


# marks


def _bold_pieces(answer: Answer) -> list[str]:
    """What stands in **bold**, outside code fences and code spans."""
    return _BOLD.findall(_CODE_SPAN.sub("`", "\n".join(answer.lines_outside_code)))


def _check_bold(answer: Answer, params: Params) -> Verdict:
    held = matcher(params["keyword"])
    if any(held.search(plain(piece)) for piece in _bold_pieces(answer)):
        return PASS
    return _unmarked(answer, params["keyword"], "in bold", "ที่เป็นตัวหนา")


def _unmarked(answer: Answer, keyword: str, english: str, thai: str) -> Verdict:
    """The text without the mark it should have, shown where it first stands."""
    place = next(iter(places(answer, keyword)), None)
    return fail(f"no {keyword!r} {english}", f'ไม่มีข้อความ "{keyword}" {thai}', place)


def _amend_bold(text: str, params: Params, filler: str) -> str:
    return _amend_marked(text, params["keyword"], "**")


def _amend_marked(text: str, keyword: str, mark: str) -> str:
    marked = f"{mark}{keyword}{mark}"
    if marked in text:
        return text
    if matcher(keyword).search(text):
        return matcher(keyword).sub(lambda _: marked, text, count=1)
    return with_more(text, marked, 1)


def _check_quoted(answer: Answer, params: Params) -> Verdict:
    held = matcher(params["keyword"])
    if any(held.fullmatch(piece.strip()) for piece in _QUOTES.findall(answer.text)):
        return PASS
    return _unmarked(answer, params["keyword"], "in quotation marks", "ในเครื่องหมายอัญประกาศ")


def _amend_quoted(text: str, params: Params, filler: str) -> str:
    return _amend_marked(text, params["keyword"], '"')


def _check_heading_includes(answer: Answer, params: Params) -> Verdict:
    held = matcher(params["keyword"])
    if any(_HEADING.match(line) and held.search(plain(line)) for line in answer.lines_outside_code):
        return PASS
    return _unmarked(answer, params["keyword"], "in a heading", "ในบรรทัดหัวข้อ")


def _amend_heading_includes(text: str, params: Params, filler: str) -> str:
    lines = text.split("\n")
    headings = [index for index, line in enumerate(lines) if _HEADING.match(line)]
    if not headings:
        return f"# {params['keyword']}\n{text}"
    if not any(matcher(params["keyword"]).search(lines[index]) for index in headings):
        lines[headings[0]] += f" {params['keyword']}"
    return "\n".join(lines)


_KEYWORD = {"keyword": text_value()}
_PHRASE = {"phrase": text_value()}
_PAIR = {"first": text_value(), "second": text_value()}
_DATA = frozenset({"json", "yaml", "csv"})
_SHAPES = _DATA | {"layout", "poetry"}
_SHOWN = shown_texts()

TYPES = (
    ConstraintType("keywords.starts_with", _PHRASE, _draw_starts_with, _check_starts_with, amend_starts_with,
                   rank=3, conflicts=_SHAPES, shown=_SHOWN),
    ConstraintType("keywords.ends_with", _PHRASE, _draw_ends_with, _check_ends_with, _amend_ends_with,
                   rank=3, weight=0.5, conflicts=_SHAPES | {"particles"}, shown=_SHOWN),
    ConstraintType("keywords.order", {"keywords": texts_value(2)}, _draw_order, _check_order, _amend_order,
                   rank=1, weight=0.5, consistent=_prefix_comes_first, shown=shown_texts(" แล้วจึง ", " then ")),
    ConstraintType("keywords.near", {**_PAIR, "characters": whole_number(maximum=1000)}, _draw_near, _check_near,
                   _amend_near, rank=1, weight=0.5, consistent=pair_apart, shown=_SHOWN),
    ConstraintType("keywords.bold", _KEYWORD, draw_keyword, _check_bold, _amend_bold,
                   weight=0.5, conflicts=_DATA, shown=_SHOWN),
    ConstraintType("keywords.quoted", _KEYWORD, draw_keyword, _check_quoted, _amend_quoted,
                   weight=0.5, conflicts=_DATA, shown=_SHOWN),
    ConstraintType("keywords.heading_includes", _KEYWORD, draw_keyword, _check_heading_includes,
                   _amend_heading_includes, weight=0.5, conflicts=_DATA | {"poetry"}, shown=_SHOWN),
)  # fmt: skip
