"""A tools file or an OpenAPI file as data: YAML or JSON, local, within bounds, every fault with its place."""

from __future__ import annotations

import difflib
import json
from pathlib import Path
from typing import Annotated, Any, Literal

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from datagen.errors import ToolFileError
from datagen.own_tools.definitions import shown

__all__ = ["FunctionTool", "McpServer", "OpenApiFile", "ToolsFile", "parsed", "read_tree"]

_MAX_JSON_BYTES = 20_000_000
_MAX_YAML_BYTES = 1_000_000  # YAML is read twenty times more slowly
_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
KeyName = Annotated[str, Field(pattern=r"^[A-Za-z_][A-Za-z0-9_]*$", max_length=64)]
DomainName = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]*$", max_length=40)]


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class FunctionTool(_Part):
    """`function`: "module:name" or "file.py:name", looked for beside the tools file. `description`: a text or th/en."""

    name: Annotated[str, Field(pattern=r"^[A-Za-z][A-Za-z0-9_-]{0,63}$")]
    description: str | dict[Literal["th", "en"], str]
    parameters: dict[str, Any] = Field(default_factory=dict)
    function: Annotated[str, Field(pattern=r"^[^:]+:[A-Za-z_][A-Za-z0-9_]*$")]
    domain: DomainName | None = None
    writes: bool = False


class OpenApiFile(_Part):
    """`key`: the name of the API key in the environment or keyring, sent as `key_header` after `key_prefix`."""

    file: str
    domain: DomainName | None = None
    base_url: str | None = None
    operations: list[str] | None = None
    key: KeyName | None = None
    key_header: Annotated[str, Field(pattern=r"^[A-Za-z0-9-]+$")] = "Authorization"
    key_prefix: str = "Bearer "


class McpServer(_Part):
    """Either `command` (started here, stdio) or `url` (streamable HTTP). `env`: names of variables it may see.

    `writes`: the tools whose calls change what later calls return; else what the server says of each.
    """

    name: DomainName
    domain: DomainName | None = None
    command: Annotated[list[str], Field(min_length=1)] | None = None
    url: Annotated[str, Field(pattern=r"^https?://")] | None = None
    env: list[KeyName] = Field(default_factory=list)
    key: KeyName | None = None
    tools: list[str] | None = None
    writes: list[str] | None = None

    @model_validator(mode="after")
    def _one_way(self) -> McpServer:
        if (self.command is None) == (self.url is None):
            raise ValueError("give either command or url")
        return self


class ToolsFile(_Part):
    """One file of own tools. `domain` is that of everything in it that names none."""

    domain: DomainName = "own"
    tools: list[FunctionTool] = Field(default_factory=list)
    openapi: list[OpenApiFile] = Field(default_factory=list)
    mcp: list[McpServer] = Field(default_factory=list)
    goals: list[Any] = Field(default_factory=list)


def read_tree(path: Path) -> dict[str, Any]:
    """What the file holds.

    Raises:
        ToolFileError: it cannot be read, is too large, or is neither YAML nor JSON with keys.
    """
    try:
        size = path.stat().st_size
        if size > _MAX_JSON_BYTES:
            raise ToolFileError(f"{path} has {size:,} bytes; at most {_MAX_JSON_BYTES:,} are read")
        text = path.read_bytes().decode("utf-8-sig")
    except OSError as exc:
        raise ToolFileError(f"the tools file {path} cannot be read: {exc.strerror or exc}") from exc
    except UnicodeDecodeError as exc:
        raise ToolFileError(f"the tools file {path} is not UTF-8 text (byte {exc.start})") from exc
    try:
        tree = _parsed_text(text, path, size)
    except RecursionError as exc:
        raise ToolFileError(f"{path} is nested too deeply") from exc
    if not isinstance(tree, dict):
        raise ToolFileError(
            f"{path} must hold keys at its top level, such as `tools:`; docs/own_tools.md has an example"
        )
    return tree


def _parsed_text(text: str, path: Path, size: int) -> Any:
    if text.lstrip()[:1] == "{":
        try:
            return json.loads(text)
        except ValueError as exc:
            if path.suffix == ".json":
                raise ToolFileError(f"{path} is not valid JSON: {exc}") from exc
    if size > _MAX_YAML_BYTES:
        raise ToolFileError(f"{path} has {size:,} bytes of YAML, at most {_MAX_YAML_BYTES:,} are read; save it as JSON")
    try:
        return yaml.load(text, Loader=_LOADER)
    except yaml.YAMLError as exc:
        mark = getattr(exc, "problem_mark", None)
        place = f"{path}:{mark.line + 1}" if mark else str(path)
        raise ToolFileError(f"{place} is not valid YAML: {getattr(exc, 'problem', None) or str(exc)[:200]}") from exc


def parsed(tree: dict[str, Any], path: Path) -> ToolsFile:
    """Raises ToolFileError naming file, tool and field."""
    try:
        return ToolsFile.model_validate(tree)
    except ValidationError as exc:
        raise ToolFileError(_explained(exc.errors()[0], tree, path)) from exc


def _explained(error: Any, tree: dict[str, Any], path: Path) -> str:
    location: tuple[str | int, ...] = error["loc"]
    spot = ".".join(map(str, location))
    entry: Any = tree
    for step in location[:2]:
        try:
            entry = entry[step]
        except (LookupError, TypeError):
            break
    name = entry.get("name") or entry.get("file") if isinstance(entry, dict) else None
    place = f"{path}, {shown(str(name))}" if name and entry is not tree else str(path)
    if error["type"] == "extra_forbidden":
        known = {"tools": FunctionTool, "openapi": OpenApiFile, "mcp": McpServer}.get(str(location[0]), ToolsFile)
        names = list((known if len(location) > 1 else ToolsFile).model_fields)
        near = difflib.get_close_matches(spot.rpartition(".")[2], names, n=1)
        return f"{place}: unknown key {shown(spot)!r}; " + (
            f"did you mean {near[0]!r}?" if near else f"known: {', '.join(names)}"
        )
    if error["type"] == "missing":
        return f"{place}: the key {spot!r} is required"
    secret = spot.endswith("key")  # where the name of a key belongs somebody may have put the key
    given = "" if secret or isinstance(error["input"], dict | list) else f" (given: {shown(str(error['input']))!r})"
    return f"{place}: {shown(spot)}: {error['msg']}{given}"
