"""What a task is: items, a conversation with the model under test, marks for what it said.

Most tasks ask one question an item (`SingleTurn`). A task of several turns, or with tools, has a `converse` of its own
and asks as often as it needs. Marks are numbers by metric: of a proportion 1.0 or 0.0, of a mean whatever its scale
says, None where the answer cannot be judged (UNDECIDED). Whoever marks never sees a failed answer: the harness gives
the worst mark in every metric, counts it apart, and leaves it in the denominator.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal, Protocol

from datagen.llm.answers import Answer
from datagen.record import Message

__all__ = ["About", "Ask", "Item", "Judge", "Marked", "Marks", "Metric", "SingleTurn", "Task", "Transcript"]

Marks = Mapping[str, float | None]


@dataclass(frozen=True, slots=True)
class Marked:
    """Marks with what they rest on, such as what a judge said; `facts` stand with the item's results."""

    marks: Marks
    facts: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Metric:
    """`proportion`: every mark is 0 or 1, its interval is Wilson's; `mean`: bootstrap over items; `weighted`: the same,
    each item counting as often as its `weight` says (IFEval's instruction level: one instruction, one vote).

    `worst` is what a failed answer gets, `top` the other end of the scale (1 is shown as a percentage). `group`: it is
    of the items of that group only.
    """

    name: str
    about: str
    kind: Literal["proportion", "mean", "weighted"] = "proportion"
    worst: float = 0.0
    top: float = 1.0
    group: str = ""


@dataclass(frozen=True, slots=True)
class About:
    """What stands in `list`, in results and on the page. The first metric is the task's headline.

    `template`: all text of ours that goes into a prompt; its hash is in the results. `source`: "shipped", or data set
    and revision. `max_tokens`: of one answer. `judge`: whether a judge model marks it; `judge_template`: all text
    of ours that goes into the judge's prompt. `n`: items of the source as documented, None where unknown.
    """

    name: str
    title: str
    language: str
    metrics: tuple[Metric, ...]
    source: str
    license: str
    template: str = ""
    max_tokens: int = 512
    judge: bool = False
    tools: bool = False
    judge_template: str = ""
    n: int | None = None

    @property
    def template_sha256(self) -> str:
        return hashlib.sha256(self.template.encode()).hexdigest()

    @property
    def judge_template_sha256(self) -> str:
        return hashlib.sha256(self.judge_template.encode()).hexdigest()


@dataclass(frozen=True, slots=True)
class Item:
    """One thing to ask: the conversation so far, tools on offer, and what the marking needs to know.

    `weight`: how often it counts in metrics of the kind `weighted`, such as the number of its instructions.
    `group`: what it belongs to, for metrics of one group, and for the page, which tells the headline by group.
    """

    id: str
    messages: tuple[Message, ...]
    tools: tuple[Mapping[str, Any], ...] = ()
    reference: Mapping[str, Any] = field(default_factory=dict)
    weight: float = 1.0
    group: str = ""


@dataclass(frozen=True, slots=True)
class Transcript:
    """What was said after the item's messages, and the model's answers as they came."""

    said: tuple[Message, ...]
    answers: tuple[Answer, ...]
    facts: Mapping[str, Any] = field(default_factory=dict)
    """What a task has seen on the way and marks later: calls made, the state reached."""

    @property
    def failed(self) -> bool:
        """The endpoint gave up one of the questions: this says nothing about the model."""
        return any(answer.failed for answer in self.answers)

    @property
    def final(self) -> str:
        """The text of the last answer."""
        return self.answers[-1].content if self.answers else ""


class Ask(Protocol):
    """Puts a conversation to the model under test."""

    async def __call__(self, messages: Sequence[Message], tools: Sequence[Mapping[str, Any]] = ()) -> Answer: ...


class Judge(Protocol):
    """Puts a question to the judge model; None where no judge was named, and such a task does not run."""

    async def __call__(
        self, messages: Sequence[Mapping[str, Any]], *, response_format: Mapping[str, Any] | None = None
    ) -> Answer: ...


class Task(Protocol):
    """One benchmark."""

    about: About

    def items(self) -> Sequence[Item]:
        """All of them, in the order of the source; ids are unique.

        Raises:
            UserError: the data cannot be had, with the way out.
        """
        ...

    async def converse(self, item: Item, ask: Ask) -> Transcript: ...

    async def mark(self, item: Item, transcript: Transcript, judge: Judge | None) -> Marks | Marked:
        """A mark for every metric of `about`, those of other groups left out."""
        ...


class SingleTurn:
    """Ask once, with the item's messages and tools."""

    async def converse(self, item: Item, ask: Ask) -> Transcript:
        answer = await ask(item.messages, item.tools)
        return Transcript((Message("assistant", answer.content),), (answer,))
