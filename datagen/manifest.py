"""The manifest: what was built, from what, with what, and how much of it was rejected and why.

A function of the recipe, the prompts and the answers alone (no clock, no machine, no secret), so an
interrupted and an uninterrupted build agree byte for byte. The card takes every number from here.
"""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from importlib import metadata
from pathlib import Path
from typing import Any

from constraints import text_contract
from datagen.config import BuildRecipe
from datagen.prompts import Prompt
from datagen.record import Record, canonical_json, code_version
from datagen.shards import ShardWriter, file_sha256
from datagen.stages.compose import template_hashes
from datagen.stages.judge import judge_template_hash

__all__ = ["FORMAT_VERSION", "Tally", "build_manifest", "manifest_text"]

FORMAT_VERSION = 1
_RECORDED_PACKAGES = ("jsonschema", "nlpo3", "openai", "polars", "pythainlp", "regex", "rensa")


@dataclass
class Tally:
    """Counts over the accepted rows, kept as they stream by."""

    sources: Counter[tuple[str, str]] = field(default_factory=Counter)
    constraints: Counter[str] = field(default_factory=Counter)
    constraints_per_row: Counter[int] = field(default_factory=Counter)
    judge_scores: Counter[float] = field(default_factory=Counter)

    def add(self, record: Record) -> None:
        self.sources[(record.source.name, record.source.license)] += 1
        self.constraints.update(constraint.id for constraint in record.constraints)
        self.constraints_per_row[len(record.constraints)] += 1
        if record.judge:
            self.judge_scores[record.judge.score] += 1


def build_manifest(
    recipe: BuildRecipe,
    teacher: Mapping[str, str],
    stages: Mapping[str, Any],
    tally: Tally,
    shards: Mapping[str, ShardWriter],
    root: Path,
    prompts: Sequence[Prompt],
) -> dict[str, Any]:
    """The manifest as plain data. `root` is the folder the shard paths are given from."""
    return {
        "format_version": FORMAT_VERSION,
        "code_version": code_version(),
        "recipe": recipe.model_dump(mode="json"),
        "teacher": dict(teacher),
        "templates": template_hashes() | {"judge": judge_template_hash()},
        "text_contract": text_contract(),
        "packages": {name: metadata.version(name) for name in _RECORDED_PACKAGES},
        "prompts": {"count": len(prompts), "sha256": _prompts_sha256(prompts)},
        "rows": sum(shards["sft"].row_counts),
        "attempts": sum(shards["sft"].row_counts) + sum(shards["rejected"].row_counts),
        "stages": dict(stages),
        "sources": [
            {"name": name, "license": license_name, "rows": count}
            for (name, license_name), count in sorted(tally.sources.items())
        ],
        "constraints": dict(sorted(tally.constraints.items())),
        "constraints_per_row": {str(count): rows for count, rows in sorted(tally.constraints_per_row.items())},
        "judge_scores": {f"{score:g}": rows for score, rows in sorted(tally.judge_scores.items())},
        "shards": {name: _shard_entries(writer, root) for name, writer in shards.items()},
    }


def manifest_text(manifest: Mapping[str, Any]) -> str:
    return json.dumps(manifest, ensure_ascii=False, indent=2) + "\n"


def _prompts_sha256(prompts: Sequence[Prompt]) -> str:
    """Of what the prompts say, wherever their files lie."""
    return hashlib.sha256(canonical_json([asdict(prompt) for prompt in prompts]).encode()).hexdigest()


def _shard_entries(writer: ShardWriter, root: Path) -> Sequence[Mapping[str, Any]]:
    return [
        {"path": str(path.relative_to(root)), "rows": rows, "sha256": file_sha256(path)}
        for path, rows in zip(writer.paths, writer.row_counts, strict=True)
    ]
