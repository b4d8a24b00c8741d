"""Who is asked: an endpoint (embedded models included), through the chat client and its store of answers.

`Answerer.answer_all` runs a conversation for each item. Every raw answer is committed to the store the moment it
arrives, under everything that may change it; a stopped evaluation pays for nothing twice.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from datagen.config import BuildRecipe
from datagen.llm.answers import Answer, AnswerStore
from datagen.llm.client import ChatClient
from datagen.llm.usage import Usage
from datagen.record import Message
from datagen.teacher import Connection, Teacher, client_of, teacher_of
from datagen.tool_use.calling import Calling, request
from eval.config import JudgeSection, ModelSection, SamplingSection
from eval.task import Ask, Item, Transcript

__all__ = ["Answerer", "Endpoint", "EndpointAnswerer", "ModelCard"]

Conversation = Callable[[Item, Ask], Awaitable[Transcript]]


@dataclass(frozen=True, slots=True)
class ModelCard:
    """Whose answers they are. `identity`: the endpoint's address, or the hash of the weights."""

    name: str
    identity: str
    backend: str


class Answerer(Protocol):
    """The model under test."""

    card: ModelCard

    def answer_all(
        self, items: Sequence[Item], converse: Conversation, max_tokens: int
    ) -> AsyncIterator[tuple[int, Transcript]]:
        """(position in `items`, what was said), in whatever order they are done."""
        ...

    async def rendered(self, item: Item) -> str:
        """The exact prompt of an item, as it is sent or, of a checkpoint, as its chat template writes it."""
        ...

    async def close(self) -> None: ...


class Endpoint:
    """A model at an endpoint, or embedded and served on loopback; nothing starts before the first question."""

    def __init__(self, section: ModelSection | JudgeSection, store: AnswerStore, say: Callable[[str], None]) -> None:
        teacher: dict[str, Any] = {
            "model": section.name,
            "base_url": section.base_url,
            "key": section.key,
            "concurrency": section.concurrency,
            "timeout_s": section.timeout_s,
            "max_retries": section.max_retries,
        }
        if isinstance(section, ModelSection):
            teacher["context_tokens"] = section.context_tokens
        recipe = BuildRecipe.model_validate({"teacher": {k: v for k, v in teacher.items() if v is not None}})
        self.teacher: Teacher = teacher_of(recipe)
        context = recipe.teacher.context_tokens
        self.connection = Connection(self.teacher, section.concurrency, say, context_tokens=context)
        self.client: ChatClient = client_of(recipe, self.teacher, self.connection, store, say)

    @property
    def card(self) -> ModelCard:
        teacher = self.teacher
        if teacher.embedded:
            return ModelCard(teacher.name, teacher.identity, "llama.cpp")
        return ModelCard(teacher.name, f"{teacher.name} at {teacher.identity}", "endpoint")

    async def close(self) -> None:
        await self.client.close()
        self.connection.close()


class EndpointAnswerer:
    """Asks an endpoint, as many items at a time as it takes."""

    def __init__(
        self, section: ModelSection, sampling: SamplingSection, store: AnswerStore, say: Callable[[str], None]
    ) -> None:
        self.endpoint, self.sampling, self.concurrency = Endpoint(section, store, say), sampling, section.concurrency
        self.card = self.endpoint.card
        self.calling = Calling(self.endpoint.client, self.card.name, section.calling)

    @property
    def usage(self) -> Usage:
        return self.endpoint.client.usage

    async def answer_all(
        self, items: Sequence[Item], converse: Conversation, max_tokens: int
    ) -> AsyncIterator[tuple[int, Transcript]]:
        places = asyncio.Semaphore(2 * self.concurrency)

        async def ask(messages: Sequence[Message], tools: Sequence[Mapping[str, Any]] = ()) -> Answer:
            sent, native = await self._sent(messages, tools)
            return await self.endpoint.client.chat(
                self.card.name,
                sent,
                tools=native,
                temperature=self.sampling.temperature,
                top_p=self.sampling.top_p,
                seed=self.sampling.seed,
                max_tokens=self.sampling.max_tokens or max_tokens,
            )

        async def one(position: int) -> tuple[int, Transcript]:
            async with places:
                return position, await converse(items[position], ask)

        tasks = [asyncio.create_task(one(position)) for position in range(len(items))]
        try:
            for task in asyncio.as_completed(tasks):
                yield await task
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)

    async def _sent(
        self, messages: Sequence[Message], tools: Sequence[Mapping[str, Any]]
    ) -> tuple[list[dict[str, Any]], Sequence[Mapping[str, Any]]]:
        if not tools:
            return [message.as_dict() for message in messages], ()
        return request(await self.calling.way(), messages, tools, None)

    async def rendered(self, item: Item) -> str:
        sent, native = await self._sent(item.messages, item.tools)
        lines = [f"[{message['role']}]\n{message['content']}" for message in sent]
        return "\n\n".join([*lines, *(f"[tool on offer]\n{spec}" for spec in native)])

    async def close(self) -> None:
        await self.endpoint.close()
