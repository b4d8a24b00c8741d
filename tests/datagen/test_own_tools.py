"""Users' Python functions as tools: allowed or not, killed when their time is up, recorded, replayed, made goals of."""

from __future__ import annotations

import json
import os
import random
import signal
import subprocess
import sys
import textwrap
import threading
import time
from datetime import datetime
from pathlib import Path
from typing import Any

import psutil
import pytest

from datagen.domains import shipped_tools
from datagen.errors import DatasetError, ToolFileError
from datagen.own_tools.config import OwnToolsConfig
from datagen.own_tools.own_tools import OwnTools, require_allowed
from datagen.own_tools.recording import MAX_FAILURES, RecordedRun, Recording, Unreachable
from datagen.own_tools.saved import open_for_build, own_tools_entries, save_own_tools, tools_at_hand
from datagen.tools.execute import Observation, execute
from datagen.tools.tool import ToolError
from datagen.tools.world import World

FUNCTIONS = """
import os, subprocess, sys, time
from datagen.tools.tool import ToolError

BOOKS = {"สี่แผ่นดิน": 3, "ข้างหลังภาพ": 0}

def find_book(title):
    print("what a function prints is not its result")
    if title not in BOOKS:
        raise ToolError("not_found", "ไม่พบหนังสือ " + title)
    return {"title": title, "copies": BOOKS[title]}

def reserve(title, days, world):
    world.table("reservations").append({"title": title, "days": days})
    return {"code": world.number("R", title), "today": world.now.date().isoformat()}

def reserved(world):
    return {"reservations": len(world.table("reservations"))}

def anything(**arguments):
    return sorted(arguments)

def hang():
    child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"])
    open("children", "w").write(f"{os.getpid()} {child.pid}")
    while True:
        pass

def die():
    os._exit(3)

def leave():
    sys.exit("bye")

def big():
    return "x" * 10_000_000

def deep():
    value = []
    for _ in range(100_000):
        value = [value]
    return value

def no_json():
    return {"value": float("nan"), "more": object()}

def much_memory():
    return len(bytearray(8_000_000_000))

def environment():
    return sorted(os.environ)

def random_number():
    return {"n": int.from_bytes(os.urandom(4))}
"""
FILE = """
domain: library
tools:
  - name: find_book
    description: {th: ค้นหาหนังสือตามชื่อ, en: Find a book by its title}
    parameters:
      type: object
      properties: {title: {type: string, description: {th: ชื่อหนังสือ, en: Title}}}
      required: [title]
    function: lib.py:find_book
  - name: reserve
    description: จองหนังสือ
    parameters:
      type: object
      properties: {title: {type: string}, days: {type: integer, minimum: 1}}
      required: [title, days]
    function: lib.py:reserve
    writes: true
"""
FAULTS = ("hang", "die", "leave", "big", "deep", "no_json", "much_memory", "environment", "random_number", "reserved")
GOAL: dict[str, Any] = {
    "id": "library.reserve",
    "topic": "จองหนังสือ",
    "slots": {
        "title": ["สี่แผ่นดิน", "ข้างหลังภาพ"],
        "days": {"number": [1, 7]},
        "day": {"date": [1, 30]},
        "branch": [{"say": "สาขาสยาม", "value": "siam"}],
    },
    "requests": ["จอง {title} {days} วัน ตั้งแต่ {day} ที่{branch}"],
    "without": {"title": ["จองหนังสือ {days} วัน ตั้งแต่ {day} ที่{branch}"]},
    "supply": {"title": ["เรื่อง{title}"]},
    "asks": {"title": ["เรื่องอะไร", "เล่มไหน"]},
    "calls": [
        {"tool": "find_book", "arguments": {"title": "{title}"}},
        {"tool": "reserve", "arguments": {"title": {"$from": [0, "title"]}, "days": "{days}"}},
    ],
    "states": [{"call": 1, "path": "code"}],
}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "lib.py").write_text(FUNCTIONS, encoding="utf-8")
    faults = "".join(f"  - {{name: {name}, description: x, function: 'lib.py:{name}'}}\n" for name in FAULTS)
    (tmp_path / "tools.yaml").write_text(FILE + faults, encoding="utf-8")
    return tmp_path


def config(folder: Path, *, allow: bool = True, timeout_s: float = 20.0) -> OwnToolsConfig:
    return OwnToolsConfig(files=[str(folder / "tools.yaml")], allow=allow, timeout_s=timeout_s)


def world(seed: int = 7) -> World:
    return World(seed, datetime(2026, 1, 15, 9))


