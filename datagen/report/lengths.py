"""How long prompts and answers are: histograms over kept and rejected rows, in characters.

Bins are 1, 2 or 5 times a power of ten wide, at most twenty of them; the last one is open and takes the longest
fiftieth where a few very long texts would squeeze all others into one bin.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import polars as pl

from datagen.dataset import REJECTED, Dataset, Shard
from datagen.stats import answer_text, prompt_text

__all__ = ["histogram", "length_histograms"]

_BINS = 20
_LONG_TAIL = 0.98
_KINDS = ("prompt", "answer")


def length_histograms(dataset: Dataset) -> dict[str, dict[str, Any]]:
    """Of `prompt` and `answer`: what `histogram` says of them.

    Raises:
        DatasetError: a file of the dataset cannot be read.
    """
    parts: dict[str, dict[str, list[pl.Series]]] = {kind: {"kept": [], "rejected": []} for kind in _KINDS}
    for shard in dataset.shards:
        fate = "rejected" if shard.split == REJECTED else "kept"
        for kind, lengths in _lengths(shard).items():
            parts[kind][fate].append(lengths)
    return {
        kind: histogram({fate: pl.concat(found) for fate, found in fates.items() if found})
        for kind, fates in parts.items()
    }


def _lengths(shard: Shard) -> Mapping[str, pl.Series]:
    """Characters per row that has such a text."""
    turns = {"messages": _KINDS, "prompt": ("prompt",)}
    column = next((name for name in turns if isinstance(shard.schema.get(name), pl.List)), None)
    if column is None:
        return {}
    texts = {"prompt": prompt_text(column), "answer": answer_text(column)}
    wanted = [texts[kind].str.len_chars().cast(pl.Int64).alias(kind) for kind in turns[column]]
    found = shard.collect(lambda frame: frame.select(wanted))
    return {kind: found[kind].drop_nulls() for kind in turns[column]}


def histogram(values: Mapping[str, pl.Series]) -> dict[str, Any]:
    """`step` (width of a bin, the first begins at 0), `open` (whether the last one has no end), per fate `counts` of
    each bin and a `spread` (smallest, median, largest).

    >>> histogram({"kept": pl.Series([3, 12, 12, 999])})["counts"]["kept"][:2]
    [3, 0]
    """
    known = {fate: series for fate, series in values.items() if len(series)}
    if not known:
        return {"step": 1, "open": False, "counts": {}, "spread": {}}
    together = pl.concat(list(known.values()))
    longest = int(together.max())  # type: ignore[arg-type]  # of integers, and there are some
    most = int(together.quantile(_LONG_TAIL, interpolation="nearest") or 0)
    step = _step(most if longest > 2 * most else longest)
    bins = min(longest // step + 1, _BINS)
    return {
        "step": step,
        "open": longest >= bins * step,
        "counts": {fate: _counted(series, step, bins) for fate, series in known.items()},
        "spread": {fate: _spread(series) for fate, series in known.items()},
    }


def _step(longest: int) -> int:
    """The narrowest nice width with which `longest` is in one of the bins."""
    power = 1
    while True:
        for step in (power, 2 * power, 5 * power):
            if longest < step * _BINS:
                return step
        power *= 10


def _counted(values: pl.Series, step: int, bins: int) -> Sequence[int]:
    counts = [0] * bins
    for place, count in (values // step).clip(0, bins - 1).value_counts().iter_rows():
        counts[int(place)] = count
    return counts


def _spread(values: pl.Series) -> dict[str, int]:
    median, numbers = values.quantile(0.5, interpolation="nearest"), values.to_list()
    return {
        "rows": len(values),
        "smallest": int(min(numbers)),
        "median": int(median or 0),
        "largest": int(max(numbers)),
    }
