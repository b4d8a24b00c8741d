"""The recipe's `mix`, `splits` and `held_out_types`: what they may say. What they do is in splits.py and stages/mix.py.

    rows: 1000
    splits: {sft: 0.7, opd: 0.1, rl: 0.1, heldout: 0.1}   # shares of `rows`; or counts: {sft: 700, rl: 100}
    held_out_types: [poetry, dates.be_year]               # ids, families, or a share of all types: 0.1
    mix:
      per_prompt: 1
      turns: {system: 0.5}                # a number: half of the rows, and the other half for everything else
      source: {wildchat: {max: 0.4}}      # max: at most so many
      family: {length: 0.2}               # of families, of which a row may carry several: at most, and told if fewer
      scenario: {parallel: 0.2}           # kind of scenario; with `kind: tools`, as is domain

Quotas hold in each of sft, opd and rl by itself; `heldout` has none.
"""

from __future__ import annotations

import difflib
from collections.abc import Collection, Mapping
from typing import TYPE_CHECKING, Annotated, Any

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, field_validator, model_validator

from constraints import types
from datagen.scenarios.scenario import KINDS
from datagen.splits import HELD_OUT, SPLITS, drawable_ids, held_out_ids

if TYPE_CHECKING:
    from datagen.config import BuildRecipe

__all__ = ["Ceiling", "HeldOutTypes", "MixConfig", "Quotas", "Splits", "refuse_impossible", "rows_from_counts"]

_Share = Annotated[float, Field(ge=0.0, le=1.0)]
_VALUES = {
    "difficulty": ("1", "2", "3", "4", "5"),
    "turns": ("user", "system", "multi"),
    "language": ("th", "en"),
    "scenario": KINDS,
}
_OF_INSTRUCTIONS = ("family", "difficulty", "language")
_OF_TOOL_USE = ("scenario", "domain")
_EXACT = 1e-9


class Ceiling(BaseModel):
    """At most this share of the rows; fewer are fine."""

    model_config = ConfigDict(extra="forbid", frozen=True)
    max: _Share


Quotas = dict[str, _Share | Ceiling]
HeldOutTypes = list[str] | _Share


