"""Thai dictionary order: consonants first, a leading vowel after its consonant, tone marks only to break ties.

The order of the Royal Society dictionary, for Thai text: letters in the order of the alphabet (ฤ after ร, ฦ after
ล), vowel signs in the order ะ ั า ำ ิ ี ึ ื ุ ู เ แ โ ใ ไ, then ็ ่ ้ ๊ ๋ ์. Spaces and punctuation carry no weight
here; `spaced` gives the other reading, in which a shorter word precedes.

>>> sorted(["ไก่", "แกง", "เก้า", "กา", "เก่า"], key=collation_key)
['กา', 'เก่า', 'เก้า', 'แกง', 'ไก่']
"""

from __future__ import annotations

from functools import lru_cache

import regex

__all__ = ["collation_key"]

_LEADING = regex.compile("([เ-ไ])([ก-ฮ])")
_MARKS = "็่้๊๋์"
_WEIGHTLESS = regex.compile(r"[^\p{L}\p{M}\p{N}]+")


@lru_cache(maxsize=4096)
def collation_key(text: str, spaced: bool = False) -> tuple[str, tuple[int, ...]]:
    """Letters, then the marks on them: tuples compare as the dictionary does."""
    turned = _LEADING.sub(r"\2\1", _WEIGHTLESS.sub(" " if spaced else "", text).strip().casefold())
    letters, marks = [], []
    for character in turned:
        place = _MARKS.find(character)
        if place < 0:
            letters.append(character)
            marks.append(0)
        else:
            marks.append(place + 1)
    return "".join(letters), tuple(marks)
