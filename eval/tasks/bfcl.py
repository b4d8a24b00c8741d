"""`bfcl`: the Berkeley Function Calling Leaderboard's single turns in Python, with its package's data and checker.

One answer a question; the calls in it are compared with the accepted ones by bfcl-eval's own checker. Where no function
fits (irrelevance), a reply without a call is right; where one does (relevance), any call. `right` is over all
questions, each with one vote: the leaderboard's overall score weighs categories, and knows turns, memory, web search,
Java and JavaScript besides, which are not covered here (run the package's own `bfcl generate` and `bfcl evaluate`).
Functions are told by the harness, natively or in the prompt, not in the package's words.
"""

from __future__ import annotations

import asyncio
import atexit
import importlib.util
import json
from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from importlib import metadata
from pathlib import Path
from typing import Any

from datagen.llm.answers import Answer
from datagen.own_tools.worker import Worker
from datagen.record import Message
from datagen.tool_use.calling import read_said
from datagen.tool_use.prompted import UnreadableCall
from datagen.tools.execute import read_arguments
from datagen.tools.tool import ToolError
from eval.errors import TaskDataError, TaskError
from eval.task import About, Item, Judge, Marked, Metric, SingleTurn, Transcript

__all__ = ["CATEGORIES", "Bfcl", "task"]

CATEGORIES: Mapping[str, int] = {
    "simple_python": 400,
    "multiple": 200,
    "parallel": 200,
    "parallel_multiple": 200,
    "irrelevance": 240,
    "live_simple": 258,
    "live_multiple": 1053,
    "live_parallel": 16,
    "live_parallel_multiple": 24,
    "live_irrelevance": 884,
    "live_relevance": 16,
}
"""With their numbers of questions in bfcl-eval 2026.3.23."""
_VERSION = "BFCL_v4"
_CHECK = "eval.tasks.bfcl_checker:check"
_TYPES = {
    "dict": "object",
    "float": "number",
    "double": "number",
    "tuple": "array",
    "list": "array",
    "bool": "boolean",
    **{name: name for name in ("integer", "number", "string", "boolean", "array", "object")},
}
_WORLD: dict[str, Any] = {"seed": 0, "now": "2000-01-01T00:00:00", "state": {}}  # what the worker hands to tools
_MISSING = (
    "bfcl needs the data and the checker of bfcl-eval: pip install --no-deps bfcl-eval==2026.3.23 (without its "
    "dependencies, which want another numpy; the checker needs none of them)"
)


class Bfcl(SingleTurn):
    def __init__(self, name: str, categories: Sequence[str], folder: Path | None) -> None:
        unknown = sorted(set(categories) - CATEGORIES.keys())
        if unknown or not categories:
            raise TaskError(f"bfcl knows no category {', '.join(unknown)}; it knows: {', '.join(CATEGORIES)}")
        self.categories, self.folder = list(dict.fromkeys(categories)), folder
        self.about = About(
            name=name,
            title="BFCL v4, single turns in Python (Berkeley Function Calling Leaderboard)",
            language="en",
            metrics=(
                Metric("right", "the calls are the accepted ones; none where no function fits"),
                *(Metric(each, f"`right` in {each}", group=each) for each in self.categories),
            ),
            source=f"package bfcl-eval {_version()}",
            license="Apache-2.0",
            template="",
            max_tokens=1024,
            n=sum(CATEGORIES[each] for each in self.categories),
            tools=True,
        )

    def items(self) -> Sequence[Item]:
        folder = self.folder or _data()
        return [item for category in self.categories for item in _items(folder, category)]

    async def mark(self, item: Item, transcript: Transcript, judge: Judge | None) -> Marked:
        why = await self._fault(item, transcript.answers[-1])
        right = None if why is None else float(not why)
        return Marked({"right": right, item.group: right}, {"fault": why} if why else {})

    async def _fault(self, item: Item, answer: Answer) -> str | None:
        """ "" where it is right, else what is wrong; None where the checker broke down or took too long."""
        if not answer.content.strip() and not answer.tool_calls:
            return "nothing was said"
        try:
            calls = [(name, read_arguments(arguments)) for name, arguments in read_said(answer).calls]
        except UnreadableCall:
            return "a call that cannot be read"
        if "irrelevance" in item.group:
            return "a call where no function fits" if calls else ""
        if item.group.endswith("relevance"):
            return "" if calls else "no call where a function fits"
        if not all(isinstance(arguments, dict) for _, arguments in calls):
            return "arguments that are no JSON object"
        given = {
            "functions": item.reference["functions"],
            "calls": [{name: arguments} for name, arguments in calls],
            "truth": item.reference["truth"],
            "category": item.group,
        }
        return await asyncio.to_thread(_checked, given)


def _checked(given: Mapping[str, Any]) -> str | None:
    try:
        return _worker().call(_CHECK, Path(), given, _WORLD)[0]
    except ToolError:
        return None


@cache
def _worker() -> Worker:
    worker = Worker(timeout_s=30.0, memory_mb=2048)
    atexit.register(worker.close)
    return worker


def _version() -> str:
    try:
        return metadata.version("bfcl-eval")
    except metadata.PackageNotFoundError:
        return "(not installed)"


def _data() -> Path:
    """The package's folder of questions; nothing of it is imported here."""
    found = importlib.util.find_spec("bfcl_eval")
    if found is None or not found.submodule_search_locations:
        raise TaskDataError(_MISSING)
    return Path(found.submodule_search_locations[0], "data")


def _items(folder: Path, category: str) -> Iterator[Item]:
    name = f"{_VERSION}_{category}.json"
    truths = {}
    if not category.endswith("relevance"):
        truths = {row["id"]: row["ground_truth"] for row in _lines(folder / "possible_answer" / name)}
    for row in _lines(folder / name):
        if row["id"] not in truths and not category.endswith("relevance"):
            raise TaskDataError(f"{folder / name}: {row['id']} has no accepted answer; install bfcl-eval again")
        messages = tuple(Message(each["role"], each["content"]) for each in row["question"][0])
        reference = {"functions": row["function"], "truth": truths.get(row["id"], [])}
        yield Item(row["id"], messages, tuple(map(_tool, row["function"])), reference, group=category)


def _lines(path: Path) -> list[dict[str, Any]]:
    try:
        return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines() if line.strip()]
    except (OSError, ValueError) as exc:
        raise TaskDataError(f"cannot read {path.name} of bfcl-eval ({str(exc)[:100]}); {_MISSING}") from exc


def _tool(function: Mapping[str, Any]) -> dict[str, Any]:
    """As the OpenAI API wants it: no dots in names, types of JSON Schema."""
    return {
        "type": "function",
        "function": {
            "name": function["name"].replace(".", "_"),
            "description": function.get("description", ""),
            "parameters": _schema(function["parameters"]),
        },
    }


def _schema(given: Mapping[str, Any]) -> dict[str, Any]:
    kept = {key: given[key] for key in ("description", "enum", "default", "required") if given.get(key) is not None}
    schema: dict[str, Any] = {"type": _TYPES.get(str(given.get("type")), "string"), **kept}
    if isinstance(properties := given.get("properties"), Mapping):
        schema["properties"] = {name: _schema(each) for name, each in properties.items()}
    if isinstance(items := given.get("items"), Mapping):
        schema["items"] = _schema(items)
    return schema


def task(name: str, categories: Sequence[str] = tuple(CATEGORIES), data: str | None = None) -> Bfcl:
    """`categories`: some of CATEGORIES; `data`: a folder with data files of the package's form."""
    return Bfcl(name, categories, Path(data) if data is not None else None)
