"""Shards on disk: the same rows give the same bytes, a shard is whole or absent, a full disk has words."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import polars as pl
import pytest

from datagen.errors import OutputError
from datagen.out_folder import writing
from datagen.shards import ShardWriter, file_sha256, read_rows

SCHEMA = pl.Schema({"id": pl.String, "text": pl.String})


def write(folder: Path, rows: int, rows_per_shard: int = 1000) -> ShardWriter:
    writer = ShardWriter(folder, SCHEMA, rows_per_shard)
    for number in range(rows):
        writer.write({"id": str(number), "text": f"แถวที่ {number}"})
    writer.close()
    return writer


def test_rows_come_back_in_order_over_shards(tmp_path):
    writer = write(tmp_path, rows=25, rows_per_shard=10)
    assert [path.name for path in writer.paths] == [f"part-0000{n}.parquet" for n in range(3)]
    assert writer.row_counts == [10, 10, 5]
    assert [row["id"] for path in writer.paths for row in read_rows(path)] == [str(n) for n in range(25)]
    assert not list(tmp_path.glob("*.partial"))


def test_same_rows_same_bytes(tmp_path):
    first, second = write(tmp_path / "a", 50), write(tmp_path / "b", 50)
    assert file_sha256(first.paths[0]) == file_sha256(second.paths[0])
    assert file_sha256(first.paths[0]) != file_sha256(write(tmp_path / "c", 49).paths[0])


@pytest.mark.skipif(os.geteuid() != 0 or sys.platform != "linux", reason="mounting a small tmpfs needs root")
def test_a_full_disk_while_writing_a_shard_has_words(tmp_path):
    mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=8k", "tmpfs", tmp_path], capture_output=True)
    if mounted.returncode:
        pytest.skip("cannot mount here")
    try:
        writer = ShardWriter(tmp_path / "data", SCHEMA)
        writer.write({"id": "0", "text": os.urandom(50_000).hex()})
        with pytest.raises(OutputError, match="No space left on device") as caught, writing(tmp_path):
            writer.close()
        assert "answers stored so far are kept" in str(caught.value)
        assert not list((tmp_path / "data").glob("*.parquet"))
    finally:
        subprocess.run(["umount", tmp_path], check=True)
