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
from bisect import bisect_right
from collections.abc import Callable
from functools import lru_cache

import regex

__all__ = [
    "NORMALISER_VERSION",
    "THAI_DIGITS",
    "arabic_digits",
    "has_lone_surrogate",
    "normalise",
    "plain",
    "without_code",
]

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
    f"|(?<![{_PICTURE}])\u200d|(?<![{_PICTURE}0-9#*\\p{{Han}}])[{_SELECTOR}]+|(?<![{_PICTURE}{_TAG}])[{_TAG}]+",
    regex.V1,
)
_LINE_END = regex.compile("\r\n?|[\u2028\u2029\u0085]")
_NIKHAHIT_AA = regex.compile(f"\u0e4d([{_TONE}]?)\u0e32")  # nikhahit (+ tone) + sara aa is sara am
_SARA_AM_RUN = regex.compile(f"\u0e33[\u0e33{_TONE}]+")  # sara am typed before its tone
_TWO_SARA_E = "\u0e40\u0e40"  # looks like sara ae
_MARK_RUN = regex.compile(f"[{_TONE}{_THANTHAKHAT}][{_TONE}{_THANTHAKHAT}{_UPPER_LOWER_VOWEL}]+")
_VOWELS = regex.compile(f"[{_UPPER_LOWER_VOWEL}]")
# No language stacks so many marks on one letter. Such runs are left as they are: putting them in canonical order
# takes time that grows with the square of their length.
_ENDLESS_MARKS = regex.compile(r"(\p{M}{65,})")
_TO_ARABIC = str.maketrans(THAI_DIGITS, "0123456789")
# What a reader cannot tell from the plain mark: quotes of either shape, blanks and hyphens that do not break a line.
_LOOKALIKES = str.maketrans("“”„‟‘’‚‛\u00a0\u2007\u202f\u2011", "\"\"\"\"''''   -")
# A longer run of one mark is a rule or a blank to fill in.
_DELIMITER = regex.compile(r"(?<!\*)\*{1,4}(?!\*)|(?<!_)_{2,3}(?!_)|(?<!~)~~(?!~)")
_FENCE = regex.compile(r"[ \t]*(```|~~~)([^`]*)")
_CODE_SPAN = regex.compile(r"`[^`\n]+`")
_LONE_SURROGATE = regex.compile(r"[\ud800-\udfff]")
_URL = regex.compile(r"https?://\S+|www\.\S+")


def normalise(text: str) -> str:
    """`text` in the contract's one form; a fixpoint, so applying it twice changes nothing."""
    return _remembered(text) if len(text) <= _SHORT else _normalised(text)


def _normalised(text: str) -> str:
    while (once := _normalise_once(text)) != text:
        text = once
    return text


# Keywords and instructions come again for every candidate, drawn, worded, checked and screened; answers do not.
_SHORT = 200
_remembered = lru_cache(maxsize=2048)(_normalised)


def _normalise_once(text: str) -> str:
    text = _ZERO_WIDTH.sub("", _LINE_END.sub("\n", text))
    pieces = _ENDLESS_MARKS.split(text)
    pieces[::2] = map(_compose, pieces[::2])  # every other piece is such a run
    return "".join(pieces)


def _compose(text: str) -> str:
    text = unicodedata.normalize("NFC", text)
    text = _NIKHAHIT_AA.sub("\\1\u0e33", text)
    text = _SARA_AM_RUN.sub(lambda run: _sorted_run(run[0], "\u0e33".__ne__), text)
    text = text.replace(_TWO_SARA_E, "\u0e41")
    return _MARK_RUN.sub(lambda run: _sorted_run(run[0], lambda mark: _VOWELS.match(mark) is not None), text)


def _sorted_run(run: str, goes_first: Callable[[str], bool]) -> str:
    return "".join(sorted(run, key=lambda mark: not goes_first(mark)))


def plain(text: str) -> str:
    """`text` as read aloud: emphasis off, quotes straight, blanks and hyphens plain, no white space at line ends."""
    lines = (_without_emphasis(line) for line in text.translate(_LOOKALIKES).split("\n"))
    return "\n".join(line.rstrip() for line in lines).strip()


def _without_emphasis(line: str) -> str:
    """`line` without the Markdown marks that pair up, each found once (CommonMark's delimiter stack, its appendix).

    As there, a mark opens before and closes after what is no blank; but beside Thai, which has no blanks between
    words, underscores pair too.
    """
    found = list(_DELIMITER.finditer(line))
    if len(found) < 2:
        return line
    left = [len(delimiter[0]) for delimiter in found]  # marks of each that stay
    open_now: list[int] = []
    how_many = dict.fromkeys("*_~", 0)
    for number, delimiter in enumerate(found):
        mark = delimiter[0][0]
        before, after = line[: delimiter.start()][-1:], line[delimiter.end() : delimiter.end() + 1]
        least = 1 if mark == "*" else 2
        if before.strip() and not (mark == "_" and after.isascii() and after.isalnum()):
            while left[number] >= least and how_many[mark]:
                opener = open_now[-1]
                if found[opener][0][0] == mark and left[opener] >= least:
                    both = min(left[opener], left[number])
                    left[opener] -= both
                    left[number] -= both
                if found[opener][0][0] != mark or left[opener] < least:
                    how_many[found[open_now.pop()][0][0]] -= 1
        if left[number] >= least and after.strip() and not (mark == "_" and before.isascii() and before.isalnum()):
            open_now.append(number)
            how_many[mark] += 1
    kept, end = [], 0
    for delimiter, marks in zip(found, left, strict=True):
        kept += [line[end : delimiter.start()], delimiter[0][:marks]]
        end = delimiter.end()
    return "".join(kept) + line[end:]


def arabic_digits(text: str) -> str:
    """Thai digits as Arabic ones, so that numbers compare."""
    return text.translate(_TO_ARABIC)


def has_lone_surrogate(text: str) -> bool:
    """Whether `text` holds half of an escaped emoji, which no engine takes."""
    return _LONE_SURROGATE.search(text) is not None


def without_code(text: str) -> str:
    """`text` without code fences, code spans and URLs: what a language rule may look at."""
    return _URL.sub(" ", _CODE_SPAN.sub(" ", _without_fences(text)))


def _without_fences(text: str) -> str:
    """Each fenced block as one empty line; a fence that is never closed hides nothing."""
    lines = text.split("\n")
    closings = {mark: [n for n, line in enumerate(lines) if line.strip(" \t") == mark] for mark in ("```", "~~~")}
    kept, number = [], 0
    while number < len(lines):
        fence = _FENCE.fullmatch(lines[number])
        after = closings[fence[1]] if fence else []
        place = bisect_right(after, number)
        if place < len(after):
            kept += ["", ""]
            number = after[place] + 1
        else:
            kept.append(lines[number])
            number += 1
    return "\n".join(kept)
