"""Scores and differences with their intervals, as inline SVG. Every number drawn stands beside it in the table, too.

x is a percentage of the cell's width and y in pixels, so that nothing is distorted on a phone or on paper. Runs are
told apart by colour (Okabe and Ito's first), by the shape of the mark and by the letter in front of the line.
"""

from __future__ import annotations

from dataclasses import dataclass

from markupsafe import Markup

__all__ = ["Axis", "difference", "estimate", "scale"]

_HEIGHT, _MIDDLE = 22, 11
_SHAPES = (
    "M-5 0a5 5 0 1 0 10 0a5 5 0 1 0 -10 0z",
    "M0 -6.5L6.5 0L0 6.5L-6.5 0z",
    "M-5 -5h10v10h-10z",
    "M0 -6.5L6 5h-12z",
)
_QUARTERS = (0.0, 0.25, 0.5, 0.75, 1.0)


@dataclass(frozen=True, slots=True)
class Axis:
    """From `low` to `high`; a share is written as a percentage."""

    low: float
    high: float
    percent: bool

    def place(self, value: float) -> str:
        """
        >>> Axis(1, 9, False).place(3), Axis(0, 1, True).place(1.2)
        ('25%', '100%')
        """
        share = min(max((value - self.low) / (self.high - self.low), 0.0), 1.0)
        return f"{100 * share:.2f}".rstrip("0").rstrip(".") + "%"

    def label(self, value: float) -> str:
        """
        >>> Axis(-0.5, 0.5, True).label(-0.25), Axis(0, 100, False).label(75)
        ('−25', '75')
        """
        return f"{100 * value if self.percent else value:.4g}".replace("-", "−")


def scale(axis: Axis) -> Markup:
    """What the lines below mean, for the head of the column."""
    drawn = []
    for share in _QUARTERS:
        value = axis.low + share * (axis.high - axis.low)
        anchor = "start" if share == 0 else "end" if share == 1 else "middle"
        drawn.append(f'<text x="{100 * share:g}%" y="11" text-anchor="{anchor}">{axis.label(value)}</text>')
    return Markup(f'<svg class="scale" aria-hidden="true" height="14">{"".join(drawn)}</svg>')


def estimate(value: float, low: float, high: float, axis: Axis, run: int) -> Markup:
    """A mark on its interval. `run`: the place of its letter."""
    return _drawn(value, low, high, axis, f"run-{run}", _SHAPES[run % len(_SHAPES)], _grid(axis))


def difference(value: float, low: float, high: float, axis: Axis) -> Markup:
    """The same beside the line of no difference; strong where the interval leaves that out."""
    found = "apart" if low > 0 or high < 0 else "open"
    zero = f'<line class="zero" x1="{axis.place(0)}" x2="{axis.place(0)}" y1="0" y2="{_HEIGHT}"/>'
    return _drawn(value, low, high, axis, found, _SHAPES[0], _grid(axis) + zero)


def _drawn(value: float, low: float, high: float, axis: Axis, name: str, shape: str, behind: str) -> Markup:
    x, left, right = axis.place(value), axis.place(low), axis.place(high)
    caps = "".join(f'<line x1="{end}" x2="{end}" y1="{_MIDDLE - 4}" y2="{_MIDDLE + 4}"/>' for end in (left, right))
    return Markup(
        f'<svg class="estimate {name}" aria-hidden="true" height="{_HEIGHT}">{behind}'
        f'<line x1="{left}" x2="{right}" y1="{_MIDDLE}" y2="{_MIDDLE}"/>{caps}'
        f'<svg x="{x}" y="{_MIDDLE}" overflow="visible"><path d="{shape}"/></svg></svg>'
    )


def _grid(axis: Axis) -> str:
    places = (axis.place(axis.low + share * (axis.high - axis.low)) for share in _QUARTERS)
    return "".join(f'<line class="grid" x1="{x}" x2="{x}" y1="0" y2="{_HEIGHT}"/>' for x in places)
