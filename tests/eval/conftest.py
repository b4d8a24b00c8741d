"""A small task of its own, an endpoint on loopback, and a command line to run them by."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from types import ModuleType

import pytest

from datagen.record import Message
from eval import cli, tasks
from eval.task import About, Item, Judge, Marks, Metric, SingleTurn, Task, Transcript

CAPITALS = {"ไทย": "กรุงเทพมหานคร", "ญี่ปุ่น": "โตเกียว", "ลาว": "เวียงจันทน์", "เวียดนาม": "ฮานอย", "พม่า": "เนปยีดอ"}


class Capitals(SingleTurn):
    """Twenty questions with one right word each; an answer of "?" cannot be judged."""

    about = About(
        name="capitals",
        title="เมืองหลวง",
        language="th",
        metrics=(
            Metric("right", "names the capital"),
            Metric("letters", "length of the answer", kind="mean", top=100.0),
            Metric("foreign", "answers in Latin letters", worst=1.0, top=0.0),
        ),
        source="shipped",
        license="CC0-1.0",
        template="เมืองหลวงของ{country}คือที่ไหน",
        max_tokens=20,
    )

    def items(self) -> Sequence[Item]:
        return [
            Item(f"{country}-{n}", (Message("user", f"ข้อ {n} เมืองหลวงของ{country}คือที่ไหน"),), (), {"answer": city})
            for n in range(4)
            for country, city in CAPITALS.items()
        ]

    async def mark(self, item: Item, transcript: Transcript, judge: Judge | None) -> Marks:
        said = transcript.final
        right = None if said == "?" else float(item.reference["answer"] in said)
        return {"right": right, "letters": float(len(said)), "foreign": float(said.isascii() and said != "?")}


class Twice(Capitals):
    """The same, asked for again after the first answer."""

    about = About("twice", "ถามสองรอบ", "th", Capitals.about.metrics, "shipped", "CC0-1.0", max_tokens=20)

    async def converse(self, item: Item, ask) -> Transcript:
        first = await ask(item.messages)
        if first.failed or item.id.startswith("ลาว"):  # some conversations are shorter than others
            return Transcript((Message("assistant", first.content),), (first,))
        said = (Message("assistant", first.content), Message("user", "แน่ใจไหม"))
        second = await ask((*item.messages, *said))
        return Transcript((*said, Message("assistant", second.content)), (first, second))


@pytest.fixture(autouse=True)
def _registered(monkeypatch: pytest.MonkeyPatch) -> None:
    module = ModuleType("eval.tasks.of_tests")
    module.task = lambda name: {"capitals": Capitals, "twice": Twice}[name]()  # pyright: ignore[reportAttributeAccessIssue]
    monkeypatch.setitem(sys.modules, "eval.tasks.of_tests", module)
    monkeypatch.setitem(tasks.TASKS, "capitals", "of_tests")
    monkeypatch.setitem(tasks.TASKS, "twice", "of_tests")


@pytest.fixture
def evaluate(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Callable[..., tuple[int, str]]:
    """Runs `typhoon-eval` with these arguments: (exit code, all it printed)."""

    def run(*arguments: object) -> tuple[int, str]:
        monkeypatch.setattr(sys, "argv", ["typhoon-eval", *map(str, arguments)])
        code = 0
        try:
            cli.main()
        except SystemExit as exit_:
            code = int(exit_.code or 0)
        out, err = capsys.readouterr()
        return code, out + err

    return run


def scores(out: Path, task: str = "capitals") -> dict[str, dict]:
    found = json.loads((out / "results.json").read_text())["tasks"][task]
    return {score["metric"]: score for score in found["scores"]}


def as_task(task: Task) -> Task:
    return task  # a type checker sees here that the protocol is met


as_task(Capitals())
as_task(Twice())
