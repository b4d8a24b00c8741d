"""The rows of a task: shipped JSONL, a file of the user's, or a data set on the Hub at a revision.

A data set is read whole (evaluation sets are small) by `datasets`, which keeps what it has downloaded.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from importlib.resources import files
from pathlib import Path
from typing import Any

from eval.errors import TaskDataError

__all__ = ["HubData", "Row", "field_of", "rows_of", "shipped_rows"]

Row = tuple[str, Mapping[str, Any]]
"""Where it stands, and what it holds."""


@dataclass(frozen=True, slots=True)
class HubData:
    """A data set. `revision` none: whatever `main` holds on the day, which results of another day need not match.

    `files`: the data files to read (JSONL or Parquet) where the data set has a loading script, which `datasets` no
    longer runs.
    """

    hub: str
    split: str
    license: str
    revision: str | None = None
    config: str | None = None
    files: tuple[str, ...] = ()

    def source(self, file: str | None) -> str:
        """What stands in the results: id, configuration, split and revision, or that it was a file."""
        if file is not None:
            return f"file {Path(file).name}"
        config = f"/{self.config}" if self.config else ""
        part = "+".join(self.files) or self.split
        return f"hub:{self.hub}{config}:{part}@{self.revision or 'main (not pinned)'}"

    def at(self, hub: str | None, revision: str | None) -> HubData:
        """The same from another copy or at another revision; a copy's revision is its own."""
        if hub is not None and hub != self.hub:
            return replace(self, hub=hub, revision=revision)
        return replace(self, revision=revision or self.revision)


def shipped_rows(name: str) -> list[Row]:
    """The rows of `eval/tasks/data/NAME`."""
    file = files("eval.tasks") / "data" / name
    lines = file.read_text(encoding="utf-8").splitlines()
    return [(f"{name}, line {number}", json.loads(line)) for number, line in enumerate(lines, 1)]


def rows_of(data: HubData, file: str | None) -> list[Row]:
    """The rows of a local JSONL file where one is named, else of the data set.

    Raises:
        TaskDataError: they cannot be had, or there are none.
    """
    rows = list(_file_rows(Path(file)) if file is not None else _hub_rows(data))
    if not rows:
        raise TaskDataError(f"{file or data.source(None)} holds no rows")
    return rows


def field_of(row: Mapping[str, Any], name: str, place: str, kind: type | tuple[type, ...] = str) -> Any:
    """The value of a column.

    Raises:
        TaskDataError: it is missing or of another type; names the place and the columns there are.
    """
    if name not in row:
        raise TaskDataError(f"{place}: there is no column {name!r}; it has {', '.join(map(str, row))[:200]}")
    value = row[name]
    if not isinstance(value, kind) or (isinstance(value, str) and not value.strip()):
        raise TaskDataError(f"{place}: column {name!r} holds {str(value)[:80]!r}, which cannot be used")
    return value


def _file_rows(path: Path) -> Iterator[Row]:
    try:
        lines = path.read_text(encoding="utf-8-sig").splitlines()
    except (OSError, UnicodeDecodeError) as exc:
        raise TaskDataError(f"cannot read {path}: {exc}; give a JSONL file in UTF-8") from exc
    for number, line in enumerate(lines, 1):
        if not line.strip():
            continue
        place = f"{path}, line {number}"
        try:
            row = json.loads(line)
        except ValueError as exc:
            raise TaskDataError(f"{place} is no JSON ({str(exc)[:100]})") from exc
        if not isinstance(row, dict):
            raise TaskDataError(f"{place} must be an object, not {type(row).__name__}")
        yield place, row


def _hub_rows(data: HubData) -> Iterator[Row]:
    place = data.source(None)
    way_out = f"give a local copy (task_options: {{TASK: {{file: ROWS.jsonl}}}}); the data set is {data.hub} on the Hub"
    try:
        import datasets
        from datasets.exceptions import DatasetNotFoundError, DatasetsError
    except ImportError as exc:
        raise TaskDataError(f"{place} needs the extra eval: pip install 'typhoon-data[eval]', or {way_out}") from exc
    datasets.utils.logging.set_verbosity(logging.CRITICAL)  # what is wrong is said once, in our sentence
    logging.getLogger("huggingface_hub").setLevel(logging.CRITICAL)
    datasets.disable_progress_bars()
    try:
        rows: Any = datasets.load_dataset(**_asked_of(data))
    except DatasetNotFoundError as exc:
        raise TaskDataError(
            f"{place} is not there, or is gated (sign in: hf auth login), or the Hub is out of reach; or {way_out}"
        ) from exc
    except OSError as exc:
        raise TaskDataError(f"{place} is out of reach ({_first_line(exc)}); or {way_out}") from exc
    except (ValueError, KeyError, TypeError, RuntimeError, DatasetsError) as exc:
        raise TaskDataError(f"{place} cannot be read ({_first_line(exc)}); or {way_out}") from exc
    for number, row in enumerate(rows, 1):
        yield f"{place}, row {number}", row


def _asked_of(data: HubData) -> dict[str, Any]:
    """The arguments of `load_dataset`; a local folder stands for the Hub where `hub` names one."""
    if not data.files:
        return {"path": data.hub, "name": data.config, "split": data.split, "revision": data.revision}
    local = Path(data.hub)
    root = str(local) if local.is_dir() else f"hf://datasets/{data.hub}@{data.revision or 'main'}"
    kind = "parquet" if data.files[0].endswith(".parquet") else "json"
    return {"path": kind, "data_files": [f"{root}/{name}" for name in data.files], "split": "train"}


def _first_line(exc: BaseException) -> str:
    return (str(exc).splitlines() or [type(exc).__name__])[0].replace(str(Path.home()), "~")[:200]
