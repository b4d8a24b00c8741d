"""The chat client against a faulty server: retries, words for every failure, one request per payload."""

from __future__ import annotations

import asyncio
import contextlib
from pathlib import Path

import pytest

from datagen.errors import EndpointError
from datagen.llm.answers import AnswerStore
from datagen.llm.client import ChatClient, Endpoint
from datagen.llm.scripted import Fault, Reply, ScriptedServer

QUESTION = [{"role": "user", "content": "สวัสดี"}]


def ask(server: ScriptedServer, folder: Path, *questions: dict, retries: int = 2, concurrency: int = 4, timeout_s=5.0):
    """Answers to `chat(**question)` for each question, all at once."""

    async def connect() -> Endpoint:
        return Endpoint(server.base_url, "test")

    async def run(store: AnswerStore):
        client = ChatClient(store, "test", connect, concurrency=concurrency, timeout_s=timeout_s, max_retries=retries)
        try:
            return await asyncio.gather(*(client.chat("scripted", QUESTION, **question) for question in questions))
        finally:
            await client.close()

    with contextlib.closing(AnswerStore(folder / "answers.sqlite")) as store:
        return asyncio.run(run(store))


def test_a_passing_failure_is_retried_and_the_answer_kept(tmp_path):
    faults = [Fault(status=503), Fault(status=429, retry_after_s=0.01)]
    with ScriptedServer(lambda body: faults.pop(0) if faults else "สวัสดีครับ") as server:
        answers = ask(server, tmp_path, {"max_tokens": 9})
        assert answers[0].content == "สวัสดีครับ"
        assert len(server.requests) == 3
        assert ask(server, tmp_path, {"max_tokens": 9}) == answers
        assert len(server.requests) == 3


@pytest.mark.parametrize(
    ("difference", "asked"),
    [({"max_tokens": 9}, 1), ({"max_tokens": 10}, 2), ({"max_tokens": 9, "temperature": 1.0}, 2),
     ({"max_tokens": 9, "sample_index": 1}, 2)],
)  # fmt: skip
def test_the_key_is_the_whole_payload(tmp_path, difference, asked):
    with ScriptedServer(lambda body: "ตอบ") as server:
        ask(server, tmp_path, {"max_tokens": 9})
        ask(server, tmp_path, difference)
        assert len(server.requests) == asked


def test_identical_requests_at_the_same_time_are_one_request(tmp_path):
    with ScriptedServer(lambda body: "ตอบ", latency_s=0.1) as server:
        answers = ask(server, tmp_path, *[{"max_tokens": 9}] * 5)
        assert len(server.requests) == 1
        assert len(answers) == 5


def test_concurrency_is_a_bound(tmp_path):
    with ScriptedServer(lambda body: "ตอบ", latency_s=0.05) as server:
        ask(server, tmp_path, *[{"sample_index": number} for number in range(12)], concurrency=3)
        assert server.peak_in_flight == 3


def test_a_request_the_endpoint_declines_is_a_fact_about_the_row(tmp_path):
    with ScriptedServer(lambda body: Fault(status=400, message="context too long")) as server:
        (answer,) = ask(server, tmp_path, {"max_tokens": 9})
        assert "context too long" in answer.refused
        assert ask(server, tmp_path, {"max_tokens": 9}) == [answer]
        assert len(server.requests) == 1


@pytest.mark.parametrize(
    ("fault", "words"),
    [
        (Fault(status=500, message="out of order"), "out of order"),
        (Fault(status=429), "limits our rate"),
        (Fault(status=401), "OPENAI_API_KEY"),
        (Fault(status=404), "no model"),
        (Fault(kind="drop"), "nobody answers"),
        (Fault(kind="hang"), "gave no answer in 0.3 s"),
        (Fault(kind="malformed"), "failed|not a chat completion"),
    ],
)
def test_a_failure_that_stays_has_words_and_nothing_is_stored(tmp_path, fault, words):
    with ScriptedServer(lambda body: fault) as server:
        with pytest.raises(EndpointError, match=words) as caught:
            ask(server, tmp_path, {"max_tokens": 9}, retries=0, timeout_s=0.3)
        assert "the same command resumes" in str(caught.value)
    with ScriptedServer(lambda body: Reply("ตอบ")) as server:
        ask(server, tmp_path, {"max_tokens": 9})
        assert len(server.requests) == 1
