"""The SHA-256 of big files, computed once: a note remembers it until the file changes.

A file counts as unchanged while its size, modification and change times and inode stay the same. A note
that is absent, unreadable or cannot be written costs seconds of hashing and nothing else. Not covered:
somebody who forges notes or turns the clock back on purpose.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import secrets
from pathlib import Path

__all__ = ["remember", "sha256_of"]


def sha256_of(path: Path, *, notes: Path) -> str:
    """The file's SHA-256, from its note in the folder `notes` or freshly computed; raises OSError."""
    before = _fingerprint(path)
    with contextlib.suppress(OSError, ValueError):
        note = json.loads(_note_path(path, notes).read_text(encoding="utf-8"))
        if isinstance(note, dict) and note.get("file") == before and "sha256" in note:
            return str(note["sha256"])
    with path.open("rb") as file:
        sha256 = hashlib.file_digest(file, "sha256").hexdigest()
    _write_note(path, before, sha256, notes)
    return sha256


def remember(path: Path, sha256: str, *, notes: Path) -> None:
    """Note a hash that was computed while the file was written; raises OSError if the file is gone."""
    _write_note(path, _fingerprint(path), sha256, notes)


def _fingerprint(path: Path) -> list[int]:
    stat = path.stat()
    return [stat.st_size, stat.st_mtime_ns, stat.st_ctime_ns, stat.st_ino]


def _note_path(path: Path, notes: Path) -> Path:
    return notes / f"{hashlib.sha256(os.fsencode(path.absolute())).hexdigest()[:16]}.json"


def _write_note(path: Path, fingerprint: list[int], sha256: str, notes: Path) -> None:
    note = _note_path(path, notes)
    partial = note.with_name(f"{note.name}.{secrets.token_hex(4)}")
    with contextlib.suppress(OSError):
        notes.mkdir(parents=True, exist_ok=True)
        partial.write_text(json.dumps({"path": str(path), "file": fingerprint, "sha256": sha256}), encoding="utf-8")
        os.replace(partial, note)
