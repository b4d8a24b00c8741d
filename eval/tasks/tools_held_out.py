"""`thai_tools_held_out`: conversations with tools, of goals that training is to leave out, played in the simulator.

Eight scenarios of each of the eight kinds, made as training rows are, of the domains and goals in
data/held_out_goals.txt; recipes/held_out_tools_th.yaml trains on all others.
The model's calls are run; what came of it is proven against the scenario by the same proof as training rows
(docs/proof.md), so its blind spots are the same: it does not judge style, nor remarks beyond the returned values.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from importlib.resources import files
from typing import Any

from datagen.domains import shipped_library
from datagen.llm.answers import Answer
from datagen.proof.prove import prove
from datagen.record import Message, canonical_json
from datagen.scenarios.drawing import ScenarioPlan
from datagen.scenarios.library import Library
from datagen.scenarios.scenario import KINDS, Scenario
from datagen.tool_use.playing import play
from eval.task import About, Ask, Item, Judge, Marks, Metric, Transcript

__all__ = ["SYSTEM", "ToolsHeldOut", "held_out_goals", "task"]

SYSTEM = (
    "คุณเป็นผู้ช่วยที่ตอบเป็นภาษาไทยอย่างสุภาพ ใช้เครื่องมือที่มีให้เมื่อจำเป็น และบอกข้อมูลตามผลลัพธ์ของเครื่องมือเท่านั้น "
    "หากขาดข้อมูลที่ต้องใช้ให้ถามผู้ใช้ก่อน หากเครื่องมือใช้ไม่ได้ชั่วคราวให้ลองอีกครั้ง "
    "หากไม่มีเครื่องมือที่ช่วยได้หรือทำรายการไม่สำเร็จให้บอกผู้ใช้ตามตรง"
)
"""What the model is told before the scenario's own system message; what it must do is said, so that it can."""

_SEED = -1  # no shipped recipe has it
_EACH_KIND = 8
_MAX_CALLS = 8
_CALLS = ("tool.structure", "tool.names", "tool.arguments", "tool.calls", "tool.results", "tool.state")
_REPLIES = ("tool.structure", "tool.reply", "tool.values", "tool.manners")


def held_out_goals() -> tuple[str, ...]:
    """Domains and goals that training leaves out."""
    return tuple((files("eval.tasks") / "data" / "held_out_goals.txt").read_text(encoding="utf-8").split())


class ToolsHeldOut:
    def __init__(self) -> None:
        self.library = shipped_library().within(frozenset(held_out_goals()))
        self.scenarios = _drawn(self.library)
        self.about = _about(self.scenarios)

    def items(self) -> Sequence[Item]:
        return [
            Item(
                name,
                _asked(_opening(scenario)),
                self._specs(scenario),
                {"kind": scenario.kind},
                group=scenario.kind,
            )
            for name, scenario in self.scenarios.items()
        ]

    async def converse(self, item: Item, ask: Ask) -> Transcript:
        scenario, answers = self.scenarios[item.id], list[Answer]()
        opening = _opening(scenario)

        async def put(messages: Sequence[Message], first: bool) -> Answer:
            answers.append(await ask(_asked(messages), item.tools))
            return answers[-1]

        played = await play(scenario, opening, self.library.tools, put, max_calls=_MAX_CALLS)
        failed = {
            verdict.id: verdict.reason
            for verdict in prove(scenario, played.messages, self.library.tools)
            if verdict.outcome != "PASS"
        }
        ended = {} if played.fault is None else {"ended_by": played.fault.reason}
        facts = {"kind": scenario.kind, "failed_checks": failed, **ended}
        return Transcript(tuple(played.messages[len(opening) :]), tuple(answers), facts)

    async def mark(self, item: Item, transcript: Transcript, judge: Judge | None) -> Marks:
        failed = set(transcript.facts["failed_checks"])
        return {
            "proven": float(not failed),
            "calls_right": float(failed.isdisjoint(_CALLS)),
            "replies_right": float(failed.isdisjoint(_REPLIES)),
        }

    def _specs(self, scenario: Scenario) -> tuple[Mapping[str, Any], ...]:
        return tuple(self.library.tools[name].spec(scenario.lang) for name in scenario.tools)


def _drawn(library: Library) -> dict[str, Scenario]:
    """By item id; a function of the shipped goals alone."""
    made = {}
    for place, kind in enumerate(KINDS):
        plan = ScenarioPlan(library, _SEED, {kind: 1.0})
        for number in range(_EACH_KIND):
            made[f"{kind}-{number + 1}"] = plan.scenario(place * _EACH_KIND + number).scenario
    return made


def _about(scenarios: Mapping[str, Scenario]) -> About:
    """The scenarios are part of the template, so that results over other ones are not compared unawares."""
    written = canonical_json([scenario.as_dict() for scenario in scenarios.values()])
    return About(
        name="thai_tools_held_out",
        title="Thai tool use, goals kept out of training",
        language="th",
        metrics=(
            Metric("proven", "the whole conversation is proven: calls, state and replies"),
            Metric("calls_right", "it came to its end with the right calls, and none else"),
            Metric("replies_right", "it came to its end; every reply does its part and states what was returned"),
        ),
        source="shipped",
        license="CC0-1.0",
        template=f"{SYSTEM}\n{hashlib.sha256(written.encode()).hexdigest()}",
        max_tokens=512,
        n=len(scenarios),
        tools=True,
    )


def _opening(scenario: Scenario) -> tuple[Message, ...]:
    system = (Message("system", scenario.system),) if scenario.system else ()
    return (*system, Message("user", scenario.turns[0].user))


def _asked(messages: Sequence[Message]) -> tuple[Message, ...]:
    """The conversation as it is sent: with what the task tells the model, which is no part of the scenario."""
    if messages[0].role == "system":
        return (Message("system", f"{SYSTEM}\n{messages[0].content}"), *messages[1:])
    return (Message("system", SYSTEM), *messages)


def task(name: str) -> ToolsHeldOut:
    return ToolsHeldOut()
