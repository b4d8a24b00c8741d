"""The search-and-read agent with answerers of known worth."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from datagen.llm.answers import Answer
from datagen.record import Message
from eval.tasks.municipal import MAX_STEPS, MunicipalCodeAgent
from tests.eval.answering import calls, empty, scored, text, values

TASK = MunicipalCodeAgent()
BY_TEXT = {question.question: question for question in TASK.questions.values()}


def diligent(messages: Sequence[Message], tools: Sequence[Any]) -> Answer:
    """Searches, reads what the answer stands in, answers."""
    question = BY_TEXT[messages[1].content]
    turns = sum(message.role == "assistant" for message in messages)
    if turns == 0:
        return calls(("search", json.dumps({"query": question.question[:300]}, ensure_ascii=False)))
    if turns == 1:
        return calls(*(("read", json.dumps({"id": section})) for section in question.sections))
    return text(f"คำตอบ: {question.answer}")


def knowing(messages: Sequence[Message], tools: Sequence[Any]) -> Answer:
    """Says the answer without a look."""
    return text(f"คำตอบ: {BY_TEXT[messages[1].content].answer}")


def test_answerers_of_known_worth():
    whole = scored(TASK, diligent)
    shares = {(whole[name].value, whole[name].n) for name in ("right", "grounded", "right_and_grounded")}
    assert shares == {(1.0, 60)}
    assert whole["steps"].value == 3.0
    wrong = values(TASK, lambda messages, tools: text("คำตอบ: ไม่มีกำหนดไว้"))
    assert wrong == {"right": 0.0, "grounded": 0.0, "right_and_grounded": 0.0, "steps": 1.0}
    assert values(TASK, empty) == {"right": 0.0, "grounded": 0.0, "right_and_grounded": 0.0, "steps": 1.0}
    assert scored(TASK, diligent, together=8, backwards=True) == whole


def test_an_answer_that_was_not_read_is_not_grounded():
    found = values(TASK, knowing)
    assert (found["right"], found["grounded"], found["right_and_grounded"]) == (1.0, 0.0, 0.0)


def test_reading_before_any_search_or_the_wrong_section_does_not_count():
    def guessing(messages: Sequence[Message], tools: Sequence[Any]) -> Answer:
        question = BY_TEXT[messages[1].content]
        if len(messages) == 2:
            return calls(*(("read", json.dumps({"id": section})) for section in question.sections))
        return text(f"คำตอบ: {question.answer}")

    def misled(messages: Sequence[Message], tools: Sequence[Any]) -> Answer:
        answer = diligent(messages, tools)
        turns = sum(message.role == "assistant" for message in messages)
        return calls(("read", '{"id": "no such section"}')) if turns == 1 else answer

    def careless(messages: Sequence[Message], tools: Sequence[Any]) -> Answer:
        """Its search is refused."""
        return calls(("search", "{}")) if len(messages) == 2 else diligent(messages, tools)

    for replies in (guessing, misled, careless):
        found = values(TASK, replies)
        assert (found["right"], found["grounded"]) == (1.0, 0.0)


def test_who_never_answers_is_stopped_and_wrong():
    found = values(TASK, lambda messages, tools: calls(("search", '{"query": "ค่าธรรมเนียม"}')))
    assert (found["right"], found["grounded"], found["steps"]) == (0.0, 0.0, MAX_STEPS)
    many = values(TASK, lambda messages, tools: calls(*[("search", '{"query": "ตลาด"}')] * 40))
    assert (many["right"], many["steps"]) == (0.0, 1.0)
    unreadable = values(TASK, lambda messages, tools: text("<tool_call>{search"))
    assert unreadable["right"] == 0.0


def test_items_are_the_test_questions_with_both_tools():
    items = TASK.items()
    assert len({item.id for item in items}) == 60
    assert {question.split for question in TASK.questions.values()} == {"test"}
    assert [message.role for message in items[0].messages] == ["system", "user"]
    assert [tool["function"]["name"] for tool in items[0].tools] == ["search", "read"]
