"""A manifest's numbers, counted again from the rows: what its card tells is what lies there.

Counted: rows by shard and split, sources, constraints, answers, judge scores, repairs, yields by type and scenario, and
every rejection by stage and reason; that in = kept + rejected from the first stage to the last row; and the hashes of
the card and the Croissant file. Not in the rows, and so not counted: the prompts that were read, the held-out prompts,
what was wanted of the mix.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from datagen.errors import DatasetError
from datagen.manifest import Tally, tallied
from datagen.record import Record, Rejection
from datagen.scenario_yields import ScenarioYields
from datagen.shards import file_sha256, read_rows
from datagen.yields import Yields

__all__ = ["counted_again", "disagreements"]

REJECTED = "rejected"


def disagreements(root: Path, manifest: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """(place, what is wrong), of a dataset whose shards are those of the manifest.

    Raises:
        DatasetError: a shard cannot be read.
        KeyError, TypeError: it is no manifest of a build.
    """
    for name, sha256 in manifest.get("documents", {}).items():
        file = root / Path(name).name
        if not file.is_file():
            yield name, "named in the manifest, but missing"
        elif file_sha256(file) != sha256:
            yield name, "differs from the SHA-256 in the manifest; `typhoon-data card` writes it again"
    found = counted_again(root, manifest)
    told = {key: manifest[key] for key in found if key in manifest}
    told["splits"] = {split: {"got": counts["got"]} for split, counts in manifest["splits"].items()}
    told["stages"] = {stage: {"rejected": counts["rejected"]} for stage, counts in manifest["stages"].items()}
    for key in told:
        for place, said, counted in _differences(key, told[key], found[key]):
            yield "manifest.json", f"{place} is {said} there, the rows say {counted}"
    yield from (("manifest.json", what) for what in _unbalanced(manifest))


def counted_again(root: Path, manifest: Mapping[str, Any]) -> dict[str, Any]:
    """The parts of a manifest that its rows tell, under the manifest's keys."""
    tally, yields, scenarios = Tally(), Yields(), ScenarioYields()
    rejected: dict[str, Counter[str]] = {stage: Counter() for stage in manifest["stages"]}
    shards: dict[str, list[dict[str, Any]]] = {}
    for kind, written in manifest["shards"].items():
        shards[kind] = []
        for shard in written:
            rows = 0
            for outcome in _outcomes(root / shard["path"], kind):
                rows += 1
                tally.see(outcome)
                yields.add(outcome)
                scenarios.add(outcome)
                if isinstance(outcome, Rejection):
                    rejected.setdefault(outcome.stage, Counter())[outcome.reason] += 1
                else:
                    tally.add(outcome)
            shards[kind].append({**shard, "rows": rows})
    got = {kind: sum(shard["rows"] for shard in written) for kind, written in shards.items() if kind != REJECTED}
    return {
        "rows": sum(got.values()),
        "splits": {split: {"got": rows} for split, rows in got.items()},
        **tallied(tally),
        "stages": {stage: {"rejected": dict(sorted(reasons.items()))} for stage, reasons in rejected.items()},
        "yields": yields.as_dict(),
        "scenarios": scenarios.as_dict(),
        "shards": shards,
    }


def _outcomes(file: Path, kind: str) -> Iterator[Record | Rejection]:
    for number, row in enumerate(read_rows(file), 1):
        try:
            record = Record.from_row(row)
            yield Rejection(record, row["stage"], row["reason"], row["detail"]) if kind == REJECTED else record
        except (KeyError, TypeError, ValueError, AttributeError) as exc:
            raise DatasetError(f"{file}, row {number} is malformed: {exc!r}; copy the dataset again") from exc


def _unbalanced(manifest: Mapping[str, Any]) -> Iterator[str]:
    """Stages that lose or make up records."""
    flow = None
    for name, stage in manifest["stages"].items():
        if flow is not None and stage["in"] != flow:
            yield f"stages.{name}.in is {stage['in']}, but the stage before kept {flow}"
        if (out := sum(stage["rejected"].values())) != stage["in"] - stage["kept"]:
            yield f"stages.{name}: {stage['in']} in and {stage['kept']} kept, but {out} rejected"
        flow = stage["kept"]
    if flow != manifest["rows"]:
        yield f"{flow} records left the last stage, but rows is {manifest['rows']}"
    entered = [stage["in"] for stage in manifest["stages"].values()]
    if manifest["attempts"] not in entered:
        yield f"attempts is {manifest['attempts']}, which no stage was asked for"


def _differences(place: str, told: Any, found: Any) -> Iterator[tuple[str, Any, Any]]:
    """The smallest parts that differ, with their place."""
    if isinstance(told, Mapping) and isinstance(found, Mapping):
        for key in [*told, *(key for key in found if key not in told)]:
            yield from _differences(f"{place}.{key}", told.get(key, "missing"), found.get(key, "nothing"))
    elif told != found:
        yield place, told, found
