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

NORMALISER_VERSION = "2"
THAI_DIGITS = "๐๑๒๓๔๕๖๗๘๙"

_TONE = "\u0e48-\u0e4b"  # mai ek .. mai chattawa
_THANTHAKHAT = "\u0e4c"  # belongs after the vowel of its consonant: สิทธิ์, พันธุ์
_UPPER_LOWER_VOWEL = "\u0e31\u0e34-\u0e39\u0e47\u0e4d"  # mai han akat, i..uu, mai taikhu, nikhahit
# What Unicode calls ignorable is invisible, but for: Hangul fillers (they have width); a joiner, a variation
# selector or a tag that makes another picture of the emoji (or keycap, or Han letter) before it.
_PICTURE = "\\p{Extended_Pictographic}\\p{Emoji_Modifier}\ufe0f"
_SELECTOR = "\ufe00-\ufe0f\U000e0100-\U000e01ef"
_TAG = "\U000e0020-\U000e007f"
_ZERO_WIDTH = regex.compile(
    f"[\\p{{Default_Ignorable_Code_Point}}--[\u115f\u1160\u3164\uffa0\u200d{_SELECTOR}{_TAG}]]"
    f"|(?<![{_PICTURE}])\u200d|(?<![{_PICTURE}0-9#*\\p{{Han}}])[{_SELECTOR}]|(?<![{_PICTURE}{_TAG}])[{_TAG}]",
    regex.V1,
)
_LINE_END = regex.compile("\r\n?|[\u2028\u2029\u0085]")
_REWRITES = (
    (regex.compile(f"\u0e4d([{_TONE}]?)\u0e32"), "\\1\u0e33"),  # nikhahit (+ tone) + sara aa
    (regex.compile(f"\u0e33([{_TONE}])"), "\\1\u0e33"),  # sara am typed before its tone
    (regex.compile("\u0e40\u0e40"), "\u0e41"),  # two sara e look like sara ae
    (regex.compile(f"([{_TONE}{_THANTHAKHAT}])([{_UPPER_LOWER_VOWEL}])"), "\\2\\1"),
)
_TO_ARABIC = str.maketrans(THAI_DIGITS, "0123456789")
# What a reader cannot tell from the plain mark: quotes of either shape, blanks and hyphens that do not break a line.
_LOOKALIKES = str.maketrans("“”„‟‘’‚‛\u00a0\u2007\u202f\u2011", "\"\"\"\"''''   -")
# Strong before light, so that *light **strong** light* comes apart in order; a line of marks alone is no emphasis.
_EMPHASIS = (
    regex.compile(r"(\*{2,3}|_{2,3}|~~)(?![\s*_~])(.+?)(?<=\S)\1"),
    regex.compile(r"(\*)(?![\s*])(.+?)(?<=\S)\1"),
)
_CODE_FENCE = regex.compile(r"^[ \t]*```[^`\n]*\n.*?^[ \t]*```[ \t]*$", regex.MULTILINE | regex.DOTALL)
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
    """`text` as read aloud: emphasis off, quotes straight, blanks and hyphens plain, no white space at line ends."""
    for pattern in _EMPHASIS:
        previous = None
        while previous != text:  # emphasis nests
            previous, text = text, pattern.sub(r"\2", text)
    text = text.translate(_LOOKALIKES)
    return "\n".join(line.rstrip() for line in text.split("\n")).strip()


def arabic_digits(text: str) -> str:
    """Thai digits as Arabic ones, so that numbers compare."""
    return text.translate(_TO_ARABIC)


def without_code(text: str) -> str:
    """`text` without code fences, code spans and URLs: what a language rule may look at."""
    return _URL.sub(" ", _CODE_SPAN.sub(" ", _CODE_FENCE.sub("\n", text)))
