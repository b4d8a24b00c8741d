"""`build --kind tools` with a user's own tools, and `verify` of what it leaves, end to end."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from datagen.config import BuildRecipe
from datagen.errors import RecipeError
from datagen.llm.scripted import ScriptedServer
from datagen.own_tools.config import OwnToolsConfig
from datagen.own_tools.own_tools import OwnTools
from datagen.recheck import Checks, recheck
from datagen.recipe import load_recipe
from datagen.shards import file_sha256, read_rows
from datagen.tool_use.scripted import ReferenceTeacher

ROWS = 8
SETTINGS = ("tools.domains=[library]", "tools.kinds={single: 3, missing_argument: 1}", "tools.calling=native", "seed=3")
FUNCTIONS = """
from pathlib import Path

BOOKS = {"สี่แผ่นดิน": 3, "ข้างหลังภาพ": 7, "ความสุขของกะทิ": 12, "คู่กรรม": 5}

def find_book(title):
    with Path(__file__).with_name("calls").open("a") as calls:
        calls.write(title + "\\n")
    return {"title": title, "copies": BOOKS[title]}

def reserve(title, days, world):
    world.table("reservations").append({"title": title, "days": days})
    return {"code": world.number("R", title, days)}
"""
FILE = """
domain: library
tools:
  - name: find_book
    description: {th: ค้นหาหนังสือตามชื่อ แล้วบอกจำนวนเล่มที่ว่าง, en: Copies of a book that are free}
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
goals:
  - id: library.find
    topic: จำนวนหนังสือที่ว่าง
    slots: {title: [สี่แผ่นดิน, ข้างหลังภาพ, ความสุขของกะทิ, คู่กรรม]}
    requests: ["หนังสือเรื่อง {title} ว่างกี่เล่ม", "อยากยืมเรื่อง {title} ตอนนี้เหลือกี่เล่ม"]
    without: {title: ["อยากยืมหนังสือเล่มหนึ่ง ตอนนี้เหลือกี่เล่ม"]}
    supply: {title: ["เรื่อง {title}"]}
    asks: {title: [เรื่องอะไร, ชื่อหนังสือ, เล่มไหน]}
    calls: [{tool: find_book, arguments: {title: "{title}"}}]
    states: [{path: copies, form: number}]
  - id: library.reserve
    topic: จองหนังสือ
    slots: {title: [สี่แผ่นดิน, ข้างหลังภาพ, คู่กรรม], days: {number: [2, 9]}}
    requests: ["ขอจองหนังสือเรื่อง {title} {days} วัน"]
    calls: [{tool: reserve, arguments: {title: "{title}", days: "{days}"}}]
    states: [{path: code}]
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "lib.py").write_text(FUNCTIONS, encoding="utf-8")
    (tmp_path / "tools.yaml").write_text(FILE, encoding="utf-8")
    return tmp_path


@contextmanager
def teacher(folder: Path) -> Iterator[ScriptedServer]:
    """One that knows every conversation of the plan, for it ran the functions itself."""
    own = OwnToolsConfig(files=[str(folder / "tools.yaml")], allow=True)
    recipe = load_recipe(BuildRecipe, None, ["kind=tools", f"rows={ROWS}", *SETTINGS])
    with OwnTools.open(own) as opened, ScriptedServer(ReferenceTeacher(recipe, "native", own=opened)) as server:
        yield server


def build(run, folder: Path, out: Path, *more: str, server: ScriptedServer | None = None) -> tuple[int, str]:
    """The command a user gives."""
    if server is None:
        with teacher(folder) as server:
            return build(run, folder, out, *more, server=server)
    return run(
        "build", *SETTINGS, "--kind", "tools", "--rows", ROWS, "--out", out, "--tools", folder / "tools.yaml",
        "--base-url", server.base_url, "--model", "scripted", *more,
    )  # fmt: skip


