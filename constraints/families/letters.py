"""Which letters and signs a Thai answer holds: lipograms, tone marks, letter counts, words that begin alike.

Letters are looked for as they are written, in the whole answer (the plain view: Markdown emphasis aside): ำ is a sign
of its own and no า, เ counts in เ-า too. A Latin letter counts in both cases. Words that begin with a letter are
counted only where two word engines agree. What concerns lines is in `letters_lines`.
"""

from __future__ import annotations

import random
from typing import Any

import regex

from constraints.answer import Answer
from constraints.constraint_type import (
    ConstraintType,
    DrawContext,
    Language,
    Params,
    draw_nothing,
    show_values,
    whole_number,
)
from constraints.counting import Unit, at_least, at_most, exactly
from constraints.shaping import with_text
from constraints.thai.alphabet import (
    CONSONANTS,
    HIGH_CLASS,
    LEADING_VOWELS,
    TONE_NAMES,
    VOWEL_SIGNS,
    WORD_OF,
    word_initial,
)
from constraints.verdict import PASS, Verdict, fail

__all__ = ["TYPES"]

_TONE_MARKS = "".join(TONE_NAMES)
_THANTHAKHAT = "\u0e4c"
_SIGN_ALONE = regex.compile(r"\p{M}")
_COMMON = "กขคงจชดตทนบปพมยรลวสหอ"
_LATIN = "aeionrst"
_AVOIDABLE = "ขคจฉชซญณดตถธบผพภศษสห"
_DIFFERENT_CONSONANTS = Unit("different consonants", "พยัญชนะไทยที่ไม่ซ้ำกัน", "ตัว")


# letters and signs that may not appear


def _without(answer: Answer, forbidden: str) -> Verdict:
    """FAIL at the first of the forbidden letters."""
    place = next((place for place, letter in enumerate(answer.text) if letter in forbidden), None)
    if place is None:
        return PASS
    found = answer.text[place]
    shown = _on_a_circle(found)
    return fail(f"found {shown}", f'พบ "{shown}" ซึ่งห้ามใช้', (place, place + 1))


def _on_a_circle(sign: str) -> str:
    """A sign that stands above or below a letter, as it is printed alone."""
    return f"◌{sign}" if _SIGN_ALONE.match(sign) else sign


def _amend_without(text: str, forbidden: str, filler: str) -> str:
    kept = "".join(letter for letter in text if letter not in forbidden)
    return kept if kept.strip() else filler


def _draw_without_consonant(rng: random.Random, context: DrawContext) -> dict[str, Any] | None:
    free = [letter for letter in _AVOIDABLE if not any(letter in word for word in context.keywords)]
    return {"letter": rng.choice(free)} if free else None


def _check_without_letter(answer: Answer, params: Params) -> Verdict:
    return _without(answer, params["letter"])


def _amend_without_letter(text: str, params: Params, filler: str) -> str:
    return _amend_without(text, params["letter"], filler)


def _draw_without_vowel(rng: random.Random, context: DrawContext) -> dict[str, Any]:
    return {"vowel": rng.choice("ะัำึืโใแูไ")}


def _shown_vowel(params: Params, lang: Language) -> dict[str, str]:
    sign = f'"{_on_a_circle(params["vowel"])}"'
    if params["vowel"] == "า":
        sign += ' (ไม่รวม "ำ")' if lang == "th" else ' (not counting "ำ")'
    return {"vowel": sign}


def _check_without_vowel(answer: Answer, params: Params) -> Verdict:
    return _without(answer, params["vowel"])


def _amend_without_vowel(text: str, params: Params, filler: str) -> str:
    return _amend_without(text, params["vowel"], filler)


def _check_no_tone_marks(answer: Answer, params: Params) -> Verdict:
    return _without(answer, _TONE_MARKS)


def _amend_no_tone_marks(text: str, params: Params, filler: str) -> str:
    return _amend_without(text, _TONE_MARKS, filler)


