"""Every result of an own tool, kept so that the same call in the same world has the same result for ever.

A server answers differently tomorrow, and a user's function may not be at hand. So a call is made once: its result is
written down at once and given again whenever the same scenario comes to the same call: when a killed build resumes,
when a row is proven, when somebody verifies a copy. A call is named by the world's seed, the tool, its arguments, the
calls made before it that write, and how often it was made before.

One JSON object a line; a torn last line (a killed build) is dropped. In memory: 100 bytes a call.

That a server could not be reached is a result like any other, for the model sees it. But when that happens
`MAX_FAILURES` times one after the other the server is gone: the build ends with a UserError, and those results are
forgotten, so that the same command tries again.
"""

from __future__ import annotations

import copy
import hashlib
import json
import threading
from collections.abc import Container, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

from datagen.errors import ToolFileError
from datagen.out_folder import writing
from datagen.record import canonical_json
from datagen.tools.execute import observed
from datagen.tools.tool import Run, ToolError
from datagen.tools.world import World

__all__ = ["MAX_FAILURES", "RecordedRun", "Recording", "Unreachable"]

MAX_FAILURES = 5
_LOCKS = 64


class Unreachable(ToolError):
    """A server did not answer. The code is one that a model may try again after."""

    def __init__(self, source: str, message: str) -> None:
        super().__init__("unavailable", message)
        self.source = source


class Recording:
    """The results, in a file that grows, or in memory alone; opened when first used. Safe to use from many threads."""

    def __init__(self, path: Path | None = None, *, writable: bool = True) -> None:
        self.path, self.writable = path, writable
        self._places: dict[str, int] = {}
        self._unwritten: dict[str, dict[str, Any]] = {}
        self._failures: dict[str, list[str]] = {}
        self._file_lock = threading.RLock()
        self._turns = [threading.Lock() for _ in range(_LOCKS)]
        self._file: IO[bytes] | None = None

    def open(self) -> None:
        """Reads what is there already.

        Raises:
            ToolFileError: a file that is only read is damaged.
            OSError: it is not there; OutputError: it cannot be written.
        """
        with self._file_lock:
            if self.path is None or self._file is not None:
                return
            if self.writable:
                with writing(self.path):
                    self.path.parent.mkdir(parents=True, exist_ok=True)
                    self.path.touch()
                    file = self.path.open("r+b")
            else:
                file = self.path.open("rb")
            self._read_places(file)
            self._file = file

    def _read_places(self, file: IO[bytes]) -> None:
        place = 0
        for line in file:
            try:
                key = json.loads(line)["key"] if line.endswith(b"\n") else None
            except (ValueError, KeyError, TypeError, RecursionError):
                key = None
            if not isinstance(key, str):
                if not self.writable:
                    file.close()
                    raise ToolFileError(f"{self.path} is damaged at byte {place}; it holds one recorded result a line")
                break
            self._places[key] = place
            place += len(line)
        if self.writable:
            file.truncate(place)

    def __len__(self) -> int:
        return len(self._places) + len(self._unwritten)

    def find(self, key: str) -> dict[str, Any] | None:
        self.open()
        with self._file_lock:
            if key in self._unwritten or key not in self._places:
                return self._unwritten.get(key)
            assert self._file is not None
            self._file.seek(self._places[key])
            return json.loads(self._file.readline())

    def add(self, key: str, entry: Mapping[str, Any]) -> None:
        self.open()
        with self._file_lock:
            self._add(key, {"key": key, **entry})

    def _add(self, key: str, entry: dict[str, Any]) -> None:
        if self._file is None:
            self._unwritten[key] = entry
            return
        assert self.path is not None
        with writing(self.path):
            self._places[key] = self._file.seek(0, 2)
            self._file.write(canonical_json(entry).encode() + b"\n")
            self._file.flush()

    def failed(self, source: str, key: str, entry: Mapping[str, Any], why: str) -> None:
        """A result that says the server did not answer; written once it does again.

        Raises:
            ToolFileError: it did not so many times.
        """
        with self._file_lock:
            failures = self._failures.setdefault(source, [])
            failures.append(key)
            self._unwritten[key] = {"key": key, **entry}
            if len(failures) < MAX_FAILURES:
                return
            for each in failures:
                self._unwritten.pop(each, None)
            failures.clear()
        raise ToolFileError(
            f"{source} did not answer {MAX_FAILURES} calls one after the other ({why}); when it is back, run the same "
            "command again: everything answered so far is kept"
        )

    def answered(self, source: str) -> None:
        """The server works: what it failed at before stays as it was seen."""
        with self._file_lock:
            for key in self._failures.pop(source, ()):
                if self._file is not None and key in self._unwritten:
                    self._add(key, self._unwritten.pop(key))

    @contextmanager
    def turn(self, key: str) -> Iterator[None]:
        """Nobody else makes the same call meanwhile."""
        with self._turns[int(key[:4], 16) % _LOCKS]:
            yield

    def write_sorted(self, path: Path, seeds: Container[object] | None = None) -> None:
        """The results of the worlds of these seeds (else all), in an order that does not tell which came first."""
        self.open()
        for source in list(self._failures):
            self.answered(source)
        with writing(path), path.open("wb") as target:
            for key in sorted({*self._places, *self._unwritten}):
                entry = self.find(key)
                if entry is not None and (seeds is None or entry.get("seed") in seeds):
                    target.write(canonical_json(entry).encode() + b"\n")

    def close(self) -> None:
        """What a server failed at last, and nobody published, is tried again by the next run."""
        if self._file is not None:
            self._file.close()


