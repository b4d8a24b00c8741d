"""Messages read as turns: what was said, called, returned and replied; and what is wrong with their order.

Reading is lenient, so that a broken trajectory is still looked at by every other check; only the first fault of order
is kept. Never raises, whatever the messages hold.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import zip_longest
from typing import Any

from datagen.proof.reasons import Finding
from datagen.record import Message
from datagen.scenarios.scenario import Scenario

__all__ = ["MAX_CALLS", "MAX_REPLY", "MadeCall", "Played", "PlayedTurn", "read_played"]

MAX_CALLS = 64
"""Calls of a trajectory that are run again."""
MAX_REPLY = 20_000
"""Characters of a reply that are looked at."""


@dataclass(slots=True)
class MadeCall:
    """A call as the assistant made it. `round`: the number of its message; calls of one message share it."""

    id: str
    name: str
    arguments: str
    round: int
    result: str | None = None


@dataclass(slots=True)
class PlayedTurn:
    """`asides`: what the assistant said along with its calls. `reply`: None where the turn ends without one."""

    user: str
    calls: list[MadeCall] = field(default_factory=list)
    asides: list[str] = field(default_factory=list)
    reply: str | None = None


@dataclass(slots=True)
class Played:
    """`fault`: the first thing wrong with the order of the messages."""

    system: str = ""
    turns: list[PlayedTurn] = field(default_factory=list)
    fault: Finding | None = None

    @property
    def calls(self) -> list[MadeCall]:
        """All calls in the order they were made."""
        return [call for turn in self.turns for call in turn.calls]

    def note(self, reason: str, detail: str) -> None:
        if self.fault is None:
            self.fault = Finding(reason, detail)


def read_played(scenario: Scenario, messages: Sequence[Message]) -> Played:
    """The messages as turns of the scenario."""
    played, waiting, ids = Played(), [], set[str]()
    for number, message in enumerate(messages):
        place = f"message {number + 1}"
        content = _text(message.content)
        if content is None:
            played.note("malformed_message", f"{place} has no text")
            content = ""
        if message.tool_calls and message.role != "assistant":
            played.note("malformed_message", f"{place}: a message of {_shown(message.role)} makes calls")
        if message.role == "tool":
            _take_result(played, waiting, message, content, place)
            continue
        if waiting:
            played.note("unanswered_call", f"{waiting[0].id or waiting[0].name} has no result before {place}")
            waiting.clear()
        if message.role == "assistant":
            _take_assistant(played, waiting, ids, message, content, number)
        else:
            _take_said(played, message, content, number)
    if waiting:
        played.note("unanswered_call", f"{waiting[0].id or waiting[0].name} has no result")
    _compare_with(scenario, played)
    return played


def _take_said(played: Played, message: Message, content: str, number: int) -> None:
    """A system or user message."""
    if message.role == "user":
        if played.turns and played.turns[-1].reply is None:
            played.note("no_final_reply", f"message {number + 1}: the user speaks again before there was a reply")
        played.turns.append(PlayedTurn(content))
    elif message.role == "system" and number == 0:
        played.system = content
    else:
        known = message.role == "system"
        reason = "roles_out_of_order" if known else "malformed_message"
        played.note(reason, f"message {number + 1} is one of {_shown(message.role)}")


def _take_assistant(
    played: Played, waiting: list[MadeCall], ids: set[str], message: Message, content: str, number: int
) -> None:
    if not played.turns or played.turns[-1].reply is not None:
        played.note("roles_out_of_order", f"message {number + 1}: the assistant speaks without being asked")
        played.turns.append(PlayedTurn(""))
    turn = played.turns[-1]
    if not message.tool_calls:
        turn.reply = content
        if not content.strip():
            played.note("empty_reply", f"message {number + 1} says nothing")
        return
    if content.strip():
        turn.asides.append(content)
    for call in message.tool_calls:
        made = MadeCall(_text(call.id) or "", _text(call.name) or "", _text(call.arguments) or "", number)
        if not made.id or made.id in ids:
            played.note("duplicate_call_id", f"message {number + 1}: the id {made.id!r} is not the call's own")
        ids.add(made.id)
        turn.calls.append(made)
        waiting.append(made)


def _take_result(played: Played, waiting: list[MadeCall], message: Message, content: str, place: str) -> None:
    """The result of the first call that waits; one that waits longer is taken too, but noted."""
    answered = next((call for call in waiting if call.id == message.tool_call_id), None)
    if answered is None or answered is not waiting[0]:
        played.note("stray_result", f"{place} answers {_shown(message.tool_call_id)}, which is not the next open call")
    if answered is not None:
        answered.result = content
        waiting.remove(answered)


def _compare_with(scenario: Scenario, played: Played) -> None:
    """What the scenario wants of the conversation as a whole."""
    if played.system != scenario.system:
        played.note("system_differs", f"the system message is {_shown(played.system)}")
    said = [turn.user for turn in played.turns]
    for number, (given, wanted) in enumerate(zip_longest(said, (turn.user for turn in scenario.turns)), 1):
        if given != wanted:
            played.note("user_turns_differ", f"turn {number}: {_shown(given)} in place of {_shown(wanted)}")
    if not played.turns or played.turns[-1].reply is None:
        played.note("no_final_reply", "the conversation ends without a reply")
    if len(played.calls) > MAX_CALLS:
        played.note("too_much", f"{len(played.calls)} calls, at most {MAX_CALLS}")
    for turn in played.turns:
        for text in (turn.reply or "", *turn.asides):
            if len(text) > MAX_REPLY:
                played.note("too_much", f"a reply of {len(text):,} characters, at most {MAX_REPLY:,}")


def _text(value: Any) -> str | None:
    return value if isinstance(value, str) else None


def _shown(value: Any) -> str:
    return repr(value)[:80]