def _draw_without_tone(rng: random.Random, context: DrawContext) -> dict[str, Any]:
    return {"mark": rng.choice(_TONE_MARKS)}


def _shown_tone(params: Params, lang: Language) -> dict[str, str]:
    name = TONE_NAMES[params["mark"]]
    english = {"ไม้เอก": "mai ek", "ไม้โท": "mai tho", "ไม้ตรี": "mai tri", "ไม้จัตวา": "mai chattawa"}[name]
    mark = f'{name if lang == "th" else english} ("{_on_a_circle(params["mark"])}")'
    return {**show_values(params, lang), "mark": mark}


def _check_without_tone(answer: Answer, params: Params) -> Verdict:
    return _without(answer, params["mark"])


def _amend_without_tone(text: str, params: Params, filler: str) -> str:
    return _amend_without(text, params["mark"], filler)


def _check_no_karan(answer: Answer, params: Params) -> Verdict:
    return _without(answer, _THANTHAKHAT)


def _amend_no_karan(text: str, params: Params, filler: str) -> str:
    return _amend_without(text, _THANTHAKHAT, filler)


def _check_no_leading_vowels(answer: Answer, params: Params) -> Verdict:
    return _without(answer, LEADING_VOWELS)


def _amend_no_leading_vowels(text: str, params: Params, filler: str) -> str:
    return _amend_without(text, LEADING_VOWELS, filler)


def _check_no_high_class(answer: Answer, params: Params) -> Verdict:
    return _without(answer, HIGH_CLASS)


def _amend_no_high_class(text: str, params: Params, filler: str) -> str:
    return _amend_without(text, HIGH_CLASS, filler)


# how often a letter or a mark appears


def _times(answer: Answer, letter: str) -> int:
    return answer.folded.count(letter.casefold())


def _unit(letter: str) -> Unit:
    return Unit(f"times {_on_a_circle(letter)}", f'ตัวอักษร "{_on_a_circle(letter)}"', "ตัว")


def _shown_letter(params: Params, lang: Language) -> dict[str, str]:
    cases = {"th": " (นับทั้งตัวพิมพ์ใหญ่และตัวพิมพ์เล็ก)", "en": " (capital or small)"}[lang]
    letter = f'"{params["letter"]}"' + (cases if params["letter"].isascii() else "")
    return {**show_values(params, lang), "letter": letter}


def _draw_letter(rng: random.Random) -> str:
    return rng.choice(_LATIN) if rng.random() < 0.15 else rng.choice(_COMMON)


def _draw_frequency(rng: random.Random, context: DrawContext) -> dict[str, Any]:
    return {"letter": _draw_letter(rng), "minimum": rng.randint(4, 12)}


def _check_frequency(answer: Answer, params: Params) -> Verdict:
    return at_least(_times(answer, params["letter"]), params["minimum"], _unit(params["letter"]))


def _amend_more(text: str, letter: str, minimum: int) -> str:
    missing = minimum - text.casefold().count(letter.casefold())
    first, mark, rest = text.partition("\n")
    return first + f" {WORD_OF.get(letter, letter)}" * missing + mark + rest


def _amend_frequency(text: str, params: Params, filler: str) -> str:
    return _amend_more(text, params["letter"], params["minimum"])


def _draw_frequency_max(rng: random.Random, context: DrawContext) -> dict[str, Any]:
    return {"letter": _draw_letter(rng), "maximum": rng.randint(2, 8)}


def _past(answer: Answer, letter: str, maximum: int) -> tuple[int, int] | None:
    """Where the first letter too many stands."""
    places = [found.span() for found in regex.finditer(letter, answer.text, regex.IGNORECASE)]
    return next(iter(places[maximum:]), None)


def _check_frequency_max(answer: Answer, params: Params) -> Verdict:
    letter, maximum = params["letter"], params["maximum"]
    return at_most(_times(answer, letter), maximum, _unit(letter), _past(answer, letter, maximum))


