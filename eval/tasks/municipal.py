"""`municipal_code_agent`: questions about an invented town's code, to be answered with search and read.

The test questions of environments/municipal_code: fees, times and offices are invented, so that a model cannot know
them, and no search result shows an answer. The tools run in this process: they look up and change nothing.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from typing import Any

from constraints.text import arabic_digits
from datagen.llm.answers import Answer
from datagen.record import Message, ToolCall, canonical_json
from datagen.tool_use.calling import read_said
from datagen.tool_use.prompted import UnreadableCall
from datagen.tools.execute import read_arguments
from environments.answers import matches
from environments.environment import Environment
from environments.municipal import Question, municipal_code, read_questions
from environments.search_read import SearchRead
from eval.task import About, Ask, Item, Judge, Marks, Metric, Transcript

__all__ = ["MAX_STEPS", "MunicipalCodeAgent", "task"]

MAX_STEPS = 8
"""Answers of the model in one conversation; the last must be its reply."""
_MAX_CALLS = 16


class MunicipalCodeAgent:
    def __init__(self) -> None:
        self.environment = SearchRead()
        self.questions = {question.id: question for question in read_questions(split="test")}
        self.about = _about(self.environment, self.questions)

    def items(self) -> Sequence[Item]:
        tools = tuple(self.environment.tools())
        return [
            Item(name, (Message("system", self.environment.system()), Message("user", question.question)), tools)
            for name, question in self.questions.items()
        ]

    async def converse(self, item: Item, ask: Ask) -> Transcript:
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
            messages, seen = _run(self.environment, read.content, read.calls, len(codes))
            said += messages
            codes += seen
        return Transcript(tuple(said), tuple(answers), facts | {"ended_by": "too_many_steps"})

    async def mark(self, item: Item, transcript: Transcript, judge: Judge | None) -> Marks:
        question, steps = self.questions[item.id], float(len(transcript.answers))
        grounded = float(_grounded(question, transcript))
        if "ended_by" in transcript.facts:  # it never came to a reply
            return {"right": 0.0, "grounded": grounded, "right_and_grounded": 0.0, "steps": steps}
        found = matches(transcript.said[-1].content, question)
        right = None if found is None else float(found)
        both = 0.0 if not grounded else right
        return {"right": right, "grounded": grounded, "right_and_grounded": both, "steps": steps}


def _about(environment: Environment, questions: Mapping[str, Question]) -> About:
    """Questions and corpus are part of the template, so that results over other ones are not compared unawares."""
    asked = canonical_json([question.as_dict() for question in questions.values()])
    read = hashlib.sha256(f"{municipal_code().sha256}{asked}".encode()).hexdigest()
    return About(
        name="municipal_code_agent",
        title="Search-and-read agent over an invented Thai municipal code",
        language="th",
        metrics=(
            Metric("right", "the last reply gives the answer"),
            Metric("grounded", "a search, and after it every section that the answer stands in was read"),
            Metric("right_and_grounded", "both: the answer was read, not guessed"),
            Metric("steps", "answers of the model until its reply; fewer is cheaper", "mean", MAX_STEPS, 1.0),
        ),
        source="shipped",
        license="CC0-1.0",
        template=f"{environment.system()}\n{canonical_json(environment.tools())}\n{read}",
        max_tokens=512,
        tools=True,
    )


def _run(
    environment: Environment, content: str, calls: Sequence[tuple[str, str]], before: int
) -> tuple[list[Message], list[str]]:
    """The message with its calls and their results, and an error code or "" for each; `before`: calls made so far."""
    made = [ToolCall(f"call_{before + n}", name, arguments) for n, (name, arguments) in enumerate(calls, 1)]
    seen = [environment.step(call.name, call.arguments) for call in made]
    results = [Message("tool", each.content, tool_call_id=call.id) for call, each in zip(made, seen, strict=True)]
    return [Message("assistant", content, tuple(made)), *results], [each.code for each in seen]


def _grounded(question: Question, transcript: Transcript) -> bool:
    """Whether every section of the answer was read without an error, after a search."""
    calls = [call for message in transcript.said for call in message.tool_calls]
    outcomes = transcript.facts["error_codes"]
    searched, read = False, set[str]()
    for call, code in zip(calls, outcomes, strict=True):
        if code:
            continue
        searched = searched or call.name == "search"
        if call.name == "read" and searched:
            read.add(_section(call.arguments))
    return set(question.sections) <= read


def _section(arguments: str) -> str:
    """The id of a call of `read` that succeeded, as the environment looks it up."""
    given = read_arguments(arguments)
    return arabic_digits(given["id"].strip()) if isinstance(given, dict) else ""


def task(name: str) -> MunicipalCodeAgent:
    return MunicipalCodeAgent()
