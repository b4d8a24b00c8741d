"""One scenario played with a teacher: its words and calls asked for, the calls run, the user's next turn said.

Bounded by the scenario's turns, `max_calls` a turn and the teacher's `max_tokens` an answer. Calls run in the
scenario's own world, so their results are the same in every replay. Their ids are call_1, call_2 ... whatever a server
called them. A call with an unknown tool or wrong arguments gets its error as a result, as in life; whether the
conversation is any good is for `prove` to say.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field

from datagen.llm.answers import Answer
from datagen.record import Message, ToolCall
from datagen.scenarios.reference import world_of
from datagen.scenarios.scenario import Scenario
from datagen.tool_use.calling import read_said
from datagen.tool_use.prompted import UnreadableCall
from datagen.tools.execute import execute
from datagen.tools.tool import Tool
from datagen.tools.world import World

__all__ = ["Fault", "Play", "play"]

Ask = Callable[[Sequence[Message], bool], Awaitable[Answer]]
"""Puts the conversation so far to the teacher; the flag says that it is the first question."""
Look = Callable[[int, Sequence[Message]], "Fault | None"]
"""Looks at the conversation after a turn of that number; a fault ends it before the next turn is paid for."""
_SHOWN = 200


@dataclass(frozen=True, slots=True)
class Fault:
    """Why a conversation cannot go on: a countable reason, and what was seen."""

    reason: str
    detail: str = ""


@dataclass
class Play:
    """A conversation under way. `fault` is set where it ended before its end."""

    messages: list[Message]
    world: World
    fault: Fault | None = None
    calls: int = field(default=0)


async def play(
    scenario: Scenario,
    messages: Sequence[Message],
    tools: Mapping[str, Tool],
    ask: Ask,
    *,
    max_calls: int,
    look: Look = lambda turn, messages: None,
) -> Play:
    """The whole conversation, from `messages` (system turn and first user turn) on."""
    played = Play(list(messages), world_of(scenario))
    on_offer = {name: tools[name] for name in scenario.tools}
    for number, turn in enumerate(scenario.turns):
        if number:
            played.messages.append(Message("user", turn.user))
        played.fault = await _turn(played, on_offer, ask, max_calls, first=number == 0)
        if played.fault is None and number + 1 < len(scenario.turns):
            played.fault = look(number + 1, played.messages)
        if played.fault is not None:
            break
    return played


async def _turn(played: Play, tools: Mapping[str, Tool], ask: Ask, max_calls: int, *, first: bool) -> Fault | None:
    """One turn up to its reply; what went wrong, if anything."""
    made = 0
    while True:
        answer = await ask(played.messages, first and made == 0)
        if fault := _unusable(answer):
            if answer.content.strip():
                played.messages.append(Message("assistant", answer.content.strip()))
            return fault
        try:
            said = read_said(answer)
        except UnreadableCall as exc:
            played.messages.append(Message("assistant", answer.content.strip()))
            return Fault("unreadable_call", str(exc)[:_SHOWN])
        if not said.calls:
            if not said.content:
                return Fault("empty_answer")
            played.messages.append(Message("assistant", said.content))
            return None
        made += len(said.calls)
        if made > max_calls:
            return Fault("too_many_calls", f"{made} calls in one turn, at most {max_calls}")
        await _run(played, tools, said.content, said.calls)


async def _run(played: Play, tools: Mapping[str, Tool], content: str, wanted: Sequence[tuple[str, str]]) -> None:
    """The calls of one message, one after the other, and their results."""
    calls = [
        ToolCall(f"call_{number}", name, arguments) for number, (name, arguments) in enumerate(wanted, played.calls + 1)
    ]
    played.calls += len(calls)
    played.messages.append(Message("assistant", content, tuple(calls)))
    for call in calls:
        tool = tools.get(call.name)
        if tool is not None and tool.blocking:  # a server's or a user's: others are not to wait
            seen = await asyncio.to_thread(execute, tools, played.world, call.name, call.arguments)
        else:
            seen = execute(tools, played.world, call.name, call.arguments)
        played.messages.append(Message("tool", seen.content, tool_call_id=call.id))


def _unusable(answer: Answer) -> Fault | None:
    if answer.failed:
        return Fault("endpoint_failed", answer.refused)
    if answer.refused:
        return Fault("endpoint_declined", answer.refused)
    if answer.finish_reason == "length":
        return Fault("truncated", f"cut off after {answer.completion_tokens} tokens")
    if answer.finish_reason == "content_filter":
        return Fault("content_filtered", "the endpoint's filter ended the answer")
    return None
