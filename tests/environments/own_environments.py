"""Environments as a user brings them, some of which misbehave; the tests name them `module:Class`."""

from __future__ import annotations

import os
import time
from collections.abc import Mapping
from typing import Any

from environments.environment import Environment, ToolError


def function(name: str, **properties: Any) -> dict[str, Any]:
    parameters = {"type": "object", "properties": properties, "additionalProperties": False}
    return {"type": "function", "function": {"name": name, "description": name, "parameters": parameters}}


class Counting(Environment):
    """Stateful: counts its own calls."""

    def __init__(self, start: int = 0) -> None:
        self.number = start

    def tools(self) -> list[dict[str, Any]]:
        return [function("next"), function("pid"), function("crash"), function("hang"), function("refuse")]

    def reset(self, question: Mapping[str, Any]) -> str:
        if question["question"] == "broken":
            raise RuntimeError("no such question")
        print("noise on standard output")
        return question["question"]

    def call(self, tool_name: str, arguments: dict[str, Any]) -> Any:
        match tool_name:
            case "crash":
                os._exit(3)
            case "hang":
                time.sleep(600)
            case "refuse":
                raise ToolError("refused", "not today")
            case "pid":
                return os.getpid()
        self.number += 1
        return self.number


class Echo(Counting):
    """Stateless: a result depends on the arguments alone."""

    stateless = True

    def tools(self) -> list[dict[str, Any]]:
        return [
            *super().tools(),
            function("echo", text={"type": "string"}),
            function("big"),
            function("long"),
            function("no_json"),
        ]

    def call(self, tool_name: str, arguments: dict[str, Any]) -> Any:
        match tool_name:
            case "echo":
                return arguments["text"]
            case "big":
                return "ก" * 10_000_000
            case "long":
                return "ก" * 1_000_000
            case "no_json":
                return {"x": object()}
        return super().call(tool_name, arguments)


class NoConstructor(Echo):
    def __init__(self) -> None:
        raise RuntimeError("the data is missing")
