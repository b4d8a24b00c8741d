"""The rows of a dataset as JSON lines of a layout. Every row is written, or counted with why it was not."""

from __future__ import annotations

import json
import os
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, TextIO

from datagen.dataset import REJECTED, Dataset
from datagen.errors import DatasetError, OutputError
from datagen.formats.layouts import Layout, NoForm
from datagen.record import Record

__all__ = ["Written", "opened", "write_lines"]

_CHOSEN = ("tool", "sft")
_NAMED = 5


@dataclass
class Written:
    """How many rows were written; ids of the others, by reason."""

    split: str
    rows: int = 0
    left_out: dict[str, list[str]] = field(default_factory=dict)

    @property
    def reasons(self) -> Counter[str]:
        return Counter({reason: len(ids) for reason, ids in self.left_out.items()})

    def sentences(self) -> Iterator[str]:
        """For the person who asked: the count, and each reason with the first ids."""
        yield f"{self.rows} rows of {self.split} written"
        for reason, count in self.reasons.most_common():
            ids = self.left_out[reason]
            yield f"{count} left out, {reason}: {', '.join(ids[:_NAMED])}{', ...' if count > _NAMED else ''}"


def write_lines(dataset: Dataset, split: str | None, layout: Layout, out: IO[str]) -> Written:
    """The rows of one split, in order; without a name that of tool use, sft, or the only one.

    Raises:
        DatasetError: no such split, or a row that cannot be read.
    """
    written = Written(_split(dataset, split))
    for shard in dataset.of(written.split):
        for row in shard.rows(shard.positions(None)):
            try:
                record = Record.from_row(row)
                line = layout(record)
            except (KeyError, TypeError, ValueError, AttributeError) as exc:
                place = f"{shard.path}, row {row.get('id', '?')}"
                raise DatasetError(f"{place} cannot be exported: {exc!s:.200}; `verify` tells more") from exc
            if isinstance(line, NoForm):
                written.left_out.setdefault(line.reason, []).append(record.id)
            else:
                out.write(json.dumps(line, ensure_ascii=False) + "\n")
                written.rows += 1
    return written


def _split(dataset: Dataset, wanted: str | None) -> str:
    there = dataset.splits
    chosen = wanted or next((name for name in (*_CHOSEN, *there) if name in there), "")
    if chosen not in there or chosen == REJECTED:
        raise DatasetError(
            f"{dataset.path} has no rows of the split {chosen!r}; splits: {', '.join(there) or 'none'}"
            if chosen
            else f"{dataset.path} has no rows to export"
        )
    return chosen


@contextmanager
def opened(path: Path | None, otherwise: TextIO) -> Iterator[IO[str]]:
    """A file that is there only when all of it is written, or the stream where no path is given.

    Raises:
        OutputError: it cannot be written.
    """
    if path is None:
        yield otherwise
        return
    partial = path.with_name(f"{path.name}.partial")
    try:
        with partial.open("w", encoding="utf-8") as file:
            yield file
        os.replace(partial, path)
    except OSError as exc:
        raise OutputError(f"{path} cannot be written: {exc.strerror or exc}; choose another --to") from exc
    finally:
        partial.unlink(missing_ok=True)
