"""What can be told about a translation without a model: cheap, deterministic, one countable reason each.

The checks look at the masked texts (parts.py), piece by piece, in this order; the first fault counts.

| reason | what was seen |
|---|---|
| `empty`, `chatter`, `refusal` | nothing; talk around a translation ("Here is ..."); an apology the source does not hold |
| `protected_part_lost`, `protected_part_repeated`, `protected_part_invented` | a token missing, twice, or of no part |
| `number_lost`, `number_added` | numbers differ; Thai digits and thousands commas do not count, words (two, สอง) may become digits |
| `script_leak` | letters of a script that neither language has (Han, Lao, Cyrillic ...) |
| `not_translated`, `untranslated_remainder` | the wrong language; six words in a row copied from the source |
| `ban_lost` | the source forbids something ("do not", "ห้าม") and nothing in the translation is negative |
| `quotation_inverted` | what the source asks for is forbidden in the translation, or the other way round |
| `too_short`, `too_long` | characters a character of source, out of the direction's bounds |
| `paragraphs_changed`, `lines_changed` | not as many as in the source |

Not covered: whether the meaning is right. That is the gate's business (gate.py).
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

import regex

from constraints import foreign_letters, script_shares
from constraints.text import arabic_digits
from datagen.translation.direction import SCRIPT_OF, Direction
from datagen.translation.parts import token_numbers, without_tokens
from datagen.translation.pieces import Piece
from datagen.translation.polarity import ban_lost, polarities
from datagen.translation.spelled import spelled_numbers

__all__ = ["Fault", "fault_of", "numbers_of"]

_MIN_LETTERS = 3  # fewer letters in the source say nothing about the language of the translation
_COPIED_WORDS = 6
_COPIED_THAI = 10  # letters: two or three words; names are written in Latin letters in an English text
_DETAIL = 80

_CHATTER = {
    "th": regex.compile(
        r"(?:^|\n)[\s*#\"“]*(?:แน่นอน(?:ครับ|ค่ะ)|ได้(?:เลย)?(?:ครับ|ค่ะ)[ ,!]|(?:นี่คือ|ต่อไปนี้(?:คือ|เป็น)|ด้านล่างนี้คือ)\s?(?:คำ|ฉบับ|ข้อความ|บท)\s?(?:ที่)?แปล"
        r"|(?:คำ|ฉบับ|บท)แปล(?:ภาษาไทย)?(?:คือ)?\s?[:：]|ข้อความที่แปล(?:แล้ว)?\s?[:：]?|แปล(?:ว่า|เป็นไทย|เป็นภาษาไทย)(?:ได้)?\s?(?:ว่า)?\s?[:：])|หมายเหตุ(?:ผู้แปล|การแปล)"
    ),
    "en": regex.compile(
        r"(?:^|\n)[\s*#\"“]*(?:sure|certainly|of course|okay)\b[ ,!.:]|(?:^|\n)[\s*#\"“]*(?:here(?:'s| is| are)|below is|the following is)\b[^\n]{0,40}\btranslat"
        r"|(?:^|\n)[\s*#\"“]*(?:(?:english|thai)\s)?translation\s?[:：]|translated text\s?[:：]|(?:^|\n)\W*translator'?s? note|let me know if",
        regex.IGNORECASE,
    ),
}
_REFUSALS = regex.compile(
    r"ขออภัย[^\n]{0,30}ไม่สามารถ|ขอโทษ[^\n]{0,30}ไม่สามารถ|(?:ฉัน|ผม|ดิฉัน)ไม่สามารถ(?:ช่วย|แปล|ทำตาม)|ในฐานะ(?:โมเดล|ปัญญาประดิษฐ์|AI)"
    r"|\bas an AI\b|\bI(?:'m| am) sorry,? but\b|\bI (?:cannot|can't|am unable to) (?:help|assist|translate|comply|fulfil)",
    regex.IGNORECASE,
)
_NUMBER = regex.compile(r"[0-9]+")
_THOUSANDS = regex.compile(r"(?<=[0-9]),(?=[0-9]{3}(?![0-9]))")
_WORD = regex.compile(r"[\p{L}\p{M}\p{N}'’\-]+")
_THAI_RUN = regex.compile(rf"\p{{Thai}}{{{_COPIED_THAI},}}")


@dataclass(frozen=True, slots=True)
class Fault:
    """Why a translation is not taken: `reason` is countable, `detail` says what was seen."""

    reason: str
    detail: str = ""


def fault_of(source: Piece, translation: str, way: Direction) -> Fault | None:
    """The first thing wrong with `translation` (both masked); None where nothing is."""
    given = source.text
    if not translation.strip():
        return Fault("empty")
    return (
        _talk(given, translation, way)
        or _tokens(given, translation)
        or _numbers(given, translation, way)
        or _language(given, translation, way)
        or _polarity(given, translation, way)
        or _length(given, translation, way)
        or _layout(source, translation)
    )


def _talk(given: str, translation: str, way: Direction) -> Fault | None:
    for reason, pattern in (
        ("refusal", _REFUSALS),
        *(("chatter", _CHATTER[lang]) for lang in (way.target, way.source)),
    ):
        found = pattern.search(translation)
        if not found:
            continue
        here = any(_has_talk(given, reason, lang) for lang in (way.source, way.target))
        if not here:
            return Fault(reason, found[0].strip()[:_DETAIL])
    return None


def _has_talk(given: str, reason: str, lang: str) -> bool:
    """Whether the source itself talks so: then its translation may."""
    pattern = _REFUSALS if reason == "refusal" else _CHATTER[lang]
    return pattern.search(given) is not None


def _tokens(given: str, translation: str) -> Fault | None:
    wanted, found = token_numbers(given), token_numbers(translation)
    for number in wanted:
        if found[number] < wanted[number]:
            return Fault("protected_part_lost", f"number {number}")
        if found[number] > wanted[number]:
            return Fault("protected_part_repeated", f"number {number}: {found[number]} times")
    for number in found:
        if number not in wanted:
            return Fault("protected_part_invented", f"number {number}")
    if "[[" in without_tokens(translation) and "[[" not in without_tokens(given):
        return Fault("protected_part_invented", translation[translation.index("[[") :][:_DETAIL])
    return None


def numbers_of(text: str) -> Counter[str]:
    """The numbers in a masked text, in Arabic digits, without thousands commas.

    Of 3.5, 10:30, 3-4 and 24/7 both sides count for themselves: Thai writes 10.30 น. and 3 ถึง 4.

    >>> sorted(numbers_of("ราคา ๑,๒๕๐ บาท ลด 10% เวลา 10:30 [[CODE7]]"))
    ['10', '1250', '30']
    """
    digits = _THOUSANDS.sub("", arabic_digits(without_tokens(text)))
    return Counter(_NUMBER.findall(digits))


def _numbers(given: str, translation: str, way: Direction) -> Fault | None:
    wanted, found = numbers_of(given), numbers_of(translation)
    lost = wanted - found
    if lost:
        return Fault("number_lost", ", ".join(sorted(lost)))
    allowed = spelled_numbers(given, way.source)
    added = sorted(number for number in found - wanted if number not in allowed)
    return Fault("number_added", ", ".join(added)) if added else None


def _polarity(given: str, translation: str, way: Direction) -> Fault | None:
    wanted, found = polarities(given, way.source), polarities(translation, way.target)
    for number, forbidden in wanted.items():
        now = found.get(number)
        if forbidden is not None and now is not None and now != forbidden:
            seen = "forbidden, now asked for" if forbidden else "asked for, now forbidden"
            return Fault("quotation_inverted", f"number {number} was {seen}")
    banned = ban_lost(given, translation, way.source, way.target)
    return Fault("ban_lost", banned) if banned else None


def _language(given: str, translation: str, way: Direction) -> Fault | None:
    bare_given, bare = without_tokens(given), without_tokens(translation)
    if leak := foreign_letters(bare, bare_given):
        return Fault("script_leak", leak[:20])
    if sum(letter.isalpha() for letter in bare_given) < _MIN_LETTERS:
        return None
    if not way.is_in_target(bare) and not (way.source == "en" and _is_names(bare_given)):
        share = script_shares(bare).get(SCRIPT_OF[way.target], 0.0)
        return Fault("not_translated", f"{share:.0%} of its letters are {way.target_name}")
    if copied := _copied(bare_given, bare, way):
        return Fault("untranslated_remainder", copied[:_DETAIL])
    return None


def _is_names(text: str) -> bool:
    """One to three capitalised English words: names and titles may stay as they are."""
    words = _WORD.findall(text)
    return len(words) <= 3 and all(word[0].isupper() for word in words)


def _copied(given: str, translation: str, way: Direction) -> str:
    if way.source == "th":
        return next((run[0] for run in _THAI_RUN.finditer(translation) if run[0] in given), "")
    words, source = _WORD.findall(translation.lower()), " ".join(_WORD.findall(given.lower()))
    for start in range(len(words) - _COPIED_WORDS + 1):
        run = words[start : start + _COPIED_WORDS]
        if all(word[0].isascii() and word[0].isalpha() for word in run) and f" {' '.join(run)} " in f" {source} ":
            return " ".join(run)
    return ""


def _length(given: str, translation: str, way: Direction) -> Fault | None:
    had = len("".join(without_tokens(given).split()))
    has = len("".join(without_tokens(translation).split()))
    if had < _MIN_LETTERS:
        return None
    shortest, longest = way.length_bounds(had)
    ratio = has / had
    if ratio < shortest:
        return Fault("too_short", f"{ratio:.2f} characters a character, at least {shortest:g}")
    if ratio > longest:
        return Fault("too_long", f"{ratio:.2f} characters a character, at most {longest:g}")
    return None


def _layout(source: Piece, translation: str) -> Fault | None:
    rejoined = source.rejoined(translation)
    if rejoined is None:
        return Fault("paragraphs_changed", f"{len(source.paragraphs)} in the source")
    had, has = _lines(source.text), _lines(translation.strip())
    return None if had == has else Fault("lines_changed", f"{has}, in the source {had}")


def _lines(text: str) -> int:
    return sum(1 for line in text.split("\n") if line.strip())
