"""A scripted OpenAI-compatible chat server on loopback: tests and demos without a model.

    >>> import json, urllib.request
    >>> with ScriptedServer(lambda body: body["messages"][-1]["content"].upper()) as server:
    ...     body = {"model": "scripted", "messages": [{"role": "user", "content": "hello"}]}
    ...     call = urllib.request.Request(server.base_url + "/chat/completions", json.dumps(body).encode())
    ...     json.load(urllib.request.urlopen(call))["choices"][0]["message"]["content"]
    'HELLO'

Covered: `GET /health`, `GET /v1/models`, `POST /v1/chat/completions` over keep-alive HTTP, API keys,
unknown models, latency, and the ways a server fails: an error status, a dropped connection, silence, a
body that is not JSON. A reply depends on the request body alone (messages, seed, ...), so a run is as
deterministic as its script.

`n` is answered up to `max_n` (the script sees each choice's number as `body["choice"]`); above it the server refuses
with status 400, or gives `max_n` choices where `caps_n` says so. Real servers do either.

Not covered: streaming, refused with status 400; a real tokenizer (`usage` counts one
token per 4 bytes of UTF-8 unless a `Reply` says otherwise).
"""

from __future__ import annotations

import contextlib
import json
import socket
import sys
import threading
from collections.abc import Callable, Mapping, Sequence
from http.server import BaseHTTPRequestHandler
from socketserver import TCPServer, ThreadingMixIn
from typing import Any, Self, cast

from datagen.llm.scripted_replies import Body, Fault, Reply, ScriptedAnswer, in_order, replies_by

__all__ = ["Fault", "Reply", "ScriptedAnswer", "ScriptedServer", "completion", "in_order", "replies_by"]


class ScriptedServer:
    """Serves `reply(body)` from background threads between `__enter__` and `__exit__`.

    `requests` holds the chat bodies received, `answered` those whose answer (faults of kind `status` and
    `malformed` included) was wholly handed to the socket, `peak_in_flight` the most answered side by side.
    An exception in `reply` drops that connection and is raised again when the `with` block ends.
    """

    def __init__(
        self,
        reply: Callable[[Body], ScriptedAnswer],
        *,
        models: tuple[str, ...] = ("scripted",),
        latency_s: float = 0.0,
        api_key: str | None = None,
        port: int = 0,
        max_n: int = 1,
        caps_n: bool = False,
    ):
        self.max_n, self.caps_n = max_n, caps_n
        self.reply, self.models, self.latency_s, self.api_key = reply, models, latency_s, api_key
        self.peak_in_flight = 0
        self._port = port
        self._lock = threading.Lock()
        self._in_flight = 0
        self._requests: list[Body] = []
        self._answered: list[Body] = []
        self._script_errors: list[BaseException] = []
        self.closing = threading.Event()

    @property
    def base_url(self) -> str:
        """`http://127.0.0.1:PORT/v1`, known inside the `with` block."""
        return f"http://127.0.0.1:{self._server.server_address[1]}/v1"

    @property
    def requests(self) -> list[Body]:
        """A copy of the request bodies, in order of arrival."""
        with self._lock:
            return list(self._requests)

    @property
    def answered(self) -> list[Body]:
        """A copy of the request bodies whose answer was written, in that order."""
        with self._lock:
            return list(self._answered)

    def __enter__(self) -> Self:
        self._server = _Listener(self, self._port)
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True)
        self._thread.start()
        return self

    def __exit__(self, kind: object, *_: object) -> None:
        self.closing.set()
        self._server.shutdown()
        self._thread.join()
        self._server.hang_up()
        self._server.server_close()
        if self._script_errors and kind is None:
            raise self._script_errors[0]

    def route(self, method: str, path: str, raw: bytes, content_type: str) -> tuple[int, object] | None:
        """Status and document (or bytes) for a path beyond chat; None where there is no such path."""
        return None

    def received(self, body: Body) -> None:
        with self._lock:
            self._requests.append(body)
            self._in_flight += 1
            self.peak_in_flight = max(self.peak_in_flight, self._in_flight)

    def finished(self, body: Body, *, answered: bool) -> None:
        with self._lock:
            self._in_flight -= 1
            if answered:
                self._answered.append(body)

    def lost(self, body: Body) -> None:
        with self._lock:
            self._answered = [other for other in self._answered if other is not body]

    def failed(self, error: BaseException) -> None:
        with self._lock:
            self._script_errors.append(error)


