"""`municipal_code_agent`: questions about an invented town's code, to be answered with search and read.

The test questions of environments/municipal_code: fees, times and offices are invented, so that a model cannot know
them, and no search result shows an answer. The tools run in this process: they look up and change nothing.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence

from datagen.record import Message, canonical_json
from environments.answers import matches
from environments.environment import Environment
from environments.municipal import Question, municipal_code, read_questions
from environments.search_read import SearchRead
from eval.task import About, Ask, Item, Judge, Marks, Metric, Transcript
from eval.tasks.agent import MAX_STEPS, grounded, played, reply_of, steps_metric

__all__ = ["MAX_STEPS", "MunicipalCodeAgent", "task"]


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
        return await played(self.environment, item, ask)

    async def mark(self, item: Item, transcript: Transcript, judge: Judge | None) -> Marks:
        question, steps = self.questions[item.id], float(len(transcript.answers))
        read = float(grounded(question.sections, transcript))
        reply = reply_of(transcript)
        found = False if reply is None else matches(reply, question)
        right = None if found is None else float(found)
        both = 0.0 if not read else right
        return {"right": right, "grounded": read, "right_and_grounded": both, "steps": steps}


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
            steps_metric(),
        ),
        source="shipped",
        license="CC0-1.0",
        template=f"{environment.system()}\n{canonical_json(environment.tools())}\n{read}",
        max_tokens=512,
        n=len(questions),
        tools=True,
    )


def task(name: str) -> MunicipalCodeAgent:
    return MunicipalCodeAgent()
