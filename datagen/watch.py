"""What a person watches: a live line with counts, speed and ETA while a build runs; tables of its results.

On a terminal a live display; elsewhere (a log file, CI) one plain line every ten seconds. Prints to stderr, so that
stdout stays for results.
"""

from __future__ import annotations

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
    """Shows a build under way; use as a context manager."""

    def __init__(self, console: Console, rows: int) -> None:
        self.console, self.rows = console, rows
        self.accepted = self.rejected = 0
        self._begun = self._logged = time.monotonic()
        self._live = Live(console=console, refresh_per_second=4, transient=True) if console.is_terminal else None

    def __enter__(self) -> Self:
        if self._live:
            self._live.start()
        return self

    def __exit__(self, *_: object) -> None:
        if self._live:
            self._live.stop()

    def say(self, message: str) -> None:
        self.console.print(message, highlight=False)

    def outcome(self, outcome: Record | Rejection, ledger: Ledger, usage: Usage) -> None:
        if isinstance(outcome, Record):
            self.accepted += 1
        else:
            self.rejected += 1
        line = self._line(usage)
        if self._live:
            self._live.update(Group(Text(line), _reasons_table(ledger)))
        elif time.monotonic() - self._logged >= _LOG_EVERY_S or self.accepted == self.rows:
            self._logged = time.monotonic()
            self.console.print(line, highlight=False)

    def _line(self, usage: Usage) -> str:
        elapsed = time.monotonic() - self._begun
        remaining = self.rows - self.accepted
        eta = f"ETA {_clock(elapsed / self.accepted * remaining)}" if self.accepted else "ETA unknown"
        return (
            f"accepted {self.accepted}/{self.rows}  rejected {self.rejected}  "
            f"asked {usage.asked} (+{usage.from_store} from store)  {usage.tokens_per_s:.1f} tokens/s  "
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
    table = Table(title=f"{found.rows} rows re-checked")
    table.add_column("constraint")
    for heading in ("PASS", "FAIL", "UNDECIDED"):
        table.add_column(heading, justify="right")
    for name, counts in sorted(found.constraints.items()):
        table.add_row(name, *(str(counts[outcome]) for outcome in ("PASS", "FAIL", "UNDECIDED")))
    return table


def _reasons_table(ledger: Ledger) -> Table:
    table = Table(box=None, show_header=False)
    for reason, count in ledger.reasons.most_common(_REASONS_SHOWN):
        table.add_row(str(count), reason)
    return table


def _clock(seconds: float) -> str:
    minutes, seconds = divmod(round(seconds), 60)
    return f"{minutes // 60}:{minutes % 60:02d}:{seconds:02d}" if minutes >= 60 else f"{minutes}:{seconds:02d}"
