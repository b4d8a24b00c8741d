"""What each run of a build took: OUT/.typhoon/runs.jsonl, a line for every run that asked the teacher anything.

Seconds on the wall, answers, tokens, retries. Not part of the dataset, which does not depend on a clock; it never
leaves the folder `.typhoon`. A killed run leaves no line: its answers are in the store, its time is unknown. Answers to
what was looked ahead for and came after the last row are in the store, too, and in no line.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from time import monotonic
from typing import Any

from datagen.llm.usage import Usage

__all__ = ["logged_run", "read_runs"]

_NAME = "runs.jsonl"
_NUMBERS = ("seconds", "answers", "from_store", "prompt_tokens", "answer_tokens", "retries")


@contextmanager
def logged_run(private: Path, usage: Usage) -> Iterator[None]:
    """Writes the line when the run ends, however it does. A full disk costs the line, not the run."""
    begun, ended = monotonic(), "stopped"
    try:
        yield
        ended = "finished"
    finally:
        if usage.answered:
            line = json.dumps({"ended": ended, "seconds": round(monotonic() - begun, 3), **_counted(usage)})
            with suppress(OSError), (private / _NAME).open("a", encoding="utf-8") as file:
                file.write(line + "\n")


def read_runs(out: Path) -> list[Mapping[str, Any]]:
    """The runs of the build in `out`, in order; [] where the dataset came without them. Broken lines are left out."""
    try:
        lines = (out / ".typhoon" / _NAME).read_text(encoding="utf-8", errors="replace").splitlines()
    except (FileNotFoundError, NotADirectoryError):
        return []
    found = []
    for line in lines:
        with suppress(ValueError):
            run = json.loads(line)
            if isinstance(run, dict) and all(isinstance(run.get(key), int | float) for key in _NUMBERS):
                found.append({"ended": str(run.get("ended", "")), **{key: run[key] for key in _NUMBERS}})
    return found


def _counted(usage: Usage) -> Mapping[str, Any]:
    return {
        "answers": usage.answered,
        "from_store": usage.from_store,
        "prompt_tokens": usage.prompt_tokens,
        "answer_tokens": usage.completion_tokens,
        "retries": usage.retries,
    }
