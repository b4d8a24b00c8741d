"""`typhoon-data report`: the page of a dataset, made again."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from datagen.dataset import open_dataset
from datagen.report import write_report

__all__ = ["report_command"]


def report_command(
    path: Annotated[Path, typer.Argument(metavar="OUT", help="A dataset folder or a parquet file.")],
    to: Annotated[Path | None, typer.Option(help="A file for the page; OUT/report.html unless given.")] = None,
    spending: Annotated[
        bool,
        typer.Option(help="Cost and speed, as recorded beside the dataset; the rest depends on the dataset alone."),
    ] = True,
    open_page: Annotated[bool, typer.Option("--open", help="Open the page in the browser.")] = False,
) -> None:
    """Make the report again: one page with funnel, lengths, constraints, scores and every row, that needs no network.

    A build writes it at its end. A finished dataset, an unfinished one (the rows written so far) or anybody's copy.

    Examples:

        typhoon-data report out/demo --open

        typhoon-data report copy.parquet --to page.html

        typhoon-data report out/demo --no-spending
    """
    written = write_report(open_dataset(path), to, spending=spending)
    print(written)
    if open_page:
        typer.launch(written.resolve().as_uri())
