"""Turning the pages of rows on a terminal: what each key does, and one screenful at a time.

`Pager` is a state machine over a sequence that grows as it is read (keys in, screen out); `page_through` connects it
to a terminal, where one key is read without Enter, or to any other input, where every line is a command. Rows are
laid out when they come up; behind the current row only positions are remembered.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Sequence
from contextlib import nullcontext
from typing import Any, Generic, TextIO, TypeVar

from rich.console import Console
from rich.text import Text

__all__ = ["Pager", "page_through"]

ItemT = TypeVar("ItemT")
_KEYS = "space on · n next · p previous · g first · q quit"
_NEXT, _PREVIOUS = {"n", "l", "\x1b[C", "\x1b[6~"}, {"p", "h", "\x1b[D", "\x1b[5~"}
_ON, _BACK = {" ", "", "\r", "\n", "j", "\x1b[B"}, {"b", "k", "\x1b[A"}
_QUIT = {"q", "Q", "\x03", "\x04", "\x1b"}


class Pager(Generic[ItemT]):
    """`items` are taken one by one as they come up; `lay_out` makes the lines of one of them."""

    def __init__(self, items: Iterator[ItemT], lay_out: Callable[[ItemT], Sequence[Text]], height: int) -> None:
        self._items, self._lay_out = items, lay_out
        self._room = max(1, height - 1)  # the last line is ours
        self._seen: list[ItemT] = []
        self._at, self._top = -1, 0
        self._lines: Sequence[Text] = ()
        self._ended = self.over = False
        self._go(0)

    @property
    def empty(self) -> bool:
        return not self._seen

    def press(self, key: str) -> None:
        """One key, or one line of other input. Keys without a meaning do nothing."""
        if key in _QUIT:
            self.over = True
        elif key in _NEXT:
            self._go(self._at + 1)
        elif key in _PREVIOUS:
            self._go(self._at - 1)
        elif key == "g":
            self._go(0)
        elif key in _ON:
            if self._top + self._room < len(self._lines):
                self._top += self._room
            else:
                self._go(self._at + 1)
        elif key in _BACK:
            if self._top:
                self._top = max(0, self._top - self._room)
            else:
                self._go(self._at - 1)

    def screen(self) -> list[Text]:
        """The lines to show now and, last, where we are."""
        shown = list(self._lines[self._top : self._top + self._room])
        total = f"{len(self._seen)}" if self._ended else "more"
        below = " · ↓ row goes on" if self._top + self._room < len(self._lines) else ""
        return [*shown, Text(f"row {self._at + 1} of {total}{below} · {_KEYS}", style="reverse", no_wrap=True)]

    def _go(self, wanted: int) -> None:
        while wanted >= len(self._seen) and not self._ended:
            try:
                self._seen.append(next(self._items))
            except StopIteration:
                self._ended = True
        wanted = max(0, min(wanted, len(self._seen) - 1))
        if self._seen and wanted != self._at:
            self._at, self._top = wanted, 0
            self._lines = self._lay_out(self._seen[wanted])


def page_through(pager: Pager[Any], console: Console, stdin: TextIO) -> None:
    """Shows screens and reads keys until the reader quits or the input ends."""
    keys = _keys_of_terminal(stdin) if stdin.isatty() else _lines_of(stdin)
    with console.screen(hide_cursor=False) if console.is_terminal else nullcontext():
        while not pager.over:
            *lines, status = pager.screen()
            status.truncate(console.width - 1, overflow="ellipsis")
            console.clear()
            console.print(Text("\n").join([*lines, status]), end="" if console.is_terminal else "\n", soft_wrap=True)
            if (key := next(keys, None)) is None:
                return
            pager.press(key)


def _lines_of(stdin: TextIO) -> Iterator[str]:
    for line in stdin:
        yield line.strip("\n")


def _keys_of_terminal(stdin: TextIO) -> Iterator[str]:
    """Single keys, arrows as their escape sequences; Ctrl-C and the end of input quit."""
    try:
        import termios
        import tty
    except ImportError:  # no such terminals here: whole lines
        yield from _lines_of(stdin)
        return
    descriptor = stdin.fileno()
    before = termios.tcgetattr(descriptor)
    try:
        tty.setcbreak(descriptor)
        while True:
            key = os.read(descriptor, 16).decode("utf-8", errors="replace")
            if not key:
                return
            # Keys pressed quickly arrive together; an escape sequence is one key.
            yield from [key] if key.startswith("\x1b") else key
    finally:
        termios.tcsetattr(descriptor, termios.TCSADRAIN, before)
