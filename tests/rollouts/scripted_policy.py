"""A policy that says what a test tells it, in ids; and tokenizers with the chat templates of real models."""

from __future__ import annotations

import importlib.util
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from models.chat_tokens import ChatTokenizer
from models.conversation import Conversation, Message
from rollouts.engine import Rollout
from rollouts.trajectory import Prompt

__all__ = ["ScriptedPolicy", "byte_chat", "prompt_of", "template_of"]

SPECIALS = ("<|endoftext|>", "<|im_start|>", "<|im_end|>")


def template_of(name: str) -> str:
    """A template of trl, which is not imported for it."""
    spec = importlib.util.find_spec("trl")
    if spec is None or not spec.submodule_search_locations:
        pytest.skip("the templates are those of trl (extra dev)")
    return (Path(spec.submodule_search_locations[0]) / "chat_templates" / f"{name}.jinja").read_text(encoding="utf-8")


def byte_chat(template: str) -> ChatTokenizer:
    """Bytes, and one id for each control token."""
    from tokenizers import AddedToken
    from tokenizers.pre_tokenizers import ByteLevel
    from transformers import Qwen2Tokenizer

    build: Any = Qwen2Tokenizer
    tokenizer = build(
        vocab={symbol: n for n, symbol in enumerate(sorted(ByteLevel.alphabet()))},
        merges=[],
        eos_token="<|im_end|>",
        pad_token="<|endoftext|>",
        unk_token=None,
        added_tokens_decoder={256 + n: AddedToken(t, special=True, normalized=False) for n, t in enumerate(SPECIALS)},
    )
    tokenizer.chat_template = template
    return ChatTokenizer(tokenizer)


def prompt_of(chat: ChatTokenizer, pool: Any, question: dict[str, Any]) -> Prompt:
    """The question as `rollouts.questions` has it."""
    system: list[Message] = [{"role": "system", "content": pool.system}] if pool.system else []
    messages = (*system, {"role": "user", "content": question["question"]})
    asked = Conversation(question["id"], messages, tuple(pool.tools), unanswered=True, row=question)
    given = chat.given(asked)
    return Prompt(np.asarray(chat.render(given.messages, given.tools, generation_prompt=True), np.int32), asked)


class ScriptedPolicy:
    """An engine: `says(prompt, turn)` is what it samples, up to `max_new_tokens`; each id has a log-prob of its own."""

    def __init__(self, chat: ChatTokenizer, says: Callable[[str, int], str], max_new_tokens: int = 1000) -> None:
        self.chat, self.says, self.max_new_tokens = chat, says, max_new_tokens
        self.seeds: list[list[int]] = []
        self.awake = False

    def generate(self, prompts: Sequence[np.ndarray], seed_of_call: Callable[[int], int]) -> list[Rollout]:
        assert self.awake
        self.seeds.append([seed_of_call(call) for call in range(len(prompts))])
        return [self._answer(prompt) for prompt in prompts]

    def _answer(self, prompt_T: np.ndarray) -> Rollout:
        text = self.chat.tokenizer.decode(prompt_T)
        said = self.says(text, text.count("<|im_start|>assistant") - 1)
        ids = [*self.chat.tokenizer.encode(said), self.chat.end_of_turn_id]
        kept = np.asarray(ids[: self.max_new_tokens], dtype=np.int32)
        return Rollout(kept, -(1 + kept / 1000).astype(np.float32), len(kept) < len(ids))

    def sync(self) -> None: ...

    def sleep(self) -> None:
        self.awake = False

    def wake(self) -> None:
        self.awake = True
