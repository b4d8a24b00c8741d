"""Re-checking a dataset offline, from nothing but what is stored in it: anybody's copy, years later.

For every row: each constraint is checked again on the stored answer, its instruction and the words it should
have are in the stored prompt, the stored verdict agrees, and the text contract is compared with ours. Rows of tool use:
recheck_tools.py; rows without an answer and the splits as a whole: recheck_splits.py. On request answers are screened,
and looked up among the answers before them. Where the folder has a manifest, hashes are checked too, and its numbers
are counted again from the rows (recount.py).
No network, no model. ray_engine.py does the same on many machines.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path
from typing import Any

from constraints import text_contract
from datagen.composition.stated import unstated
from datagen.config import DedupConfig, ScreenConfig
from datagen.errors import DatasetError
from datagen.near_duplicates import Match, SeenTexts
from datagen.own_tools.saved import FOLDER as OWN_TOOLS
from datagen.own_tools.saved import tools_at_hand
from datagen.packs import COPIES, copies_in, read_packs, with_packs
from datagen.recheck_splits import AcrossSplits, prompt_faults
from datagen.recheck_tools import RowProof
from datagen.record import Record, Rejection, canonical_json
from datagen.recount import disagreements
from datagen.shards import file_sha256, read_rows
from datagen.splits import ANSWERED, HAS_ANSWER, SPLITS, TOOL
from datagen.stages.dedup import repeated
from datagen.stages.screen import Screen
from datagen.stages.screen_replies import ScreenReplies
from datagen.stages.verify import verdicts_of
from datagen.tool_build import conversation_text
from datagen.tools.tool import Tool

__all__ = [
    "Checks",
    "Part",
    "Problem",
    "Recheck",
    "begin",
    "check_record",
    "compared_text",
    "finish",
    "place_of",
    "recheck",
    "repetition",
]

_ROW_BITS = 40


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
    splits: Counter[str] = field(default_factory=Counter)
    constraints: dict[str, dict[str, int]] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    contracts: Counter[str] = field(default_factory=Counter)

    @property
    def passed(self) -> bool:
        return self.rows > 0 and not self.problems

    def as_dict(self) -> dict[str, Any]:
        return {
            "passed": self.passed,
            "rows": self.rows,
            "splits": self.splits,
            "constraints": dict(sorted(self.constraints.items())),
            "problems": [{"row": p.row, "constraint": p.constraint, "what": p.what} for p in self.problems],
            "notes": self.notes,
        }


@dataclass(frozen=True, slots=True)
class Part:
    """Rows `start` to `stop` (from 0; None: all the rest) of the `number`-th file of a dataset."""

    file: Path
    number: int
    start: int = 0
    stop: int | None = None

    def records(self) -> Iterator[tuple[int, Record, Mapping[str, Any]]]:
        """Where each record stands in the whole dataset (a number that grows with file and row), it, and its row."""
        rows = _rows(self.file, self.start, self.stop)
        for row_number, row in enumerate(rows, self.start):
            yield self.number << _ROW_BITS | row_number, _record(row, f"{self.file}, row {row_number + 1}"), row


def place_of(order: int) -> tuple[int, int]:
    """File and row (both from 0) of a record's number in the whole dataset."""
    return order >> _ROW_BITS, order & (1 << _ROW_BITS) - 1


