"""The files of a synthesis: `pack.yaml`, `rejected.yaml` beside it, and `report.md` with the yield of every gate.

A function of the recipe and the answers alone (no clock, no machine), so a resumed run writes the same bytes.
"""

from __future__ import annotations

from collections.abc import Mapping
from importlib import metadata
from typing import Any

import regex
import yaml

from constraints import text_contract
from constraints.pack import FORMAT_VERSION, read_pack
from datagen.record import code_version
from datagen.synthesis.config import SynthesisRecipe
from datagen.synthesis.gates import Verifier
from datagen.synthesis.prompts import template_hashes
from datagen.synthesis.synthesize import Synthesis, Synthesised
from datagen.synthesis.yields import yield_lines

__all__ = ["pack_data", "rejected_data", "report_text", "yaml_text"]

_NOT_NAME = regex.compile(r"[^a-z0-9]+")
_SKIPPED = {"the", "a", "an", "answer", "text", "response", "must", "should", "be", "is", "of", "each"}
_LONGEST_NAME = 60


def pack_data(recipe: SynthesisRecipe, teacher: Mapping[str, str], synthesis: Synthesis) -> dict[str, Any]:
    """The pack as plain data, read back once to make sure that it can be."""
    names: set[str] = set()
    data = {
        "format_version": FORMAT_VERSION,
        "name": recipe.name,
        "teacher": dict(teacher),
        "judge": " ".join(recipe.judge.nli_command or []) or recipe.judge.model or teacher["name"],
        "code_version": code_version(),
        "sandbox": f"pydantic-monty {metadata.version('pydantic-monty')}",
        "text_contract": text_contract(),
        "templates": template_hashes(),
        "recipe": recipe.model_dump(mode="json", exclude={"teacher": {"base_url"}}),
        "yields": synthesis.yields.as_dict(),
        "constraints": [
            _entry(one, f"{recipe.name}.{_name(one.verified.rule, names)}") for one in synthesis.constraints
        ],
    }
    read_pack(data)
    return data


def rejected_data(recipe: SynthesisRecipe, synthesis: Synthesis) -> dict[str, Any]:
    stopped = [one.as_dict() for one in synthesis.yields.stopped]
    return {"format_version": FORMAT_VERSION, "name": recipe.name, "rejected": stopped}


def report_text(data: Mapping[str, Any]) -> str:
    """The yield of every gate and what survived, for a person."""
    lines = [f"# {data['name']}", "", f"{len(data['constraints'])} constraints by {data['teacher']['name']}.", ""]
    lines += [*yield_lines(data["yields"]), ""]
    for entry in data["constraints"]:
        scores = entry["scores"]
        lines += [
            f"## `{entry['id']}`",
            "",
            *(f"- {_inline(words)}" for words in (*entry["en"], *entry["th"])),
            f"- told back: {_inline(entry['back_translation'])}",
            f"- {scores['functions']} functions in {scores['forms']} forms, {scores['cases']} cases, accuracy from "
            f"{scores['accuracy']}, rejects {scores['rejects_broken']} of {scores['broken']} broken responses",
            "",
            "```text",  # a formatter would rewrite Python here, and a replay compares bytes
            entry["verifiers"][0]["source"],
            "```",
            "",
        ]
    return "\n".join(lines)


def yaml_text(data: Mapping[str, Any]) -> str:
    """YAML with sources and texts as blocks, in the order given."""
    return yaml.dump(data, Dumper=_Dumper, allow_unicode=True, sort_keys=False, width=120)


def _entry(one: Synthesised, constraint_id: str) -> dict[str, Any]:
    verified = one.verified
    return {
        "id": constraint_id,
        "en": [verified.rule],
        "th": list(one.thai),
        "back_translation": one.back_translation,
        "verifiers": [_verifier(verifier, verified.votes) for verifier in verified.distinct],
        "cases": {"pass": list(verified.passes), "fail": list(verified.fails)},
        "scores": {
            "functions": len(verified.verifiers),
            "forms": len(verified.distinct),
            "cases": len(verified.cases),
            "accuracy": round(min(verifier.accuracy for verifier in verified.verifiers), 4),
            "broken": verified.broken,
            "rejects_broken": round(min(verifier.mutation.rejected for verifier in verified.verifiers), 4),
            "accepts_passing": round(min(verifier.mutation.accepted for verifier in verified.verifiers), 4),
            "consistency": one.consistency,
        },
    }


def _verifier(verifier: Verifier, votes: Mapping[str, int]) -> dict[str, Any]:
    return {
        "source": verifier.function.source,
        "samples": votes[verifier.function.form],
        "accuracy": round(verifier.accuracy, 4),
        "rejects_broken": round(verifier.mutation.rejected, 4),
        "accepts_passing": round(verifier.mutation.accepted, 4),
    }


def _name(rule: str, names: set[str]) -> str:
    """A short name of a rule that no other has.

    >>> _name("The answer must have exactly 4 lines.", set())
    'have_exactly_4_lines'
    """
    words = [word for word in _NOT_NAME.split(rule.casefold()) if word and word not in _SKIPPED]
    base = "_".join(words)[:_LONGEST_NAME].strip("_") or "rule"
    name, number = base, 1
    while name in names:
        number += 1
        name = f"{base}_{number}"
    names.add(name)
    return name


def _inline(text: str) -> str:
    for mark in "\\`*_<>|[]#":
        text = text.replace(mark, "\\" + mark)
    return " ".join(text.split())


class _Dumper(yaml.SafeDumper):
    """Texts of several lines as blocks where YAML can keep them so."""


def _text(dumper: yaml.SafeDumper, text: str) -> yaml.Node:
    return dumper.represent_scalar("tag:yaml.org,2002:str", text, style="|" if "\n" in text else None)


_Dumper.add_representer(str, _text)
_Dumper.ignore_aliases = lambda self, data: True  # pyright: ignore[reportAttributeAccessIssue]
