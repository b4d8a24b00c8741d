"""Which language an answer is in: Unicode scripts first, seeded langdetect only for Latin-script languages.

Code-switching is a number (`latin_share`), not a yes or no. The only module that imports langdetect, which
is random unless seeded and raises on digits: here it is seeded, and what it cannot tell is None.

>>> script_shares("AI คือโมเดล")["Thai"]
0.8
>>> main_language("OK thanks ครับ bro ขอบคุณมากนะ"), main_language("12345")
('th', None)
>>> foreign_letters("เมื่อ自由 หมด", allowed_from="")
'自由'
"""

from __future__ import annotations

from collections import Counter
from functools import lru_cache

import regex
from langdetect import DetectorFactory, LangDetectException, detect

from constraints.text import without_code

__all__ = ["detected", "foreign_letters", "latin_share", "main_language", "script_shares"]

DetectorFactory.seed = 0

_SCRIPTS = (
    "Thai",
    "Latin",
    "Han",
    "Lao",
    "Khmer",
    "Myanmar",
    "Cyrillic",
    "Arabic",
    "Hangul",
    "Hiragana",
    "Katakana",
)
_SCRIPT_PATTERNS = {name: regex.compile(rf"[\p{{Script={name}}}&&[\p{{L}}\p{{M}}]]", regex.V1) for name in _SCRIPTS}
_ANY_LETTER = regex.compile(r"[[\p{L}\p{M}]--\p{Script=Inherited}]", regex.V1)  # not the selector in ❤️
_FOREIGN = regex.compile(
    r"[[\p{L}\p{M}]--[\p{Script=Thai}\p{Script=Latin}\p{Script=Greek}\p{Script=Inherited}\p{Script=Common}]]",
    regex.V1,
)
_ORDER = {name: number for number, name in enumerate((*_SCRIPTS, "Other"))}
_KANA = ("Hiragana", "Katakana")
_FEWEST_KANA = 0.15  # written Japanese has far more kana than Chinese, which has none
_NOT_LATIN = regex.compile(r"[[\p{L}\p{M}]--[\p{Script=Latin}\p{Script=Inherited}]]+", regex.V1)
_LANGUAGE_OF_SCRIPT = {
    "Thai": "th", "Han": "zh", "Lao": "lo", "Khmer": "km", "Myanmar": "my", "Cyrillic": "ru",
    "Arabic": "ar", "Hangul": "ko", "Hiragana": "ja", "Katakana": "ja",
}  # fmt: skip


def script_shares(text: str) -> dict[str, float]:
    """Script -> share of the letters (marks included) outside code and URLs; {} where there is no letter."""
    counts: Counter[str] = Counter()
    for character, times in Counter(without_code(text)).items():  # an alphabet is short, a text is long
        if (script := _script_of(character)) is not None:
            counts[script] += times
    total = counts.total()
    in_order = sorted(counts, key=lambda name: (-counts[name], _ORDER[name]))
    return {name: counts[name] / total for name in in_order}


@lru_cache(maxsize=65536)
def _script_of(character: str) -> str | None:
    """One of the named scripts, "Other", or None where it is no letter."""
    if not _ANY_LETTER.match(character):
        return None
    return next((name for name, pattern in _SCRIPT_PATTERNS.items() if pattern.match(character)), "Other")


def main_language(text: str) -> str | None:
    """ISO 639-1 code of the script with the most letters; None where nothing can be told."""
    shares = script_shares(text)
    if not shares:
        return None
    script = max(shares, key=lambda name: shares[name])
    if script == "Latin":
        return detected(_NOT_LATIN.sub(" ", without_code(text)))
    if script == "Han" and sum(shares.get(kana, 0.0) for kana in _KANA) >= _FEWEST_KANA:
        return "ja"
    return _LANGUAGE_OF_SCRIPT.get(script)


def detected(text: str) -> str | None:
    """What langdetect alone says, seeded; None where it raises (no letters). Other suites ask nothing else."""
    try:
        return detect(text)
    except LangDetectException:
        return None


def latin_share(text: str, allowed: tuple[str, ...] = ()) -> float:
    """Latin letters as a share of all letters, outside code, URLs and the allowed terms."""
    for term in sorted(allowed, key=len, reverse=True):
        text = text.replace(term, " ")
    return script_shares(text).get("Latin", 0.0)


def foreign_letters(text: str, allowed_from: str) -> str:
    """Letters of scripts that a Thai answer does not use (Han, Lao, Cyrillic, ...) and `allowed_from` lacks.

    Thai, Latin and Greek (formulas) are at home; anything else is a leak unless the prompt has it.
    """
    return "".join(letter for letter in _FOREIGN.findall(text) if letter not in allowed_from)
