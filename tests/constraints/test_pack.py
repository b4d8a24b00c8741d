"""Constraint packs: errors that name the field, types beside the built-in ones, verdicts of three outcomes."""

from __future__ import annotations

import copy
import random
from typing import Any

import pytest

from constraints import DrawContext, Outcome, build, check, describe, draw_set, types, witness
from constraints.pack import Pack, PackError, packs_in_use, read_pack
from constraints.sandbox import Sandbox

STAR = {
    "id": "pack_mine.star",
    "th": ["ขึ้นต้นด้วย {*}", "เริ่มด้วยดอกจัน"],
    "en": ["Start with {*}."],
    "verifiers": [
        {"source": "def evaluate(response):\n    return response.startswith('*')"},
        {"source": "def evaluate(response):\n    return response[:1] == '*'", "samples": 2},
    ],
    "cases": {"pass": ["* ก", "* ข"], "fail": ["ก"]},
}
DATA: dict[str, Any] = {"format_version": 1, "name": "pack_mine", "teacher": {"name": "m"}, "constraints": [STAR]}


def with_sources(*sources: str) -> Pack:
    data = copy.deepcopy(DATA)
    data["constraints"][0]["verifiers"] = [{"source": source} for source in sources]
    return read_pack(data)


def test_its_types_are_known_inside_the_block_only() -> None:
    before = list(types())
    with packs_in_use([read_pack(DATA)]):
        assert list(types()) == [*before, "pack_mine.star"]
        assert check("pack_mine.star", {}, "* ก").passed
        assert check("pack_mine.star", {}, "ก").outcome is Outcome.FAIL
        assert check("pack_mine.star", {"count": 1}, "* ก").outcome is Outcome.UNDECIDED
        star = build("pack_mine.star", {})
    assert list(types()) == before
    assert check("pack_mine.star", {}, "* ก").outcome is Outcome.UNDECIDED
    assert star.check("* ก").outcome is Outcome.UNDECIDED


def test_an_empty_answer_fails_as_for_every_type() -> None:
    with packs_in_use([with_sources("def evaluate(response):\n    return ',' not in response")]):
        assert check("pack_mine.star", {}, "").outcome is Outcome.FAIL


def test_braces_in_its_words_are_words() -> None:
    with packs_in_use([read_pack(DATA)]):
        assert describe("pack_mine.star", {}, "th") == "ขึ้นต้นด้วย {*}"
        assert describe("pack_mine.star", {}, "th", 1) == "เริ่มด้วยดอกจัน"


_STARTS = "def evaluate(response):\n    return response.startswith('*')"
_ENDS = "def evaluate(response):\n    return response.endswith('*')"


@pytest.mark.parametrize(
    ("sources", "answer", "outcome", "word"),
    [
        ((_STARTS, _ENDS), "*ก*", Outcome.PASS, ""),
        ((_STARTS, _ENDS), "ก", Outcome.FAIL, "all 2"),
        ((_STARTS, _ENDS), "*ก", Outcome.UNDECIDED, "1 of 2 verifiers said True, 1 said False"),
        ((_STARTS, "def evaluate(response):\n    return 1"), "*ก", Outcome.UNDECIDED, "neither True nor False"),
        (
            (_STARTS, "import os\ndef evaluate(response):\n    return os.system('x') == 0"),
            "*ก",
            Outcome.UNDECIDED,
            "os",
        ),
    ],
)
def test_verifiers_must_be_of_one_mind(sources: tuple[str, ...], answer: str, outcome: Outcome, word: str) -> None:
    with packs_in_use([with_sources(*sources)]):
        verdict = check("pack_mine.star", {}, answer)
    assert verdict.outcome is outcome
    assert word in verdict.reason


def test_draws_are_repeatable_have_a_witness_and_follow_the_weights() -> None:
    def drawn(weight: float) -> list[list[str]]:
        rng = random.Random(5)
        weights = {"pack_mine": weight}
        return [[c.id for c in draw_set(rng, DrawContext(), 2, weights=weights)] for _ in range(6)]

    with packs_in_use([read_pack(DATA)]):
        often = drawn(3000.0)
        assert often == drawn(3000.0)
        assert sum("pack_mine.star" in ids for ids in often) >= 4
        assert not any("pack_mine.star" in ids for ids in drawn(0.0))
        both = [build("pack_mine.star", {}), build("keywords.include", {"keyword": "ข้าว"})]
        text = witness(both)
        assert text is not None
        assert all(constraint.check(text).passed for constraint in both)
        assert witness([build("pack_mine.star", {}), build("length.characters_max", {"maximum": 1})]) is None


def test_examples_that_its_verifiers_do_not_keep_are_named() -> None:
    with Sandbox() as sandbox:
        assert read_pack(DATA).unkept_cases(sandbox) == []
        assert with_sources(_ENDS).unkept_cases(sandbox) == ["pack_mine.star"]
        assert with_sources("def evaluate(response):\n    return True").unkept_cases(sandbox) == ["pack_mine.star"]


def edit(path: str, value: Any) -> dict[str, Any]:
    data: Any = copy.deepcopy(DATA)
    *parents, last = path.split("/")
    node = data
    for key in parents:
        node = node[int(key) if key.isdigit() else key]
    if value is ...:
        del node[last]
    else:
        node[int(last) if last.isdigit() else last] = value
    return data


@pytest.mark.parametrize(
    ("data", "words"),
    [
        ([], "not list"),
        (edit("format_version", 2), "'format_version': 2"),
        (edit("name", "length"), "'name'"),
        (edit("name", "pack_../x"), "'name'"),
        (edit("constraints", ...), "constraints"),
        (edit("constraints/0/id", "length.lines"), "length.lines"),
        (edit("constraints/0/id", "pack_other.star"), "does not begin with the pack's name"),
        (edit("constraints/0/th", []), "constraints.0.th"),
        (edit("constraints/0/en", ["", "x"]), "constraints.0.en.0"),
        (edit("constraints/0/verifiers", []), "constraints.0.verifiers"),
        (edit("constraints/0/verifiers/0/source", 3), "constraints.0.verifiers.0.source"),
        (edit("constraints/0/cases/pass", []), "constraints.0.cases.pass"),
        (edit("constraints/0/cases/fail", ...), "fail"),
        (edit("constraints/0/weight", -1), "constraints.0.weight"),
        (edit("constraints", [STAR, STAR]), "stands there twice"),
    ],
)
def test_what_is_no_pack_is_one_sentence_with_the_field(data: Any, words: str) -> None:
    with pytest.raises(PackError) as caught:
        read_pack(data)
    assert words in str(caught.value)
    assert len(str(caught.value)) < 500


def test_two_packs_of_one_name_do_not_hide_each_other() -> None:
    with pytest.raises(ValueError, match=r"pack_mine\.star"), packs_in_use([read_pack(DATA), read_pack(DATA)]):
        pass


def test_a_pack_that_is_closed_is_never_drawn_from_again() -> None:
    """Draws remember their pool: that of one pack must not serve the next of the same size."""
    for _ in range(2):
        with packs_in_use([read_pack(DATA)]):
            (drawn,) = draw_set(random.Random(1), DrawContext(), 1, weights={"pack_mine": 1e9})
            assert drawn.check("* ก").passed
    with pytest.raises(ValueError, match="pack_mine"):
        draw_set(random.Random(1), DrawContext(), 1, weights={"pack_mine": 1.0})
