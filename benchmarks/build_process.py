"""The build that benchmarks measure: its command line, its process, its answers, the bytes it ends in."""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import shutil
import sqlite3
import subprocess
import sys
from pathlib import Path

from scripted_endpoint import KEYWORD_CONSTRAINTS, question_of_stored

from constraints import types
from datagen.workplace import REPORT

__all__ = ["build_command", "dataset_bytes", "start", "stored_questions"]

_WEIGHTS = {constraint.family: 0 for constraint in types().values()} | dict.fromkeys(KEYWORD_CONSTRAINTS, 1)
_MAIN = "from datagen.cli import main; main()"


def build_command(url: str, out: Path, rows: int, *settings: str, main: str = _MAIN) -> list[str]:
    """A build of `rows` rows with the judge on, of keyword constraints only: what the scripted endpoint can follow."""
    return [
        *(sys.executable, "-c", main, "build", "--lang", "th", "--out", str(out), "--rows", str(rows)),
        *("--base-url", url, "--model", "scripted", f"compose.weights={json.dumps(_WEIGHTS)}"),
        *("teacher.guidance=null", "teacher.concurrency=16", *settings),
    ]


def start(command: list[str], log: Path) -> subprocess.Popen[bytes]:
    """The command under way; what it says goes to `log`."""
    # With compiled modules, as an installed package has them.
    without = ("OPENAI_BASE_URL", "PYTHONDONTWRITEBYTECODE")
    environment = {name: value for name, value in os.environ.items() if name not in without}
    with log.open("wb") as said:
        return subprocess.Popen(command, env=environment, stdout=said, stderr=said)


def stored_questions(out: Path) -> set[str]:
    """Hashes of the questions in the answer store, read from a copy so that the store stays as the kill left it."""
    store = out / ".typhoon/answers.sqlite"
    if not store.exists():
        return set()
    copy = out.with_name(f"{out.name}-copy")
    shutil.rmtree(copy, ignore_errors=True)
    copy.mkdir()
    for file in store.parent.glob("answers.sqlite*"):
        if not file.name.endswith("-shm"):
            shutil.copy(file, copy)
    with contextlib.closing(sqlite3.connect(copy / store.name)) as db:
        if not db.execute("SELECT 1 FROM sqlite_master WHERE name = 'answers'").fetchall():
            return set()
        return {question_of_stored(json.loads(payload)) for (payload,) in db.execute("SELECT payload FROM answers")}


def dataset_bytes(out: Path) -> dict[str, str]:
    """SHA-256 of every file of the dataset; its report, which also tells how the build ran, is none."""
    found = (file for file in out.rglob("*") if file.is_file() and ".typhoon" not in file.parts)
    files = sorted(file for file in found if file != out / REPORT)
    return {str(file.relative_to(out)): hashlib.sha256(file.read_bytes()).hexdigest() for file in files}
