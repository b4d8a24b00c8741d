"""Which rows a publication adds, changes and takes away, split by split."""

from __future__ import annotations

import hashlib
import json
import tempfile
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from datagen.shards import read_rows
from hub.files import Difference
from hub.repository import Repository

__all__ = ["RowChanges", "row_changes"]


@dataclass(frozen=True, slots=True)
class RowChanges:
    split: str
    added: int
    changed: int
    removed: int

    def __str__(self) -> str:
        parts = [f"+{self.added}", f"{self.changed} changed" if self.changed else "", f"-{self.removed}"]
        return f"{self.split} {', '.join(part for part in parts if part not in ('', '+0', '-0'))}"


def row_changes(repository: Repository, head: str | None, difference: Difference) -> list[RowChanges]:
    """By split, where something changes. Shards that differ are downloaded and compared row by row, by id.

    Raises:
        PublishError: they cannot be downloaded.
        DatasetError: one cannot be read.
    """
    before = [file.path for file, _ in difference.changed] + [file.path for file in difference.removed]
    before = [path for path in before if path.endswith(".parquet")]
    now = [(file.path, file.content) for file in difference.sent if file.path.endswith(".parquet")]
    with tempfile.TemporaryDirectory(prefix="typhoon-publish-") as folder:
        if before and head:
            repository.fetch(head, before, Path(folder))
        old = _rows((path, Path(folder) / path) for path in before)
        new = _rows((path, content) for path, content in now if isinstance(content, Path))
    changes = []
    for split in sorted({*old, *new}):
        was, then = old[split], new[split]
        changed = sum(was[row] != then[row] for row in was.keys() & then.keys())
        found = RowChanges(split, len(then.keys() - was.keys()), changed, len(was.keys() - then.keys()))
        if found.added or found.changed or found.removed:
            changes.append(found)
    return changes


def _rows(files: Iterable[tuple[str, Path]]) -> dict[str, dict[str, bytes]]:
    """Split -> id of a row -> digest of the row."""
    found: dict[str, dict[str, bytes]] = defaultdict(dict)
    for path, file in files:
        for number, row in enumerate(read_rows(file)):
            said = json.dumps(row, ensure_ascii=False, sort_keys=True, default=str).encode()
            found[Path(path).parent.name][str(row.get("id", f"{path}:{number}"))] = hashlib.sha256(said).digest()[:16]
    return found
