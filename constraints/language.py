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

import regex
from langdetect import DetectorFactory, LangDetectException, detect

from constraints.text import without_code

__all__ = ["foreign_letters", "latin_share", "main_language", "script_shares"]

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
_LANGUAGE_OF_SCRIPT = {
    "Thai": "th", "Han": "zh", "Lao": "lo", "Khmer": "km", "Myanmar": "my", "Cyrillic": "ru",
    "Arabic": "ar", "Hangul": "ko", "Hiragana": "ja", "Katakana": "ja",
}  # fmt: skip


def script_shares(text: str) -> dict[str, float]:
    """Script -> share of the letters (marks included) outside code and URLs; {} where there is no letter."""
    text = without_code(text)
    total = len(_ANY_LETTER.findall(text))
    if total == 0:
        return {}
    counts = Counter({name: len(pattern.findall(text)) for name, pattern in _SCRIPT_PATTERNS.items()})
    counts["Other"] = total - counts.total()
    return {name: count / total for name, count in counts.most_common() if count}


def main_language(text: str) -> str | None:
    """ISO 639-1 code of the script with the most letters; None where nothing can be told."""
    shares = script_shares(text)
    if not shares:
        return None
    script = max(shares, key=lambda name: shares[name])
    if script != "Latin":
        return _LANGUAGE_OF_SCRIPT.get(script)
    try:
        return detect(without_code(text))
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
