"""An answer as the checkers see it: normalised once, its views computed once.

`raw` keeps Markdown (layout checks need it), `text` is the plain view (emphasis off, straight quotes).
Checkers take an Answer and never touch the string they were given. Spans point into `text`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cached_property

import regex

from constraints.segment import ENGINES, is_word, tokens
from constraints.text import has_lone_surrogate, normalise, plain
from constraints.verdict import Span, Verdict, undecided

__all__ = ["Answer", "Line", "placed_words"]

_BLANK_LINES = regex.compile(r"\n[ \t]*\n\s*")
_FENCE = regex.compile(r"^\s*```[^`]*$")


@dataclass(frozen=True, slots=True)
class Line:
    """One line and where it stands in `Answer.text`."""

    text: str
    at: Span


class Answer:
    """One answer. `Answer("...").lines` and friends are cached."""

    def __init__(self, content: str) -> None:
        self.given = content  # as written: official checkers of other suites look at nothing else
        self.raw = normalise(content)
        self.text = plain(self.raw)
        self._tokens: dict[str, tuple[str, ...]] = {}
        self._words: dict[str, tuple[str, ...]] = {}
        self._placed_words: dict[str, list[Line]] = {}

    @cached_property
    def has_lone_surrogate(self) -> bool:
        return has_lone_surrogate(self.raw)

    @cached_property
    def folded(self) -> str:
        """`text` without letter case, as keywords are searched in."""
        return self.text.casefold()

    @cached_property
    def lines(self) -> list[str]:
        """Lines that hold something, plain."""
        return [line.text for line in self.placed_lines]

    @cached_property
    def placed_lines(self) -> list[Line]:
        """The same lines, stripped, with their spans."""
        return list(_placed(self.text.split("\n"), 1))

    @cached_property
    def raw_lines(self) -> list[str]:
        """All lines with their Markdown."""
        return self.raw.split("\n")

    @cached_property
    def lines_outside_code(self) -> list[str]:
        """Raw lines, code fences and what they hold left out."""
        return [line for _, line in self.numbered_lines_outside_code]

    @cached_property
    def numbered_lines_outside_code(self) -> list[tuple[int, str]]:
        """(index in `raw_lines`, raw line) outside code fences."""
        kept, in_code = [], False
        for number, line in enumerate(self.raw_lines):
            if _FENCE.match(line):
                in_code = not in_code
            elif not in_code:
                kept.append((number, line))
        return kept

    def at_raw_line(self, number: int) -> Span:
        """Where the raw line of that index stands in `text`: emphasis is taken off within lines, never across."""
        before = self.raw[: len(self.raw) - len(self.raw.lstrip())].count("\n")
        lines = self.text.split("\n")
        index = min(max(number - before, 0), len(lines) - 1)
        start = sum(len(line) + 1 for line in lines[:index])
        return start, start + len(lines[index])

    @cached_property
    def paragraphs(self) -> list[str]:
        """Blocks between blank lines."""
        return [block for block in _BLANK_LINES.split(self.text) if block.strip()]

    @cached_property
    def placed_paragraphs(self) -> list[Line]:
        """The same blocks with their spans."""
        found, start = [], 0
        for block in self.paragraphs:
            start = self.text.index(block, start)
            found.append(Line(block, (start, start + len(block))))
            start += len(block)
        return found

    def words(self, engine: str) -> tuple[str, ...]:
        """What a person would count as words, by one engine."""
        if engine not in self._words:
            self._words[engine] = tuple(token.strip() for token in self.tokens(engine) if is_word(token))
        return self._words[engine]

    def tokens(self, engine: str) -> tuple[str, ...]:
        if engine not in self._tokens:
            self._tokens[engine] = tokens(self.text, engine)
        return self._tokens[engine]

    def placed_words(self, engine: str) -> list[Line]:
        """`words` with their spans."""
        if engine not in self._placed_words:
            self._placed_words[engine] = list(placed_words(self.tokens(engine)))
        return self._placed_words[engine]

    def find(self, literal: str, start: int = 0) -> Span | None:
        """Where `literal` first stands in `text`, letter case apart; None where it does not."""
        if len(self.folded) != len(self.text):  # folding made a letter longer: places no longer match
            place = self.text.find(literal, start)
        else:
            place = self.folded.find(literal.casefold(), start)
        return None if place < 0 else (place, place + len(literal))

    def by_both_engines(self, judge: Callable[[str], Verdict]) -> Verdict:
        """The verdict of `judge(engine)` where both word engines lead to the same outcome, else UNDECIDED."""
        first, second = (judge(engine) for engine in ENGINES)
        if first.outcome is second.outcome:
            return first
        return undecided(
            f"word engines disagree: {_told(ENGINES[0], first)}; {_told(ENGINES[1], second)}",
            "ตัวตัดคำสองตัวให้ผลต่างกัน จึงตัดสินไม่ได้",
            first.at or second.at,
        )


def _placed(pieces: list[str], gap: int) -> Iterator[Line]:
    start = 0
    for piece in pieces:
        stripped = piece.strip()
        if stripped:
            lead = start + len(piece) - len(piece.lstrip())
            yield Line(stripped, (lead, lead + len(stripped)))
        start += len(piece) + gap


def placed_words(tokens: tuple[str, ...]) -> Iterator[Line]:
    """The words among tokens that make up a text, with their spans."""
    start = 0
    for token in tokens:
        if is_word(token):
            lead = start + len(token) - len(token.lstrip())
            word = token.strip()
            yield Line(word, (lead, lead + len(word)))
        start += len(token)


def _told(engine: str, verdict: Verdict) -> str:
    return f"{engine} {verdict.outcome}" + (f" ({verdict.reason})" if verdict.reason else "")
