"""A scripted teacher of tool use that answers as the reference conversation does, natively or in the text.

It knows every conversation of a plan by what it is sent; `spoil(scenario, position, reply)` may replace any of its
replies (position: how many messages of the conversation came before).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Literal

from datagen.config import BuildRecipe
from datagen.llm.scripted import Fault, Reply, ScriptedAnswer
from datagen.own_tools.own_tools import OwnTools
from datagen.record import Message, canonical_json
from datagen.scenarios.reference import reference_messages
from datagen.scenarios.scenario import Scenario
from datagen.tool_build import library_of, scenario_plan
from datagen.tool_use.calling import PROBE, request
from datagen.tool_use.prompted import as_text

__all__ = ["ReferenceTeacher"]

Spoil = Callable[[Scenario, int, Reply], ScriptedAnswer]


class ReferenceTeacher:
    def __init__(
        self,
        recipe: BuildRecipe,
        way: Literal["native", "prompted"],
        count: int = 60,
        spoil: Spoil | None = None,
        own: OwnTools | None = None,
    ) -> None:
        plan = scenario_plan(recipe, library_of(recipe, own))
        self.way, self.spoil = way, spoil
        self._replies: dict[str, tuple[Scenario, int, Reply]] = {}
        self.scenarios: list[Scenario] = []
        for number in range(count):
            scenario = plan.scenario(number).scenario
            self.scenarios.append(scenario)
            messages = reference_messages(scenario, plan.library.tools)
            specs = [plan.library.tools[name].spec("th") for name in scenario.tools]
            for place, message in enumerate(messages):
                if message.role == "assistant":
                    sent, _ = request(way, messages[:place], specs, recipe.teacher.guidance, recipe.tools.reminder)
                    self._replies[canonical_json(sent)] = (scenario, place, self._reply(message))

    def __call__(self, body: Mapping[str, Any]) -> ScriptedAnswer:
        messages: Sequence[Mapping[str, Any]] = body["messages"]
        if messages[-1]["content"] == PROBE:
            return self._probed(body)
        if self.way == "prompted" and body.get("tools"):
            return Fault(400, "this model takes no tools")
        known = self._replies.get(canonical_json(messages))
        if known is None:
            return Reply("ขออภัยครับ ไม่เข้าใจคำถามนี้ครับ")
        return self.spoil(*known) if self.spoil else known[2]

    def _reply(self, message: Message) -> Reply:
        if self.way == "prompted":
            return Reply(as_text([message])[0]["content"])
        calls = tuple(
            {
                "id": f"server-{call.id}",
                "type": "function",
                "function": {"name": call.name, "arguments": call.arguments},
            }
            for call in message.tool_calls
        )
        return Reply(message.content, tool_calls=calls, finish_reason="tool_calls" if calls else "stop")

    def _probed(self, body: Mapping[str, Any]) -> ScriptedAnswer:
        if self.way == "prompted":
            return Fault(400, "this model takes no tools")
        name = body["tools"][0]["function"]["name"]
        return Reply("", tool_calls=({"id": "x", "type": "function", "function": {"name": name, "arguments": "{}"}},))
