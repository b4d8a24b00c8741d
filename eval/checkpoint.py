"""A checkpoint as the model under test: transformers' `generate`, in batches that are the same in every run.

Items go in groups of `batch_size`, in their order. The conversations of a group take turns together: once each has
asked or ended, what they ask is generated as one batch. So which questions share a batch, and with it every rounding,
depends on the items alone, not on timing or on where an earlier run stopped: a batch of which any answer is not stored
yet is generated as a whole. Greedy decoding needs no seed; sampling takes one from the batch's questions.

torch lives here and in `models` only. Shapes: B questions of a batch, P prompt tokens, T prompt and answer.
"""

from __future__ import annotations

import asyncio
import hashlib
import itertools
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import torch

from datagen.llm.answers import Answer, AnswerStore, payload_key
from datagen.record import Message, canonical_json
from eval.answerers import Conversation, ModelCard
from eval.config import ModelSection, SamplingSection
from eval.task import Item, Transcript
from models.conversation import Conversation as Chat
from models.loading import device_of, load_model, load_tokenizer, quiet_transformers
from models.source import ModelSection as Source

__all__ = ["CheckpointAnswerer", "weights_identity"]

_HASHED = ("*.safetensors", "*.bin", "*.json", "*.jinja", "*.model", "*.txt")


def weights_identity(path: str) -> str:
    """A hash over every file of a checkpoint folder; of a hub id the id (name a revision as folder to be exact)."""
    folder = Path(path)
    if not folder.is_dir():
        return f"hub:{path}"
    digest = hashlib.sha256()
    for file in sorted({file for pattern in _HASHED for file in folder.glob(pattern)}):
        with file.open("rb") as opened:
            digest.update(f"{file.name}:{hashlib.file_digest(opened, 'sha256').hexdigest()}\n".encode())
    return f"weights:sha256:{digest.hexdigest()[:16]}"


