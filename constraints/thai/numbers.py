"""Numbers in Thai text: those written in digits, and how a number or a sum of money reads in Thai words.

`numbers_in` finds numbers in Thai and Arabic digits; thousands commas and a decimal point belong to the number.
It does not guess what digits mean: a number that may not be a plain number to a reader (part of a date, a clock
time or a telephone number, a sign before it, a code such as COVID-19, "5 ล้าน") is `clear=False`, and a checker that
depends on its value says UNDECIDED. Other digits (４, ², ½) and numbers in words are not found.

`money_pattern` and `words_pattern` accept what careful writers accept: หนึ่งร้อยเอ็ด and หนึ่งร้อยหนึ่ง, blanks
between the parts. ร้อยห้าสิบ for หนึ่งร้อยห้าสิบ is not accepted (`shortened_pattern` finds it).

>>> [(number.text, str(number.value)) for number in numbers_in("ราคา ๑,๒๕๐.๕๐ บาท ลด 10%")]
[('1,250.50', '1250.50'), ('10', '10')]
>>> [number.clear for number in numbers_in("5 ล้านคน เวลา 10:30")]
[False, False, False]
>>> in_words(2_568), money_in_words("1,250.50")
('สองพันห้าร้อยหกสิบแปด', 'หนึ่งพันสองร้อยห้าสิบบาทห้าสิบสตางค์')
"""

from __future__ import annotations

from decimal import Decimal
from functools import lru_cache
from typing import NamedTuple

import regex
from pythainlp.util import num_to_thaiword

from constraints.text import THAI_DIGITS, arabic_digits
from constraints.verdict import Span

__all__ = [
    "NUMBER_WORDS",
    "Number",
    "in_words",
    "money_in_words",
    "money_pattern",
    "numbers_in",
    "shortened_pattern",
    "words_pattern",
]

# fmt: off
NUMBER_WORDS = ("ศูนย์", "หนึ่ง", "เอ็ด", "สอง", "สาม", "สี่", "ห้า", "หก", "เจ็ด", "แปด", "เก้า", "ยี่", "สิบ", "ร้อย", "พัน", "หมื่น", "แสน",
                "ล้าน")
# fmt: on

_NUMBER = regex.compile(r"[0-9]{1,3}(?:,[0-9]{3})+(?![0-9])(?:\.[0-9]+)?|[0-9]+(?:\.[0-9]+)?")
_THAI_DIGIT = regex.compile(f"[{THAI_DIGITS}]")
_JOINTS = frozenset(",:/.-–—−")
_RANGE_JOINTS = frozenset("-–—−")
_LETTERED = regex.compile(r"\p{Latin}-?\Z")
_ODD_BEFORE = regex.compile(r"\p{Latin}-?\Z|(?:\A|[\s(])[-−–+]\Z|\+\Z")  # COVID-19, -5, +66
_HARMLESS = frozenset(["", " ", "\n", "(", "*", "."])
_SIZED = regex.compile(
    r"\s?(?:ร้อย(?!ละ)|พัน(?!ธ)|หมื่น|แสน|ล้าน)|[KM\p{Lu}](?!\p{Ll})|\ufe0f?\u20e3|[²³⁰-⁹]|[½¼¾]|[ ]000(?![0-9])"
)
_KEYCAP = regex.compile("\ufe0f?\u20e3")
_CLOCK = regex.compile(r"(?:[01]?[0-9]|2[0-4])\.[0-5][0-9]")
_CLOCK_UNIT = regex.compile(r"\s?(?:น\.|นาฬิกา)")
_SECTION = regex.compile(r"(?:\A|\n)[ \t]*(?:#+[ ]+)?[0-9]{1,2}\.[0-9]{1,2}\Z")
_PART = regex.compile("|".join(NUMBER_WORDS))


class Number(NamedTuple):
    """One number written in digits.

    `text` has Arabic digits. `chain` is the same for numbers with only a joining mark between them (12/08/2567, 3-5).
    `lettered`: a Latin letter or a keycap makes it part of a name or a picture (COVID-19, 1️⃣).
    """

    text: str
    value: Decimal
    at: Span
    clear: bool
    lettered: bool
    chain: int


