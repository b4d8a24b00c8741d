"""An answer as the checkers see it: normalised once, its views computed once.

`raw` keeps Markdown (layout checks need it), `text` is the plain view (emphasis off, straight quotes).
Checkers take an Answer and never touch the string they were given.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cached_property

import regex

from constraints.segment import ENGINES, tokens, words
from constraints.text import normalise, plain
from constraints.verdict import Verdict, undecided

__all__ = ["Answer"]

_BLANK_LINES = regex.compile(r"\n[ \t]*\n\s*")


class Answer:
    """One answer. `Answer("...").lines` and friends are cached."""

    def __init__(self, content: str) -> None:
        self.raw = normalise(content)
        self.text = plain(self.raw)

    @cached_property
    def lines(self) -> list[str]:
        """Lines that hold something, plain."""
        return [line.strip() for line in self.text.split("\n") if line.strip()]

    @cached_property
    def raw_lines(self) -> list[str]:
        """All lines with their Markdown."""
        return self.raw.split("\n")

    @cached_property
    def paragraphs(self) -> list[str]:
        """Blocks between blank lines."""
        return [block for block in _BLANK_LINES.split(self.text) if block.strip()]

    def words(self, engine: str) -> tuple[str, ...]:
        return words(self.text, engine)

    def tokens(self, engine: str) -> tuple[str, ...]:
        return tokens(self.text, engine)

    def by_both_engines(self, judge: Callable[[str], Verdict]) -> Verdict:
        """The verdict of `judge(engine)` where both word engines lead to the same outcome, else UNDECIDED."""
        first, second = (judge(engine) for engine in ENGINES)
        if first.outcome is second.outcome:
            return first
        return undecided(f"word engines disagree: {_told(ENGINES[0], first)}; {_told(ENGINES[1], second)}")


def _told(engine: str, verdict: Verdict) -> str:
    return f"{engine} {verdict.outcome}" + (f" ({verdict.reason})" if verdict.reason else "")
