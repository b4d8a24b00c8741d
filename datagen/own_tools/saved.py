"""What a dataset keeps of its own tools, and the tools that a row is proven with, years later.

    OUT/own_tools/tools.json      name, domain, description, parameters of each; no commands, no addresses, no keys
    OUT/own_tools/results.jsonl   every result that came (recording.py), in an order that does not tell which was first

That is enough for `verify`: calls are answered from the results, nobody's code runs and nothing is sent. A copy of the
rows without the folder needs `--tools FOLDER`. With `--tools FILE --allow-tools` Python functions run again, which
tells whether they still return what was recorded; servers are never asked again, for they may answer differently.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
from collections.abc import Container, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any, NamedTuple

import polars as pl

from datagen.domains import shipped_tools
from datagen.errors import DatasetError
from datagen.out_folder import writing
from datagen.own_tools.config import OwnToolsConfig
from datagen.own_tools.definitions import OwnTool
from datagen.own_tools.own_tools import OwnTools, require_allowed
from datagen.own_tools.recording import RecordedRun, Recording
from datagen.record import canonical_json
from datagen.tools.limits import bounded_schema
from datagen.tools.tool import Tool

__all__ = ["FOLDER", "RESULTS", "BuildTools", "open_for_build", "own_tools_entries", "save_own_tools", "tools_at_hand"]

FOLDER = "own_tools"
"""The folder of a dataset that holds them, and the manifest's key for them."""
RESULTS = "own_results.jsonl"
"""The recording of a build under way, in its private folder."""
_MAX_BYTES = 20_000_000


class BuildTools(NamedTuple):
    """The own tools of one build, and where their results are kept; none and nowhere where the recipe has none."""

    own: OwnTools = OwnTools()
    recording: Recording | None = None

    def save(self, root: Path) -> dict[str, Any]:
        """Writes what the dataset keeps of them under `root`, and returns the manifest's part; empty where none."""
        if self.recording is None:
            return {}
        save_own_tools(self.own, self.recording, root, seeds_in(root))
        return own_tools_entries(root)


@contextmanager
def open_for_build(config: OwnToolsConfig, private: Path) -> Iterator[BuildTools]:
    """The recipe's own tools with the recording in the build's private folder. Nothing is written before a call.

    Raises:
        ToolFileError: a file cannot be used, or may not.
    """
    if not config.files:
        yield BuildTools()
        return
    require_allowed(config)
    with (
        contextlib.closing(Recording(private / RESULTS)) as recording,
        OwnTools.open(config, recording, taken=shipped_tools()) as own,
    ):
        yield BuildTools(own, recording)


def seeds_in(root: Path) -> set[int]:
    """The seeds of the worlds of all rows under `root`, kept and rejected. A build looks ahead: not all were needed."""
    found: set[int] = set()
    for file in (*(root / "data").glob("*/*.parquet"), *(root / "rejected").glob("*.parquet")):
        for text in pl.read_parquet(file, columns=["scenario"])["scenario"].unique():
            if text:
                found.add(json.loads(text)["seed"])
    return found


def save_own_tools(
    own: OwnTools, recording: Recording | None, root: Path, seeds: Container[object] | None = None
) -> None:
    """Writes the folder, with the results of the worlds of `seeds` (else all); nothing where there are no own tools."""
    if recording is None:
        return
    folder = root / FOLDER
    with writing(folder):
        folder.mkdir(exist_ok=True)
        (folder / "tools.json").write_text(canonical_json(own.definitions) + "\n", encoding="utf-8")
    recording.write_sorted(folder / "results.jsonl", seeds)


def own_tools_entries(root: Path) -> dict[str, Any]:
    """The manifest's part: how many tools, and the SHA-256 of both files; empty where there are none."""
    folder = root / FOLDER
    if not (folder / "tools.json").is_file():
        return {}
    return {
        FOLDER: {
            "tools": len(json.loads((folder / "tools.json").read_bytes())),
            "files": {
                f"{FOLDER}/{name}": hashlib.sha256((folder / name).read_bytes()).hexdigest()
                for name in ("tools.json", "results.jsonl")
            },
        }
    }


@contextmanager
def tools_at_hand(dataset: Path, given: Sequence[Path] = (), *, allow: bool = False) -> Iterator[Mapping[str, Tool]]:
    """The tools that rows under `dataset` are proven with: shipped ones, those saved with it, and those `given`.

    `given`: folders saved with a dataset, or files of tools, which need `allow`.

    Raises:
        ToolFileError: a file that is given cannot be used, or may not run.
        DatasetError: what was saved with the dataset is damaged.
    """
    folders = [path for path in given if path.is_dir()]
    files = [path for path in given if not path.is_dir()]
    with contextlib.ExitStack() as stack:
        found: dict[str, Tool] = dict(shipped_tools())
        for folder in (*([dataset / FOLDER] if (dataset / FOLDER).is_dir() else []), *folders):
            found |= _replayed(folder, stack)
        if files:
            config = OwnToolsConfig(files=[str(path) for path in files], allow=allow)
            require_allowed(config)
            found |= stack.enter_context(OwnTools.open(config, taken=shipped_tools(), servers=False)).tools
        yield found


def _replayed(folder: Path, stack: contextlib.ExitStack) -> dict[str, OwnTool]:
    place = folder / "tools.json"
    try:
        if place.stat().st_size > _MAX_BYTES:
            raise DatasetError(f"{place} is larger than {_MAX_BYTES:,} bytes")
        recording = Recording(folder / "results.jsonl", writable=False)
        stack.callback(recording.close)
        recording.open()
        tools = [_tool(entry, f"{place}, {number}") for number, entry in enumerate(json.loads(place.read_bytes()))]
    except OSError as exc:
        raise DatasetError(f"the own tools saved in {folder} cannot be read: {exc.strerror or exc}") from exc
    except (ValueError, KeyError, TypeError, RecursionError) as exc:
        raise DatasetError(f"the own tools saved in {folder} are damaged: {str(exc)[:300]}") from exc
    return {
        tool.name: replace(tool, run=RecordedRun(tool.name, tool.source, tool.writes, recording, None))
        for tool in tools
    }


def _tool(entry: Mapping[str, Any], place: str) -> OwnTool:
    return OwnTool(
        str(entry["name"]),
        str(entry["domain"]),
        {str(lang): str(text) for lang, text in entry["description"].items()},
        bounded_schema(entry["parameters"], place),
        _never_run,
        bool(entry["writes"]),
        str(entry["source"]),
    )


def _never_run(_world: Any, _given: Any) -> Any:
    raise AssertionError("replaced by what answers from the recording")
