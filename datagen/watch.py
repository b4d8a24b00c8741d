"""What a person watches while a build runs: stages, reasons, requests, speed, cost and the time left.

On a terminal a live display, drawn twice a second from counters that the build keeps anyway; elsewhere (a log file,
CI) one plain line every ten seconds. Prints to stderr, so that stdout stays for results. A build that ends early
leaves its last picture on the screen.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Mapping
from typing import Any, Self

from rich.console import Console, Group, RenderableType
from rich.live import Live
from rich.progress_bar import ProgressBar
from rich.table import Table
from rich.text import Text

from datagen.ledger import Ledger
from datagen.llm.client import Usage
from datagen.pace import Pace, Sample, clock
from datagen.recheck import Recheck
from datagen.record import Record, Rejection
from datagen.spending import money

__all__ = ["BuildWatch", "funnel_table", "recheck_table"]

_LOG_EVERY_S = 10.0
_DRAWS_PER_S = 2.0
_NARROW = 64  # below this many columns there is no room for reasons
_WIDEST = 136
_FRAME_LINES = 8  # lines of the display that are not stages


class BuildWatch:
    """Shows a build of `rows` rows from at most `attempts` candidates; use as a context manager.

    Counts come from the build's own ledger and usage, read from another thread and never written.
    """

    def __init__(self, console: Console, rows: int, *, attempts: int | None = None) -> None:
        self.console, self.rows = console, rows
        self.accepted = self.rejected = 0
        self._ledger, self._usage = Ledger([]), Usage()
        self._begun = time.monotonic()
        self._pace = Pace(rows, attempts)
        self._done = threading.Event()
        self._drawn: tuple[float, RenderableType] = (float("-inf"), Text(""))
        self._live = Live(
            console=console, refresh_per_second=_DRAWS_PER_S, transient=True, get_renderable=self._display
        )
        self._log = threading.Thread(target=self._log_lines, daemon=True)

    def __enter__(self) -> Self:
        if self.console.is_terminal:
            self._live.start()
        else:
            self._log.start()
        return self

    def __exit__(self, kind: object, *_: object) -> None:
        self._done.set()
        if not self.console.is_terminal:
            self._log.join()
            self.say(self._line())
            return
        self._live.stop()
        if kind is not None:
            self.console.print(self._picture(ended=True))

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

    def _display(self) -> RenderableType:
        """The picture, drawn anew at most twice a second however often it is asked for."""
        now = time.monotonic()
        if now - self._drawn[0] >= 0.9 / _DRAWS_PER_S:
            self._drawn = (now, self._picture())
        return self._drawn[1]

    def _picture(self, *, ended: bool = False) -> RenderableType:
        stages = self._ledger.as_dict()
        elapsed = self._sample(stages)
        head = Table.grid(padding=(0, 1))
        head.add_row(
            "rows",
            ProgressBar(total=self.rows, completed=self.accepted, width=max(8, min(40, self.console.width - 46))),
            Text(f"{self.accepted:,}/{self.rows:,} ({self.accepted / self.rows:.0%})", style="bold green"),
            Text(f"{clock(elapsed)} elapsed"),
        )
        lines: list[RenderableType] = [head, Text(self._speed_text())]
        lines.extend(Text(line) for line in (self._trouble_text(), self._cost_text()) if line)
        lines.append(Text("stopped" if ended else self._eta_text(), style="bold"))
        room = max(3, self.console.height - _FRAME_LINES)
        lines.append(_live_stages(stages, self.console.width, len(stages) if ended else room))
        return Group(*lines)

    def _sample(self, stages: Mapping[str, Any]) -> float:
        """Adds the counters of this moment to the pace; the seconds since the build began."""
        elapsed = time.monotonic() - self._begun
        usage, screened = self._usage, stages.get("prompt_screen")
        attempts = screened["kept"] if screened else self.accepted + self.rejected
        self._pace.add(
            Sample(elapsed, usage.answered, usage.completion_tokens, self.accepted, attempts, usage.in_flight)
        )
        return elapsed

    def _log_lines(self) -> None:
        while not self._done.wait(_LOG_EVERY_S):
            self.say(self._line())

    def _line(self) -> str:
        elapsed = self._sample(self._ledger.as_dict())
        parts = [
            f"accepted {self.accepted}/{self.rows}  rejected {self.rejected}  {self._speed_text()}",
            self._trouble_text(),
            self._cost_text(),
            f"{clock(elapsed)} elapsed",
            self._eta_text(),
        ]
        return "  ".join(part for part in parts if part)

    def _speed_text(self) -> str:
        usage, pace = self._usage, self._pace
        return (
            f"answers {usage.answered:,} (+{usage.from_store:,} from store)  in flight {usage.in_flight}  "
            f"{pace.requests_per_s:.1f} requests/s  {pace.tokens_per_s:,.0f} tokens/s"
        )

    def _trouble_text(self) -> str:
        """Retries and what they were for; "" where nothing went wrong."""
        usage = self._usage
        faults = usage.faults
        named = ", ".join(f"{name} {count:,}" for name, count in sorted(faults.items(), key=lambda kv: -kv[1]) if count)
        if not usage.retries and not named:
            return ""
        return f"retries {usage.retries:,}" + (f"  faults: {named}" if named else "")

    def _cost_text(self) -> str:
        """What this run cost, and what is left of the recipe's budget (earlier runs count against it too)."""
        usage = self._usage
        cost, budget = usage.cost, usage.budget
        parts = [] if cost is None else [f"cost {money(cost, usage.currency)}"]
        if budget is not None and budget.config.max_cost is not None:
            left = money(max(0.0, budget.config.max_cost - budget.cost), usage.currency)
            parts.append(f"{left} of {money(budget.config.max_cost, usage.currency)} left")
        if budget is not None and budget.config.max_tokens is not None:
            parts.append(
                f"{max(0, budget.config.max_tokens - budget.tokens):,} of {budget.config.max_tokens:,} tokens left"
            )
        return "  ".join(parts)

    def _eta_text(self) -> str:
        eta = self._pace.eta()
        if eta is None:
            return "ETA unknown" if self.accepted < self.rows else "ETA 0:00"
        if not eta.rows_short:
            return f"ETA {eta.text()}"
        wanted = f"about {self.rows - eta.rows_short:,} of {self.rows:,} rows"
        return f"ETA {eta.text()}, then max_attempts is used up with {wanted}"


