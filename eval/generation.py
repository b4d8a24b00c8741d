"""Conversations in batches over a model in this process: transformers' `generate`, the same batches in every run.

Items go in groups of a fixed size, in their order. The conversations of a group take turns together: once each has
asked or ended, what they ask is generated as one batch. So which questions share a batch, and with it every rounding,
depends on the items alone. Greedy decoding needs no seed; sampling takes one from the text that names the batch.

The model is left as it was: its mode and attention, and the global random generators. Shapes: B questions of a batch,
P prompt tokens, T prompt and answer.
"""

from __future__ import annotations

import asyncio
import hashlib
import itertools
from collections.abc import AsyncIterator, Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

import torch

from datagen.llm.answers import Answer
from datagen.record import Message
from eval.answerers import Conversation
from eval.config import SamplingSection
from eval.task import Item, Transcript
from models.chat_tokens import ChatTokenizer
from models.conversation import Conversation as Chat

__all__ = ["Asked", "answers_in_batches", "generate", "prompt_ids"]


async def answers_in_batches(
    items: Sequence[Item], converse: Conversation, size: int, answer: Callable[[Sequence[Asked]], list[Answer]]
) -> AsyncIterator[tuple[int, Transcript]]:
    """`answer` gets the questions of one batch at a time, at most `size`, in the order of their items."""
    for first in range(0, len(items), size):
        members = range(first, min(first + size, len(items)))
        group = _Group(len(members), answer)
        said = await asyncio.gather(
            *(group.run(place, items[position], converse) for place, position in enumerate(members))
        )
        for position, transcript in zip(members, said, strict=True):
            yield position, transcript


def prompt_ids(chat: ChatTokenizer, messages: Sequence[Message], tools: Sequence[Mapping[str, Any]]) -> list[int]:
    """As the chat template has it, up to where the answer begins."""
    given = chat.given(Chat("", tuple(message.as_dict() for message in messages), tuple(dict(tool) for tool in tools)))
    return chat.render(given.messages, given.tools, generation_prompt=True)


@torch.no_grad()
def generate(
    model: Any,
    chat: ChatTokenizer,
    prompts: Sequence[list[int]],
    sampling: SamplingSection,
    max_tokens: int,
    seed_of: str,
    *,
    bf16: bool = False,
) -> list[Answer]:
    """One answer a prompt. `bf16`: matrix products in bf16 over weights that are not."""
    from transformers import GenerationConfig

    device, ends = next(model.parameters()).device, model.generation_config.eos_token_id
    ends = [ends] if isinstance(ends, int) else list(ends)
    longest = max(map(len, prompts))
    ids_BP = torch.full((len(prompts), longest), chat.pad_id, dtype=torch.int64)
    attention_BP = torch.zeros_like(ids_BP)
    for row, prompt in enumerate(prompts):  # on the left: what is generated goes on where every prompt ends
        ids_BP[row, longest - len(prompt) :] = torch.tensor(prompt)
        attention_BP[row, longest - len(prompt) :] = 1
    sampled = {"do_sample": True, "temperature": sampling.temperature, "top_p": sampling.top_p, "top_k": 0}
    unused = list(range(len(chat.tokenizer), model.get_output_embeddings().weight.shape[0]))
    config = GenerationConfig(
        **(sampled if sampling.temperature else {"do_sample": False}),
        max_new_tokens=max_tokens,
        eos_token_id=ends,
        pad_token_id=chat.pad_id,
        suppress_tokens=unused or None,  # ids that no tokenizer has are not said
    )
    with _undisturbed(model, device), torch.autocast(device.type, dtype=torch.bfloat16, enabled=bf16):
        torch.manual_seed(int.from_bytes(hashlib.sha256(seed_of.encode()).digest()[:7]))
        output_BT = model.generate(
            input_ids=ids_BP.to(device), attention_mask=attention_BP.to(device), generation_config=config
        )
    rows = output_BT[:, longest:].tolist()
    return [_answer(chat, ids, len(prompt), ends) for ids, prompt in zip(rows, prompts, strict=True)]


@contextmanager
def _undisturbed(model: Any, device: torch.device) -> Iterator[None]:
    """In evaluation mode, with the attention that takes padding; afterwards as it was."""
    was_training, attention = model.training, model.config._attn_implementation
    with torch.random.fork_rng(devices=[device] if device.type == "cuda" else []):
        model.eval()
        model.set_attn_implementation("sdpa")
        try:
            yield
        finally:
            model.set_attn_implementation(attention)
            model.train(was_training)


def _answer(chat: ChatTokenizer, ids: Sequence[int], prompt_tokens: int, ends: Sequence[int]) -> Answer:
    text = list(itertools.takewhile(lambda token: token not in ends, ids))
    finished = len(text) < len(ids)
    content = chat.tokenizer.decode(text, skip_special_tokens=True)
    return Answer(content, "stop" if finished else "length", prompt_tokens, len(text) + finished)


class Asked:
    """A question of a group, and where its answer goes."""

    __slots__ = ("answer", "messages", "place", "tools")

    def __init__(self, place: int, messages: Sequence[Message], tools: Sequence[Mapping[str, Any]]) -> None:
        self.place, self.messages, self.tools = place, messages, tools
        self.answer: asyncio.Future[Answer] = asyncio.get_running_loop().create_future()


class _Group:
    """Conversations in step: a batch goes to the model once nobody in the group has anything else to do."""

    def __init__(self, members: int, answer: Callable[[Sequence[Asked]], list[Answer]]) -> None:
        self._talking, self._answer = members, answer
        self._asked: list[Asked] = []

    async def run(self, place: int, item: Item, converse: Conversation) -> Transcript:
        async def ask(messages: Sequence[Message], tools: Sequence[Mapping[str, Any]] = ()) -> Answer:
            one = Asked(place, messages, tools)
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
