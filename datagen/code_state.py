"""Which code a run came from: version, hash of the sources, and the git commit where they lie in its checkout."""

from __future__ import annotations

import hashlib
import subprocess
from importlib.metadata import version
from pathlib import Path
from typing import Any

__all__ = ["code_state"]

_HOME = Path(__file__).resolve().parents[1]
_ROOMS = ("constraints", "datagen", "models", "train", "parity", "eval")


def code_state() -> dict[str, Any]:
    """`commit` and `dirty` (our sources differ from it) are None outside a checkout of this package."""
    digest = hashlib.sha256()
    for path in sorted(path for room in _ROOMS for path in (_HOME / room).rglob("*.py")):
        digest.update(f"{path.relative_to(_HOME).as_posix()}\0".encode() + path.read_bytes())
    # A package installed below somebody else's checkout is not a part of it: git must know this very file.
    ours = _git("ls-files", "--error-unmatch", str(Path(__file__).resolve())) is not None
    changed = _git("status", "--porcelain", "--", *_ROOMS) if ours else None
    return {
        "version": version("typhoon-data"),
        "sources_sha256": digest.hexdigest(),
        "commit": _git("rev-parse", "HEAD") if ours else None,
        "dirty": None if changed is None else bool(changed),
    }


def _git(*arguments: str) -> str | None:
    """What git says; None where there is no git, or it refuses."""
    try:
        done = subprocess.run(
            ["git", "--no-optional-locks", "-C", str(_HOME), *arguments], capture_output=True, text=True, timeout=30
        )
    except (OSError, subprocess.TimeoutExpired):
        return None
    return done.stdout.strip() if done.returncode == 0 else None
