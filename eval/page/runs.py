"""Folders of results as the runs of a page: A, B, C in the order they are given."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from eval.compare import LETTERS, Items
from eval.errors import ResultsError
from eval.results import read_items, read_results

__all__ = ["Run", "read_runs", "task_names"]


@dataclass(frozen=True, slots=True)
class Run:
    """`folder`: its last part alone, so that no path of a machine gets onto the page. `tasks` and `items` by task."""

    letter: str
    folder: str
    model: Mapping[str, Any]
    version: str
    tasks: Mapping[str, Mapping[str, Any]]
    items: Mapping[str, Items]

    @property
    def place(self) -> int:
        return LETTERS.index(self.letter)


def read_runs(folders: Sequence[Path]) -> list[Run]:
    """
    Raises:
        ResultsError: too many, the same twice, no results of ours, or items that are not those of the results.
    """
    if len(folders) > len(LETTERS):
        raise ResultsError(f"{len(folders)} runs are too many for one page: give at most {len(LETTERS)}")
    resolved = [folder.resolve() for folder in folders]
    for folder, place in zip(folders, resolved, strict=True):
        if resolved.count(place) > 1:
            raise ResultsError(f"{folder} is given twice; a run compared with itself says nothing")
    return [_run(letter, folder) for letter, folder in zip(LETTERS, resolved, strict=False)]


def task_names(runs: Sequence[Run]) -> list[str]:
    """Every task that at least one has, by name."""
    return sorted({name for run in runs for name in run.tasks})


def _run(letter: str, folder: Path) -> Run:
    results = read_results(folder)
    items = {name: read_items(folder, name) for name in results["tasks"]}
    return Run(letter, folder.name, results["model"], results["version"], results["tasks"], items)
