"""Tools of an MCP server: what it lists, taken over with clean names and schemas within bounds.

A name that leads somewhere ("../../etc/passwd", "a/b") or hides something (control characters) is refused: the tool is
left out and reported. Other odd names are cleaned, and reported, too; calls go out under the server's own name.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from datagen.errors import ToolFileError
from datagen.own_tools.definitions import NAME, Definitions, OwnTool, cleaned_name, shown, texts_of, tool_parameters
from datagen.own_tools.mcp_session import ListedTool, McpSession
from datagen.own_tools.reading import McpServer
from datagen.tools.world import World

__all__ = ["McpRun", "add_mcp_tools"]


@dataclass(frozen=True)
class McpRun:
    """A call under the server's own name for the tool."""

    session: McpSession
    name: str

    def __call__(self, _world: World, given: Mapping[str, Any]) -> Any:
        return self.session.call(self.name, given)


def add_mcp_tools(given: McpServer, listed: list[ListedTool], session: McpSession, found: Definitions) -> None:
    """What the server lists, or those of `given.tools`.

    Raises:
        ToolFileError: a tool that is asked for by name is not there.
    """
    names = {tool.name for tool in listed}
    for wanted in (*(given.tools or ()), *(given.writes or ())):
        if wanted not in names:
            raise ToolFileError(f"{found.place}: the server has no tool {shown(wanted)!r}")
    seen: set[str] = set()
    for tool in listed:
        if given.tools is not None and tool.name not in given.tools:
            continue
        if tool.name in seen:
            found.note("left_out", tool.name, "the server lists this name twice")
            continue
        seen.add(tool.name)
        try:
            _add(given, tool, session, found)
        except ToolFileError as exc:
            found.note("left_out", tool.name, str(exc).removeprefix(f"{found.place_of(tool.name)}: "))


def _add(given: McpServer, tool: ListedTool, session: McpSession, found: Definitions) -> None:
    place = found.place_of(tool.name)
    if fault := _name_fault(tool.name):
        raise ToolFileError(f"{place}: {fault}")
    clean = NAME.fullmatch(tool.name) is not None and tool.name not in found.taken
    name = tool.name if clean else cleaned_name(tool.name, found.taken)
    if not name:
        raise ToolFileError(f"{place}: nothing of the name can stand in a tool's name (A-Z a-z 0-9 _ -)")
    found.add(
        OwnTool(
            name,
            given.domain or given.name,
            texts_of(tool.description, f"{place}: description"),
            tool_parameters(tool.schema, f"{place}: inputSchema"),
            McpRun(session, tool.name),
            tool.name in given.writes if given.writes is not None else not tool.reads,
            "mcp",
        )
    )
    if name != tool.name:
        found.note("changed", tool.name, f"offered under the name {name!r}")


def _name_fault(name: str) -> str:
    if not name or len(name) > 200:
        return f"a name of {len(name)} characters"
    if any(unicodedata.category(character)[0] == "C" for character in name):
        return "the name holds control or invisible characters"
    if "/" in name or "\\" in name or ".." in name:
        return "the name looks like a path; a tool's name never leads to a file"
    return ""
