"""The output folder of a build: whose it is, what is under way in it, and how it becomes a dataset.

    OUT/.typhoon/answers.sqlite   every answer, kept for resuming; not part of the dataset
    OUT/.typhoon/runs.jsonl       what each run took; not part of the dataset
    OUT/.typhoon/staging/         shards of the build under way
    OUT/data/sft/  OUT/rejected/  OUT/README.md  OUT/croissant.json  OUT/manifest.json
    OUT/report.html               a view of the dataset, made after it (report/)

The manifest is removed first and written last, so a folder with a manifest is a whole dataset. One build at
a time (file lock). Every failure to write is an OutputError that says so.
"""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Mapping
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

from datagen.errors import OutputError
from datagen.out_folder import PRIVATE, claimed, write_atomically, writing

__all__ = ["REPORT", "Workplace"]

REPORT = "report.html"

_PARTS = ("data", "rejected", "constraint_packs", "own_tools")


class Workplace:
    """One output folder, locked for one build."""

    def __init__(self, out: Path) -> None:
        self.out = out
        self.private = out / PRIVATE
        self.staging = self.private / "staging"
        self.manifest_path = out / "manifest.json"

    @property
    def answers_path(self) -> Path:
        return self.private / "answers.sqlite"

    def claim(self) -> AbstractContextManager[None]:
        """Makes the folder ours and locks it.

        Raises:
            OutputError: it holds something else, another build works in it, or it cannot be written.
        """
        return claimed(self.out, work="build", holds="a build")

    def finished_recipe(self) -> Mapping[str, Any] | None:
        """The recipe of the finished dataset in the folder; None where there is none."""
        try:
            return json.loads(self.manifest_path.read_text(encoding="utf-8"))["recipe"]
        except FileNotFoundError:
            return None
        except (OSError, ValueError, KeyError, TypeError) as exc:
            raise OutputError(
                f"{self.manifest_path} is damaged ({exc}); choose another --out or pass --overwrite"
            ) from exc

    def clear_staging(self) -> None:
        with writing(self.staging):
            if self.staging.exists():
                shutil.rmtree(self.staging)
            self.staging.mkdir()

    def publish_staging(self, documents: Mapping[str, str], manifest: str) -> None:
        """Staged shards, documents (by file name) and manifest become the dataset; the manifest comes last."""
        with writing(self.out):
            self.manifest_path.unlink(missing_ok=True)
            (self.out / REPORT).unlink(missing_ok=True)  # of the rows before
            for part in _PARTS:
                target = self.out / part
                if target.exists():
                    shutil.rmtree(target)
                if (self.staging / part).exists():
                    os.replace(self.staging / part, target)
            for name, text in documents.items():
                write_atomically(self.out / name, text)
            write_atomically(self.manifest_path, manifest)
            shutil.rmtree(self.staging)
