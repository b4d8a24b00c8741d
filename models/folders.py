"""Folders that appear whole or not at all, files replaced in one step: kill -9 leaves half of nothing."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

__all__ = ["replace_file", "whole_folder"]


@contextmanager
def whole_folder(target: Path) -> Iterator[Path]:
    """A temporary sibling of `target` to fill; on success it is flushed to disk and renamed to `target`.

    An existing `target` is left as it is if another process finished it first.
    """
    target.parent.mkdir(parents=True, exist_ok=True)
    partial = Path(tempfile.mkdtemp(dir=target.parent, prefix=f".{target.name}.partial-"))
    try:
        yield partial
        for path in sorted(partial.rglob("*")):
            _flush(path)
        _flush(partial)
        partial.chmod(0o755)
        if not target.exists():
            partial.rename(target)
            _flush(target.parent)
    finally:
        if partial.exists():
            shutil.rmtree(partial)


def replace_file(path: Path, text: str) -> None:
    """Write `text` such that a reader sees the old file or the new one."""
    partial = path.with_name(f".{path.name}.{os.getpid()}")
    partial.write_text(text, encoding="utf-8")
    _flush(partial)
    partial.replace(path)
    _flush(path.parent)


def _flush(path: Path) -> None:
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
