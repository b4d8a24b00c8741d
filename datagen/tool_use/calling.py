"""Two ways to let a teacher call tools: natively, by the API's `tools`, or prompted, in the text of the conversation.

Which one is a property of the teacher (`tools.calling`): `auto` asks it once, with a tool that answers the question,
and takes the native way if it calls it. The probe is stored like any answer, so a resumed build decides the same. Both
ways end in the same kind of row. A native teacher that writes its call into the text all the same is understood, too.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from datagen.llm.answers import Answer
from datagen.llm.client import ChatClient
from datagen.record import Message, canonical_json
from datagen.stages.respond import with_guidance
from datagen.tool_use.prompted import SCAFFOLD, UnreadableCall, as_text, read_calls, scaffold

__all__ = ["PROBE", "Calling", "Said", "Way", "calling_template_hashes", "read_said", "request"]

Way = Literal["native", "prompted"]
_PROBE_TOOL: dict[str, Any] = {
    "type": "function",
    "function": {
        "name": "get_room_temperature",
        "description": "อุณหภูมิห้องในขณะนี้ เป็นองศาเซลเซียส",
        "parameters": {
            "type": "object",
            "properties": {"room": {"type": "string", "description": "ชื่อห้อง"}},
            "required": ["room"],
            "additionalProperties": False,
        },
    },
}
PROBE = "ตอนนี้ห้องประชุมอุณหภูมิเท่าไร ใช้เครื่องมือตรวจสอบให้หน่อย"
_PROBE_TOKENS = 120


def calling_template_hashes() -> dict[str, str]:
    """Of what tells a prompted teacher of tools, and of the probe."""
    said = {"calling.prompted": SCAFFOLD, "calling.probe": PROBE + canonical_json(_PROBE_TOOL)}
    return {name: hashlib.sha256(text.encode()).hexdigest()[:12] for name, text in said.items()}


@dataclass(frozen=True, slots=True)
class Said:
    """What a teacher said: words, and calls as (name, arguments as JSON text)."""

    content: str
    calls: tuple[tuple[str, str], ...] = ()


class Calling:
    """Which way the teacher calls; asked once in a build where the recipe leaves it open."""

    def __init__(self, client: ChatClient, model: str, wanted: Literal["auto", "native", "prompted"]) -> None:
        self._client, self._model = client, model
        self._way: Way | None = None if wanted == "auto" else wanted

    async def way(self) -> Way:
        if self._way is None:
            answer = await self._client.chat(
                self._model,
                [{"role": "user", "content": PROBE}],
                tools=[_PROBE_TOOL],
                temperature=0.0,
                max_tokens=_PROBE_TOKENS,
            )
            if answer.failed:
                return "prompted"  # told nothing, and is not stored: the next record asks again
            self._way = "native" if _called(answer) else "prompted"
        return self._way


def _called(answer: Answer) -> bool:
    """A call in the text counts: the teacher was told of the tool, and small models often forget the marks."""
    try:
        return any(name == _PROBE_TOOL["function"]["name"] for name, _ in read_said(answer).calls)
    except UnreadableCall:
        return False


def request(
    way: Way,
    messages: Sequence[Message],
    specs: Sequence[Mapping[str, Any]],
    guidance: str | None,
    reminder: str | None = None,
) -> tuple[list[dict[str, Any]], Sequence[Mapping[str, Any]]]:
    """Messages and `tools` as they are sent.

    `guidance`, `reminder` (the last word after a result) and what tells of tools are in no row.
    """
    sent, tools = _sent(way, messages, specs, guidance)
    if reminder and messages[-1].role == "tool":
        if way == "native":
            sent.append({"role": "system", "content": reminder})
        else:
            sent[-1] = {**sent[-1], "content": f"{sent[-1]['content']}\n{reminder}"}
    return sent, tools


def _sent(
    way: Way, messages: Sequence[Message], specs: Sequence[Mapping[str, Any]], guidance: str | None
) -> tuple[list[dict[str, Any]], Sequence[Mapping[str, Any]]]:
    if way == "native":
        return with_guidance(tuple(messages), guidance), specs
    told = "\n".join(part for part in (guidance, scaffold(specs) if specs else "") if part)
    sent = as_text(messages)
    if told and sent[0]["role"] == "system":
        sent[0] = {"role": "system", "content": f"{told}\n{sent[0]['content']}"}
    elif told:
        sent.insert(0, {"role": "system", "content": told})
    return sent, ()


def read_said(answer: Answer) -> Said:
    """
    Raises:
        UnreadableCall: it called something that cannot be read as a call.
    """
    if answer.tool_calls:
        return Said(answer.content.strip(), tuple(_native(call) for call in answer.tool_calls))
    content, calls = read_calls(answer.content)
    return Said(content, tuple((call.name, canonical_json(call.arguments)) for call in calls))


def _native(call: Mapping[str, Any]) -> tuple[str, str]:
    """Arguments are kept as the teacher wrote them, where they are text."""
    function = _function(call)
    name, arguments = function.get("name"), function.get("arguments")
    if not isinstance(name, str) or not name or not isinstance(arguments, str | dict | None):
        raise UnreadableCall(canonical_json(call)[:400])
    if isinstance(arguments, dict):
        arguments = canonical_json(arguments)
    return name, arguments or "{}"


def _function(call: Mapping[str, Any]) -> Mapping[str, Any]:
    function = call.get("function")
    return function if isinstance(function, Mapping) else {}
