"""A row of each split on disk: `messages` with its verdicts, a bare prompt, or a prompt with its reward.

Rows of tool use (`tool`) have calls and results among their messages, the tools on offer, and their scenario.

`rl` and `heldout` are in verl's columns (data_source, prompt, ability, reward_model, extra_info), and carry the column
`constraints` that `constraints.rewards` reads as a TRL reward function. The ground truth is the constraints as JSON:

    constraints.rewards.compute_score(row["data_source"], response, row["reward_model"]["ground_truth"])
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import polars as pl

from datagen.record import Record, canonical_json
from datagen.shards import (
    PROMPT_SCHEMA,
    REJECTED_SCHEMA,
    REJECTED_TOOL_SCHEMA,
    REWARD_SCHEMA,
    SFT_SCHEMA,
    TOOL_SCHEMA,
)
from datagen.splits import HAS_ANSWER, TOOL

__all__ = ["ground_truth", "rejected_schema", "schema_of", "split_row"]

_SCHEMAS = {
    "sft": SFT_SCHEMA,
    "opd": PROMPT_SCHEMA,
    "rl": REWARD_SCHEMA,
    "heldout": REWARD_SCHEMA,
    "tool": TOOL_SCHEMA,
}
_ABILITY = "instruction_following"


def schema_of(split: str) -> pl.Schema:
    return _SCHEMAS[split]


def rejected_schema(splits: Iterable[str]) -> pl.Schema:
    """Of what was rejected on the way to these splits."""
    return REJECTED_TOOL_SCHEMA if TOOL in splits else REJECTED_SCHEMA


def split_row(record: Record, index: int) -> dict[str, Any]:
    """`record` as a row of its split; `index` is its number there."""
    if record.split in HAS_ANSWER:
        return record.row()
    said = record.checked_part()
    row = {
        "id": record.id,
        "prompt": said["messages"],
        "original": record.original,
        "tools": record.tools,
        "lang": said["lang"],
        "source": said["source"],
        "constraints": said["constraints"],
        "provenance": record.provenance.as_dict(),
    }
    if record.split == "opd":
        return row
    return row | {
        "data_source": f"typhoon-data/{record.split}",
        "ability": _ABILITY,
        "reward_model": {"style": "rule", "ground_truth": ground_truth(record)},
        "extra_info": {"index": index, "split": record.split, "id": record.id, "lang": record.lang},
    }


def ground_truth(record: Record) -> str:
    """The record's constraints, as JSON text that `constraints.rewards` scores by."""
    return canonical_json(
        [{"id": constraint.id, "params": dict(constraint.params)} for constraint in record.constraints_in_force]
    )
