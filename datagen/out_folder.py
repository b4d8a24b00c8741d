"""An output folder that is ours: claimed by one process at a time, and written such that a failure is one sentence.

OUT/.typhoon/       what only we need; that it is there says that the folder is ours
OUT/.typhoon/lock   held as long as somebody is at work
"""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from datagen.errors import OutputError, UserError

__all__ = ["PRIVATE", "claimed", "write_atomically", "writing"]

PRIVATE = ".typhoon"


@contextmanager
def claimed(out: Path, *, work: str, holds: str, error: type[UserError] = OutputError) -> Iterator[None]:
    """Makes the folder ours and locks it while inside.

    `work`: what is done there, as in "another build is at work"; `holds`: what is there afterwards, as in "a build".

    Raises:
        `error`: it holds something else, or another process works in it.
        OutputError: it cannot be written.
    """
    private = out / PRIVATE
    if out.exists() and not out.is_dir():
        raise error(f"{out} is a file; choose another --out")
    if out.is_dir() and any(out.iterdir()) and not private.is_dir():
        raise error(f"{out} holds something else than {holds} of ours; choose an empty or new --out")
    with writing(out):
        private.mkdir(parents=True, exist_ok=True)
        (private / ".gitignore").write_text("*\n")
        lock = (private / "lock").open("w")
    with lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as exc:
            raise error(f"another {work} is at work in {out}; wait for it or choose another --out") from exc
        yield


@contextmanager
def writing(path: Path) -> Iterator[None]:
    """Turns a failure of the file system into an OutputError naming `path`."""
    try:
        yield
    except OSError as exc:
        raise OutputError(
            f"cannot write {path}: {exc.strerror or exc}; mend that (for a full disk: make room), then run the same "
            "command again: answers stored so far are kept"
        ) from exc


def write_atomically(path: Path, text: str) -> None:
    """`text` at `path`, whole or not at all."""
    partial = path.with_name(path.name + ".partial")
    with partial.open("w", encoding="utf-8") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    os.replace(partial, path)
