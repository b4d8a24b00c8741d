"""English words in a Thai answer: how many, in which letter case, in brackets, and which terms.

An English word is a run of Latin letters (digits, hyphens and apostrophes inside it do not end it), outside code and
links. Single letters and units after a number (5 kg) are words to some readers only: where the verdict depends on them
it is UNDECIDED. Whether a word is really English is not asked: Latin letters are what a reader sees.
"""

from __future__ import annotations

import random
from typing import Any

import regex

from constraints.answer import Answer
from constraints.constraint_type import ConstraintType, DrawContext, Params, draw_nothing, whole_number
from constraints.counting import Unit, at_least, at_most, in_doubt
from constraints.text import normalise, without_code
from constraints.verdict import PASS, Span, Verdict, fail

__all__ = ["TYPES"]

_LATIN = regex.compile(r"[\p{L}&&\p{Script=Latin}--[ªº]]", regex.V1)
_WORD = regex.compile(
    r"(?<![\p{Latin}\p{N}])(?P<digits>\p{N}*+)\p{Latin}[\p{Latin}\p{N}]*+(?:[-'.@_&][\p{Latin}\p{N}]++)*+"
)
_UNIT_PLACE = regex.compile(r"\p{N}[ \u00a0]?$")
_LOWER = regex.compile(r"[\p{Ll}&&\p{Latin}]+", regex.V1)
_UPPER = regex.compile(r"[\p{Lu}&&\p{Latin}]+", regex.V1)
_ENGLISH_WORDS = Unit("English words", "คำภาษาอังกฤษ", "คำ")
_CAPITAL_WORDS = Unit("words in capitals", "คำที่เป็นตัวพิมพ์ใหญ่ทั้งคำ", "คำ")
_BRACKETED_TERMS = Unit("Thai terms with English in brackets", "คำไทยที่มีภาษาอังกฤษในวงเล็บตามหลัง", "คำ")


# words


def _word_counts(answer: Answer) -> tuple[int, int]:
    """Words that everybody counts, and all that somebody may count."""
    text = without_code(answer.text)
    found = list(_WORD.finditer(text))
    return sum(1 for match in found if _is_plain_word(match, text)), len(found)


def _is_plain_word(match: regex.Match[str], text: str) -> bool:
    """Two letters or more, and not a unit after a number."""
    start = match.start()
    after_number = match.group("digits") or _UNIT_PLACE.search(text[max(start - 2, 0) : start])
    return len(match.group()) >= 2 and not after_number


def _draw_latin_words_min(rng: random.Random, context: DrawContext) -> dict[str, Any]:
    return {"minimum": rng.randint(3, 10)}


def _check_latin_words_min(answer: Answer, params: Params) -> Verdict:
    return in_doubt(*_word_counts(answer), lambda found: at_least(found, params["minimum"], _ENGLISH_WORDS))


_AMENDED_WORDS = ("email", "online", "website", "app", "video", "file", "update", "team", "meeting", "idea")


def _amend_latin_words_min(text: str, params: Params, filler: str) -> str:
    missing = params["minimum"] - _word_counts(Answer(text))[0]
    words = [_AMENDED_WORDS[number % len(_AMENDED_WORDS)] for number in range(missing)]
    return _amended_first_line(text, words)


def _amended_first_line(text: str, words: list[str]) -> str:
    first, mark, rest = text.partition("\n")
    return " ".join([first, *words]) + mark + rest


def _draw_latin_words_max(rng: random.Random, context: DrawContext) -> dict[str, Any]:
    return {"maximum": rng.randint(1, 5)}


def _check_latin_words_max(answer: Answer, params: Params) -> Verdict:
    return in_doubt(*_word_counts(answer), lambda found: at_most(found, params["maximum"], _ENGLISH_WORDS))


def _amend_nothing(text: str, params: Params, filler: str) -> str:
    return text


# letter case


def _check_latin_uppercase(answer: Answer, params: Params) -> Verdict:
    return _one_case(answer, _LOWER, "lower case", "ตัวพิมพ์เล็ก")


def _check_latin_lowercase(answer: Answer, params: Params) -> Verdict:
    return _one_case(answer, _UPPER, "capital", "ตัวพิมพ์ใหญ่")


def _one_case(answer: Answer, wrong: regex.Pattern[str], english: str, thai: str) -> Verdict:
    if not _LATIN.search(answer.text):
        return fail("no English letters", "ไม่มีตัวอักษรอังกฤษเลย")
    found = wrong.search(answer.text)
    if found is None:
        return PASS
    return fail(f"{english} letters {found.group()[:40]!r}", f'พบ{thai} "{found.group()[:40]}"', found.span())


