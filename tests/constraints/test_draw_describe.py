"""Drawn parameters are right and reproducible, and the words say every one of them, in Thai and in English."""

from __future__ import annotations

import itertools
import json
import random
from collections.abc import Iterator
from typing import Any

import pytest
import regex

from constraints import DrawContext, check, describe, draw_set, get, types

CONTEXT = DrawContext(keywords=("ข้าวผัด", "ข้าว", "น้ำปลา", "Wi-Fi 6", "ข้าว"))
SEEDS = range(200)
_TERMS = regex.compile(r"\bJSON( Schema)?\b")
_QUOTED = regex.compile('"[^"]*"')


def _draws(constraint_id: str) -> Iterator[dict[str, Any]]:
    for seed in SEEDS:
        params = get(constraint_id).draw(random.Random(seed), CONTEXT)
        if params is not None:
            yield params


def _stated(value: Any, constraint_id: str) -> list[str]:
    """What the words must hold for a parameter's value."""
    if isinstance(value, list):
        return [part for item in value for part in _stated(item, constraint_id)]
    if isinstance(value, dict):
        return [json.dumps(key, ensure_ascii=False) for key in value["properties"]]
    if value in ("male", "female"):
        return [{"male": "ครับ", "female": "ค่ะ"}[value]]
    return [rf"{value}"]


@pytest.mark.parametrize("constraint_id", types())
class TestEachType:
    def test_drawn_parameters_are_right(self, constraint_id: str) -> None:
        drawn = list(_draws(constraint_id))
        assert len(drawn) > len(SEEDS) / 2
        for params in drawn:
            assert get(constraint_id).params_error(params) is None

    def test_bands_are_no_contradiction(self, constraint_id: str) -> None:
        for params in _draws(constraint_id):
            if {"minimum", "maximum"} <= set(params):
                assert params["minimum"] < params["maximum"]

    def test_every_drawable_value_is_drawn(self, constraint_id: str) -> None:
        if get(constraint_id).params:
            assert len({json.dumps(params, sort_keys=True) for params in _draws(constraint_id)}) > 1

    @pytest.mark.parametrize("lang", ["th", "en"])
    def test_the_words_state_every_value(self, constraint_id: str, lang: Any) -> None:
        for params in _draws(constraint_id):
            words = describe(constraint_id, params, lang)
            for value in params.values():
                for stated in _stated(value, constraint_id):
                    assert regex.search(rf"(?<!\d){regex.escape(stated)}(?!\d)", words), (stated, words)

    def test_numbers_in_the_words_follow_the_parameters(self, constraint_id: str) -> None:
        params = {name: 7 for name, schema in get(constraint_id).params.items() if schema.get("type") == "integer"}
        other = dict.fromkeys(params, 8)
        rest = {name: value for name, value in next(_draws(constraint_id)).items() if name not in params}
        for lang in ("th", "en"):
            seven, eight = (describe(constraint_id, {**rest, **some}, lang) for some in (params, other))
            assert seven.replace("7", "8") == eight

    def test_thai_words_hold_no_english(self, constraint_id: str) -> None:
        for params in _draws(constraint_id):
            words = describe(constraint_id, params, "th")
            if "schema" in params:
                words = words.replace(json.dumps(params["schema"], ensure_ascii=False), "")
            words = _TERMS.sub("", _QUOTED.sub("", words))
            assert not regex.search(r"\p{Latin}", words), words
            assert regex.search(r"\p{Thai}", words)

    def test_english_words_hold_thai_only_where_quoted(self, constraint_id: str) -> None:
        for params in _draws(constraint_id):
            words = _QUOTED.sub("", describe(constraint_id, params, "en"))
            assert len(regex.findall(r"\p{Latin}", words)) >= 10
            for example in ("[ชื่อ]", "ป.ล.", "(๐ to ๙)", "(๑. ๒. ๓. ...)"):
                words = words.replace(example, "")
            assert not regex.search(r"\p{Thai}", words), words

    def test_the_seed_alone_decides(self, constraint_id: str) -> None:
        before = random.getstate()
        assert list(_draws(constraint_id)) == list(_draws(constraint_id))
        assert random.getstate() == before

    def test_a_prompt_without_keywords_never_breaks_a_draw(self, constraint_id: str) -> None:
        for keywords in ((), ("ข้าว",), ("ข้าว", "ข้าว")):
            for seed in range(20):
                params = get(constraint_id).draw(random.Random(seed), DrawContext(keywords=keywords))
                assert params is None or get(constraint_id).params_error(params) is None


