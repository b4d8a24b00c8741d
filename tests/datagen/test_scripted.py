"""The scripted server speaks the protocol as the official client understands it, faults included."""

from __future__ import annotations

import http.client
import json
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from urllib.parse import urlsplit

import openai
import pytest

from datagen.llm.scripted import Fault, Reply, ScriptedServer, in_order, replies_by


@contextmanager
def client_of(server: ScriptedServer, **options) -> Iterator[openai.OpenAI]:
    settings = {"api_key": "any", "max_retries": 0, "timeout": 5.0, **options}
    with openai.OpenAI(base_url=server.base_url, **settings) as client:
        yield client


def ask(client: openai.OpenAI, text: str = "สวัสดี", **options):
    return client.chat.completions.create(
        **{"model": "scripted", "messages": [{"role": "user", "content": text}], **options}
    )


def test_an_answer_carries_content_reason_and_usage():
    with ScriptedServer(lambda body: Reply("ตอบ", "length", 7)) as server, client_of(server) as client:
        answer = ask(client, "12345")
    assert answer.choices[0].message.content == "ตอบ"
    assert answer.choices[0].finish_reason == "length"
    assert answer.usage is not None
    assert (answer.usage.prompt_tokens, answer.usage.completion_tokens, answer.usage.total_tokens) == (2, 7, 9)


def test_the_script_sees_the_whole_body_and_both_lists_record_it():
    with ScriptedServer(lambda body: f"seed {body['seed']}") as server, client_of(server) as client:
        answers = [ask(client, seed=seed, temperature=0.5).choices[0].message.content for seed in (3, 4)]
        assert answers == ["seed 3", "seed 4"]
        assert [(body["seed"], body["temperature"]) for body in server.requests] == [(3, 0.5), (4, 0.5)]
        assert server.peak_in_flight == 1
        assert server.answered == server.requests


def test_models_and_health_are_listed():
    with ScriptedServer(lambda _: "", models=("a", "b")) as server, client_of(server) as client:
        assert [model.id for model in client.models.list()] == ["a", "b"]
        connection = http.client.HTTPConnection(urlsplit(server.base_url).netloc, timeout=5)
        connection.request("GET", "/health")
        assert json.load(connection.getresponse()) == {"status": "ok"}
        connection.close()


def test_an_unknown_model_is_a_404_in_openai_style():
    with (
        ScriptedServer(lambda _: "") as server,
        client_of(server) as client,
        pytest.raises(openai.NotFoundError) as caught,
    ):
        ask(client, model="gpt-99")
    assert caught.value.code == "model_not_found"
    assert "gpt-99" in caught.value.message


def test_a_wrong_key_is_a_401_and_is_not_recorded():
    with ScriptedServer(lambda _: "in", api_key="right") as server:
        with client_of(server, api_key="wrong") as client, pytest.raises(openai.AuthenticationError):
            ask(client)
        assert server.requests == []
        with client_of(server, api_key="right") as client:
            assert ask(client).choices[0].message.content == "in"


@pytest.mark.parametrize("options", [{"stream": True}, {"n": 2}])
def test_what_the_script_cannot_do_is_refused(options: dict):
    with (
        ScriptedServer(lambda _: "") as server,
        client_of(server) as client,
        pytest.raises(openai.BadRequestError),
    ):
        ask(client, **options)


def test_an_error_status_carries_its_message_and_retry_after():
    script = in_order(Fault(429, "slow down", retry_after_s=1.5), "fine")
    with ScriptedServer(script) as server, client_of(server) as client:
        with pytest.raises(openai.RateLimitError, match="slow down") as caught:
            ask(client)
        assert caught.value.response.headers["retry-after"] == "1.5"
        assert ask(client).choices[0].message.content == "fine"


def test_a_client_with_retries_outlives_a_fault():
    script = in_order(Fault(503, retry_after_s=0.01), Fault(kind="drop"), "fine")
    with ScriptedServer(script) as server, client_of(server, max_retries=3) as client:
        assert ask(client).choices[0].message.content == "fine"
        assert (len(server.requests), len(server.answered)) == (3, 2)


