"""Where a build stood, so that a killed one goes on from there instead of replaying every answer it stored.

Every 100 outcomes `staging/checkpoint.json` says how many records are done and what each part remembers (counts, open
shards, what dedup has seen). The next run makes the same records again, skips those that are done, and goes on. A
checkpoint is used only where nothing that decides about the skipped rows has changed: recipe, teacher, held-out
prompts, this package's files, the recorded packages, every skipped prompt. Anything else replays from the answer
store, which is slower and ends in the same bytes. Covers kill -9; after a reboot (files may be torn) it replays, too.

Not covered: finished datasets that grow, and stages that do not say what they remember (`state` and `restore`).
"""

from __future__ import annotations

import hashlib
import json
from collections import deque
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any, Protocol, runtime_checkable

import constraints
import datagen
from datagen.errors import OutputError
from datagen.out_folder import write_atomically, writing
from datagen.record import Record, canonical_json
from datagen.stages.prompt_screen import RefusedRecord

__all__ = ["EVERY", "Checkpoint", "RecordStream", "Remembers", "code_fingerprint"]

EVERY = 100
_FORMAT = 1


@runtime_checkable
class Remembers(Protocol):
    """A part whose memory is more than its configuration: `state` is JSON, and makes durable what it refers to."""

    def state(self) -> Any: ...

    def restore(self, state: Any) -> None: ...


class RecordStream:
    """Seed records on their way into the pipeline, with a digest of all that were taken out at its other end."""

    def __init__(self, records: Iterable[Record]) -> None:
        self.position, self.digest = 0, b""
        self._records, self._hash = iter(records), hashlib.blake2b(digest_size=16)
        self._ahead: deque[bytes] = deque()

    def __iter__(self) -> Iterator[Record]:
        for record in self._records:
            self._hash.update(_said(record))
            self._ahead.append(self._hash.digest())
            yield record

    def taken(self) -> None:
        """The next record in order has left the pipeline."""
        self.position, self.digest = self.position + 1, self._ahead.popleft()

    def skip(self, count: int) -> bytes:
        """Passes over `count` records; the digest of those that were there."""
        for _, record in zip(range(count), self._records, strict=False):
            self._hash.update(_said(record))
            self.position += 1
        self.digest = self._hash.digest()
        return self.digest


class Checkpoint:
    """The checkpoint of the build whose staging folder is `staging`; `decides` is all that the rows depend on."""

    def __init__(self, staging: Path, decides: Mapping[str, Any]) -> None:
        self._staging = staging
        self._path = staging / "checkpoint.json"
        self._key = hashlib.sha256(canonical_json({**decides, "boot": _boot()}).encode()).hexdigest()
        self._parts: dict[str, Remembers] = {}
        self._saved: dict[str, Any] | None = None
        self.accepted = 0

    def reached(self, stream: RecordStream, rows: int) -> bool:
        """Whether the build can go on from here; then `stream` is past the records that are done."""
        try:
            saved = json.loads(self._path.read_text(encoding="utf-8"))
        except (OSError, ValueError):
            return False
        if not isinstance(saved, dict) or saved.get("key") != self._key or saved["accepted"] >= rows:
            return False
        if stream.skip(saved["records"]).hex() != saved["digest"]:
            return False
        self._saved, self.accepted = saved, saved["accepted"]
        return True

    def keep(self, parts: Mapping[str, object]) -> None:
        """From now on these are saved, and set to where they stood. Without all of them nothing is saved.

        Raises:
            OutputError: what the checkpoint refers to is not there any more.
        """
        if all(isinstance(part, Remembers) for part in parts.values()):
            self._parts = {name: part for name, part in parts.items() if isinstance(part, Remembers)}
        if self._saved is None:
            return
        try:
            for name, part in self._parts.items():
                part.restore(self._saved["parts"][name])
        except (OSError, ValueError, KeyError, TypeError) as exc:
            raise OutputError(
                f"{self._staging} does not hold what its checkpoint says ({exc!r}); remove that folder and run the "
                "same command again: answers stored so far are kept"
            ) from exc

    def passed(self, stream: RecordStream, *, accepted: bool) -> None:
        """One more outcome is written."""
        stream.taken()
        self.accepted += accepted
        if self._parts and stream.position % EVERY == 0:
            with writing(self._staging):
                self._save(stream)

    def _save(self, stream: RecordStream) -> None:
        saved = {
            "format": _FORMAT,
            "key": self._key,
            "records": stream.position,
            "accepted": self.accepted,
            "digest": stream.digest.hex(),
            "parts": {name: part.state() for name, part in self._parts.items()},
        }
        write_atomically(self._path, json.dumps(saved, ensure_ascii=False))

    def drop(self) -> None:
        """No build goes on from here: before anything that the checkpoint refers to is moved or removed."""
        self._path.unlink(missing_ok=True)


def _said(record: Record) -> bytes:
    """What the record says before any stage has seen it."""
    refused = (record.reason, record.detail) if isinstance(record, RefusedRecord) else ()
    turns = (part for message in record.messages for part in (message.role, message.content))
    source = record.source
    given = (canonical_json([constraint.id, constraint.params]) for constraint in record.given)
    labels = (record.id, source.name, source.id, source.license, *record.keywords, *record.avoid, record.scenario)
    said = (*labels, *turns, *given, *refused)
    return "\x1f".join(said).encode() + b"\x1e"


def code_fingerprint() -> str:
    """Changes with any file of the packages that decide about rows; told by size and time, so it costs milliseconds."""
    seen = hashlib.sha256()
    for package in (constraints, datagen):
        folder = Path(package.__path__[0])
        for file in sorted(folder.rglob("*")):
            if file.suffix != ".pyc" and file.is_file():
                stat = file.stat()
                seen.update(f"{file.relative_to(folder)} {stat.st_size} {stat.st_mtime_ns}\n".encode())
    return seen.hexdigest()


def _boot() -> str:
    try:
        return Path("/proc/sys/kernel/random/boot_id").read_text().strip()
    except OSError:
        return ""