class MixConfig(BaseModel):
    """Quotas by value, as shares of a split's rows. `difficulty`: number of constraints; `turns`: where they stand.

    `scenario` (its kind) and `domain` are of builds of tool use.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    per_prompt: Annotated[int, Field(ge=1)] = 1
    source: Quotas = Field(default_factory=dict)
    family: Quotas = Field(default_factory=dict)
    difficulty: Quotas = Field(default_factory=dict)
    turns: Quotas = Field(default_factory=dict)
    language: Quotas = Field(default_factory=dict)
    scenario: Quotas = Field(default_factory=dict)
    domain: Quotas = Field(default_factory=dict)

    @property
    def quotas(self) -> dict[str, Quotas]:
        """Every dimension that has quotas, in the order in which they are asked."""
        names = ("source", "family", "difficulty", "turns", "language", "scenario", "domain")
        every = {name: getattr(self, name) for name in names}
        return {name: quotas for name, quotas in every.items() if quotas}

    @field_validator("difficulty", mode="before")
    @classmethod
    def _numbers_as_text(cls, given: Any) -> Any:
        return {str(value): share for value, share in given.items()} if isinstance(given, dict) else given

    @field_validator("family")
    @classmethod
    def _known_family(cls, quotas: Quotas) -> Quotas:
        return _known(quotas, {constraint.family for constraint in types().values()}, "constraint family")

    @model_validator(mode="after")
    def _adds_up(self) -> MixConfig:
        for dimension, quotas in self.quotas.items():
            values = _VALUES.get(dimension)
            if values:
                _known(quotas, values, f"value of {dimension}")
            if dimension == "family":
                continue
            wanted = sum(share for share in quotas.values() if isinstance(share, float))
            if wanted > 1 + _EXACT:
                raise ValueError(f"the shares of {dimension} add up to {wanted:g}; 1 is all rows (use max for a limit)")
            ceilings = sum(share.max for share in quotas.values() if isinstance(share, Ceiling))
            if values and set(values) <= set(quotas) and wanted + ceilings < 1 - _EXACT:
                raise ValueError(
                    f"the shares of {dimension} allow {wanted + ceilings:g} of the rows and there is no other value; "
                    "raise them to 1 together"
                )
        return self


def _checked_splits(splits: dict[str, int | float]) -> dict[str, int | float]:
    _known(splits, SPLITS, "split")
    if splits and not any(splits.values()):
        raise ValueError("no split has any rows; give counts (sft: 100) or shares (sft: 0.8, rl: 0.2)")
    if _are_counts(splits):
        return splits
    if any(isinstance(share, int) and share for share in splits.values()) and len(splits) > 1:
        raise ValueError(f"{dict(splits)} mixes counts and shares; give either")
    if splits and abs(sum(splits.values()) - 1) > _EXACT:
        raise ValueError(f"the shares add up to {sum(splits.values()):g}, not 1")
    return splits


_Rows = Annotated[int, Field(ge=0)] | Annotated[float, Field(ge=0.0)]
Splits = Annotated[dict[str, _Rows], AfterValidator(_checked_splits)]


def rows_from_counts(given: Any) -> Any:
    """A recipe as written, with `rows` as the sum of counted splits where it says nothing of rows itself."""
    if not isinstance(given, dict):
        return given
    if "per_prompt" in given:
        raise ValueError("per_prompt is a part of mix: write mix.per_prompt")
    splits = given.get("splits")
    rows = sum(splits.values()) if isinstance(splits, dict) and _are_counts(splits) else 0
    if rows <= 0:
        return given
    if given.get("rows", rows) != rows:
        raise ValueError(
            f"rows is {given['rows']}, but splits add up to {rows}; leave rows out, or give splits as shares"
        )
    return {**given, "rows": rows}


def refuse_impossible(recipe: BuildRecipe) -> None:
    """Raises ValueError where held-out types and quotas ask for what this kind of build never makes."""
    strange = _OF_INSTRUCTIONS if recipe.kind == "tools" else _OF_TOOL_USE
    for dimension in strange:
        if dimension in recipe.mix.quotas:
            raise ValueError(f"mix.{dimension} has no meaning in a build of the kind {recipe.kind!r}; leave it out")
    if recipe.kind == "tools":
        _refuse_undrawn(recipe)
        return
    _refuse_held_out(recipe)
    compose, dimensions = recipe.compose, recipe.mix.quotas
    wanted = {
        (dimension, value)
        for dimension, quotas in dimensions.items()
        for value, share in quotas.items()
        if isinstance(share, float) and share
    }
    never = {
        ("turns", "system"): (compose.system_turn_share == 0, "compose.system_turn_share is 0"),
        ("turns", "user"): (compose.system_turn_share == 1, "compose.system_turn_share is 1"),
        ("language", "en"): (compose.english_instruction_share == 0, "compose.english_instruction_share is 0"),
        ("language", "th"): (compose.english_instruction_share == 1, "compose.english_instruction_share is 1"),
    }
    for dimension, value in sorted(wanted):
        impossible, because = never.get((dimension, value), (False, ""))
        if dimension == "difficulty" and not compose.constraints_min <= int(value) <= compose.constraints_max:
            impossible, because = (
                True,
                f"compose draws {compose.constraints_min} to {compose.constraints_max} constraints",
            )
        if dimension == "family" and value not in _families(recipe):
            impossible, because = True, "compose.weights or held_out_types leave none of its types to draw"
        if impossible:
            raise ValueError(f"mix.{dimension}.{value} can never be filled: {because}")


def _refuse_undrawn(recipe: BuildRecipe) -> None:
    """Targets of tool use that no scenario will ever fill."""
    for kind, share in recipe.mix.scenario.items():
        if isinstance(share, float) and share and not recipe.tools.kinds.get(kind):
            raise ValueError(f"mix.scenario.{kind} can never be filled: its weight in tools.kinds is 0")
    for domain, share in recipe.mix.domain.items():
        if isinstance(share, float) and share and recipe.tools.domains and domain not in recipe.tools.domains:
            raise ValueError(f"mix.domain.{domain} can never be filled: tools.domains leaves it out")


def _families(recipe: BuildRecipe) -> set[str]:
    """Families that a training row can carry."""
    held_out = held_out_ids(recipe.held_out_types, recipe.compose.weights, recipe.seed)
    return {types()[each].family for each in drawable_ids(recipe.compose.weights) - set(held_out)}


def _refuse_held_out(recipe: BuildRecipe) -> None:
    given, weights = recipe.held_out_types, recipe.compose.weights
    if isinstance(given, list):
        _known(
            dict.fromkeys(given),
            {name for each in types().values() for name in (each.id, each.family)},
            "constraint type or family",
        )
    if bool(given) != bool(recipe.splits.get(HELD_OUT)):
        raise ValueError(
            "held_out_types need a split to go to: add heldout to splits"
            if given
            else "splits.heldout needs held_out_types: ids, families or a share of all types"
        )
    if not given:
        return
    held_out, drawable = set(held_out_ids(given, weights, recipe.seed)), drawable_ids(weights)
    for name in given if isinstance(given, list) else ():
        if drawable.isdisjoint(held_out_ids([name], weights, recipe.seed)):
            raise ValueError(
                f"held_out_types: {name!r} is never drawn, its weight is 0; give it a weight in compose.weights "
                "(training rows will not carry it) or name another"
            )
    if not drawable - held_out:
        raise ValueError("held_out_types leave no type for training rows; hold out fewer")


def _are_counts(splits: Mapping[str, Any]) -> bool:
    """Whole numbers; `{sft: 1.0}` is a share."""
    return bool(splits) and all(isinstance(rows, int) and not isinstance(rows, bool) for rows in splits.values())


def _known(given: Mapping[str, Any], known: Collection[str], what: str) -> Any:
    for name in given:
        if name not in known:
            near = difflib.get_close_matches(name, known, n=1)
            way_out = f"did you mean {near[0]!r}?" if near else f"known: {', '.join(sorted(known))}"
            raise ValueError(f"{name!r} is no {what}; {way_out}")
    return given
