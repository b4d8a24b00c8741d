"""Several samples of one question (`n`), tools and response formats: what is sent, kept and found again."""

from __future__ import annotations

import asyncio
import contextlib
import json
import sqlite3
from pathlib import Path
from typing import Any

import pytest

from datagen.llm.answers import Answer, AnswerStore, payload_key
from datagen.llm.client import ChatClient, Endpoint, Limits
from datagen.llm.question import read_choices
from datagen.llm.scripted import Reply, ScriptedServer
from datagen.record import canonical_json

QUESTION = [{"role": "user", "content": "สวัสดี"}]
TOOL = {"type": "function", "function": {"name": "weather", "parameters": {"type": "object"}}}


def by_choice(body: dict) -> str:
    return f"seed {body['seed']} choice {body.get('choice', 0)}"


def ask(server: ScriptedServer, folder: Path, indexes: list[int], *, siblings: int = 4, use_n: bool = True, **options):
    async def connect() -> Endpoint:
        return Endpoint(server.base_url, "test")

    async def run(store: AnswerStore) -> list[Answer]:
        client = ChatClient(store, "test", connect, limits=Limits(16, 5.0, 1), use_n=use_n)
        options.setdefault("seed", 7)
        try:
            return await asyncio.gather(
                *(client.chat("scripted", QUESTION, sample_index=i, siblings=siblings, **options) for i in indexes)
            )
        finally:
            await client.close()
            assert client.usage.asked == client.usage.answered

    with contextlib.closing(AnswerStore(folder / "answers.sqlite")) as store:
        return asyncio.run(run(store))


def test_siblings_are_one_request_and_each_is_stored(tmp_path):
    with ScriptedServer(by_choice, max_n=8) as server:
        answers = ask(server, tmp_path, [0, 1, 2, 3])
        assert [answer.content for answer in answers] == [f"seed 7 choice {n}" for n in range(4)]
        assert [body["n"] for body in server.requests] == [4]
        # Whichever sibling comes first asks for all; later ones find theirs in the store, more samples ask for more.
        assert ask(server, tmp_path, [3, 1]) == [answers[3], answers[1]]
        assert len(server.requests) == 1
        ask(server, tmp_path, [5], siblings=6)
        assert (server.requests[1]["n"], server.requests[1]["seed"]) == (2, 7 + 4)


def test_tokens_of_one_request_are_shared_out_not_multiplied(tmp_path):
    with ScriptedServer(lambda body: Reply("x", completion_tokens=5), max_n=4) as server:
        answers = ask(server, tmp_path, [0, 1, 2, 3])
    assert [answer.completion_tokens for answer in answers] == [5, 5, 5, 5]
    assert [answer.prompt_tokens > 0 for answer in answers] == [True, False, False, False]


@pytest.mark.parametrize("caps", [False, True])
def test_where_n_is_refused_or_capped_the_rest_is_asked_in_parallel_with_seeds_of_its_own(tmp_path, caps):
    with ScriptedServer(by_choice, max_n=1, caps_n=caps, latency_s=0.02) as server:
        answers = ask(server, tmp_path, [0, 1, 2, 3])
        assert [answer.content for answer in answers] == [f"seed {7 + n} choice 0" for n in range(4)]
        with contextlib.closing(sqlite3.connect(tmp_path / "answers.sqlite")) as db:
            assert db.execute("SELECT COUNT(*) FROM answers").fetchone()[0] == 4


def test_an_endpoint_that_refused_n_is_not_asked_for_it_again(tmp_path):
    async def connect() -> Endpoint:
        return Endpoint(server.base_url, "test")

    async def run(store: AnswerStore) -> None:
        client = ChatClient(store, "test", connect, limits=Limits(16, 5.0, 1), use_n=True)
        for text in "abc":
            question = [{"role": "user", "content": text}]
            await asyncio.gather(*(client.chat("scripted", question, sample_index=i, siblings=2) for i in range(2)))
        assert client.usage.faults == {"declined": 1}
        await client.close()

    with ScriptedServer(lambda body: "x") as server, contextlib.closing(AnswerStore(tmp_path / "a.sqlite")) as store:
        asyncio.run(run(store))
        assert len(server.requests) == 6


