"""The page: figures and items put into the template, with style and script inline (datagen.offline_page)."""

from __future__ import annotations

from collections.abc import Sequence
from importlib.resources import files
from pathlib import Path
from typing import Any

from datagen.errors import OutputError
from datagen.offline_page import Document, shared_part
from eval.page.figures import figures
from eval.page.items import pack_items
from eval.page.plots import Axis, difference, estimate, scale
from eval.page.runs import read_runs

__all__ = ["render_page", "write_page"]

_SHARED = ("text.js", "turns.js", "inflate.js", "theme.js")
_SCRIPTS = ("reveal.js", "table.js", "item.js", "start.js")


def render_page(folders: Sequence[Path], items: int) -> str:
    """`items`: at most so many are in the page, of all tasks together.

    Raises:
        ResultsError: a folder holds no results, or not those that its items were made of.
    """
    runs = read_runs(folders)
    document = Document(
        _part("page.html.j2"),
        [shared_part("base.css"), _part("page.css")],
        [*map(shared_part, _SHARED), *map(_part, _SCRIPTS)],
    )
    return document.render(
        {
            "f": figures(runs),
            "packed": pack_items(runs, items),
            "estimate": estimate,
            "difference": difference,
            "scale": scale,
        },
        {"told": _told, "signed": _signed, "p": _p},
    )


def write_page(folders: Sequence[Path], to: Path, items: int) -> None:
    """Whole or not at all.

    Raises:
        ResultsError: as `render_page`.
        OutputError: it cannot be written.
    """
    page = render_page(folders, items)
    partial = to.with_name(f".{to.name}.partial")
    try:
        partial.write_text(page, encoding="utf-8")
        partial.replace(to)
    except OSError as exc:
        raise OutputError(f"cannot write {to}: {exc.strerror or exc}; give another --html, or make room") from exc


def _part(name: str) -> str:
    return files("eval.page").joinpath("parts", name).read_text(encoding="utf-8")


def _told(value: float, axis: Axis, unit: bool = False) -> str:
    """
    >>> _told(0.5, Axis(0, 1, True), unit=True), _told(4.25, Axis(1, 8, False))
    ('50.0 %', '4.25')
    """
    return f"{100 * value:.1f}{' %' if unit else ''}" if axis.percent else f"{value:.2f}"


def _signed(value: float, axis: Axis) -> str:
    """
    >>> _signed(-0.125, Axis(-1, 1, True)), _signed(0.0, Axis(-1, 1, True)), _signed(1.5, Axis(-4, 4, False))
    ('−12.5', '0.0', '+1.50')
    """
    text = _told(value, axis)
    return text.replace("-", "−") if value < 0 else f"+{text}" if value > 0 else text


def _p(value: Any) -> str:
    """
    >>> _p(0.0001), _p(0.034), _p(1.0)
    ('≤ 0.0001', '0.034', '1.000')
    """
    return "≤ 0.0001" if value <= 0.0001 else f"{value:.3f}"
