"""The Batch API as a transport: whole builds, kills, partial failures, batches that fail."""

from __future__ import annotations

import asyncio
import contextlib
import sqlite3
from collections import Counter
from pathlib import Path

import pytest

from datagen.errors import EndpointError
from datagen.llm.answers import Answer, AnswerStore
from datagen.llm.batch import BatchSettings, BatchTransport
from datagen.llm.client import ChatClient, Endpoint
from datagen.llm.scripted import Fault
from datagen.llm.scripted_batch import ScriptedBatchServer

SETTINGS = BatchSettings(
    max_requests=100, gather_s=0.05, poll_s=0.02, completion_window="24h", timeout_s=5, max_retries=2
)


def text_of(body: dict) -> str:
    return body["messages"][-1]["content"]


def ask(server: ScriptedBatchServer, folder: Path, *texts: str, until=None, settings: BatchSettings = SETTINGS):
    """Answers to all texts; with `until` the run is cut off, as by a kill, once that is true."""

    async def connect() -> list[Endpoint]:
        return [Endpoint(server.base_url, "test")]

    async def run(store: AnswerStore) -> tuple[list[Answer], ChatClient]:
        client = ChatClient(
            store, "test", connect, transport=lambda usage, say: BatchTransport(connect, store, settings, usage, say)
        )
        questions = asyncio.gather(*(client.chat("scripted", [{"role": "user", "content": text}]) for text in texts))
        try:
            while until is not None and not until():
                await asyncio.sleep(0.005)
            return ([], client) if until else (await questions, client)
        finally:
            questions.cancel()
            await asyncio.gather(questions, return_exceptions=True)
            await client.close()

    with contextlib.closing(AnswerStore(folder / "answers.sqlite")) as store:
        return asyncio.run(run(store))


def test_questions_go_out_together_and_answers_come_back_by_name(tmp_path):
    with ScriptedBatchServer(lambda body: text_of(body).upper()) as server:
        answers, client = ask(server, tmp_path, "a", "b", "c")
        assert [answer.content for answer in answers] == ["A", "B", "C"]
        assert [len(batch) for batch in server.submitted] == [3]
        assert (client.usage.asked, client.usage.answered, client.usage.in_flight) == (3, 3, 0)
        assert ask(server, tmp_path, "c", "a")[0] == [answers[2], answers[0]]
        assert len(server.submitted) == 1


def test_more_questions_than_one_batch_takes_are_several_batches(tmp_path):
    settings = BatchSettings(2, 0.05, 0.02, "24h", 5, 2)
    with ScriptedBatchServer(text_of) as server:
        ask(server, tmp_path, *"abcde", settings=settings)
        assert sorted(len(batch) for batch in server.submitted) == [1, 2, 2]


def test_a_killed_run_finds_its_batch_again_and_asks_nothing_twice(tmp_path):
    with ScriptedBatchServer(text_of, polls=10**9) as server:
        ask(server, tmp_path, "a", "b", until=lambda: server.batches and batch_ids(tmp_path)[0])
        server.polls = 1
        answers, client = ask(server, tmp_path, "b", "a", "new")
        assert [answer.content for answer in answers] == ["b", "a", "new"]
        assert [len(batch) for batch in server.submitted] == [2, 1]
        assert client.usage.answered == 3
        assert batch_ids(tmp_path) == []


def test_a_run_killed_before_it_wrote_the_id_down_recognises_its_batch(tmp_path):
    with ScriptedBatchServer(text_of, polls=10**9) as server:
        ask(server, tmp_path, "a", until=lambda: server.batches and batch_ids(tmp_path)[0])
        with contextlib.closing(sqlite3.connect(tmp_path / "answers.sqlite")) as db, db:
            db.execute("UPDATE batches SET batch_id = NULL")
        server.batches["batch_1"] = {**server.batches["batch_0"], "id": "batch_1", "metadata": {"of": "others"}}
        server.polls = 1
        assert ask(server, tmp_path, "a")[0][0].content == "a"
        assert len(server.submitted) == 1


