"""The answer store: every LLM answer, in one SQLite file, committed the moment it arrives.

Keyed by the full payload (endpoint, model, messages, tools, sampling, sample index), so a killed run pays
for nothing twice and a changed prompt never meets an old answer. One writer process (the build's lock
sees to that). Does not expire anything: an answer that was paid for is kept.
"""

from __future__ import annotations

import hashlib
import json
import sqlite3
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from datagen.errors import OutputError
from datagen.record import canonical_json

__all__ = ["Answer", "AnswerStore", "payload_key"]

_SCHEMA = "CREATE TABLE IF NOT EXISTS answers (key TEXT PRIMARY KEY, payload TEXT NOT NULL, answer TEXT NOT NULL)"


@dataclass(frozen=True, slots=True)
class Answer:
    """What the endpoint said to one request; `refused` holds its words where it declined the request itself."""

    content: str
    finish_reason: str
    prompt_tokens: int = 0
    completion_tokens: int = 0
    refused: str = ""


def payload_key(payload: Mapping[str, Any]) -> str:
    return hashlib.sha256(canonical_json(payload).encode()).hexdigest()


class AnswerStore:
    """`get` and `put` answers by payload.

    Raises (every method):
        OutputError: the file cannot be read or written (disk full, damaged); what was stored stays stored.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        try:
            self._db = sqlite3.connect(path)
            self._db.execute("PRAGMA journal_mode=WAL")
            self._db.execute("PRAGMA synchronous=NORMAL")
            self._db.execute(_SCHEMA)
            self._db.commit()
        except sqlite3.Error as exc:
            raise self._error(exc) from exc

    def get(self, payload: Mapping[str, Any]) -> Answer | None:
        try:
            found = self._db.execute("SELECT answer FROM answers WHERE key = ?", (payload_key(payload),)).fetchone()
        except sqlite3.Error as exc:
            raise self._error(exc) from exc
        return Answer(**json.loads(found[0])) if found else None

    def is_empty(self) -> bool:
        try:
            return self._db.execute("SELECT 1 FROM answers LIMIT 1").fetchone() is None
        except sqlite3.Error as exc:
            raise self._error(exc) from exc

    def put(self, payload: Mapping[str, Any], answer: Answer) -> None:
        row = (payload_key(payload), canonical_json(payload), canonical_json(asdict(answer)))
        try:
            with self._db:
                self._db.execute("INSERT OR REPLACE INTO answers VALUES (?, ?, ?)", row)
        except sqlite3.Error as exc:
            raise self._error(exc) from exc

    def payloads(self) -> list[dict[str, Any]]:
        """Every payload answered so far, oldest first."""
        try:
            rows = self._db.execute("SELECT payload FROM answers ORDER BY rowid").fetchall()
        except sqlite3.Error as exc:
            raise self._error(exc) from exc
        return [json.loads(row[0]) for row in rows]

    def close(self) -> None:
        self._db.close()

    def _error(self, exc: sqlite3.Error) -> OutputError:
        return OutputError(
            f"the answer store {self.path} cannot be used: {exc}; make room or repair it, then run the same "
            "command again: answers stored so far are kept"
        )