def _amend_fewer(text: str, letter: str, maximum: int) -> str:
    kept, found = [], 0
    for character in text:
        found += character.casefold() == letter.casefold()
        if found <= maximum or character.casefold() != letter.casefold():
            kept.append(character)
    return "".join(kept)


def _amend_frequency_max(text: str, params: Params, filler: str) -> str:
    return _amend_fewer(text, params["letter"], params["maximum"])


def _draw_frequency_exact(rng: random.Random, context: DrawContext) -> dict[str, Any]:
    return {"letter": _draw_letter(rng), "count": rng.randint(2, 8)}


def _check_frequency_exact(answer: Answer, params: Params) -> Verdict:
    letter, count = params["letter"], params["count"]
    return exactly(_times(answer, letter), count, _unit(letter), _past(answer, letter, count))


def _amend_frequency_exact(text: str, params: Params, filler: str) -> str:
    return _amend_fewer(_amend_more(text, params["letter"], params["count"]), params["letter"], params["count"])


def _draw_tone_min(rng: random.Random, context: DrawContext) -> dict[str, Any]:
    mark = rng.choice(_TONE_MARKS)
    return {"mark": mark, "minimum": rng.randint(5, 15) if mark in "่้" else rng.randint(1, 3)}


def _check_tone_min(answer: Answer, params: Params) -> Verdict:
    unit = Unit(f"tone marks {TONE_NAMES[params['mark']]}", TONE_NAMES[params["mark"]], "แห่ง")
    return at_least(answer.text.count(params["mark"]), params["minimum"], unit)


_TONED = {"่": "ไก่", "้": "บ้าน", "๊": "โต๊ะ", "๋": "เดี๋ยว"}


def _amend_tone_min(text: str, params: Params, filler: str) -> str:
    missing = params["minimum"] - text.count(params["mark"])
    first, mark, rest = text.partition("\n")
    return first + f" {_TONED[params['mark']]}" * missing + mark + rest


def _check_all_tones(answer: Answer, params: Params) -> Verdict:
    missing = [name for mark, name in TONE_NAMES.items() if mark not in answer.text]
    return fail(f"missing {', '.join(missing)}", f"ยังไม่มี{' '.join(missing)}") if missing else PASS


def _amend_all_tones(text: str, params: Params, filler: str) -> str:
    for mark, word in _TONED.items():
        text = text if mark in text else with_text(text, word)
    return text


def _draw_consonants_min(rng: random.Random, context: DrawContext) -> dict[str, Any]:
    return {"minimum": rng.randint(15, 28)}


def _check_consonants_min(answer: Answer, params: Params) -> Verdict:
    return at_least(len(set(answer.text) & set(CONSONANTS)), params["minimum"], _DIFFERENT_CONSONANTS)


def _amend_consonants_min(text: str, params: Params, filler: str) -> str:
    words = iter(WORD_OF.values())
    while len(set(text) & set(CONSONANTS)) < params["minimum"]:
        text = with_text(text, next(words, CONSONANTS))
    return text


# words that begin alike


def _draw_alliteration(rng: random.Random, context: DrawContext) -> dict[str, Any]:
    return {"letter": rng.choice("กขคงจชดตทนบปพมยรลวสหอ"), "minimum": rng.randint(3, 8)}


def _check_alliteration(answer: Answer, params: Params) -> Verdict:
    letter = params["letter"]
    unit = Unit(f"words that begin with {letter}", f'คำที่ขึ้นต้นด้วยพยัญชนะ "{letter}"', "คำ")

    def judge(engine: str) -> Verdict:
        found = sum(word_initial(word) == letter for word in answer.words(engine))
        return at_least(found, params["minimum"], unit)

    return answer.by_both_engines(judge)


