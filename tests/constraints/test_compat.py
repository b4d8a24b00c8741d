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
        ("punctuation:no_comma", [3], "must be an object, not list"),
        ("keywords:frequency", {"keyword": "  ", "frequency": 1, "relation": "at least"}, "keyword"),
        ("keywords:letter_frequency", {"let_frequency": 1, "let_relation": "at least"}, "field 'letter' is missing"),
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


def _csv(rows: int, last: str) -> str:
    return "\n".join(["ProductID,Category,Brand,Price,Stock", *["1,a,b,2,3"] * (rows - 1), last])


@pytest.mark.parametrize(
    ("text", "outcome"),
    [
        (_csv(14, '1,a,"b&c",2,3'), "PASS"),
        (_csv(14, '1,a,"bc",2,3'), "FAIL"),
        (_csv(14, "1,a,b&c,2,3"), "FAIL"),
        (_csv(13, '1,a,"b&c",2,3'), "FAIL"),
        (_csv(15, '1,a,"b&c",2,3'), "FAIL"),
        (_csv(14, '1,a,"b&c",2'), "FAIL"),
        (_csv(14, '1,a,"b&c",2,3').replace("Stock", "Stocks"), "FAIL"),
        (_csv(14, '1,a,"b&c",2,3').replace("ProductID", '"ProductID"'), "PASS"),
    ],
)
def test_a_table_with_a_quoted_mark(text: str, outcome: str) -> None:
    assert official("custom:csv_special_character").check(text).outcome == outcome


def _countries(count: int) -> list[str]:
    return ["Zimbabwe", *(f"Country {chr(ord('Z') - n // 26)}{chr(ord('Z') - n % 26)}" for n in range(count - 1))]


@pytest.mark.parametrize(
    ("lines", "outcome"),
    [
        (_countries(52), "PASS"),
        (["Here they are", *_countries(53)], "PASS"),
        (_countries(51), "FAIL"),
        ([*_countries(52), "Zambia"], "FAIL"),
        (_countries(52)[1:], "FAIL"),
    ],
)
def test_countries_in_reverse(lines: list[str], outcome: str) -> None:
    assert official("custom:reverse_newline").check("\n".join(lines)).outcome == outcome


def _question(number: int, stem: str, options: int = 5) -> str:
    return "\n".join([f"Question {number}", stem, *(f"{'ABCDEF'[n]}. x" for n in range(options))])


@pytest.mark.parametrize(
    ("stems", "options", "outcome"),
    [
        (["a", "aa", "aaa", "aaaa"], 5, "PASS"),
        (["a", "aa", "aaa"], 5, "FAIL"),
        (["a", "aa", "aaa", "aaaa", "aaaaa"], 5, "FAIL"),
        (["a", "aa", "aa", "aaaa"], 5, "FAIL"),
        (["a", "aa", "aaa", "aaaa"], 4, "FAIL"),
    ],
)
def test_questions_that_grow(stems: list[str], options: int, outcome: str) -> None:
    text = "\n\n".join(_question(number, stem, options) for number, stem in enumerate(stems, start=1))
    assert official("custom:mcq_count_length").check(text).outcome == outcome
    assert official("custom:mcq_count_length", {"N": 4}).check(text).outcome == outcome  # another instruction's column


def test_loose_decides_the_language_once() -> None:
    """A view that holds the one English line is not suddenly an English response."""
    constraint = official("length_constraints:number_sentences", {"num_sentences": 1, "relation": "at least"})
    assert isinstance(constraint, OfficialConstraint)
    response = "นี่คือคำตอบของฉันนะ\nOne sentence only."
    assert constraint.check_loose(response).outcome == "UNDECIDED"
    assert constraint.check_loose(Answer(response)).outcome == "UNDECIDED"


def test_a_table_column_of_nan_is_no_kwarg() -> None:
    assert official("punctuation:no_comma", {"N": float("nan")}).check("no comma").passed
