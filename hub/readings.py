"""The ways one text can be read, so that what is split, escaped or spelled is still seen.

A number may stand in Thai digits, between Markdown marks, over two lines, in the cells of a table, in escaped JSON
inside JSON, or be said digit by digit. Each reading undoes some of that; none is stored.
"""

from __future__ import annotations

from collections.abc import Iterator

import regex

__all__ = ["readings"]

_DIGITS = {base + n: str(n) for base in (0x0E50, 0x0660, 0x06F0, 0x17E0) for n in range(10)}  # Thai, Arabic, Khmer
_FULL_WIDTH = {0xFF01 + n: chr(0x21 + n) for n in range(94)}
_DASHES = dict.fromkeys(map(ord, "‐‑‒–—―−"), "-")
_INVISIBLE = dict.fromkeys([0xAD, *range(0x200B, 0x2010), *range(0x202A, 0x202F), *range(0x2060, 0x2065), 0xFEFF])
_PLAIN = {**_DIGITS, **_FULL_WIDTH, **_DASHES, **_INVISIBLE, 0xA0: " "}

_ESCAPED = regex.compile(r"""\\+(?:u([0-9a-fA-F]{4})|(["/])|([nrt]))""")
_MARKS = regex.compile(r"\*+|`+|~~|(?<!\w)_+|_+(?!\w)|</?[A-Za-z][^<>]{0,60}>|\\(?=[-.()@+_*])")
_CELLS = regex.compile(r"(?<=\d)[ \t]*\|[ \t]*(?=\d)")
_BROKEN_NUMBER = regex.compile(r"(?<=\d)(?:-[ \t]*\n[> \t]*|[ \t]*\n[> \t]*-)(?=\d)")
_BROKEN_WORD = regex.compile(r"(?<=[\w/+=.-])[ \t]*\\?\n[>\s]*(?=[\w/+=.-])")
_WORDS = ("ศูนย์", "หนึ่ง", "สอง", "สาม", "สี่", "ห้า", "หก", "เจ็ด", "แปด", "เก้า")
_SAID = regex.compile(rf"(?:(?:{'|'.join(_WORDS)})[ \-,]*){{9,}}")
_NESTED = 3


def readings(text: str) -> Iterator[tuple[str, bool]]:
    """Each different reading, the plainest first, and whether lines were joined in it.

    >>> [reading for reading, _ in readings("โทร **๐๘๑**-๒๓๔")]
    ['โทร **081**-234', 'โทร 081-234']
    """
    plain = _SAID.sub(_in_digits, _unescaped(text).translate(_PLAIN))
    yield plain, False
    bare = _BROKEN_NUMBER.sub("-", _CELLS.sub("-", _MARKS.sub("", plain)))
    if bare != plain:
        yield bare, False
    joined = _BROKEN_WORD.sub("", bare)
    if joined != bare:
        yield joined, True


def _unescaped(text: str) -> str:
    for _ in range(_NESTED):
        if "\\" not in text:
            break
        text = _ESCAPED.sub(_one, text)
    return text


def _one(match: regex.Match[str]) -> str:
    code, mark, _ = match.groups()
    return chr(int(code, 16)) if code else mark or "\n"


def _in_digits(match: regex.Match[str]) -> str:
    text = match[0]
    for digit, word in enumerate(_WORDS):
        text = text.replace(word, str(digit))
    return regex.sub(r"[ ,\-]+", "", text) + " "
