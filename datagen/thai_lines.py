"""Thai text on a terminal: lines broken between words and never inside a letter with its marks, and no control codes.

Rich breaks at spaces, which Thai does not have. Widths are terminal cells as rich counts them: vowels and tone marks
above and below take none, ำ takes one.

>>> wrapped("แม่จึงต้มข้าวต้มให้ทุกคนกิน", 12)
['แม่จึงต้มข้าวต้ม', 'ให้ทุกคนกิน']
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator

from rich.cells import cell_len

from constraints.segment import graphemes, tokens

__all__ = ["padded", "printable", "wrapped"]

_CONTROL = {code: f"\\x{code:02x}" for code in (*range(9), *range(11, 32), *range(127, 160))} | {9: "    "}
_SARA_AM = "\u0e33"
_PIECE = 2_000  # characters handed to the segmenter at once: its time grows faster than the text


def printable(text: str) -> str:
    """`text` with control characters spelt out: a terminal would act on them. Line ends stay.

    >>> printable("ก\\x1b[2Jข")
    'ก\\\\x1b[2Jข'
    """
    return text.replace("\r\n", "\n").translate(_CONTROL)


def padded(text: str, width: int) -> str:
    """
    >>> padded("น้ำ", 4) + "|"
    'น้ำ  |'
    """
    return text + " " * (width - cell_len(text))


def wrapped(text: str, width: int) -> list[str]:
    """The lines of `text`, each at most `width` cells (at least one letter with its marks) wide."""
    return [piece for line in printable(text).split("\n") for piece in _wrapped_line(line, max(1, width))]


def _wrapped_line(line: str, width: int) -> Iterator[str]:
    current, cells = "", 0
    for token in _breakable(line, width):
        size = cell_len(token)
        if current and cells + size > width:
            yield current.rstrip(" ")
            current, cells = "", 0
            if token.isspace():
                continue  # the break stands for it
        current, cells = current + token, cells + size
    yield current.rstrip(" ")


def _breakable(line: str, width: int) -> Iterator[str]:
    """Words, and single letters with their marks of words that are wider than a line."""
    for start in range(0, len(line), _PIECE):
        whole = ""
        for token in (*tokens(line[start : start + _PIECE], "nlpo3"), ""):
            # The segmenter may part a letter from its marks where the spelling is broken.
            if token and whole and (token[0] == _SARA_AM or unicodedata.category(token[0]) == "Mn"):
                whole += token
                continue
            yield from [whole] if cell_len(whole) <= width else graphemes(whole)
            whole = token
