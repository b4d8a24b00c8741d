"""A tool: what a teacher is told of it, and the function that answers a call.

`parameters` is a JSON Schema (2020-12) of an object that allows no other properties. Wherever it has a `description`,
that may be one text, or a text for each language: {"th": "...", "en": "..."}; `spec` picks one.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any, ClassVar

import jsonschema

from datagen.tools.world import World

__all__ = ["Run", "Tool", "ToolError", "in_language", "named"]

Run = Callable[[World, Mapping[str, Any]], Any]
"""Answers a call with arguments that fit the schema: returns plain JSON, may change `world.state`."""


class ToolError(Exception):
    """A call that has no result: `code` is short and countable ("not_found"), the message is what the model reads."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code, self.message = code, message


@dataclass(frozen=True)
class Tool:
    """`name` as the API has it (a-z, 0-9, _; at most 64). `writes`: a call changes the world's state.

    `blocking`: a call may wait for a process or a server, so an event loop hands it to a thread.
    """

    blocking: ClassVar[bool] = False

    name: str
    domain: str
    description: Mapping[str, str]
    parameters: Mapping[str, Any]
    run: Run
    writes: bool = False

    def spec(self, lang: str) -> dict[str, Any]:
        """As the OpenAI API wants a tool: {"type": "function", "function": {name, description, parameters}}."""
        described = {"description": self.description, "parameters": self.parameters}
        return {"type": "function", "function": {"name": self.name, **in_language(described, lang)}}

    @cached_property
    def validator(self) -> jsonschema.Draft202012Validator:
        return jsonschema.Draft202012Validator(in_language(self.parameters, "en"))


def named(tools: Iterable[Tool]) -> dict[str, Tool]:
    """Tools by name. Raises ValueError where two have the same."""
    found: dict[str, Tool] = {}
    for tool in tools:
        if tool.name in found:
            raise ValueError(f"two tools are called {tool.name!r}; names must differ")
        found[tool.name] = tool
    return found


def in_language(schema: Any, lang: str) -> Any:
    """`schema` with each `description` in that language; the first there is where it lacks one."""
    if isinstance(schema, Mapping):
        return {
            key: _picked(value, lang) if key == "description" and _translated(value) else in_language(value, lang)
            for key, value in schema.items()
        }
    if isinstance(schema, list | tuple):
        return [in_language(each, lang) for each in schema]
    return schema


def _translated(value: Any) -> bool:
    """Texts by language; a property that is itself called "description" is a schema, with other keys."""
    return isinstance(value, Mapping) and bool(value) and set(value) <= {"th", "en"}


def _picked(texts: Mapping[str, str], lang: str) -> str:
    return texts.get(lang) or next(iter(texts.values()))
