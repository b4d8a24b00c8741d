"""From outcomes to a dataset: shards as they stream by, then the documents and the manifest.

Everything is written beside its place first (workplace.py); the dataset appears as a whole.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from datagen.card import documented
from datagen.config import BuildRecipe
from datagen.manifest import Counted, Tally, build_manifest, manifest_text
from datagen.out_folder import writing
from datagen.own_tools.saved import BuildTools
from datagen.packs import PackFile, copy_packs, pack_entries
from datagen.record import Record, Rejection
from datagen.scenario_yields import ScenarioYields
from datagen.shards import ShardWriter
from datagen.split_rows import rejected_schema, schema_of, split_row
from datagen.teacher import Teacher
from datagen.workplace import Workplace
from datagen.yields import Yields

__all__ = ["Export"]


class Export:
    """The dataset of one build under way. `take` every outcome, then `publish`."""

    def __init__(
        self,
        workplace: Workplace,
        recipe: BuildRecipe,
        packs: Sequence[PackFile] = (),
        own_tools: BuildTools = BuildTools(),  # noqa: B008  immutable
    ) -> None:
        self.workplace, self.recipe, self.packs, self.own_tools = workplace, recipe, packs, own_tools
        root = workplace.staging
        folders = {split: root / "data" / split for split in recipe.targets}
        self._splits = {
            split: ShardWriter(folder, schema_of(split), recipe.rows_per_shard, root / "open")
            for split, folder in folders.items()
        }
        schema = rejected_schema(folders)
        self._rejected = ShardWriter(root / "rejected", schema, recipe.rows_per_shard, root / "open")
        self._tally, self._yields, self._scenarios = Tally(), Yields(), ScenarioYields()

    def parts(self) -> dict[str, object]:
        """What a checkpoint keeps of it."""
        counted: dict[str, object] = {"tally": self._tally, "yields": self._yields}
        if self.recipe.kind == "tools":
            counted["scenarios"] = self._scenarios
        return {**counted, **self._splits, "rejected": self._rejected}

    def take(self, outcome: Record | Rejection) -> None:
        """One accepted row or rejection, in record order.

        Raises:
            OutputError: it cannot be written.
        """
        self._tally.see(outcome)
        with writing(self.workplace.staging):
            self._yields.add(outcome)
            self._scenarios.add(outcome)
            if isinstance(outcome, Rejection):
                self._rejected.write(outcome.row())
                return
            writer = self._splits[outcome.split]
            writer.write(split_row(outcome, writer.rows))
        self._tally.add(outcome)

    def publish(self, teacher: Teacher, counted: Counted) -> dict[str, Any]:
        """Makes the dataset of what was taken, and returns its manifest."""
        writers = {**self._splits, "rejected": self._rejected}
        with writing(self.workplace.staging):
            for writer in writers.values():
                writer.close()
        counted.ledger.require_balance(sum(writer.rows for writer in self._splits.values()))
        shards = {name: writer.written(self.workplace.staging) for name, writer in writers.items()}
        manifest = build_manifest(self.recipe, teacher, counted, self._tally, shards)
        manifest["yields"] = self._yields.as_dict()
        if self.recipe.kind == "tools":
            manifest["scenarios"] = self._scenarios.as_dict()
        manifest |= pack_entries(self.packs)
        copy_packs(self.packs, self.workplace.staging)
        manifest |= self.own_tools.save(self.workplace.staging)
        manifest, documents = documented(manifest, self.workplace.staging)
        self.workplace.publish_staging(documents, manifest_text(manifest))
        return manifest
