"""Numbers as inline SVG: bars for table cells, and histograms. Every number drawn stands in a table, too.

Widths are percentages and heights pixels, so that letters keep their size on a phone. Colours are classes of the style
sheet: blue for kept, orange for rejected (Okabe and Ito's palette, told apart by the colour-blind and in grey).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from markupsafe import Markup

__all__ = ["bar", "columns", "interval", "nice_top"]

_HEIGHT, _TOP, _FOOT = 176, 14, 22  # pixels: all of it, free above the columns, for the labels below
_FATES = ("kept", "rejected")
_LABELS = 7  # under a histogram, at most


def bar(*shares: tuple[float, str]) -> Markup:
    """Parts of a whole side by side, each (share, class).

    >>> bar((0.25, "kept"))
    Markup('<svg class="bar" aria-hidden="true"><rect class="kept" x="0%" width="25%" height="100%"/></svg>')
    """
    drawn, start = [], 0.0
    for share, name in shares:
        if share > 0:
            drawn.append(f'<rect class="{name}" x="{_percent(start)}" width="{_percent(share)}" height="100%"/>')
        start += share
    return Markup(f'<svg class="bar" aria-hidden="true">{"".join(drawn)}</svg>')


def interval(share: float, low: float, high: float) -> Markup:
    """A share from 0 to 1 as a mark on the interval that it lies in."""
    mark = min(max(share, 0.007), 0.993)  # seen whole at both ends
    return Markup(
        '<svg class="bar" aria-hidden="true">'
        f'<rect class="interval" x="{_percent(low)}" width="{_percent(high - low)}" height="100%"/>'
        f'<line class="share" x1="{_percent(mark)}" x2="{_percent(mark)}" y1="0" y2="100%"/></svg>'
    )


def columns(labels: Sequence[str], counts: Mapping[str, Sequence[int]], *, between: bool, name: str) -> Markup:
    """A histogram of kept and, on top of them, rejected rows.

    `labels`: one a column, or (`between`) one more, for the edges. `name`: what is read out in place of the picture.
    """
    kept, rejected = (counts.get(fate, [0] * len(next(iter(counts.values())))) for fate in _FATES)
    top = nice_top(max(a + b for a, b in zip(kept, rejected, strict=True)))
    room = _HEIGHT - _TOP - _FOOT
    drawn = [_grid(top, room), _labels(labels, len(kept), between)]
    for place, pair in enumerate(zip(kept, rejected, strict=True)):
        drawn.append(_column(place, len(kept), pair, top, room))
    return Markup(
        f'<div class="plot"><svg class="axis" aria-hidden="true" height="{_HEIGHT}">{_axis(top, room)}</svg>'
        f'<svg class="columns" role="img" aria-label="{Markup.escape(name)}" height="{_HEIGHT}">'
        f"{''.join(drawn)}</svg></div>"
    )


def nice_top(most: int) -> int:
    """The end of an axis of counts, an even number.

    >>> [nice_top(most) for most in (0, 1, 3, 17, 41, 1300)]
    [2, 2, 4, 20, 60, 2000]
    """
    power = 1
    while True:
        for step in (2, 4, 6, 10):
            if most <= step * power:
                return step * power
        power *= 10


def _axis(top: int, room: int) -> str:
    return "".join(
        f'<text x="100%" y="{_TOP + room * part / 2:g}" dy="0.32em">{top * (2 - part) // 2:,}</text>'
        for part in range(3)
    )


def _grid(top: int, room: int) -> str:
    lines = (_TOP + room * part / 2 for part in range(3))
    return "".join(f'<line class="grid" x1="0" x2="100%" y1="{y:g}" y2="{y:g}"/>' for y in lines)


def _column(place: int, number: int, pair: tuple[int, int], top: int, room: int) -> str:
    width, base, drawn = 100 / number, float(_TOP + room), []
    for fate, count in zip(_FATES, pair, strict=True):
        height = max(room * count / top, 1.0) if count else 0.0
        base -= height
        if count:
            x, wide = _percent(width * (place + 0.06) / 100), _percent(width * 0.88 / 100)
            drawn.append(f'<rect class="{fate}" x="{x}" width="{wide}" y="{base:.1f}" height="{height:.1f}"/>')
    return "".join(drawn)


def _labels(labels: Sequence[str], number: int, between: bool) -> str:
    every = -(-len(labels) // _LABELS) if between else 1
    drawn = []
    for place, label in enumerate(labels):
        if place % every == 0:
            x = (place if between else place + 0.5) / number
            anchor = "start" if x == 0 else "end" if x == 1 else "middle"
            drawn.append(
                f'<text x="{_percent(x)}" y="{_HEIGHT - 5}" text-anchor="{anchor}">{Markup.escape(label)}</text>'
            )
    return "".join(drawn)


def _percent(share: float) -> str:
    return f"{100 * share:.2f}".rstrip("0").rstrip(".") + "%"
