"""Conversation -> token ids and the mask of tokens that are in the loss.

The ids are those of the chat template on the whole conversation, rendered once and never re-encoded. The
Qwen template marks no assistant spans, so they are found by rendering prefixes: the ids up to the generation
prompt must be a prefix of the whole, and the turn goes on to the next token that ends one: no text can hold it. In the
loss (`assistant`): the text of every assistant turn, the calls it makes included, and the token that ends the turn, so
that the model learns to stop; not the line break the template puts after it. With `full`: every token but the first,
which nothing predicts.

Tools on offer and their results are told to the model, never in the loss of `assistant`. A chat that has any is given
in the form that the template takes (datagen/formats/template_form.py). Of a chat that has yet to be answered there is
nothing in the loss: its ids end where the assistant's turn begins.

Not covered: truncation. A cut answer teaches never to end, so a row that is too long is left out and counted.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Literal

import numpy as np

from datagen.errors import DatasetError
from datagen.formats.chat_input import ChatInput, chat_input
from datagen.formats.template_form import TemplateForm, template_form
from datagen.record import Message as Said
from models.conversation import Conversation, Message
from models.errors import ModelError

__all__ = ["ChatTokenizer", "Example", "tokenize_conversations"]

Tools = list[dict[str, Any]] | None


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

    def render(self, messages: Sequence[Message], tools: Tools = None, *, generation_prompt: bool = False) -> list[int]:
        """The template's token ids."""
        return self.tokenizer.apply_chat_template(
            list(messages), tools=tools, add_generation_prompt=generation_prompt, return_dict=False
        )

    def _text(self, messages: Sequence[Message], tools: Tools = None, *, generation_prompt: bool = False) -> str:
        return self.tokenizer.apply_chat_template(
            list(messages), tools=tools, add_generation_prompt=generation_prompt, tokenize=False
        )

    @cached_property
    def tool_form(self) -> TemplateForm | None:
        """How the template takes tools, calls and results."""
        return template_form(self._text)

    def given(self, conversation: Conversation) -> ChatInput:
        """The conversation as the template takes it.

        Raises:
            ModelError: it has tools, and the template takes them in no form.
        """
        if not conversation.tools and not any("tool_calls" in message for message in conversation.messages):
            return ChatInput(list(conversation.messages), None)
        if self.tool_form is None:
            raise ModelError(
                "the chat template takes no tools, in no form known here; train on data/sft, or take another template"
            )
        said = [Said.from_dict(message) for message in conversation.messages]
        return chat_input(said, conversation.tools, form=self.tool_form)

    def assistant_spans(
        self, messages: Sequence[Message], ids: Sequence[int], tools: Tools = None
    ) -> list[tuple[int, int]] | None:
        """[start, end) of every assistant turn in `ids`, end-of-turn token included.

        None if the text merges with the template into one token (an answer that begins with a line break).
        """
        spans: list[tuple[int, int]] = []
        for n, message in enumerate(messages):
            if message["role"] != "assistant":
                continue
            prompt = self.render(messages[:n], tools, generation_prompt=True)
            end = self._end_of_turn(messages, n, ids, tools)
            while end > len(prompt) and ids[end - 1] != self.end_of_turn_id:
                end -= 1
            if end <= len(prompt) or ids[: len(prompt)] != prompt:
                self._require_prefix(messages, n, tools, found=end > len(prompt))
                return None
            spans.append((len(prompt), end))
        return spans

    def _end_of_turn(self, messages: Sequence[Message], n: int, ids: Sequence[int], tools: Tools) -> int:
        """A place in `ids` behind turn n and before the text of what follows; 0 where the turn is not there."""
        turn = self.render(messages[: n + 1], tools)
        if ids[: len(turn)] == turn:
            return len(turn)
        if n + 1 == len(messages):
            return 0
        # Some templates write the last turn in a way of its own (Qwen3 puts an empty thought before it): turn n is
        # looked at with something after it, up to where two different texts there differ.
        following = ({**messages[n + 1], "content": text} for text in ("ก", "x"))
        one, other = (self.render([*messages[: n + 1], message], tools) for message in following)
        return next((t for t, both in enumerate(zip(ids, one, other, strict=False)) if len({*both}) > 1), 0)

    def _require_prefix(self, messages: Sequence[Message], n: int, tools: Tools, *, found: bool) -> None:
        prompt = self._text(messages[:n], tools, generation_prompt=True)
        if not found or not self._text(messages, tools).startswith(prompt):
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
        given = chat.given(conversation)
        ids = chat.render(given.messages, given.tools, generation_prompt=conversation.unanswered)
        if len(ids) > max_tokens:
            left_out[f"longer than {max_tokens} tokens"] += 1
            continue
        labelled_T = np.zeros(len(ids), dtype=bool)
        if loss == "full":
            labelled_T[1:] = True
        elif not conversation.unanswered:
            spans = chat.assistant_spans(given.messages, ids, given.tools)
            if spans is None:
                left_out["answer begins with a line break"] += 1
                continue
            for start, end in spans:
                labelled_T[start:end] = True
        examples.append(Example(conversation.id, np.asarray(ids, dtype=np.int32), labelled_T))
    return examples, left_out


def _refuse_control_tokens(chat: ChatTokenizer, conversation: Conversation) -> None:
    for place, text in _texts(conversation):
        for token in chat.special.values():
            if token in text:
                raise DatasetError(
                    f"row {conversation.id}, {place} contains the control token "
                    f"{token}, which would forge a turn; remove it from the text or remove the row"
                )


def _texts(conversation: Conversation) -> Iterator[tuple[str, str]]:
    """Everything that the template writes out, with its place."""
    for n, message in enumerate(conversation.messages, start=1):
        place = f"message {n} ({message['role']})"
        yield place, message["content"]
        yield place, message.get("tool_call_id", "")
        for call in message.get("tool_calls", ()):
            name, arguments = call["function"]["name"], json.loads(call["function"]["arguments"] or "{}")
            yield f"{place}, call {call['id']}", json.dumps([call["id"], name, arguments], ensure_ascii=False)
    for tool in conversation.tools:
        yield "a tool on offer", json.dumps(tool, ensure_ascii=False)
