"""From outcomes to a dataset: shards as they stream by, then the card and the manifest.

Everything is written beside its place first (workplace.py); the dataset appears as a whole.
"""

from __future__ import annotations

from typing import Any

from datagen.card import render_card
from datagen.config import BuildRecipe
from datagen.manifest import Counted, Tally, build_manifest, manifest_text
from datagen.record import Record, Rejection
from datagen.shards import REJECTED_SCHEMA, SFT_SCHEMA, ShardWriter
from datagen.teacher import Teacher
from datagen.workplace import Workplace, writing

__all__ = ["Export"]

_CARD_EXAMPLES = 3


class Export:
    """The dataset of one build under way. `take` every outcome, then `publish`."""

    def __init__(self, workplace: Workplace, recipe: BuildRecipe) -> None:
        self.workplace, self.recipe = workplace, recipe
        root = workplace.staging
        self._shards = {
            "sft": ShardWriter(root / "data" / "sft", SFT_SCHEMA, recipe.rows_per_shard),
            "rejected": ShardWriter(root / "rejected", REJECTED_SCHEMA, recipe.rows_per_shard),
        }
        self._tally = Tally()
        self._examples: list[Record] = []

    def take(self, outcome: Record | Rejection) -> None:
        """One accepted row or rejection, in record order.

        Raises:
            OutputError: it cannot be written.
        """
        accepted = isinstance(outcome, Record)
        self._tally.see(outcome)
        with writing(self.workplace.staging):
            self._shards["sft" if accepted else "rejected"].write(outcome.row())
        if isinstance(outcome, Record):
            self._tally.add(outcome)
            if len(self._examples) < _CARD_EXAMPLES:
                self._examples.append(outcome)

    def publish(self, teacher: Teacher, counted: Counted) -> dict[str, Any]:
        """Makes the dataset of what was taken, and returns its manifest."""
        with writing(self.workplace.staging):
            for writer in self._shards.values():
                writer.close()
        counted.ledger.require_balance(sum(self._shards["sft"].row_counts))
        shards = {name: writer.written(self.workplace.staging) for name, writer in self._shards.items()}
        manifest = build_manifest(self.recipe, teacher, counted, self._tally, shards)
        self.workplace.publish_staging(render_card(manifest, self._examples), manifest_text(manifest))
        return manifest
