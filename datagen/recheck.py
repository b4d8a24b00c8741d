"""Re-checking a dataset offline, from nothing but what is stored in it: anybody's copy, years later.

For every row: each constraint is checked again on the stored answer, its instruction and the words it should
have are in the stored prompt, the stored verdict agrees, and the text contract is compared with ours. Where
the folder has a manifest, shard hashes and counts are checked too. No network, no model.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from constraints import text_contract
from datagen.composition.stated import unstated
from datagen.errors import DatasetError
from datagen.record import Record, canonical_json
from datagen.shards import file_sha256, read_rows
from datagen.stages.verify import verdicts_of

__all__ = ["Problem", "Recheck", "recheck"]


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing that is not as it should be; `constraint` is "" where it concerns the row or the file."""

    row: str
    constraint: str
    what: str


@dataclass
class Recheck:
    """Counts per constraint type (PASS, FAIL, UNDECIDED) and everything that is wrong."""

    rows: int = 0
    constraints: dict[str, dict[str, int]] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)

    @property
    def passed(self) -> bool:
        return self.rows > 0 and not self.problems

    def as_dict(self) -> dict[str, Any]:
        return {
            "passed": self.passed,
            "rows": self.rows,
            "constraints": dict(sorted(self.constraints.items())),
            "problems": [{"row": p.row, "constraint": p.constraint, "what": p.what} for p in self.problems],
            "notes": self.notes,
        }


def recheck(path: Path) -> Recheck:
    """Every row under `path`: a build's folder, any folder of parquet files, one parquet or one JSONL file.

    Raises:
        DatasetError: there is nothing to check, or a file or row cannot be read.
    """
    found = Recheck()
    contracts: dict[str, int] = {}
    files = _files(path)
    if path.is_dir():
        _check_manifest(path, found)
    for file in files:
        for number, row in enumerate(_rows(file), 1):
            record = _record(row, f"{file}, row {number}")
            found.rows += 1
            contracts[record.provenance.text_contract] = contracts.get(record.provenance.text_contract, 0) + 1
            _check_row(record, found)
    if found.rows == 0:
        found.problems.append(Problem("", "", "the dataset has no rows"))
    _compare_contracts(contracts, found)
    return found


def _files(path: Path) -> list[Path]:
    if path.is_file():
        return [path]
    if not path.is_dir():
        raise DatasetError(f"there is no dataset at {path}; give the folder of a build, or a parquet file")
    for folder in (path / "data" / "sft", path):
        if files := sorted(folder.glob("*.parquet")) or sorted(folder.glob("*.jsonl")):
            return files
    if (path / "manifest.json").exists():  # a finished build that accepted nothing
        return []
    raise DatasetError(f"{path} holds no data/sft/*.parquet, *.parquet or *.jsonl to check")


def _rows(file: Path) -> Iterator[Mapping[str, Any]]:
    if file.suffix != ".jsonl":
        yield from read_rows(file)
        return
    try:
        for number, line in enumerate(file.read_text(encoding="utf-8").split("\n"), 1):
            if line.strip():
                row = json.loads(line)
                if not isinstance(row, dict):
                    raise DatasetError(f"{file}, line {number}: a row must be an object, not {type(row).__name__}")
                yield row
    except DatasetError:
        raise
    except (OSError, ValueError) as exc:
        raise DatasetError(f"{file} cannot be read as JSONL: {exc}") from exc


def _record(row: Mapping[str, Any], place: str) -> Record:
    try:
        return Record.from_row(row)
    except KeyError as exc:
        raise DatasetError(f"{place}: the column {exc} is missing; this is not a dataset of verified rows") from exc
    except (TypeError, ValueError) as exc:
        raise DatasetError(f"{place} is malformed: {exc}") from exc


def _check_row(record: Record, found: Recheck) -> None:
    if not record.answer:
        found.problems.append(Problem(record.id, "", "the last message is not an assistant's answer"))
    if not record.constraints:
        found.problems.append(Problem(record.id, "", "the row has no constraints"))
    for number, (constraint, verdict) in enumerate(zip(record.constraints, verdicts_of(record), strict=True)):
        stored = _stored_outcome(record, number)
        counts = found.constraints.setdefault(constraint.id, {"PASS": 0, "FAIL": 0, "UNDECIDED": 0})
        counts[verdict.outcome] += 1
        if verdict.outcome != "PASS":
            found.problems.append(Problem(record.id, constraint.id, f"{verdict.outcome}: {verdict.reason}"))
        elif stored != verdict.outcome:
            found.problems.append(Problem(record.id, constraint.id, f"stored as {stored}, now {verdict.outcome}"))
        # The stored words must ask for the stored parameters: else a row passes a check its reader never saw.
        found.problems += [Problem(record.id, constraint.id, what) for what in unstated(record, constraint)]


def _stored_outcome(record: Record, number: int) -> str:
    """Of the constraint at that place: one that holds for two turns has two verdicts."""
    verdict = record.verdicts[number] if number < len(record.verdicts) else None
    return verdict.outcome if verdict and verdict.id == record.constraints[number].id else "nothing"


def _compare_contracts(contracts: Mapping[str, int], found: Recheck) -> None:
    ours = text_contract()
    for stored, rows in contracts.items():
        if stored == canonical_json(ours):
            continue
        try:
            theirs = json.loads(stored)
            differing = ", ".join(f"{k} {theirs.get(k)} (here {ours[k]})" for k in ours if theirs.get(k) != ours[k])
        except (ValueError, AttributeError):
            differing = "unreadable"
        found.notes.append(f"{rows} rows were verified under another text contract: {differing}")


def _check_manifest(folder: Path, found: Recheck) -> None:
    try:
        manifest = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))
        shards = [shard for kind in manifest["shards"].values() for shard in kind]
        for shard in shards:
            file = folder / shard["path"]
            if not file.resolve().is_relative_to(folder.resolve()):
                found.problems.append(Problem(shard["path"], "", "named in the manifest, but outside the dataset"))
            elif not file.is_file():
                found.problems.append(Problem(shard["path"], "", "named in the manifest, but missing"))
            elif file_sha256(file) != shard["sha256"]:
                found.problems.append(Problem(shard["path"], "", "differs from the SHA-256 in the manifest"))
        listed = {shard["path"] for shard in manifest["shards"].get("sft", [])}
        for file in sorted((folder / "data" / "sft").glob("*.parquet")):
            if str(file.relative_to(folder)) not in listed:
                found.problems.append(Problem(file.name, "", "is not in the manifest"))
    except FileNotFoundError:
        found.notes.append("no manifest.json: shard hashes were not checked")
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as exc:
        raise DatasetError(f"{folder / 'manifest.json'} is damaged: {exc!r}") from exc
