"""`converse`: a scenario's conversation with the teacher, calls and their results included (datagen/tool_use).

Where a user turn follows, the turns before it are proven first: what is wrong already is rejected here (`first_turn`
and the proof's reason), before the rest is paid for. Every other reason is about an answer that cannot be used.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import replace

from datagen.config import BuildRecipe
from datagen.llm.answers import Answer
from datagen.llm.client import ChatClient
from datagen.record import Message, Record, Rejection
from datagen.scenarios.recorded import scenario_of
from datagen.stages.prove import first_turns, reason_of
from datagen.tool_use.calling import Calling, request
from datagen.tool_use.playing import Fault, play
from datagen.tools.tool import Tool

__all__ = ["Converse"]


class Converse:
    name = "converse"
    ordered = False

    def __init__(self, client: ChatClient, model: str, recipe: BuildRecipe, tools: Mapping[str, Tool]) -> None:
        self.client, self.model, self.recipe, self.tools = client, model, recipe, tools
        self._calling = Calling(client, model, recipe.tools.calling)

    async def __call__(self, record: Record) -> Record | Rejection:
        scenario, specs, way = scenario_of(record), json.loads(record.tools), await self._calling.way()
        config = self.recipe.teacher

        async def ask(messages: Sequence[Message], first: bool) -> Answer:
            sent, tools = request(way, messages, specs, config.guidance, self.recipe.tools.reminder)
            return await self.client.chat(
                self.model,
                sent,
                tools=tools,
                sample_index=record.sample_index,
                # Later questions hold what this candidate said before.
                siblings=self.recipe.candidates if first else 1,
                temperature=config.temperature,
                top_p=config.top_p,
                max_tokens=config.max_tokens,
                seed=(self.recipe.seed + (0 if config.use_n else record.sample_index)) % 2**31,
            )

        def look(turns: int, messages: Sequence[Message]) -> Fault | None:
            if not (worst := first_turns(scenario, turns, messages, self.tools)):
                return None
            reason, detail = reason_of(worst)
            return Fault(f"first_turn {reason}", detail)

        played = await play(
            scenario, record.messages, self.tools, ask, max_calls=self.recipe.tools.max_calls, look=look
        )
        provenance = replace(record.provenance, teacher=self.model, templates=(f"calling.{way}",))
        answered = replace(record, messages=tuple(played.messages), provenance=provenance)
        if played.fault:
            return Rejection(answered, self.name, played.fault.reason, played.fault.detail)
        return answered
