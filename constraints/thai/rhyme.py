"""Whether two Thai syllables rhyme (สัมผัสสระ): the same vowel and the same final sound, whatever tone and letters.

Decided by sound: ใจ rhymes with วัย, ธรรม with จำ, รถ with หมด. A short and a long vowel do not rhyme (กัน, การ).
Undecided, None: the very same syllable twice; short and long เ แ ออ เออ before a final, whose length spelling
does not show; the few words spoken longer than they are written (น้ำ, ได้) against the long vowel.

>>> from constraints.thai.spelling import spellings
>>> [rhymes(*(spellings(word)[0][-1] for word in pair)) for pair in (("ใจ", "วัย"), ("กัน", "การ"), ("มา", "มา"))]
[True, False, None]
"""

from __future__ import annotations

from constraints.thai.spelling import Syllable

__all__ = ["rhymes"]

# Written short, spoken long.
_SPOKEN_LONG = frozenset({"น้ำ", "ได้", "ไม้", "เช้า", "เท้า", "เก้า", "ไหว้"})
_LENGTH_IS_FREE = frozenset({"เ", "แ", "ออ", "เออ"})


def rhymes(first: Syllable, second: Syllable) -> bool | None:
    """True or False where every reader agrees, None where not."""
    if (first.vowel, first.final) != (second.vowel, second.final):
        return False
    if first.long is not second.long and not _length_may_agree(first, second):
        return False
    if first.long is not second.long and not (first.long is None or second.long is None):
        return None
    return None if _sound(first) == _sound(second) else True


def _length_may_agree(first: Syllable, second: Syllable) -> bool:
    if first.vowel in _LENGTH_IS_FREE and first.final:
        return True
    return first.written in _SPOKEN_LONG or second.written in _SPOKEN_LONG


def _sound(syllable: Syllable) -> tuple[str, str, str, str]:
    return syllable.initial, syllable.vowel, syllable.final, syllable.tone
