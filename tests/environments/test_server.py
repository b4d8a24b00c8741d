"""The corpus server as another trainer meets it: a process, and HTTP on loopback."""

from __future__ import annotations

import asyncio
import http.client
import json
import os
import socket
import subprocess
import sys
import threading
import urllib.error
import urllib.request
from concurrent.futures import ThreadPoolExecutor

import pytest
from aiohttp import web

from environments import server as server_module
from environments.municipal import municipal_code
from environments.search_read import SearchRead
from environments.server import MAX_BODY, BindError, serve


def started(*arguments):
    env = {**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))}
    command = [sys.executable, "-m", "environments.server", *arguments]
    return subprocess.Popen(command, env=env, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


@pytest.fixture(scope="module")
def address():
    with started("--port", "0") as process:
        assert process.stdout is not None
        assert process.stderr is not None
        line = process.stdout.readline()
        assert line.startswith("150 sections at http://127.0.0.1:"), line + process.stderr.read()
        yield line.split("//")[1].strip()
        process.terminate()
        assert process.wait(60) == 0
        assert process.stderr.read() == ""


def asked(address, path, body=None):
    data = body if body is None or isinstance(body, bytes) else json.dumps(body).encode()
    try:
        with urllib.request.urlopen(urllib.request.Request(f"http://{address}{path}", data), timeout=30) as answer:
            return answer.status, json.load(answer)
    except urllib.error.HTTPError as exc:
        with exc:
            return exc.code, json.load(exc)


def test_health_says_which_corpus_it_is(address):
    code = municipal_code()
    assert asked(address, "/health") == (200, {"status": "ok", "sections": 150, "sha256": code.sha256})


def test_search_and_read_answer_as_the_environment_does(address):
    environment = SearchRead()
    for path, body in [("search", {"query": "ค่าจอดรถริมถนน", "k": 3}), ("read", {"id": "501"})]:
        assert asked(address, f"/{path}", body) == (200, json.loads(environment.step(path, body).content))


@pytest.mark.parametrize(
    ("path", "body", "status", "code"),
    [
        ("/read", {"id": "9"}, 404, "unknown_section"),
        ("/read", {}, 400, "invalid_arguments"),
        ("/search", {"query": "x", "k": 99}, 400, "invalid_arguments"),
        ("/search", b"{", 400, "malformed_arguments"),
        ("/search", b'"\xff"', 400, "malformed_arguments"),
        ("/search", b"[" * 50_000, 400, "malformed_arguments"),
        ("/search", b"x" * (MAX_BODY + 1), 413, "too_large"),
        ("/search", None, 405, "no_such_call"),
        ("/delete", {}, 404, "no_such_call"),
        ("/../../etc/passwd", None, 404, "no_such_call"),
    ],
)
def test_what_is_refused(address, path, body, status, code):
    got, answer = asked(address, path, body)
    assert (got, answer["error"]["code"]) == (status, code)
    assert answer["error"]["message"]


def test_many_at_once_get_what_each_asked_for(address):
    numbers = [section.id for section in municipal_code().sections[:40]]
    with ThreadPoolExecutor(16) as threads:
        answers = list(threads.map(lambda number: asked(address, "/read", {"id": number}), numbers))
    assert [answer["id"] for _, answer in answers] == numbers


def test_a_client_that_goes_away_or_sends_no_http_harms_nobody(address):
    host, port = address.split(":")
    for sent in (b"POST /search HTTP/1.1\r\nHost: x\r\nContent-Length: 999\r\n\r\n{", b"\x00\xff\r\n\r\n"):
        with socket.create_connection((host, int(port)), 60) as connection:
            connection.sendall(sent)
    assert asked(address, "/health")[0] == 200


def test_a_body_that_does_not_come_is_waited_for_only_so_long(monkeypatch):
    monkeypatch.setattr(server_module, "BODY_S", 0.3)
    with in_this_process() as port:
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=20)
        connection.putrequest("POST", "/search")
        connection.putheader("Content-Length", "100")
        connection.endheaders(b"{")
        answer = connection.getresponse()
        assert (answer.status, json.load(answer)["error"]["code"]) == (408, "timeout")
        connection.close()


def in_this_process():
    return _Serving(server_module.application(SearchRead()))


class _Serving:
    """An application in a thread of this process, so that a test can change its limits."""

    def __init__(self, app):
        self.app = app

    def __enter__(self):
        self.loop = asyncio.new_event_loop()
        self.runner = web.AppRunner(self.app)
        self.loop.run_until_complete(self.runner.setup())
        self.loop.run_until_complete(web.TCPSite(self.runner, "127.0.0.1", 0).start())
        self.thread = threading.Thread(target=self.loop.run_forever)
        self.thread.start()
        return self.runner.addresses[0][1]

    def __exit__(self, *_):
        self.loop.call_soon_threadsafe(self.loop.stop)
        self.thread.join(10)
        self.loop.run_until_complete(self.runner.cleanup())
        self.loop.run_until_complete(self.loop.shutdown_default_executor())
        self.loop.close()


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--host", "0.0.0.0"], "can be reached from other machines"),
        (["/no/such/file.jsonl"], "/no/such/file.jsonl: cannot be read"),
    ],
)
def test_it_does_not_start_where_it_must_not(arguments, message):
    with started("--port", "0", *arguments) as process:
        printed, told = process.communicate(timeout=120)
    assert (process.returncode, printed) == (2, "")
    assert message in told
    assert "Traceback" not in told


@pytest.mark.parametrize(
    ("host", "message"),
    [
        ("", "can be reached from other machines"),
        ("::", "can be reached from other machines"),
        ("10.0.0.1", "can be reached from other machines"),
        ("169.254.1.1", "can be reached from other machines"),
        ("a" * 300, "is no address"),
    ],
)
def test_an_address_that_is_not_loopback_is_refused_before_anything_is_read(host, message):
    with pytest.raises(BindError, match=message):
        asyncio.run(serve("/no/such/file.jsonl", host, 0))


def test_a_port_in_use_is_named(address):
    with started("--port", address.split(":")[1]) as process:
        _, told = process.communicate(timeout=120)
    assert process.returncode == 2
    assert "choose another --port" in told
