"""How words are written: full or abbreviated, spelled right, borrowed the Royal Society's way, doubled with ๆ.

Forms are literal texts that every phrasing quotes. A right form inside a wrong one (อนุญาต in อนุญาติ) does not count as
right, nor a wrong one inside a right one as wrong. An abbreviation counts with its full stops just as quoted and
not inside a longer one (รพ. in รพ.สต.). Doubled words are looked for at word boundaries of both engines.
Words to draw from are in orthography_tables; any other pair can be given as parameters.
"""

from __future__ import annotations

import random
from functools import lru_cache
from itertools import accumulate
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
)
from constraints.families.orthography_tables import (
    ABBREVIATIONS,
    DOUBLED,
    LOANWORDS,
    MISSPELLINGS,
    SPELLINGS,
    different_spellings,
    no_mark_in_it,
    two_forms,
)
from constraints.text import normalise, plain
from constraints.verdict import PASS, Verdict, fail, undecided

__all__ = ["TYPES"]

_THAI = regex.compile(r"\p{Thai}")


def _literal(text: str) -> str:
    return plain(normalise(text))


def _draw_from(rng: random.Random, pairs: tuple[tuple[str, str], ...], context: DrawContext) -> tuple[str, str]:
    """A pair that the prompt mentions, where there is one."""
    near = [pair for pair in pairs if any(form in context.prompt for form in pair)]
    return rng.choice(near or pairs)


def _found(text: str, what: str) -> str:
    return f'พบ{what} "{text}"'


def _missing(text: str) -> Verdict:
    return fail(f"no {text!r}", f'ไม่มี "{text}" ในคำตอบ')


# abbreviations


def _draw_abbreviation(rng: random.Random, context: DrawContext) -> dict[str, Any]:
    short, full = _draw_from(rng, ABBREVIATIONS, context)
    return {"short": short, "full": full}


@lru_cache(maxsize=1024)
def _abbreviation(short: str) -> regex.Pattern[str]:
    """`short` as quoted, not inside a longer abbreviation (รพ. in รพ.สต.; ม. in กทม. where a full stop precedes)."""
    return regex.compile(rf"(?<!\p{{Thai}}\.){regex.escape(_literal(short))}(?!\p{{Thai}}{{1,3}}\.)")


@lru_cache(maxsize=1024)
def _careless(short: str) -> regex.Pattern[str]:
    """The letters of `short` with other full stops or blanks: พรบ. or พ. ร. บ. for พ.ร.บ."""
    letters = r"\.?\s?".join(map(regex.escape, _literal(short).replace(".", "").replace(" ", "")))
    return regex.compile(rf"(?<![\p{{Thai}}.]){letters}(?!\p{{Thai}})")


def _check_abbreviation_full(answer: Answer, params: Params) -> Verdict:
    short = _abbreviation(params["short"]).search(answer.text)
    if short:
        if _inside_a_word(answer, short):
            return _perhaps(short)
        return fail(f"{short.group()!r} is used", _found(short.group(), "อักษรย่อ"), short.span())
    careless = _careless(params["short"]).search(answer.text)
    if careless:
        return _perhaps(careless)
    return PASS if answer.find(_literal(params["full"])) else _missing(params["full"])


def _perhaps(found: regex.Match[str]) -> Verdict:
    return undecided(
        f"{found.group()!r} may be the abbreviation", f'ไม่แน่ว่า "{found.group()}" เป็นอักษรย่อคำนี้หรือไม่', found.span()
    )


def _inside_a_word(answer: Answer, found: regex.Match[str]) -> bool:
    """One or two letters right after a Thai letter may end a longer abbreviation or word (ที่รพ. or ครพ.)."""
    before = answer.text[found.start() - 1 : found.start()]
    return len(found.group().replace(".", "")) <= 2 and _THAI.match(before) is not None


def _amend_abbreviation_full(text: str, params: Params, filler: str) -> str:
    text = text.replace(params["short"], params["full"])
    return text if params["full"] in text else f"{text} {params['full']}"