@pytest.mark.parametrize(
    ("constraint_id", "marks"),
    [
        ("length.divided_sentences", ["|"]),
        ("layout.bullets", [" -"]),
        ("layout.bullets_min", [" -"]),
        ("layout.numbered_list", ["1. 2. 3."]),
        ("layout.numbered_list_min", ["1. 2. 3."]),
        ("layout.thai_numbered_list", ["๑. ๒. ๓."]),
        ("layout.headings", ["##"]),
        ("layout.title", ["<<", ">>"]),
        ("layout.dividers", ["***"]),
        ("layout.quoted", ['"']),
        ("layout.postscript", ["ป.ล."]),
        ("layout.placeholders", ["[ชื่อ]"]),
        ("numerals.thai_only", ["๐", "๙"]),
        ("numerals.arabic_only", ["0", "9"]),
        ("particles.none", ["ครับ", "ค่ะ", "คะ"]),
    ],
)
@pytest.mark.parametrize("lang", ["th", "en"])
def test_the_words_show_the_marks_that_the_checker_wants(lang: Any, constraint_id: str, marks: list[str]) -> None:
    words = describe(constraint_id, next(_draws(constraint_id)), lang)
    assert all(mark in words for mark in marks), words


def test_gender_of_the_other_is_not_shown_as_ones_own() -> None:
    for lang in ("th", "en"):
        assert "ค่ะ" not in describe("particles.ends_polite", {"gender": "male"}, lang)
        assert "ครับ" not in describe("particles.ends_polite", {"gender": "female"}, lang)
    assert "ผู้ชาย" in describe("particles.speaker", {"gender": "male"}, "th")
    assert "female" in describe("particles.speaker", {"gender": "female"}, "en")


def test_an_order_that_nothing_can_keep_is_never_drawn() -> None:
    context = DrawContext(keywords=("ข้าวผัด", "ข้าว"))
    drawn = [get("keywords.order").draw(random.Random(seed), context) for seed in range(20)]
    assert all(params == {"keywords": ["ข้าว", "ข้าวผัด"]} for params in drawn)


def _sets(count: int, seeds: range, **options: Any) -> list[list[tuple[str, dict[str, Any]]]]:
    return [
        [(chosen.id, params) for chosen, params in draw_set(random.Random(seed), CONTEXT, count, **options)]
        for seed in seeds
    ]


def test_a_set_holds_no_two_of_a_family_and_no_declared_conflict() -> None:
    drawn = _sets(4, range(400))
    for chosen in drawn:
        families = [constraint_id.partition(".")[0] for constraint_id, _ in chosen]
        assert len(set(families)) == len(families)
        for (first, _), (second, _) in itertools.combinations(chosen, 2):
            assert not get(first).conflicts_with(get(second))
    assert {len(chosen) for chosen in drawn} <= {2, 3, 4}
    assert sum(len(chosen) == 4 for chosen in drawn) > 250


def test_conflicts_hold_both_ways() -> None:
    for first, second in itertools.product(types().values(), repeat=2):
        assert first.conflicts_with(second) == second.conflicts_with(first)
    for constraint in types().values():
        assert constraint.conflicts_with(constraint)
        known = {name for t in types().values() for name in (t.id, t.family)}
        assert constraint.conflicts <= known, constraint.id


