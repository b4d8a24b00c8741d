"""Which keys were seen before, and where: a table on disk, because a million of them would not be flat in memory.

SQLite's own temporary database (it is deleted with the process) with at most 4 MB of it in memory; about 50,000 new
keys a second. Asking twice for the same key and place gives the same answer, so a second round over the prompts
agrees with the first.

>>> seen = Seen()
>>> seen.before("a", "p.jsonl:1"), seen.before("a", "p.jsonl:2"), seen.before("a", "p.jsonl:1")
(None, 'p.jsonl:1', None)
"""

from __future__ import annotations

import hashlib
import sqlite3

from datagen.errors import OutputError

__all__ = ["Seen"]


class Seen:
    def __init__(self) -> None:
        self._table = sqlite3.connect("", isolation_level=None, check_same_thread=False)
        self._table.execute("PRAGMA journal_mode=OFF")
        self._table.execute("PRAGMA cache_size=-4000")
        self._table.execute("CREATE TABLE seen (key BLOB PRIMARY KEY, place TEXT) WITHOUT ROWID")
        self._table.execute("BEGIN")  # never committed: nobody else reads it, and each commit would cost a write

    def before(self, key: str, place: str) -> str | None:
        """The other place where `key` was seen first; None where it is new or was first seen at `place`."""
        digest = hashlib.blake2b(key.encode(), digest_size=16).digest()
        try:
            added = self._table.execute("INSERT OR IGNORE INTO seen VALUES (?, ?)", (digest, place)).rowcount
        except sqlite3.OperationalError as exc:
            raise OutputError(
                f"no room for the table of prompts seen so far ({exc}); free the temporary folder or set TMPDIR"
            ) from exc
        if added:
            return None
        (first,) = self._table.execute("SELECT place FROM seen WHERE key = ?", (digest,)).fetchone()
        return first if first != place else None

    def close(self) -> None:
        self._table.close()

    def __del__(self) -> None:
        self.close()
