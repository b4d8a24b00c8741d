"""Tables and bars for `typhoon-data stats`: one column of numbers for every dataset, side by side.

Bars of one table have one scale, over all its datasets; they are drawn in eighths of a cell beside their number.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from rich.cells import cell_len
from rich.table import Table
from rich.text import Text

from datagen.spending import money
from datagen.thai_lines import padded, printable
from datagen.yields import wilson

__all__ = ["bar", "stats_tables"]

Stats = Mapping[str, Any]
Cell = tuple[str, float]  # the number in words, and what its bar stands for
_BLOCKS = " ▏▎▍▌▋▊▉█"
_WIDEST_BAR, _NARROWEST_BAR = 24, 4
_TOP = 15


def bar(share: float, width: int) -> str:
    """
    >>> bar(1, 3), bar(0.5, 3), bar(0.001, 3), bar(0, 3)
    ('███', '█▌ ', '▏  ', '   ')
    """
    eighths = max(1, round(share * width * 8)) if share > 0 and width else 0
    whole, rest = divmod(min(eighths, width * 8), 8)
    return ("█" * whole + (_BLOCKS[rest] if rest else "")).ljust(width)


def stats_tables(found: Sequence[Stats], width: int, *, everything: bool = False) -> Iterator[Table]:
    """The tables that have something in them. Long ones show their first 15 lines unless `everything`."""
    top = None if everything else _TOP
    yield _table("dataset", found, width, [name for name, _ in _overview(found[0])], lambda s: _plain(_overview(s)))
    yield from _some("funnel: kept of what came in", found, width, _funnel)
    yield from _some("rejected because", found, width, lambda s: _counts(_flat_reasons(s)), top=top)
    yield from _some(
        "families: asked, passed, kept", found, width, lambda s: _yields(s["yields"]["families"]), full=1.0
    )
    yield from _some(
        "constraint types: asked, passed, kept",
        found,
        width,
        lambda s: _yields(s["yields"]["types"]),
        top=top,
        full=1.0,
    )
    yield from _some("answers, characters", found, width, lambda s: _deciles(s["answers"]["characters"]))
    yield from _some("answers, words", found, width, lambda s: _deciles(s["answers"]["words"]))
    yield from _some("judge score: kept + rejected", found, width, _scores)
    yield from _some("sources", found, width, _sources, top=top)
    yield from _some("turns", found, width, lambda s: _counts(s["turns"]))
    for dimension in ("kinds", "domains"):
        title = f"scenarios, {dimension}: tried, kept"
        yield from _some(title, found, width, lambda s, d=dimension: _tried(s, d), top=top, full=1.0)
    yield from _some("calls a row", found, width, lambda s: _counts(s["tool_use"].get("calls_per_row", {})))
    yield from _some("tools called", found, width, lambda s: _counts(s["tool_use"].get("tools", {})), top=top)
    yield from _some("constraints a row", found, width, lambda s: _counts(s["constraints_per_row"]))
    yield from _some("instruction language", found, width, lambda s: _counts(s["instruction_languages"]))


def _some(
    title: str,
    found: Sequence[Stats],
    width: int,
    cells: Callable[[Stats], Mapping[str, Cell]],
    top: int | None = None,
    full: float | None = None,
) -> Iterator[Table]:
    """The table, unless no dataset has a line of it; with the lines of all, in the first one's order."""
    labels = list(dict.fromkeys(label for stats in found for label in cells(stats)))
    if not labels:
        return
    if top is not None and len(labels) > top:
        title += f" (first {top} of {len(labels)}; --all shows all)"
        labels = labels[:top]
    yield _table(title, found, width, labels, cells, full)


def _table(
    title: str,
    found: Sequence[Stats],
    width: int,
    labels: Sequence[str],
    cells: Callable[[Stats], Mapping[str, Cell]],
    full: float | None = None,
) -> Table:
    """`full`: what the longest bar stands for; the largest value where it is None."""
    columns = [cells(stats) for stats in found]
    numbers = [
        max((cell_len(column[label][0]) for label in labels if label in column), default=1) for column in columns
    ]
    full = full or max((value for column in columns for _, value in column.values()), default=0.0)
    room = (width - min(40, max(map(cell_len, labels))) - 2 - sum(numbers)) // len(found) - 4
    table = Table(title=title, title_justify="left", title_style="bold", box=None, pad_edge=False, padding=(0, 2, 0, 0))
    table.show_header = len(found) > 1
    table.add_column("", overflow="fold", max_width=40)
    for stats in found:
        table.add_column(Text(stats["path"] if len(found) > 1 else "", style="cyan"), overflow="fold")
    for label in labels:
        line = [Text(printable(label))]
        for column, number in zip(columns, numbers, strict=True):
            words, value = column.get(label, ("", 0.0))
            drawn = bar(value / full, min(room, _WIDEST_BAR)) if full and room >= _NARROWEST_BAR else ""
            line.append(Text(padded(words, number)).append(f" {drawn}" if drawn else "", style="green"))
        table.add_row(*line)
    return table


