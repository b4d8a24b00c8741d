"""OpenAPI files as tools, and their calls against a real HTTP server on loopback."""

from __future__ import annotations

import copy
import json
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from datagen.errors import EndpointError, ToolFileError
from datagen.own_tools.config import OwnToolsConfig
from datagen.own_tools.own_tools import OwnTools
from datagen.tools.execute import Observation, execute
from datagen.tools.world import World

KEY = "k-very-secret-42"
SPEC: dict[str, Any] = {
    "openapi": "3.0.3",
    "info": {"title": "Library", "version": "1"},
    "servers": [{"url": "http://127.0.0.1:1/v1"}],
    "paths": {
        "/books/{id}": {
            "parameters": [{"$ref": "#/components/parameters/Id"}],
            "get": {
                "operationId": "getBook",
                "summary": "ดูหนังสือหนึ่งเล่ม",
                "parameters": [
                    {"name": "fields", "in": "query", "schema": {"type": "array", "items": {"type": "string"}}},
                    {"name": "X-Branch", "in": "header", "schema": {"type": "string"}},
                    {"name": "Authorization", "in": "header", "schema": {"type": "string"}},
                ],
            },
            "delete": {"summary": "Remove a book"},
        },
        "/books": {
            "post": {
                "operationId": "add book!",
                "requestBody": {
                    "required": True,
                    "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Book"}}},
                },
            },
            "put": {
                "operationId": "putBooks",
                "requestBody": {
                    "required": True,
                    "content": {
                        "application/json": {
                            "schema": {
                                "type": "object",
                                "properties": {
                                    "title": {"type": "string"},
                                    "pages": {"type": "integer", "minimum": 0, "exclusiveMinimum": True},
                                    "note": {"type": "string", "nullable": True},
                                },
                                "required": ["title"],
                            }
                        }
                    },
                },
            },
        },
    },
    "components": {
        "parameters": {"Id": {"name": "id", "in": "path", "required": True, "schema": {"type": "string"}}},
        "schemas": {"Book": {"type": "object", "properties": {"title": {"type": "string"}}, "required": ["title"]}},
    },
}


class Server:
    """Answers by path; `seen` holds what was asked."""

    def __init__(self) -> None:
        self.seen: list[tuple[str, str, dict[str, str], bytes]] = []
        self.elsewhere: list[str] = []

    def handler(self) -> type[BaseHTTPRequestHandler]:
        server = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def answer(self) -> None:
                body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
                server.seen.append((self.command, self.path, dict(self.headers), body))
                status, headers, content = server.reply(self.path)
                if status == 0:
                    time.sleep(5)
                    return
                self.send_response(status)
                for name, value in {"Content-Type": "application/json", **headers}.items():
                    self.send_header(name, value)
                self.send_header("Content-Length", str(len(content)))
                self.end_headers()
                self.wfile.write(content)

            do_GET = do_POST = do_PUT = do_DELETE = answer

            def log_message(self, format: str, *args: Any) -> None:
                pass

        return Handler

    def reply(self, path: str) -> tuple[int, dict[str, str], bytes]:
        name = path.partition("?")[0].rsplit("/", 1)[-1]
        replies: dict[str, tuple[int, dict[str, str], bytes]] = {
            "missing": (404, {}, b'{"error": "no such book, key was ' + KEY.encode() + b'"}'),
            "broken": (200, {}, b'{"title": '),
            "down": (503, {}, b"later"),
            "text": (200, {"Content-Type": "text/plain"}, b"a plain word"),
            "empty": (204, {}, b""),
            "huge": (200, {}, b'"' + b"x" * 10_000_000 + b'"'),
            "large": (200, {}, b'"' + b"x" * 100_000 + b'"'),
            "slow": (0, {}, b""),
            "moved": (302, {"Location": "/v1/books/there"}, b""),
            "round": (302, {"Location": "/v1/books/round"}, b""),
            "away": (302, {"Location": self.elsewhere[0] if self.elsewhere else ""}, b""),
            "echo": (200, {}, json.dumps({"said": f"Bearer {KEY}"}).encode()),
        }
        return replies.get(name, (200, {}, json.dumps({"title": name, "copies": 2}).encode()))


