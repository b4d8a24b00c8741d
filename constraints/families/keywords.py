"""Which texts an answer holds and how often. Where they stand: `keyword_places`; as words: `keyword_words`.

A keyword is a normalised literal text, never a regular expression, and counts inside a longer word too; Latin
letters compare without case, occurrences do not overlap. What a reader sees is matched: a text never ends between
a Thai letter and the mark above or below it, so หนี does not stand in หนี้. A single letter is exempt: ก stands
in กิน. Does not know synonyms or other spellings.
"""

from __future__ import annotations

import itertools
import random
from collections.abc import Callable, Sequence
from functools import lru_cache
from typing import Any

import regex

from constraints.answer import Answer
from constraints.constraint_type import (
    ConstraintType,
    DrawContext,
    Language,
    Params,
    quoted_list,
    text_value,
    texts_value,
    whole_number,
)
from constraints.counting import Unit, at_least, at_most, exactly
from constraints.text import normalise, plain
from constraints.verdict import PASS, Span, Verdict, fail

__all__ = [
    "TYPES",
    "draw_apart",
    "draw_keyword",
    "draw_pair",
    "expression",
    "matcher",
    "pair_apart",
    "places",
    "shown_texts",
    "with_more",
]

# Everyday words that a writer can do without; a lipogram on them is a task, not a trap.
_AVOIDABLE = ("เยอะ", "สำคัญ", "ดีที่สุด", "เพราะว่า", "อย่างไรก็ตาม", "นอกจากนี้")
_MARK_ON_A_LETTER = "[\u0e31\u0e33-\u0e3a\u0e47-\u0e4e]"
_ANY_CASE: dict[Language, str] = {"th": " (ไม่แยกตัวพิมพ์เล็กใหญ่)", "en": " (letter case does not matter)"}


# matching


def _cased(text: str) -> bool:
    return text.lower() != text.upper()


def expression(keyword: str) -> str:
    """The regular expression of a keyword, its letters taken literally."""
    literal = plain(normalise(keyword))
    whole = f"(?!{_MARK_ON_A_LETTER})" if len(literal) > 1 else ""
    return f"({'?i' if _cased(literal) else '?'}:{regex.escape(literal)}){whole}"


@lru_cache(maxsize=4096)
def matcher(keyword: str) -> regex.Pattern[str]:
    """Finds a keyword in `Answer.text`."""
    return regex.compile(expression(keyword))


def places(answer: Answer, keyword: str) -> list[Span]:
    """Where a keyword stands, from the first to the last."""
    return [found.span() for found in matcher(keyword).finditer(answer.text)]


# parameters: words, draws, consistency


def shown_texts(th: str = " และ ", en: str = " and ") -> Callable[[Params, Language], dict[str, str]]:
    """Texts in quotes, lists joined by a word of the language; a note where letter case could be meant."""

    def shown(params: Params, lang: Language) -> dict[str, str]:
        joiner = {"th": th, "en": en}[lang]
        return {name: _shown_text(value, joiner, lang) for name, value in params.items()}

    return shown


def _shown_text(value: Any, joiner: str, lang: Language) -> str:
    if isinstance(value, int):
        return str(value)
    texts = [value] if isinstance(value, str) else value
    return quoted_list(texts, joiner) + (_ANY_CASE[lang] if any(map(_cased, texts)) else "")


def pair_apart(params: Params) -> str | None:
    """The consistency of two texts that must be told apart.

    >>> pair_apart({"first": "ข้าว", "second": "ข้าวผัด"})
    "field 'second': 'ข้าว' stands inside 'ข้าวผัด'; choose texts that can be told apart"
    """
    return _one_inside_another("second", [params["first"], params["second"]])


def _keywords_apart(params: Params) -> str | None:
    """The consistency of several texts that must be told apart.

    >>> _keywords_apart({"keywords": ["ปลา", "ข้าวผัด", "ข้าว"]})
    "field 'keywords': 'ข้าว' stands inside 'ข้าวผัด'; choose texts that can be told apart"
    >>> _keywords_apart({"keywords": ["ข้าว", "ปลา"]}) is None
    True
    """
    return _one_inside_another("keywords", params["keywords"])


def _one_inside_another(field: str, texts: Sequence[str]) -> str | None:
    for inner, outer in itertools.permutations(texts, 2):
        if matcher(inner).search(plain(normalise(outer))):
            return f"field {field!r}: {inner!r} stands inside {outer!r}; choose texts that can be told apart"
    return None


def draw_keyword(rng: random.Random, context: DrawContext) -> dict[str, Any] | None:
    """A keyword of the prompt."""
    return {"keyword": rng.choice(context.keywords)} if context.keywords else None


