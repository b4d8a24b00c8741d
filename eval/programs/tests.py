"""Tests of a program: text in and text out, or a function called with values.

Expected values never enter the sandbox. Outputs are compared line by line without white space at the ends, numbers as
numbers; results of functions as values, a tuple being a list.

>>> same_output("1 2\\n3.50 \\n", "1 2\\n3.5"), same_output("1 2", "1\\n2"), same_output("yes", "no")
(True, False, False)
"""

from __future__ import annotations

import ast
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from typing import Any

from eval.programs.running import Ran, Runner

__all__ = ["Case", "Verdict", "run_cases", "same_output"]

_RESULT = "\nthe function returned: "


@dataclass(frozen=True, slots=True)
class Case:
    """`stdin` and `expected` as text; or, with `arguments`, what a function is called with and what it returns."""

    stdin: str = ""
    expected: Any = ""
    arguments: tuple[Any, ...] | None = None


@dataclass(frozen=True, slots=True)
class Verdict:
    """`passed`: None where a sandbox could not tell and nothing failed. `why`: of the first case that did not pass."""

    passed: bool | None
    cases: int
    why: str = ""


def run_cases(runner: Runner, program: str, cases: Sequence[Case], function: str | None, timeout_s: float) -> Verdict:
    """All cases until one fails; `function` is the name that cases with arguments call."""
    unknown = ""
    for number, case in enumerate(cases, 1):
        ran = runner.run(_whole(program, case, function), case.stdin, timeout_s)
        if ran.unknown:
            unknown = unknown or f"case {number}: {ran.unknown}"
            if number == 1:  # what it cannot run once it cannot run at all
                break
        elif ran.error:
            return Verdict(False, number, f"case {number}: {ran.error}")
        elif not _right(ran, case):
            return Verdict(False, number, f"case {number}: another result")
    return Verdict(None if unknown else True, len(cases), unknown)


def _whole(program: str, case: Case, function: str | None) -> str:
    if case.arguments is None:
        return program
    called = f"Solution().{function}" if "class Solution" in program else str(function)
    return f"{program}\n\nprint({_RESULT!r} + repr({called}(*{case.arguments!r})))\n"


def _right(ran: Ran, case: Case) -> bool:
    if case.arguments is None:
        return same_output(ran.output, case.expected)
    _, mark, told = ran.output.rpartition(_RESULT)
    try:
        return bool(mark) and _listed(ast.literal_eval(told.strip())) == case.expected
    except (ValueError, SyntaxError, RecursionError, MemoryError):
        return False


def _listed(value: Any) -> Any:
    return [_listed(each) for each in value] if isinstance(value, tuple | list) else value


def same_output(said: str, expected: str) -> bool:
    """Whether two outputs are the same, line by line."""
    left, right = ([line.strip() for line in text.strip().split("\n")] for text in (said, expected))
    return len(left) == len(right) and all(a == b or _numbers(a, b) for a, b in zip(left, right, strict=True))


def _numbers(a: str, b: str) -> bool:
    try:
        left, right = ([Decimal(part) for part in line.split()] for line in (a, b))
    except InvalidOperation:
        return False
    return left == right
