"""A scenario carried out as it should be: its calls run in a fresh world, and a plain conversation that states them.

What an earlier call returned is put in where a later one takes it (`$from`); of several allowed values (`$any`) the
first is used. A call that meets a passing fault is made again, as an assistant should. The conversation is correct,
not beautiful: it proves that a scenario can be solved, and is what checks are tried on.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from datagen.errors import ScenarioError
from datagen.record import Message, ToolCall, canonical_json
from datagen.scenarios.scenario import ExpectedCall, Scenario, State, Turn, at_path
from datagen.tools.execute import Observation, execute
from datagen.tools.tool import Tool
from datagen.tools.words import BE, MONTHS
from datagen.tools.world import World

__all__ = ["MADE_AGAIN", "Made", "Reference", "reference_messages", "resolved", "run_reference", "stated", "world_of"]

MADE_AGAIN = "unavailable"
"""The error after which a call is made again."""
_TRIES = 3
_QUESTION = re.compile("ไหน|ไหม|อะไร|ใคร|กี่|เท่าไ|เมื่อไ")


@dataclass(frozen=True, slots=True)
class Made:
    """A call as it was made. `expected`: its number over the scenario; a fault makes several of one number."""

    expected: int
    name: str
    arguments: str
    seen: Observation


@dataclass(frozen=True)
class Reference:
    """All calls in order, and the world's state after them."""

    made: tuple[Made, ...]
    state: str

    @property
    def results(self) -> list[Any]:
        """The last result of each expected call, as data."""
        by_number = {made.expected: made.seen.value for made in self.made}
        return [by_number[number] for number in sorted(by_number)]


def world_of(scenario: Scenario) -> World:
    """A fresh world as the scenario has it."""
    return World(scenario.seed, datetime.fromisoformat(scenario.now), scenario.faults)


def run_reference(scenario: Scenario, tools: Mapping[str, Tool]) -> Reference:
    """Every expected call, in order.

    Raises:
        ScenarioError: one does not end as the scenario says, or a value that a reply must state is not there.
    """
    world, made, results = world_of(scenario), [], []
    on_offer = {name: tools[name] for name in scenario.tools if name in tools}
    for number, call in enumerate(scenario.calls):
        done = _call(scenario, number, call, on_offer, world, results)
        made += done
        results.append(done[-1].seen.value)
    for turn in scenario.turns:
        for state in turn.reply.states:
            stated(state, results, scenario.id)
    return Reference(tuple(made), world.snapshot())


def resolved(arguments: Mapping[str, Any], results: Sequence[Any]) -> dict[str, Any]:
    """The arguments with every `$from` and `$any` replaced. Raises LookupError or TypeError where nothing is there."""
    return {name: _resolved(value, results) for name, value in arguments.items()}


def _resolved(value: Any, results: Sequence[Any]) -> Any:
    if not isinstance(value, Mapping):
        return value
    if "$from" in value:
        call, path = value["$from"]
        return at_path(results[call], path)
    return value["$any"][0] if "$any" in value else value


def _call(
    scenario: Scenario,
    number: int,
    call: ExpectedCall,
    tools: Mapping[str, Tool],
    world: World,
    results: Sequence[Any],
) -> list[Made]:
    try:
        arguments = canonical_json(resolved(call.arguments, results))
    except (LookupError, TypeError, ValueError) as exc:
        raise ScenarioError(
            f"{scenario.id}: call {number} ({call.name}) needs a result that is not there: {exc!r}"
        ) from exc
    made: list[Made] = []
    for _ in range(_TRIES):
        made.append(Made(number, call.name, arguments, execute(tools, world, call.name, arguments)))
        if made[-1].seen.error != MADE_AGAIN or call.error == MADE_AGAIN:
            break
    seen = made[-1].seen
    if seen.error != call.error:
        raise ScenarioError(
            f"{scenario.id}: call {number} {call.name}({arguments}) must end with {call.error or 'a result'!r}, "
            f"it ended with {seen.error or 'a result'!r}: {seen.content[:200]}"
        )
    return made


def stated(state: State, results: Sequence[Any], place: str) -> Any:
    """The value that a reply must state.

    Raises:
        ScenarioError: it is not there.
    """
    try:
        return at_path(results[state.call], state.path)
    except (LookupError, TypeError, ValueError) as exc:
        raise ScenarioError(f"{place}: call {state.call} returned nothing at {state.path!r}: {exc!r}") from exc


def reference_messages(scenario: Scenario, tools: Mapping[str, Tool]) -> tuple[Message, ...]:
    """The conversation of an assistant that does what the scenario wants, in plain Thai."""
    reference = run_reference(scenario, tools)
    messages = [Message("system", scenario.system)] if scenario.system else []
    waiting, number, ids = list(reference.made), 0, 0
    for turn in scenario.turns:
        messages.append(Message("user", turn.user))
        last = number + len(turn.calls)
        while waiting and waiting[0].expected < last:
            together = _together(scenario, waiting)
            calls = tuple(ToolCall(f"call_{ids + i + 1}", m.name, m.arguments) for i, m in enumerate(together))
            messages.append(Message("assistant", "", calls))
            messages += [
                Message("tool", made.seen.content, tool_call_id=call.id)
                for call, made in zip(calls, together, strict=True)
            ]
            ids, waiting = ids + len(together), waiting[len(together) :]
        messages.append(Message("assistant", _reply(turn, reference.results)))
        number = last
    return tuple(messages)


def _together(scenario: Scenario, waiting: Sequence[Made]) -> list[Made]:
    """The next calls that one message can make: all of them in a parallel scenario, else one."""
    if scenario.kind != "parallel":
        return [waiting[0]]
    return list(waiting)


def _reply(turn: Turn, results: Sequence[Any]) -> str:
    reply = turn.reply
    match reply.kind:
        case "ask":
            return f"{' '.join(map(_asking, reply.words))}ครับ"
        case "decline":
            return "ขออภัยครับ ผมไม่มีเครื่องมือสำหรับตรวจสอบเรื่องนี้ จึงไม่สามารถให้ข้อมูลได้ครับ"
        case "report_error":
            return "ขออภัยครับ ระบบไม่สามารถดำเนินการให้ได้ในขณะนี้ เพราะเกิดข้อผิดพลาดหรือไม่พบข้อมูลครับ"
    values = " ".join(_said(stated(state, results, "reply"), state.form) for state in reply.states)
    return f"ตรวจสอบให้เรียบร้อยแล้วครับ ข้อมูลที่ได้คือ {values} ครับ"


def _asking(words: Sequence[str]) -> str:
    """A question that holds one of the words; some of them are question words themselves."""
    nouns = [word for word in words if not _QUESTION.search(word)]
    return f"รบกวนแจ้ง{nouns[0]}ด้วยได้ไหม" if nouns else f"ไม่ทราบว่า{words[0]}"


def _said(value: Any, form: str) -> str:
    if form == "date":
        day = date.fromisoformat(str(value)[:10])
        return f"{day.day} {MONTHS[day.month - 1]} {day.year + BE}"
    if form == "time":
        return f"{value} น."
    return str(value)
