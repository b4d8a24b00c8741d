"""The page: figures and rows put into the template, with style and script inline (datagen.offline_page).

Rows do not meet the HTML parser at all (rows.py).
"""

from __future__ import annotations

from importlib.resources import files
from pathlib import Path
from typing import Any

from datagen.dataset import Dataset
from datagen.offline_page import Document, shared_part
from datagen.out_folder import write_atomically, writing
from datagen.pace import clock
from datagen.report.charts import bar, columns, interval
from datagen.report.figures import figures
from datagen.report.rows import pack_rows
from datagen.spending import money
from datagen.workplace import REPORT

__all__ = ["render_report", "write_report"]

_SHARED = ("text.js", "turns.js", "inflate.js", "theme.js")
_SCRIPTS = ("packed.js", "table.js", "row.js", "start.js")


def render_report(dataset: Dataset, *, spending: bool = True) -> str:
    """The page of `dataset`; without `spending` a function of the dataset's own files alone.

    Raises:
        DatasetError: a file of the dataset cannot be read.
    """
    rows = pack_rows(dataset)
    document = Document(
        _part("page.html.j2"),
        [shared_part("base.css"), _part("page.css")],
        [*map(shared_part, _SHARED), *map(_part, _SCRIPTS)],
    )
    return document.render(
        {
            "f": figures(dataset, rows, spending=spending),
            "rows": rows,
            "bar": bar,
            "columns": columns,
            "interval": interval,
            "money": money,
            "edges": _edges,
        },
        {"pct": _share, "clock": clock},
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