def test_a_dropped_connection_is_no_answer():
    with ScriptedServer(lambda _: Fault(kind="drop")) as server, client_of(server) as client:
        with pytest.raises(openai.APIConnectionError):
            ask(client)
        assert (len(server.requests), server.answered) == (1, [])


def test_a_hanging_request_times_out_and_does_not_hold_up_the_end():
    with ScriptedServer(lambda _: Fault(kind="hang")) as server, client_of(server, timeout=0.3) as client:
        with pytest.raises(openai.APITimeoutError):
            ask(client)
        begun = time.monotonic()
    assert time.monotonic() - begun < 2


def test_a_malformed_answer_is_status_200_and_not_json():
    with ScriptedServer(lambda _: Fault(kind="malformed")) as server:
        connection = http.client.HTTPConnection(urlsplit(server.base_url).netloc, timeout=5)
        body = {"model": "scripted", "messages": [{"role": "user", "content": "?"}]}
        connection.request("POST", "/v1/chat/completions", json.dumps(body))
        response = connection.getresponse()
        assert response.status == 200
        with pytest.raises(json.JSONDecodeError):
            json.loads(response.read())
        connection.close()


def test_requests_run_side_by_side_and_the_peak_is_known():
    with ScriptedServer(lambda _: "x", latency_s=0.3) as server, client_of(server) as client:
        begun = time.monotonic()
        threads = [threading.Thread(target=ask, args=(client,)) for _ in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert 0.3 <= time.monotonic() - begun < 1.5
        assert server.peak_in_flight == 8
        assert len(server.answered) == 8


def test_a_client_that_leaves_early_is_received_but_not_answered():
    release = threading.Event()

    def script(_) -> str:
        release.wait(5)
        return "x" * 10_000_000  # more than a socket takes without a reader

    with ScriptedServer(script) as server:
        host, port = urlsplit(server.base_url).netloc.split(":")
        body = json.dumps({"model": "scripted", "messages": [{"role": "user", "content": "?"}]}).encode()
        with socket.create_connection((host, int(port))) as raw:
            head = f"POST /v1/chat/completions HTTP/1.1\r\nHost: x\r\nContent-Length: {len(body)}\r\n\r\n"
            raw.sendall(head.encode() + body)
            while not server.requests:
                time.sleep(0.01)
        release.set()
    assert (len(server.requests), server.answered) == (1, [])


def test_a_broken_script_is_reported_to_the_test_not_hidden():
    server = ScriptedServer(lambda body: body["no such field"])
    with (
        pytest.raises(KeyError, match="no such field"),
        server,
        client_of(server) as client,
        pytest.raises(openai.APIConnectionError),
    ):
        ask(client)


def test_it_listens_on_loopback_only_and_ends_all_its_threads():
    before = threading.active_count()
    with ScriptedServer(lambda _: "x") as server, client_of(server) as client:
        assert server.base_url.startswith("http://127.0.0.1:")
        ask(client)
    assert threading.active_count() == before
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(("127.0.0.1", int(urlsplit(server.base_url).port or 0)), timeout=1)


def test_a_client_that_keeps_its_connection_does_not_hold_up_the_end():
    with ScriptedServer(lambda _: "x") as server:
        connection = http.client.HTTPConnection(urlsplit(server.base_url).netloc, timeout=5)
        connection.request("GET", "/health")
        connection.getresponse().read()
        begun = time.monotonic()
    assert time.monotonic() - begun < 2
    connection.close()


def test_tool_calls_pass_through():
    call = {"id": "1", "type": "function", "function": {"name": "weather", "arguments": '{"city": "ตราด"}'}}
    reply = Reply(None, "tool_calls", tool_calls=(call,))
    with ScriptedServer(replies_by({"อากาศ": reply}, "?")) as server, client_of(server) as client:
        answer = ask(client, "อากาศที่ตราด").choices[0]
        assert ask(client, "อื่น").choices[0].message.content == "?"
    assert answer.message.tool_calls is not None
    assert answer.message.tool_calls[0].model_dump() == call