class CheckpointAnswerer:
    """Loads the model when the first answer is not in the store."""

    def __init__(
        self, section: ModelSection, sampling: SamplingSection, store: AnswerStore, say: Callable[[str], None]
    ) -> None:
        quiet_transformers()
        self.section, self.sampling, self.store, self.say = section, sampling, store, say
        self.source = Source(path=section.name)
        self.chat = load_tokenizer(self.source, say)
        self.device = device_of(section.device)
        half = section.dtype == "bfloat16" or (section.dtype == "auto" and self.device.type == "cuda")
        self.dtype = torch.bfloat16 if half else torch.float32
        shown = str(self.dtype).removeprefix("torch.")
        self.card = ModelCard(section.name, f"{weights_identity(section.name)}:{shown}", "transformers")
        self._model: Any = None

    async def answer_all(
        self, items: Sequence[Item], converse: Conversation, max_tokens: int
    ) -> AsyncIterator[tuple[int, Transcript]]:
        size, limit = self.section.batch_size, self.sampling.max_tokens or max_tokens
        for first in range(0, len(items), size):
            members = range(first, min(first + size, len(items)))
            group = _Group(len(members), lambda asked: self._answers(asked, limit))
            said = await asyncio.gather(
                *(group.run(place, items[position], converse) for place, position in enumerate(members))
            )
            for position, transcript in zip(members, said, strict=True):
                yield position, transcript

    async def rendered(self, item: Item) -> str:
        return self.chat.tokenizer.decode(self._ids(item.messages, item.tools))

    async def close(self) -> None:
        self._model = None

    def _ids(self, messages: Sequence[Message], tools: Sequence[Mapping[str, Any]]) -> list[int]:
        chat = Chat("", tuple(message.as_dict() for message in messages), tuple(dict(tool) for tool in tools))
        given = self.chat.given(chat)
        return self.chat.render(given.messages, given.tools, generation_prompt=True)

    def _answers(self, asked: Sequence[_Asked], max_tokens: int) -> list[Answer]:
        """One answer a question: all from the store, or all of the batch generated."""
        payloads = [self._payload(one, max_tokens) for one in asked]
        stored = [self.store.find(payload_key(payload)) for payload in payloads]
        found = [answer for answer in stored if answer is not None]
        if len(found) == len(asked):
            return found
        answers = self._generate([self._ids(one.messages, one.tools) for one in asked], max_tokens, payloads)
        self.store.put_all(
            (payload_key(payload), canonical_json(payload), answer.as_json())
            for payload, answer in zip(payloads, answers, strict=True)
        )
        return answers

    def _payload(self, asked: _Asked, max_tokens: int) -> dict[str, Any]:
        return {
            "checkpoint": self.card.identity,
            "messages": [message.as_dict() for message in asked.messages],
            "tools": [dict(tool) for tool in asked.tools],
            "sampling": {**self.sampling.model_dump(), "max_tokens": max_tokens},
        }

    @torch.inference_mode()
    def _generate(self, prompts: Sequence[list[int]], max_tokens: int, payloads: Sequence[Any]) -> list[Answer]:
        from transformers import GenerationConfig

        model = self._loaded()
        longest = max(map(len, prompts))
        ids_BP = torch.full((len(prompts), longest), self.chat.pad_id, dtype=torch.int64)
        attention_BP = torch.zeros_like(ids_BP)
        for row, prompt in enumerate(prompts):  # on the left: what is generated goes on where every prompt ends
            ids_BP[row, longest - len(prompt) :] = torch.tensor(prompt)
            attention_BP[row, longest - len(prompt) :] = 1
        ends = model.generation_config.eos_token_id
        sampled = {
            "do_sample": True,
            "temperature": self.sampling.temperature,
            "top_p": self.sampling.top_p,
            "top_k": 0,
        }
        config = GenerationConfig(
            **(sampled if self.sampling.temperature else {"do_sample": False}),
            max_new_tokens=max_tokens,
            eos_token_id=ends,
            pad_token_id=self.chat.pad_id,
        )
        with torch.random.fork_rng(devices=[self.device] if self.device.type == "cuda" else []):
            digest = hashlib.sha256(canonical_json(list(payloads)).encode()).digest()
            torch.manual_seed(int.from_bytes(digest[:7]))
            output_BT = model.generate(
                input_ids=ids_BP.to(self.device), attention_mask=attention_BP.to(self.device), generation_config=config
            )
        rows = output_BT[:, longest:].tolist()
        return [self._answer(ids, len(prompt), ends) for ids, prompt in zip(rows, prompts, strict=True)]

    def _answer(self, ids: Sequence[int], prompt_tokens: int, ends: Sequence[int]) -> Answer:
        text = list(itertools.takewhile(lambda token: token not in ends, ids))
        finished = len(text) < len(ids)
        content = self.chat.tokenizer.decode(text, skip_special_tokens=True)
        return Answer(content, "stop" if finished else "length", prompt_tokens, len(text) + finished)

    def _loaded(self) -> Any:
        if self._model is None:
            self.say(f"loading {self.section.name} on {self.device}")
            self._model = load_model(self.source, self.chat, 0, self.say, self.dtype).to(self.device).eval()
        return self._model


class _Asked:
    """A question of a group, and where its answer goes."""

    __slots__ = ("answer", "messages", "place", "tools")

    def __init__(self, place: int, messages: Sequence[Message], tools: Sequence[Mapping[str, Any]]) -> None:
        self.place, self.messages, self.tools = place, messages, tools
        self.answer: asyncio.Future[Answer] = asyncio.get_running_loop().create_future()


class _Group:
    """Conversations in step: a batch goes to the model once nobody in the group has anything else to do."""

    def __init__(self, members: int, answer: Callable[[Sequence[_Asked]], list[Answer]]) -> None:
        self._talking, self._answer = members, answer
        self._asked: list[_Asked] = []

    async def run(self, place: int, item: Item, converse: Conversation) -> Transcript:
        async def ask(messages: Sequence[Message], tools: Sequence[Mapping[str, Any]] = ()) -> Answer:
            one = _Asked(place, messages, tools)
            self._asked.append(one)
            self._talking -= 1
            self._answer_when_all_wait()
            return await one.answer

        try:
            return await converse(item, ask)
        finally:
            self._talking -= 1
            self._answer_when_all_wait()

    def _answer_when_all_wait(self) -> None:
        if self._talking or not self._asked:
            return
        asked, self._asked = sorted(self._asked, key=lambda one: one.place), []
        self._talking += len(asked)
        try:
            answers = self._answer(asked)
        except Exception as exc:  # noqa: BLE001 - it is raised again where each answer is waited for
            for one in asked:
                one.answer.set_exception(exc)
            return
        for one, answer in zip(asked, answers, strict=True):
            one.answer.set_result(answer)
