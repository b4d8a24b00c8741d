"""Mutation testing: each comparison of a family flipped, and/or swapped, limits shifted; some case must notice.

A mutant is compiled in memory from the family's source and its types judge all hand-written cases; it is
caught when one outcome differs from the one written down. Functions named _draw*, _shown*, _consistent* and _amend* are
left to test_catalogue, test_cases and test_witness. Equivalent mutants stand, with the reason, in
equivalent_mutants/<module>.yaml.
"""

from __future__ import annotations

import ast
import inspect
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
import yaml

from constraints.answer import Answer
from constraints.constraint_type import ConstraintType
from constraints.registry import FAMILIES

Judged = dict[str, list[tuple[dict[str, Any], str, str]]]

_FLIPPED = {
    ast.Lt: ast.LtE, ast.LtE: ast.Lt, ast.Gt: ast.GtE, ast.GtE: ast.Gt, ast.Eq: ast.NotEq, ast.NotEq: ast.Eq,
    ast.In: ast.NotIn, ast.NotIn: ast.In, ast.Is: ast.IsNot, ast.IsNot: ast.Is,
}  # fmt: skip
_SWAPPED = {ast.And: ast.Or, ast.Or: ast.And}

# family -> (function, mutated expression) -> why no answer can tell the mutant from the original.
_EQUIVALENT: dict[str, dict[tuple[str, str], str]] = {
    path.stem: {
        (row["function"], row["mutant_of"]): row["why"] for row in yaml.safe_load(path.read_text(encoding="utf-8"))
    }
    for path in Path(__file__).with_name("equivalent_mutants").glob("*.yaml")
}


def _sites(tree: ast.Module) -> Iterator[tuple[str, ast.expr, int]]:
    """(function, expression, which change) in a fixed order."""
    for function in tree.body:
        if not isinstance(function, ast.FunctionDef) or function.name.startswith(
            ("_draw", "_amend", "_shown", "_consistent")
        ):
            continue
        for node in ast.walk(function):
            if isinstance(node, ast.Compare):
                changes = len(node.ops) + sum(_is_limit(part) for part in [node.left, *node.comparators])
            elif isinstance(node, ast.BoolOp) or (isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.Not)):
                changes = 1
            else:
                continue
            for change in range(changes):
                yield function.name, node, change


def _is_limit(node: ast.expr) -> bool:
    return isinstance(node, ast.Constant) and type(node.value) is int


def _mutate(node: ast.expr, change: int) -> None:
    if isinstance(node, ast.BoolOp):
        node.op = _SWAPPED[type(node.op)]()
    elif isinstance(node, ast.UnaryOp):
        node.operand = ast.UnaryOp(ast.Not(), node.operand)
    elif isinstance(node, ast.Compare) and change < len(node.ops):
        node.ops[change] = _FLIPPED[type(node.ops[change])]()
    else:
        assert isinstance(node, ast.Compare)
        limits = [part for part in [node.left, *node.comparators] if isinstance(part, ast.Constant) and _is_limit(part)]
        limit = limits[change - len(node.ops)]
        assert isinstance(limit.value, int)
        limit.value += 1


def _mutants() -> list[Any]:
    found = []
    for family in FAMILIES:
        for number, (function, node, change) in enumerate(_sites(ast.parse(inspect.getsource(family)))):
            label = f"{_name(family)}-{function}-{number}"
            found.append(pytest.param(family, number, (function, ast.unparse(node), change), id=label))
    return found


def _name(family: ModuleType) -> str:
    return family.__name__.rpartition(".")[2]


def _types_of_mutant(family: ModuleType, number: int) -> tuple[tuple[ConstraintType, ...], str]:
    tree = ast.parse(inspect.getsource(family))
    _, node, change = list(_sites(tree))[number]
    _mutate(node, change)
    mutant: dict[str, Any] = {"__name__": f"mutant_of_{family.__name__}"}
    exec(compile(ast.fix_missing_locations(tree), "<mutant>", "exec"), mutant)
    return mutant["TYPES"], ast.unparse(node)


@pytest.fixture(scope="session")
def answers() -> dict[str, Answer]:
    """Answers by their text, so that a text is cut into words once for all mutants."""
    return {}


def _noticed(types: tuple[ConstraintType, ...], judged: Judged, answers: dict[str, Answer]) -> bool:
    for constraint in types:
        for params, text, outcome in judged[constraint.id]:
            if text not in answers:
                answers[text] = Answer(text)
            try:
                found = constraint.check(answers[text], params).outcome
            except (TypeError, ValueError, IndexError, AttributeError, AssertionError):
                return True
            if found != outcome:
                return True
    return False


@pytest.mark.parametrize(("family", "number", "site"), _mutants())
def test_some_case_notices(
    family: ModuleType,
    number: int,
    site: tuple[str, str, int],
    judged_answers: Judged,
    answers: dict[str, Answer],
) -> None:
    types, changed = _types_of_mutant(family, number)
    noticed = _noticed(types, judged_answers, answers)
    if site[:2] in _EQUIVALENT.get(_name(family), {}):
        assert not noticed, f"no longer equivalent, take it off the list: {site}"
    else:
        assert noticed, f"{site[0]}: {site[1]} became {changed} and no case changed"


def test_the_unmutated_families_agree_with_every_case(judged_answers: Judged, answers: dict[str, Answer]) -> None:
    for family in FAMILIES:
        assert not _noticed(family.TYPES, judged_answers, answers)


def test_every_entry_of_the_allow_list_names_a_mutant() -> None:
    sites = {(_name(param.values[0]), *param.values[2][:2]) for param in _mutants()}
    names = {_name(family) for family in FAMILIES}
    listed = {(family, *site) for family, found in _EQUIVALENT.items() if family in names for site in found}
    assert listed <= sites, listed - sites
