"""The page: figures and rows put into the template, with style and script inline.

A Content-Security-Policy lets this one script and this one style in, by their hash, and no connection of any kind: what
a row says can be shown, never run. Rows do not meet the HTML parser at all (rows.py).
"""

from __future__ import annotations

import base64
import hashlib
from importlib.resources import files
from pathlib import Path
from typing import Any

import jinja2

from datagen.dataset import Dataset
from datagen.pace import clock
from datagen.report.charts import bar, columns, interval
from datagen.report.figures import figures
from datagen.report.rows import pack_rows
from datagen.report.visible import shown
from datagen.spending import money
from datagen.workplace import REPORT, write_atomically, writing

__all__ = ["render_report", "write_report"]

_SCRIPTS = ("text.js", "packed.js", "table.js", "row.js", "start.js")


def render_report(dataset: Dataset, *, spending: bool = True) -> str:
    """The page of `dataset`; without `spending` a function of the dataset's own files alone.

    Raises:
        DatasetError: a file of the dataset cannot be read.
    """
    rows = pack_rows(dataset)
    style, script = _part("page.css"), "".join(f"{_part(name)}\n" for name in _SCRIPTS)
    return (
        _environment()
        .from_string(_part("page.html.j2"))
        .render(
            f=figures(dataset, rows, spending=spending),
            rows=rows,
            style=style,
            script=script,
            style_hash=_hash(style),
            script_hash=_hash(script),
        )
    )


def write_report(dataset: Dataset, to: Path | None = None, *, spending: bool = True) -> Path:
    """Writes the page, into the dataset's folder (beside a dataset that is one file) unless told where.

    Raises:
        DatasetError: a file of the dataset cannot be read.
        OutputError: the page cannot be written.
    """
    beside = dataset.path / REPORT if dataset.path.is_dir() else dataset.path.with_suffix(f".{REPORT}")
    to = to or beside
    page = render_report(dataset, spending=spending)
    with writing(to):
        write_atomically(to, page)
    return to


def _part(name: str) -> str:
    return files("datagen.report").joinpath("page", name).read_text(encoding="utf-8")


def _hash(text: str) -> str:
    return "sha256-" + base64.b64encode(hashlib.sha256(text.encode()).digest()).decode("ascii")


def _environment() -> jinja2.Environment:
    environment = jinja2.Environment(
        undefined=jinja2.StrictUndefined, autoescape=True, trim_blocks=True, lstrip_blocks=True
    )
    environment.filters |= {"n": lambda value: f"{value:,}", "pct": _share, "shown": shown, "clock": clock}
    environment.globals |= {"bar": bar, "columns": columns, "interval": interval, "money": money, "edges": _edges}
    return environment


def _share(value: float) -> str:
    """
    >>> _share(0.5), _share(0.0004), _share(0.9997), _share(1.0)
    ('50 %', '<1 %', '>99 %', '100 %')
    """
    percent = 100 * value
    if 0 < percent < 1:
        return "<1 %"
    return ">99 %" if 99 < percent < 100 else f"{percent:.0f} %"


def _edges(lengths: dict[str, Any]) -> list[str]:
    """Where the bins of a histogram begin and end; the end of an open one is a plus."""
    bins = len(next(iter(lengths["counts"].values())))
    edges = [f"{place * lengths['step']:,}" for place in range(bins + 1)]
    return [*edges[:-1], "longer"] if lengths["open"] else edges
