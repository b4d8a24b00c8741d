"""The text contract's first rule: normalise once, before checking, without changing what a reader sees.

Covers NFC, SARA AM, doubled SARA E, the order of tone mark and vowel, zero-width characters and line
endings; plus the plain view (Markdown emphasis and smart quotes taken off) and Thai digits.
Does not cover spelling or the visible form of anything: that would change the answer being judged.
Idempotent: `normalise(normalise(x)) == normalise(x)` is a property test.

>>> normalise("น" + "ํ" + "้" + "า") == "น" + "้" + "ำ"      # nikhahit + tone + sara aa -> tone + sara am
True
>>> plain("**สวัสดี** “โลก”")
'สวัสดี "โลก"'
>>> arabic_digits("พ.ศ. ๒๕๖๘")
'พ.ศ. 2568'
"""

from __future__ import annotations

import unicodedata

import regex

__all__ = ["NORMALISER_VERSION", "THAI_DIGITS", "arabic_digits", "normalise", "plain", "without_code"]

NORMALISER_VERSION = "1"
THAI_DIGITS = "๐๑๒๓๔๕๖๗๘๙"

_TONE = "\u0e48-\u0e4b"  # mai ek .. mai chattawa
_UPPER_LOWER_VOWEL = "\u0e31\u0e34-\u0e39\u0e47\u0e4d"  # mai han akat, i..uu, mai taikhu, nikhahit
# A zero-width joiner inside an emoji sequence is visible (it makes one picture of two); elsewhere it is not.
_ZERO_WIDTH = regex.compile(
    "[\u200b\u200c\u2060\ufeff\u00ad]|(?<![\\p{Extended_Pictographic}\ufe0f\\p{Emoji_Modifier}])\u200d"
)
_LINE_END = regex.compile("\r\n?|[\u2028\u2029\u0085]")
_REWRITES = (
    (regex.compile(f"\u0e4d([{_TONE}]?)\u0e32"), "\\1\u0e33"),  # nikhahit (+ tone) + sara aa
    (regex.compile(f"\u0e33([{_TONE}])"), "\\1\u0e33"),  # sara am typed before its tone
    (regex.compile("\u0e40\u0e40"), "\u0e41"),  # two sara e look like sara ae
    (regex.compile(f"([{_TONE}])([{_UPPER_LOWER_VOWEL}])"), "\\2\\1"),
)
_TO_ARABIC = str.maketrans(THAI_DIGITS, "0123456789")
_SMART_QUOTES = str.maketrans("“”„‟‘’‚‛", "\"\"\"\"''''")
_EMPHASIS = regex.compile(r"(\*{1,3}|_{2,3}|~~)(?=\S)(.+?)(?<=\S)\1")
_CODE_FENCE = regex.compile(r"^```[^\n]*\n.*?^```[ \t]*$", regex.MULTILINE | regex.DOTALL)
_CODE_SPAN = regex.compile(r"`[^`\n]+`")
_URL = regex.compile(r"https?://\S+|www\.\S+")


def normalise(text: str) -> str:
    """`text` in the contract's one form; a fixpoint, so applying it twice changes nothing."""
    while (once := _normalise_once(text)) != text:
        text = once
    return text


def _normalise_once(text: str) -> str:
    text = _LINE_END.sub("\n", text)
    text = unicodedata.normalize("NFC", _ZERO_WIDTH.sub("", text))
    for pattern, replacement in _REWRITES:
        text = pattern.sub(replacement, text)
    return text


def plain(text: str) -> str:
    """`text` as read aloud: emphasis marks off, quotes straight, white space at line ends and outside gone."""
    previous = None
    while previous != text:  # emphasis nests: ***bold italic***
        previous, text = text, _EMPHASIS.sub(r"\2", text)
    text = text.translate(_SMART_QUOTES)
    return "\n".join(line.rstrip() for line in text.split("\n")).strip()


def arabic_digits(text: str) -> str:
    """Thai digits as Arabic ones, so that numbers compare."""
    return text.translate(_TO_ARABIC)


def without_code(text: str) -> str:
    """`text` without code fences, code spans and URLs: what a language rule may look at."""
    return _URL.sub(" ", _CODE_SPAN.sub(" ", _CODE_FENCE.sub("\n", text)))
