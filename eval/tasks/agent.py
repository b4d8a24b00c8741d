"""A question answered with an environment's tools: the conversation, and what it must have read.

What tasks share that play `search` and `read` over a corpus (`municipal`, `search_agents`): the model's calls run in
this process (they look up and change nothing), until it replies without a call, or steps or calls run out.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from datagen.llm.answers import Answer
from datagen.record import Message, ToolCall
from datagen.tool_use.calling import read_said
from datagen.tool_use.prompted import UnreadableCall
from environments.environment import Environment
from environments.steps import Step, read_after_search
from eval.task import Ask, Item, Metric, Transcript

__all__ = ["MAX_STEPS", "grounded", "played", "reply_of", "steps_metric"]

MAX_STEPS = 8
"""Answers of the model in one conversation; the last must be its reply."""
_MAX_CALLS = 16


async def played(environment: Environment, item: Item, ask: Ask) -> Transcript:
    """The item's conversation, to the model's reply; `ended_by` in its facts where it never came to one."""
    said: list[Message] = []
    answers: list[Answer] = []
    codes: list[str] = []
    facts: dict[str, Any] = {"error_codes": codes}
    while len(answers) < MAX_STEPS:
        answer = await ask((*item.messages, *said), item.tools)
        answers.append(answer)
        try:
            read = read_said(answer)
        except UnreadableCall:
            said.append(Message("assistant", answer.content.strip()))
            return Transcript(tuple(said), tuple(answers), facts | {"ended_by": "unreadable_call"})
        if not read.calls:
            said.append(Message("assistant", read.content))
            return Transcript(tuple(said), tuple(answers), facts)
        if len(codes) + len(read.calls) > _MAX_CALLS:
            return Transcript(tuple(said), tuple(answers), facts | {"ended_by": "too_many_calls"})
        messages, seen = _run(environment, read.content, read.calls, len(codes))
        said += messages
        codes += seen
    return Transcript(tuple(said), tuple(answers), facts | {"ended_by": "too_many_steps"})


def reply_of(transcript: Transcript) -> str | None:
    """The last reply; None where the model never came to one."""
    return None if "ended_by" in transcript.facts else transcript.said[-1].content


def steps_metric() -> Metric:
    return Metric("steps", "answers of the model until its reply; fewer is cheaper", "mean", MAX_STEPS, 1.0)


def grounded(sections: Iterable[str], transcript: Transcript) -> bool:
    """Whether every one of the sections was read without an error, after a search."""
    calls = [call for message in transcript.said for call in message.tool_calls]
    codes = transcript.facts["error_codes"]
    steps = [Step(call.name, call.arguments, code) for call, code in zip(calls, codes, strict=True)]
    return set(sections) <= read_after_search(steps)


def _run(
    environment: Environment, content: str, calls: Sequence[tuple[str, str]], before: int
) -> tuple[list[Message], list[str]]:
    """The message with its calls and their results, and an error code or "" for each; `before`: calls made so far."""
    made = [ToolCall(f"call_{before + n}", name, arguments) for n, (name, arguments) in enumerate(calls, 1)]
    seen = [environment.step(call.name, call.arguments) for call in made]
    results = [Message("tool", each.content, tool_call_id=call.id) for call, each in zip(made, seen, strict=True)]
    return [Message("assistant", content, tuple(made)), *results], [each.code for each in seen]
