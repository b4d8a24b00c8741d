"""`typhoon-data inspect`, `stats` and `show`: looking at a dataset, finished or not. They read and change nothing.

`show` is `inspect` without its pager, as earlier releases printed rows.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from itertools import groupby, islice
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console

from datagen.dataset import REJECTED, Dataset, Shard, open_dataset
from datagen.errors import UserError
from datagen.pager import Pager, page_through
from datagen.row_filter import RowFilter, matching, sampled
from datagen.row_view import row_lines
from datagen.scenarios.scenario import KINDS
from datagen.splits import SPLITS, TOOL
from datagen.stats import dataset_stats
from datagen.stats_view import stats_tables

__all__ = ["inspect_command", "show_command", "stats_command"]

_PRINTED = 20


def inspect_command(
    path: Annotated[Path, typer.Argument(metavar="OUT", help="A dataset folder or a parquet file.")],
    kept: Annotated[bool, typer.Option("--kept", help="Only rows that were kept.")] = False,
    rejected: Annotated[bool, typer.Option("--rejected", help="Only rejected candidates.")] = False,
    split: Annotated[str | None, typer.Option(help="One split, such as sft, tool, opd, rl or rejected.")] = None,
    stage: Annotated[str | None, typer.Option(help="Rejected by this stage, such as verify.")] = None,
    reason: Annotated[str | None, typer.Option(help="Rejected for a reason that holds this text.")] = None,
    constraint: Annotated[
        str | None, typer.Option(help="With a constraint of this type or family, such as length.lines or length.")
    ] = None,
    scenario: Annotated[str | None, typer.Option(help="Tool use of this kind, such as parallel or tool_error.")] = None,
    domain: Annotated[str | None, typer.Option(help="Tool use of this domain, such as weather.")] = None,
    tool: Annotated[str | None, typer.Option(help="With a call of this tool.")] = None,
    source: Annotated[str | None, typer.Option(help="From a source whose name holds this text.")] = None,
    search: Annotated[str | None, typer.Option(help="With this text in a turn, or in why it was rejected.")] = None,
    row_id: Annotated[str | None, typer.Option("--id", help="With an id that begins like this.")] = None,
    limit: Annotated[
        int | None, typer.Option(min=1, help="At most so many rows. Printed or sampled: 20 unless given.")
    ] = None,
    seed: Annotated[int | None, typer.Option(help="Draw the rows at random, the same ones for the same seed.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print every matching row as one line of JSON.")] = False,
    pager: Annotated[bool | None, typer.Option(help="Page with keys; on a terminal unless told otherwise.")] = None,
) -> None:
    """Read kept and rejected rows: turns, constraints with verdict and reason, judge, source.

    On a terminal, one row at a time: space goes on, n next, p previous, g first, q quit. Elsewhere rows are printed.

    Examples:

        typhoon-data inspect out/demo

        typhoon-data inspect out/demo --rejected --stage verify --constraint length --limit 5

        typhoon-data inspect out/tools --scenario steps --domain weather

        typhoon-data inspect out/demo --search น้ำ --seed 1 --json | jq .id
    """
    if kept and (stage or reason):
        raise UserError("--stage and --reason are about rejected candidates; leave --kept out")
    if split not in (None, REJECTED, TOOL, *SPLITS):
        raise UserError(f"unknown split {split!r}; known: {', '.join((*SPLITS, TOOL, REJECTED))}")
    if scenario not in (None, *KINDS):
        raise UserError(f"unknown kind of scenario {scenario!r}; known: {', '.join(KINDS)}")
    dataset = open_dataset(path)
    wanted = RowFilter(kept, rejected, split, stage, reason, constraint, source, search, row_id, scenario, domain, tool)
    if not dataset.finished:
        print(f"{path} is not finished: these are the rows written so far", file=sys.stderr)
    places = matching(dataset, wanted)
    if seed is not None:
        places = iter(sampled(places, limit or _PRINTED, seed))
    elif limit is not None:
        places = islice(places, limit)
    console = Console(highlight=False)
    if as_json:
        _print_json(places)
    elif pager if pager is not None else console.is_terminal and not console.is_dumb_terminal:
        _page(places, console, dataset, wanted)
    else:
        _print(places if limit or seed is not None else islice(places, _PRINTED + 1), console, dataset, wanted, limit)


def stats_command(
    paths: Annotated[list[Path], typer.Argument(metavar="OUT...", help="Dataset folders or parquet files.")],
    everything: Annotated[bool, typer.Option("--all", help="Every reason, type and source.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object a dataset, in a list.")] = False,
) -> None:
    """A dataset in numbers: stages, reasons, yield per constraint, lengths, scores, sources, tokens.

    Several datasets stand side by side. Shares kept carry Wilson's 95 % interval.

    Examples:

        typhoon-data stats out/demo

        typhoon-data stats out/before out/after --all

        typhoon-data stats out/demo --json | jq '.[0].yields.families'
    """
    found = [dataset_stats(open_dataset(path)) for path in paths]
    if as_json:
        print(json.dumps(found, ensure_ascii=False, indent=2))
        return
    console = Console(highlight=False)
    for table in stats_tables(found, console.width, everything=everything):
        console.print(table)
        console.print()


def show_command(
    path: Annotated[Path, typer.Argument(help="A dataset folder.")],
    limit: Annotated[int, typer.Option(min=1, help="Rows to show.")] = _PRINTED,
    split: Annotated[str | None, typer.Option(help="One split, such as sft, opd or rl.")] = None,
    rejected: Annotated[bool, typer.Option("--rejected", help="Show rejected candidates and why.")] = False,
) -> None:
    """The same as `inspect --kept --no-pager` (or `--rejected`).

    Examples:

        typhoon-data show out/demo --limit 5
    """
    inspect_command(path, kept=not rejected, rejected=rejected, split=split, limit=limit, pager=False)


def _rows(places: Iterator[tuple[Shard, int]]) -> Iterator[tuple[Shard, dict[str, Any]]]:
    """The rows at `places`, read in batches."""
    for shard, group in groupby(places, key=lambda place: place[0]):
        for row in shard.rows([position for _, position in group]):
            yield shard, row


def _print_json(places: Iterator[tuple[Shard, int]]) -> None:
    for shard, row in _rows(places):
        print(json.dumps({"split": shard.split, **row}, ensure_ascii=False, default=str))


def _print(
    places: Iterator[tuple[Shard, int]], console: Console, dataset: Dataset, wanted: RowFilter, limit: int | None
) -> None:
    number = 0
    for number, (shard, row) in enumerate(_rows(places), 1):
        if limit is None and number > _PRINTED:
            print(f"only the first {_PRINTED} are shown; --limit N shows more", file=sys.stderr)
            return
        for line in row_lines(row, shard.split, console.width):
            console.print(line, soft_wrap=True)
    if not number:
        print(_nothing(dataset, wanted), file=sys.stderr)


def _page(places: Iterator[tuple[Shard, int]], console: Console, dataset: Dataset, wanted: RowFilter) -> None:
    def lay_out(place: tuple[Shard, int]) -> Any:
        shard, position = place
        return row_lines(next(shard.rows([position])), shard.split, console.width)

    pages = Pager(places, lay_out, console.height)
    if pages.empty:
        print(_nothing(dataset, wanted), file=sys.stderr)
        return
    page_through(pages, console, sys.stdin)


def _nothing(dataset: Dataset, wanted: RowFilter) -> str:
    """No row matched: what there is to ask for."""
    if not dataset.shards:
        return f"{dataset.path} has no rows: its build kept and rejected nothing"
    hints = []
    stages = [name for name, stage in dataset.manifest.get("stages", {}).items() if stage["rejected"]]
    if wanted.stage and stages and wanted.stage not in stages:
        hints.append(f"stages that rejected something: {', '.join(stages)}")
    if wanted.split and not dataset.of(wanted.split):
        hints.append(f"splits: {', '.join(dataset.splits)}")
    return "no row matches" + (f" ({'; '.join(hints)})" if hints else "")
