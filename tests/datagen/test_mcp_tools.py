"""MCP servers as tools: real servers, written with the official package, over stdio and over HTTP on loopback."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import socket
import subprocess
import sys
import textwrap
import time
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

import psutil
import pytest

from datagen.errors import ToolFileError
from datagen.own_tools.config import OwnToolsConfig
from datagen.own_tools.definitions import Definitions
from datagen.own_tools.loop_thread import LoopThread
from datagen.own_tools.mcp_session import ListedTool, McpSession
from datagen.own_tools.mcp_tools import add_mcp_tools
from datagen.own_tools.own_tools import OwnTools
from datagen.own_tools.reading import McpServer
from datagen.own_tools.recording import Recording
from datagen.tools.execute import Observation, execute
from datagen.tools.world import World

pytest.importorskip("mcp")
SERVER = Path(__file__).with_name("mcp_test_server.py")
TIMEOUT_S = 20.0


def config(folder: Path, *, allow: bool = True, timeout_s: float = TIMEOUT_S, **server: Any) -> OwnToolsConfig:
    stdio = {"command": [sys.executable, str(SERVER), "stdio", str(folder / "pid")]}
    given = {"name": "library", **(server if "url" in server or "command" in server else {**stdio, **server})}
    (folder / "tools.yaml").write_text(json.dumps({"mcp": [given]}))
    return OwnToolsConfig(files=[str(folder / "tools.yaml")], allow=allow, timeout_s=timeout_s)


def world() -> World:
    return World(7, datetime(2026, 1, 15, 9))


def call(own: OwnTools, name: str, **arguments: Any) -> Observation:
    return execute(own.tools, world(), name, json.dumps(arguments, ensure_ascii=False))


@contextlib.contextmanager
def http_server(folder: Path) -> Iterator[str]:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    with (folder / "http.log").open("w") as log:
        server = subprocess.Popen([sys.executable, str(SERVER), "http", str(port)], stdout=log, stderr=log)
        try:
            _wait_for(lambda: _listens(port))
            yield f"http://127.0.0.1:{port}/mcp"
        finally:
            server.kill()
            server.wait()


def _listens(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def _wait_for(true: Any, seconds: float = 60.0) -> None:
    until = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < until
        time.sleep(0.05)


def _gone(pid: int) -> bool:
    try:
        return psutil.Process(pid).status() == psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return True


def _check_the_server(own: OwnTools) -> None:
    """What holds for both transports."""
    assert "find_book" in own.tools
    tool = own.tools["find_book"]
    assert dict(tool.description) == {"th": "ค้นหาหนังสือในห้องสมุด"}
    assert tool.parameters["required"] == ["title"]
    assert (tool.writes, own.tools["borrow"].writes) == (False, True)
    assert call(own, "find_book", title="สี่แผ่นดิน").value == {"title": "สี่แผ่นดิน", "copies": 10, "limit": 3}
    assert call(own, "find_book", titel="ก").error == "invalid_arguments"
    assert call(own, "fail").error == "tool_error"
    assert call(own, "huge").error == "result_too_large"
    assert call(own, "endless").error == "result_too_large"
    assert call(own, "count_pages_v2").value == {"pages": 12}
    kinds = {problem.kind: str(problem) for problem in own.problems}
    assert "../../etc/passwd: the name looks like a path" in kinds["left_out"]
    assert "count pages (v2): offered under the name 'count_pages_v2'" in kinds["changed"]
    assert "inject: a text that speaks to the model" in kinds["warning"]
    assert not [name for name in own.tools if "passwd" in name]


def test_a_server_over_stdio(tmp_path: Path):
    with OwnTools.open(config(tmp_path)) as own:
        _check_the_server(own)
        pid = int((tmp_path / "pid").read_text())
        assert not _gone(pid)
    _wait_for(lambda: _gone(pid))


def test_a_server_over_http(tmp_path: Path):
    with http_server(tmp_path) as url, OwnTools.open(config(tmp_path, url=url)) as own:
        _check_the_server(own)
        assert call(own, "die").error == "unavailable"
        assert call(own, "find_book", title="ก").error == "unavailable"


def test_a_server_that_dies_in_a_call_is_started_again(tmp_path: Path):
    with OwnTools.open(config(tmp_path)) as own:
        assert call(own, "borrow", title="ก").value == {"loan": 1, "title": "ก"}
        assert call(own, "die").error == "unavailable"
        assert call(own, "borrow", title="ก").value == {"loan": 1, "title": "ก"}


def test_a_server_that_hangs_is_killed_and_started_again(tmp_path: Path):
    with OwnTools.open(config(tmp_path, timeout_s=4)) as own:
        pid = int((tmp_path / "pid").read_text())
        start = time.monotonic()
        assert call(own, "hang").error == "unavailable"
        assert time.monotonic() - start < 30
        assert _gone(pid)
        assert call(own, "find_book", title="ก").value["copies"] == 1


def test_without_the_flag_no_server_is_started_or_asked(tmp_path: Path):
    with OwnTools.open(config(tmp_path, allow=False)) as own:
        assert not own.tools
        assert [problem.what for problem in own.problems] == [
            "MCP servers are started and asked only with --allow-tools"
        ]
    assert not (tmp_path / "pid").exists()


def test_a_server_sees_no_api_key_but_what_it_is_given(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("OPENAI_API_KEY", "sk-secret")
    monkeypatch.setenv("LIBRARY_TOKEN", "t-very-secret")
    with OwnTools.open(config(tmp_path, env=["LIBRARY_TOKEN"])) as own:
        names = call(own, "environment").value["names"]
    assert "LIBRARY_TOKEN" in names
    assert "PATH" in names
    assert "OPENAI_API_KEY" not in names


def test_the_server_ends_when_we_are_killed(tmp_path: Path):
    """Even one that hangs and never looks at its input."""
    config(tmp_path)
    script = textwrap.dedent(
        f"""
        from datetime import datetime
        from datagen.own_tools.config import OwnToolsConfig
        from datagen.own_tools.own_tools import OwnTools
        from datagen.tools.execute import execute
        from datagen.tools.world import World
        own = OwnTools.open(OwnToolsConfig(files=[{str(tmp_path / "tools.yaml")!r}], allow=True, timeout_s=300))
        print("open", flush=True)
        execute(own.tools, World(1, datetime(2026, 1, 1)), "hang", "{{}}")
        """
    )
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(part for part in sys.path if part)}
    parent = subprocess.Popen([sys.executable, "-c", script], stdout=subprocess.PIPE, env=environment)
    try:
        assert parent.stdout is not None
        assert parent.stdout.readline() == b"open\n"
        time.sleep(1)
    finally:
        parent.send_signal(signal.SIGKILL)
        parent.communicate()
    _wait_for(lambda: _gone(int((tmp_path / "pid").read_text())))


@pytest.mark.parametrize(
    ("server", "what"),
    [
        ({"command": ["/no/such/program"]}, "the MCP server library cannot be used"),
        ({"command": [sys.executable, "-c", "pass"]}, "the MCP server library cannot be used"),
        ({"command": [sys.executable, "-c", "print('hello')"]}, "the MCP server library cannot be used"),
        ({"command": [sys.executable, "-c", "import time; time.sleep(60)"]}, "it did not start within 3 s"),
        ({"command": [sys.executable, "-c", "while True: print('x' * 1000, end='')"]}, "did not start within 3 s"),
        ({"url": "http://127.0.0.1:9/mcp"}, "it cannot be reached"),
        ({"tools": ["no_such"]}, "the server has no tool 'no_such'"),
    ],
)
def test_a_server_that_cannot_be_used_ends_in_one_sentence(tmp_path: Path, server: dict[str, Any], what: str):
    timeout_s = TIMEOUT_S if "tools" in server else 3.0
    with pytest.raises(ToolFileError, match=what):
        OwnTools.open(config(tmp_path, timeout_s=timeout_s, **server))


def test_chosen_tools_only(tmp_path: Path):
    with OwnTools.open(config(tmp_path, tools=["find_book", "borrow"], writes=[])) as own:
        assert sorted(own.tools) == ["borrow", "find_book"]
        assert not own.tools["borrow"].writes


def test_results_are_recorded_and_given_again_without_the_server(tmp_path: Path):
    path = tmp_path / "results.jsonl"
    recording = Recording(path)
    with OwnTools.open(config(tmp_path), recording) as own:
        first = call(own, "borrow", title="ก").value
        assert call(own, "borrow", title="ก").value == first, "the same world comes to the same call"
    recording.close()
    recording = Recording(path)
    with OwnTools.open(config(tmp_path), recording) as own:
        assert call(own, "borrow", title="ก").value == first
    recording.close()
    assert len(path.read_text().splitlines()) == 1


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("../../etc/passwd", "left_out"),
        ("..\\..\\windows", "left_out"),
        ("a/b", "left_out"),
        ("a\x00b", "left_out"),
        ("a\x1b[2Jb", "left_out"),
        ("a\u202eb", "left_out"),
        ("", "left_out"),
        ("x" * 1_000, "left_out"),
        ("ค้นหา", "left_out"),
        ("get book", "changed"),
        ("get.book", "changed"),
        ("x" * 100, "changed"),
        ("$(rm -rf ~)", "changed"),
    ],
)
def test_an_odd_name_is_refused_or_cleaned_and_reported(name: str, kind: str):
    given = McpServer(name="library", url="http://127.0.0.1:9/mcp")
    session = McpSession(given, Path("."), 1.0, LoopThread())
    found = Definitions("tools.yaml, library", set())
    listed = [ListedTool(name, "x", {"type": "object"}, True), ListedTool("fine", "x", {"type": "object"}, True)]
    add_mcp_tools(given, listed, session, found)
    assert [problem.kind for problem in found.problems] == [kind]
    assert all(str(problem).isprintable() for problem in found.problems)
    assert len(found.tools) == (1 if kind == "left_out" else 2)
    assert found.tools[-1].name == "fine"


def test_a_name_listed_twice_and_a_schema_that_is_a_bomb_are_left_out():
    given = McpServer(name="library", url="http://127.0.0.1:9/mcp")
    session = McpSession(given, Path("."), 1.0, LoopThread())
    found = Definitions("tools.yaml, library", set())
    bomb = {"type": "object", "properties": {f"p{n}": {} for n in range(5_000)}}
    names = (("twice", {}), ("twice", {}), ("bomb", bomb), ("none", [1]), ("text", {"type": "string"}))
    add_mcp_tools(given, [ListedTool(name, "x", schema, True) for name, schema in names], session, found)
    assert [tool.name for tool in found.tools] == ["twice"]
    assert len(found.problems) == 4
