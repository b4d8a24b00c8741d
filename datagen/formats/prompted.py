"""Tools for templates that know none (Gemma, plain ChatML): specs, calls and results as text of ordinary turns.

    system     what there was, then the tools, one JSON a line between <tools> and </tools>, and how to call them
    assistant  its text, then for each call <tool_call>, {"name": ..., "arguments": {...}}, </tool_call>, a line each
    user       for each result <tool_response>, the result, </tool_response>; results side by side in one turn

Turns alternate between user and assistant, as such templates demand. The marks are those of Hermes and Qwen, which
inference servers can parse.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from datagen.record import Message, ToolCall

__all__ = ["as_text"]

_OFFER = {
    "th": "คุณเรียกใช้เครื่องมือเพื่อช่วยตอบผู้ใช้ได้ เครื่องมือที่มีอยู่ระหว่าง <tools> กับ </tools> บรรทัดละหนึ่งรายการ",
    "en": "You can call tools to help the user. The tools you have stand between <tools> and </tools>, one a line.",
}
_HOW = {
    "th": "เมื่อต้องการเรียกใช้เครื่องมือ ให้เขียนแต่ละครั้งในรูปแบบนี้ แล้วรอผลลัพธ์ ซึ่งจะอยู่ระหว่าง <tool_response> กับ </tool_response>",
    "en": "To call one, write each call in this form, and wait for its result, which comes between <tool_response> "
    "and </tool_response>.",
}
_SHAPE = '<tool_call>\n{"name": "NAME", "arguments": {...}}\n</tool_call>'


def as_text(messages: Sequence[Message], tools: Sequence[Mapping[str, Any]], lang: str) -> list[Message]:
    """The conversation without tool calls and results of its own kind; untouched where there are neither."""
    told = [Message("system", _offer(tools, lang))] if tools else []
    said: list[Message] = []
    for message in messages:
        if message.role == "system" and not said and told:
            told = [Message("system", f"{message.content}\n\n{told[0].content}")]
        elif message.role == "tool":
            result = f"<tool_response>\n{message.content}\n</tool_response>"
            if said and said[-1].role == "tool":
                result = f"{said.pop().content}\n{result}"
            said.append(Message("tool", result))
        elif message.tool_calls:
            parts = [message.content] if message.content else []
            said.append(Message("assistant", "\n".join([*parts, *map(_call, message.tool_calls)])))
        else:
            said.append(message)
    return [*told, *(Message("user", each.content) if each.role == "tool" else each for each in said)]


def _offer(tools: Sequence[Mapping[str, Any]], lang: str) -> str:
    lang = lang if lang in _OFFER else "en"
    specs = "\n".join(json.dumps(tool, ensure_ascii=False) for tool in tools)
    return f"{_OFFER[lang]}\n<tools>\n{specs}\n</tools>\n{_HOW[lang]}\n{_SHAPE}"


def _call(call: ToolCall) -> str:
    # The arguments as they were written: they are JSON already.
    name = json.dumps(call.name, ensure_ascii=False)
    return f'<tool_call>\n{{"name": {name}, "arguments": {call.arguments or "{}"}}}\n</tool_call>'
