"""Files on their way to a repository, and how they differ from those that are there."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

__all__ = ["Difference", "OutgoingFile", "RemoteFile", "compare", "readable_size"]


@dataclass(frozen=True)
class OutgoingFile:
    """`path`: where it will stand in the repository, with slashes. `content`: a file, or the bytes themselves."""

    path: str
    content: Path | bytes

    @cached_property
    def size(self) -> int:
        return len(self.content) if isinstance(self.content, bytes) else self.content.stat().st_size

    @cached_property
    def sha256(self) -> str:
        return self._digest("sha256")

    @cached_property
    def git_oid(self) -> str:
        """The name git gives to a blob of these bytes."""
        return self._digest("sha1", f"blob {self.size}\0".encode())

    def _digest(self, name: str, before: bytes = b"") -> str:
        digest = hashlib.new(name, before)
        if isinstance(self.content, bytes):
            digest.update(self.content)
        else:
            with self.content.open("rb") as file:
                while block := file.read(1 << 20):
                    digest.update(block)
        return digest.hexdigest()


@dataclass(frozen=True)
class RemoteFile:
    """A file of a repository. `sha256`: of a large file; a small one is known by its `git_oid` alone."""

    path: str
    size: int
    git_oid: str
    sha256: str | None = None

    def holds(self, file: OutgoingFile) -> bool:
        """Whether both have the same bytes."""
        if self.size != file.size:
            return False
        return self.sha256 == file.sha256 if self.sha256 else self.git_oid == file.git_oid


@dataclass(frozen=True)
class Difference:
    """What a commit will do. `kept`: files of the repository that are none of ours and stay as they are."""

    added: tuple[OutgoingFile, ...]
    changed: tuple[tuple[RemoteFile, OutgoingFile], ...]
    removed: tuple[RemoteFile, ...]
    unchanged: tuple[OutgoingFile, ...]
    kept: tuple[RemoteFile, ...]

    @property
    def nothing(self) -> bool:
        return not (self.added or self.changed or self.removed)

    @property
    def sent(self) -> list[OutgoingFile]:
        return [*self.added, *(file for _, file in self.changed)]


def compare(files: Iterable[OutgoingFile], remote: Mapping[str, RemoteFile], ours: Callable[[str], bool]) -> Difference:
    """`ours`: whether a path belongs to what is published, so that it goes when it is no longer among `files`."""
    wanted = {file.path: file for file in sorted(files, key=lambda file: file.path)}
    both = [(remote[path], file) for path, file in wanted.items() if path in remote]
    rest = [file for path, file in sorted(remote.items()) if path not in wanted]
    return Difference(
        added=tuple(file for path, file in wanted.items() if path not in remote),
        changed=tuple((there, file) for there, file in both if not there.holds(file)),
        removed=tuple(file for file in rest if ours(file.path)),
        unchanged=tuple(file for there, file in both if there.holds(file)),
        kept=tuple(file for file in rest if not ours(file.path)),
    )


def readable_size(size: int) -> str:
    """
    >>> readable_size(999), readable_size(25_624), readable_size(3_100_000_000)
    ('999 B', '25.6 kB', '3.1 GB')
    """
    if size < 1000:
        return f"{size} B"
    divisor, unit = (1e3, "kB") if size < 999_950 else (1e6, "MB") if size < 999_950_000 else (1e9, "GB")
    return f"{size / divisor:.1f} {unit}"
