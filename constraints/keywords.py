"""Which words an answer holds, how often, in which order and at which end.

Keywords are normalised literal substrings, never regular expressions. Where an instruction says "word"
(คำว่า ... เป็นคำเดี่ยว), the match must not lie inside a longer word by the word engines; where it says "text",
a substring is enough. Latin letters compare without case.
"""

from __future__ import annotations

import itertools
import random
from typing import Any

from constraints.answer import Answer
from constraints.constraint_type import ConstraintType, DrawContext, Language, Params, whole_number
from constraints.segment import ENGINES
from constraints.text import normalise, plain
from constraints.verdict import PASS, Verdict, fail, undecided

__all__ = ["TYPES"]

# Everyday words that a writer can do without; a lipogram on them is a task, not a trap.
_AVOIDABLE = ("มาก", "สำคัญ", "ดีที่สุด", "เพราะว่า", "อย่างไรก็ตาม", "นอกจากนี้")
_OPENINGS = ("ขอเริ่มจาก", "ก่อนอื่น", "โดยทั่วไปแล้ว", "หลายคนอาจสงสัยว่า")
_CLOSINGS = ("ขอให้โชคดี", "หวังว่าจะเป็นประโยชน์", "ลองทำตามดูนะ")
_OPENING_MARKS = " \"'"
_CLOSING_MARKS = " \n.!?…\"')]}ฯ"


def _literal(keyword: str) -> str:
    return plain(normalise(keyword)).casefold()


def _count(answer: Answer, keyword: str) -> int:
    return answer.text.casefold().count(_literal(keyword))


def _draw_include(rng: random.Random, context: DrawContext) -> dict[str, Any] | None:
    return {"keyword": rng.choice(context.keywords)} if context.keywords else None


def _describe_include(params: Params, lang: Language) -> str:
    if lang == "th":
        return f'ต้องมีข้อความว่า "{params["keyword"]}" อยู่ในคำตอบ'
    return f'Include the text "{params["keyword"]}" in the answer.'


def _check_include(answer: Answer, params: Params) -> Verdict:
    return PASS if _count(answer, params["keyword"]) >= 1 else fail(f"no {params['keyword']!r}")


def _draw_include_all(rng: random.Random, context: DrawContext) -> dict[str, Any] | None:
    if len(context.keywords) < 2:
        return None
    first, second = rng.sample(context.keywords, 2)
    return {"keywords": [first, second]} if first != second else None


def _quoted_list(keywords: list[str], joiner: str) -> str:
    return joiner.join(f'"{keyword}"' for keyword in keywords)


def _describe_include_all(params: Params, lang: Language) -> str:
    if lang == "th":
        return f"คำตอบต้องมีข้อความต่อไปนี้ครบทุกข้อความ: {_quoted_list(params['keywords'], ' และ ')}"
    return f"Include all of these texts: {_quoted_list(params['keywords'], ' and ')}."


def _check_include_all(answer: Answer, params: Params) -> Verdict:
    missing = [keyword for keyword in params["keywords"] if _count(answer, keyword) == 0]
    return fail(f"missing {', '.join(missing)}") if missing else PASS


def _draw_exclude(rng: random.Random, context: DrawContext) -> dict[str, Any]:
    return {"keyword": rng.choice(_AVOIDABLE)}


def _describe_exclude(params: Params, lang: Language) -> str:
    if lang == "th":
        return f'ห้ามมีข้อความว่า "{params["keyword"]}" ในคำตอบ'
    return f'Do not use the text "{params["keyword"]}" anywhere.'


def _check_exclude(answer: Answer, params: Params) -> Verdict:
    found = _count(answer, params["keyword"])
    return PASS if found == 0 else fail(f"{params['keyword']!r} appears {found} times")


def _draw_frequency(rng: random.Random, context: DrawContext) -> dict[str, Any] | None:
    if not context.keywords:
        return None
    return {"keyword": rng.choice(context.keywords), "minimum": 2}


def _describe_frequency(params: Params, lang: Language) -> str:
    if lang == "th":
        return f'ใช้ข้อความว่า "{params["keyword"]}" อย่างน้อย {params["minimum"]} ครั้ง'
    return f'Use the text "{params["keyword"]}" at least {params["minimum"]} times.'


def _check_frequency(answer: Answer, params: Params) -> Verdict:
    found = _count(answer, params["keyword"])
    return PASS if found >= params["minimum"] else fail(f"{found} times, at least {params['minimum']}")


def _draw_include_word(rng: random.Random, context: DrawContext) -> dict[str, Any] | None:
    return {"word": rng.choice(context.keywords)} if context.keywords else None


def _describe_include_word(params: Params, lang: Language) -> str:
    if lang == "th":
        return f'ต้องใช้คำว่า "{params["word"]}" เป็นคำเดี่ยว ไม่ใช่เป็นส่วนหนึ่งของคำอื่นที่ยาวกว่า'
    return f'Use the word "{params["word"]}" as a word of its own, not inside a longer word.'


