"""Numbers a text writes in words: a translator may turn "two" into 2, but may not make up a 7.

>>> sorted(spelled_numbers("Two or three dozen eggs, the first twenty-one", "en"))
['1', '12', '2', '20', '21', '3', '36']
>>> sorted(spelled_numbers("แมวสามตัวกับหมายี่สิบเอ็ดตัว", "th"))
['10', '11', '20', '21', '3']
"""

from __future__ import annotations

from functools import cache
from itertools import pairwise

import regex

from constraints.thai.numbers import in_words

__all__ = ["spelled_numbers"]

_COUNT_WORDS = (
    "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen "
    "seventeen eighteen nineteen"
)
_ONES = _COUNT_WORDS.split()
_TENS = {"twenty": 20, "thirty": 30, "forty": 40, "fifty": 50, "sixty": 60, "seventy": 70, "eighty": 80, "ninety": 90}
_LARGE = {"hundred": 100, "thousand": 1000, "million": 1_000_000, "billion": 1_000_000_000, "dozen": 12}
_ORDINALS = (
    {"first": 1, "second": 2, "third": 3, "fifth": 5, "eighth": 8, "ninth": 9, "twelfth": 12}
    | {f"{word}th": number for number, word in enumerate(_ONES) if number > 3}
    | {word[:-1] + "ieth": number for word, number in _TENS.items()}
)
_OTHER = {"a": 1, "an": 1, "once": 1, "twice": 2, "both": 2, "pair": 2, "couple": 2, "half": 2, "single": 1, "double": 2,
          "quarter": 4, "decade": 10, "century": 100, "fortnight": 14, "no": 0}  # fmt: skip
_ENGLISH = {word: number for number, word in enumerate(_ONES)} | _TENS | _LARGE | _ORDINALS | _OTHER
_WORD = regex.compile(r"[a-z]+")
_THAI_UNITS = {"ร้อย": 100, "พัน": 1000, "หมื่น": 10_000, "แสน": 100_000, "ล้าน": 1_000_000, "โหล": 12, "คู่": 2,
               "ครึ่ง": 2, "แรก": 1, "เดียว": 1, "ทศวรรษ": 10, "ศตวรรษ": 100}  # fmt: skip


def spelled_numbers(text: str, lang: str) -> set[str]:
    """Every number, in digits, that a word of the text (or two side by side) may stand for."""
    return _english(text) if lang == "en" else _thai(text)


def _english(text: str) -> set[str]:
    values = [_ENGLISH.get(word) for word in _WORD.findall(text.lower())]
    found = {value for value in values if value is not None}
    for first, second in pairwise(values):
        if first is None or second is None:
            continue
        found.add(first + second if first in _TENS.values() and second < 10 else first * second)
    return {str(value) for value in found}


def _thai(text: str) -> set[str]:
    return {str(value) for words, value in _thai_words() if words in text}


@cache
def _thai_words() -> tuple[tuple[str, int], ...]:
    numbers = (*range(101), *range(200, 1000, 100), *range(1000, 100_000, 1000))
    spelled = [(in_words(number), number) for number in numbers]
    spoken = [
        (words.removesuffix("หนึ่ง") + "เอ็ด", number) for words, number in spelled if number % 10 == 1 and number > 1
    ]
    return (*spelled, *spoken, *_THAI_UNITS.items())