def _amend_latin_uppercase(text: str, params: Params, filler: str) -> str:
    return text.upper() if _LATIN.search(text) else _amended_first_line(text, ["OK"])


def _amend_latin_lowercase(text: str, params: Params, filler: str) -> str:
    return text.lower() if _LATIN.search(text) else _amended_first_line(text, ["ok"])


_AMENDED_CAPITALS = ("AI", "GPS", "PDF", "NASA", "WHO", "USB")


def _draw_capital_words_min(rng: random.Random, context: DrawContext) -> dict[str, Any]:
    return {"minimum": rng.randint(1, 4)}


def _check_capital_words_min(answer: Answer, params: Params) -> Verdict:
    found = sum(1 for match in _WORD.finditer(answer.text) if _all_capitals(match.group()))
    return at_least(found, params["minimum"], _CAPITAL_WORDS)


def _all_capitals(word: str) -> bool:
    return word.isupper() and len(_LATIN.findall(word)) >= 2


def _amend_capital_words_min(text: str, params: Params, filler: str) -> str:
    found = sum(1 for match in _WORD.finditer(text) if _all_capitals(match.group()))
    return _amended_first_line(
        text, [_AMENDED_CAPITALS[number % len(_AMENDED_CAPITALS)] for number in range(params["minimum"] - found)]
    )


# brackets

# Thai, at most one blank, then English alone in round brackets.
_BRACKETED = regex.compile(
    r"[\p{L}\p{M}&&\p{Thai}] ?\(\s*+(?P<english>\p{Latin}[\p{Latin}\p{N} ,.:;'&/+-]*+)\)", regex.V1
)
# What some reader may count too: brackets after a quote or more blanks, or with Thai, one letter or other signs inside.
_MAYBE_BRACKETED = regex.compile(r"(?P<before>[\p{Thai}\"'\]]) *[(（](?P<inside>[^()（）\n]*+)[)）]")
_LINK = regex.compile(r"://|www\.")


def _draw_bracketed_english(rng: random.Random, context: DrawContext) -> dict[str, Any]:
    return {"minimum": rng.randint(1, 4)}


def _check_bracketed_english(answer: Answer, params: Params) -> Verdict:
    terms = {match.group("english").strip().casefold() for match in _BRACKETED.finditer(answer.text)}
    sure = sum(1 for term in terms if len(term) >= 2 and not _LINK.search(term))
    possible = {match.groups() for match in _MAYBE_BRACKETED.finditer(answer.folded) if _may_be_english(match)}
    return in_doubt(sure, max(sure, len(possible)), lambda found: at_least(found, params["minimum"], _BRACKETED_TERMS))


def _may_be_english(match: regex.Match[str]) -> bool:
    return _LATIN.search(match.group("inside")) is not None and not _LINK.search(match.group("inside"))


_AMENDED_TERMS = (
    "ปัญญาประดิษฐ์ (artificial intelligence)", "ข้อมูล (data)", "เครือข่าย (network)", "ความปลอดภัย (security)",
    "การเรียนรู้ (learning)", "โครงการ (project)", "การตลาด (marketing)", "สุขภาพ (health)", "เศรษฐกิจ (economy)",
    "พลังงาน (energy)", "สภาพอากาศ (weather)", "การสื่อสาร (communication)", "ทักษะ (skill)", "งบประมาณ (budget)",
    "นวัตกรรม (innovation)", "วัฒนธรรม (culture)", "คุณภาพ (quality)", "การวิจัย (research)", "ลูกค้า (customer)",
    "เทคโนโลยี (technology)",
)  # fmt: skip


def _amend_bracketed_english(text: str, params: Params, filler: str) -> str:
    have = {match.group("english").casefold() for match in _BRACKETED.finditer(text)}
    fresh = [term for term in _AMENDED_TERMS if term.partition("(")[2].rstrip(")") not in have]
    return _amended_first_line(text, fresh[: max(params["minimum"] - len(have), 0)])


_BRACKET_OR_LATIN = regex.compile(r"[()（）]|[\p{L}&&\p{Latin}--[ªº]]+", regex.V1)


def _check_latin_only_in_brackets(answer: Answer, params: Params) -> Verdict:
    outside = _first_outside_brackets(answer.text)
    if outside is None:
        return PASS
    word = answer.text[slice(*outside)][:40]
    return fail(f"{word!r} stands outside brackets", f'"{word}" อยู่นอกวงเล็บ', outside)