@dataclass(frozen=True)
class RecordedRun:
    """A tool's `run`: from the recording where the call is in it, else by `live`, which is recorded.

    Without `live` a call that was never recorded is an error the model (or a proof) sees: not_recorded.
    """

    name: str
    source: str
    writes: bool
    recording: Recording
    live: Run | None

    def __call__(self, world: World, given: Mapping[str, Any]) -> Any:
        key = self._key(world, given)
        with self.recording.turn(key):
            entry = self.recording.find(key) or self._called(key, world, given)
        world.journal.append(key)
        if self.writes and "state" in entry:
            world.state.clear()
            world.state.update(copy.deepcopy(entry["state"]))
        if error := entry.get("error"):
            raise ToolError(error["code"], error["message"])
        return entry["value"]

    def _key(self, world: World, given: Mapping[str, Any]) -> str:
        """32 hex digits. A journal entry of a tool that writes ends in "w"."""
        writes = [entry for entry in world.journal if entry.endswith("w")]
        state = world.snapshot() if self.source == "function" else ""  # a function may read what others left
        said = canonical_json([world.seed, self.name, given, writes, state])
        call = hashlib.blake2b(said.encode(), digest_size=12).hexdigest()
        before = sum(entry.startswith(call) for entry in world.journal)
        return f"{call}.{before}{'w' if self.writes else ''}"

    def _called(self, key: str, world: World, given: Mapping[str, Any]) -> dict[str, Any]:
        if self.live is None:
            raise ToolError("not_recorded", f"the recording has no result of {self.name} for these arguments")
        call = {"tool": self.name, "seed": world.seed, "arguments": dict(given)}
        try:
            seen = observed(self.live(world, given))
            entry = {**call, "value": seen.value} if not seen.error else {**call, **seen.value}
        except Unreachable as exc:
            entry = {**call, "error": {"code": exc.code, "message": exc.message}}
            self.recording.failed(exc.source, key, entry, exc.message)
            return entry
        except ToolError as exc:
            entry = {**call, "error": {"code": exc.code, "message": exc.message}}
        if self.writes and world.state:
            entry["state"] = copy.deepcopy(world.state)
        self.recording.answered(self.source)
        self.recording.add(key, entry)
        return entry
