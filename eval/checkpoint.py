"""A checkpoint as the model under test, loaded here and asked in batches (eval.generation).

A batch of which any answer is not stored yet is generated as a whole: where an earlier run stopped changes no rounding.
torch lives in eval's modules of models only: here, in `generation` and `during_training`.
"""

from __future__ import annotations

import hashlib
from collections.abc import AsyncIterator, Callable, Sequence
from pathlib import Path
from typing import Any

import torch

from datagen.llm.answers import Answer, AnswerStore, payload_key
from datagen.record import canonical_json
from eval.answerers import Conversation, ModelCard
from eval.config import ModelSection, SamplingSection
from eval.generation import Asked, answers_in_batches, generate, prompt_ids
from eval.task import Item, Transcript
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
        async for done in answers_in_batches(items, converse, size, lambda asked: self._answers(asked, limit)):
            yield done

    async def rendered(self, item: Item) -> str:
        return self.chat.tokenizer.decode(prompt_ids(self.chat, item.messages, item.tools))

    async def close(self) -> None:
        self._model = None

    def _answers(self, asked: Sequence[Asked], max_tokens: int) -> list[Answer]:
        """One answer a question: all from the store, or all of the batch generated."""
        payloads = [self._payload(one, max_tokens) for one in asked]
        stored = [self.store.find(payload_key(payload)) for payload in payloads]
        found = [answer for answer in stored if answer is not None]
        if len(found) == len(asked):
            return found
        prompts = [prompt_ids(self.chat, one.messages, one.tools) for one in asked]
        seed_of = canonical_json(payloads)
        answers = generate(self._loaded(), self.chat, prompts, self.sampling, max_tokens, seed_of)
        self.store.put_all(
            (payload_key(payload), canonical_json(payload), answer.as_json())
            for payload, answer in zip(payloads, answers, strict=True)
        )
        return answers

    def _payload(self, asked: Asked, max_tokens: int) -> dict[str, Any]:
        return {
            "checkpoint": self.card.identity,
            "messages": [message.as_dict() for message in asked.messages],
            "tools": [dict(tool) for tool in asked.tools],
            "sampling": {**self.sampling.model_dump(), "max_tokens": max_tokens},
        }

    def _loaded(self) -> Any:
        if self._model is None:
            self.say(f"loading {self.section.name} on {self.device}")
            self._model = load_model(self.source, self.chat, 0, self.say, self.dtype).to(self.device).eval()
        return self._model
