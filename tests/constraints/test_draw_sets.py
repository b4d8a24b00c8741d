"""Drawn sets: no declared conflict, a witness for every set, weights and seeds that decide, difficulties 1 to 5."""

from __future__ import annotations

import itertools
import random
from typing import Any

import pytest

from constraints import Constraint, DrawContext, build, check, draw_set, get, types, witness

CONTEXT = DrawContext(keywords=("ข้าวผัด", "ข้าว", "น้ำปลา", "Wi-Fi 6", "ข้าว"), prompt="แนะนำวิธีทำข้าวผัดน้ำปลาให้อร่อย")
_FAMILIES = tuple(dict.fromkeys(constraint.family for constraint in types().values()))


def _sets(count: int, seeds: range, **options: Any) -> list[list[Constraint]]:
    return [draw_set(random.Random(seed), CONTEXT, count, **options) for seed in seeds]


def _named(drawn: list[list[Constraint]]) -> list[list[tuple[str, dict[str, Any]]]]:
    return [[(constraint.id, dict(constraint.params)) for constraint in chosen] for chosen in drawn]


@pytest.mark.parametrize("difficulty", [1, 2, 3, 4, 5])
def test_a_set_has_no_conflict_and_a_witness(difficulty: int) -> None:
    drawn = _sets(difficulty, range(40))
    for chosen in drawn:
        families = [constraint.type.family for constraint in chosen]
        assert len(set(families)) == len(families)
        for first, second in itertools.combinations(chosen, 2):
            assert not first.type.conflicts_with(second.type)
        found = witness(chosen)
        assert found is not None
        assert all(check(constraint.id, constraint.params, found).passed for constraint in chosen)
    assert all(chosen for chosen in drawn)
    assert sum(len(chosen) == difficulty for chosen in drawn) >= 30


def test_conflicts_hold_both_ways_and_name_what_exists() -> None:
    known = {name for t in types().values() for name in (t.id, t.family)}
    for first, second in itertools.product(types().values(), repeat=2):
        assert first.conflicts_with(second) == second.conflicts_with(first)
    for constraint in types().values():
        assert constraint.conflicts_with(constraint)
        assert constraint.conflicts <= known, (constraint.id, constraint.conflicts - known)


@pytest.mark.parametrize(
    ("first", "second", "clash"),
    [
        ("layout.numbered_list", "numerals.none", True),  # declared by id
        ("json.object", "layout.title", True),  # declared by family
        ("layout.quoted", "particles.ends_polite", True),
        ("layout.numbered_list", "numerals.arabic_only", False),
        ("keywords.include", "numerals.none", False),
    ],
)
def test_declared_conflicts_by_name(first: str, second: str, clash: bool) -> None:
    assert get(first).conflicts_with(get(second)) is clash
    assert get(second).conflicts_with(get(first)) is clash


def test_a_set_is_reproducible_and_leaves_global_random_alone() -> None:
    before = random.getstate()
    assert _named(_sets(3, range(20))) == _named(_sets(3, range(20)))
    assert random.getstate() == before


def test_every_type_with_a_weight_is_drawn() -> None:
    for constraint in types().values():
        weights = {**dict.fromkeys(_FAMILIES, 0.0), constraint.id: 1.0}
        drawn = {c.id for chosen in _sets(1, range(8), weights=weights) for c in chosen}
        assert drawn == {constraint.id}


def test_avoid_takes_ids_and_families() -> None:
    for chosen in _sets(3, range(40), avoid=("json", "layout.title", "script")):
        for constraint in chosen:
            assert constraint.id != "layout.title"
            assert constraint.type.family not in ("json", "script")


def test_weights_replace_the_types_own_by_id_before_family() -> None:
    weights = {**dict.fromkeys(_FAMILIES, 0.0), "length.graphemes_max": 1.0}
    assert all([c.id for c in chosen] == ["length.graphemes_max"] for chosen in _sets(3, range(20), weights=weights))
    shares = {**dict.fromkeys(_FAMILIES, 0.0), "length.lines": 3.0, "length.words_max": 5.0}
    ids = [chosen[0].id for chosen in _sets(1, range(400), weights=shares)]
    assert set(ids) == {"length.lines", "length.words_max"}
    assert 0.30 < ids.count("length.lines") / len(ids) < 0.45  # 3 of 3 + 5


@pytest.mark.parametrize("options", [{"avoid": ["lenght"]}, {"weights": {"length.line": 2.0}}])
def test_a_misspelt_name_raises(options: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match="no constraint type or family"):
        draw_set(random.Random(0), CONTEXT, 2, **options)


def test_zero_constraints() -> None:
    assert draw_set(random.Random(0), CONTEXT, 0) == []


@pytest.mark.parametrize(
    ("keyword", "rule"),
    [
        ("Wi-Fi", "script.thai_only"), ("5G", "numerals.none"), ("ปี 2568", "numerals.thai_only"),
        ("ปี ๒๕๖๘", "numerals.arabic_only"), ("รัก❤️", "script.no_emoji"), ("ขอบคุณครับ", "particles.none"),
    ],
)  # fmt: skip
def test_a_keyword_never_breaks_a_rule_of_its_set(keyword: str, rule: str) -> None:
    """Not because a conflict is declared: because no witness can be built."""
    assert witness([build("keywords.include", {"keyword": keyword}), build(rule, {})]) is None
    assert witness([build("keywords.include", {"keyword": "ข้าว"}), build(rule, {})]) is not None


@pytest.mark.parametrize(
    ("first", "second"),
    [
        (("length.characters_max", {"maximum": 20}), ("length.lines", {"count": 12})),
        (("length.characters_max", {"maximum": 40}), ("keywords.frequency", {"keyword": "โรงพยาบาล", "minimum": 9})),
        (("numerals.none", {}), ("layout.numbered_list", {"count": 3})),
    ],
)
def test_a_contradiction_has_no_witness(first: tuple[str, dict[str, Any]], second: tuple[str, dict[str, Any]]) -> None:
    assert witness([build(*first)]) is not None
    assert witness([build(*second)]) is not None
    assert witness([build(*first), build(*second)]) is None


@pytest.mark.parametrize("share", [-1.0, float("nan"), float("inf")])
def test_a_weight_that_is_no_share_is_named(share: float) -> None:
    with pytest.raises(ValueError, match="weights must be 0 or more, not length"):
        draw_set(random.Random(1), DrawContext(), 1, weights={"length": share})


def test_a_keyword_that_nobody_sees_is_not_drawn() -> None:
    weights = dict.fromkeys((t.id for t in types().values()), 0.0) | {"keywords.include": 1.0}
    assert draw_set(random.Random(1), DrawContext(keywords=(" ", "\u200b")), 1, weights=weights) == []
    (drawn,) = draw_set(random.Random(1), DrawContext(keywords=(" ", "แมว")), 1, weights=weights)
    assert drawn.params["keyword"] == "แมว"
