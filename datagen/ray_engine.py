"""`typhoon-data verify --engine ray`: the same checks of the same rows, on as many machines as a Ray cluster has.

The only module that imports ray (extra `ray`). Parts of files go to workers, which read them themselves, so the dataset
must lie where every machine can read it. Each part is checked by the functions the in-process engine uses; duplicates
across parts are found by bringing equal band keys together (scattered_duplicates.py). The report is the same, problem
by problem, in record order. Without RAY_ADDRESS a local cluster is started on loopback, without dashboard and usage
statistics. Starting it costs some ten seconds: worth it from about 100,000 rows.
"""

from __future__ import annotations

import contextlib
import json
import logging
import os
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import astuple
from pathlib import Path
from typing import Any

from datagen.config import ScreenConfig
from datagen.errors import DatasetError, OutputError, UserError
from datagen.near_duplicates import Bands, bands_for
from datagen.packs import read_packs, with_packs
from datagen.recheck import (
    Checks,
    Part,
    Problem,
    Recheck,
    begin,
    check_record,
    compared_text,
    finish,
    place_of,
    repetition,
)
from datagen.recheck_splits import AcrossSplits
from datagen.scattered_duplicates import Near, keys, meetings, nearness, winners
from datagen.shards import count_rows
from datagen.splits import HAS_ANSWER

__all__ = ["recheck_on_ray"]

_ROWS_A_PART = 5_000
_PAIRS_A_BATCH = 20_000
_LOCAL_STORE_BYTES = 512 * 2**20
Row = dict[str, Any]


def recheck_on_ray(path: Path, checks: Checks) -> Recheck:
    """What `recheck` says of the dataset, worked out on Ray.

    Raises:
        UserError: the extra is not installed, or the cluster named in RAY_ADDRESS cannot be reached.
        DatasetError: there is nothing to check, or a file or row cannot be read.
        RecipeError: a constraint pack cannot be used.
    """
    packs = checks.packs_of(path)
    with with_packs(read_packs(packs)):
        return _recheck_on_ray(path, checks, packs)


def _recheck_on_ray(path: Path, checks: Checks, packs: Sequence[Path]) -> Recheck:
    found, files = begin(path.absolute())
    parts = [part for number, file in enumerate(files) for part in _parts(file, number)]
    with _cluster() as data:
        numbered = _checked(path, data, parts, checks, packs, found)
        if checks.dedup:
            numbered += _repetitions(data, parts, checks.dedup.threshold or None)
    across = AcrossSplits()
    if len(found.splits) > 1:  # one reader: what it remembers cannot be spread, and reading is all it does
        for part in parts:
            for order, record, _ in part.records():
                numbered += ((order, 1, Problem(record.id, *fault)) for fault in across.add(record))
    numbered.sort(key=lambda item: item[:2])
    found.problems += [problem for *_, problem in numbered]
    return finish(found, across)


def _parts(file: Path, number: int) -> list[Part]:
    if file.suffix == ".jsonl":
        return [Part(file, number)]
    starts = range(0, count_rows(file), _ROWS_A_PART)
    return [Part(file, number, start, start + _ROWS_A_PART) for start in starts]


