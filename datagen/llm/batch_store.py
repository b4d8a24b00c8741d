"""Batches that are out, in the answer store's file: a killed run finds them and their questions again.

A batch is a row with a mark of our own (sent along as metadata), its id once the endpoint gave one, and a row for each
question. When it has ended, its answers are stored and its rows removed in one transaction.
"""

from __future__ import annotations

import json
import sqlite3
import uuid
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from datagen.errors import OutputError
from datagen.llm.answers import Answer

__all__ = ["BatchLine", "BatchStore"]

_SCHEMA = """
CREATE TABLE IF NOT EXISTS batches (mark TEXT PRIMARY KEY, identity TEXT NOT NULL, batch_id TEXT);
CREATE TABLE IF NOT EXISTS batch_lines (
    key TEXT PRIMARY KEY, mark TEXT NOT NULL, payload TEXT NOT NULL, body TEXT NOT NULL);
CREATE INDEX IF NOT EXISTS batch_lines_by_mark ON batch_lines (mark);
"""


@dataclass(frozen=True, slots=True)
class BatchLine:
    """One question: its key and payload in the answer store, its request body as JSON."""

    key: str
    payload: str
    body: str

    def request(self) -> str:
        """As a line of the input file."""
        head = {"custom_id": self.key, "method": "POST", "url": "/v1/chat/completions"}
        return f'{json.dumps(head)[:-1]}, "body": {self.body}}}'


class BatchStore:
    """Raises (every method):
    OutputError: the file cannot be read or written.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._db = self._guarded(lambda: sqlite3.connect(path, timeout=30))
        self._guarded(lambda: self._db.executescript(_SCHEMA))

    def marks(self, identity: str) -> list[str]:
        query = "SELECT mark FROM batches WHERE identity = ? ORDER BY rowid"
        return [row[0] for row in self._guarded(lambda: self._db.execute(query, (identity,)).fetchall())]

    def lines(self, mark: str) -> list[BatchLine]:
        query = "SELECT key, payload, body FROM batch_lines WHERE mark = ? ORDER BY rowid"
        return [BatchLine(*row) for row in self._guarded(lambda: self._db.execute(query, (mark,)).fetchall())]

    def batch_id(self, mark: str) -> str | None:
        query = "SELECT batch_id FROM batches WHERE mark = ?"
        return self._guarded(lambda: self._db.execute(query, (mark,)).fetchone())[0]

    def add(self, identity: str, lines: Sequence[BatchLine]) -> str:
        """The mark of a new batch, its questions written down."""
        mark = uuid.uuid4().hex

        def write() -> None:
            with self._db:
                self._db.execute("INSERT INTO batches VALUES (?, ?, NULL)", (mark, identity))
                rows = ((line.key, mark, line.payload, line.body) for line in lines)
                self._db.executemany("INSERT OR REPLACE INTO batch_lines VALUES (?, ?, ?, ?)", rows)

        self._guarded(write)
        return mark

    def set_batch_id(self, mark: str, batch_id: str) -> None:
        def write() -> None:
            with self._db:
                self._db.execute("UPDATE batches SET batch_id = ? WHERE mark = ?", (batch_id, mark))

        self._guarded(write)

    def end(self, mark: str, answered: Sequence[tuple[BatchLine, Answer]]) -> None:
        """Stores what came back and forgets the batch."""

        def write() -> None:
            with self._db:
                rows = ((line.key, line.payload, answer.as_json()) for line, answer in answered)
                self._db.executemany("INSERT OR REPLACE INTO answers VALUES (?, ?, ?)", rows)
                self._db.execute("DELETE FROM batch_lines WHERE mark = ?", (mark,))
                self._db.execute("DELETE FROM batches WHERE mark = ?", (mark,))

        self._guarded(write)

    def close(self) -> None:
        self._db.close()

    def _guarded(self, action: Callable[[], Any]) -> Any:
        try:
            return action()
        except sqlite3.Error as exc:
            raise OutputError(
                f"the answer store {self.path} cannot be used: {exc}; make room or repair it, then run the same "
                "command again: batches that are out are found again"
            ) from exc
