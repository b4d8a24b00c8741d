"""A dataset on disk as something to read: its splits, the rejected candidates, the manifest, row by row.

Covers the folder of a build (every split under data/, whatever its columns, and rejected/), any folder of parquet
files, and one parquet file. A build that is not finished is read from its staging folder. Rows are found by their
positions and fetched one batch at a time, so memory does not grow with the dataset. Reads only.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import polars as pl
from polars.exceptions import PolarsError

from datagen.errors import DatasetError

__all__ = ["REJECTED", "Dataset", "Shard", "open_dataset"]

REJECTED = "rejected"
_BATCH = 256


@dataclass(frozen=True)
class Shard:
    """One parquet file and the split it belongs to (`rejected` for dropped candidates)."""

    split: str
    path: Path

    @cached_property
    def schema(self) -> Mapping[str, pl.DataType]:
        return self._collected(lambda frame: frame.collect_schema())

    def collect(self, *steps: Any) -> pl.DataFrame:
        """The frame after the given functions of a LazyFrame, streamed.

        Raises:
            DatasetError: the file cannot be read.
        """

        def run(frame: pl.LazyFrame) -> pl.DataFrame:
            for step in steps:
                frame = step(frame)
            return frame.collect(engine="streaming")

        return self._collected(run)

    def positions(self, condition: pl.Expr | None) -> Sequence[int]:
        """Of the rows that meet `condition`, in order; of all rows where there is none."""
        if condition is None:
            return range(self.collect(lambda frame: frame.select(pl.len())).item())
        found = self.collect(lambda frame: frame.with_row_index("@").filter(condition).select("@"))
        return found["@"].to_list()

    def rows(self, positions: Sequence[int]) -> Iterator[dict[str, Any]]:
        """The rows at ascending `positions`."""
        start = 0
        while start < len(positions):
            first = positions[start]
            end = start
            while end < len(positions) and positions[end] < first + _BATCH:
                end += 1
            wanted = [position - first for position in positions[start:end]]
            batch = self.collect(lambda frame, first=first, last=wanted[-1]: frame.slice(first, last + 1))
            yield from batch[wanted].iter_rows(named=True)
            start = end

    def _collected(self, run: Any) -> Any:
        try:
            return run(pl.scan_parquet(self.path, glob=False))
        except (OSError, PolarsError) as exc:
            raise DatasetError(
                f"{self.path} cannot be read as parquet: {_first_line(exc)}; copy it again, or run its build again"
            ) from exc


@dataclass(frozen=True)
class Dataset:
    """`manifest` is {} where there is none; `finished` is False for a build under way or interrupted."""

    path: Path
    shards: tuple[Shard, ...]
    manifest: Mapping[str, Any]
    finished: bool = True

    @property
    def splits(self) -> list[str]:
        """Names of the splits with rows that were kept, `sft` first."""
        names = {shard.split for shard in self.shards} - {REJECTED}
        return sorted(names, key=lambda name: (name != "sft", name))

    def of(self, *splits: str) -> list[Shard]:
        return [shard for shard in self.shards if shard.split in splits]


def open_dataset(path: Path) -> Dataset:
    """The dataset at `path`, its rows unread.

    Raises:
        DatasetError: there is none, or its manifest is damaged.
    """
    if path.is_file():
        if path.suffix != ".parquet":
            raise DatasetError(f"{path} is no parquet file; give the folder of a build, or a parquet file")
        return Dataset(path, (Shard(path.stem, path),), {})
    if not path.is_dir():
        raise DatasetError(f"there is no dataset at {path}; give the folder of a build, or a parquet file")
    manifest = _manifest(path)
    if shards := _shards(path):
        return Dataset(path, shards, manifest)
    if manifest:
        return Dataset(path, (), manifest)  # a finished build that kept and rejected nothing
    if (path / ".typhoon").is_dir():
        if shards := _shards(path / ".typhoon" / "staging"):
            return Dataset(path, shards, {}, finished=False)
        raise DatasetError(f"the build in {path} has written no rows yet; run its build command again, or wait for it")
    raise DatasetError(f"{path} holds no data/*/*.parquet and no *.parquet; give the folder of a build")


def _shards(folder: Path) -> tuple[Shard, ...]:
    found = [Shard(file.parent.name, file) for file in sorted(folder.glob("data/*/*.parquet"))]
    found.sort(key=lambda shard: shard.split != "sft")
    found += [Shard(REJECTED, file) for file in sorted(folder.glob("rejected/*.parquet"))]
    return tuple(found) or tuple(Shard("rows", file) for file in sorted(folder.glob("*.parquet")))


def _manifest(folder: Path) -> Mapping[str, Any]:
    file = folder / "manifest.json"
    try:
        manifest = json.loads(file.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return {}
    except (OSError, ValueError) as exc:
        raise DatasetError(f"{file} is damaged: {_first_line(exc)}; copy it again, or run its build again") from exc
    if not isinstance(manifest, dict):
        raise DatasetError(f"{file} is damaged: it holds a {type(manifest).__name__}, not an object")
    return manifest


def _first_line(exc: Exception) -> str:
    return str(exc).strip().split("\n")[0][:200] or type(exc).__name__
