"""The hand-written cases, handed to any test that names `passing_answer`, `failing_answer` or the like.

cases/<family>.yaml: constraint id -> groups of `params`, `pass` (name -> answer), `fail`, `undecided`, and
`break` (name of a passing answer -> [old, new] edits, each of which alone must turn PASS into FAIL).
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

_CASES: dict[str, list[dict[str, Any]]] = {
    constraint_id: groups
    for path in sorted(Path(__file__).with_name("cases").glob("*.yaml"))
    for constraint_id, groups in yaml.safe_load(path.read_text(encoding="utf-8")).items()
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
