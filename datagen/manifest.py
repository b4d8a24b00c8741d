"""The manifest: what was built, from what, with what, and how much of it was rejected and why.

A function of the recipe, the prompts and the answers alone (no clock, no machine, no secret), so an
interrupted and an uninterrupted build agree byte for byte. The card takes every number from here.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from importlib import metadata
from typing import Any

from constraints import text_contract
from datagen.config import BuildRecipe
from datagen.ledger import Ledger
from datagen.prompts import Census
from datagen.record import Record, Rejection, code_version
from datagen.stages.compose import template_hashes
from datagen.stages.judge import judge_template_hash
from datagen.stages.mix import Mix
from datagen.stages.repair import repair_template_hash
from datagen.stages.reword import reword_template_hash
from datagen.teacher import Teacher, public_recipe
from datagen.tool_use.calling import calling_template_hashes
from datagen.translation import translation_template_hashes

__all__ = [
    "FORMAT_VERSION",
    "Counted",
    "Tally",
    "build_manifest",
    "manifest_text",
    "recorded_packages",
    "tallied",
]

FORMAT_VERSION = 1
_RECORDED_PACKAGES = ("aiohttp", "jsonschema", "nlpo3", "polars", "pythainlp", "regex", "rensa")


@dataclass(frozen=True)
class Counted:
    """What was counted on the way: records at every stage, the prompts they came from, the rows of every quota.

    `asks_at`: the stage whose records are the candidates asked for. `held_out`: what rows were decontaminated against.
    """

    ledger: Ledger
    census: Census | None
    mix: Mix
    asks_at: str = "translate"
    held_out: Mapping[str, Any] | None = None


@dataclass
class Tally:
    """Counts over the accepted rows (`repairs`: over all candidates), kept as they stream by."""

    sources: Counter[tuple[str, str]] = field(default_factory=Counter)
    constraints: Counter[str] = field(default_factory=Counter)
    constraints_per_row: Counter[int] = field(default_factory=Counter)
    judge_scores: Counter[float] = field(default_factory=Counter)
    answers_per_row: Counter[int] = field(default_factory=Counter)
    repairs: Counter[str] = field(default_factory=Counter)

    def see(self, outcome: Record | Rejection) -> None:
        """Any outcome: whether its answers were asked for again, and whether that saved the row."""
        kept = isinstance(outcome, Record)
        rounds = (outcome if kept else outcome.record).provenance.repairs
        if rounds:
            self.repairs["kept" if kept else "rejected"] += 1
            self.repairs["rounds"] += rounds

    def add(self, record: Record) -> None:
        self.sources[(record.source.name, record.source.license)] += 1
        self.constraints.update(constraint.id for constraint in record.constraints_in_force)
        self.constraints_per_row[len(record.constraints_in_force)] += 1
        self.answers_per_row[len(record.checked_turns)] += 1
        if record.judge:
            self.judge_scores[record.judge.score] += 1

    def state(self) -> Any:
        """The counts as pairs: keys that are no texts would not survive JSON."""
        return {name: list(counts.items()) for name, counts in vars(self).items()}

    def restore(self, state: Any) -> None:
        for name, counts in vars(self).items():
            counts.update({tuple(key) if isinstance(key, list) else key: count for key, count in state[name]})


def build_manifest(
    recipe: BuildRecipe,
    teacher: Teacher,
    counted: Counted,
    tally: Tally,
    shards: Mapping[str, Sequence[Mapping[str, Any]]],
) -> dict[str, Any]:
    """The manifest as plain data. `shards`: by kind, what `ShardWriter.written` says.

    `prompts` are those read up to the last record; `attempts` the candidates asked for, so refused prompts are none.
    """
    stages = counted.ledger.as_dict()
    return {
        "format_version": FORMAT_VERSION,
        "code_version": code_version(),
        "recipe": public_recipe(recipe).model_dump(mode="json"),
        "teacher": {
            "name": teacher.name,
            "identity": teacher.identity,
            "license": teacher.license,
            "judge": recipe.judge.model or teacher.name,
        },
        "templates": _template_hashes(recipe),
        "text_contract": text_contract(),
        "packages": recorded_packages(),
        **({"prompts": counted.census.summary(stages["read"]["in"])} if counted.census else {}),
        **({"held_out": dict(counted.held_out)} if counted.held_out else {}),
        "rows": sum(shard["rows"] for split, written in shards.items() if split != "rejected" for shard in written),
        **counted.mix.report(),
        "attempts": stages[counted.asks_at]["in"],
        "stages": stages,
        **tallied(tally),
        "shards": {kind: list(written) for kind, written in shards.items()},
    }


def tallied(tally: Tally) -> dict[str, Any]:
    """The manifest's part that the accepted rows tell."""
    return {
        "sources": [
            {"name": name, "license": license_name, "rows": count}
            for (name, license_name), count in sorted(tally.sources.items())
        ],
        "constraints": dict(sorted(tally.constraints.items())),
        "constraints_per_row": {str(count): rows for count, rows in sorted(tally.constraints_per_row.items())},
        "checked_answers_per_row": {str(count): rows for count, rows in sorted(tally.answers_per_row.items())},
        "repaired": {name: tally.repairs[name] for name in ("kept", "rejected", "rounds")},
        "judge_scores": {f"{score:g}": rows for score, rows in sorted(tally.judge_scores.items())},
    }


def _template_hashes(recipe: BuildRecipe) -> dict[str, str]:
    """Of everything that is said to a teacher beside the rows themselves."""
    if recipe.kind == "tools":
        return {"judge": judge_template_hash(), "reword": reword_template_hash()} | calling_template_hashes()
    hashes = template_hashes() | {"judge": judge_template_hash(), "repair": repair_template_hash()}
    return hashes | translation_template_hashes()


def recorded_packages() -> dict[str, str]:
    """The packages that rows and shards depend on, with their versions."""
    return {name: metadata.version(name) for name in _RECORDED_PACKAGES}


def manifest_text(manifest: Mapping[str, Any]) -> str:
    return json.dumps(manifest, ensure_ascii=False, indent=2) + "\n"