def test_a_batch_that_never_reached_the_endpoint_is_submitted_by_the_next_run(tmp_path):
    with ScriptedBatchServer(text_of, polls=10**9) as server:
        ask(server, tmp_path, "a", until=lambda: server.batches and batch_ids(tmp_path)[0])
        with contextlib.closing(sqlite3.connect(tmp_path / "answers.sqlite")) as db, db:
            db.execute("UPDATE batches SET batch_id = NULL")
        server.batches.clear()
        server.submitted.clear()
        server.polls = 1
        assert ask(server, tmp_path, "a")[0][0].content == "a"
        assert len(server.submitted) == 1


def test_what_fails_or_is_missing_is_asked_again_and_only_that(tmp_path):
    faults = {"slow": [Fault(status=500)], "lost": [Fault(kind="drop"), Fault(status=429)]}

    def script(body: dict):
        waiting = faults.get(text_of(body))
        return waiting.pop(0) if waiting else text_of(body)

    with ScriptedBatchServer(script) as server:
        answers, client = ask(server, tmp_path, "fine", "slow", "lost")
        assert [answer.content for answer in answers] == ["fine", "slow", "lost"]
        assert [sorted(text_of(line["body"]) for line in batch) for batch in server.submitted] == [
            ["fine", "lost", "slow"], ["lost", "slow"], ["lost"],
        ]  # fmt: skip
        assert client.usage.faults == Counter(batch_item=3)
        assert client.usage.retries == 3


def test_what_never_works_is_given_up_alone_and_not_stored(tmp_path):
    script = lambda body: Fault(status=500, message="no") if text_of(body) == "bad" else text_of(body)  # noqa: E731
    with ScriptedBatchServer(script) as server:
        (good, bad), client = ask(server, tmp_path, "good", "bad")
        assert (good.content, bad.failed) == ("good", True)
        assert bad.refused.endswith("no")
        assert (client.usage.asked, client.usage.answered, client.usage.failed) == (2, 1, 1)
        assert len(server.submitted) == 1 + SETTINGS.max_retries
    with contextlib.closing(AnswerStore(tmp_path / "answers.sqlite")) as store:
        assert len(store.payloads()) == 1


def test_a_declined_question_is_an_answer_and_not_asked_again(tmp_path):
    with ScriptedBatchServer(lambda body: Fault(status=400, message="too long")) as server:
        assert "too long" in ask(server, tmp_path, "a")[0][0].refused
        assert "too long" in ask(server, tmp_path, "a")[0][0].refused
        assert len(server.submitted) == 1


def test_a_batch_that_fails_as_a_whole_ends_the_run_with_its_reason(tmp_path):
    with ScriptedBatchServer(text_of, ending="failed") as server:
        with pytest.raises(EndpointError, match=r"the script fails its batches.*same command resumes"):
            ask(server, tmp_path, "a")
        server.ending = "completed"
        assert ask(server, tmp_path, "a")[0][0].content == "a"


def test_an_endpoint_without_the_batch_api_is_named(tmp_path):
    from datagen.llm.scripted import ScriptedServer

    with ScriptedServer(text_of) as server, pytest.raises(EndpointError, match="does it speak the Batch API"):
        ask(server, tmp_path, "a")  # type: ignore[arg-type]


def test_a_whole_build_by_batches_equals_the_build_by_chat(run, build_arguments, slow_teacher, tmp_path):
    with ScriptedBatchServer(slow_teacher.reply) as server:
        batch = ["teacher.transport=batch", "teacher.batch.gather_s=0.1", "teacher.batch.poll_s=0.05"]
        assert run(*build_arguments(server, tmp_path / "batch"), *batch)[0] == 0
        assert server.requests == []
        assert run(*build_arguments(server, tmp_path / "chat"))[0] == 0
    shards = [sorted((tmp_path / name).glob("*/*/*.parquet")) for name in ("batch", "chat")]
    assert [p.read_bytes() for p in shards[0]] == [p.read_bytes() for p in shards[1]]


def batch_ids(folder: Path) -> list[str | None]:
    with contextlib.closing(sqlite3.connect(folder / "answers.sqlite")) as db:
        return [row[0] for row in db.execute("SELECT batch_id FROM batches")]