@pytest.mark.parametrize(
    ("first", "second", "clash"),
    [
        ("layout.numbered_list", "numerals.none", True),  # declared by id
        ("json.object", "layout.title", True),  # declared by family
        ("layout.quoted", "particles.ends_polite", True),
        ("keywords.ends_with", "particles.none", True),
        ("layout.numbered_list", "numerals.arabic_only", False),
        ("keywords.include", "numerals.none", False),
    ],
)
def test_declared_conflicts_by_name(first: str, second: str, clash: bool) -> None:
    assert get(first).conflicts_with(get(second)) is clash
    assert get(second).conflicts_with(get(first)) is clash


def test_a_set_is_reproducible_and_leaves_global_random_alone() -> None:
    before = random.getstate()
    assert _sets(3, range(50)) == _sets(3, range(50))
    assert random.getstate() == before


def test_the_whole_table_is_drawn_but_for_weight_zero() -> None:
    drawn = {constraint_id for chosen in _sets(3, range(1500)) for constraint_id, _ in chosen}
    assert drawn == {t.id for t in types().values() if t.weight > 0}


def test_avoid_takes_ids_and_families() -> None:
    for chosen in _sets(4, range(100), avoid=("json", "layout.title", "script")):
        for constraint_id, _ in chosen:
            assert constraint_id != "layout.title"
            assert constraint_id.partition(".")[0] not in ("json", "script")


def test_weights_replace_the_types_own_by_id_before_family() -> None:
    weights = {**dict.fromkeys({t.family for t in types().values()}, 0.0), "length.graphemes_max": 1.0}
    drawn = _sets(3, range(20), weights=weights)
    assert all([constraint_id for constraint_id, _ in chosen] == ["length.graphemes_max"] for chosen in drawn)
    shares = {
        "length": 1.0,
        "length.lines": 3.0,
        "length.graphemes_max": 0.0,
        **{family: 0.0 for family in weights if "." not in family and family != "length"},
    }
    ids = [chosen[0][0] for chosen in _sets(1, range(2000), weights=shares)]
    assert len(set(ids)) == 6
    assert 0.33 < ids.count("length.lines") / len(ids) < 0.42  # 3 of 3 + 5


@pytest.mark.parametrize("options", [{"avoid": ["lenght"]}, {"weights": {"length.line": 2.0}}])
def test_a_misspelt_name_raises(options: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match="no constraint type or family"):
        draw_set(random.Random(0), CONTEXT, 2, **options)


def test_zero_constraints_and_too_many() -> None:
    assert draw_set(random.Random(0), CONTEXT, 0) == []
    assert 3 <= len(draw_set(random.Random(0), CONTEXT, 99)) <= 7


@pytest.mark.parametrize(
    ("keyword", "rule"),
    [
        ("Wi-Fi", "script.thai_only"), ("5G", "numerals.none"), ("ปี 2568", "numerals.thai_only"),
        ("ปี ๒๕๖๘", "numerals.arabic_only"), ("รัก❤️", "script.no_emoji"), ("ขอบคุณครับ", "particles.none"),
    ],
)  # fmt: skip
@pytest.mark.parametrize("required", ["keywords.include", "keywords.include_word", "keywords.include_all"])
def test_a_keyword_never_breaks_a_rule_of_its_set(keyword: str, rule: str, required: str) -> None:
    def drawn(*keywords: str) -> list[int]:
        weights = {**dict.fromkeys({t.family for t in types().values()}, 0.0), rule: 1.0, required: 1.0}
        context = DrawContext(keywords=keywords)
        return [len(draw_set(random.Random(seed), context, 2, weights=weights)) for seed in range(10)]

    assert drawn(keyword, f"{keyword} ") == [1] * 10
    assert drawn("ข้าว", "น้ำปลา") == [2] * 10
    assert check(rule, {}, keyword).outcome == "FAIL"
