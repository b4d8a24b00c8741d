"""A question put to a judge and its reply read. Whoever asks brings the way to ask: an endpoint, or a harness's own."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Protocol

from datagen.llm.answers import Answer
from judges.fence import Part
from judges.guideline import Guideline
from judges.verdict import Judgement, read_reply

__all__ = ["Ask", "Judge"]


class Ask(Protocol):
    """Puts messages to the judge model, with whatever sampling, retries and store the caller has."""

    async def __call__(
        self, messages: Sequence[Mapping[str, Any]], *, response_format: Mapping[str, Any] | None = None
    ) -> Answer: ...


class Judge:
    """Judges cases by one guideline. `structured`: the reply's schema is sent along; it is read as strictly without."""

    def __init__(self, ask: Ask, guideline: Guideline, *, structured: bool = True) -> None:
        self.ask, self.guideline, self.structured = ask, guideline, structured

    async def judge(self, parts: Sequence[Part]) -> Judgement:
        """One case: its parts (question, reference, answer, ...) in the order in which they are shown."""
        guideline = self.guideline
        asked = guideline.asked(parts)
        said = await self.ask(asked.messages, response_format=asked.response_format if self.structured else None)
        return read_reply(said, guideline.scale, asked.seal, reasons=guideline.reasons)
