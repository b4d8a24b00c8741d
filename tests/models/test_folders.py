"""A folder or file is there whole or not at all."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from models.folders import replace_file, whole_folder


def test_a_folder_appears_by_one_rename_after_everything_is_flushed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    target, flushed = tmp_path / "deep" / "target", []
    real_fsync = os.fsync

    def watched(handle: int) -> None:
        flushed.append((os.fstat(handle).st_ino, target.exists()))
        real_fsync(handle)

    monkeypatch.setattr(os, "fsync", watched)
    with whole_folder(target) as partial:
        (partial / "a").write_text("1")
        inodes = {(partial / "a").stat().st_ino, partial.stat().st_ino}
    # The same inodes: it was renamed. A copy would be visible half-written.
    assert {(target / "a").stat().st_ino, target.stat().st_ino} == inodes
    assert {inode for inode, was_visible in flushed if not was_visible} == inodes
    assert [p.name for p in target.parent.iterdir()] == ["target"]


def test_a_failure_while_filling_leaves_nothing(tmp_path: Path) -> None:
    def fill() -> None:
        with whole_folder(tmp_path / "target") as partial:
            (partial / "a").write_text("half")
            raise OSError("disk full")

    with pytest.raises(OSError, match="disk full"):
        fill()
    assert not any(tmp_path.iterdir())


def test_a_file_is_replaced_in_one_step(tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.write_text("old")
    with path.open() as reader:
        replace_file(path, "new")
        assert reader.read() == "old"
    assert path.read_text() == "new"
    assert [p.name for p in tmp_path.iterdir()] == ["file"]
