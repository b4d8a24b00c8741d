"""Register by choice of words: formal for spoken, polite, royal and monastic for plain, Thai for loanwords.

A word of the tables (register_tables) stands in an answer where its letters do, unless inside a longer word that is
another one (เกิน is no กิน). A word to avoid must also begin or end a word of both engines (กินข้าว, หากิน); within
one (สลากกินแบ่ง), and in another spelling (มั๊ย), the verdict is UNDECIDED. Quoting counts as using. Judges words
only: whether the whole answer is formal, or the royal word suits the person, it does not know.
"""

from __future__ import annotations

import itertools
import random
from collections.abc import Callable, Iterable, Mapping
from functools import lru_cache
from typing import Any, NamedTuple

import regex

from constraints.answer import Answer
from constraints.constraint_type import (
    ConstraintType,
    DrawContext,
    Language,
    Params,
    draw_nothing,
    quoted_list,
    whole_number,
)
from constraints.counting import Unit, at_least
from constraints.families.register_tables import (
    COINED,
    CONNECTORS,
    FORMAL,
    GOES_ON,
    LOANS,
    MONK,
    POLITE,
    ROYAL,
    SPOKEN,
    WORDS,
)
from constraints.segment import ENGINES
from constraints.shaping import with_text
from constraints.verdict import PASS, Outcome, Span, Verdict, fail, undecided

__all__ = ["TYPES", "edges", "present"]


class _Place(NamedTuple):
    """Where a word stands: for certain, or perhaps."""

    sure: Span | None
    unsure: Span | None


def _standing(answer: Answer, word: str) -> _Place:
    """Where a word stands that could be part of another: for certain where both engines begin or end a word with it."""
    unsure = None
    for match in WORDS[word].finditer(answer.text):
        if match.lastgroup is None and all(_at_an_edge(match.span(), answer.tokens(engine)) for engine in ENGINES):
            return _Place(match.span(), unsure)
        unsure = unsure or match.span()
    return _Place(None, unsure)


def _at_an_edge(span: Span, tokens: tuple[str, ...]) -> bool:
    return not edges(tokens).isdisjoint(span)


@lru_cache(maxsize=64)
def edges(tokens: tuple[str, ...]) -> frozenset[int]:
    """Where tokens begin and end."""
    return frozenset([0, *itertools.accumulate(map(len, tokens))])


def _absent(answer: Answer, words: Iterable[str]) -> Verdict:
    doubt = PASS
    for word in words:
        place = _standing(answer, word)
        if place.sure:
            return fail(f"{word} is used", f'ใช้คำว่า "{word}"', place.sure)
        if place.unsure:
            doubt = undecided(f"{word} may be used", f'อาจถือว่าใช้คำว่า "{word}"', place.unsure)
    return doubt


def present(answer: Answer, words: Iterable[str]) -> Verdict:
    """Whether every word stands in the answer, alone or in a compound; letters across two words (เหรอ|ยาย) may not be it."""
    doubt = PASS
    for word in words:
        place = _standing(answer, word)
        if place.sure is None and place.unsure is None:
            return fail(f"no {word}", f'ไม่มีคำว่า "{word}"')
        if place.sure is None:
            doubt = undecided(f"{word} may be another word", f'"{word}" ตรงนี้อาจเป็นคำอื่น', place.unsure)
    return doubt


# one word in place of another


def _draw_plain(rng: random.Random, context: DrawContext, table: Mapping[str, str]) -> str:
    """A word that the prompt speaks of, in half of the draws where there is one."""
    near = [plain for plain in table if plain in context.prompt or table[plain] in context.prompt]
    return rng.choice(near if near and rng.random() < 0.5 else list(table))


def _replaced(answer: Answer, plain: str, wanted: str) -> Verdict:
    avoided = _absent(answer, [plain])
    if avoided.outcome is Outcome.FAIL:
        return avoided
    used = present(answer, [wanted])
    return avoided if used.passed else used


def _amended_pair(text: str, plain: str, wanted: str) -> str:
    return with_text(WORDS[plain].sub(wanted, text), wanted)


def _pair_type(name: str, plain: str, wanted: str, table: Mapping[str, str], weight: float) -> ConstraintType:
    """The parameter `plain` names the word to avoid; the table says which is wanted, phrasings show it as `wanted`."""

    def draw(rng: random.Random, context: DrawContext) -> dict[str, Any]:
        return {plain: _draw_plain(rng, context, table)}

    def check(answer: Answer, params: Params) -> Verdict:
        return _replaced(answer, params[plain], table[params[plain]])

    def amend(text: str, params: Params, filler: str) -> str:
        return _amended_pair(text, params[plain], table[params[plain]])

    def shown(params: Params, lang: Language) -> dict[str, str]:
        return {plain: params[plain], wanted: table[params[plain]]}

    return ConstraintType(
        f"register.{name}", {plain: {"enum": list(table)}}, draw, check, amend,
        rank=1, weight=weight, conflicts=_FAMILY, shown=shown, thai=True,
    )  # fmt: skip


