"""A row as `tokenizer.apply_chat_template(messages, tools=tools)` wants it.

On disk arguments are JSON text, as the API has them; templates write them with `tojson` and want objects. A message has
`tool_calls` only where it makes calls (templates ask whether the key is there), a result carries the name of the tool
that gave it (the templates of Hermes refuse it otherwise). What else a template wants is in TemplateForm:

    parallel=False        calls side by side become a call, its result, the next call, its result, ...
    native=False          calls, results and tools are text (prompted.py)
    system=False          the system text opens the first user turn
    text_arguments=True   arguments stay JSON text
    short_ids=True        ids of nine letters and digits, as Mistral's templates demand

Text beside a call stays in its message; the templates of Llama 3 and Hermes do not show it.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from datagen.errors import DatasetError
from datagen.formats.prompted import as_text
from datagen.record import Message, Record, ToolCall

__all__ = ["ChatInput", "TemplateForm", "arguments_of", "chat_input", "one_by_one", "record_input"]


@dataclass(frozen=True, slots=True)
class TemplateForm:
    """What a chat template takes; the default is what most do."""

    native: bool = True
    parallel: bool = True
    text_arguments: bool = False
    short_ids: bool = False
    system: bool = True


@dataclass(frozen=True, slots=True)
class ChatInput:
    """`tools` is None where there are none, or where they are told in the text."""

    messages: list[dict[str, Any]]
    tools: list[dict[str, Any]] | None


def record_input(record: Record, form: TemplateForm | None = None) -> ChatInput:
    """
    Raises:
        DatasetError: arguments that are no JSON object.
    """
    return chat_input(record.messages, json.loads(record.tools), record.lang, form)


def chat_input(
    messages: Sequence[Message],
    tools: Sequence[Mapping[str, Any]],
    lang: str = "th",
    form: TemplateForm | None = None,
) -> ChatInput:
    """`lang`: that of the words which explain the tools where they are told in the text.

    Raises:
        DatasetError: arguments that are no JSON object.
    """
    form = form or TemplateForm()
    offered = [_in_usual_order(tool) for tool in tools]
    if not form.native:
        messages, offered = as_text(messages, offered, lang), []
    elif not form.parallel:
        messages = one_by_one(messages)
    if not form.system:
        messages = _system_in_first_turn(messages)
    return ChatInput(_as_dicts(messages, form), offered or None)


def arguments_of(call: ToolCall) -> dict[str, Any]:
    """
    Raises:
        DatasetError: they are no JSON object.
    """
    try:
        given = json.loads(call.arguments or "{}")
    except ValueError as exc:
        raise DatasetError(f"the arguments of call {call.id} ({call.name}) are no JSON: {exc}") from exc
    if not isinstance(given, dict):
        raise DatasetError(
            f"the arguments of call {call.id} ({call.name}) must be a JSON object, not {type(given).__name__}"
        )
    return given


def _in_usual_order(spec: Mapping[str, Any]) -> dict[str, Any]:
    """The same spec with its keys in the order that models were trained on; on disk they are sorted."""
    ordered = _first(spec, "type", "function")
    if isinstance(ordered.get("function"), Mapping):
        function = _first(ordered["function"], "name", "description", "parameters")
        if isinstance(function.get("parameters"), Mapping):
            function["parameters"] = _first(function["parameters"], "type", "properties", "required")
        ordered["function"] = function
    return ordered


def _first(given: Mapping[str, Any], *keys: str) -> dict[str, Any]:
    return {key: given[key] for key in keys if key in given} | dict(given)


def one_by_one(messages: Sequence[Message]) -> list[Message]:
    """Calls made side by side as calls made one after the other, each with its result."""
    results = {message.tool_call_id: message for message in messages if message.role == "tool"}
    single: list[Message] = []
    for message in messages:
        if message.role == "tool" and message.tool_call_id in results:
            continue  # stands after its call
        if not message.tool_calls:
            single.append(message)
            continue
        for number, call in enumerate(message.tool_calls):
            single.append(Message("assistant", "" if number else message.content, (call,)))
            if call.id in results:
                single.append(results[call.id])
    return single


def _system_in_first_turn(messages: Sequence[Message]) -> list[Message]:
    if len(messages) < 2 or messages[0].role != "system":
        return list(messages)
    system, first, *rest = messages
    return [Message(first.role, f"{system.content}\n\n{first.content}", first.tool_calls, first.tool_call_id), *rest]


def _as_dicts(messages: Sequence[Message], form: TemplateForm) -> list[dict[str, Any]]:
    names, ids, found = dict[str, str](), dict[str, str](), []
    for message in messages:
        written: dict[str, Any] = {"role": message.role, "content": message.content}
        calls = []
        for call in message.tool_calls:
            names[call.id] = call.name
            ids[call.id] = f"call{len(ids):05d}" if form.short_ids else call.id
            arguments = call.arguments if form.text_arguments else arguments_of(call)
            function = {"name": call.name, "arguments": arguments}
            calls.append({"id": ids[call.id], "type": "function", "function": function})
        if calls:
            written["tool_calls"] = calls
        if message.role == "tool":
            given = message.tool_call_id
            written |= {"tool_call_id": ids.get(given, given), "name": names.get(given, "")}
        found.append(written)
    return found
