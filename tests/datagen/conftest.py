"""A scripted teacher that follows keyword constraints most of the time and fails in known ways otherwise."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Callable
from pathlib import Path

import pytest
from typer.testing import CliRunner

from constraints import types
from datagen.cli import app
from datagen.config import BuildRecipe
from datagen.errors import UserError
from datagen.llm.scripted import Reply, ScriptedServer
from datagen.recipe import load_recipe
from datagen.scenarios.scenario import KINDS, Scenario
from datagen.tool_use.scripted import ReferenceTeacher

# Only keyword constraints are drawn, so a script can follow them; every other weight is zero.
KEYWORD_WEIGHTS = json.dumps(
    {constraint.family: 0 for constraint in types().values()} | {"keywords.include": 1, "keywords.include_all": 1}
)
_FILLER = (
    "คำตอบนี้เขียนขึ้นเพื่อทดสอบระบบ โดยเล่าเรื่องทั่วไปในชีวิตประจำวันอย่างเป็นธรรมชาติ",
    "เมื่อเช้าฝนตกเบา ๆ แม่จึงต้มข้าวต้มให้ทุกคนกินก่อนออกจากบ้าน",
    "ตอนเย็นเราเดินเล่นริมคลอง ลมพัดเย็นสบายและมีเสียงนกร้องอยู่ไกล ๆ",
)


def is_judge(body: dict) -> bool:
    return "ให้คะแนน" in body["messages"][-1]["content"]


def follow_keywords(body: dict) -> Reply:
    """Right answers for about half of the requests, each wrong one wrong in one known way."""
    text = "\n".join(message["content"] for message in body["messages"])
    number = int(hashlib.sha256(json.dumps(body, sort_keys=True).encode()).hexdigest(), 16)
    if is_judge(body):
        return Reply("8" if number % 5 else "3/10")
    keywords = re.findall(r'"([^"]+)"', text.replace("\\", ""))
    answer = f"{_FILLER[number % 3]} {' และ '.join(keywords)} เรื่องที่ {number % 9973}"
    match number % 8:
        case 0:
            return Reply("ขาดคำสำคัญไปทั้งหมดแต่ยังเป็นภาษาไทยที่ยาวพอสมควร")
        case 1:
            return Reply(answer + " 自由")
        case 2:
            return Reply(answer, finish_reason="length")
    return Reply(answer)


@pytest.fixture
def teacher():
    with ScriptedServer(follow_keywords) as server:
        yield server


@pytest.fixture
def slow_teacher() -> ScriptedServer:
    """Not started yet; slow enough that a kill finds requests under way."""
    return ScriptedServer(follow_keywords, latency_s=0.05)


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., tuple[int, str]]:
    """Runs `typhoon-data ...` as `main` would: (exit code, everything printed)."""
    monkeypatch.delenv("OPENAI_BASE_URL", raising=False)
    monkeypatch.chdir(tmp_path)

    def invoke(*arguments: object) -> tuple[int, str]:
        result = CliRunner().invoke(app, [str(argument) for argument in arguments])
        if isinstance(result.exception, UserError):
            return result.exception.exit_code, str(result.exception)
        if result.exception and not isinstance(result.exception, SystemExit):
            raise result.exception
        return result.exit_code, result.output

    return invoke


@pytest.fixture
def build_arguments() -> Callable[..., list[object]]:
    """The command line of a build against a scripted server."""

    def arguments(server: ScriptedServer, out: Path, rows: int = 6) -> list[object]:
        return [
            "build", "--lang", "th", "--out", out, "--rows", rows, "--base-url", server.base_url,
            "--model", "scripted", f"compose.weights={KEYWORD_WEIGHTS}", "teacher.guidance=null",
        ]  # fmt: skip

    return arguments


@pytest.fixture(scope="session")
def built_dataset(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A finished dataset of 40 rows with its rejected candidates and its answer store; only to be read."""
    out = tmp_path_factory.mktemp("looked_at") / "ds"
    with ScriptedServer(follow_keywords) as server:
        arguments = [
            "build", "--lang", "th", "--out", out, "--rows", 40, "--base-url", server.base_url, "--model", "scripted",
            f"compose.weights={KEYWORD_WEIGHTS}", "teacher.guidance=null", "rows_per_shard=25",
        ]  # fmt: skip
        result = CliRunner().invoke(app, [str(argument) for argument in arguments])
    assert result.exit_code == 0, result.output
    return out


@pytest.fixture(scope="session")
def built_tools(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A finished dataset of 40 rows of tool use of every kind, with rejected candidates; only to be read."""
    out = tmp_path_factory.mktemp("tools") / "ds"
    even = f"mix.scenario={json.dumps(dict.fromkeys(KINDS, 1 / len(KINDS)))}"
    recipe = load_recipe(BuildRecipe, None, ["kind=tools", "rows=40", even])

    def spoil(scenario: Scenario, place: int, reply: Reply) -> Reply:
        wrong = int(scenario.id[-3:]) % 5 == 4 and not reply.tool_calls
        return Reply("ทั้งหมด 987654 ครับ") if wrong else reply

    with ScriptedServer(ReferenceTeacher(recipe, "native", count=300, spoil=spoil)) as server:
        arguments = ["build", "--kind", "tools", "--lang", "th", "--out", out, "--rows", 40]
        arguments += ["--base-url", server.base_url, "--model", "scripted", even]
        result = CliRunner().invoke(app, [str(argument) for argument in arguments])
    assert result.exit_code == 0, result.output
    return out