def draw_apart(rng: random.Random, context: DrawContext, most: int) -> list[str] | None:
    """Two to `most` keywords of the prompt, none inside another; None where there are no two."""
    chosen: list[str] = []
    for keyword in rng.sample(context.keywords, len(context.keywords)):
        clashes = [taken for taken in chosen if _one_inside_another("", [taken, keyword])]
        chosen += [] if clashes else [keyword]
    wanted = rng.randint(2, most)
    return chosen[:wanted] if chosen[1:] else None


def with_more(text: str, keyword: str, times: int) -> str:
    """`keyword` so many times more, after the first line."""
    first, mark, rest = text.partition("\n")
    return first + f" {keyword}" * times + mark + rest


# held


def _check_include(answer: Answer, params: Params) -> Verdict:
    return PASS if matcher(params["keyword"]).search(answer.text) else _lacking([params["keyword"]])


def _lacking(keywords: Sequence[str]) -> Verdict:
    return fail(f"missing {', '.join(keywords)}", f"ไม่มีข้อความ {quoted_list(keywords, ', ')}")


def _amend_include(text: str, params: Params, filler: str) -> str:
    return text if matcher(params["keyword"]).search(text) else with_more(text, params["keyword"], 1)


def _draw_include_all(rng: random.Random, context: DrawContext) -> dict[str, Any] | None:
    chosen = draw_apart(rng, context, 3)
    return {"keywords": chosen} if chosen else None


def _check_include_all(answer: Answer, params: Params) -> Verdict:
    missing = [keyword for keyword in params["keywords"] if not matcher(keyword).search(answer.text)]
    return _lacking(missing) if missing else PASS


def _amend_include_all(text: str, params: Params, filler: str) -> str:
    for keyword in params["keywords"]:
        text = _amend_include(text, {"keyword": keyword}, filler)
    return text


def _check_include_any(answer: Answer, params: Params) -> Verdict:
    if any(matcher(keyword).search(answer.text) for keyword in params["keywords"]):
        return PASS
    listed = quoted_list(params["keywords"], ", ")
    return fail(f"none of {', '.join(params['keywords'])}", f"ไม่มีข้อความใดเลยจาก {listed}")


def _amend_include_any(text: str, params: Params, filler: str) -> str:
    held = [keyword for keyword in params["keywords"] if matcher(keyword).search(text)]
    return text if held else with_more(text, params["keywords"][0], 1)


def draw_pair(rng: random.Random, context: DrawContext) -> dict[str, Any] | None:
    chosen = draw_apart(rng, context, 2)
    return {"first": chosen[0], "second": chosen[1]} if chosen else None


def _check_alternatives_one(answer: Answer, params: Params) -> Verdict:
    first, second = (matcher(params[name]).search(answer.text) for name in ("first", "second"))
    if first and second:
        return fail("both texts, wanted one of them", "มีทั้งสองข้อความ ต้องมีเพียงข้อความเดียว", second.span())
    if first or second:
        return PASS
    return fail("neither text, wanted one of them", "ไม่มีทั้งสองข้อความ ต้องมีหนึ่งข้อความ")


def _amend_alternatives_one(text: str, params: Params, filler: str) -> str:
    text = _amend_include_any(text, {"keywords": [params["first"], params["second"]]}, filler)
    return matcher(params["second"]).sub("", text) if matcher(params["first"]).search(text) else text


# left out


def _draw_exclude(rng: random.Random, context: DrawContext) -> dict[str, Any]:
    return {"keyword": rng.choice(_AVOIDABLE)}


def _check_exclude(answer: Answer, params: Params) -> Verdict:
    return _without(answer, [params["keyword"]])


def _without(answer: Answer, keywords: Sequence[str]) -> Verdict:
    for keyword in keywords:
        found = matcher(keyword).search(answer.text)
        if found:
            return fail(f"{keyword!r} stands in the answer", f'มีข้อความ "{keyword}" ซึ่งห้ามใช้', found.span())
    return PASS


def _amend_exclude(text: str, params: Params, filler: str) -> str:
    return matcher(params["keyword"]).sub("", text)


def _draw_exclude_all(rng: random.Random, context: DrawContext) -> dict[str, Any]:
    return {"keywords": rng.sample(_AVOIDABLE, rng.randint(2, 3))}


def _check_exclude_all(answer: Answer, params: Params) -> Verdict:
    return _without(answer, params["keywords"])


def _amend_exclude_all(text: str, params: Params, filler: str) -> str:
    for keyword in params["keywords"]:
        text = matcher(keyword).sub("", text)
    return text


# how often


def _times(keyword: str) -> Unit:
    return Unit(f"times {keyword!r}", f'ข้อความ "{keyword}"', "ครั้ง")


def _draw_frequency(rng: random.Random, context: DrawContext) -> dict[str, Any] | None:
    drawn = draw_keyword(rng, context)
    return {**drawn, "minimum": rng.randint(2, 3)} if drawn else None


