"""Well-formed parameters that nothing could keep are refused when the constraint is built, naming the field."""

from __future__ import annotations

import inspect
from pathlib import Path
from typing import Any

import pytest
import yaml

from constraints import BadParameters, ConstraintType, Outcome, build, check, types
from constraints.constraint_type import minimum_not_above_maximum

_WRITTEN: dict[str, list[dict[str, Any]]] = yaml.safe_load(
    Path(__file__).with_name("impossible.yaml").read_text(encoding="utf-8")
)
_NO_RULE = inspect.signature(ConstraintType).parameters["consistent"].default


def test_every_type_with_a_rule_has_its_case() -> None:
    ruled = {t.id for t in types().values() if t.consistent not in (_NO_RULE, minimum_not_above_maximum)}
    assert ruled == set(_WRITTEN)


@pytest.mark.parametrize(
    ("constraint_id", "case"), [(constraint_id, case) for constraint_id, cases in _WRITTEN.items() for case in cases]
)
def test_the_field_is_named(constraint_id: str, case: dict[str, Any]) -> None:
    with pytest.raises(BadParameters, match=f"field '{case['names']}"):
        build(constraint_id, case["params"])
    assert check(constraint_id, case["params"], "ก").outcome is Outcome.UNDECIDED


@pytest.mark.parametrize("constraint_id", [t.id for t in types().values() if t.consistent is minimum_not_above_maximum])
def test_a_band_turned_around(constraint_id: str) -> None:
    with pytest.raises(BadParameters, match="field 'minimum': 9 is more than the maximum 8"):
        build(constraint_id, {"minimum": 9, "maximum": 8})
    assert build(constraint_id, {"minimum": 8, "maximum": 8})
