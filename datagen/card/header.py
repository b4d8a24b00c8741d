"""The YAML header of a card, in the fields that the Hub reads.

Fields: https://github.com/huggingface/hub-docs/blob/main/datasetcard.md; configs and splits:
https://huggingface.co/docs/hub/datasets-manual-configuration.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import yaml

__all__ = ["card_title", "header", "splits_of"]

_SIZES = ((1_000, "n<1K"), (10_000, "1K<n<10K"), (100_000, "10K<n<100K"), (1_000_000, "100K<n<1M"))
_TAGS = {"tools": ("tool-use", "function-calling"), "instructions": ("instruction-following", "verifiable-constraints")}


def card_title(manifest: Mapping[str, Any]) -> str:
    tool_use = manifest["recipe"].get("kind") == "tools"
    return f"{'Proven Thai tool use' if tool_use else 'Verified Thai instructions'} ({manifest['rows']} rows)"


def splits_of(manifest: Mapping[str, Any]) -> list[str]:
    """Names of the splits that have rows, in the order of the build."""
    return [split for split, shards in manifest["shards"].items() if shards and split != "rejected"]


def header(manifest: Mapping[str, Any]) -> str:
    """Without the lines of three hyphens around it."""
    licence, rows = manifest["license"], manifest["rows"]
    fields = {
        "language": [manifest["recipe"]["lang"]],
        "license": licence["id"],
        **({"license_name": licence["name"]} if licence["name"] else {}),
        "task_categories": ["text-generation"],
        "tags": ["synthetic", *_TAGS[manifest["recipe"].get("kind", "instructions")], "thai"],
        "pretty_name": card_title(manifest),
        "size_categories": [next((name for limit, name in _SIZES if rows < limit), "n>1M")],
        "configs": _configs(manifest, splits_of(manifest)),
    }
    return yaml.safe_dump(fields, allow_unicode=True, sort_keys=False).rstrip()


def _configs(manifest: Mapping[str, Any], splits: Sequence[str]) -> list[dict[str, Any]]:
    """Each split under a name of its own, for their columns differ; the first is what `load_dataset` takes unasked."""
    folders = {split: f"data/{split}" for split in splits}
    if manifest["shards"].get("rejected"):
        folders["rejected"] = "rejected"
    return [
        {
            "config_name": name,
            **({"default": True} if name == next(iter(splits), None) else {}),
            "data_files": [{"split": "train", "path": f"{folder}/*.parquet"}],
        }
        for name, folder in folders.items()
    ]
