"""What a user of a dataset should not expect of it, as far as its manifest tells."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

__all__ = ["known_limits"]

_BUNDLED_PROMPTS = "typhoon-data-prompts-th"


def known_limits(manifest: Mapping[str, Any]) -> list[str]:
    recipe = manifest["recipe"]
    return (_of_tool_use() if recipe.get("kind") == "tools" else _of_instructions(manifest)) + _of_any(manifest)


def _of_tool_use() -> list[str]:
    return [
        "Results come from simulators: prices, timetables and the weather in them are invented, the same for "
        "everybody. The proof is of calls, their effect and the values that replies state; style, and remarks beyond "
        "those values, are not judged by it.",
        "What users say is put together by a program from phrases and values; real users say it in more ways.",
    ]


def _of_instructions(manifest: Mapping[str, Any]) -> list[str]:
    found = [
        "The checkers prove form (length, layout, words, script), not truth. Facts in the answers are the teacher's "
        "own and were not verified."
    ]
    if any(source["name"] == _BUNDLED_PROMPTS for source in manifest["sources"]):
        found.append(
            f"The bundled prompts (`{_BUNDLED_PROMPTS}`) were drafted for this project with the help of a language "
            "model; no native speaker has reviewed them yet."
        )
    if (manifest["recipe"].get("translate") or {}).get("enabled"):
        found.append("Prompts in another language were translated by a model, not by people.")
    return found


def _of_any(manifest: Mapping[str, Any]) -> list[str]:
    judge, teacher = manifest["recipe"]["judge"], manifest["teacher"]
    if not judge["enabled"]:
        found = ["No judge was asked about the rows: what no checker checks is unchecked."]
    elif teacher["judge"] == teacher["name"]:
        found = ["The judge is the teacher itself, and models are kind to their own answers; its score is an opinion."]
    else:
        found = ["A judge model's score is an opinion."]
    if manifest["rows"] < 1000:
        found.append(f"It is small: {manifest['rows']} rows show what such a dataset is like and train little.")
    return found