def _first_outside_brackets(text: str) -> Span | None:
    """The first run of Latin letters that no closed pair of round brackets holds."""
    opened: list[list[Span]] = []  # for each open bracket, what stands in it so far
    for match in _BRACKET_OR_LATIN.finditer(text):
        sign = match.group()
        if sign in "(（":
            opened.append([])
        elif sign not in ")）":
            if not opened:
                return match.span()
            opened[-1].append(match.span())
        elif opened:
            opened.pop()
    return next((span for held in opened for span in held), None)


# terms

_TERMS = (
    "AI", "Wi-Fi", "email", "online", "website", "QR code", "app", "Bluetooth", "GPS", "password", "upload", "Excel",
    "checklist", "feedback", "deadline", "LINE", "YouTube", "PDF",
)  # fmt: skip
_LATIN_OR_DIGIT = regex.compile(r"[\p{Latin}\p{N}]")


def _draw_terms_in_latin(rng: random.Random, context: DrawContext) -> dict[str, Any]:
    return {"terms": rng.sample(_TERMS, rng.randint(2, 3))}


def _check_terms_in_latin(answer: Answer, params: Params) -> Verdict:
    missing = [term for term in params["terms"] if not _stands_alone(answer.text, normalise(term))]
    if not missing:
        return PASS
    shown = ", ".join(missing)
    return fail(f"missing {shown}", f"ไม่พบคำต่อไปนี้ตามที่กำหนด: {shown}")


def _stands_alone(text: str, term: str) -> bool:
    """Whether the term stands somewhere with no Latin letter or digit right before or after it."""
    start = text.find(term)
    while start >= 0:
        beside = text[max(start - 1, 0) : start] + text[start + len(term) : start + len(term) + 1]
        if not _LATIN_OR_DIGIT.search(beside):
            return True
        start = text.find(term, start + 1)
    return False


def _amend_terms_in_latin(text: str, params: Params, filler: str) -> str:
    return _amended_first_line(text, [term for term in params["terms"] if not _stands_alone(text, term)])


_MINIMUM = {"minimum": whole_number(maximum=1000)}
_TERM = {"type": "string", "pattern": r"^[A-Za-z][A-Za-z0-9]*([ .+&/-][A-Za-z0-9]+)*$", "maxLength": 60}
_NOT_ENGLISH = frozenset({"json", "yaml"})

TYPES = (
    ConstraintType("script.latin_words_min", _MINIMUM, _draw_latin_words_min, _check_latin_words_min,
                   _amend_latin_words_min, rank=1, weight=0.5, conflicts=_NOT_ENGLISH | {"poetry"}),
    ConstraintType("script.latin_words_max", {"maximum": whole_number(0, 1000)}, _draw_latin_words_max,
                   _check_latin_words_max, _amend_nothing, rank=1, weight=0.5, conflicts=_NOT_ENGLISH),
    ConstraintType("script.latin_uppercase", {}, draw_nothing, _check_latin_uppercase, _amend_latin_uppercase, rank=3,
                   weight=0.5, conflicts=_NOT_ENGLISH | {"forms", "poetry"}),
    ConstraintType("script.latin_lowercase", {}, draw_nothing, _check_latin_lowercase, _amend_latin_lowercase, rank=3,
                   weight=0.5, conflicts=_NOT_ENGLISH | {"forms", "poetry"}),
    ConstraintType("script.capital_words_min", _MINIMUM, _draw_capital_words_min, _check_capital_words_min,
                   _amend_capital_words_min, rank=1, weight=0.5, conflicts=_NOT_ENGLISH | {"poetry"}),
    ConstraintType("script.bracketed_english", {"minimum": whole_number(maximum=20)}, _draw_bracketed_english,
                   _check_bracketed_english, _amend_bracketed_english, rank=1,
                   conflicts=_NOT_ENGLISH | {"poetry"}, thai=True),
    ConstraintType("script.latin_only_in_brackets", {}, draw_nothing, _check_latin_only_in_brackets, _amend_nothing,
                   rank=1, weight=0.5, conflicts=_NOT_ENGLISH, thai=True),
    ConstraintType("script.terms_in_latin", {"terms": {"type": "array", "items": _TERM, "minItems": 1, "maxItems": 10,
                                                       "uniqueItems": True}},
                   _draw_terms_in_latin, _check_terms_in_latin, _amend_terms_in_latin, rank=1, weight=0.5,
                   conflicts=_NOT_ENGLISH | {"poetry"}),
)  # fmt: skip
