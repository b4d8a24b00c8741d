"""From which language into which, and what is known about the pair: names, script, how long a translation gets.

Two languages are known, Thai and English, both ways. A direction holds everything the rest of the room needs to know
about languages, so nothing else in it asks "is this Thai?".

Length bounds are the characters of a translation per character of its source, both without protected parts and
blanks. Measured on the 40 pairs of benchmarks/translation_pairs.yaml (`benchmarks/translation.py --pairs` prints
it), texts of 40 characters and more: English to Thai 0.73 to 1.49, median 1.02; Thai to English 0.67 to 1.26, median
0.91. The bounds leave room for a terse or wordy translator; an answer in place of a translation, a cut, or an
explanation behind it is usually outside. Shorter texts swing more (0.57 to 1.76) and get bounds half as wide again.
"""

from __future__ import annotations

from dataclasses import dataclass

import regex

from constraints import main_language, script_shares

__all__ = ["DIRECTIONS", "Direction", "direction", "language_of"]

SCRIPT_OF = {"th": "Thai", "en": "Latin"}
NAME_OF = {"th": "Thai", "en": "English"}
MIN_SHARE = 0.3
"""A text whose letters are to this share in a language's script needs no translation into it."""

_SHORT = 40
_FEW_WORDS = 12  # langdetect guesses on less
_LATIN_WORD = regex.compile(r"[A-Za-z']+")
_ENGLISH_WORDS = (
    "the a an is are was were be do does did to of and or in on at for with from by as it its this that these those i "
    "me my you your he she we they them his her our their what which who why when where how can could would should "
    "will may must not no if then than about into over please write give make explain describe list tell"
)
_ENGLISH = frozenset(_ENGLISH_WORDS.split())


@dataclass(frozen=True, slots=True)
class Direction:
    """`shortest`, `longest`: bounds of length ratio for texts of at least 40 characters."""

    source: str
    target: str
    shortest: float
    longest: float

    @property
    def key(self) -> str:
        return f"{self.source}-{self.target}"

    @property
    def source_name(self) -> str:
        return NAME_OF[self.source]

    @property
    def target_name(self) -> str:
        return NAME_OF[self.target]

    @property
    def back(self) -> Direction:
        return DIRECTIONS[f"{self.target}-{self.source}"]

    def length_bounds(self, source_characters: int) -> tuple[float, float]:
        """The fewest and most characters of a translation per character of its source."""
        if source_characters >= _SHORT:
            return self.shortest, self.longest
        return self.shortest / 1.5, self.longest * 1.5

    def is_in_target(self, text: str) -> bool:
        return script_shares(text).get(SCRIPT_OF[self.target], 0.0) >= MIN_SHARE


DIRECTIONS = {
    "en-th": Direction("en", "th", 0.5, 2.0),
    "th-en": Direction("th", "en", 0.45, 1.8),
}


def direction(source: str, target: str) -> Direction | None:
    """None where the pair is not known."""
    return DIRECTIONS.get(f"{source}-{target}")


def language_of(text: str) -> str | None:
    """ "th", "en", another ISO 639-1 code, or None where the text has no letters to tell by.

    Thai by script. Latin letters are English where common English words say so: langdetect guesses on short texts.

    >>> [language_of(text) for text in ("เขียน Python ให้หน่อย", "Fix this bug", "12345", "Schreibe ein Gedicht über die See")]
    ['th', 'en', None, 'de']
    """
    shares = script_shares(text)
    if not shares:
        return None
    if shares.get("Thai", 0.0) >= MIN_SHARE:
        return "th"
    if shares.get("Latin", 0.0) < 0.5:
        return main_language(text)
    words = [word.lower() for word in _LATIN_WORD.findall(text)]
    known = sum(word in _ENGLISH for word in words)
    if known >= max(1, len(words) // _FEW_WORDS):
        return "en"
    found = main_language(text)
    return "en" if found == "en" or (len(words) < _FEW_WORDS // 3 and shares.get("Latin", 0) > 0.9) else found
