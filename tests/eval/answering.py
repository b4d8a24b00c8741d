"""A model under test that is a function, and the scores it gets: whole tasks without a server between."""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from typing import Any

from datagen.llm.answers import Answer
from datagen.record import Message
from eval.answerers import Conversation, ModelCard
from eval.runner import Watch, run_task
from eval.scores import Score
from eval.task import Item, Judge, Task, Transcript

Replies = Callable[[Sequence[Message], Sequence[Any]], Answer]


def text(content: str) -> Answer:
    return Answer(content, "stop", 1, 1)


def calls(*made: tuple[str, str]) -> Answer:
    named = [
        {"id": f"x{n}", "type": "function", "function": {"name": a, "arguments": b}} for n, (a, b) in enumerate(made)
    ]
    return Answer("", "tool_calls", 1, 1, tool_calls=tuple(named))


def empty(messages: Sequence[Message], tools: Sequence[Any]) -> Answer:
    return text("")


class Function:
    """`together`: how many conversations at a time; `backwards`: the last item first."""

    card = ModelCard("function", "function", "test")

    def __init__(self, replies: Replies, together: int = 1, backwards: bool = False) -> None:
        self.replies, self.together, self.backwards = replies, together, backwards

    async def answer_all(
        self, items: Sequence[Item], converse: Conversation, max_tokens: int
    ) -> AsyncIterator[tuple[int, Transcript]]:
        async def ask(messages: Sequence[Message], tools: Sequence[Any] = ()) -> Answer:
            await asyncio.sleep(0)
            return self.replies(messages, tools)

        order = list(reversed(range(len(items)))) if self.backwards else list(range(len(items)))
        for first in range(0, len(order), self.together):
            group = order[first : first + self.together]
            said = await asyncio.gather(*(converse(items[position], ask) for position in group))
            for position, transcript in zip(group, said, strict=True):
                yield position, transcript

    async def rendered(self, item: Item) -> str:
        return item.messages[-1].content

    async def close(self) -> None: ...


class Judging:
    """A judge with a rule: the user's message that it is shown -> its score, or what it says in place of a verdict."""

    def __init__(self, rule: Callable[[str], float | str]) -> None:
        self.rule, self.asked = rule, list[Sequence[Mapping[str, Any]]]()

    async def __call__(
        self, messages: Sequence[Mapping[str, Any]], *, response_format: Mapping[str, Any] | None = None
    ) -> Answer:
        await asyncio.sleep(0)
        self.asked.append(messages)
        return text(verdict(messages[-1]["content"], self.rule))


def verdict(shown: str, rule: Callable[[str], float | str]) -> str:
    """The reply of a judge that follows the form it is given."""
    score = rule(shown)
    seal = shown.partition("\n")[0].removeprefix("SEAL: ")
    return score if isinstance(score, str) else json.dumps({"seal": seal, "reason": "ตามกติกา", "score": score})


def part(shown: str, label: str) -> str:
    """What a judge is shown under a label."""
    found = re.search(rf"<{label}-(\w+)>\n(.*?)\n</{label}-\1>", shown, re.DOTALL)
    return found[2] if found else ""


def scored(task: Task, replies: Replies, judge: Judge | None = None, **how: Any) -> dict[str, Score]:
    """metric -> score over all items."""
    result = asyncio.run(run_task(task, task.items(), Function(replies, **how), judge, None, Watch()))
    return {score.metric: score for score in result.scores}


def values(task: Task, replies: Replies, **how: Any) -> dict[str, float | None]:
    return {name: score.value for name, score in scored(task, replies, **how).items()}
