"""What a tool said, as ids: from the token that ends the policy's turn to where its next turn begins.

The ids are those that the chat template puts there. They are rendered behind a stand-in for the policy's turn and stand
behind the ids that the policy sampled, which are never rendered and never encoded again. That is only right for a
template that appends: one that writes an earlier turn differently once more follows, or leaves out its thoughts, is
refused, since the policy would be trained on a history that it is never shown.

A turn ends with a special token, where every tokenizer cuts, so ids on both sides of it do not depend on each other.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property
from typing import Any

from models.chat_tokens import ChatTokenizer
from models.conversation import Conversation, Message
from models.errors import ModelError

__all__ = ["ToolTurns", "call_message", "result_message"]

_MARKS = ("<tool_call>", "</tool_call>", "<tool_response>", "</tool_response>")
_THOUGHT = "<think>\n{0}_thought\n</think>\n\n{0}_words"


def call_message(content: str, calls: Sequence[tuple[str, str, str]]) -> Message:
    """The policy's turn as the API has it; `calls`: id, name, arguments as JSON text."""
    made = [
        {"id": id_, "type": "function", "function": {"name": name, "arguments": arguments}}
        for id_, name, arguments in calls
    ]
    return {"role": "assistant", "content": content, "tool_calls": made}


def result_message(id_: str, content: str) -> Message:
    """What came of call `id_`."""
    return {"role": "tool", "content": content, "tool_call_id": id_}


class ToolTurns:
    """The template's way from a turn of calls to the next turn. `tools`: the specs on offer.

    Raises:
        ModelError: the template takes no tools, or rewrites what was said before.
    """

    def __init__(self, chat: ChatTokenizer, tools: Sequence[dict[str, Any]]) -> None:
        self.chat, self.tools = chat, tuple(tools)
        self._question: Message = {"role": "user", "content": "probe_question"}
        self._refuse_rewriting()

    def _refuse_rewriting(self) -> None:
        if self.chat.tool_form is None:
            raise ModelError("the chat template takes no tools, in no form known here; take another template")
        prompt = self._text()
        # Where the head of a turn ends its thought already, the policy's turns have none.
        content = "{0}_words" if prompt.rstrip().endswith("</think>") else _THOUGHT
        one, other = (self._turn(content.format(n), n) for n in ("first", "second"))
        first, whole = self._text(one), self._text([*one, *other])
        if not (first.startswith(prompt) and whole.startswith(first)):
            raise ModelError(
                "the chat template renders an earlier turn differently once a tool's result follows, so what the "
                "policy has sampled would not be what it is shown later; take a template that only appends"
            )
        for said in ("first_words", "second_words", "first_thought", "second_thought"):
            if said not in whole and said.partition("_")[2] in content:
                raise ModelError(
                    f"the chat template leaves out {'a thought' if 'thought' in said else 'words'} that stood before a "
                    "tool call, so the policy would be trained on a history that it is never shown; take a template "
                    "that keeps what was said"
                )

    @cached_property
    def parallel(self) -> bool:
        """Whether the template takes several calls in one turn."""
        form = self.chat.tool_form
        assert form is not None
        return form.parallel or not form.native

    def ids_after(self, calls: Sequence[tuple[str, str]], contents: Sequence[str]) -> list[int]:
        """Behind a turn with `calls` (id, name): their results and the head of the next turn."""
        stand_in = call_message("", [(id_, name, "{}") for id_, name in calls])
        results = [result_message(id_, said) for (id_, _), said in zip(calls, contents, strict=True)]
        end = self.chat.end_of_turn_id
        ids, before = self._ids([stand_in, *results]), self._ids().count(end)
        ends = [place for place, token in enumerate(ids) if token == end]
        return ids[ends[before] + 1 :]  # behind the end of the stand-in's turn

    def shown(self, content: str) -> str:
        """`content` without anything that the tokenizer or the policy takes for control: a space tears it apart.

        A tool's text could otherwise end its own turn and speak as the user.
        """
        for mark in (*self.chat.special.values(), *_MARKS):
            if mark in content:
                content = content.replace(mark, f"{mark[0]} {mark[1:]}")
        return content

    def _turn(self, content: str, name: str) -> list[Message]:
        return [call_message(content, [(name, self._name, "{}")]), result_message(name, f"{name}_result")]

    @property
    def _name(self) -> str:
        return self.tools[0]["function"]["name"] if self.tools else "probe"

    def _given(self, messages: Sequence[Message]) -> Any:
        return self.chat.given(Conversation("probe", (self._question, *messages), self.tools, unanswered=True))

    def _ids(self, messages: Sequence[Message] = ()) -> list[int]:
        given = self._given(messages)
        return self.chat.render(given.messages, given.tools, generation_prompt=True)

    def _text(self, messages: Sequence[Message] = ()) -> str:
        given = self._given(messages)
        return self.chat.tokenizer.apply_chat_template(
            given.messages, tools=given.tools, add_generation_prompt=True, tokenize=False
        )