@contextmanager
def serving(server: Server) -> Iterator[str]:
    http = ThreadingHTTPServer(("127.0.0.1", 0), server.handler())
    http.daemon_threads = True
    thread = threading.Thread(target=http.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{http.server_port}"
    finally:
        http.shutdown()
        http.server_close()


@pytest.fixture
def server() -> Iterator[tuple[Server, str]]:
    one = Server()
    with serving(one) as url:
        yield one, url


def written(folder: Path, spec: Any = SPEC, **given: Any) -> OwnToolsConfig:
    (folder / "api.json").write_text(json.dumps(spec), encoding="utf-8")
    (folder / "tools.yaml").write_text(json.dumps({"domain": "library", "openapi": [{"file": "api.json", **given}]}))
    return OwnToolsConfig(files=[str(folder / "tools.yaml")], allow=True, timeout_s=2)


def world() -> World:
    return World(7, datetime(2026, 1, 15, 9))


def call(own: OwnTools, name: str, **arguments: Any) -> Observation:
    return execute(own.tools, world(), name, json.dumps(arguments, ensure_ascii=False))


def test_operations_become_tools(tmp_path: Path):
    with OwnTools.open(written(tmp_path)) as own:
        assert sorted(own.tools) == ["add_book", "delete_books_id", "getBook", "putBooks"]
        get = own.tools["getBook"]
        assert get.parameters == {
            "type": "object",
            "properties": {
                "id": {"type": "string"},
                "fields": {"type": "array", "items": {"type": "string"}},
                "X-Branch": {"type": "string"},
            },
            "required": ["id"],
            "additionalProperties": False,
        }
        assert (get.domain, dict(get.description), get.writes) == ("library", {"th": "ดูหนังสือหนึ่งเล่ม"}, False)
        assert own.tools["delete_books_id"].writes
        assert own.tools["putBooks"].parameters["properties"] == {
            "title": {"type": "string"},
            "pages": {"type": "integer", "exclusiveMinimum": 0},
            "note": {"type": ["string", "null"]},
        }
        assert [str(problem) for problem in own.problems] == [
            f"changed: {tmp_path / 'api.json'}, POST /books: the operationId 'add book!' became 'add_book'"
        ]


def test_a_call_is_the_request_that_the_file_describes(tmp_path: Path, server: tuple[Server, str]):
    seen, url = server
    with OwnTools.open(written(tmp_path, base_url=f"{url}/v1")) as own:
        found = call(own, "getBook", id="สี่ แผ่นดิน/2", fields=["a", "b c"], **{"X-Branch": "siam"})
        assert found.value["copies"] == 2
        call(own, "putBooks", title="ก", pages=3)
        call(own, "add_book", title="ข")
        call(own, "delete_books_id", id="x")
    (get, put, post, delete) = seen.seen
    assert get[:2] == (
        "GET",
        "/v1/books/%E0%B8%AA%E0%B8%B5%E0%B9%88%20%E0%B9%81%E0%B8%9C%E0%B9%88%E0%B8%99%E0%B8%94%E0%B8%B4%E0%B8%99%2F2"
        "?fields=a&fields=b+c",
    )
    assert get[2]["X-Branch"] == "siam"
    assert "Authorization" not in get[2]
    assert (put[0], put[1], json.loads(put[3])) == ("PUT", "/v1/books", {"title": "ก", "pages": 3})
    assert (post[0], json.loads(post[3]), post[2]["Content-Type"]) == ("POST", {"title": "ข"}, "application/json")
    assert delete[:2] == ("DELETE", "/v1/books/x")


@pytest.mark.parametrize("bad", ["..", ".", ""])
def test_a_path_parameter_cannot_leave_its_place(tmp_path: Path, server: tuple[Server, str], bad: str):
    seen, url = server
    with OwnTools.open(written(tmp_path, base_url=f"{url}/v1")) as own:
        assert call(own, "getBook", id=bad).error == "invalid_arguments"
        call(own, "getBook", id="../../admin?x=1#y")
    assert [path for _, path, _, _ in seen.seen] == ["/v1/books/..%2F..%2Fadmin%3Fx%3D1%23y"]


def test_a_header_cannot_smuggle_another(tmp_path: Path, server: tuple[Server, str]):
    seen, url = server
    with OwnTools.open(written(tmp_path, base_url=f"{url}/v1")) as own:
        assert call(own, "getBook", id="x", **{"X-Branch": "a\r\nHost: evil"}).error == "invalid_arguments"
    assert seen.seen == []


@pytest.mark.parametrize(
    ("book", "code"),
    [
        ("missing", "http_404"),
        ("broken", "broken_result"),
        ("down", "unavailable"),
        ("slow", "unavailable"),
        ("huge", "result_too_large"),
        ("large", "result_too_large"),
        ("round", "redirected"),
        ("away", "redirected"),
    ],
)
def test_what_goes_wrong_is_an_error_the_model_sees(tmp_path: Path, server: tuple[Server, str], book: str, code: str):
    seen, url = server
    other = Server()
    with serving(other) as elsewhere:
        seen.elsewhere.append(f"{elsewhere}/v1/books/x")
        start = time.monotonic()
        with OwnTools.open(written(tmp_path, base_url=f"{url}/v1")) as own:
            found = call(own, "getBook", id=book)
        assert found.error == code
        assert time.monotonic() - start < 15
    assert other.seen == [], "a redirect to another host is not followed"


def test_a_redirect_on_the_same_host_is_followed(tmp_path: Path, server: tuple[Server, str]):
    _, url = server
    with OwnTools.open(written(tmp_path, base_url=f"{url}/v1")) as own:
        assert call(own, "getBook", id="moved").value == {"title": "there", "copies": 2}
        assert call(own, "delete_books_id", id="moved").error == "redirected"
        assert call(own, "getBook", id="text").value == {"text": "a plain word"}
        assert call(own, "getBook", id="empty").value == {"status": 204}


def test_nobody_listens(tmp_path: Path):
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    with OwnTools.open(written(tmp_path, base_url=f"http://127.0.0.1:{port}")) as own:
        assert call(own, "getBook", id="x").error == "unavailable"


def test_a_key_comes_from_the_environment_and_never_back(
    tmp_path: Path, server: tuple[Server, str], monkeypatch: pytest.MonkeyPatch
):
    seen, url = server
    config = written(tmp_path, base_url=f"{url}/v1", key="LIBRARY_KEY", key_header="X-API-Key", key_prefix="")
    monkeypatch.delenv("LIBRARY_KEY", raising=False)
    with pytest.raises(EndpointError, match="LIBRARY_KEY"):
        OwnTools.open(config)
    monkeypatch.setenv("LIBRARY_KEY", KEY)
    with OwnTools.open(config) as own:
        assert KEY not in call(own, "getBook", id="missing").content
        assert call(own, "getBook", id="echo").value == {"said": "Bearer ***"}
        assert KEY not in json.dumps(own.definitions)
    assert [headers["X-API-Key"] for _, _, headers, _ in seen.seen] == [KEY, KEY]


def test_without_the_flag_nothing_is_sent(tmp_path: Path, server: tuple[Server, str]):
    seen, url = server
    config = written(tmp_path, base_url=f"{url}/v1").model_copy(update={"allow": False})
    with OwnTools.open(config) as own:
        assert call(own, "getBook", id="x").error == "not_allowed"
    assert seen.seen == []


def changed(*path: str, value: Any) -> dict[str, Any]:
    spec = copy.deepcopy(SPEC)
    node: Any = spec
    for step in path[:-1]:
        node = node[step]
    node[path[-1]] = value
    return spec


GET = ("paths", "/books/{id}", "get")


@pytest.mark.parametrize(
    ("spec", "what"),
    [
        (
            changed(*GET, "parameters", value=[{"$ref": "http://127.0.0.1:9/p.json"}]),
            "GET /books/{id}: the $ref 'http://127.0.0.1:9/p.json' leads out of the file",
        ),
        (
            changed(*GET, "parameters", value=[{"$ref": "../other.yaml#/p"}]),
            "the $ref '../other.yaml#/p' leads out of the file",
        ),
        (
            changed("components", "parameters", "Id", value={"$ref": "#/components/parameters/Id"}),
            "a $ref leads to a $ref",
        ),
        (
            changed(
                "components",
                "schemas",
                "Book",
                value={"type": "object", "properties": {"next": {"$ref": "#/components/schemas/Book"}}},
            ),
            "POST /books: schema.properties.next.properties.next: refers to itself",
        ),
        (
            changed("components", "schemas", "Book", value={"$ref": "file:///etc/passwd"}),
            "POST /books: the $ref 'file:///etc/passwd' leads out of the file",
        ),
        (
            changed(*GET, "parameters", value=[{"name": "s", "in": "cookie", "required": True, "schema": {}}]),
            "needs the cookie 's'",
        ),
        (
            changed(*GET, "requestBody", value={"required": True, "content": {"multipart/form-data": {"schema": {}}}}),
            "its body is no JSON, but multipart/form-data",
        ),
        (changed(*GET, "parameters", value=[7]), "an object must stand where 7 does"),
        (changed(*GET, "parameters", value=[{"in": "query"}]), "KeyError('name')"),
    ],
)
def test_an_operation_that_cannot_be_a_tool_is_left_out_and_the_others_stay(tmp_path: Path, spec: Any, what: str):
    with OwnTools.open(written(tmp_path, spec)) as own:
        left_out = [str(problem) for problem in own.problems if problem.kind == "left_out"]
        assert left_out
        assert any(what in problem for problem in left_out)
        assert "putBooks" in own.tools


@pytest.mark.parametrize(
    ("spec", "given", "what"),
    [
        ({"openapi": "2.0"}, {}, "no OpenAPI 3.0 or 3.1 file"),
        ({"openapi": "3.1.0"}, {"base_url": "http://x"}, "there are no paths"),
        (SPEC, {"operations": ["getBok"]}, "there is no operation 'getBok'"),
        (SPEC, {"base_url": "ftp://x"}, "no whole URL"),
        ({**SPEC, "servers": [{"url": "/v1"}]}, {}, "give base_url"),
        (SPEC, {"base_url": "http://[::1"}, "no whole URL"),
    ],
)
def test_a_file_that_cannot_be_used_is_told(tmp_path: Path, spec: Any, given: dict[str, Any], what: str):
    with pytest.raises(ToolFileError, match=what) as caught:
        OwnTools.open(written(tmp_path, spec, **given))
    assert str(tmp_path / "api.json") in str(caught.value)


def test_chosen_operations_only_by_id_or_by_path(tmp_path: Path):
    with OwnTools.open(written(tmp_path, operations=["getBook", "DELETE /books/{id}"])) as own:
        assert sorted(own.tools) == ["delete_books_id", "getBook"]


def test_an_openapi_file_can_be_given_by_itself(tmp_path: Path):
    (tmp_path / "api.json").write_text(json.dumps(SPEC))
    with OwnTools.open(OwnToolsConfig(files=[str(tmp_path / "api.json")])) as own:
        assert len(own.tools) == 4


def test_a_large_file_with_bombs_in_it_is_read_soon(tmp_path: Path):
    spec = copy.deepcopy(SPEC)
    spec["components"]["schemas"] |= {
        f"a{n}": {"allOf": [{"$ref": f"#/components/schemas/a{n - 1}"}] * 2} for n in range(1, 40)
    }
    spec["components"]["schemas"]["a0"] = {"type": "string", "description": "x" * 1_000}
    body = {"required": True, "content": {"application/json": {"schema": {"$ref": "#/components/schemas/a20"}}}}
    spec["paths"] |= {f"/p{n}": {"post": {"requestBody": body}} for n in range(100)}
    config = written(tmp_path, spec)
    start = time.process_time()
    with OwnTools.open(config) as own:
        assert time.process_time() - start < 3.0  # a hundred bombs in one file
        assert len(own.tools) == 4
        assert sum(problem.kind == "left_out" for problem in own.problems) == 100
