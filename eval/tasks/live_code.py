"""`live_code_bench`: contest problems, solved by a program that is run against hidden tests (Jain et al. 2024).

The code-generation scenario, one answer a problem; the last block of code counts. By default the problems that release
v6 added (175, of the first months of 2025), since older ones stand in training data; `files` names others. Programs run
in a sandbox only (`eval/programs`): with bubblewrap as CPython, elsewhere in an interpreter that leaves much UNDECIDED;
`passed` leaves those out, `proven` counts them as not passed. Prompts are our own words, so that scores are not those
of the official runner.
"""

from __future__ import annotations

import ast
import asyncio
import base64
import binascii
import io
import json
import os
import pickle
import zlib
from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import cached_property
from typing import Any

import regex

from datagen.record import Message
from eval.errors import TaskDataError
from eval.programs.running import Runner, runner_of
from eval.programs.tests import Case, Verdict, run_cases
from eval.task import About, Ask, Item, Judge, Marks, Metric, Transcript
from eval.tasks.data_sets import HubData, field_of, rows_of

__all__ = ["LiveCode", "cases_of", "program_in", "task"]

# Revision as public evaluations pin it. The data set has a loading script, which is not run: its files are read.
_DATA = HubData(
    "livecodebench/code_generation_lite",
    "test",
    "CC (its card)",
    "0fe84c3912ea0c4d4a78037083943e8f0c4dd505",
    files=("test6.jsonl",),
)
_TEMPLATE = "{problem}\n\n{how}\n\nAnswer with one Python program in a ```python block."
_STDIN = "Write a complete Python program that reads its input from standard input and prints the answer."
_STARTER = "Complete this code; keep the class and the signature:\n```python\n{starter}\n```"
_TIMEOUT_S = 6.0
_BLOCK = regex.compile(r"```[ \t]*(?:python3?|py)?[ \t]*\r?\n(.*?)```", regex.DOTALL | regex.IGNORECASE)


class LiveCode:
    def __init__(self, data: HubData, file: str | None, sandbox: str) -> None:
        self.data, self.file, self.sandbox = data, file, sandbox
        self.about = About(
            name="live_code_bench",
            title="LiveCodeBench, code generation: programs run against hidden tests in a sandbox",
            language="en",
            metrics=(
                Metric("passed", "the program passes every test; UNDECIDED where a sandbox cannot tell"),
                Metric("proven", "the same, but what a sandbox cannot tell counts as not passed"),
                Metric("has_code", "the answer holds a program at all"),
            ),
            source=data.source(file),
            license=data.license,
            template=f"{_TEMPLATE}\n{_STDIN}\n{_STARTER}",
            max_tokens=4096,
            n=175 if data.files == _DATA.files else None,
        )

    @cached_property
    def runner(self) -> Runner:
        return runner_of(self.sandbox)

    @cached_property
    def _places(self) -> asyncio.Semaphore:
        return asyncio.Semaphore(os.cpu_count() or 1)

    def items(self) -> Sequence[Item]:
        found: dict[str, Item] = {}
        for place, row in rows_of(self.data, self.file):
            item = _item(place, row)
            if item.id in found:
                raise TaskDataError(f"{place}: the question_id {item.id!r} was there before")
            found[item.id] = item
        # Told before anything is asked where it is missing; and named, since two sandboxes need not agree.
        self.about = replace(self.about, source=f"{self.data.source(self.file)}, run in {self.runner.name}")
        return list(found.values())

    async def converse(self, item: Item, ask: Ask) -> Transcript:
        answer = await ask(item.messages)
        said = (Message("assistant", answer.content),)
        program = program_in(answer.content)
        if answer.failed or program is None:
            return Transcript(said, (answer,))
        async with self._places:
            found = await asyncio.to_thread(self._verdict, item, program)
        facts = {"sandbox": self.runner.name, "passed": found.passed, "cases": found.cases, "why": found.why}
        return Transcript(said, (answer,), facts)

    async def mark(self, item: Item, transcript: Transcript, judge: Judge | None) -> Marks:
        if "passed" not in transcript.facts:
            return {"passed": 0.0, "proven": 0.0, "has_code": 0.0}
        passed = transcript.facts["passed"]
        return {
            "passed": None if passed is None else float(passed),
            "proven": float(passed is True),
            "has_code": 1.0,
        }

    def _verdict(self, item: Item, program: str) -> Verdict:
        row = item.reference
        return run_cases(self.runner, program, cases_of(row), row["function"], _TIMEOUT_S)


