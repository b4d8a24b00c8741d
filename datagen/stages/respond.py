"""`respond`: the teacher answers, one request per candidate.

`guidance` is said to the teacher and not kept in the row (context distillation); it is part of the store's
key and of the manifest. An answer cut off by its token limit is rejected here: nothing after it is judged.
"""

from __future__ import annotations

from dataclasses import replace

from datagen.config import TeacherConfig
from datagen.llm.client import ChatClient
from datagen.record import Message, Record, Rejection

__all__ = ["Respond"]


class Respond:
    """`name` signs the rejections: the stages `follow_up` and `repair` ask through a Respond of theirs."""

    ordered = False

    def __init__(
        self,
        client: ChatClient,
        model: str,
        config: TeacherConfig,
        seed: int,
        name: str = "respond",
        *,
        siblings: int = 1,
    ) -> None:
        self.client, self.model, self.config, self.seed = client, model, config, seed
        self.name, self.siblings = name, siblings

    async def __call__(self, record: Record) -> Record | Rejection:
        answer = await self.client.chat(
            self.model,
            with_guidance(record.messages, self.config.guidance),
            sample_index=record.sample_index,
            siblings=self.siblings,
            temperature=self.config.temperature,
            top_p=self.config.top_p,
            max_tokens=self.config.max_tokens,
            # With `use_n` siblings are choices of one request, which has one seed.
            seed=(self.seed + (0 if self.config.use_n else record.sample_index)) % 2**31,
        )
        if answer.failed:
            return Rejection(record, self.name, "endpoint_failed", answer.refused)
        if answer.refused:
            return Rejection(record, self.name, "endpoint_declined", answer.refused)
        provenance = replace(record.provenance, teacher=self.model)
        messages = (*record.messages, Message("assistant", answer.content.strip()))
        answered = replace(record, messages=messages, provenance=provenance)
        if answer.finish_reason == "length":
            return Rejection(answered, self.name, "truncated", f"cut off at {self.config.max_tokens} tokens")
        if answer.finish_reason == "content_filter":
            return Rejection(answered, self.name, "content_filtered", "the endpoint's filter ended the answer")
        if not answer.content.strip():
            return Rejection(answered, self.name, "empty_answer")
        return answered


def with_guidance(messages: tuple[Message, ...], guidance: str | None) -> list[dict[str, str]]:
    """The messages as sent: `guidance` first, joined with the row's own system turn where it has one."""
    sent = [message.as_dict() for message in messages]
    if guidance:
        if sent[0]["role"] == "system":
            sent[0] = {"role": "system", "content": f"{guidance}\n{sent[0]['content']}"}
        else:
            sent.insert(0, {"role": "system", "content": guidance})
    return sent