def _live_stages(stages: Mapping[str, Any], width: int, room: int) -> Table:
    """Kept and rejected so far; where the screen is low, stages that rejected nothing are left out first."""
    shown = list(stages.items())
    if len(shown) > room:
        shown = [(name, stage) for name, stage in shown if stage["rejected"]][:room]
    # Never the whole line: the terminal's echo of Ctrl-C would wrap, and the picture could not be wiped away.
    table = Table(box=None, pad_edge=False, header_style="dim", width=min(width - 4, _WIDEST))
    # Fixed widths: rich would take from every column what a long list of reasons needs.
    table.add_column("stage", no_wrap=True, min_width=max((len(name) for name, _ in shown), default=0))
    table.add_column("kept", justify="right", no_wrap=True, min_width=7)
    table.add_column("rejected", justify="right", no_wrap=True, min_width=12)
    if width >= _NARROW:
        table.add_column("most frequent reasons", no_wrap=True, ratio=1, style="dim")
    for name, stage in shown:
        lost = sum(stage["rejected"].values())
        share = f" {lost / stage['in']:4.0%}" if lost else "     "
        cells = [name, f"{stage['kept']:,}", Text(f"{lost:,}{share}", style="yellow" if lost else "dim")]
        if width >= _NARROW:
            reasons = sorted(stage["rejected"].items(), key=lambda item: (-item[1], item[0]))
            named = ", ".join(f"{reason} {count:,}" for reason, count in reasons)
            cells.append(Text(named, overflow="ellipsis", no_wrap=True))
        table.add_row(*cells)
    return table


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
    table.add_column("constraint or check" if "tool" in found.splits else "constraint")
    for heading in ("PASS", "FAIL", "UNDECIDED"):
        table.add_column(heading, justify="right")
    for name, counts in sorted(found.constraints.items()):
        table.add_row(name, *(str(counts[outcome]) for outcome in ("PASS", "FAIL", "UNDECIDED")))
    return table
