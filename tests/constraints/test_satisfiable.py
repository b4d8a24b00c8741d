"""Every two types that draw_set can draw together can be kept together: an answer is built and checked.

The builder is independent of the checkers: it writes what the parameters ask for, in the simplest Thai.
"""

from __future__ import annotations

import itertools
import json
import random
from typing import Any

import pytest

from constraints import ConstraintType, DrawContext, check, types

CONTEXT = DrawContext(keywords=("ข้าวผัด", "น้ำปลา", "ตลาด"))
_THAI_DIGITS = "๐๑๒๓๔๕๖๗๘๙"
Chosen = dict[str, dict[str, Any]]


def _clash(first: ConstraintType, second: ConstraintType) -> bool:
    return first.family == second.family or first.conflicts_with(second)


_PAIRS = [
    (first.id, second.id)
    for first, second in itertools.combinations(types().values(), 2)
    if not _clash(first, second) and first.weight > 0 and second.weight > 0
]


def _required(chosen: Chosen) -> str:
    """The texts that keywords, digits and the like ask for."""
    words = []
    for constraint_id, params in chosen.items():
        if constraint_id in ("keywords.exclude", "keywords.starts_with", "keywords.ends_with"):
            continue
        words += [params[name] for name in ("keyword", "word") if name in params] * params.get("minimum", 1)
        words += params.get("keywords", [])
    words += ["๑"] * ("numerals.thai_only" in chosen) + ["1"] * ("numerals.arabic_only" in chosen)
    words += ["[ชื่อ]"] * chosen.get("layout.placeholders", {}).get("count", 0)
    return " ".join(words)


def _parts(chosen: Chosen, padding: int) -> list[str]:
    counts = [params["count"] for name, params in chosen.items() if "count" in params and name != "layout.placeholders"]
    counts += [params["minimum"] for name, params in chosen.items() if name.endswith("_min")]
    parts = ["ไปกิน"] * (counts[0] if counts else 1)
    parts[0] = (
        chosen.get("keywords.starts_with", {}).get("phrase", "") + f"{parts[0]} {_required(chosen)}" + " กินผัก" * padding
    )
    gender = [params["gender"] for params in chosen.values() if "gender" in params]
    tail = {"male": " ครับ", "female": " ค่ะ"}[gender[0]] if gender else ""
    parts[-1] += tail + chosen.get("keywords.ends_with", {}).get("phrase", "")
    return parts


def _build(chosen: Chosen, padding: int) -> str:
    parts = _parts(chosen, padding)
    joiners = {"length.paragraphs": "\n\n", "length.divided_sentences": " | ", "layout.dividers": "\n***\n"}
    text = next((mark.join(parts) for name, mark in joiners.items() if name in chosen), "\n".join(parts))
    for name, params in chosen.items():
        match name:
            case "layout.bullets" | "layout.bullets_min":
                text = "\n".join(f"- {part}" for part in parts)
            case "layout.numbered_list" | "layout.numbered_list_min":
                text = "\n".join(f"{number}. {part}" for number, part in enumerate(parts, start=1))
            case "layout.thai_numbered_list":
                text = "\n".join(f"{_THAI_DIGITS[number]}. {part}" for number, part in enumerate(parts, start=1))
            case "layout.headings":
                text = "\n".join(f"## หัวข้อ\n{part}" for part in parts)
            case "layout.title":
                text = f"<<เรื่องกิน>>\n{text}"
            case "layout.quoted":
                text = f'"{text}"'
            case "layout.postscript":
                text = f"{text}\nป.ล. อร่อย"
            case "json.object":
                text = json.dumps(dict.fromkeys(params["keys"], text), ensure_ascii=False)
            case "json.array":
                text = json.dumps(parts, ensure_ascii=False)
            case "json.schema":
                first, second = params["schema"]["properties"]
                text = json.dumps({first: text, second: [text, text]}, ensure_ascii=False)
    return text


@pytest.mark.parametrize("pair", _PAIRS, ids="+".join)
def test_a_pair_can_be_kept(pair: tuple[str, str]) -> None:
    for seed in range(3):
        rng = random.Random(seed)
        drawn = {name: types()[name].draw(rng, CONTEXT) for name in pair}
        chosen = {name: params for name, params in drawn.items() if params is not None}
        assert len(chosen) == 2
        answers = [_build(chosen, padding) for padding in (0, 12, 30, 50, 70)]
        kept = any(all(check(name, chosen[name], answer).passed for name in pair) for answer in answers)
        assert kept, (chosen, answers[0], [check(name, chosen[name], answers[0]) for name in pair])


def test_there_are_pairs_of_every_drawn_type() -> None:
    drawn = {name for pair in _PAIRS for name in pair}
    assert drawn == {t.id for t in types().values() if t.weight > 0}
    assert len(_PAIRS) > 200
