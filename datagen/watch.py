"""What a person watches: a live line with counts, speed and ETA while a build runs; tables of results.

On a terminal a live display; elsewhere (a log file, CI) one plain line every ten seconds. Prints to stderr, so that
stdout stays for results.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Mapping
from typing import Any, Self

from rich.console import Console, Group
from rich.live import Live
from rich.table import Table
from rich.text import Text

from datagen.ledger import Ledger
from datagen.llm.client import Usage
from datagen.recheck import Recheck
from datagen.record import Record, Rejection

__all__ = ["BuildWatch", "funnel_table", "recheck_table"]

_LOG_EVERY_S = 10.0
_REASONS_SHOWN = 8


class BuildWatch:
    """Shows a build under way; use as a context manager. Counts come from the build's own ledger and usage."""

    def __init__(self, console: Console, rows: int) -> None:
        self.console, self.rows = console, rows
        self.accepted = self.rejected = 0
        self._ledger, self._usage = Ledger([]), Usage()
        self._begun = time.monotonic()
        self._done = threading.Event()
        self._live = Live(console=console, refresh_per_second=4, transient=True, get_renderable=self._display)
        self._log = threading.Thread(target=self._log_lines, daemon=True)

    def __enter__(self) -> Self:
        if self.console.is_terminal:
            self._live.start()
        else:
            self._log.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._done.set()
        if self.console.is_terminal:
            self._live.stop()
        else:
            self._log.join()
            self.say(self._line())

    def say(self, message: str) -> None:
        self.console.print(message, highlight=False, markup=False, soft_wrap=True)

    def started(self, ledger: Ledger, usage: Usage) -> None:
        self._ledger, self._usage = ledger, usage
        self.accepted, self.rejected = ledger.accepted, ledger.reasons.total()  # of the run that was interrupted

    def outcome(self, outcome: Record | Rejection) -> None:
        if isinstance(outcome, Record):
            self.accepted += 1
        else:
            self.rejected += 1

    def _display(self) -> Group:
        table = Table(box=None, show_header=False)
        for reason, count in self._ledger.reasons.most_common(_REASONS_SHOWN):
            table.add_row(str(count), reason)
        return Group(Text(self._line()), table)

    def _log_lines(self) -> None:
        while not self._done.wait(_LOG_EVERY_S):
            self.say(self._line())

    def _line(self) -> str:
        elapsed = time.monotonic() - self._begun
        remaining = self.rows - self.accepted
        eta = f"ETA {_clock(elapsed / self.accepted * remaining)}" if self.accepted else "ETA unknown"
        return (
            f"accepted {self.accepted}/{self.rows}  rejected {self.rejected}  answers {self._usage.answered} "
            f"(+{self._usage.from_store} from store)  {self._usage.tokens_per_s:.1f} tokens/s  "
            f"{_clock(elapsed)} elapsed  {eta}"
        )


def funnel_table(stages: Mapping[str, Any]) -> Table:
    """Stages with in, kept, rejected and the reasons."""
    table = Table(title="candidates by stage")
    table.add_column("stage")
    for heading in ("in", "kept", "rejected"):
        table.add_column(heading, justify="right")
    table.add_column("because")
    for name, stage in stages.items():
        reasons = sorted(stage["rejected"].items(), key=lambda item: (-item[1], item[0]))
        because = "\n".join(f"{count} {reason}" for reason, count in reasons)
        table.add_row(name, str(stage["in"]), str(stage["kept"]), str(stage["in"] - stage["kept"]), because)
    return table


def recheck_table(found: Recheck) -> Table:
    splits = ", ".join(f"{rows} {split}" for split, rows in found.splits.items())
    table = Table(
        title=f"{found.rows} rows re-checked ({splits})" if len(found.splits) > 1 else f"{found.rows} rows re-checked"
    )
    table.add_column("constraint")
    for heading in ("PASS", "FAIL", "UNDECIDED"):
        table.add_column(heading, justify="right")
    for name, counts in sorted(found.constraints.items()):
        table.add_row(name, *(str(counts[outcome]) for outcome in ("PASS", "FAIL", "UNDECIDED")))
    return table


def _clock(seconds: float) -> str:
    minutes, seconds = divmod(round(seconds), 60)
    return f"{minutes // 60}:{minutes % 60:02d}:{seconds:02d}" if minutes >= 60 else f"{minutes}:{seconds:02d}"