@contextlib.contextmanager
def _cluster() -> Iterator[Any]:
    """`ray.data` on the cluster in RAY_ADDRESS, on the one that runs already, or on a local one for this call."""
    os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")
    if not os.environ.get("RAY_ADDRESS"):
        os.environ.setdefault("RAY_ENABLE_WINDOWS_OR_OSX_CLUSTER", "0")  # Ray's own name for: loopback only
    try:
        import ray
        import ray.data
        import ray.exceptions
    except ImportError as exc:
        raise UserError("--engine ray needs the extra ray: pip install 'typhoon-data[ray]'") from exc
    ours = not ray.is_initialized()
    if ours:
        options: Row = {"log_to_driver": False, "logging_level": logging.ERROR}
        if not os.environ.get("RAY_ADDRESS"):
            options |= {"include_dashboard": False, "object_store_memory": _LOCAL_STORE_BYTES}
        try:
            ray.init(**options)
        except (ConnectionError, OSError, RuntimeError, ValueError) as exc:
            raise UserError(
                f"no Ray cluster can be used ({str(exc).splitlines()[0][:200]}); correct RAY_ADDRESS or unset it for a "
                "local one"
            ) from exc
    logging.getLogger("ray.data").setLevel(logging.ERROR)
    context = ray.data.DataContext.get_current()
    context.enable_progress_bars = False
    try:
        yield ray.data
    except ray.exceptions.RayError as exc:
        cause = str(exc).strip().splitlines()[-1][:300]
        raise OutputError(f"the Ray cluster failed ({cause}); run the same again") from exc
    finally:
        if ours:
            ray.shutdown()


def _units(data: Any, parts: list[Part]) -> Any:
    units = [{"file": str(p.file), "number": p.number, "start": p.start, "stop": p.stop or -1} for p in parts]
    return data.from_items(units, override_num_blocks=max(1, len(units)))


def _part(unit: Row) -> Part:
    return Part(Path(unit["file"]), unit["number"], unit["start"], None if unit["stop"] < 0 else unit["stop"])


Numbered = tuple[int, int, Problem]
"""Where the row stands, what kind of check it was, the problem: the order of the in-process engine."""


def _checked(
    path: Path, data: Any, parts: list[Part], checks: Checks, packs: Sequence[Path], found: Recheck
) -> list[Numbered]:
    """Counts of all parts into `found`; their problems."""
    # Files, as the rows are: every machine of the cluster reads them by the same path.
    wanted = {
        "screen": checks.screen.model_dump() if checks.screen else None,
        "packs": [str(pack.absolute()) for pack in packs],
        "path": str(path.absolute()),
        "tools": [str(folder.absolute()) for folder in checks.tools],
        "allow_tools": checks.allow_tools,
    }
    numbered: list[Numbered] = []
    if not parts:
        return numbered
    for row in _units(data, parts).map(_check_unit, fn_kwargs={"wanted": wanted}).iter_rows():
        said = json.loads(row["said"])
        if "error" in said:
            raise DatasetError(said["error"])
        found.rows += said["rows"]
        found.splits.update(said["splits"])
        found.contracts.update(said["contracts"])
        for name, counts in said["constraints"].items():
            total = found.constraints.setdefault(name, dict.fromkeys(counts, 0))
            for outcome, count in counts.items():
                total[outcome] += count
        numbered += [(order, 0, Problem(*problem)) for order, problem in said["problems"]]
    return numbered


def _check_unit(unit: Row, wanted: Mapping[str, Any]) -> Row:
    """What `check_record` finds in one part, as JSON."""
    wanted_checks = Checks(
        screen=ScreenConfig.model_validate(wanted["screen"]) if wanted["screen"] else None,
        tools=tuple(map(Path, wanted["tools"])),
        allow_tools=wanted["allow_tools"],
    )
    part, problems = Recheck(), []
    try:
        with with_packs(read_packs(wanted["packs"])), wanted_checks.with_tools(Path(wanted["path"])) as checks:
            for order, record, row in _part(unit).records():
                check_record(record, row, part, checks)
                problems += [(order, astuple(problem)) for problem in part.problems]
                part.problems.clear()
    except UserError as exc:
        return {"said": json.dumps({"error": str(exc)})}
    said = {
        "rows": part.rows,
        "splits": part.splits,
        "contracts": part.contracts,
        "constraints": part.constraints,
        "problems": problems,
    }
    return {"said": json.dumps(said, ensure_ascii=False)}