def _plain(pairs: Sequence[tuple[str, str]]) -> dict[str, Cell]:
    return {name: (value, 0.0) for name, value in pairs}


def _overview(stats: Stats) -> list[tuple[str, str]]:
    rows, spending = sum(stats["rows"].values()), stats["spending"]
    splits = ", ".join(f"{split} {count:,}" for split, count in stats["rows"].items())
    tokens = [sum(spent[kind] for spent in spending) for kind in ("prompt_tokens", "answer_tokens")]
    return [
        ("rows kept", f"{rows:,}" + (f" ({splits})" if len(stats["rows"]) > 1 else "")),
        ("rejected", f"{stats['rejected']:,}"),
        ("state", "finished" if stats["finished"] else "not finished: written so far"),
        ("licences", ", ".join(sorted({source["license"] for source in stats["sources"]})) or "none"),
        ("repeated answers", f"{stats['duplicates']['answers']:,}"),
        ("repeated prompts", f"{stats['duplicates']['prompts']:,}"),
        ("calls", ", ".join(f"{s['calls']:,} {s['model']}" for s in spending) or "no answer store"),
        ("tokens", f"{tokens[0]:,} in prompts, {tokens[1]:,} in answers" if spending else "no answer store"),
        ("cost", "no prices" if stats["cost"] is None else money(stats["cost"], stats["currency"])),
    ]


def _funnel(stats: Stats) -> dict[str, Cell]:
    stages = stats["funnel"]
    first = max((stage["in"] for stage in stages.values()), default=0) or 1
    return {name: (f"{stage['kept']:,} of {stage['in']:,}", stage["kept"] / first) for name, stage in stages.items()}


def _flat_reasons(stats: Stats) -> dict[str, int]:
    flat = {f"{stage}: {why}": n for stage, reasons in stats["reasons"].items() for why, n in reasons.items()}
    return dict(sorted(flat.items(), key=lambda item: (-item[1], item[0])))


def _counts(counts: Mapping[str, int]) -> dict[str, Cell]:
    total = sum(counts.values())
    return {name: (f"{n:,} ({n / total:.0%})", n / total) for name, n in counts.items()}


def _yields(yields: Mapping[str, Mapping[str, int]]) -> dict[str, Cell]:
    """Most asked first; the share kept with its 95 % interval."""
    cells = {}
    for name, counts in sorted(yields.items(), key=lambda item: (-item[1]["asked"], item[0])):
        asked = counts["asked"]
        low, high = wilson(counts["kept"], asked)
        share = counts["kept"] / asked if asked else 0.0
        cells[name] = (
            f"{asked:,}, {counts['passed']:,}, {counts['kept']:,} = {share:.0%} ({low:.0%}-{high:.0%})",
            share,
        )
    return cells


def _tried(stats: Stats, dimension: str) -> dict[str, Cell]:
    """Scenarios by kind or domain; the share kept with its 95 % interval."""
    cells = {}
    for value, counts in stats["tool_use"].get("scenarios", {}).get(dimension, {}).items():
        low, high = wilson(counts["kept"], counts["tried"])
        share = counts["kept"] / counts["tried"]
        cells[value] = f"{counts['tried']:,}, {counts['kept']:,} = {share:.0%} ({low:.0%}-{high:.0%})", share
    return cells


def _deciles(spread: Mapping[str, Any]) -> dict[str, Cell]:
    deciles = spread["deciles"]
    if not deciles:
        return {}
    names = ["shortest", *(f"{number * 10} %" for number in range(1, 10)), "longest"]
    names[5] = "median"
    cells = {name: (f"{value:,}", float(value)) for name, value in zip(names, deciles, strict=True)}
    return {"counted": (f"{spread['counted']:,} answers", 0.0), **cells}


def _scores(stats: Stats) -> dict[str, Cell]:
    found = {score["score"]: score for score in stats["judge"]}
    total = sum(score["kept"] + score["rejected"] for score in found.values())
    empty = {"kept": 0, "rejected": 0}
    return {
        str(number): (f"{s['kept']:,} + {s['rejected']:,}", (s["kept"] + s["rejected"]) / total)
        for number in (range(11) if found else ())
        for s in [found.get(number, empty)]
    }


def _sources(stats: Stats) -> dict[str, Cell]:
    return _counts({f"{source['name']} ({source['license']})": source["rows"] for source in stats["sources"]})
