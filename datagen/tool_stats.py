"""Tool use in numbers, for stats.py: scenarios by kind and domain, calls a row, tools called. Counted from the rows."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Any

import polars as pl

from datagen.dataset import REJECTED, Shard
from datagen.row_filter import called

__all__ = ["tool_stats"]


def tool_stats(shards: Sequence[Shard]) -> dict[str, Any]:
    """`scenarios`: by kind and by domain how many were tried and kept; the rest of the kept rows alone.

    `tools`: calls by name. {} where no row is tool use.
    """
    with_scenario = [shard for shard in shards if "scenario" in shard.schema]
    if not with_scenario:
        return {}
    tried: dict[str, Counter[str]] = {"kinds": Counter(), "domains": Counter()}
    kept: dict[str, Counter[str]] = {"kinds": Counter(), "domains": Counter()}
    calls_per_row, tools = Counter[int](), Counter[str]()
    for shard in with_scenario:
        for dimension, key in (("kinds", "$.kind"), ("domains", "$.domain")):
            found = _counted(shard, pl.col("scenario").str.json_path_match(key))
            tried[dimension].update(found)
            if shard.split != REJECTED:
                kept[dimension].update(found)
        if shard.split != REJECTED:
            calls_per_row.update(_counted(shard, called("messages", "name").list.len()))
            names = shard.collect(lambda frame: frame.select(called("messages", "name").alias("name")).explode("name"))
            tools.update(names["name"].drop_nulls().to_list())
    return {
        "scenarios": {
            dimension: {
                value: {"tried": count, "kept": kept[dimension][value]}
                for value, count in sorted(counts.items(), key=lambda item: (-item[1], item[0]))
            }
            for dimension, counts in tried.items()
        },
        "calls_per_row": {str(number): rows for number, rows in sorted(calls_per_row.items())},
        "tools": dict(sorted(tools.items(), key=lambda item: (-item[1], item[0]))),
    }


def _counted(shard: Shard, value: pl.Expr) -> dict[Any, int]:
    """Rows by a value; those without it are left out."""
    found = shard.collect(lambda frame: frame.select(value.alias("value")).drop_nulls().group_by("value").len())
    return dict(found.iter_rows())