def test_without_use_n_every_sample_is_a_request(tmp_path):
    with ScriptedServer(by_choice, max_n=8) as server:
        ask(server, tmp_path, [0, 1, 2, 3], use_n=False)
        assert [body.get("n") for body in server.requests] == [None] * 4


def test_a_build_with_use_n_asks_once_a_prompt_and_resumes_from_the_store(run, build_arguments, slow_teacher, tmp_path):
    slow_teacher.max_n, slow_teacher.latency_s = 8, 0.0
    with slow_teacher as server:
        arguments = [*build_arguments(server, tmp_path / "ds"), "teacher.use_n=true", "candidates=3"]
        assert run(*arguments)[0] == 0
        generations = [body for body in server.requests if "seed" in body]
        assert {body["n"] for body in generations} == {3}
        assert len({json.dumps(body["messages"]) for body in generations}) == len(generations)
        before = len(server.requests)
        assert run(*arguments, "--overwrite")[0] == 0
        assert len(server.requests) == before


def test_tools_and_formats_are_sent_and_belong_to_the_key(tmp_path):
    with ScriptedServer(lambda body: "x") as server:
        json_format = {"type": "json_object"}
        variants: list[dict[str, Any]] = [
            {}, {"tools": [TOOL]}, {"tools": [TOOL], "tool_choice": "required"}, {"response_format": json_format},
        ]  # fmt: skip
        for options in variants:
            ask(server, tmp_path, [0], siblings=1, **options)
            ask(server, tmp_path, [0], siblings=1, **options)
        assert [(b.get("tools"), b.get("tool_choice"), b.get("response_format")) for b in server.requests] == [
            (None, None, None), ([TOOL], None, None), ([TOOL], "required", None), (None, None, json_format),
        ]  # fmt: skip


def test_tool_calls_are_kept(tmp_path):
    call = {"id": "1", "type": "function", "function": {"name": "weather", "arguments": '{"city": "ตราด"}'}}
    with ScriptedServer(lambda body: Reply(None, "tool_calls", tool_calls=(call,))) as server:
        first = ask(server, tmp_path, [0], siblings=1, tools=[TOOL])
        assert ask(server, tmp_path, [0], siblings=1, tools=[TOOL]) == first
    assert first[0].tool_calls == (call,)
    assert first[0].content == ""


def test_answers_stored_before_tool_calls_existed_are_found_and_read(tmp_path):
    payload = {
        "endpoint": "test", "model": "scripted", "messages": QUESTION, "tools": [], "sampling": {"seed": 7},
        "sample_index": 0,
    }  # fmt: skip
    old = '{"completion_tokens":3,"content":"เก่า","finish_reason":"stop","prompt_tokens":2,"refused":""}'
    with contextlib.closing(AnswerStore(tmp_path / "answers.sqlite")) as store:
        store.put_all([(payload_key(payload), canonical_json(payload), old)])
        assert store.get(payload) == Answer("เก่า", "stop", 2, 3)
        store.put(payload, Answer("เก่า", "stop", 2, 3))
    with contextlib.closing(sqlite3.connect(tmp_path / "answers.sqlite")) as db:
        assert db.execute("SELECT answer FROM answers").fetchall() == [(old,)]
    with ScriptedServer(by_choice) as server:
        assert ask(server, tmp_path, [0], siblings=1)[0].content == "เก่า"
        assert server.requests == []


def test_half_an_emoji_becomes_a_sign_that_can_be_stored():
    (answer,) = read_choices({"choices": [{"message": {"content": "ดี\ud83d"}, "finish_reason": "stop"}]}, 1)
    assert answer.content == "ดี\ufffd"
