"""Official ids and kwargs: the recorded verdicts in English, the Thai-aware ones in Thai, strict and loose."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml

from constraints import Answer, BadParameters, UnknownConstraint
from constraints.compat import INSTRUCTIONS, OfficialConstraint, accuracy, ifbench, ifeval, official

_LETTERS = {"P": "PASS", "F": "FAIL", "U": "UNDECIDED"}
_ROWS: list[dict[str, Any]] = yaml.safe_load(Path(__file__).with_name("compat_cases.yaml").read_text(encoding="utf-8"))
_CASES = [
    (row["id"], row["kwargs"], response, _LETTERS[letter])
    for row in _ROWS
    for kind in ("cases", "ours")
    for letter, responses in row.get(kind, {}).items()
    for response in responses
]


@pytest.mark.parametrize(("instruction_id", "kwargs", "response", "outcome"), _CASES)
def test_the_recorded_verdict(instruction_id: str, kwargs: dict[str, Any], response: str, outcome: str) -> None:
    verdict = official(instruction_id, kwargs).check(response)
    assert verdict.outcome == outcome, verdict
    assert outcome == "PASS" or (verdict.reason and verdict.thai)


def test_every_official_instruction_has_its_cases() -> None:
    assert {row["id"] for row in _ROWS} == set(INSTRUCTIONS)
    assert (len(ifeval.INSTRUCTIONS), len(ifbench.INSTRUCTIONS), len(INSTRUCTIONS)) == (25, 58, 83)


def test_a_difference_from_the_official_code_has_a_case() -> None:
    told = {instruction.id for instruction in INSTRUCTIONS.values() if instruction.differs}
    shown = {row["id"] for row in _ROWS if "ours" in row}
    assert shown - told <= {"length_constraints:number_sentences"}  # undecided in Thai, not a difference in English
    assert {"keywords:existence", "format:sub-bullets", "custom:date_format_list", "count:conjunctions"} <= shown & told


def test_kwargs_as_data_sets_store_them() -> None:
    """Columns of all kwargs at once, those that do not apply None, counts as floats."""
    kwargs = {"num_words": 3.0, "relation": "at least", "keyword": None, "num_bullets": None}
    assert official("length_constraints:number_words", kwargs).check("one two three").passed


@pytest.mark.parametrize(
    ("instruction_id", "kwargs", "named"),
    [
        ("length_constraints:number_words", {"relation": "at least"}, "num_words"),
        ("length_constraints:number_words", {"num_words": "3", "relation": "at least"}, "num_words"),
        ("length_constraints:number_words", {"num_words": 3, "relation": "around"}, "relation"),
        ("punctuation:no_comma", {"N": 3}, "N"),
    ],
)
def test_bad_kwargs_are_named(instruction_id: str, kwargs: dict[str, Any], named: str) -> None:
    with pytest.raises(BadParameters, match=named):
        official(instruction_id, kwargs)


def test_an_unknown_id_names_the_nearest() -> None:
    with pytest.raises(UnknownConstraint, match="did you mean 'punctuation:no_comma'"):
        official("punctuation:no_commas", {})


def test_our_own_ids_work_too() -> None:
    assert official("length.lines", {"count": 2}).check("ก\nข").passed


@pytest.mark.parametrize(
    ("response", "loose"),
    [
        ("Sure, here it is:\nno comma now", "PASS"),  # without the first line
        ("no comma now\nHope this helps, friend!", "PASS"),  # without the last line
        ("Sure, here:\nno comma now\nBye, friend!", "PASS"),  # without both
        ("one, two\nthree, four\nfive, six", "FAIL"),
    ],
)
def test_loose_tries_the_eight_views(response: str, loose: str) -> None:
    constraint = official("punctuation:no_comma", {})
    assert isinstance(constraint, OfficialConstraint)
    assert constraint.check(response).outcome == "FAIL"
    assert constraint.check_loose(response).outcome == loose


def test_loose_takes_asterisks_off() -> None:
    constraint = official("startend:quotation", {})
    assert isinstance(constraint, OfficialConstraint)
    assert constraint.check('**"All of it."**').outcome == "FAIL"
    assert constraint.check_loose('**"All of it."**').passed
    assert constraint.check_loose("").outcome == "FAIL"


def test_accuracies() -> None:
    comma, quoted = official("punctuation:no_comma", {}), official("startend:quotation", {})
    rows = [([comma, quoted], '"no comma"'), ([comma, quoted], "no quotes"), ([comma], "a, b\nc")]
    strict, loose = accuracy(rows), accuracy(rows, loose=True)
    assert (strict.prompt_level, strict.instruction_level) == (1 / 3, 3 / 5)
    assert (loose.prompt_level, loose.instruction_level) == (2 / 3, 4 / 5)
    assert (strict.prompts, strict.instructions, strict.undecided) == (3, 5, 0)
    with pytest.raises(ValueError, match="at least one"):
        accuracy([])


def test_what_cannot_be_told_is_counted_apart() -> None:
    rows = [
        ([official("length_constraints:number_sentences", {"num_sentences": 2, "relation": "at least"})], "ฝนตก แดดออก")
    ]
    assert accuracy(rows).undecided == 1
    assert accuracy(rows).instruction_level == 0.0


@pytest.mark.parametrize("instruction_id", INSTRUCTIONS)
@pytest.mark.parametrize("text", ["", " ", "12345", "ก", "🙂", "a\ud83d", "((((", '"', "*", "\n\n", "ກ", "the"])
def test_no_text_makes_a_check_raise(instruction_id: str, text: str) -> None:
    kwargs = next(row["kwargs"] for row in _ROWS if row["id"] == instruction_id)
    constraint = official(instruction_id, kwargs)
    assert constraint.check(text).outcome in ("PASS", "FAIL", "UNDECIDED")
    assert constraint.check(Answer(text)).outcome is constraint.check(text).outcome
