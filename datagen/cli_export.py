"""`typhoon-data export`: the rows of a dataset as JSON lines in another data set's layout."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Annotated

import typer

from datagen.dataset import open_dataset
from datagen.errors import UserError
from datagen.formats.jsonl import opened, write_lines
from datagen.formats.layouts import LAYOUTS

__all__ = ["export_command"]


def export_command(
    path: Annotated[Path, typer.Argument(metavar="OUT", help="A dataset folder or a parquet file.")],
    layout: Annotated[str, typer.Option("--format", help=f"{', '.join(LAYOUTS)}.")] = "messages",
    split: Annotated[str | None, typer.Option(help="One split; tool, sft or the only one unless given.")] = None,
    to: Annotated[Path | None, typer.Option(help="A file for the lines; standard output unless given.")] = None,
    left_out: Annotated[
        Path | None, typer.Option(help="A file for the rows that have no form in the layout: id and reason.")
    ] = None,
) -> None:
    """Rows as JSON lines: chat messages, or the layouts of xLAM and ToolACE.

    Rows that a layout cannot hold (xLAM knows one question and its calls, no second turn) are counted and named on
    standard error, with --left-out all of them in a file.

    Examples:

        typhoon-data export out/tools --format xlam --to xlam.jsonl --left-out left_out.jsonl

        typhoon-data export out/tools --format toolace > toolace.jsonl

        typhoon-data export out/demo --format messages --split sft | head -1 | jq .
    """
    if layout not in LAYOUTS:
        raise UserError(f"there is no format {layout!r}; formats: {', '.join(LAYOUTS)}")
    dataset = open_dataset(path)
    with opened(to, sys.stdout) as out:
        written = write_lines(dataset, split, LAYOUTS[layout], out)
    if left_out:
        with opened(left_out, sys.stdout) as out:
            for reason, ids in written.left_out.items():
                out.writelines(f"{json.dumps({'id': each, 'reason': reason}, ensure_ascii=False)}\n" for each in ids)
    for sentence in written.sentences():
        print(sentence, file=sys.stderr)
