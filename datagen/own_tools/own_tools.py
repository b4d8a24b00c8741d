"""All own tools of a recipe or a command line, opened together and closed together.

    with OwnTools.open(config, recording) as own:
        tools = {**shipped_tools(), **own.tools}
        goals = (*goals(), *own.goals)

Without `allow` nothing runs: files are read and their definitions checked, MCP servers are not asked at all.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from types import MappingProxyType
from typing import Any, Self

from datagen.errors import ToolFileError
from datagen.own_tools.config import OwnToolsConfig
from datagen.own_tools.definitions import Definitions, OwnTool, Problem
from datagen.own_tools.functions import add_function_tools
from datagen.own_tools.goals import goals_of
from datagen.own_tools.http_calls import HttpServer, OperationRun
from datagen.own_tools.loop_thread import LoopThread
from datagen.own_tools.mcp_session import McpSession
from datagen.own_tools.mcp_tools import add_mcp_tools
from datagen.own_tools.openapi import add_operations, base_url_of, require_openapi
from datagen.own_tools.reading import McpServer, OpenApiFile, ToolsFile, parsed, read_tree
from datagen.own_tools.recording import RecordedRun, Recording
from datagen.own_tools.worker import Worker
from datagen.scenarios.goal import Goal

__all__ = ["OwnTools", "require_allowed"]


def require_allowed(config: OwnToolsConfig) -> None:
    """Raises ToolFileError where own tools are named but may not run."""
    if config.files and not config.allow:
        raise ToolFileError(
            f"{config.files[0]} brings tools that would run on this machine; if you trust them, pass --allow-tools "
            "(in a recipe: tools.own.allow: true)"
        )


@dataclass
class OwnTools:
    """`tools` by name, `goals` made of them, and what was left out, changed or looks suspicious."""

    tools: Mapping[str, OwnTool] = field(default_factory=dict)
    goals: tuple[Goal, ...] = ()
    problems: tuple[Problem, ...] = ()
    _open: contextlib.ExitStack = field(default_factory=contextlib.ExitStack, repr=False)

    @classmethod
    def open(cls, config: OwnToolsConfig, recording: Recording | None = None, taken: Iterable[str] = ()) -> OwnTools:
        """`taken`: names that own tools may not have (those of shipped tools). With a recording every call is kept.

        Raises:
            ToolFileError: a file, or a definition in it, cannot be used.
            EndpointError: a key is asked for by a name under which there is none.
        """
        with contextlib.ExitStack() as stack:
            opening = _Opening(config, set(taken), stack)
            for file in config.files:
                opening.add_file(Path(file))
            tools = {tool.name: _recorded(tool, recording) for tool in opening.tools}
            for file, path in opening.files:
                all_tools = config.allow or not file.mcp
                opening.goals += goals_of(file.goals, str(path), tools, opening.goals, all_tools=all_tools)
            return cls(MappingProxyType(tools), tuple(opening.goals), tuple(opening.problems), stack.pop_all())
        raise AssertionError("an ExitStack swallows nothing here")

    @property
    def definitions(self) -> list[dict[str, Any]]:
        """What the tools are, without how they are run: plain JSON, by name."""
        return [
            {
                "name": tool.name,
                "domain": tool.domain,
                "description": dict(tool.description),
                "parameters": tool.parameters,
                "writes": tool.writes,
                "source": tool.source,
            }
            for tool in sorted(self.tools.values(), key=lambda tool: tool.name)
        ]

    def close(self) -> None:
        self._open.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def _recorded(tool: OwnTool, recording: Recording | None) -> OwnTool:
    if recording is None:
        return tool
    return replace(tool, run=RecordedRun(tool.name, tool.source, tool.writes, recording, tool.run))


class _Opening:
    """What is gathered file by file; what must be closed goes on the stack."""

    def __init__(self, config: OwnToolsConfig, taken: set[str], stack: contextlib.ExitStack) -> None:
        self.config, self.taken, self.stack = config, taken, stack
        self.tools: list[OwnTool] = []
        self.goals: list[Goal] = []
        self.problems: list[Problem] = []
        self.files: list[tuple[ToolsFile, Path]] = []
        self.worker: Worker | None = None
        self._loop: LoopThread | None = None

    @property
    def loop(self) -> LoopThread:
        if self._loop is None:
            self._loop = LoopThread()
            self.stack.callback(self._loop.close)
        return self._loop

    def add_file(self, path: Path) -> None:
        tree = read_tree(path)
        if isinstance(tree.get("openapi"), str) or "swagger" in tree:
            self._add_openapi(OpenApiFile(file=path.name), tree, path, "own")
            return
        file = parsed(tree, path)
        self.files.append((file, path))
        if file.tools:
            with self._definitions(str(path)) as found:
                add_function_tools(file, path.parent, found, self._worker())
        for given in file.openapi:
            target = path.parent / given.file
            self._add_openapi(given, read_tree(target), target, file.domain)
        for server in file.mcp:
            self._add_mcp(server, path)

    def _worker(self) -> Worker | None:
        if self.worker is None and self.config.allow:
            self.worker = Worker(self.config.timeout_s, self.config.memory_mb)
            self.stack.callback(self.worker.close)
        return self.worker

    def _add_openapi(self, given: OpenApiFile, tree: Mapping[str, Any], path: Path, domain: str) -> None:
        require_openapi(tree, str(path))
        with self._definitions(str(path)) as found:
            server = None
            if self.config.allow:
                base_url = base_url_of(tree, given.base_url, str(path))
                server = HttpServer(base_url, given, self.config.timeout_s, self.loop)
            add_operations(
                tree, found, given.domain or domain, given.operations, lambda operation: OperationRun(operation, server)
            )

    def _add_mcp(self, given: McpServer, path: Path) -> None:
        with self._definitions(f"{path}, {given.name}") as found:
            if not self.config.allow:
                found.note("left_out", "", "MCP servers are started and asked only with --allow-tools")
                return
            session = McpSession(given, path.parent, self.config.timeout_s, self.loop)
            self.stack.callback(session.close)
            add_mcp_tools(given, session.list_tools(), session, found)

    @contextlib.contextmanager
    def _definitions(self, place: str) -> Any:
        found = Definitions(place, self.taken)
        yield found
        self.tools += found.tools
        self.problems += found.problems
