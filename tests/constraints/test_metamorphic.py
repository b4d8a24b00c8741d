"""Edits that a reader does not see, or that no constraint is about, never flip a verdict."""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Mapping
from typing import Any

import pytest
import regex

from constraints import check
from constraints.segment import tokens

_IN_A_WORD = regex.compile(r"(?<=[\p{L}\p{M}])(?=[\p{L}\p{M}])")
_SARA_AM = regex.compile("([\u0e48-\u0e4b]?)\u0e33")
_STRAIGHT_PAIR = regex.compile('"([^"\n]*)"')


def _zero_width_spaces(answer: str) -> str:
    return _IN_A_WORD.sub("\u200b", answer)


def _sara_am_apart(answer: str) -> str:
    return _SARA_AM.sub("\u0e4d\\1\u0e32", answer)  # nikhahit, tone, sara aa: as some keyboards send it


def _sara_am_before_tone(answer: str) -> str:
    return _SARA_AM.sub("\u0e33\\1", answer)


def _smart_quotes(answer: str) -> str:
    return _STRAIGHT_PAIR.sub("“\\1”", answer).replace("'", "’")


def _bold_middle_word(answer: str) -> str:
    lead = answer[: len(answer) - len(answer.lstrip())]
    first, *rest = answer.lstrip().split("\n")
    cut = [] if regex.search(r"[*_`~]|://", first) else list(tokens(first, "newmm"))
    places = [number for number, token in enumerate(cut) if regex.fullmatch(r"[\p{Thai}\p{Latin}]+", token)]
    if not places:
        return answer
    middle = places[len(places) // 2]
    cut[middle] = f"**{cut[middle]}**"
    return lead + "\n".join(["".join(cut), *rest])


_EDITS: dict[str, Callable[[str], str]] = {
    "decomposed": lambda answer: unicodedata.normalize("NFD", answer),
    "sara_am_apart": _sara_am_apart,
    "sara_am_before_tone": _sara_am_before_tone,
    "zero_width_spaces": _zero_width_spaces,
    "left_to_right_marks": lambda answer: _IN_A_WORD.sub("\u200e", answer),
    "byte_order_mark": lambda answer: "\ufeff" + answer,
    "trailing_newline": lambda answer: answer + "\n",
    "trailing_blank": lambda answer: answer + " \n\n ",
    "carriage_returns": lambda answer: answer.replace("\n", "\r\n"),
    "bold_middle_word": _bold_middle_word,
    "smart_quotes": _smart_quotes,
}


@pytest.mark.parametrize("edit", _EDITS)
def test_a_pass_stays_a_pass(
    edit: str,
    constraint_id: str,
    params: Mapping[str, Any],
    passing_answer: str,
    edits_it_is_about: Mapping[str, list[str]],
) -> None:
    _keeps_its_outcome(edit, constraint_id, params, passing_answer, edits_it_is_about)


@pytest.mark.parametrize("edit", _EDITS)
def test_a_fail_stays_a_fail(
    edit: str,
    constraint_id: str,
    params: Mapping[str, Any],
    failing_answer: str,
    edits_it_is_about: Mapping[str, list[str]],
) -> None:
    _keeps_its_outcome(edit, constraint_id, params, failing_answer, edits_it_is_about)


def _keeps_its_outcome(
    edit: str, constraint_id: str, params: Mapping[str, Any], answer: str, about: Mapping[str, list[str]]
) -> None:
    if edit not in about.get(constraint_id, ()):
        edited = _EDITS[edit](answer)
        assert check(constraint_id, params, edited).outcome is check(constraint_id, params, answer).outcome, edited


@pytest.mark.parametrize("edit", _EDITS)
def test_every_edit_changes_something(edit: str) -> None:
    answer = "ดื่ม café 'น้ำ' \"อุ่น\"\nทุกวัน"
    assert _EDITS[edit](answer) != answer


def test_the_exceptions_are_needed(
    edits_it_is_about: Mapping[str, list[str]], judged_answers: dict[str, list[tuple[dict[str, Any], str, str]]]
) -> None:
    """`about` in cases/ names an edit only where some written case really flips under it."""
    for constraint_id, edits in edits_it_is_about.items():
        for edit in edits:
            assert any(
                check(constraint_id, params, _EDITS[edit](answer)).outcome != outcome
                for params, answer, outcome in judged_answers[constraint_id]
            ), (constraint_id, edit)
