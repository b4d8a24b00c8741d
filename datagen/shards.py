"""Parquet shards: the schema of a row on disk, a writer that never holds more than one shard, a reader.

Bytes are a function of the rows (same rows, same file), so a resumed build can be compared by hash.
Files are written beside their place and renamed, so a shard that exists is whole.
"""

from __future__ import annotations

import hashlib
import io
import json
import os
from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from typing import Any

import polars as pl
from polars.exceptions import PolarsError

from datagen.errors import DatasetError

__all__ = [
    "PROMPT_SCHEMA",
    "REJECTED_SCHEMA",
    "REJECTED_TOOL_SCHEMA",
    "REWARD_SCHEMA",
    "SFT_SCHEMA",
    "TOOL_SCHEMA",
    "ShardWriter",
    "count_rows",
    "file_sha256",
    "read_rows",
]

_MESSAGES = pl.List(pl.Struct({"role": pl.String, "content": pl.String}))
# A call's arguments are JSON text, as the API has them: objects of many shapes would be no column.
_TOOL_CALLS = pl.List(
    pl.Struct({"id": pl.String, "type": pl.String, "function": pl.Struct({"name": pl.String, "arguments": pl.String})})
)
_TOOL_MESSAGES = pl.List(
    pl.Struct({"role": pl.String, "content": pl.String, "tool_calls": _TOOL_CALLS, "tool_call_id": pl.String})
)
_SOURCE = pl.Struct({"name": pl.String, "id": pl.String, "license": pl.String})
_CONSTRAINTS = pl.List(
    pl.Struct({"id": pl.String, "params": pl.String, "instruction": pl.String, "lang": pl.String, "turn": pl.Int64})
)
_VERDICTS = pl.List(pl.Struct({"id": pl.String, "outcome": pl.String, "reason": pl.String}))
_PROVENANCE = pl.Struct(
    {
        "teacher": pl.String,
        "templates": pl.List(pl.String),
        "text_contract": pl.String,
        "code_version": pl.String,
        "translation": pl.String,
        "repairs": pl.Int64,
    }
)
_JUDGE = pl.Struct({"score": pl.Float64, "model": pl.String, "reason": pl.String})

SFT_SCHEMA = pl.Schema(
    {
        "id": pl.String,
        "messages": _MESSAGES,
        "tools": pl.String,
        "lang": pl.String,
        "original": pl.String,
        "source": _SOURCE,
        "constraints": _CONSTRAINTS,
        "verdicts": _VERDICTS,
        "judge": _JUDGE,
        "provenance": _PROVENANCE,
    }
)
# Conversations with calls and their results, and the scenario that proves them.
TOOL_SCHEMA = pl.Schema({**SFT_SCHEMA, "messages": _TOOL_MESSAGES, "scenario": pl.String})
# Prompts without an answer: `prompt` is what TRL and verl expect, as messages.
PROMPT_SCHEMA = pl.Schema(
    {
        "id": pl.String,
        "prompt": _MESSAGES,
        "original": pl.String,
        "tools": pl.String,
        "lang": pl.String,
        "source": _SOURCE,
        "constraints": _CONSTRAINTS,
        "provenance": _PROVENANCE,
    }
)
# And with a reward, in verl's columns.
REWARD_SCHEMA = pl.Schema(
    {
        **PROMPT_SCHEMA,
        "data_source": pl.String,
        "ability": pl.String,
        "reward_model": pl.Struct({"style": pl.String, "ground_truth": pl.String}),
        "extra_info": pl.Struct({"index": pl.Int64, "split": pl.String, "id": pl.String, "lang": pl.String}),
    }
)
REJECTED_SCHEMA = pl.Schema(
    {
        "id": pl.String,
        "stage": pl.String,
        "reason": pl.String,
        "detail": pl.String,
        "lang": pl.String,
        "original": pl.String,
        "source": _SOURCE,
        "messages": _MESSAGES,
        "constraints": _CONSTRAINTS,
        "verdicts": _VERDICTS,
        "judge": SFT_SCHEMA["judge"],
        "provenance": SFT_SCHEMA["provenance"],
    }
)
REJECTED_TOOL_SCHEMA = pl.Schema(
    {**REJECTED_SCHEMA, "messages": _TOOL_MESSAGES, "tools": pl.String, "scenario": pl.String}
)