def program_in(answer: str) -> str | None:
    """The last block of code, what a model thought first left out; the whole answer where it has none but parses.

    >>> program_in("Try:\\n```python\\nprint(1)\\n```\\nor better\\n```python\\nprint(2)\\n```")
    'print(2)\\n'
    >>> program_in("ทำไม่ได้ครับ"), program_in("print(3)")
    (None, 'print(3)')
    """
    text = answer.rpartition("</think>")[2]
    if blocks := _BLOCK.findall(text):
        return blocks[-1]
    try:
        nodes = list(ast.walk(ast.parse(text)))
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return None
    # A word of Thai is an identifier, and so a program to Python: one that does nothing is none.
    return text if any(isinstance(node, ast.Call | ast.FunctionDef) for node in nodes) else None


def cases_of(reference: Mapping[str, Any]) -> list[Case]:
    """Public and private tests; raises ValueError where they are not what they should be."""
    cases = []
    for given in [*json.loads(reference["public"]), *_private(reference["private"])]:
        if given["testtype"] == "functional":
            arguments = tuple(json.loads(line) for line in given["input"].split("\n"))
            cases.append(Case(arguments=arguments, expected=json.loads(given["output"])))
        else:
            cases.append(Case(given["input"], given["output"]))
    return cases


def _item(place: str, row: Mapping[str, Any]) -> Item:
    starter = str(row.get("starter_code") or "")
    how = _STARTER.format(starter=starter.rstrip()) if starter.strip() else _STDIN
    prompt = _TEMPLATE.format(problem=field_of(row, "question_content", place).strip(), how=how)
    reference = {
        "public": field_of(row, "public_test_cases", place),
        "private": field_of(row, "private_test_cases", place),
    }
    try:
        reference["function"] = json.loads(row.get("metadata") or "{}").get("func_name")
        cases = cases_of(reference)
    except (ValueError, KeyError, TypeError, AttributeError, pickle.UnpicklingError, EOFError) as exc:
        raise TaskDataError(f"{place}: its tests cannot be read ({type(exc).__name__}: {str(exc)[:100]})") from exc
    if not cases or any(case.arguments is not None for case in cases) != bool(reference["function"]):
        raise TaskDataError(f"{place}: {len(cases)} tests for the function {reference['function']!r} do not fit")
    name, group = str(field_of(row, "question_id", place)), str(row.get("difficulty") or "")
    return Item(name, (Message("user", prompt),), reference=reference, group=group)


def _private(text: str) -> list[dict[str, Any]]:
    """JSON; or JSON that was pickled, compressed and put into base64, as the data set stores larger tests."""
    if text.lstrip().startswith("["):
        return json.loads(text)
    try:
        packed = zlib.decompress(base64.b64decode(text))
    except (binascii.Error, zlib.error) as exc:
        raise ValueError(f"neither JSON nor packed JSON ({exc})") from exc
    return json.loads(_OnlyText(io.BytesIO(packed)).load())


class _OnlyText(pickle.Unpickler):
    """A pickle may call anything; one of a text needs to call nothing."""

    def find_class(self, module: str, name: str) -> Any:
        raise pickle.UnpicklingError(f"a pickle of tests that wants {module}.{name} is not loaded")


def task(
    name: str,
    file: str | None = None,
    hub: str | None = None,
    revision: str | None = None,
    files: Sequence[str] = _DATA.files,
    sandbox: str = "auto",
) -> LiveCode:
    """`files`: test.jsonl to test6.jsonl, each the problems that a release added; `file`: a local JSONL copy;
    `sandbox`: auto, bubblewrap or interpreter."""
    return LiveCode(replace(_DATA.at(hub, revision), files=tuple(files)), file, sandbox)
