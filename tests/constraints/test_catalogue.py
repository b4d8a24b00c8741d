"""Drawn parameters are right and reproducible, and every phrasing says every one of them, in Thai and in English."""

from __future__ import annotations

import json
import random
import string
from collections.abc import Iterator
from typing import Any

import pytest
import regex

from constraints import Constraint, DrawContext, Language, build, check, get, types
from constraints.catalogue import entry, family_texts

CONTEXT = DrawContext(keywords=("ข้าวผัด", "ข้าว", "น้ำปลา", "Wi-Fi 6", "ข้าว"), prompt="แนะนำวิธีทำข้าวผัดน้ำปลาให้อร่อย")
SEEDS = range(60)
LANGUAGES: tuple[Language, ...] = ("th", "en")
_QUOTED = regex.compile('"[^"]*"')
# Names that are written in Latin letters in Thai text too.
_TERMS = regex.compile(
    r"\b(JSON( Schema)?|YAML|CSV|TSV|Markdown|emoji|Unicode|HTML|XML|URL|Python|H[1-6]|P\.S\.|AI|[A-Z]|IPA|QR)\b"
)


def drawn_constraints(constraint_id: str, seeds: range = SEEDS) -> Iterator[Constraint]:
    for seed in seeds:
        params = get(constraint_id).draw(random.Random(seed), CONTEXT)
        if params is not None:
            yield build(constraint_id, params)


def _fields(phrasing: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(phrasing) if name}


def test_a_family_file_holds_its_types_and_no_other() -> None:
    for family in {constraint.family for constraint in types().values()}:
        assert set(family_texts(family)) == {t.id for t in types().values() if t.family == family}


@pytest.mark.parametrize("constraint_id", types())
class TestEachType:
    def test_enough_natural_phrasings(self, constraint_id: str) -> None:
        found = entry(constraint_id).phrasings
        assert len(set(found["th"])) == len(found["th"]) >= 4
        assert len(set(found["en"])) == len(found["en"]) >= 3

    def test_the_example_passes_and_fails(self, constraint_id: str) -> None:
        example = entry(constraint_id)
        verdict = check(constraint_id, example.params, example.passes)
        assert verdict.passed, verdict
        assert check(constraint_id, example.params, example.fails).outcome == "FAIL"

    @pytest.mark.parametrize("lang", LANGUAGES)
    def test_every_parameter_is_a_field_of_every_phrasing(self, constraint_id: str, lang: Language) -> None:
        """By name, or by a field that `shown` derives from it: then another value must give other words."""
        constraints = [build(constraint_id, entry(constraint_id).params), *drawn_constraints(constraint_id)]
        for number, phrasing in enumerate(entry(constraint_id).phrasings[lang]):
            derived = set(get(constraint_id).params) - _fields(phrasing)
            for first in constraints:
                for second in constraints:
                    changed = {name for name in first.params if first.params[name] != second.params[name]}
                    if changed and changed <= derived:
                        assert first.describe(lang, number) != second.describe(lang, number), (phrasing, changed)
            if derived:
                assert len(constraints) > 1

    @pytest.mark.parametrize("lang", LANGUAGES)
    def test_every_value_stands_in_the_words(self, constraint_id: str, lang: Language) -> None:
        for constraint in drawn_constraints(constraint_id, range(12)):
            for words in constraint.phrasings(lang):
                for value in constraint.params.values():
                    for stated in _stated(value):
                        assert regex.search(rf"(?<!\d){regex.escape(stated)}(?!\d)", words), (stated, words)

    def test_drawn_parameters_are_right_and_vary(self, constraint_id: str) -> None:
        found = [json.dumps(dict(c.params), sort_keys=True) for c in drawn_constraints(constraint_id)]
        assert len(found) > len(SEEDS) / 2
        assert len(set(found)) > 1 or not get(constraint_id).params

    def test_thai_words_hold_no_english(self, constraint_id: str) -> None:
        for constraint in drawn_constraints(constraint_id, range(12)):
            for words in constraint.phrasings("th"):
                for value in [v for v in constraint.params.values() if isinstance(v, dict)]:
                    words = words.replace(json.dumps(value, ensure_ascii=False), "")
                words = _TERMS.sub("", regex.sub(r"https?://\S+", "", _QUOTED.sub("", words)))
                assert not regex.search(r"\p{Latin}", words), words
                assert len(regex.findall(r"\p{Thai}", words)) >= 10

    def test_english_words_are_english(self, constraint_id: str) -> None:
        for constraint in drawn_constraints(constraint_id, range(12)):
            for words in constraint.phrasings("en"):
                words = _QUOTED.sub("", words)
                assert len(regex.findall(r"\p{Latin}", words)) > len(regex.findall(r"\p{Thai}", words)), words

    def test_the_seed_alone_decides(self, constraint_id: str) -> None:
        before = random.getstate()
        assert [c.params for c in drawn_constraints(constraint_id)] == [
            c.params for c in drawn_constraints(constraint_id)
        ]
        assert random.getstate() == before

    def test_a_prompt_without_keywords_never_breaks_a_draw(self, constraint_id: str) -> None:
        for keywords in ((), ("ข้าว",), ("ข้าว", "ข้าว")):
            for seed in range(10):
                params = get(constraint_id).draw(random.Random(seed), DrawContext(keywords=keywords))
                assert params is None or get(constraint_id).params_error(params) is None


def _stated(value: Any) -> list[str]:
    """What the words must hold for a value: numbers, texts with a Thai or non-word mark, and lists of them.

    A word in plain Latin letters (male, long, polite) names a choice and is shown by other words.
    """
    if isinstance(value, list | tuple):
        return [part for item in value for part in _stated(item)]
    if isinstance(value, bool) or (isinstance(value, str) and regex.fullmatch(r"[a-z_]+|\d{4}-\d\d-\d\d", value)):
        return []
    if isinstance(value, dict):
        return [json.dumps(value, ensure_ascii=False)]
    return [str(value)]