@dataclass(frozen=True)
class Checks:
    """What is looked at beside the constraints; None leaves it out. `packs`: files in place of those in the dataset.

    `tools`: folders of own tools saved with a dataset, or tools files, which need `allow_tools`; beside the shipped
    tools and those saved with the dataset itself. `own_tools`: the same, open, by name.
    """

    screen: ScreenConfig | None = None
    dedup: DedupConfig | None = None
    packs: tuple[Path, ...] = ()
    own_tools: Mapping[str, Tool] = field(default_factory=dict)
    tools: tuple[Path, ...] = ()
    allow_tools: bool = False

    @cached_property
    def proof(self) -> RowProof:
        return RowProof(self.own_tools)

    def packs_of(self, path: Path) -> tuple[Path, ...]:
        """The constraint packs that the rows under `path` are checked with."""
        return self.packs or tuple(copies_in(path))

    @classmethod
    def of(
        cls,
        path: Path,
        *,
        screen: bool,
        dedup: bool,
        packs: Sequence[Path] = (),
        tools: Sequence[Path] = (),
        allow_tools: bool = False,
    ) -> Checks:
        """As the dataset's own recipe has it; the defaults where there is none."""
        recipe: Mapping[str, Any] = {}
        with contextlib.suppress(OSError, ValueError, KeyError, TypeError):  # damage is _check_manifest's to tell
            recipe = json.loads((path / "manifest.json").read_text(encoding="utf-8"))["recipe"]
        return cls(
            ScreenConfig.model_validate(recipe.get("screen", {})) if screen else None,
            DedupConfig.model_validate(recipe.get("dedup", {})) if dedup else None,
            tuple(packs),
            tools=tuple(tools),
            allow_tools=allow_tools,
        )

    @contextlib.contextmanager
    def with_tools(self, path: Path) -> Iterator[Checks]:
        """The same checks with all tools open that rows under `path` may need.

        Raises:
            UserError: a file of tools cannot be used, or may not.
        """
        with tools_at_hand(path, self.tools, allow=self.allow_tools) as found:
            yield replace(self, own_tools={**found, **self.own_tools})


def recheck(path: Path, checks: Checks | None = None) -> Recheck:
    """Every row under `path`: a build's folder, any folder of parquet files, one parquet or one JSONL file.

    Raises:
        DatasetError: there is nothing to check, or a file or row cannot be read.
        RecipeError: a constraint pack cannot be used.
    """
    checks = checks or Checks()
    with with_packs(read_packs(checks.packs_of(path))), checks.with_tools(path) as open_checks:
        return _recheck(path, open_checks)


def _recheck(path: Path, checks: Checks) -> Recheck:
    found, files = begin(path)
    seen = SeenTexts(checks.dedup.threshold) if checks.dedup else None
    across = AcrossSplits()
    for number, file in enumerate(files):
        for _, record, row in Part(file, number).records():
            check_record(record, row, found, checks)
            found.problems += (Problem(record.id, *fault) for fault in across.add(record))
            if seen and record.split in HAS_ANSWER and (match := seen.find_or_add(record.id, compared_text(record))):
                found.problems.append(repetition(record.id, match, seen.threshold))
    return finish(found, across)


def begin(path: Path) -> tuple[Recheck, list[Path]]:
    """What can be told before any row is read, and the files that hold the rows."""
    found, files = Recheck(), _files(path)
    if path.is_dir():
        _check_manifest(path, found)
    return found, files


def finish(found: Recheck, across: AcrossSplits) -> Recheck:
    """What can only be told after the last row."""
    found.problems += (Problem(*fault) for fault in across.faults())
    if found.rows == 0:
        found.problems.append(Problem("", "", "the dataset has no rows"))
    _compare_contracts(found.contracts, found)
    return found


def check_record(record: Record, row: Mapping[str, Any], found: Recheck, checks: Checks) -> None:
    """Everything that can be told of one record alone."""
    found.rows += 1
    found.splits[record.split] += 1
    if record.split in HAS_ANSWER:
        found.contracts[record.provenance.text_contract] += 1
        _check_answer(record, found)
    if record.split == TOOL:
        _check_calls(record, found, checks.proof)
    else:
        _check_prompt(record, row, found)
    if checks.screen and record.answer:
        found.problems += (Problem(record.id, "", what) for what in _screened(record, checks.screen))


def compared_text(record: Record) -> str:
    """What must not repeat: the answer, or the whole of a conversation with tools."""
    return conversation_text(record) if record.split == TOOL else record.answer


def repetition(row: str, match: Match, threshold: float | None) -> Problem:
    reason, detail = repeated(match, threshold)
    return Problem(row, "", f"dedup: {reason} ({detail})")


def _files(path: Path) -> list[Path]:
    if path.is_file():
        return [path]
    if not path.is_dir():
        raise DatasetError(f"there is no dataset at {path}; give the folder of a build, or a parquet file")
    if files := [file for split in (*SPLITS, TOOL) for file in sorted((path / "data" / split).glob("*.parquet"))]:
        return files
    for folder in (path / "data" / "sft", path):
        if files := sorted(folder.glob("*.parquet")) or sorted(folder.glob("*.jsonl")):
            return files
    if (path / "manifest.json").exists():  # a finished build that accepted nothing
        return []
    raise DatasetError(f"{path} holds no data/*/*.parquet, *.parquet or *.jsonl to check")


