"""Answers that go in circles: by characters over the whole, by a run of one phrase, by lines.

Three measures, since each is blind where another sees: a short loop at the end of a long answer leaves most windows
distinct; a list that says one thing again and again under new numbers has no run.
"""

from __future__ import annotations

from collections import Counter

import regex

__all__ = ["distinct_share", "looping", "repeated_line"]

_WINDOW = 10  # characters: about two Thai words
_RUN = 5  # times in a row that make a loop ...
_RUN_CHARACTERS = 40  # ... of so many characters together
_LINE_TIMES = 4
_LINE_LETTERS = 12
_LOOP = regex.compile(rf"(.{{1,100}}?)\1{{{_RUN - 1},}}", regex.DOTALL)
_LETTER = regex.compile(r"\p{L}")
_NUMBERING = regex.compile(r"[\d๐-๙]+[.):]?")
_NOT_TEXT = regex.compile(r"[^\p{L}\p{M}]+")
_RULE = regex.compile(r"[|\s:=_*.\-–—…]+")


def distinct_share(text: str) -> float:
    """Distinct 10-character windows as a share of all: near 1 for prose, near 0 for a loop.

    >>> distinct_share("ก" * 100) < 0.02, distinct_share("สวัสดี")
    (True, 1.0)
    """
    windows = _windows(text)
    return len(set(windows)) / len(windows) if windows else 1.0


def _windows(text: str) -> list[str]:
    return [text[start : start + _WINDOW] for start in range(len(text) - _WINDOW + 1)]


def looping(text: str) -> str:
    """A phrase that stands five times or more in a row, numbering aside; "" where none does.

    >>> looping("ดีมาก " * 8)
    'ดีมาก '
    """
    text = _NUMBERING.sub("", text)
    if max(Counter(_windows(text)).values(), default=0) < _RUN - 2:
        return ""  # cheap, and no loop hides from it: forty characters in five equal parts repeat a window three times
    for found in _LOOP.finditer(text):
        if len(found[0]) >= _RUN_CHARACTERS and _LETTER.search(found[1]):
            return found[1]
    return ""


def repeated_line(text: str) -> str:
    """A line of twelve letters or more that stands four times, numbering and marks aside; "" where none does."""
    bare = (_NOT_TEXT.sub("", line) for line in text.split("\n") if not _RULE.fullmatch(line))
    for line, times in Counter(line for line in bare if len(line) >= _LINE_LETTERS).most_common(1):
        if times >= _LINE_TIMES:
            return line
    return ""
