"""Long texts in pieces a model can translate at once, and exactly back together.

A text is paragraphs with what stands between them (blank lines, kept to the character). Paragraphs are packed into
pieces of at most `max_characters`; a paragraph longer than that is split at line ends, then at sentence ends, then at
blanks. Tokens of protected parts hold no blank, so no cut falls inside one. What has no blank to cut at (Thai can run
on) is one piece, however long.

`join(split(text)) == text` for every text and every size (property test).
"""

from __future__ import annotations

from dataclasses import dataclass

import regex

__all__ = ["Piece", "join", "split"]

_BLANK_LINES = regex.compile(r"\s*\n[^\S\n]*\n\s*")
_CUTS = (
    regex.compile(r"[^\S\n]*\n[^\S\n]*"),
    regex.compile(r"(?<=[.!?…][\"”’)\]]?)[^\S\n]+"),
    regex.compile(r"\s+"),
)


@dataclass(frozen=True, slots=True)
class Piece:
    """`paragraphs` go to the translator with one blank line between them; `gaps` are what stood there.

    `before`: white space of the text in front of this piece.
    """

    paragraphs: tuple[str, ...]
    gaps: tuple[str, ...]
    before: str = ""

    @property
    def text(self) -> str:
        """As the translator gets it."""
        return "\n\n".join(self.paragraphs)

    def rejoined(self, translation: str) -> str | None:
        """The translation with this piece's own gaps; None where its paragraphs are not as many."""
        paragraphs = _BLANK_LINES.split(translation.strip())
        if len(paragraphs) != len(self.paragraphs):
            return None
        return _woven(paragraphs, self.gaps)


def split(text: str, max_characters: int) -> tuple[list[Piece], str]:
    """The pieces in order, and the white space after the last."""
    core = text.strip()
    if not core:
        return [], text
    lead, tail = text[: len(text) - len(text.lstrip())], text[len(text.rstrip()) :]
    pieces: list[Piece] = []
    before = lead
    for gap, paragraph in _with_gaps(core, _BLANK_LINES):
        parts = _cut(paragraph, max_characters)
        for number, (inner_gap, part) in enumerate(parts):
            between = gap if number == 0 else inner_gap
            if number == 0 and pieces and _fits(pieces[-1], part, max_characters) and len(parts) == 1:
                last = pieces[-1]
                pieces[-1] = Piece((*last.paragraphs, part), (*last.gaps, between), last.before)
            else:
                pieces.append(Piece((part,), (), between if pieces else before))
    return pieces, tail


def join(pieces: list[str], of: list[Piece], tail: str) -> str:
    """The pieces' texts (their own gaps already in them) with the white space that stood between them."""
    return "".join(piece.before + text for piece, text in zip(of, pieces, strict=True)) + tail


def _fits(last: Piece, paragraph: str, max_characters: int) -> bool:
    return len(last.text) + 2 + len(paragraph) <= max_characters


def _cut(text: str, max_characters: int, level: int = 0) -> list[tuple[str, str]]:
    """(gap before it, part) for parts of at most `max_characters` where the text can be cut so."""
    if len(text) <= max_characters or level == len(_CUTS):
        return [("", text)]
    parts: list[tuple[str, str]] = []
    for gap, part in _with_gaps(text, _CUTS[level]):
        for number, (inner_gap, inner) in enumerate(_cut(part, max_characters, level + 1)):
            between = gap if number == 0 else inner_gap
            if parts and len(parts[-1][1]) + len(between) + len(inner) <= max_characters:
                parts[-1] = (parts[-1][0], parts[-1][1] + between + inner)
            else:
                parts.append((between, inner))
    return parts


def _with_gaps(text: str, cut: regex.Pattern[str]) -> list[tuple[str, str]]:
    """What lies between the cuts, each with the cut before it; never an empty part."""
    found: list[tuple[str, str]] = []
    gap, start = "", 0
    for match in cut.finditer(text):
        if match.start() > start and match.end() < len(text) and match.end() > match.start():
            found.append((gap, text[start : match.start()]))
            gap, start = match[0], match.end()
    found.append((gap, text[start:]))
    return found


def _woven(paragraphs: list[str], gaps: tuple[str, ...]) -> str:
    return paragraphs[0] + "".join(gap + paragraph for gap, paragraph in zip(gaps, paragraphs[1:], strict=True))