def _rows(file: Path, start: int, stop: int | None) -> Iterator[Mapping[str, Any]]:
    if file.suffix != ".jsonl":
        yield from read_rows(file, start, stop)
        return
    assert start == 0, "lines of a JSONL file are read from its first"
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


def _check_answer(record: Record, found: Recheck) -> None:
    if not record.answer:
        found.problems.append(Problem(record.id, "", "the last message is not an assistant's answer"))
    for number, (constraint, verdict) in enumerate(zip(record.constraints, verdicts_of(record), strict=True)):
        stored = _stored_outcome(record, number)
        counts = found.constraints.setdefault(constraint.id, {"PASS": 0, "FAIL": 0, "UNDECIDED": 0})
        counts[verdict.outcome] += 1
        if verdict.outcome != "PASS":
            found.problems.append(Problem(record.id, constraint.id, f"{verdict.outcome}: {verdict.reason}"))
        elif stored != verdict.outcome:
            found.problems.append(Problem(record.id, constraint.id, f"stored as {stored}, now {verdict.outcome}"))


def _screened(record: Record, config: ScreenConfig) -> Iterator[str]:
    screen = ScreenReplies(config) if record.split == TOOL else Screen(config)
    try:
        outcome = asyncio.run(screen(record))
    except (LookupError, TypeError, ValueError) as exc:  # replies without the turns of the scenario
        yield f"screen: the row cannot be screened ({exc!s:.80})"
        return
    if isinstance(outcome, Rejection):
        yield f"screen: {outcome.reason} ({outcome.detail})"


def _check_calls(record: Record, found: Recheck, proof: RowProof) -> None:
    verdicts, faults = proof.of(record)
    for verdict in verdicts:
        found.constraints.setdefault(verdict.id, {"PASS": 0, "FAIL": 0, "UNDECIDED": 0})[verdict.outcome] += 1
    found.problems += (Problem(record.id, *fault) for fault in faults)


def _check_prompt(record: Record, row: Mapping[str, Any], found: Recheck) -> None:
    """What the reader was told: all constraints, in words that state their parameters."""
    if not record.constraints:
        found.problems.append(Problem(record.id, "", "the row has no constraints"))
    if record.split != ANSWERED:
        found.problems += (Problem(record.id, *fault) for fault in prompt_faults(record, row))
    for constraint in record.constraints:
        found.problems += (Problem(record.id, constraint.id, what) for what in unstated(record, constraint))


def _stored_outcome(record: Record, number: int) -> str:
    """Of the constraint at that place: one that holds for two turns has two verdicts."""
    verdict = record.verdicts[number] if number < len(record.verdicts) else None
    return verdict.outcome if verdict and verdict.id == record.constraints[number].id else "nothing"


def _compare_contracts(contracts: Mapping[str, int], found: Recheck) -> None:
    ours = text_contract()
    for stored, rows in sorted(contracts.items()):
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
        for entry in manifest.get(COPIES, []):
            file = folder / COPIES / Path(entry["path"]).name
            if not file.is_file():
                found.problems.append(Problem(entry["path"], "", "named in the manifest, but missing"))
            elif file_sha256(file) != entry["sha256"]:
                found.problems.append(Problem(entry["path"], "", "differs from the SHA-256 in the manifest"))
        for name, sha256 in manifest.get(OWN_TOOLS, {}).get("files", {}).items():
            file = folder / OWN_TOOLS / Path(name).name
            if not file.is_file():
                found.problems.append(Problem(name, "", "named in the manifest, but missing"))
            elif file_sha256(file) != sha256:
                found.problems.append(Problem(name, "", "differs from the SHA-256 in the manifest"))
        listed = {shard["path"] for shard in shards}
        for file in sorted((folder / "data").glob("*/*.parquet")):
            if str(file.relative_to(folder)) not in listed:
                found.problems.append(Problem(file.name, "", "is not in the manifest"))
        if not found.problems:  # of other shards than the manifest's nobody needs to hear the counts
            found.problems += (Problem(place, "", what) for place, what in disagreements(folder, manifest))
    except FileNotFoundError:
        found.notes.append("no manifest.json: shard hashes were not checked")
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as exc:
        raise DatasetError(f"{folder / 'manifest.json'} is damaged: {exc!r}") from exc