def _repetitions(data: Any, parts: list[Part], threshold: float | None) -> list[Numbered]:
    if not parts:
        return []
    bands = bands_for(threshold) if threshold else None
    shuffled = max(1, min(len(parts), 200))
    met = (
        _units(data, parts)
        .flat_map(_keys_of_unit, fn_kwargs={"bands": astuple(bands) if bands else None})
        .groupby("key", num_partitions=shuffled)
        .map_groups(_meetings_of_key, batch_format="pandas", fn_kwargs={"threshold": threshold})
        .materialize()
    )
    if met.count() == 0:
        return []
    same = met.map_batches(_only, batch_format="pandas", fn_kwargs={"same": True}).take_all()
    near, names = [], {}
    if bands and threshold and met.count() > len(same):
        near, names = _near_pairs(met, parts, bands, threshold, shuffled)
    lost = winners(same, near, names)
    named = names | {row["second"]: row["name"] for row in same}
    return [(order, 2, repetition(named[order], match, threshold)) for order, match in lost.items()]


def _keys_of_unit(unit: Row, bands: tuple[int, int, int] | None) -> list[Row]:
    cut = Bands(*bands) if bands else None
    answered = ((order, record) for order, record, _ in _part(unit).records() if record.split in HAS_ANSWER)
    return [row for order, record in answered for row in keys(order, record.id, compared_text(record), cut)]


def _meetings_of_key(group: Any, threshold: float | None) -> Any:
    return group.__class__(
        list(meetings(group.to_dict("records"), threshold)), columns=["first", "second", "name", "same"]
    ).astype({"first": "int64", "second": "int64", "name": "str", "same": "bool"})


def _only(met: Any, same: bool) -> Any:
    """The meetings of equal texts, or of others."""
    return met[met["same"] == same]


def _near_pairs(
    met: Any, parts: list[Part], bands: Bands, threshold: float, shuffled: int
) -> tuple[list[Near], dict[int, str]]:
    """Pairs that share enough bands and reach the threshold, with the names of their records."""
    proposed = met.map_batches(_only, batch_format="pandas", fn_kwargs={"same": False})
    counted = proposed.groupby(["first", "second"], num_partitions=shuffled).count()
    pairs = counted.map_batches(_sharing, batch_format="pandas", fn_kwargs={"shared": bands.shared})
    places = [{"file": str(p.file), "number": p.number, "start": p.start, "stop": p.stop or -1} for p in parts]
    near, names = [], {}
    for row in pairs.map_batches(
        _compared,
        batch_size=_PAIRS_A_BATCH,
        batch_format="pandas",
        fn_kwargs={"units": places, "threshold": threshold},
    ).iter_rows():
        near.append(Near(row["first"], row["second"], row["jaccard"]))
        names |= {row["first"]: row["first_name"], row["second"]: row["second_name"]}
    return near, names


def _sharing(counted: Any, shared: int) -> Any:
    return counted[counted["count()"] >= shared]


def _compared(pairs: Any, units: list[Row], threshold: float) -> Any:
    """The pairs whose texts are near enough; a worker reads the parts that hold them."""
    wanted = {int(order) for order in (*pairs["first"], *pairs["second"])}
    texts: dict[int, tuple[str, str]] = {}
    for unit in units:
        if any(_holds(unit, order) for order in wanted):
            texts |= {order: (r.id, compared_text(r)) for order, r, _ in _part(unit).records() if order in wanted}
    rows = []
    for first, second in zip(pairs["first"], pairs["second"], strict=True):
        (first_name, one), (second_name, other) = texts[int(first)], texts[int(second)]
        if (index := nearness(one, other)) >= threshold:
            rows.append((int(first), int(second), index, first_name, second_name))
    columns = ["first", "second", "jaccard", "first_name", "second_name"]
    return pairs.__class__(rows, columns=columns).astype({"first": "int64", "second": "int64", "jaccard": "float64"})


def _holds(unit: Row, order: int) -> bool:
    number, row = place_of(order)
    return number == unit["number"] and unit["start"] <= row and (unit["stop"] < 0 or row < unit["stop"])
