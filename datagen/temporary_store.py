"""What a build remembers and need not keep: tables in a temporary file, so that memory stays flat.

Used for what was seen so far (prompts/seen.py, near_duplicates.py, shared_passages.py). The file is gone with its
connection: a build that resumes fills it anew. Nothing is committed, for nobody else reads it and a transaction a row
would cost a third of the speed.
"""

from __future__ import annotations

import contextlib
import sqlite3
from collections.abc import Iterator
from pathlib import Path

from datagen.errors import OutputError

__all__ = ["kept_store", "storing", "temporary_store"]


def temporary_store(tables: str, *, cache_mb: int = 8) -> sqlite3.Connection:
    """A database with these tables, of which at most `cache_mb` megabytes are in memory."""
    with storing():
        db = sqlite3.connect("", isolation_level=None, check_same_thread=False)
        db.executescript(
            f"PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF; PRAGMA cache_size = -{cache_mb * 1000}; {tables}"
        )
        db.execute("BEGIN")
    return db


def kept_store(file: Path, tables: str, *, cache_mb: int = 8) -> sqlite3.Connection:
    """The same in `file`, as it was at the last commit: safe against kill -9, not against a power cut."""
    with storing():
        db = sqlite3.connect(file, isolation_level=None, check_same_thread=False)
        db.executescript(
            f"PRAGMA journal_mode = WAL; PRAGMA synchronous = OFF; PRAGMA cache_size = -{cache_mb * 1000}; {tables}"
        )
        db.execute("BEGIN")
    return db


@contextlib.contextmanager
def storing() -> Iterator[None]:
    """Turns a failure of the temporary file into an OutputError."""
    try:
        yield
    except sqlite3.Error as exc:
        raise OutputError(
            f"cannot keep what was seen in a temporary file: {exc}; make room there or name another folder in "
            "SQLITE_TMPDIR, then run the same command again: answers stored so far are kept"
        ) from exc
