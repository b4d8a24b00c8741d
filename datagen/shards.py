"""Parquet shards: the schema of a row on disk, a writer that never holds more than one shard, a reader.

Bytes are a function of the rows (same rows, same file), so a resumed build can be compared by hash.
Files are written beside their place and renamed, so a shard that exists is whole.
"""

from __future__ import annotations

import hashlib
import io
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import polars as pl
from polars.exceptions import PolarsError

from datagen.errors import DatasetError

__all__ = ["REJECTED_SCHEMA", "SFT_SCHEMA", "ShardWriter", "file_sha256", "read_rows"]

_MESSAGES = pl.List(pl.Struct({"role": pl.String, "content": pl.String}))
_SOURCE = pl.Struct({"name": pl.String, "id": pl.String, "license": pl.String})
_CONSTRAINTS = pl.List(
    pl.Struct({"id": pl.String, "params": pl.String, "instruction": pl.String, "lang": pl.String, "turn": pl.Int64})
)
_VERDICTS = pl.List(pl.Struct({"id": pl.String, "outcome": pl.String, "reason": pl.String}))

SFT_SCHEMA = pl.Schema(
    {
        "id": pl.String,
        "messages": _MESSAGES,
        "tools": pl.String,
        "lang": pl.String,
        "source": _SOURCE,
        "constraints": _CONSTRAINTS,
        "verdicts": _VERDICTS,
        "judge": pl.Struct({"score": pl.Float64, "model": pl.String, "reason": pl.String}),
        "provenance": pl.Struct(
            {
                "teacher": pl.String,
                "templates": pl.List(pl.String),
                "text_contract": pl.String,
                "code_version": pl.String,
                "repairs": pl.Int64,
            }
        ),
    }
)
REJECTED_SCHEMA = pl.Schema(
    {
        "id": pl.String,
        "stage": pl.String,
        "reason": pl.String,
        "detail": pl.String,
        "lang": pl.String,
        "source": _SOURCE,
        "messages": _MESSAGES,
        "constraints": _CONSTRAINTS,
        "verdicts": _VERDICTS,
    }
)


class ShardWriter:
    """Collects rows and writes `part-00000.parquet`, `part-00001.parquet`, ... of `rows_per_shard` rows."""

    def __init__(self, folder: Path, schema: pl.Schema, rows_per_shard: int = 1000) -> None:
        self.folder, self.schema, self.rows_per_shard = folder, schema, rows_per_shard
        self.paths: list[Path] = []
        self.row_counts: list[int] = []
        self._rows: list[dict[str, Any]] = []
        folder.mkdir(parents=True, exist_ok=True)

    def write(self, row: dict[str, Any]) -> None:
        self._rows.append(row)
        if len(self._rows) >= self.rows_per_shard:
            self._flush()

    def close(self) -> None:
        if self._rows:
            self._flush()

    def written(self, root: Path) -> list[dict[str, Any]]:
        """Path from `root`, rows and SHA-256 of every shard, for the manifest."""
        return [
            {"path": str(path.relative_to(root)), "rows": rows, "sha256": file_sha256(path)}
            for path, rows in zip(self.paths, self.row_counts, strict=True)
        ]

    def _flush(self) -> None:
        path = self.folder / f"part-{len(self.paths):05d}.parquet"
        partial = path.with_suffix(".partial")
        parquet = io.BytesIO()  # through memory: polars hides a full disk in an error of its own
        # getvalue, not getbuffer: CPython 3.12.1 crashes when it collects a buffer whose view an exception still holds.
        pl.DataFrame(self._rows, schema=self.schema).write_parquet(parquet, compression="zstd", statistics=False)
        partial.write_bytes(parquet.getvalue())
        os.replace(partial, path)
        self.paths.append(path)
        self.row_counts.append(len(self._rows))
        self._rows = []


def read_rows(path: Path) -> Iterator[dict[str, Any]]:
    """Rows of one parquet file, in order, a batch at a time.

    Raises:
        DatasetError: the file is missing, damaged or not parquet.
    """
    try:
        frame = pl.scan_parquet(path)
        total = frame.select(pl.len()).collect().item()
        for start in range(0, total, 1000):
            yield from frame.slice(start, 1000).collect().iter_rows(named=True)
    except (OSError, PolarsError) as exc:
        raise DatasetError(f"{path} cannot be read as parquet: {exc}") from exc


def file_sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
