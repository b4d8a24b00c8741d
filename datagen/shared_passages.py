"""How much of one text stands in another: shared character n-grams as a share of the shorter text's.

Of the shorter, so that a held-out question inside a long prompt counts as much as a prompt cut out of a long held-out
passage. Texts shorter than one n-gram have none and share nothing. N-grams are kept as 64-bit hashes in a temporary
SQLite file: about 20 bytes a held-out character, no memory (two different n-grams collide once in 10^13 look-ups at a
million of them).
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass

from datagen.near_duplicates import grams_of, squeeze
from datagen.temporary_store import storing, temporary_store

__all__ = ["Overlap", "Passages"]

_TABLES = """
CREATE TABLE held (row INTEGER PRIMARY KEY, name TEXT, grams INTEGER);
CREATE TABLE gram (hash INTEGER, row INTEGER, PRIMARY KEY (hash, row)) WITHOUT ROWID;
"""
# Of equal shares the first text wins, so the answer does not depend on SQLite's plan.
_BEST = """
SELECT held.name, CAST(shared AS REAL) / MIN(held.grams, :own) AS share
FROM (SELECT row, COUNT(*) AS shared FROM gram WHERE hash IN (SELECT value FROM json_each(:hashes)) GROUP BY row)
JOIN held USING (row) ORDER BY share DESC, row LIMIT 1
"""


@dataclass(frozen=True, slots=True)
class Overlap:
    """`share` of the shorter text's n-grams are in the text `name` too."""

    name: str
    share: float


class Passages:
    """Texts by name, searchable by what another text shares with them."""

    def __init__(self, size: int) -> None:
        self.size = size
        self._db = temporary_store(_TABLES)

    def add(self, name: str, text: str) -> None:
        hashes = self._hashes(text)
        with storing():
            row = self._db.execute("INSERT INTO held (name, grams) VALUES (?, ?)", (name, len(hashes))).lastrowid
            self._db.executemany("INSERT INTO gram (hash, row) VALUES (?, ?)", ((each, row) for each in hashes))

    def closest(self, text: str) -> Overlap | None:
        """The added text that shares most with `text`; None where none shares anything."""
        hashes = self._hashes(text)
        with storing():
            found = self._db.execute(_BEST, {"own": len(hashes), "hashes": json.dumps(hashes)}).fetchone()
        return Overlap(*found) if found else None

    def _hashes(self, text: str) -> list[int]:
        grams = grams_of(squeeze(text), self.size)
        return sorted(
            {
                int.from_bytes(hashlib.blake2b(gram.encode(), digest_size=8).digest(), signed=True)
                for gram in grams
                if len(gram) == self.size
            }
        )
