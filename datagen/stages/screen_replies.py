"""`screen` for conversations with tools: every reply to the user is looked at, by the rules of stages/screen.py.

A reply that must ask, decline or tell of an error says that it cannot do something: that is no refusal.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence

from datagen.record import Record
from datagen.scenarios.recorded import scenario_of
from datagen.stages.screen import Screen

__all__ = ["ScreenReplies"]


class ScreenReplies(Screen):
    def turns_of(self, record: Record) -> Sequence[int]:
        said = [message for message in record.messages if message.role == "assistant"]
        return [number for number, message in enumerate(said, 1) if not message.tool_calls]

    def allowed(self, record: Record, turn: int) -> Collection[str]:
        kind = scenario_of(record).turns[self.turns_of(record).index(turn)].reply.kind
        return () if kind == "answer" else ("refusal",)