def _check_frequency(answer: Answer, params: Params) -> Verdict:
    return at_least(len(places(answer, params["keyword"])), params["minimum"], _times(params["keyword"]))


def _amend_frequency(text: str, params: Params, filler: str) -> str:
    missing = params["minimum"] - len(matcher(params["keyword"]).findall(text))
    return with_more(text, params["keyword"], max(missing, 0))


def _draw_frequency_exact(rng: random.Random, context: DrawContext) -> dict[str, Any] | None:
    drawn = draw_keyword(rng, context)
    return {**drawn, "count": rng.randint(2, 4)} if drawn else None


def _check_frequency_exact(answer: Answer, params: Params) -> Verdict:
    return _exactly(answer, params["keyword"], params["count"])


def _exactly(answer: Answer, keyword: str, count: int) -> Verdict:
    found = places(answer, keyword)
    return exactly(len(found), count, _times(keyword), next(iter(found[count:]), None))


def _amend_frequency_exact(text: str, params: Params, filler: str) -> str:
    text = _amend_fewer(text, params["keyword"], params["count"])
    return _amend_frequency(text, {"keyword": params["keyword"], "minimum": params["count"]}, filler)


def _amend_fewer(text: str, keyword: str, maximum: int) -> str:
    for found in reversed(list(matcher(keyword).finditer(text))[maximum:]):
        text = text[: found.start()] + text[found.end() :]
    return text


def _draw_frequency_max(rng: random.Random, context: DrawContext) -> dict[str, Any] | None:
    drawn = draw_keyword(rng, context)
    return {**drawn, "maximum": rng.randint(1, 3)} if drawn else None


def _check_frequency_max(answer: Answer, params: Params) -> Verdict:
    found = places(answer, params["keyword"])
    extra = next(iter(found[params["maximum"] :]), None)
    return at_most(len(found), params["maximum"], _times(params["keyword"]), extra)


def _amend_frequency_max(text: str, params: Params, filler: str) -> str:
    return _amend_fewer(text, params["keyword"], params["maximum"])


def _check_each_once(answer: Answer, params: Params) -> Verdict:
    verdicts = (_exactly(answer, keyword, 1) for keyword in params["keywords"])
    return next((verdict for verdict in verdicts if not verdict.passed), PASS)


def _amend_each_once(text: str, params: Params, filler: str) -> str:
    for keyword in params["keywords"]:
        text = _amend_frequency_exact(text, {"keyword": keyword, "count": 1}, filler)
    return text


_KEYWORD = {"keyword": text_value()}
_PAIR = {"first": text_value(), "second": text_value()}
_TIMES = whole_number(maximum=100)
_AND, _OR, _COMMA = shown_texts(), shown_texts(" หรือ ", " or "), shown_texts(", ", ", ")

TYPES = (
    ConstraintType("keywords.include", _KEYWORD, draw_keyword, _check_include, _amend_include,
                   rank=1, weight=1.5, shown=_AND),
    ConstraintType("keywords.include_all", {"keywords": texts_value(1)}, _draw_include_all, _check_include_all,
                   _amend_include_all, rank=1, shown=_AND),
    ConstraintType("keywords.include_any", {"keywords": texts_value(2)}, _draw_include_all, _check_include_any,
                   _amend_include_any, rank=1, weight=0.5, shown=_OR),
    ConstraintType("keywords.alternatives_one", _PAIR, draw_pair, _check_alternatives_one, _amend_alternatives_one,
                   rank=1, weight=0.5, consistent=pair_apart, shown=_AND),
    ConstraintType("keywords.exclude", _KEYWORD, _draw_exclude, _check_exclude, _amend_exclude, rank=1, shown=_AND),
    ConstraintType("keywords.exclude_all", {"keywords": texts_value(2)}, _draw_exclude_all, _check_exclude_all,
                   _amend_exclude_all, rank=1, weight=0.5, shown=_COMMA),
    ConstraintType("keywords.frequency", {**_KEYWORD, "minimum": _TIMES}, _draw_frequency, _check_frequency,
                   _amend_frequency, rank=1, shown=_AND),
    ConstraintType("keywords.frequency_exact", {**_KEYWORD, "count": _TIMES}, _draw_frequency_exact,
                   _check_frequency_exact, _amend_frequency_exact, rank=1, weight=0.5, shown=_AND),
    ConstraintType("keywords.frequency_max", {**_KEYWORD, "maximum": _TIMES}, _draw_frequency_max,
                   _check_frequency_max, _amend_frequency_max, rank=1, weight=0.5, shown=_AND),
    ConstraintType("keywords.each_once", {"keywords": texts_value(2)}, _draw_include_all, _check_each_once,
                   _amend_each_once, rank=1, weight=0.5, consistent=_keywords_apart, shown=_COMMA),
)  # fmt: skip
