"""Tools of a file's section `tools:`: a JSON Schema and a Python function.

The function gets the arguments by name, and the scenario's world where it has a parameter `world` (its moment, its
random facts, the state that calls leave). With `writes: true` the state it leaves is kept.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from datagen.errors import ToolFileError
from datagen.own_tools.definitions import Definitions, OwnTool, texts_of, tool_parameters
from datagen.own_tools.reading import FunctionTool, ToolsFile
from datagen.own_tools.worker import Worker
from datagen.tools.tool import ToolError
from datagen.tools.world import World

__all__ = ["FunctionRun", "add_function_tools"]


@dataclass(frozen=True)
class FunctionRun:
    """A call handed to the worker; None is there where nothing may run."""

    function: str
    folder: Path
    writes: bool
    worker: Worker | None

    def __call__(self, world: World, given: Mapping[str, Any]) -> Any:
        if self.worker is None:
            raise ToolError("not_allowed", "own tools may not run without --allow-tools")
        seen = {"seed": world.seed, "now": world.now.isoformat(), "state": world.state}
        value, state = self.worker.call(self.function, self.folder, given, seen)
        if self.writes:
            world.state.clear()
            world.state.update(state)
        return value


def add_function_tools(file: ToolsFile, folder: Path, found: Definitions, worker: Worker | None) -> None:
    """The tools of the file; with a worker their functions are loaded, too.

    Raises:
        ToolFileError: naming file, tool and field.
    """
    for given in file.tools:
        place = found.place_of(given.name)
        description = texts_of(given.description, f"{place}: description")
        parameters = tool_parameters(given.parameters, f"{place}: parameters")
        if worker is not None:
            _require_function(given, folder, parameters, worker, place)
        found.add(
            OwnTool(
                given.name,
                given.domain or file.domain,
                description,
                parameters,
                FunctionRun(given.function, folder, given.writes, worker),
                given.writes,
                "function",
            )
        )


def _require_function(
    given: FunctionTool, folder: Path, parameters: Mapping[str, Any], worker: Worker, place: str
) -> None:
    """The function is there and takes what the schema offers."""
    try:
        accepted = worker.accepted(given.function, folder)
    except ToolError as exc:
        raise ToolFileError(f"{place}: function {given.function} cannot be loaded: {exc.message}") from exc
    if accepted is None:
        return
    for name in parameters["properties"]:
        if name not in accepted:
            raise ToolFileError(
                f"{place}: the schema has the property {name!r}, but {given.function} takes "
                f"{', '.join(accepted) or 'no arguments'}"
            )