def call(own: OwnTools, where: World, name: str, **arguments: Any) -> Observation:
    return execute(own.tools, where, name, json.dumps(arguments, ensure_ascii=False))


def test_without_the_flag_nothing_runs(folder: Path):
    (folder / "lib.py").write_text("open('ran', 'w').write('x')\ndef find_book(title): return 1")
    refused = config(folder, allow=False)
    with pytest.raises(ToolFileError, match=r"--allow-tools.*tools\.own\.allow: true"):
        require_allowed(refused)
    with pytest.raises(ToolFileError, match="--allow-tools"), open_for_build(refused, folder / "private"):
        pass
    with pytest.raises(ToolFileError, match="--allow-tools"), tools_at_hand(folder, [folder / "tools.yaml"]):
        pass
    with OwnTools.open(refused) as own:
        assert call(own, world(), "find_book", title="x").error == "not_allowed"
    assert not list(folder.rglob("ran"))
    assert not Path("ran").exists()


def test_a_function_answers_like_a_shipped_tool(folder: Path):
    with OwnTools.open(config(folder)) as own:
        where = world()
        assert call(own, where, "find_book", title="สี่แผ่นดิน").value == {"title": "สี่แผ่นดิน", "copies": 3}
        assert call(own, where, "find_book", title="ก").value["error"]["code"] == "not_found"
        assert call(own, where, "find_book", titel="ก").error == "invalid_arguments"
        found = call(own, where, "reserve", title="ก", days=2).value
        assert found == {"code": world().number("R", "ก"), "today": "2026-01-15"}
        assert where.state == {"reservations": [{"title": "ก", "days": 2}]}
        assert call(own, where, "reserved").value == {"reservations": 1}
        assert own.tools["find_book"].spec("en")["function"] == {
            "name": "find_book",
            "description": "Find a book by its title",
            "parameters": {
                "type": "object",
                "properties": {"title": {"type": "string", "description": "Title"}},
                "required": ["title"],
                "additionalProperties": False,
            },
        }


def test_a_tool_that_does_not_say_that_it_writes_changes_nothing(folder: Path):
    text = (folder / "tools.yaml").read_text(encoding="utf-8").replace("writes: true", "writes: false")
    (folder / "tools.yaml").write_text(text, encoding="utf-8")
    with OwnTools.open(config(folder)) as own:
        where = world()
        assert not call(own, where, "reserve", title="ก", days=2).error
        assert where.snapshot() == "{}"