def _check_abbreviation_short(answer: Answer, params: Params) -> Verdict:
    full = answer.find(_literal(params["full"]))
    if full:
        return fail(f"{params['full']!r} is used", _found(params["full"], "คำเต็ม"), full)
    found = list(_abbreviation(params["short"]).finditer(answer.text))
    if not found:
        return _missing(params["short"])
    return _perhaps(found[0]) if all(_inside_a_word(answer, match) for match in found) else PASS


def _amend_abbreviation_short(text: str, params: Params, filler: str) -> str:
    text = text.replace(params["full"], params["short"])
    return text if params["short"] in text else f"{text} {params['short']}"


@lru_cache(maxsize=1024)
def _introduced(short: str, full: str) -> regex.Pattern[str]:
    return regex.compile(rf"{regex.escape(_literal(full))}\s?\(\s?{regex.escape(_literal(short))}\s?\)")


def _check_abbreviation_introduced(answer: Answer, params: Params) -> Verdict:
    introduced = _introduced(params["short"], params["full"]).search(answer.text)
    if not introduced:
        wanted = f"{params['full']} ({params['short']})"
        return fail(f"no {wanted!r}", f'ไม่มี "{wanted}" ในคำตอบ')
    first = answer.find(_literal(params["full"]))
    if first and first[0] < introduced.start():
        return fail("the first full form has no abbreviation after it", "คำเต็มแห่งแรกไม่มีอักษรย่อในวงเล็บต่อท้าย", first)
    short = _abbreviation(params["short"]).search(answer.text, 0, introduced.start())
    if short:
        if _inside_a_word(answer, short):
            return _perhaps(short)
        return fail("the abbreviation comes before it is introduced", "ใช้อักษรย่อก่อนเขียนคำเต็ม", short.span())
    return PASS


def _amend_abbreviation_introduced(text: str, params: Params, filler: str) -> str:
    first = f"{params['full']} ({params['short']})"
    return text if first in text else f"{first} {text}"


# spelling


def _draw_spelling(rng: random.Random, context: DrawContext) -> dict[str, Any]:
    right, wrong = _draw_from(rng, SPELLINGS, context)
    return {"right": right, "wrong": wrong}


def _draw_loanword(rng: random.Random, context: DrawContext) -> dict[str, Any]:
    right, wrong = _draw_from(rng, LOANWORDS, context)
    return {"right": right, "wrong": wrong}


def _check_spelling(answer: Answer, params: Params) -> Verdict:
    right, wrong = _literal(params["right"]), _literal(params["wrong"])
    text = answer.text
    if wrong in right:
        text = text.replace(right, "\0" * len(right))
    place = text.find(wrong)
    if place >= 0:
        return fail(f"{wrong!r} is used", _found(wrong, "รูปสะกด"), (place, place + len(wrong)))
    return PASS if right in answer.text else _missing(right)


def _amend_spelling(text: str, params: Params, filler: str) -> str:
    right, wrong = params["right"], params["wrong"]
    if wrong not in right:
        text = text.replace(wrong, right)
    return text if right in text else f"{text} {right}"


def _draw_misspellings(rng: random.Random, context: DrawContext) -> dict[str, Any]:
    return {"words": rng.sample(MISSPELLINGS, rng.randint(3, 5))}


def _shown_misspellings(params: Params, lang: Language) -> dict[str, str]:
    return {"words": quoted_list(params["words"], " " if lang == "th" else ", ")}


def _check_misspellings_none(answer: Answer, params: Params) -> Verdict:
    for word in params["words"]:
        found = answer.find(_literal(word))
        if found:
            return fail(f"{word!r} is used", _found(word, "คำสะกดผิด"), found)
    return PASS


def _amend_misspellings(text: str, params: Params, filler: str) -> str:
    for word in params["words"]:
        text = text.replace(word, filler)
    return text


# doubled words


def _draw_doubled(rng: random.Random, context: DrawContext) -> dict[str, Any]:
    return {"word": rng.choice(DOUBLED)}


