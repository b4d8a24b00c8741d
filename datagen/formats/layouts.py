"""A row as one line of a layout that other data sets have made common, or why it has none there.

    messages  {"id", "messages", "tools"}: the chat API's own, for every row
    xlam      {"id", "query", "tools", "answers"}: one question and its calls, tools and answers as JSON text
    toolace   {"id", "system", "conversations"}: turns of {"from", "value"}, calls as [name(argument=value), ...]

`xlam` knows neither a second turn, nor results, nor replies: rows whose calls depend on those have no form in it. The
system text, which may hold the date that the question is about, opens its query. Nothing is left out of a row that is
written, but for what a layout has no place for at all: in `xlam` that is results and replies.
"""

from __future__ import annotations

import json
import keyword
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

from datagen.formats.chat_input import arguments_of
from datagen.record import Message, Record, ToolCall

__all__ = ["LAYOUTS", "Layout", "NoForm"]


@dataclass(frozen=True, slots=True)
class NoForm:
    """`reason` is short and countable."""

    reason: str


Layout = Callable[[Record], dict[str, Any] | NoForm]

_TOOLACE_SYSTEM = {
    "th": "คุณเป็นผู้ช่วยที่เรียกใช้ฟังก์ชันได้ ถ้าฟังก์ชันด้านล่างช่วยตอบคำถามได้ ให้ตอบเป็นการเรียกฟังก์ชันเท่านั้น ในรูปแบบ "
    "[ชื่อฟังก์ชัน(ชื่อพารามิเตอร์=ค่า, ...), ...] แล้วรอผลลัพธ์ ถ้าไม่มีฟังก์ชันที่เหมาะสม หรือข้อมูลยังไม่ครบ ให้บอกผู้ใช้\n"
    "ฟังก์ชันที่เรียกใช้ได้ในรูปแบบ JSON:",
    "en": "You can call functions. Where a function below helps, answer with calls alone, written as "
    "[name(parameter=value, ...), ...], and wait for their results. Where none fits, or something is missing, say so.\n"
    "The functions, as JSON:",
}


def _messages(record: Record) -> dict[str, Any]:
    tools = json.loads(record.tools)
    line: dict[str, Any] = {"id": record.id, "messages": [message.as_dict() for message in record.messages]}
    return line | ({"tools": tools} if tools else {})


def _xlam(record: Record) -> dict[str, Any] | NoForm:
    if reason := _not_one_question(record):
        return NoForm(reason)
    told = [message.content for message in record.messages if message.role in ("system", "user")]
    calls = [call for message in record.messages for call in message.tool_calls]
    return {
        "id": record.id,
        "query": "\n\n".join(told),
        "tools": _json([_flat(spec["function"]) for spec in json.loads(record.tools)]),
        "answers": _json([{"name": call.name, "arguments": arguments_of(call)} for call in calls]),
    }


def _not_one_question(record: Record) -> str:
    """Why the row is no single question with its calls; "" where it is."""
    calling = [message for message in record.messages if message.tool_calls]
    if record.tools == "[]":
        return "no tools"
    if sum(message.role == "user" for message in record.messages) != 1:
        return "several turns"
    if any(_is_error(message.content) for message in record.messages if message.role == "tool"):
        return "a call failed"
    if _takes_results(record.scenario) if record.scenario else len(calling) > 1:
        return "a call needs an earlier result"
    return ""


def _is_error(result: str) -> bool:
    try:
        value = json.loads(result)
    except ValueError:
        return False
    return isinstance(value, dict) and isinstance(value.get("error"), dict) and "code" in value["error"]


def _takes_results(scenario: str) -> bool:
    """Whether an expected call takes an argument from what another returned."""
    turns = json.loads(scenario).get("turns", ())
    arguments = (value for turn in turns for call in turn.get("calls", ()) for value in call["arguments"].values())
    return any(isinstance(value, Mapping) and "$from" in value for value in arguments)


def _flat(function: Mapping[str, Any]) -> dict[str, Any]:
    """xLAM's description of a tool: parameters by name, each saying whether it must be given."""
    schema = function.get("parameters") or {}
    required = set(schema.get("required", ()))
    parameters = {}
    for name, each in (schema.get("properties") or {}).items():
        inner = {"required_properties": each["required"]} if "required" in each else {}  # of an object in an object
        parameters[name] = {**each, **inner, "required": name in required}
    return {"name": function["name"], "description": function.get("description", ""), "parameters": parameters}


def _toolace(record: Record) -> dict[str, Any] | NoForm:
    if record.tools == "[]":
        return NoForm("no tools")
    calls = [call for message in record.messages for call in message.tool_calls]
    if not all(_is_name(part) for call in calls for part in (*call.name.split("."), *arguments_of(call))):
        return NoForm("a name of a tool or argument cannot stand in a call as text")
    functions = [spec["function"] for spec in json.loads(record.tools)]
    offer = f"{_TOOLACE_SYSTEM.get(record.lang, _TOOLACE_SYSTEM['en'])}\n{_json(functions)}"
    system = [message.content for message in record.messages if message.role == "system"]
    return {
        "id": record.id,
        "system": "\n\n".join([*system, offer]),
        "conversations": list(_turns([message for message in record.messages if message.role != "system"])),
    }


def _turns(messages: Sequence[Message]) -> Iterator[dict[str, str]]:
    """Turns by who speaks; results side by side in one turn, as the calls were."""
    names = {call.id: call.name for message in messages for call in message.tool_calls}
    results: list[dict[str, Any]] = []
    for message in messages:
        if message.role == "tool":
            results.append({"name": names.get(message.tool_call_id, ""), "results": _read(message.content)})
            continue
        if results:
            yield {"from": "tool", "value": _json(results)}
            results = []
        called = f"[{', '.join(map(_called, message.tool_calls))}]" if message.tool_calls else ""
        yield {"from": message.role, "value": "\n".join(filter(None, [message.content, called]))}
    if results:
        yield {"from": "tool", "value": _json(results)}


def _called(call: ToolCall) -> str:
    given = ", ".join(f"{name}={_literal(value)}" for name, value in arguments_of(call).items())
    return f"{call.name}({given})"


def _literal(value: Any) -> str:
    """A value as Python writes it, texts in double quotes."""
    if isinstance(value, list):
        return f"[{', '.join(map(_literal, value))}]"
    if isinstance(value, dict):
        return "{" + ", ".join(f"{_literal(key)}: {_literal(each)}" for key, each in value.items()) + "}"
    return repr(value) if value is None or isinstance(value, bool) else _json(value)


def _is_name(text: str) -> bool:
    return text.isidentifier() and not keyword.iskeyword(text)


def _read(content: str) -> Any:
    try:
        return json.loads(content)
    except ValueError:
        return content


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False)


LAYOUTS: Mapping[str, Layout] = MappingProxyType({"messages": _messages, "xlam": _xlam, "toolace": _toolace})
