"""Small faults of one module of constraints/: what they are, and a module loaded with one of them.

Used by mutation.py.
"""

from __future__ import annotations

import ast
import importlib.abc
import importlib.util
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

__all__ = ["ROOT", "Mutant", "MutantFinder", "mutants_of", "mutated", "source_of"]

ROOT = Path(__file__).parents[1]
_FLIPPED = {
    ast.Lt: ast.LtE, ast.LtE: ast.Lt, ast.Gt: ast.GtE, ast.GtE: ast.Gt, ast.Eq: ast.NotEq, ast.NotEq: ast.Eq,
    ast.In: ast.NotIn, ast.NotIn: ast.In, ast.Is: ast.IsNot, ast.IsNot: ast.Is,
}  # fmt: skip
_SWAPPED = {ast.And: ast.Or, ast.Or: ast.And}


@dataclass(frozen=True, slots=True)
class Mutant:
    """Change number `number` of a module, in `function` ("" at module level): `before` becomes `after`."""

    module: str
    number: int
    function: str
    line: int
    before: str
    after: str


def source_of(name: str) -> str:
    file = ROOT / "constraints" / Path(*name.split("."))
    return (file / "__init__.py" if file.is_dir() else file.with_suffix(".py")).read_text(encoding="utf-8")


def _sites(tree: ast.Module) -> Iterator[tuple[str, ast.expr, int]]:
    """(function, expression, which change) in a fixed order; annotations and docstrings apart."""

    def walk(node: ast.AST, function: str) -> Iterator[tuple[str, ast.expr, int]]:
        for child in ast.iter_child_nodes(node):
            inner = child.name if isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef) else function
            # A boolean that is not returned is an option: frozen=True, zip(strict=True), ensure_ascii=False.
            option = isinstance(child, ast.Constant) and not isinstance(node, ast.Return)
            if isinstance(child, ast.expr) and not option:
                for change in range(_changes(child)):
                    yield inner, child, change
            yield from walk(child, inner)

    yield from walk(tree, "")


def _changes(node: ast.expr) -> int:
    if isinstance(node, ast.Compare):
        if ast.unparse(node.left).endswith(".random()"):
            return 0
        return len(node.ops) + sum(_is_limit(part) for part in (node.left, *node.comparators))
    if isinstance(node, ast.BoolOp) or (isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.Not)):
        return 1
    return int(isinstance(node, ast.Constant) and isinstance(node.value, bool))


def _is_limit(node: ast.expr) -> bool:
    return isinstance(node, ast.Constant) and type(node.value) is int


def _mutate(node: ast.expr, change: int) -> None:
    if isinstance(node, ast.BoolOp):
        node.op = _SWAPPED[type(node.op)]()
    elif isinstance(node, ast.UnaryOp):
        node.operand = ast.UnaryOp(ast.Not(), node.operand)
    elif isinstance(node, ast.Constant):
        node.value = not node.value
    elif isinstance(node, ast.Compare) and change < len(node.ops):
        node.ops[change] = _FLIPPED[type(node.ops[change])]()
    elif isinstance(node, ast.Compare):
        limits = [part for part in (node.left, *node.comparators) if isinstance(part, ast.Constant) and _is_limit(part)]
        limit = limits[change - len(node.ops)]
        assert isinstance(limit.value, int)
        limit.value += 1


def mutants_of(name: str) -> Iterator[Mutant]:
    source = source_of(name)
    sites = list(_sites(ast.parse(source)))
    for number in range(len(sites)):
        function, node, change = list(_sites(ast.parse(source)))[number]
        before = ast.unparse(node)
        _mutate(node, change)
        yield Mutant(name, number, function, node.lineno, before, ast.unparse(node))


def mutated(mutant: Mutant) -> ast.Module:
    tree = ast.parse(source_of(mutant.module))
    _, node, change = list(_sites(tree))[mutant.number]
    _mutate(node, change)
    return ast.fix_missing_locations(tree)


class MutantFinder(importlib.abc.MetaPathFinder, importlib.abc.Loader):
    """Gives one module its mutated code."""

    def __init__(self, mutant: Mutant) -> None:
        self.name, self.code = f"constraints.{mutant.module}", compile(mutated(mutant), "<mutant>", "exec")

    def find_spec(self, fullname: str, path: object = None, target: object = None) -> Any:
        if fullname != self.name:
            return None
        package = (ROOT / Path(*fullname.split("."))).is_dir()
        return importlib.util.spec_from_loader(fullname, self, is_package=package)

    def exec_module(self, module: Any) -> None:
        if module.__spec__.submodule_search_locations is not None:
            module.__path__ = [str(ROOT / Path(*self.name.split(".")))]
        exec(self.code, module.__dict__)  # noqa: S102 (our own source, one change)