@lru_cache(maxsize=1024)
def _marked(word: str) -> regex.Pattern[str]:
    return regex.compile(rf"{regex.escape(_literal(word))}[^\S\n]?ๆ")


@lru_cache(maxsize=1024)
def _written_twice(word: str) -> regex.Pattern[str]:
    return regex.compile(rf"{regex.escape(_literal(word))}(?P<blank>[^\S\n]?){regex.escape(_literal(word))}")


def _check_reduplication(answer: Answer, params: Params) -> Verdict:
    if not _marked(params["word"]).search(answer.text):
        return _missing(f"{params['word']} ๆ")
    return answer.by_both_engines(lambda engine: _doubled_by(answer, params["word"], engine))


def _doubled_by(answer: Answer, word: str, engine: str) -> Verdict:
    starts = {0, *accumulate(map(len, answer.tokens(engine)))}
    for twice in _written_twice(word).finditer(answer.text):
        if starts.issuperset(twice.span()):
            return _written_out(answer, twice)
    if any(match.start() in starts for match in _marked(word).finditer(answer.text)):
        return PASS
    return _missing(f"{word} ๆ")


_COMPARED = regex.compile(r"กว่า|ที่สุด|ขึ้น|ลง|เกิน")


def _written_out(answer: Answer, twice: regex.Match[str]) -> Verdict:
    if _COMPARED.match(answer.text, twice.end()):
        return undecided("two phrases may meet (ห้องใหญ่ใหญ่กว่า)", "อาจเป็นสองวลีที่มาชนกัน", twice.span())
    if twice["blank"]:
        return undecided("the word stands twice, a blank between", "มีคำเดียวกันสองครั้งโดยเว้นวรรคคั่น", twice.span())
    return fail(f"{twice.group()!r} is written out", f'เขียน "{twice.group()}" แทนการใช้ไม้ยมก', twice.span())


def _amend_reduplication(text: str, params: Params, filler: str) -> str:
    word = params["word"]
    text = text.replace(word * 2, f"{word} ๆ")
    return text if f"{word} ๆ" in text else f"{text} {word} ๆ"


_ALONE = frozenset({"orthography"})
_FORMS = {"short": text_value(20), "full": text_value()}
_PAIR = {"right": text_value(60), "wrong": text_value(60)}

TYPES = (
    ConstraintType("orthography.abbreviation_full", _FORMS, _draw_abbreviation, _check_abbreviation_full,
                   _amend_abbreviation_full, rank=1, conflicts=_ALONE, consistent=two_forms, thai=True),
    ConstraintType("orthography.abbreviation_short", _FORMS, _draw_abbreviation, _check_abbreviation_short,
                   _amend_abbreviation_short, rank=1, weight=0.5, conflicts=_ALONE, consistent=two_forms, thai=True),
    ConstraintType("orthography.abbreviation_introduced", _FORMS, _draw_abbreviation, _check_abbreviation_introduced,
                   _amend_abbreviation_introduced, rank=1, conflicts=_ALONE, consistent=two_forms, thai=True),
    ConstraintType("orthography.spelling", _PAIR, _draw_spelling, _check_spelling, _amend_spelling,
                   rank=1, conflicts=_ALONE, consistent=different_spellings, thai=True),
    ConstraintType("orthography.loanword_spelling", _PAIR, _draw_loanword, _check_spelling, _amend_spelling,
                   rank=1, conflicts=_ALONE, consistent=different_spellings, thai=True),
    ConstraintType("orthography.misspellings_none", {"words": texts_value()}, _draw_misspellings,
                   _check_misspellings_none, _amend_misspellings, rank=3, conflicts=_ALONE,
                   shown=_shown_misspellings, thai=True),
    ConstraintType("orthography.reduplication_written", {"word": text_value(30)}, _draw_doubled, _check_reduplication,
                   _amend_reduplication, rank=1, conflicts=_ALONE, consistent=no_mark_in_it, thai=True),
)  # fmt: skip
