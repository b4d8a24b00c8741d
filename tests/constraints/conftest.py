"""The hand-written cases, handed to any test that names `passing_answer`, `failing_answer` or the like.

cases/<family>.yaml: constraint id -> groups of `params`, `pass` (name -> answer), `fail`, `undecided`,
`break` (name of a passing answer -> [old, new] edits, each of which alone must turn PASS into FAIL), and
`about` (edits of test_metamorphic that the constraint is about, so that they may flip its verdict).
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from constraints import types

_FAMILIES = sorted({constraint.family for constraint in types().values()})
_CASES: dict[str, list[dict[str, Any]]] = {
    constraint_id: groups
    for family in _FAMILIES
    for constraint_id, groups in yaml.load(
        Path(__file__).with_name("cases").joinpath(f"{family}.yaml").read_text(encoding="utf-8"),
        Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader),
    ).items()
}


def _broken(group: dict[str, Any]) -> Iterator[str]:
    for name, edits in group.get("break", {}).items():
        answer = group["pass"][name]
        for old, new in edits:
            assert old in answer, f"nothing to break: {old!r} is not in {name}"
            yield answer.replace(old, new, 1)


_ANSWERS = {
    "passing_answer": lambda group: group.get("pass", {}).values(),
    "failing_answer": lambda group: group.get("fail", ()),
    "broken_answer": _broken,
    "undecided_answer": lambda group: group.get("undecided", ()),
}


def _rows(kind: str) -> list[tuple[str, dict[str, Any], str]]:
    return [
        (constraint_id, group["params"], answer)
        for constraint_id, groups in _CASES.items()
        for group in groups
        for answer in _ANSWERS[kind](group)
    ]


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    for kind in _ANSWERS:
        if kind in metafunc.fixturenames:
            rows = _rows(kind)
            ids = [f"{constraint_id}-{number}" for number, (constraint_id, _, _) in enumerate(rows)]
            metafunc.parametrize(("constraint_id", "params", kind), rows, ids=ids)


@pytest.fixture(scope="session")
def case_groups() -> dict[str, list[dict[str, Any]]]:
    """Constraint id -> its groups, as written in cases/."""
    return _CASES


@pytest.fixture(scope="session")
def edits_it_is_about() -> dict[str, list[str]]:
    """Constraint id -> the edits that may flip its verdict, because it is about just that."""
    return {
        constraint_id: sorted({edit for group in groups for edit in group.get("about", ())})
        for constraint_id, groups in _CASES.items()
    }


@pytest.fixture(scope="session")
def judged_answers() -> dict[str, list[tuple[dict[str, Any], str, str]]]:
    """Constraint id -> (params, answer, the outcome written down for it), broken answers included."""
    outcomes = {
        "passing_answer": "PASS",
        "failing_answer": "FAIL",
        "broken_answer": "FAIL",
        "undecided_answer": "UNDECIDED",
    }
    judged: dict[str, list[tuple[dict[str, Any], str, str]]] = {}
    for kind, outcome in outcomes.items():
        for constraint_id, params, answer in _rows(kind):
            judged.setdefault(constraint_id, []).append((params, answer, outcome))
    return judged