def _check_include_word(answer: Answer, params: Params) -> Verdict:
    if _count(answer, params["word"]) == 0:
        return fail(f"no {params['word']!r}")
    found = [_stands_alone(answer.tokens(engine), _literal(params["word"])) for engine in ENGINES]
    if found[0] != found[1]:
        return undecided("word engines disagree on where the words end")
    return PASS if found[0] else fail(f"{params['word']!r} only inside a longer word")


def _stands_alone(tokens: tuple[str, ...], word: str) -> bool:
    """Whether `word` starts and ends on token boundaries somewhere (it may span several tokens)."""
    for start in range(len(tokens)):
        joined = ""
        for token in tokens[start:]:
            joined += token.casefold()
            if len(joined) >= len(word):
                break
        if joined == word:
            return True
    return False


def _draw_order(rng: random.Random, context: DrawContext) -> dict[str, Any] | None:
    if len(context.keywords) < 2:
        return None
    first, second = rng.sample(context.keywords, 2)
    if _literal(second) in _literal(first):  # ข้าว cannot first appear after ข้าวผัด
        first, second = second, first
    return {"keywords": [first, second]} if _literal(first) != _literal(second) else None


def _describe_order(params: Params, lang: Language) -> str:
    if lang == "th":
        return f"คำตอบต้องมีข้อความเหล่านี้ครบ และปรากฏครั้งแรกตามลำดับนี้: {_quoted_list(params['keywords'], ' แล้วจึง ')}"
    return f"Include these texts, first appearing in this order: {_quoted_list(params['keywords'], ' then ')}."


def _check_order(answer: Answer, params: Params) -> Verdict:
    text = answer.text.casefold()
    places = [text.find(_literal(keyword)) for keyword in params["keywords"]]
    if min(places) < 0:
        return fail("missing " + ", ".join(k for k, p in zip(params["keywords"], places, strict=True) if p < 0))
    ordered = all(before < after for before, after in itertools.pairwise(places))
    return PASS if ordered else fail("not in the order asked for")


def _draw_starts_with(rng: random.Random, context: DrawContext) -> dict[str, Any]:
    return {"phrase": rng.choice(_OPENINGS)}


def _describe_starts_with(params: Params, lang: Language) -> str:
    if lang == "th":
        return f'ขึ้นต้นคำตอบด้วยข้อความว่า "{params["phrase"]}"'
    return f'Begin the answer with the text "{params["phrase"]}".'


def _check_starts_with(answer: Answer, params: Params) -> Verdict:
    before, found, _ = answer.text.casefold().partition(_literal(params["phrase"]))
    begins = found and not before.strip(_OPENING_MARKS)
    return PASS if begins else fail(f"begins with {answer.text[:20]!r}")


def _draw_ends_with(rng: random.Random, context: DrawContext) -> dict[str, Any]:
    return {"phrase": rng.choice(_CLOSINGS)}


def _describe_ends_with(params: Params, lang: Language) -> str:
    if lang == "th":
        return f'จบคำตอบด้วยข้อความว่า "{params["phrase"]}" โดยไม่มีข้อความอื่นต่อท้าย'
    return f'End the answer with the text "{params["phrase"]}" and nothing after it.'


def _check_ends_with(answer: Answer, params: Params) -> Verdict:
    _, found, after = answer.text.casefold().rpartition(_literal(params["phrase"]))
    ends = found and not after.strip(_CLOSING_MARKS)
    return PASS if ends else fail(f"ends with {answer.text[-20:]!r}")


# An invisible keyword would be found in every answer.
_VISIBLE = r"[^\s\u00ad\u034f\u061c\u180b-\u180f\u200b-\u200f\u202a-\u202e\u2060-\u206f\ufe00-\ufe0f\ufeff\U000e0000-\U000e0fff]"
_TEXT = {"type": "string", "pattern": _VISIBLE, "maxLength": 100}
_TEXTS = {"type": "array", "items": _TEXT, "minItems": 2, "maxItems": 10, "uniqueItems": True}

TYPES = (
    ConstraintType("keywords.include", {"keyword": _TEXT}, _draw_include, _describe_include, _check_include, weight=1.5),
    ConstraintType("keywords.include_all", {"keywords": _TEXTS}, _draw_include_all, _describe_include_all,
                   _check_include_all),
    ConstraintType("keywords.exclude", {"keyword": _TEXT}, _draw_exclude, _describe_exclude, _check_exclude,
                   conflicts=frozenset({"keywords"})),
    ConstraintType("keywords.frequency", {"keyword": _TEXT, "minimum": whole_number(maximum=100)}, _draw_frequency,
                   _describe_frequency, _check_frequency),
    ConstraintType("keywords.include_word", {"word": _TEXT}, _draw_include_word, _describe_include_word,
                   _check_include_word, weight=0.5),
    ConstraintType("keywords.order", {"keywords": _TEXTS}, _draw_order, _describe_order, _check_order, weight=0.5),
    ConstraintType("keywords.starts_with", {"phrase": _TEXT}, _draw_starts_with, _describe_starts_with,
                   _check_starts_with, conflicts=frozenset({"json", "layout"})),
    ConstraintType("keywords.ends_with", {"phrase": _TEXT}, _draw_ends_with, _describe_ends_with, _check_ends_with,
                   weight=0.5, conflicts=frozenset({"json", "layout", "particles"})),
)  # fmt: skip
