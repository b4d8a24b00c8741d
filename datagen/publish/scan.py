"""Looking for secrets and personal data in everything that is published: rows, rejected rows, card, manifest, the rest.

Every text of every column is read, calls of tools and their results among them. A find is told by file, row and
column, with the ends of the value and never the whole. What somebody has looked at and found harmless is listed in a
file of review: a line for each, its mark and the reason.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from datagen.errors import PublishError
from datagen.publish.invented import Invented, asked_for
from datagen.shards import read_rows
from hub.files import OutgoingFile
from hub.leaks import Leak, find_leaks

__all__ = ["Finding", "Scan", "read_review", "scan"]


@dataclass(frozen=True, slots=True)
class Finding:
    """`row`: its id, "" for a file without rows; `column`: where in the row, or the line."""

    file: str
    row: str
    column: str
    leak: Leak

    @property
    def mark(self) -> str:
        return self.leak.mark(self.file, self.row, self.column)

    def __str__(self) -> str:
        place = ", ".join(part for part in (self.file, self.row and f"row {self.row}", self.column) if part)
        return f"{self.leak.kind} {self.leak.shown} in {place} [{self.mark}]"


@dataclass
class Scan:
    """`invented` and `reviewed`: finds that are none, by kind, with how often."""

    files: int = 0
    rows: int = 0
    findings: list[Finding] = field(default_factory=list)
    invented: Counter[str] = field(default_factory=Counter)
    reviewed: Counter[str] = field(default_factory=Counter)


def scan(files: Sequence[OutgoingFile], manifest: Mapping[str, Any], review: Mapping[str, str]) -> Scan:
    """Every file, every row. `review`: see `read_review`.

    Raises:
        DatasetError: a parquet file cannot be read.
        PublishError: another file is not text.
    """
    done, invented = Scan(), Invented(manifest)
    for file in files:
        done.files += 1
        assert isinstance(file.content, Path)
        found = _in_rows(file, invented, done) if file.path.endswith(".parquet") else _in_text(file, file.content)
        for finding in found:
            if finding.mark in review:
                done.reviewed[finding.leak.kind] += 1
            else:
                done.findings.append(finding)
    return done


def read_review(path: Path | None) -> dict[str, str]:
    """Mark -> reason.

    Raises:
        PublishError: the file cannot be read, or a line has no reason.
    """
    if path is None:
        return {}
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as exc:
        raise PublishError(f"--reviewed {path} cannot be read: {exc}") from exc
    review = {}
    for number, line in enumerate(lines, 1):
        if not line.strip() or line.startswith("#"):
            continue
        mark, _, reason = line.strip().partition(" ")
        if not reason.strip():
            raise PublishError(f"{path}, line {number}: write why {mark} may be published after it")
        review[mark] = reason.strip()
    return review


def _in_rows(file: OutgoingFile, invented: Invented, done: Scan) -> Iterator[Finding]:
    assert isinstance(file.content, Path)
    for row in read_rows(file.content):
        done.rows += 1
        for column, text in _texts(row):
            for leak in find_leaks(text):
                if leak.value in invented.values(row) or (_answers(row, column) and leak.kind in asked_for(row)):
                    done.invented[leak.kind] += 1
                else:
                    yield Finding(file.path, str(row.get("id", "")), column, leak)


def _answers(row: Mapping[str, Any], column: str) -> bool:
    """Whether the text is the model's answer, or quotes it: a verdict's reason, the detail of a rejection."""
    if column.startswith(("verdicts[", "detail", "judge.")):
        return True
    number = column.removeprefix("messages[").partition("]")[0]
    return column.startswith("messages[") and row["messages"][int(number)]["role"] == "assistant"


def _texts(value: Any, place: str = "") -> Iterator[tuple[str, str]]:
    if isinstance(value, str):
        yield place, value
    elif isinstance(value, Mapping):
        for name, each in value.items():
            yield from _texts(each, f"{place}.{name}" if place else name)
    elif isinstance(value, list):
        for number, each in enumerate(value):
            yield from _texts(each, f"{place}[{number}]")


def _in_text(file: OutgoingFile, path: Path) -> Iterator[Finding]:
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as exc:
        raise PublishError(f"{path} cannot be read as text, so nobody can tell what is in it: {exc}") from exc
    lines = text.split("\n")
    seen: set[Leak] = set()
    for number, line in enumerate(lines, 1):
        for leak in find_leaks(line):
            seen.add(leak)
            yield Finding(file.path, "", f"line {number}", leak)
    for leak in find_leaks(text):  # what goes over several lines
        if leak not in seen:
            yield Finding(file.path, "", "", leak)


def manifest_of(out: Path) -> Mapping[str, Any]:
    """The manifest as data; `recheck` has told what is wrong with one that is damaged."""
    return json.loads((out / "manifest.json").read_text(encoding="utf-8"))
