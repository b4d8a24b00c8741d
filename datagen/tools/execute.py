"""One call as a model wrote it, run in a world: checked first, bounded afterwards. Never raises for what a model wrote.

What the model sees is JSON text: the result, or {"error": {"code": ..., "message": ...}}. Codes of our own:

    unknown_tool         no tool of that name is offered
    malformed_arguments  no JSON object, too long, or nested too deep
    invalid_arguments    JSON that the tool's schema refuses
    result_too_large     more than a model could read
    tool_failed          the function broke down, or returned what JSON cannot hold

and those that tools (ToolError) and the world's faults bring.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from jsonschema.exceptions import best_match

from datagen.errors import UserError
from datagen.record import canonical_json
from datagen.tools.tool import Tool, ToolError
from datagen.tools.world import World

__all__ = ["MAX_ARGUMENTS", "MAX_DEPTH", "MAX_RESULT", "Observation", "execute", "observed", "read_arguments"]

MAX_ARGUMENTS = 20_000
"""Characters of a call's arguments."""
MAX_RESULT = 50_000
"""Characters of a result as JSON."""
MAX_DEPTH = 32


@dataclass(frozen=True, slots=True)
class Observation:
    """What came of a call: `content` as the model sees it, `value` as data, `error` a code or ""."""

    content: str
    value: Any
    error: str = ""


def execute(tools: Mapping[str, Tool], world: World, name: str, arguments: str) -> Observation:
    """The call `name(arguments)`, with arguments as JSON text."""
    tool = tools.get(name)
    if tool is None:
        return _failed("unknown_tool", f"there is no tool {name[:80]!r}; tools: {', '.join(sorted(tools))}")
    given = read_arguments(arguments)
    if isinstance(given, Observation):
        return given
    if fault := best_match(tool.validator.iter_errors(given)):
        place = ".".join(map(str, fault.absolute_path)) or "arguments"
        return _failed("invalid_arguments", f"{place}: {fault.message[:300]}")
    if trouble := world.fault_for(name):
        return _failed(trouble.code, trouble.message)
    try:
        value = tool.run(world, given)
    except ToolError as exc:
        return _failed(exc.code, exc.message)
    except UserError:  # a server of tools is gone for good: that ends the build
        raise
    except Exception as exc:  # noqa: BLE001  a user's function may raise anything; a build must not end with it
        return _failed("tool_failed", f"{type(exc).__name__}: {str(exc)[:300]}")
    return observed(value)


def read_arguments(text: str) -> dict[str, Any] | Observation:
    """The arguments as an object, or what the model is told of them."""
    if len(text) > MAX_ARGUMENTS:
        return _failed("malformed_arguments", f"{len(text):,} characters of arguments, at most {MAX_ARGUMENTS:,}")
    try:
        given = json.loads(text or "{}", parse_constant=_refused)
        if not isinstance(given, dict):
            return _failed("malformed_arguments", f"the arguments must be an object, not {type(given).__name__}")
        if _deeper_than(given, MAX_DEPTH):
            return _failed("malformed_arguments", f"the arguments are nested deeper than {MAX_DEPTH}")
    except (ValueError, RecursionError) as exc:
        return _failed("malformed_arguments", f"the arguments are no JSON: {str(exc)[:200]}")
    return given


def observed(value: Any) -> Observation:
    """What a tool returned, as the model sees it: JSON, and not too much of it."""
    try:
        content = canonical_json(value)
        content.encode()
    except (TypeError, ValueError, RecursionError) as exc:
        return _failed("tool_failed", f"the result is no JSON: {str(exc)[:200]}")
    if len(content) > MAX_RESULT:
        return _failed("result_too_large", f"{len(content):,} characters of result, at most {MAX_RESULT:,}")
    return Observation(content, json.loads(content))


def _failed(code: str, message: str) -> Observation:
    value = {"error": {"code": code, "message": message}}
    return Observation(canonical_json(value), value, code)


def _refused(constant: str) -> Any:
    raise ValueError(f"{constant} is no JSON")


def _deeper_than(value: Any, levels: int) -> bool:
    if not isinstance(value, dict | list):
        return False
    if levels == 0:
        return True
    return any(_deeper_than(each, levels - 1) for each in (value.values() if isinstance(value, dict) else value))
