"""Conversation -> token ids and the mask of tokens that are in the loss.

The ids are those of the chat template on the whole conversation, rendered once and never re-encoded. The
Qwen template marks no assistant spans, so they are found by rendering prefixes: the ids up to the generation
prompt, and up to the end of the turn, must both be prefixes of the whole. In the loss (`assistant`): the
text of every assistant turn and the token that ends the turn, so that the model learns to stop; not the line
break the template puts after it. A call of a tool is part of its turn; what the tool returns is not. With `full`:
every token but the first, which nothing predicts.

Not covered: truncation. A cut answer teaches never to end, so a row that is too long is left out and counted.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np

from datagen.errors import DatasetError
from train.data import Conversation, Message
from train.errors import ModelError

__all__ = ["ChatTokenizer", "Example", "tokenize_conversations"]

Tool = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Example:
    """One tokenised conversation. `ids_T` int32, `labelled_T` bool: whether token t is in the loss."""

    id: str
    ids_T: np.ndarray
    labelled_T: np.ndarray

    @property
    def unanswered(self) -> bool:
        """Nothing of it is in the loss: it is a prompt, up to where the assistant's turn begins."""
        return not self.labelled_T.any()

    def __len__(self) -> int:
        return len(self.ids_T)


class ChatTokenizer:
    """A Hugging Face tokenizer with a chat template, and what the trainer needs to know about it.

    Raises:
        ModelError: no chat template, or one that does not end an assistant turn with a special token.
    """

    def __init__(self, tokenizer: Any) -> None:
        if not tokenizer.chat_template:
            raise ModelError("the tokenizer has no chat template; take an instruct model, or add one to its folder")
        self.tokenizer = tokenizer
        self.special = {i: str(t) for i, t in tokenizer.added_tokens_decoder.items() if t.special}
        question, answer = {"role": "user", "content": "a"}, {"role": "assistant", "content": "b"}
        prompt = self.render([question], generation_prompt=True)
        ends = [token for token in self.render([question, answer])[len(prompt) :] if token in self.special]
        if not ends:
            raise ModelError("the chat template does not end an assistant turn with a special token")
        self.end_of_turn_id: int = ends[-1]

    @property
    def pad_id(self) -> int:
        """What fills the room beside a document; a model never looks at it."""
        pad_id = self.tokenizer.pad_token_id
        return self.end_of_turn_id if pad_id is None else pad_id

    def render(
        self, messages: Sequence[Message], tools: Sequence[Tool] = (), *, generation_prompt: bool = False
    ) -> list[int]:
        """The template's token ids.

        Raises:
            ModelError: there are tools, and a template that would leave them out.
        """
        if tools and "tools" not in self.tokenizer.chat_template:
            raise ModelError("the chat template has no place for tools; take a model that was trained with tools")
        return self.tokenizer.apply_chat_template(
            list(messages), tools=list(tools) or None, add_generation_prompt=generation_prompt, return_dict=False
        )

    def _text(self, messages: Sequence[Message], tools: Sequence[Tool], *, generation_prompt: bool = False) -> str:
        return self.tokenizer.apply_chat_template(
            list(messages), tools=list(tools) or None, add_generation_prompt=generation_prompt, tokenize=False
        )

    def assistant_spans(
        self, messages: Sequence[Message], ids: Sequence[int], tools: Sequence[Tool] = ()
    ) -> list[tuple[int, int]] | None:
        """[start, end) of every assistant turn in `ids`, end-of-turn token included.

        None if the text merges with the template into one token (an answer that begins with a line break).
        """
        spans: list[tuple[int, int]] = []
        for n, message in enumerate(messages):
            if message["role"] != "assistant":
                continue
            prompt = self.render(messages[:n], tools, generation_prompt=True)
            turn = self.render(messages[: n + 1], tools)
            if ids[: len(prompt)] != prompt or ids[: len(turn)] != turn:
                self._require_prefix_text(messages, tools, n)
                return None
            end = len(turn)
            while end > len(prompt) and turn[end - 1] != self.end_of_turn_id:
                end -= 1
            spans.append((len(prompt), end))
        return spans

    def _require_prefix_text(self, messages: Sequence[Message], tools: Sequence[Tool], n: int) -> None:
        whole = self._text(messages, tools)
        prompt = self._text(messages[:n], tools, generation_prompt=True)
        if not whole.startswith(prompt) or not whole.startswith(self._text(messages[: n + 1], tools)):
            raise ModelError(
                "the chat template renders a turn differently once more turns follow, so the assistant's "
                "tokens cannot be told apart; use data.loss=full, or a template that only appends"
            )


def tokenize_conversations(
    chat: ChatTokenizer,
    conversations: Iterable[Conversation],
    *,
    max_tokens: int,
    loss: Literal["assistant", "full"],
) -> tuple[list[Example], Counter[str]]:
    """The examples that fit, and why the others were left out (reason -> rows).

    Raises:
        DatasetError: a text that spells one of the tokenizer's control tokens: it would forge a turn.
    """
    examples: list[Example] = []
    left_out: Counter[str] = Counter()
    for conversation in conversations:
        _refuse_control_tokens(chat, conversation)
        ids = chat.render(conversation.messages, conversation.tools, generation_prompt=conversation.unanswered)
        if len(ids) > max_tokens:
            left_out[f"longer than {max_tokens} tokens"] += 1
            continue
        labelled_T = np.zeros(len(ids), dtype=bool)
        if loss == "full":
            labelled_T[1:] = True
        elif not conversation.unanswered:
            spans = chat.assistant_spans(conversation.messages, ids, conversation.tools)
            if spans is None:
                left_out["answer begins with a line break"] += 1
                continue
            for start, end in spans:
                labelled_T[start:end] = True
        examples.append(Example(conversation.id, np.asarray(ids, dtype=np.int32), labelled_T))
    return examples, left_out


def _refuse_control_tokens(chat: ChatTokenizer, conversation: Conversation) -> None:
    places = [(f"message {n} ({m['role']})", _texts(m)) for n, m in enumerate(conversation.messages, start=1)]
    for place, texts in [*places, ("tools", _texts(list(conversation.tools)))]:
        for token in chat.special.values():
            if any(token in text for text in texts):
                raise DatasetError(
                    f"row {conversation.id}, {place} contains the control token {token}, which would forge a turn; "
                    "remove it from the text or remove the row"
                )


def _texts(value: Any) -> list[str]:
    """Every piece of text in a message or a spec, however deep."""
    if isinstance(value, dict):
        return [text for key, inner in value.items() for text in (str(key), *_texts(inner))]
    if isinstance(value, list):
        return [text for inner in value for text in _texts(inner)]
    return [value] if isinstance(value, str) else []