def _amend_alliteration(text: str, params: Params, filler: str) -> str:
    found = sum(word_initial(word) == params["letter"] for word in Answer(text).words("newmm"))
    first, mark, rest = text.partition("\n")
    return first + f" {WORD_OF[params['letter']]}" * (params["minimum"] - found) + mark + rest


_LETTER = {"type": "string", "pattern": "^[ก-ฮa-z]$"}
_CONSONANT = {"letter": {"type": "string", "enum": list(CONSONANTS)}}
_INITIAL = {"type": "string", "enum": list(WORD_OF)}
_MARK = {"mark": {"type": "string", "enum": list(TONE_NAMES)}}
_ALONE = frozenset({"letters", "poetry"})

TYPES = (
    ConstraintType("letters.without_consonant", _CONSONANT, _draw_without_consonant, _check_without_letter,
                   _amend_without_letter, rank=1, conflicts=_ALONE, thai=True),
    ConstraintType("letters.without_vowel", {"vowel": {"type": "string", "enum": list(VOWEL_SIGNS)}}, _draw_without_vowel,
                   _check_without_vowel, _amend_without_vowel, rank=1, conflicts=_ALONE, shown=_shown_vowel, thai=True),
    ConstraintType("letters.no_tone_marks", {}, draw_nothing, _check_no_tone_marks, _amend_no_tone_marks, rank=1,
                   weight=0.5, conflicts=_ALONE | {"particles"}, thai=True),
    ConstraintType("letters.without_tone", _MARK, _draw_without_tone, _check_without_tone, _amend_without_tone, rank=1,
                   conflicts=_ALONE, shown=_shown_tone, thai=True),
    ConstraintType("letters.no_karan", {}, draw_nothing, _check_no_karan, _amend_no_karan, rank=1, conflicts=_ALONE,
                   thai=True),
    ConstraintType("letters.no_leading_vowels", {}, draw_nothing, _check_no_leading_vowels, _amend_no_leading_vowels,
                   rank=1, weight=0.25, conflicts=_ALONE, thai=True),
    ConstraintType("letters.no_high_class", {}, draw_nothing, _check_no_high_class, _amend_no_high_class, rank=1,
                   weight=0.25, conflicts=_ALONE, thai=True),
    ConstraintType("letters.frequency", {"letter": _LETTER, "minimum": whole_number(maximum=500)}, _draw_frequency,
                   _check_frequency, _amend_frequency, rank=1, conflicts=_ALONE, shown=_shown_letter),
    ConstraintType("letters.frequency_max", {"letter": _LETTER, "maximum": whole_number(maximum=500)}, _draw_frequency_max,
                   _check_frequency_max, _amend_frequency_max, rank=1, conflicts=_ALONE, shown=_shown_letter),
    ConstraintType("letters.frequency_exact", {"letter": _LETTER, "count": whole_number(maximum=500)},
                   _draw_frequency_exact, _check_frequency_exact, _amend_frequency_exact, rank=1, weight=0.5,
                   conflicts=_ALONE, shown=_shown_letter),
    ConstraintType("letters.tone_min", {**_MARK, "minimum": whole_number(maximum=500)}, _draw_tone_min, _check_tone_min,
                   _amend_tone_min, rank=1, weight=0.5, conflicts=_ALONE, shown=_shown_tone, thai=True),
    ConstraintType("letters.all_tones", {}, draw_nothing, _check_all_tones, _amend_all_tones, rank=1, conflicts=_ALONE,
                   thai=True),
    ConstraintType("letters.consonants_min", {"minimum": whole_number(maximum=44)}, _draw_consonants_min,
                   _check_consonants_min, _amend_consonants_min, rank=1, weight=0.5, conflicts=_ALONE, thai=True),
    ConstraintType("letters.alliteration", {"letter": _INITIAL, "minimum": whole_number(maximum=100)}, _draw_alliteration,
                   _check_alliteration, _amend_alliteration, rank=1, conflicts=_ALONE, thai=True),
)  # fmt: skip
