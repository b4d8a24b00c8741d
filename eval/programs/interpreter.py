"""Programs in the interpreter of `constraints.sandbox`: no files, no network, nothing to install.

It knows most of Python and not all: no generators, no inheritance, no heapq. What it refuses is unknown, and so is what
takes longer than it would in CPython (it is about half as fast, so three times as long is waited). Standard input is
handed over by replacing `sys.stdin` in the program's syntax tree; `del a[i]` becomes `a.pop(i)`.
"""

from __future__ import annotations

import ast
import builtins
from collections.abc import Callable, Iterator
from typing import Any

from constraints.sandbox import Limits, Sandbox
from eval.programs.running import Ran

__all__ = ["Interpreter"]

_SLOWER = 3
_PRELUDE = """
import math, bisect, itertools, functools, collections
from typing import Any, Dict, List, Optional, Set, Tuple
from collections import Counter, defaultdict, deque
from bisect import bisect_left, bisect_right
from itertools import accumulate, combinations, permutations, product
from math import ceil, floor, gcd, inf, sqrt
"""
# Errors that CPython would raise as well; all others may be the dialect's.
_OF_THE_PROGRAM = (ArithmeticError, AssertionError, LookupError, ValueError, EOFError)


class Interpreter:
    name = "interpreter"

    def run(self, program: str, stdin: str, timeout_s: float) -> Ran:
        try:
            tree = _Adapted().visit(ast.parse(program))
        except (SyntaxError, ValueError, RecursionError, MemoryError) as exc:
            return Ran(error=f"{type(exc).__name__}: {exc}"[:200])
        code = f"{_PRELUDE}\n{ast.unparse(ast.fix_missing_locations(tree))}"
        time_s = _SLOWER * timeout_s
        limits = Limits(
            time_s=time_s,
            kill_after_s=time_s + 5,
            memory_bytes=1 << 30,
            recursion=10_000,
            output_bytes=16 << 20,
            host_calls=1_000_000,
            code_characters=200_000,
        )
        with Sandbox(limits, workers=1) as sandbox:
            output, error = sandbox.execute(code, _input_of(stdin))
        if error is None or isinstance(error, SystemExit):
            return Ran(output)
        told = f"{type(error).__name__}: {error}"[:200]
        if isinstance(error, _OF_THE_PROGRAM) or _unknown_name(error):
            return Ran(output, error=told)
        return Ran(output, unknown=f"the interpreter cannot tell ({told})")


def _unknown_name(error: BaseException) -> bool:
    """A name that CPython does not know either."""
    return (
        isinstance(error, NameError)
        and str(error).split("'")[1:2] != []
        and not hasattr(builtins, str(error).split("'")[1])
    )


def _input_of(stdin: str) -> dict[str, Callable[..., Any]]:
    lines: Iterator[str] = iter(stdin.splitlines(keepends=True))

    def line() -> str:
        found = next(lines, None)
        if found is None:
            raise EOFError("EOF when reading a line")
        return found.rstrip("\n")

    return {
        "input": lambda *prompt: line(),
        "_stdin_readline": lambda *size: next(lines, ""),
        "_stdin_read": lambda *size: "".join(lines),
        "_stdin_readlines": lambda *size: list(lines),
    }


class _Adapted(ast.NodeTransformer):
    """What the dialect lacks and can be said otherwise."""

    def visit_Attribute(self, node: ast.Attribute) -> ast.AST:
        if _is_stdin(node.value) and node.attr in ("readline", "read", "readlines"):
            return ast.Name(f"_stdin_{node.attr}", node.ctx)
        if _is_stdin(node):
            return ast.Call(ast.Name("_stdin_readlines", ast.Load()), [], [])
        return self.generic_visit(node)

    def visit_Expr(self, node: ast.Expr) -> ast.AST:
        call = node.value
        if isinstance(call, ast.Call) and ast.unparse(call.func) in ("sys.setrecursionlimit", "setrecursionlimit"):
            return ast.Pass()
        return self.generic_visit(node)

    def visit_Delete(self, node: ast.Delete) -> Any:
        done: list[ast.stmt] = []
        for target in node.targets:
            if not isinstance(target, ast.Subscript) or isinstance(target.slice, ast.Slice):
                return self.generic_visit(node)
            pop = ast.Attribute(self.visit(target.value), "pop", ast.Load())
            done.append(ast.Expr(ast.Call(pop, [self.visit(target.slice)], [])))
        return done


def _is_stdin(node: ast.AST) -> bool:
    return isinstance(node, ast.Attribute) and node.attr == "stdin" and ast.unparse(node.value) == "sys"
