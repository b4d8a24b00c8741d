"""The live view: what it says at every width, how often it draws, what it leaves behind."""

from __future__ import annotations

import io
import threading
from collections import Counter
from typing import Any

import pytest
from rich.cells import cell_len
from rich.console import Console

import datagen.watch
from datagen.ledger import Ledger
from datagen.llm.budget import Budget, BudgetConfig
from datagen.llm.usage import Price, Usage
from datagen.watch import BuildWatch


def watch_of(width: int, height: int = 30, *, terminal: bool = True, rows: int = 400) -> BuildWatch:
    console = Console(file=io.StringIO(), force_terminal=terminal, width=width, height=height, legacy_windows=False)
    return BuildWatch(console, rows, attempts=4000)


def under_way(watch: BuildWatch) -> BuildWatch:
    """A build that asked for 300 candidates and kept 120."""
    ledger = Ledger(["read", "prompt_screen", "respond", "verify", "judge", "mix"])
    for number in range(300):
        lost = {0: ("respond", "truncated"), 1: ("verify", "length.lines FAIL"), 2: ("verify", "keywords.include FAIL")}
        stage, reason = lost.get(number % 5, ("", ""))
        for name in ("read", "prompt_screen", "respond", "verify", "judge", "mix"):
            ledger.entered(name)
            if name == stage:
                ledger.rejected(name, reason if number % 10 else "empty_answer")
                break
            ledger.kept(name)
    usage = Usage()
    for name, value in {"asked": 500, "answered": 500, "from_store": 40, "in_flight": 16, "retries": 7}.items():
        setattr(usage, name, value)
    watch.accepted, watch.rejected = 120, 180
    watch.started(ledger, usage)
    return watch


def told(watch: BuildWatch, **about: Any) -> BuildWatch:
    """The same with a usage that knows more."""
    watch._usage = Usage(asked=500, answered=480, from_store=40, in_flight=16, retries=7, completion_tokens=9)
    for name, value in about.items():
        setattr(watch._usage, name, value)
    return watch


def picture(watch: BuildWatch) -> list[str]:
    with watch.console.capture() as captured:
        watch.console.print(watch._picture())
    return [line.rstrip() for line in _without_colours(captured.get()).splitlines() if line.strip()]


def _without_colours(text: str) -> str:
    from rich.ansi import AnsiDecoder

    return "\n".join(line.plain for line in AnsiDecoder().decode(text))


def test_a_narrow_terminal_in_full(monkeypatch):
    watch = under_way(watch_of(66))
    monkeypatch.setattr(datagen.watch.time, "monotonic", lambda: watch._begun + 61)
    assert picture(watch) == [
        "rows ━━━━━━╺━━━━━━━━━━━━━ 120/400 (30%) 1:01 elapsed",
        "answers 500 (+40 from store)  in flight 16  0.0 requests/s  0",
        "tokens/s",
        "retries 7",
        "ETA 2:04 to 2:44",
        "stage             kept      rejected  most frequent reasons",
        "read               300             0",
        "prompt_screen      300             0",
        "respond            240       60  20%  empty_answer 30, trunca…",
        "verify             120      120  50%  keywords.include FAIL 6…",
        "judge              120             0",
        "mix                120             0",
    ]


@pytest.mark.parametrize("width", [40, 63, 64, 80, 140, 300])
def test_every_width_holds_every_count_and_no_line_is_too_wide(width):
    lines = picture(under_way(watch_of(width)))
    assert all(cell_len(line) <= width for line in lines)
    text = " ".join(" ".join(lines).split())
    for wanted in ("120/400", "in flight 16", "retries 7", "verify", "50%"):
        assert wanted in text
    assert ("empty_answer 30" in text) == (width >= 64)


def test_no_line_of_stages_reaches_the_edge_where_an_echoed_ctrl_c_would_wrap():
    for width in (64, 80):
        stages = picture(under_way(watch_of(width)))[-7:]
        assert max(cell_len(line) for line in stages) <= width - 3


def test_a_low_screen_keeps_the_stages_that_reject():
    lines = picture(under_way(watch_of(100, height=11)))
    assert len(lines) <= 11
    assert [line.split()[0] for line in lines[-2:]] == ["respond", "verify"]


def test_faults_cost_and_what_is_left_of_the_budget():
    prices = {"model": Price(input=0.0, output=3.75)}
    budget = Budget(BudgetConfig(max_cost=5.0, max_tokens=1_000_000, prices=prices), {"model": (0, 400_000)})
    faults, tokens = Counter({"timeout": 2, "429": 5}), {"model": (0, 200_000)}
    watch = told(under_way(watch_of(100)), prices=prices, tokens_by_model=tokens, faults=faults, budget=budget)
    text = "\n".join(picture(watch))
    assert "retries 7  faults: 429 5, timeout 2" in text
    # 0.75 in this run; 1.50 of the budget is gone, with what earlier runs spent.
    assert "cost 0.7500 USD  3.50 USD of 5.00 USD left  600,000 of 1,000,000 tokens left" in text
    assert "answers 480 (+40 from store)" in text
    assert "cost" not in "\n".join(picture(told(under_way(watch_of(100)))))


def test_it_is_drawn_twice_a_second_however_often_it_is_asked_for(monkeypatch):
    watch, drawn = under_way(watch_of(100)), []
    now = [watch._drawn[0]]
    monkeypatch.setattr(datagen.watch.time, "monotonic", lambda: now[0])
    monkeypatch.setattr(watch, "_picture", lambda: drawn.append(now[0]) or "picture")
    for _ in range(10_000):
        now[0] += 0.001
        watch._display()
    assert 15 <= len(drawn) <= 4 * 10


def test_reading_counts_while_they_change_is_safe():
    watch = under_way(watch_of(100))
    ledger = watch._ledger

    def count() -> None:
        for number in range(3_000):
            ledger.rejected("verify", f"reason {number}")

    thread = threading.Thread(target=count)
    thread.start()
    while thread.is_alive():
        watch._picture()
    thread.join()
    assert "reason" in "".join(picture(watch))


def test_a_build_that_stops_leaves_its_last_picture_and_one_that_ends_does_not():
    def shown(error: type[BaseException] | None) -> str:
        watch = under_way(watch_of(100))
        assert isinstance(watch.console.file, io.StringIO)
        try:
            with watch:
                if error:
                    raise error
        except KeyboardInterrupt:
            pass
        return watch.console.file.getvalue().rpartition("\x1b[2K")[2]  # after the live display was wiped

    assert "stopped" in shown(KeyboardInterrupt)
    assert "length.lines FAIL" in shown(KeyboardInterrupt)
    assert "verify" not in shown(None)


def test_off_a_terminal_one_plain_line(monkeypatch):
    watch = under_way(watch_of(40, terminal=False))
    assert isinstance(watch.console.file, io.StringIO)
    with watch:
        pass
    (line,) = watch.console.file.getvalue().splitlines()
    assert line.startswith("accepted 120/400  rejected 180  answers 500 (+40 from store)  in flight 16")
    assert "\x1b" not in line