class ShardWriter:
    """Collects rows and writes `part-00000.parquet`, `part-00001.parquet`, ... of `rows_per_shard` rows.

    `journal`: a folder for the rows of the shard that is not full yet, so that a resumed build has them.
    """

    def __init__(
        self, folder: Path, schema: pl.Schema, rows_per_shard: int = 1000, journal: Path | None = None
    ) -> None:
        self.folder, self.schema, self.rows_per_shard, self.journal = folder, schema, rows_per_shard, journal
        self.paths: list[Path] = []
        self.row_counts: list[int] = []
        self._rows: list[dict[str, Any]] = []
        self._journalled = (0, 0)  # shard, rows of it in its journal
        for wanted in (folder, journal):
            if wanted:
                wanted.mkdir(parents=True, exist_ok=True)

    def write(self, row: dict[str, Any]) -> None:
        self._rows.append(row)
        if len(self._rows) >= self.rows_per_shard:
            self._flush()

    def close(self) -> None:
        if self._rows:
            self._flush()

    @property
    def rows(self) -> int:
        """Rows taken so far."""
        return sum(self.row_counts) + len(self._rows)

    def written(self, root: Path) -> list[dict[str, Any]]:
        """Path from `root`, rows and SHA-256 of every shard, for the manifest."""
        return [
            {"path": str(path.relative_to(root)), "rows": rows, "sha256": file_sha256(path)}
            for path, rows in zip(self.paths, self.row_counts, strict=True)
        ]

    def state(self) -> Any:
        """Rows of each shard written, and how many of the next one stand in the journal."""
        assert self.journal
        before, number = self._journalled[0], len(self.paths)
        for shard in range(before):  # the checkpoint that holds until this one is written needs `before`
            self._journal_of(shard).unlink(missing_ok=True)
        done = self._journalled[1] if before == number else 0
        with self._journal_of(number).open("a" if done else "w", encoding="utf-8") as file:
            file.writelines(map(_line, self._rows[done:]))
        self._journalled = (number, len(self._rows))
        return {"shards": self.row_counts, "open": len(self._rows)}

    def restore(self, state: Any) -> None:
        """Raises OSError or ValueError where a shard or the journal is not there."""
        self.row_counts = list(state["shards"])
        self.paths = [self._path(number) for number in range(len(self.row_counts))]
        for path in self.paths:
            path.stat()
        for path in set(self.folder.iterdir()) - set(self.paths):  # written after the checkpoint: comes again
            path.unlink()
        number = len(self.paths)
        with self._journal_of(number).open(encoding="utf-8") as file:
            self._rows = [json.loads(line) for line in islice(file, state["open"])]
        if len(self._rows) < state["open"]:
            raise ValueError(f"{len(self._rows)} rows in the journal, {state['open']} wanted")
        partial = self._journal_of(number).with_suffix(".partial")  # lines after the checkpoint's would come twice
        partial.write_text("".join(map(_line, self._rows)), encoding="utf-8")
        os.replace(partial, self._journal_of(number))
        self._journalled = (number, len(self._rows))

    def _path(self, number: int) -> Path:
        return self.folder / f"part-{number:05d}.parquet"

    def _journal_of(self, number: int) -> Path:
        assert self.journal
        return self.journal / f"{self.folder.name}-{number:05d}.jsonl"

    def _flush(self) -> None:
        path = self._path(len(self.paths))
        partial = path.with_suffix(".partial")
        parquet = io.BytesIO()  # through memory: polars hides a full disk in an error of its own
        # getvalue, not getbuffer: CPython 3.12.1 crashes when it collects a buffer whose view an exception still holds.
        pl.DataFrame(self._rows, schema=self.schema).write_parquet(parquet, compression="zstd", statistics=False)
        partial.write_bytes(parquet.getvalue())
        os.replace(partial, path)
        self.paths.append(path)
        self.row_counts.append(len(self._rows))
        self._rows = []


def _line(row: dict[str, Any]) -> str:
    return json.dumps(row, ensure_ascii=False) + "\n"


def count_rows(path: Path) -> int:
    """Rows of one parquet file; raises DatasetError like read_rows."""
    try:
        return pl.scan_parquet(path).select(pl.len()).collect().item()
    except (OSError, PolarsError) as exc:
        raise DatasetError(f"{path} cannot be read as parquet: {exc}") from exc


def read_rows(path: Path, start: int = 0, stop: int | None = None) -> Iterator[dict[str, Any]]:
    """Rows of one parquet file from number `start` up to `stop` (counted from 0), in order, a batch at a time.

    Raises:
        DatasetError: the file is missing, damaged or not parquet.
    """
    try:
        frame = pl.scan_parquet(path)
        total = frame.select(pl.len()).collect().item()
        end = total if stop is None else min(stop, total)
        for first in range(start, end, 1000):
            yield from frame.slice(first, min(1000, end - first)).collect().iter_rows(named=True)
    except (OSError, PolarsError) as exc:
        raise DatasetError(f"{path} cannot be read as parquet: {exc}") from exc


def file_sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
