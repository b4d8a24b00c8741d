"""An environment for tests, named `agent_town:Town` by them: two tools, and section ids that break it where it may."""

from __future__ import annotations

import os
import time
from collections.abc import Mapping
from typing import Any, ClassVar

from environments.environment import Environment, ToolError

FAULTS = {"hang": "timeout", "crash": "crashed", "big": "too_large"}


def _tool(name: str, argument: str) -> dict[str, Any]:
    parameters = {"type": "object", "properties": {argument: {"type": "string"}}, "required": [argument]}
    return {"type": "function", "function": {"name": name, "description": name, "parameters": parameters}}


class Town(Environment):
    """`broken`: whether reading `hang`, `crash` and `big` does what it says."""

    stateless: ClassVar[bool] = True

    def __init__(self, broken: bool = False) -> None:
        self.broken = broken

    def tools(self) -> list[dict[str, Any]]:
        return [_tool("search", "query"), _tool("read", "id")]

    def reset(self, question: Mapping[str, Any]) -> str:
        return question["question"]

    def call(self, tool_name: str, arguments: dict[str, Any]) -> Any:
        if tool_name == "search":
            return "พบ 1"
        match arguments["id"] if self.broken else "":
            case "hang":
                time.sleep(600)
            case "crash":
                os._exit(3)
            case "big":
                return "ก" * 2_000_000
        if arguments["id"] == "9":
            raise ToolError("unknown_section", "ไม่มี")
        return f"ข้อ {arguments['id']} ค่าเช่า 7 บาท"
