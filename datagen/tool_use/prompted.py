"""Tool calling with teachers that know none: tools in the system message, calls in the text, results as the user.

Calls are asked for in the form many models were trained on, <tool_call>{"name": ..., "arguments": {...}}</tool_call>,
and read leniently: other marks for the same thing, a code fence, several in one block, a forgotten last brace. What is
recorded is the call, never the marks. Read are the forms of Hermes and Qwen (<tool_call>), Mistral ([TOOL_CALLS]),
Llama (<function=NAME>) and bare JSON.

>>> read_calls('รอสักครู่ <tool_call>{"name": "find", "arguments": {"word": "บ้าน"}</tool_call>')
('รอสักครู่', [Call(name='find', arguments={'word': 'บ้าน'})])
>>> read_calls("สวัสดีครับ")
('สวัสดีครับ', [])
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from datagen.record import Message, canonical_json

__all__ = ["SCAFFOLD", "Call", "UnreadableCall", "as_text", "read_calls", "scaffold"]

SCAFFOLD = """เครื่องมือที่เรียกใช้ได้ บรรทัดละหนึ่งรายการ เป็น JSON:
<tools>
{tools}
</tools>
เมื่อต้องใช้เครื่องมือ ให้ตอบด้วยบล็อกนี้เท่านั้น หนึ่งบล็อกต่อการเรียกหนึ่งครั้ง เรียกหลายครั้งก็เขียนหลายบล็อก:
<tool_call>
{{"name": "ชื่อเครื่องมือ", "arguments": {{"ชื่อพารามิเตอร์": "ค่า"}}}}
</tool_call>
ผลลัพธ์จะส่งกลับมาใน <tool_response> แล้วจึงตอบผู้ใช้เป็นประโยคโดยไม่มีบล็อก ถ้าไม่ต้องใช้เครื่องมือ ให้ตอบเป็นประโยคได้เลย"""

_CALL, _CALL_END = "<tool_call>", "</tool_call>"
_RESPONSE, _RESPONSE_END = "<tool_response>", "</tool_response>"
_BLOCK = re.compile(r"<tool_call>(.*?)(?:</tool_call>|(?=<tool_call>)|\Z)", re.DOTALL)
_FUNCTION = re.compile(r"<function=([\w.-]+)>(.*?)(?:</function>|(?=<function=)|\Z)", re.DOTALL)
_MISTRAL = re.compile(r"\[TOOL_CALLS\](.*)\Z", re.DOTALL)
_FENCE = re.compile(r"\A\s*```(?:\w+)?\s*(.*?)\s*(?:```\s*)?\Z", re.DOTALL)
_WRONG_MARK = re.compile(r"\A\s*<(?:tool_response|tools?|response|function_call)>(.*?)(?:</\w+>)?\s*\Z", re.DOTALL)
_NAMED = re.compile(r'"(?:name|function)"\s*:.*"(?:arguments|parameters)"\s*:', re.DOTALL)
_STRAY = re.compile(r"</?(?:tool_call|tool_response|tools?|function_call)>")
_CLOSINGS = ("", "}", "}}", "]", "}]", "}}]")
_SEPARATORS = " \t\r\n,;"


@dataclass(frozen=True, slots=True)
class Call:
    """A call as it was meant."""

    name: str
    arguments: Mapping[str, Any]


class UnreadableCall(ValueError):
    """A call was begun, but what stands there cannot be read as one."""


def scaffold(specs: Sequence[Mapping[str, Any]]) -> str:
    """What a teacher without tool calling is told of tools."""
    return SCAFFOLD.format(tools="\n".join(canonical_json(spec["function"]) for spec in specs))


def as_text(messages: Sequence[Message]) -> list[dict[str, Any]]:
    """The conversation without calls and tool turns: both as marked text, results of one message in one user turn."""
    said: list[dict[str, Any]] = []
    for message in messages:
        if message.role == "tool":
            block = f"{_RESPONSE}\n{_fenced(message.content)}\n{_RESPONSE_END}"
            if said and said[-1]["role"] == "user" and said[-1]["content"].endswith(_RESPONSE_END):
                said[-1]["content"] += f"\n{block}"
            else:
                said.append({"role": "user", "content": block})
        elif message.tool_calls:
            blocks = [
                f'{_CALL}\n{{"name": {json.dumps(call.name)}, "arguments": {call.arguments}}}\n{_CALL_END}'
                for call in message.tool_calls
            ]
            said.append(
                {"role": "assistant", "content": "\n".join(part for part in (message.content, *blocks) if part)}
            )
        else:
            said.append({"role": message.role, "content": message.content})
    return said


def _fenced(result: str) -> str:
    """A result that cannot close the block it stands in: in JSON, "<\\/" is the same text."""
    return result.replace("</", "<\\/")


def read_calls(text: str) -> tuple[str, list[Call]]:
    """What was said beside the calls, and the calls.

    Raises:
        UnreadableCall: there is the mark of a call, and no call that can be read.
    """
    for pattern in (_BLOCK, _MISTRAL):
        if blocks := pattern.findall(text):
            calls = [call for block in blocks for call in _calls_in(block)]
            return _STRAY.sub("", pattern.sub("", text)).strip(), calls
    if functions := _FUNCTION.findall(text):
        calls = [Call(name, _arguments(_only(_values(body)), body)) for name, body in functions]
        return _FUNCTION.sub("", text).strip(), calls
    if (calls := _bare(text)) is not None:
        return "", calls
    if _STRAY.search(text):
        raise UnreadableCall(text)
    return text.strip(), []


def _bare(text: str) -> list[Call] | None:
    """The calls of a text that is nothing but JSON of calls; None where it is anything else."""
    marked = _WRONG_MARK.match(text)
    text = marked.group(1) if marked else text
    fenced = _FENCE.match(text)
    body = (fenced.group(1) if fenced else text).strip()
    if not body.startswith(("{", "[")) or not _NAMED.search(body):
        return None
    try:
        return _calls_in(body) or None
    except UnreadableCall:
        return None


def _calls_in(block: str) -> list[Call]:
    fenced = _FENCE.match(block)
    body = (fenced.group(1) if fenced else block).strip()
    calls = [_call(value, body) for value in _flat(_values(body))]
    if not calls:
        raise UnreadableCall(body)
    return calls


def _call(value: Any, text: str) -> Call:
    if isinstance(value, dict) and isinstance(value.get("function"), dict):
        value = value["function"]
    name = value.get("name", value.get("function")) if isinstance(value, dict) else None
    if not isinstance(name, str) or not name:
        raise UnreadableCall(text)
    return Call(name, _arguments(value.get("arguments", value.get("parameters", {})), text))


def _arguments(value: Any, text: str) -> Mapping[str, Any]:
    if isinstance(value, str):  # JSON in JSON, as the API itself has it
        value = _only(_values(value or "{}"))
    if value is None:
        return {}
    if not isinstance(value, dict):
        raise UnreadableCall(text)
    return value


def _flat(values: Sequence[Any]) -> Iterator[Any]:
    for value in values:
        if isinstance(value, list):
            yield from value
        else:
            yield value


def _only(values: Sequence[Any]) -> Any:
    return values[0] if len(values) == 1 else list(values)


def _values(text: str) -> list[Any]:
    """JSON values one after the other; the last may lack its closing braces.

    Raises:
        UnreadableCall: anything else stands there.
    """
    decoder, found, place = json.JSONDecoder(), [], 0
    body = text.strip(_SEPARATORS)
    while place < len(body):
        try:
            value, place = decoder.raw_decode(body, place)
        except (ValueError, RecursionError):
            found.append(_closed(body[place:], text))
            break
        found.append(value)
        while place < len(body) and body[place] in _SEPARATORS + "}":  # a brace too many
            place += 1
    return found


def _closed(rest: str, text: str) -> Any:
    for closing in _CLOSINGS[1:]:
        try:
            return json.loads(rest.rstrip(_SEPARATORS) + closing)
        except (ValueError, RecursionError):
            continue
    raise UnreadableCall(text)