def rows_of(out: Path) -> list[dict]:
    return [row for file in sorted((out / "data" / "tool").glob("*.parquet")) for row in read_rows(file)]


def dataset_bytes(out: Path) -> dict[str, str]:
    files = [file for part in ("data", "rejected", "own_tools") for file in (out / part).rglob("*") if file.is_file()]
    return {str(file.relative_to(out)): file_sha256(file) for file in (*files, out / "manifest.json")}


def test_a_build_with_own_tools_is_verified_without_running_them(run, folder: Path):
    out = folder / "ds"
    code, text = build(run, folder, out, "--allow-tools")
    assert code == 0, text
    rows = rows_of(out)
    assert len(rows) == ROWS
    called = {call["function"]["name"] for row in rows for m in row["messages"] for call in m["tool_calls"] or ()}
    assert called == {"find_book", "reserve"}
    manifest = json.loads((out / "manifest.json").read_text())
    assert manifest["own_tools"]["tools"] == 2
    assert "lib.py" not in (out / "own_tools" / "tools.json").read_text()

    (folder / "lib.py").unlink()
    (folder / "calls").unlink()
    assert recheck(out).problems == []
    assert run("verify", out)[0] == 0
    assert not (folder / "calls").exists()


def test_a_row_elsewhere_needs_the_tools_it_was_made_with(run, folder: Path):
    out = folder / "ds"
    assert build(run, folder, out, "--allow-tools")[0] == 0
    copy = folder / "copy.parquet"
    shutil.copy(next((out / "data" / "tool").glob("*.parquet")), copy)
    without = recheck(copy)
    assert len(without.problems) >= ROWS
    assert "bring them with --tools FILE" in without.problems[0].what
    assert recheck(copy, Checks(tools=(out / "own_tools",))).problems == []
    code, text = run("verify", copy, "--tools", folder / "tools.yaml")
    assert (code, "--allow-tools" in text) == (2, True)
    assert run("verify", copy, "--tools", folder / "tools.yaml", "--allow-tools")[0] == 0


def test_what_was_recorded_cannot_be_changed_unseen(run, folder: Path):
    out = folder / "ds"
    assert build(run, folder, out, "--allow-tools")[0] == 0
    results = out / "own_tools" / "results.jsonl"
    results.write_text(results.read_text(encoding="utf-8").replace('"copies":', '"copies":1'), encoding="utf-8")
    problems = [(problem.row, problem.what) for problem in recheck(out).problems]
    assert ("own_tools/results.jsonl", "differs from the SHA-256 in the manifest") in problems
    assert any("altered_result" in what for _, what in problems)


def test_a_killed_build_goes_on_and_ends_in_the_same_bytes(run, folder: Path):
    """Its answers and results are there: nothing is called again."""
    whole, again = folder / "whole", folder / "again"
    with teacher(folder) as server:
        assert build(run, folder, whole, "--allow-tools", server=server)[0] == 0
        again.mkdir()
        shutil.copytree(whole / ".typhoon", again / ".typhoon")
        results = again / ".typhoon" / "own_results.jsonl"
        lines = results.read_text(encoding="utf-8").splitlines(keepends=True)
        results.write_text("".join(lines[:-1]) + lines[-1][:20], encoding="utf-8")
        (folder / "calls").unlink()
        assert build(run, folder, again, "--allow-tools", server=server)[0] == 0
    assert dataset_bytes(whole) == dataset_bytes(again)
    calls = folder / "calls"
    assert len(calls.read_text(encoding="utf-8").splitlines() if calls.exists() else ()) <= 1


def test_without_the_flag_no_build_begins(run, folder: Path):
    out = folder / "ds"
    code, text = build(run, folder, out)
    assert code == 2
    assert "pass --allow-tools" in text
    assert not out.exists()


def test_own_tools_without_effect_are_refused():
    with pytest.raises(RecipeError, match="tools has no effect"):
        load_recipe(BuildRecipe, None, ["tools.own.files=[a.yaml]"])
