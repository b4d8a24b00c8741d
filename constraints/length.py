"""How long an answer is, in units that are decidable in Thai.

Characters, graphemes, lines, paragraphs and divided sentences are counted on the plain view (Markdown
emphasis does not count). Words only in a band and only where two engines agree. Sentences only where the
instruction itself says what divides them: Thai does not.
"""

from __future__ import annotations

import random
from typing import Any

from constraints.answer import Answer
from constraints.constraint_type import (
    ConstraintType,
    DrawContext,
    Language,
    Params,
    count_verdict,
    whole_number,
)
from constraints.segment import graphemes
from constraints.verdict import PASS, Verdict, fail

__all__ = ["TYPES"]

_SENTENCE_DIVIDER = "|"


def _band_verdict(found: int, params: Params, unit: str) -> Verdict:
    if params["minimum"] <= found <= params["maximum"]:
        return PASS
    return fail(f"{found} {unit}, wanted {params['minimum']} to {params['maximum']}")


def _draw_characters_max(rng: random.Random, context: DrawContext) -> dict[str, Any]:
    return {"maximum": rng.randrange(200, 501, 50)}


def _describe_characters_max(params: Params, lang: Language) -> str:
    if lang == "th":
        return f"คำตอบต้องยาวไม่เกิน {params['maximum']} ตัวอักษร (นับรวมสระ วรรณยุกต์ และช่องว่าง)"
    return f"Use at most {params['maximum']} characters (vowel signs, tone marks and spaces count)."


def _check_characters_max(answer: Answer, params: Params) -> Verdict:
    found = len(answer.text)
    return PASS if found <= params["maximum"] else fail(f"{found} characters, at most {params['maximum']}")


def _draw_characters_between(rng: random.Random, context: DrawContext) -> dict[str, Any]:
    minimum = rng.randrange(100, 301, 50)
    return {"minimum": minimum, "maximum": minimum + 200}


def _describe_characters_between(params: Params, lang: Language) -> str:
    low, high = params["minimum"], params["maximum"]
    if lang == "th":
        return f"คำตอบต้องยาวระหว่าง {low} ถึง {high} ตัวอักษร (นับรวมสระ วรรณยุกต์ และช่องว่าง)"
    return f"Write between {low} and {high} characters (vowel signs, tone marks and spaces count)."


def _check_characters_between(answer: Answer, params: Params) -> Verdict:
    return _band_verdict(len(answer.text), params, "characters")


def _draw_graphemes_max(rng: random.Random, context: DrawContext) -> dict[str, Any]:
    return {"maximum": rng.randrange(100, 301, 50)}


def _describe_graphemes_max(params: Params, lang: Language) -> str:
    if lang == "th":
        return f"คำตอบต้องไม่เกิน {params['maximum']} ช่องตัวอักษร (พยัญชนะพร้อมสระบนล่างและวรรณยุกต์นับเป็นหนึ่ง)"
    return f"Use at most {params['maximum']} visible characters (a consonant with its marks counts as one)."


def _check_graphemes_max(answer: Answer, params: Params) -> Verdict:
    found = len(graphemes(answer.text))
    return PASS if found <= params["maximum"] else fail(f"{found} graphemes, at most {params['maximum']}")


def _draw_words_between(rng: random.Random, context: DrawContext) -> dict[str, Any]:
    minimum = rng.randrange(30, 81, 10)
    return {"minimum": minimum, "maximum": minimum + 60}


def _describe_words_between(params: Params, lang: Language) -> str:
    if lang == "th":
        return f"ตอบให้มีความยาวระหว่าง {params['minimum']} ถึง {params['maximum']} คำ"
    return f"Answer in {params['minimum']} to {params['maximum']} words."


def _check_words_between(answer: Answer, params: Params) -> Verdict:
    return answer.by_both_engines(lambda engine: _band_verdict(len(answer.words(engine)), params, "words"))


def _draw_lines(rng: random.Random, context: DrawContext) -> dict[str, Any]:
    return {"count": rng.randint(3, 6)}


def _describe_lines(params: Params, lang: Language) -> str:
    if lang == "th":
        return f"เขียนคำตอบให้มี {params['count']} บรรทัดพอดี (ไม่นับบรรทัดว่าง)"
    return f"Write exactly {params['count']} lines (blank lines do not count)."


def _check_lines(answer: Answer, params: Params) -> Verdict:
    return count_verdict(len(answer.lines), params["count"], "lines")


def _draw_paragraphs(rng: random.Random, context: DrawContext) -> dict[str, Any]:
    return {"count": rng.randint(2, 3)}


def _describe_paragraphs(params: Params, lang: Language) -> str:
    if lang == "th":
        return f"แบ่งคำตอบเป็น {params['count']} ย่อหน้าพอดี โดยเว้นบรรทัดว่างหนึ่งบรรทัดระหว่างย่อหน้า"
    return f"Write exactly {params['count']} paragraphs with one blank line between paragraphs."


def _check_paragraphs(answer: Answer, params: Params) -> Verdict:
    return count_verdict(len(answer.paragraphs), params["count"], "paragraphs")


def _draw_divided_sentences(rng: random.Random, context: DrawContext) -> dict[str, Any]:
    return {"count": rng.randint(2, 4)}


def _describe_divided_sentences(params: Params, lang: Language) -> str:
    if lang == "th":
        return f"เขียนคำตอบ {params['count']} ประโยคพอดี โดยคั่นระหว่างประโยคด้วยเครื่องหมาย {_SENTENCE_DIVIDER}"
    return f"Write exactly {params['count']} sentences, with the mark {_SENTENCE_DIVIDER} between sentences."


def _check_divided_sentences(answer: Answer, params: Params) -> Verdict:
    parts = answer.text.split(_SENTENCE_DIVIDER)
    if not all(part.strip() for part in parts):
        return fail("a sentence between dividers is empty")
    return count_verdict(len(parts), params["count"], "sentences between dividers")


_BAND = {"minimum": whole_number(), "maximum": whole_number()}
_COUNT = {"count": whole_number(maximum=100)}
_MAXIMUM = {"maximum": whole_number()}
_SHAPES_WHOLE = frozenset({"length", "layout", "json"})

TYPES = (
    ConstraintType("length.characters_max", _MAXIMUM, _draw_characters_max, _describe_characters_max, _check_characters_max,
                   weight=1.5, conflicts=frozenset({"length"})),
    ConstraintType("length.characters_between", _BAND, _draw_characters_between, _describe_characters_between,
                   _check_characters_between, conflicts=frozenset({"length"})),
    ConstraintType("length.graphemes_max", _MAXIMUM, _draw_graphemes_max, _describe_graphemes_max, _check_graphemes_max,
                   weight=0.0, conflicts=frozenset({"length"})),
    ConstraintType("length.words_between", _BAND, _draw_words_between, _describe_words_between, _check_words_between,
                   conflicts=frozenset({"length"})),
    ConstraintType("length.lines", _COUNT, _draw_lines, _describe_lines, _check_lines, conflicts=_SHAPES_WHOLE),
    ConstraintType("length.paragraphs", _COUNT, _draw_paragraphs, _describe_paragraphs, _check_paragraphs,
                   conflicts=_SHAPES_WHOLE),
    ConstraintType("length.divided_sentences", _COUNT, _draw_divided_sentences, _describe_divided_sentences,
                   _check_divided_sentences, weight=0.5, conflicts=_SHAPES_WHOLE),
)  # fmt: skip
