"""What an agentic rollout needs of an environment: tools, a question, and an observation for every call.

A user's environment is a subclass with `tools`, `reset` and `call`. `step` stands before `call`: it answers unknown
tools and bad arguments, bounds what is returned, and never raises for what a model wrote. What may hang or take the
process down belongs into a pool (workers.py).

An error is an observation as well: {"error": {"code": ..., "message": ...}}, with a Thai message for the model:

    unknown_tool         no tool of that name
    malformed_arguments  no JSON object, too long, or nested too deep
    invalid_arguments    JSON that the tool's schema refuses
    tool_failed          the environment's code broke down, or returned what JSON cannot hold
    too_large            it returned more than a million characters: nobody meant that
    timeout, crashed, lost   of a pool: the call took too long, its process ended, or the episode went with it

and those that an environment raises as `ToolError` (the shipped one: unknown_section).
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any, ClassVar

import jsonschema
from jsonschema.exceptions import best_match

from datagen.record import canonical_json
from datagen.tools.execute import Observation as ReadFault
from datagen.tools.execute import read_arguments
from datagen.tools.tool import ToolError

__all__ = ["BROKEN", "MAX_CONTENT", "MAX_RESULT", "Environment", "Observation", "ToolError", "failed", "within"]

MAX_CONTENT = 8_000
"""Characters of an observation: about 2,000 tokens of Thai."""
MAX_RESULT = 1_000_000
"""Characters of a result. A long one is cut for the model; one beyond this is a tool that went wrong."""
BROKEN = frozenset({"tool_failed", "too_large"})
"""Codes that say nothing of the model: the environment's own code went wrong."""
_CUT_NOTE = "\n[ผลลัพธ์ยาว {whole:,} อักขระ แสดงเพียง {shown:,} อักขระแรก ส่วนที่เหลือถูกตัดออก]"


@dataclass(frozen=True, slots=True)
class Observation:
    """`content`: what the model reads. `code`: "" or what went wrong, short and countable."""

    content: str
    code: str = ""

    @property
    def error(self) -> bool:
        return bool(self.code)


class Environment(ABC):
    """One episode at a time: `reset`, then any number of `step`."""

    stateless: ClassVar[bool] = False
    """Whether a call's result depends on nothing but its arguments: then an episode outlives its process."""
    max_content: int = MAX_CONTENT

    @abstractmethod
    def tools(self) -> list[dict[str, Any]]:
        """The tools as the OpenAI API wants them: {"type": "function", "function": {name, description, parameters}}."""

    @abstractmethod
    def reset(self, question: Mapping[str, Any]) -> str:
        """Begins an episode; returns the user message that poses the question."""

    @abstractmethod
    def call(self, tool_name: str, arguments: dict[str, Any]) -> Any:
        """A call whose arguments fit the schema: a text, or plain JSON. Raises ToolError with what the model reads."""

    def system(self) -> str:
        """The system message; "" for none."""
        return ""

    def step(self, tool_name: str, arguments: str | Mapping[str, Any]) -> Observation:
        """One call as a model wrote it: `arguments` is JSON text, or an object that was read already."""
        validator = self._validators.get(tool_name)
        if validator is None:
            names = ", ".join(self._validators)
            return failed("unknown_tool", f"ไม่มีเครื่องมือชื่อ {tool_name[:80]!r} เครื่องมือที่มีคือ {names}")
        given = read_arguments(arguments if isinstance(arguments, str) else canonical_json(arguments))
        if isinstance(given, ReadFault):
            return failed(given.error, f"อาร์กิวเมนต์ต้องเป็นออบเจกต์ JSON: {given.value['error']['message']}")
        if fault := best_match(validator.iter_errors(given)):
            place = ".".join(map(str, fault.absolute_path)) or "arguments"
            return failed("invalid_arguments", f"อาร์กิวเมนต์ไม่ถูกต้องที่ {place}: {fault.message[:300]}")
        try:
            value = self.call(tool_name, given)
            content = value if isinstance(value, str) else canonical_json(value)
            content.encode()
            if len(content) > MAX_RESULT:
                return failed("too_large", f"ผลลัพธ์ยาว {len(content):,} อักขระ เกิน {MAX_RESULT:,} จึงไม่ได้แสดง")
        except ToolError as exc:
            return failed(exc.code, exc.message)
        except Exception as exc:  # noqa: BLE001  a user's code may raise anything; a run must not end with it
            return failed("tool_failed", f"เครื่องมือทำงานผิดพลาด: {type(exc).__name__}: {str(exc)[:300]}")
        return Observation(within(content, self.max_content))

    @cached_property
    def _validators(self) -> dict[str, jsonschema.Draft202012Validator]:
        functions = [tool["function"] for tool in self.tools()]
        return {each["name"]: jsonschema.Draft202012Validator(each["parameters"]) for each in functions}


def within(content: str, most: int) -> str:
    """`content`, or its beginning with a note that says how much was cut; at most `most` characters in all."""
    if len(content) <= most:
        return content
    room = most - len(_CUT_NOTE.format(whole=len(content), shown=most))
    return content[: max(room, 0)] + _CUT_NOTE.format(whole=len(content), shown=max(room, 0))


def failed(code: str, message: str) -> Observation:
    """The observation of a call that has no result."""
    return Observation(canonical_json({"error": {"code": code, "message": message}}), code)
