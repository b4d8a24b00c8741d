"""A dataset's licence from its manifest: sources, models, and what is in the way of publishing it."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from datagen.licences.source_licences import combined, known_licence
from datagen.licences.terms import ModelTerms, Override, terms_of

__all__ = ["DerivedLicence", "ModelUse", "SourceUse", "derive", "models_used"]


@dataclass(frozen=True, slots=True)
class SourceUse:
    """`license`: as the rows have it."""

    name: str
    license: str
    rows: int


@dataclass(frozen=True, slots=True)
class ModelUse:
    """One model and what it did; `stated`: its terms are the recipe's own."""

    name: str
    roles: tuple[str, ...]
    terms: ModelTerms
    stated: bool = False

    @property
    def label(self) -> str:
        return f"{self.name} ({', '.join(self.roles)})"


@dataclass(frozen=True, slots=True)
class DerivedLicence:
    """`id` and `name` are the card's `license` and `license_name` ("" where the id says it all).

    `conflicts`: what is in the way of publishing, one sentence each; `conditions`: what whoever trains on the rows
    has to keep; `override`: the written word of whoever publishes nevertheless.
    """

    id: str
    name: str
    licences: tuple[str, ...]
    sources: tuple[SourceUse, ...]
    models: tuple[ModelUse, ...]
    conditions: tuple[str, ...] = ()
    conflicts: tuple[str, ...] = ()
    override: Override | None = None

    @property
    def may_publish(self) -> bool:
        return not self.conflicts or self.override is not None


def derive(manifest: Mapping[str, Any], override: Override | None = None) -> DerivedLicence:
    """`override`: in place of the one in the manifest, if there is one.

    Raises:
        KeyError, TypeError: it is no manifest of a build.
    """
    sources = tuple(SourceUse(s["name"], s["license"], s["rows"]) for s in manifest["sources"])
    by_licence: dict[str, list[str]] = {}
    for source in sources:
        by_licence.setdefault(source.license, []).append(source.name)
    licences, conflicts = combined(by_licence)
    if not sources:
        conflicts.append("the dataset has no rows")
    models = tuple(models_used(manifest))
    for model in models:
        conflicts += _against(model, licences)
    bound = [model for model in models if model.terms.outputs == "conditions"]
    override = override or _recorded_override(manifest)
    hub_id, name = _header(licences, [model.terms.license for model in bound], conflicts, override)
    return DerivedLicence(
        id=hub_id,
        name=name,
        licences=licences,
        sources=sources,
        models=models,
        conditions=tuple(f"{model.label}, {model.terms.license}: {model.terms.note}" for model in bound),
        conflicts=tuple(conflicts),
        override=override,
    )


def models_used(manifest: Mapping[str, Any]) -> list[ModelUse]:
    """Every model that had a say in the rows, each once with all its roles and the terms it stands under."""
    recipe, teacher = manifest["recipe"], manifest["teacher"]["name"]
    roles: dict[str, list[str]] = {teacher: ["teacher"]}
    stated: dict[str, ModelTerms] = {}

    def plays(model: str, role: str, section: str) -> None:
        roles.setdefault(model, []).append(role)
        if terms := recipe.get(section, {}).get("terms"):
            stated.setdefault(model, ModelTerms.model_validate(terms))

    if terms := recipe["teacher"].get("terms"):
        stated[teacher] = ModelTerms.model_validate(terms)
    if recipe["judge"]["enabled"]:
        plays(manifest["teacher"]["judge"], "judge", "judge")
    translate = recipe.get("translate") or {}
    if translate.get("enabled"):
        translator = translate.get("model") or teacher
        plays(translator, "translator", "translate")
        if translate.get("gate") == "judge":
            plays(translate.get("judge_model") or translator, "judge of translations", "translate")
    return [
        ModelUse(name, tuple(played), stated.get(name) or terms_of(name), name in stated)
        for name, played in roles.items()
    ]


def _against(model: ModelUse, licences: Iterable[str]) -> list[str]:
    terms = model.terms
    where = f"{terms.license}{', ' + terms.url if terms.url else ''}"
    if terms.outputs == "forbidden":
        note = f": {terms.note}" if terms.note else ""
        return [f"the terms of {model.label} do not let others train on its outputs{note} ({where})"]
    if terms.outputs == "unknown":
        return [
            f"whether others may train on the outputs of {model.label} is not known; state its terms in the recipe "
            f"({_section(model)}.terms), or ask it by its publisher's name"
        ]
    known = [known_licence(licence) for licence in licences]
    if terms.non_commercial and not (known and all(licence and licence.non_commercial for licence in known)):
        return [
            f"{model.label} may be used non-commercially only ({where}), and {' and '.join(licences) or 'no licence'} "
            "does not say so"
        ]
    return []


def _section(model: ModelUse) -> str:
    return {"teacher": "teacher", "judge": "judge"}.get(model.roles[0], "translate")


def _recorded_override(manifest: Mapping[str, Any]) -> Override | None:
    given = manifest.get("license_override") or manifest["recipe"].get("license_override")
    return Override.model_validate(given) if given else None


def _header(
    licences: tuple[str, ...], bound: Iterable[str], conflicts: Iterable[str], override: Override | None
) -> tuple[str, str]:
    """(id, name) for the card's header; a conflict without a written word leaves it open."""
    if list(conflicts):
        if override is None:
            return "other", "unresolved"
        known = known_licence(override.license)
        return (known.hub, "") if known else ("other", _slug(override.license))
    names = [*licences, *sorted(set(bound))]
    known = known_licence(names[0]) if len(names) == 1 else None
    return (known.hub, "") if known else ("other", "-and-".join(map(_slug, names)))


def _slug(name: str) -> str:
    """As the Hub wants `license_name`: lower case, no spaces."""
    return re.sub(r"[^a-z0-9.]+", "-", name.lower()).strip("-.")