def test_a_hanging_function_is_killed_with_what_it_started(folder: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.chdir(folder)
    with OwnTools.open(config(folder, timeout_s=1.5)) as own:
        where = world()
        start = time.monotonic()
        assert call(own, where, "hang").error == "timeout"
        assert time.monotonic() - start < 15
        pids = [int(pid) for pid in (folder / "children").read_text().split()]
        _wait_until_gone(pids)
        assert call(own, where, "find_book", title="สี่แผ่นดิน").value["copies"] == 3


@pytest.mark.parametrize(
    ("name", "code"),
    [
        ("die", "tool_failed"),
        ("leave", "tool_failed"),
        ("big", "result_too_large"),
        ("deep", "tool_failed"),
        ("no_json", "tool_failed"),
        ("much_memory", "tool_failed"),
    ],
)
def test_a_function_that_breaks_down_is_an_error_the_model_sees(folder: Path, name: str, code: str):
    with OwnTools.open(config(folder)) as own:
        where = world()
        assert call(own, where, name).error == code
        assert call(own, where, "find_book", title="สี่แผ่นดิน").value["copies"] == 3


def test_a_function_sees_no_api_key(folder: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("OPENAI_API_KEY", "sk-secret")
    with OwnTools.open(config(folder)) as own:
        names = call(own, world(), "environment").value
    assert "PATH" in names
    assert not [name for name in names if "KEY" in name or "TOKEN" in name]


def test_the_worker_ends_when_its_parent_is_killed(folder: Path):
    """Even while the function hangs."""
    script = textwrap.dedent(
        f"""
        import sys
        from datetime import datetime
        from datagen.own_tools.config import OwnToolsConfig
        from datagen.own_tools.own_tools import OwnTools
        from datagen.tools.execute import execute
        from datagen.tools.world import World
        own = OwnTools.open(OwnToolsConfig(files=[{str(folder / "tools.yaml")!r}], allow=True, timeout_s=300))
        execute(own.tools, World(1, datetime(2026, 1, 1)), "hang", "{{}}")
        """
    )
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(part for part in sys.path if part)}
    parent = subprocess.Popen([sys.executable, "-c", script], cwd=folder, env=environment)
    try:
        children = folder / "children"
        _wait_for(lambda: children.exists() and len(children.read_text().split()) == 2)
    finally:
        parent.send_signal(signal.SIGKILL)
        parent.wait()
    worker, grandchild = map(int, children.read_text().split())
    _wait_until_gone([worker])
    if psutil.pid_exists(grandchild):  # what a user's function started on its own outlives a killed parent
        os.kill(grandchild, signal.SIGKILL)


def _wait_for(true: Any, seconds: float = 60.0) -> None:
    until = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < until
        time.sleep(0.05)


def _wait_until_gone(pids: list[int]) -> None:
    def gone(pid: int) -> bool:
        try:
            return psutil.Process(pid).status() == psutil.STATUS_ZOMBIE
        except psutil.NoSuchProcess:
            return True

    _wait_for(lambda: all(map(gone, pids)))


@pytest.mark.parametrize(
    ("old", "new", "what"),
    [
        ("lib.py:find_book", "lib.py:find_bok", "find_book: function lib.py:find_bok cannot be loaded: AttributeError"),
        ("lib.py:find_book", "other.py:find_book", "find_book: function other.py:find_book cannot be loaded"),
        ("lib.py:find_book", "no_such_module:f", "find_book: function no_such_module:f cannot be loaded"),
        ("properties: {title:", "properties: {name:", "find_book: parameters: requires 'title'"),
        ("days: {type: integer", "weeks: {}, days: {type: integer", "reserve: the schema has the property 'weeks'"),
        ("{type: integer, minimum: 1}", "{type: whole}", "reserve: parameters: schema.properties.days.type"),
    ],
)
def test_a_file_that_cannot_be_used_names_file_tool_and_field(folder: Path, old: str, new: str, what: str):
    path = folder / "tools.yaml"
    path.write_text(path.read_text(encoding="utf-8").replace(old, new, 1), encoding="utf-8")
    with pytest.raises(ToolFileError) as caught:
        OwnTools.open(config(folder))
    assert str(caught.value).startswith(f"{path}, ")
    assert what in str(caught.value)


# Recording


def test_the_same_call_is_made_once_and_its_result_given_again(folder: Path):
    path = folder / "results.jsonl"
    recording = Recording(path)
    with OwnTools.open(config(folder), recording) as own:
        first = [call(own, where, "random_number").value for where in (world(), world(), world(8))]
        twice = world()
        in_order = [call(own, twice, "random_number").value for _ in range(2)]
    recording.close()
    assert first[0] == first[1] == in_order[0]
    assert first[0] != first[2]
    assert in_order[0] != in_order[1], "asked again in the same world, it is another call"
    again = Recording(path)
    with OwnTools.open(config(folder), again) as own:
        assert call(own, world(), "random_number").value == first[0]
    again.close()


def test_what_a_call_left_in_the_world_is_given_again_too(folder: Path):
    recording = Recording()
    with OwnTools.open(config(folder), recording) as own:
        states = []
        for _ in range(2):
            where = world()
            for days in (1, 2):
                assert not call(own, where, "reserve", title="ก", days=days).error
            states.append(where.snapshot())
            assert call(own, where, "reserved").value == {"reservations": 2}
    assert states[0] == states[1]
    assert len(recording) == 3


def test_a_torn_line_is_dropped_and_the_rest_kept(folder: Path):
    path = folder / "results.jsonl"
    recording = Recording(path)
    recording.add("ab" * 16, {"value": 1})
    recording.close()
    with path.open("ab") as file:
        file.write(b'{"key": "cd')
    with pytest.raises(ToolFileError, match="damaged at byte"):
        Recording(path, writable=False).open()
    recording = Recording(path)
    recording.add("ef" * 16, {"value": 2})
    recording.close()
    assert [json.loads(line)["value"] for line in path.read_text().splitlines()] == [1, 2]


def test_two_at_once_make_the_call_once():
    calls = []

    def slow(_world: World, _given: Any) -> Any:
        calls.append(1)
        time.sleep(0.2)
        return len(calls)

    run = RecordedRun("f", "mcp", False, Recording(), slow)
    found: list[Any] = []
    threads = [threading.Thread(target=lambda: found.append(run(world(), {}))) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert found == [1, 1, 1, 1]


def test_a_server_that_is_gone_ends_the_build_and_is_asked_again_later(tmp_path: Path):
    path = tmp_path / "results.jsonl"
    answers = {"up": False}

    def live(_world: World, given: Any) -> Any:
        if not answers["up"]:
            raise Unreachable("the server", "no answer within 1 s")
        return given["n"]

    recording = Recording(path)
    run = RecordedRun("f", "mcp", False, recording, live)
    for n in range(MAX_FAILURES - 1):
        with pytest.raises(ToolError, match="no answer"):
            run(world(), {"n": n})
    with pytest.raises(ToolFileError, match=r"the server did not answer 5 calls.*run the same command again"):
        run(world(), {"n": 99})
    recording.close()
    assert path.read_text() == ""
    answers["up"] = True
    recording = Recording(path)
    assert RecordedRun("f", "mcp", False, recording, live)(world(), {"n": 0}) == 0
    recording.close()


def test_a_failure_that_a_model_saw_stays_once_the_server_answers_again(tmp_path: Path):
    fails = iter([True, False])

    def live(_world: World, _given: Any) -> Any:
        if next(fails):
            raise Unreachable("mcp", "no answer within 1 s")
        return "there"

    recording = Recording(tmp_path / "results.jsonl")
    run = RecordedRun("f", "mcp", False, recording, live)
    for _ in range(2):
        where = world()
        with pytest.raises(ToolError):
            run(where, {})
        assert run(where, {}) == "there"
    recording.close()
    assert len((tmp_path / "results.jsonl").read_text().splitlines()) == 2


# What a dataset keeps


def _dataset(folder: Path) -> tuple[Path, Any]:
    out = folder / "out"
    out.mkdir()
    with open_for_build(config(folder), out / ".typhoon") as (own, recording):
        value = call(own, world(), "random_number").value
        save_own_tools(own, recording, out)
    return out, value


def test_a_dataset_is_proven_without_its_functions(folder: Path):
    out, value = _dataset(folder)
    (folder / "lib.py").unlink()
    with tools_at_hand(out) as tools:
        assert set(shipped_tools()) < set(tools)
        assert execute(tools, world(), "random_number", "{}").value == value
        assert execute(tools, world(9), "random_number", "{}").error == "not_recorded"
    entries = own_tools_entries(out)["own_tools"]
    assert entries["tools"] == 2 + len(FAULTS)
    assert set(entries["files"]) == {"own_tools/tools.json", "own_tools/results.jsonl"}
    assert str(folder) not in (out / "own_tools" / "tools.json").read_text()
    with tools_at_hand(folder / "copy.parquet", [out / "own_tools"]) as tools:
        assert execute(tools, world(), "random_number", "{}").value == value


def test_a_function_can_be_run_again_against_what_was_recorded(folder: Path):
    out, value = _dataset(folder)
    with tools_at_hand(out, [folder / "tools.yaml"], allow=True) as tools:
        assert execute(tools, world(), "random_number", "{}").value != value


def test_the_same_results_make_the_same_files_in_whatever_order_they_came(tmp_path: Path):
    written = []
    for order in ([1, 2, 3], [3, 1, 2]):
        recording = Recording()
        run = RecordedRun("f", "mcp", False, recording, lambda _world, given: given)
        for n in order:
            run(world(n), {"n": n})
        recording.write_sorted(tmp_path / "sorted.jsonl")
        written.append((tmp_path / "sorted.jsonl").read_bytes())
    assert written[0] == written[1]


@pytest.mark.parametrize("content", ["{", "[1]", '[{"name": "f"}]', "[[]]"])
def test_damaged_saved_tools_are_told(folder: Path, content: str):
    out, _ = _dataset(folder)
    (out / "own_tools" / "tools.json").write_text(content)
    with pytest.raises(DatasetError, match="own_tools are damaged"), tools_at_hand(out):
        pass


def test_without_own_tools_nothing_is_written(tmp_path: Path):
    with open_for_build(OwnToolsConfig(), tmp_path / "private") as (own, recording):
        save_own_tools(own, recording, tmp_path)
    assert (dict(own.tools), recording, list(tmp_path.iterdir()), own_tools_entries(tmp_path)) == ({}, None, [], {})


# Goals


def with_goals(folder: Path, *goals: Any) -> OwnToolsConfig:
    path = folder / "tools.yaml"
    path.write_text(
        path.read_text(encoding="utf-8") + "goals: " + json.dumps(goals, ensure_ascii=False), encoding="utf-8"
    )
    return config(folder, allow=False)


def test_a_goal_of_own_tools_is_drawn_like_a_shipped_one(folder: Path):
    with OwnTools.open(with_goals(folder, GOAL)) as own:
        (goal,) = own.goals
    assert (goal.domain, goal.topic, goal.without["title"], goal.supply["title"]) == (
        "library",
        "จองหนังสือ",
        ("จองหนังสือ {days} วัน ตั้งแต่ {day} ที่{branch}",),
        ("เรื่อง{title}",),
    )
    drawn = goal.draw(random.Random(3), world())
    assert drawn == goal.draw(random.Random(3), world())
    first, second = drawn.calls
    assert first.arguments == {"title": drawn.slots["title"]}
    assert second.arguments == {"title": {"$from": [0, "title"]}, "days": int(drawn.slots["days"])}
    assert drawn.slots["branch"] == "สาขาสยาม"
    assert "{" not in goal.requests[0].format(**drawn.slots)


@pytest.mark.parametrize(
    ("change", "what"),
    [
        ({"id": "Reserve"}, "id"),
        ({"requests": ["จอง {title} {days} วัน"]}, "requests.0: the slot {branch} must stand in it"),
        ({"requests": ["จอง {titel} {title} {days} {day} {branch}"]}, "requests.0: there is no slot {titel}"),
        ({"requests": ["จอง {title} {days} {day} {branch} {"]}, "a slot is written {name}"),
        ({"supply": {}}, "without.title needs supply.title"),
        ({"asks": {"titel": ["x"]}}, "asks: there is no slot 'titel'"),
        ({"without": {"title": ["จอง {title} {days} {day} {branch}"]}}, "without.title.0: there is no slot {title}"),
        ({"calls": [{"tool": "find_bok"}]}, "calls.0: there is no tool 'find_bok'"),
        ({"calls": [{"tool": "find_book", "arguments": {"title": 3}}]}, "calls.0.arguments.title: find_book does not"),
        ({"calls": [{"tool": "find_book"}]}, "'title' is a required property"),
        (
            {"calls": [{"tool": "find_book", "arguments": {"title": {"$from": [0, "x"]}}}]},
            "$from must name an earlier call",
        ),
        ({"states": [{"call": 5, "path": "x"}]}, "states.0: there is no call 5"),
        ({"states": []}, "states: name at least one"),
        ({"states": [{"path": "x", "form": "money"}]}, "states.0.form"),
        ({"slots": {**GOAL["slots"], "days": {"number": [5, 1]}}}, "give one of date"),
        ({"slots": {**GOAL["slots"], "title": []}}, "slots.title: the list is empty"),
        ({"topic": None}, "topic"),
        ({"wishes": 1}, "unknown key 'wishes'"),
    ],
)
def test_a_wrong_goal_names_file_goal_and_field(folder: Path, change: dict[str, Any], what: str):
    with pytest.raises(ToolFileError) as caught:
        OwnTools.open(with_goals(folder, {**GOAL, **change}))
    assert what in str(caught.value)
    assert f"{folder / 'tools.yaml'}, goal {change.get('id', 'library.reserve')}" in str(caught.value)


# The command line


def run_cli(*arguments: str) -> Any:
    from typer.testing import CliRunner

    from datagen.cli import app

    return CliRunner().invoke(app, list(arguments))


def test_check_shows_tools_goals_and_problems_and_runs_nothing(folder: Path):
    with_goals(folder, GOAL)
    (folder / "lib.py").write_text("raise SystemExit('must not run')")
    found = run_cli("tools", "check", str(folder / "tools.yaml"))
    assert found.exit_code == 0, found.output
    assert "ค้นหาหนังสือตามชื่อ" in found.output
    assert "title*" in found.output
    assert "library.reserve" in found.output
    assert f"{2 + len(FAULTS)} tools, 1 goals, 0 left out" in found.output
    refused = run_cli("tools", "check", str(folder / "tools.yaml"), "--allow-tools")
    assert isinstance(refused.exception, ToolFileError)
    assert "must not run" in str(refused.exception)


def test_list_shows_shipped_and_own_tools_by_domain(folder: Path):
    found = run_cli("tools", "list", "--own", str(folder / "tools.yaml"), "--json", "--lang", "en")
    specs = {spec["function"]["name"]: spec["function"]["description"] for spec in json.loads(found.output)}
    assert specs["find_book"] == "Find a book by its title"
    assert set(shipped_tools()) < set(specs)
    assert "weather" in run_cli("tools", "list", "--domain", "weather").output
    assert "there is no domain 'wether'" in str(run_cli("tools", "list", "--domain", "wether").exception)