# several words


def _shown_words(params: Params, lang: Language) -> dict[str, str]:
    shown = {name: str(value) for name, value in params.items()}
    return {**shown, "words": quoted_list(params["words"], " " if lang == "th" else ", ")}


def _draw_words(table: tuple[str, ...], fewest: int, most: int) -> Callable[..., dict[str, Any]]:
    def draw(rng: random.Random, context: DrawContext) -> dict[str, Any]:
        return {"words": rng.sample(table, rng.randint(fewest, most))}

    return draw


def _check_no_words(answer: Answer, params: Params) -> Verdict:
    return _absent(answer, params["words"])


def _amend_no_words(text: str, params: Params, filler: str) -> str:
    for word in params["words"]:
        text = WORDS[word].sub("", text)
    return text.strip() or filler


def _check_all_words(answer: Answer, params: Params) -> Verdict:
    return present(answer, params["words"])


def _amend_all_words(text: str, params: Params, filler: str) -> str:
    for word in params["words"]:
        text = with_text(text, word)
    return text


_SPOKEN_WORDS = Unit("different words of the list", "คำในรายการที่ไม่ซ้ำกัน", "คำ")


def _draw_informal(rng: random.Random, context: DrawContext) -> dict[str, Any]:
    return {"words": rng.sample(SPOKEN, rng.randint(4, 6)), "minimum": rng.randint(1, 3)}


def _check_informal(answer: Answer, params: Params) -> Verdict:
    places = [_standing(answer, word) for word in params["words"]]
    sure = sum(place.sure is not None for place in places)
    perhaps = sum(place.sure is None and place.unsure is not None for place in places)
    verdict = at_least(sure + perhaps, params["minimum"], _SPOKEN_WORDS)
    if verdict.passed and sure < params["minimum"]:
        return undecided(f"{perhaps} of the words may be others", "บางคำอาจเป็นส่วนของคำอื่นหรือสะกดต่างไป")
    return verdict


def _amend_informal(text: str, params: Params, filler: str) -> str:
    for word in params["words"][: params["minimum"]]:
        text = with_text(text, word)
    return text


def _words_of(table: Iterable[str], fewest: int, most: int) -> dict[str, Any]:
    return {"type": "array", "items": {"enum": list(table)}, "minItems": fewest, "maxItems": most, "uniqueItems": True}


_NEGATION = regex.compile(rf"ไม่|อย่า(?!ง)|ห้าม(?!{GOES_ON})")  # ห้ามื้อ is five meals


def _check_no_negation(answer: Answer, params: Params) -> Verdict:
    found = _NEGATION.search(answer.text)
    return fail(f"found {found[0]}", f'พบ "{found[0]}"', found.span()) if found else PASS


def _amend_no_negation(text: str, params: Params, filler: str) -> str:
    return _NEGATION.sub("", text).strip() or filler


_FAMILY = frozenset({"register"})

TYPES = (
    ConstraintType("register.formal", {"words": _words_of(SPOKEN, 1, 10)}, _draw_words(SPOKEN, 4, 6), _check_no_words,
                   _amend_no_words, rank=1, conflicts=_FAMILY, shown=_shown_words, thai=True),
    _pair_type("formal_word", "spoken", "written", FORMAL, 1.0),
    _pair_type("polite_word", "plain", "polite", POLITE, 0.5),
    _pair_type("royal", "plain", "royal", ROYAL, 0.25),
    _pair_type("monk", "plain", "monk", MONK, 0.25),
    _pair_type("coined", "loan", "coined", COINED, 0.5),
    ConstraintType("register.no_loan", {"words": _words_of(LOANS, 1, 10)}, _draw_words(LOANS, 3, 5), _check_no_words,
                   _amend_no_words, rank=1, weight=0.5, conflicts=_FAMILY, shown=_shown_words, thai=True),
    ConstraintType("register.informal", {"words": _words_of(SPOKEN, 3, 10), "minimum": whole_number(maximum=3)},
                   _draw_informal, _check_informal, _amend_informal, rank=1, weight=0.75,
                   conflicts=_FAMILY | {"forms"}, shown=_shown_words, thai=True),
    ConstraintType("register.connectors", {"words": _words_of(CONNECTORS, 1, 5)}, _draw_words(CONNECTORS, 2, 3),
                   _check_all_words, _amend_all_words, rank=1, weight=0.75, conflicts=_FAMILY, shown=_shown_words,
                   thai=True),
    ConstraintType("register.no_negation", {}, draw_nothing, _check_no_negation, _amend_no_negation,
                   rank=1, weight=0.5, conflicts=_FAMILY, thai=True),
)  # fmt: skip