class _Listener(ThreadingMixIn, TCPServer):
    """One thread a connection. Not http.server's own class: that one asks DNS for its name."""

    allow_reuse_address = True
    request_queue_size = 256

    def __init__(self, owner: ScriptedServer, port: int):
        self.owner = owner
        self._connections: set[socket.socket] = set()
        super().__init__(("127.0.0.1", port), _Handler)

    def process_request(self, request: Any, client_address: Any) -> None:
        self._connections.add(request)
        super().process_request(request, client_address)

    def shutdown_request(self, request: Any) -> None:
        self._connections.discard(request)
        super().shutdown_request(request)

    def hang_up(self) -> None:
        """Wake threads that wait on idle keep-alive connections, so that they can be joined."""
        for connection in list(self._connections):
            with contextlib.suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)

    def handle_error(self, request: Any, client_address: Any) -> None:
        error = sys.exception()
        # A client that went away is the client's business (kill tests do it); all else is a broken script.
        if error is not None and not isinstance(error, ConnectionError):
            self.owner.failed(error)


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    wbufsize = -1  # header and body leave together
    disable_nagle_algorithm = True

    @property
    def owner(self) -> ScriptedServer:
        return cast(_Listener, self.server).owner

    def log_message(self, format: str, *args: object) -> None:
        """Silence: a test's output belongs to the test."""

    def do_GET(self) -> None:
        if self.path == "/health":
            self._send(200, {"status": "ok"})
        elif self.path.partition("?")[0] == "/v1/models":
            if self._authorized():
                models = [{"id": name, "object": "model", "owned_by": "script"} for name in self.owner.models]
                self._send(200, {"object": "list", "data": models})
        else:
            self._route(b"")

    def do_POST(self) -> None:
        raw = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        if self.path.partition("?")[0] != "/v1/chat/completions":
            self._route(raw)
        elif self._authorized() and (body := self._checked(raw)) is not None:
            self._play(body)

    def _route(self, raw: bytes) -> None:
        if not self._authorized():
            return
        found = self.owner.route(self.command, self.path, raw, self.headers.get("Content-Type", ""))
        if found is None:
            self._send_error(404, f"no such path: {self.path}", "not_found_error")
        elif isinstance(found[1], bytes):
            self._write(found[0], found[1], {})
        else:
            self._send(*found)

    def _play(self, body: Body) -> None:
        owner = self.owner
        owner.received(body)
        speaks = False
        try:
            owner.closing.wait(owner.latency_s)
            answer = owner.reply(body)
            speaks = not (isinstance(answer, Fault) and answer.kind in ("drop", "hang"))
            if isinstance(answer, Fault) and answer.kind == "hang":
                owner.closing.wait()
        finally:
            # Before the bytes leave: whoever holds an answer must find it counted, and itself not in flight.
            owner.finished(body, answered=speaks)
        self.close_connection = self.close_connection or not speaks
        if speaks:
            try:
                self._say(body, answer)
            except ConnectionError:
                owner.lost(body)
                raise

    def _authorized(self) -> bool:
        key = self.owner.api_key
        if key is None or self.headers.get("Authorization") == f"Bearer {key}":
            return True
        self._send_error(401, "invalid API key", "authentication_error")
        return False

    def _checked(self, raw: bytes) -> Body | None:
        """The request body, or None after saying what is wrong with it."""
        try:
            body = json.loads(raw)
        except ValueError:
            body = None
        if not isinstance(body, dict) or not body.get("messages"):
            self._send_error(400, "the body must be a JSON object with messages", "invalid_request_error")
        elif body.get("stream") or ((body.get("n") or 1) > self.owner.max_n and not self.owner.caps_n):
            message = f"the script answers without stream and with n up to {self.owner.max_n}"
            self._send_error(400, message, "invalid_request_error")
        elif body.get("model") not in self.owner.models:
            message = f"the model {body.get('model')!r} does not exist"
            self._send_error(404, message, "invalid_request_error", code="model_not_found")
        else:
            return body
        return None

    def _say(self, body: Body, answer: ScriptedAnswer) -> None:
        if isinstance(answer, str):
            answer = Reply(answer)
        if isinstance(answer, Reply):
            n = min(body.get("n") or 1, self.owner.max_n)
            others = [self.owner.reply({**body, "choice": number}) for number in range(1, n)]
            replies = [answer, *(Reply(one) if isinstance(one, str) else one for one in others)]
            self._send(200, completion(body, [one for one in replies if isinstance(one, Reply)]))
        elif answer.kind == "status":
            retry = {} if answer.retry_after_s is None else {"Retry-After": f"{answer.retry_after_s:g}"}
            self._send_error(answer.status, answer.message, "scripted_fault", headers=retry)
        else:
            cut = answer.kind == "truncated"
            self.close_connection = self.close_connection or cut
            body_start = b'{"id": "chatcmpl-scripted", "choices": [{"ind'
            self._write(200, body_start, {}, announced=len(body_start) + 100 * cut)

    def _send_error(
        self,
        status: int,
        message: str,
        kind: str,
        *,
        code: str | None = None,
        headers: Mapping[str, str] = {},
    ) -> None:
        error = {"message": message, "type": kind, "param": None, "code": code}
        self._send(status, {"error": error}, headers)

    def _send(self, status: int, document: object, headers: Mapping[str, str] = {}) -> None:
        self._write(status, json.dumps(document, ensure_ascii=False).encode(), headers)

    def _write(self, status: int, payload: bytes, headers: Mapping[str, str], announced: int | None = None) -> None:
        self.send_response(status)
        for name, value in {**headers, "Content-Type": "application/json"}.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(payload) if announced is None else announced))
        self.end_headers()
        self.wfile.write(payload)
        self.wfile.flush()


def completion(body: Body, replies: Sequence[Reply]) -> Body:
    """A chat completion as the API words it, one choice a reply."""
    prompt_tokens = sum(_estimated_tokens(str(m.get("content") or "")) for m in body["messages"])
    completion_tokens = sum(
        _estimated_tokens(reply.content or "") if reply.completion_tokens is None else reply.completion_tokens
        for reply in replies
    )
    return {
        "id": "chatcmpl-scripted",
        "object": "chat.completion",
        "created": 0,
        "model": body["model"],
        "choices": [
            {"index": number, "message": _message(reply), "finish_reason": reply.finish_reason, "logprobs": None}
            for number, reply in enumerate(replies)
        ],
        "usage": {
            "prompt_tokens": prompt_tokens,
            "completion_tokens": completion_tokens,
            "total_tokens": prompt_tokens + completion_tokens,
        },
    }


def _message(reply: Reply) -> Body:
    calls = {"tool_calls": [dict(call) for call in reply.tool_calls]} if reply.tool_calls else {}
    return {"role": "assistant", "content": reply.content, **calls}


def _estimated_tokens(text: str) -> int:
    return -(-len(text.encode()) // 4)
