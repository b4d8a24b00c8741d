"""Numbers in a dataset that look like somebody's and are nobody's, because a program or a constraint asked for them.

A row of tool use carries a scenario: telephone and account numbers that a program drew. Its being there proves
nothing, for a row can be edited; so the scenario is drawn anew from the recipe in the manifest, and only if the row's
is the same are its values, and what the shipped tools answer to them, held to be invented. Own tools may look real
people up: with them nothing is drawn, and everything found is told. And where a constraint of a row asks for a
telephone number, the model's answer has to make one up.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import replace
from functools import lru_cache
from typing import Any

from datagen.config import BuildRecipe
from datagen.domains import shipped_tools
from datagen.errors import UserError
from datagen.record import canonical_json
from datagen.scenarios.drawing import ScenarioPlan
from datagen.scenarios.reference import run_reference
from datagen.scenarios.scenario import Scenario
from datagen.tool_build import library_of, scenario_plan
from hub.leaks import find_leaks

__all__ = ["ASKED_FOR", "Invented", "asked_for"]

ASKED_FOR: Mapping[str, tuple[str, ...]] = {
    "forms.citizen_id": ("citizen id",),
    "forms.citizen_id_compact": ("citizen id",),
    "forms.mobile_phone": ("phone",),
    "forms.landline_bangkok": ("phone",),
    "forms.international_phone": ("phone",),
    "forms.bank_account": ("bank account",),
    "forms.vehicle_plate": ("number plate",),
    "forms.email": ("e-mail",),
    "forms.address": ("home address",),
    "forms.bangkok_address": ("home address",),
    "forms.formal_letter": ("home address",),
}
"""Constraint -> kinds of personal data that an answer cannot keep it without. A test holds it against the registry."""


def asked_for(row: Mapping[str, Any]) -> frozenset[str]:
    """Kinds that the row's constraints make its answers invent."""
    ids = [constraint["id"] for constraint in row.get("constraints") or ()]
    return frozenset(kind for each in ids for kind in ASKED_FOR.get(each, ()))


class Invented:
    """Which values of a row were drawn by the build that the manifest tells of."""

    def __init__(self, manifest: Mapping[str, Any]) -> None:
        self._plan = _plan_of(manifest)
        self._values = lru_cache(maxsize=4096)(self._drawn_values)

    def values(self, row: Mapping[str, Any]) -> frozenset[str]:
        return self._values(row["scenario"]) if self._plan and row.get("scenario") else frozenset()

    def _drawn_values(self, text: str) -> frozenset[str]:
        assert self._plan
        try:
            scenario = Scenario.from_dict(json.loads(text))
            drawn = self._plan.scenario(int(scenario.id.removeprefix("tool-"))).scenario
            if _without_words(drawn) != _without_words(scenario):
                return frozenset()
            results = run_reference(drawn, shipped_tools()).results
        except (UserError, LookupError, TypeError, ValueError, AttributeError, RecursionError):
            return frozenset()
        material = [*(turn.user for turn in drawn.turns), *_leaves([call.arguments for call in drawn.calls])]
        material += _leaves([call.optional for call in drawn.calls])
        material += _leaves(results)
        values = {leak.value for each in material for leak in find_leaks(each)}
        return frozenset(values | {each.replace("-", "").replace(" ", "") for each in material if len(each) < 40})


def _plan_of(manifest: Mapping[str, Any]) -> ScenarioPlan | None:
    try:
        recipe = BuildRecipe.model_validate(manifest["recipe"])
        if recipe.kind != "tools" or recipe.tools.own.files:
            return None
        return scenario_plan(recipe, library_of(recipe))
    except (UserError, ValueError, LookupError, TypeError):  # of another release: nothing is held to be invented
        return None


def _without_words(scenario: Scenario) -> str:
    """A build may let the teacher reword what users say; everything else of a scenario is drawn."""
    return canonical_json(replace(scenario, turns=tuple(replace(turn, user="") for turn in scenario.turns)).as_dict())


def _leaves(value: Any) -> Iterator[str]:
    if isinstance(value, Mapping):
        for each in value.values():
            yield from _leaves(each)
    elif isinstance(value, list | tuple):
        for each in value:
            yield from _leaves(each)
    elif value is not None:
        yield str(value)