def numbers_in(text: str) -> list[Number]:
    """Every number of `text` that is written in Thai or Arabic digits, in order."""
    arabic = arabic_digits(text) if _THAI_DIGIT.search(text) else text  # the search costs a tenth of the change
    chain: list[regex.Match[str]] = []
    found: list[Number] = []
    for number, match in enumerate(_NUMBER.finditer(arabic)):
        if chain and not _joined(arabic, chain[-1], match):
            found += _read(arabic, chain, number)
            chain = []
        chain.append(match)
    return [*found, *_read(arabic, chain, -1)]


def _joined(text: str, before: regex.Match[str], after: regex.Match[str]) -> bool:
    return after.start() - before.end() == 1 and text[before.end()] in _JOINTS


def _read(text: str, chain: list[regex.Match[str]], name: int) -> list[Number]:
    """The numbers of one chain: all clear or none."""
    clear = all(_plain(text, match) for match in chain) and (len(chain) <= 1 or _is_range(text, chain))
    return [
        Number(digits := match.group(), _value(digits), match.span(), clear, not clear and _lettered(text, match), name)
        for match in chain
    ]


def _value(digits: str) -> Decimal:
    return Decimal(digits.replace(",", ""))


def _lettered(text: str, match: regex.Match[str]) -> bool:
    start, end = match.span()
    return _LETTERED.search(text, max(start - 2, 0), start) is not None or _KEYCAP.match(text, end) is not None


def _is_range(text: str, chain: list[regex.Match[str]]) -> bool:
    """3-5 or 1,000–1,500: two rising numbers with a dash between them."""
    first, second = chain[0], chain[-1]
    rising = _value(first.group()) < _value(second.group())
    return len(chain) == 2 and text[first.end()] in _RANGE_JOINTS and rising


def _plain(text: str, match: regex.Match[str]) -> bool:
    """Whether a reader takes these digits for a number of just this value."""
    start, end = match.span()
    digits = match.group()
    return not (
        (digits[0] == "0" and len(digits) > 1 and digits[1] != ".")
        or (text[start - 1 : start] not in _HARMLESS and _ODD_BEFORE.search(text, max(start - 2, 0), start))
        or _SIZED.match(text, end)
        or ("." in digits and _is_clock_or_section(text, match))
    )


def _is_clock_or_section(text: str, match: regex.Match[str]) -> bool:
    if _SECTION.search(text, max(match.start() - 12, 0), match.end()) and match.end() < len(text):
        return text[match.end()] in " \t)."
    return _CLOCK.fullmatch(match.group()) is not None and _CLOCK_UNIT.match(text, match.end()) is not None


@lru_cache(maxsize=4096)
def in_words(number: int) -> str:
    """A whole number in Thai words: 21 is ยี่สิบเอ็ด."""
    return num_to_thaiword(number)


def money_in_words(amount: str) -> str:
    """`amount` ("1,250.50", always two decimals) as a receipt has it: ...บาทถ้วน, or ...บาท...สตางค์."""
    baht, satang = _baht_and_satang(amount)
    return f"{in_words(baht)}บาท" + (f"{in_words(satang)}สตางค์" if satang else "ถ้วน")


@lru_cache(maxsize=4096)
def words_pattern(number: int) -> str:
    """Regular expression of every accepted way to write a whole number in Thai words."""
    return _spellings(in_words(number))


@lru_cache(maxsize=4096)
def shortened_pattern(number: int) -> str | None:
    """The same without its leading หนึ่ง (ร้อยห้าสิบ); None where that says nothing else."""
    words = in_words(number)
    return _spellings(words.removeprefix("หนึ่ง")) if words.startswith("หนึ่ง") and number != 1 else None


@lru_cache(maxsize=4096)
def money_pattern(amount: str) -> str:
    """Regular expression of a sum in Thai words, as `money_in_words` writes it."""
    baht, satang = _baht_and_satang(amount)
    return f"{words_pattern(baht)} ?บาท ?" + (f"{words_pattern(satang)} ?สตางค์" if satang else "ถ้วน")


def _baht_and_satang(amount: str) -> tuple[int, int]:
    baht, _, satang = amount.strip().replace(",", "").partition(".")
    return int(baht), int(satang)


def _spellings(words: str) -> str:
    parts = _PART.findall(words)
    if parts[-1] == "เอ็ด" and parts[-2] != "สิบ":
        parts[-1] = "(?:เอ็ด|หนึ่ง)"
    return " ?".join(parts)
