"""Asking the teacher: one place for sampling parameters. Every answer goes through the client, and so to its store."""

from __future__ import annotations

from dataclasses import dataclass

from datagen.llm.answers import Answer
from datagen.llm.client import ChatClient
from datagen.synthesis.prompts import Chat

__all__ = ["Asker", "fault_of_answer"]


@dataclass(frozen=True)
class Asker:
    """A model behind the client. `temperature` and `top_p` are used for samples; `decide` is greedy."""

    client: ChatClient
    model: str
    temperature: float
    top_p: float
    seed: int

    async def sample(self, chat: Chat, index: int, max_tokens: int) -> Answer:
        return await self.client.chat(
            self.model,
            chat,
            sample_index=index,
            temperature=self.temperature,
            top_p=self.top_p,
            max_tokens=max_tokens,
            seed=(self.seed + index) % 2**31,
        )

    async def decide(self, chat: Chat, max_tokens: int) -> Answer:
        return await self.client.chat(self.model, chat, temperature=0.0, max_tokens=max_tokens)


def fault_of_answer(answer: Answer) -> tuple[str, str] | None:
    """(reason, detail) where nothing was answered, or it was cut off; else None."""
    if answer.failed:  # not stored: the same command asks again
        return "endpoint_failed", answer.refused[:200]
    if answer.refused:
        return "endpoint_declined", answer.refused[:200]
    if answer.finish_reason == "length":
        return "truncated", f"cut off at {answer.completion_tokens} tokens"
    return None if answer.content.strip() else ("empty_answer", "")
