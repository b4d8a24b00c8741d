"""`screen` for conversations with tools: every reply to the user is looked at, by the rules of stages/screen.py.

A reply that must ask, decline or tell of an error says that it cannot do something: that is no refusal. An answer may
well hold all that a short turn said ("ภูเก็ต"): that it states what was returned is proven, so it is no echo.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence

from datagen.record import Record
from datagen.scenarios.recorded import scenario_of
from datagen.stages.screen import Screen

__all__ = ["ScreenReplies"]


_REFUSES, _STATES = ("refusal",), ("prompt_echo",)
_SHORT = 40  # characters of a turn that a reply may hold by chance


class ScreenReplies(Screen):
    def turns_of(self, record: Record) -> Sequence[int]:
        said = [message for message in record.messages if message.role == "assistant"]
        return [number for number, message in enumerate(said, 1) if not message.tool_calls]

    def allowed(self, record: Record, turn: int) -> Collection[str]:
        place = self.turns_of(record).index(turn)
        wanted = scenario_of(record).turns[place]
        if wanted.reply.kind == "answer":
            return _STATES
        return (*_REFUSES, *_STATES) if len(wanted.user) < _SHORT else _REFUSES
