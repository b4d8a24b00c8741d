"""Every constraint type against hand-written Thai answers, and what may never be a PASS."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest
import regex

from constraints import Answer, BadParameters, Outcome, UnknownConstraint, build, check, describe, get, types
from constraints.catalogue import entry
from constraints.verdict import PASS, Verdict, fail

Groups = dict[str, list[dict[str, Any]]]

_EXAMPLES = {constraint_id: dict(entry(constraint_id).params) for constraint_id in types()}  # right parameters
_INVISIBLE = ("", " ", "\n\n", "\t \r\n", "\u200b", "\ufeff\u00a0", "\u200d\u2060")


def test_passing_answers(constraint_id: str, params: Mapping[str, Any], passing_answer: str) -> None:
    verdict = check(constraint_id, params, passing_answer)
    assert verdict.outcome is Outcome.PASS, verdict.reason


def test_failing_answers(constraint_id: str, params: Mapping[str, Any], failing_answer: str) -> None:
    verdict = check(constraint_id, params, failing_answer)
    assert verdict.outcome is Outcome.FAIL, verdict.reason
    _explained(verdict, failing_answer)


def test_one_thing_broken_turns_a_pass_into_a_fail(
    constraint_id: str, params: Mapping[str, Any], broken_answer: str
) -> None:
    assert check(constraint_id, params, broken_answer).outcome is Outcome.FAIL


def test_undecided_answers(constraint_id: str, params: Mapping[str, Any], undecided_answer: str) -> None:
    verdict = check(constraint_id, params, undecided_answer)
    assert verdict.outcome is Outcome.UNDECIDED
    _explained(verdict, undecided_answer)


def _explained(verdict: Verdict, answer: str) -> None:
    """In English and in Thai words, and the spot lies inside the text."""
    assert verdict.reason
    assert regex.search(r"\p{Thai}", verdict.thai), verdict
    if verdict.at is not None:
        start, end = verdict.at
        assert 0 <= start <= end <= len(Answer(answer).text), verdict


def test_every_type_has_its_cases(case_groups: Groups) -> None:
    assert set(case_groups) == set(types())
    for constraint_id, groups in case_groups.items():
        assert sum(len(group.get("pass", {})) for group in groups) >= 3, constraint_id
        assert sum(len(group.get("fail", ())) for group in groups) >= 3, constraint_id
        edits = [edit for group in groups for listed in group.get("break", {}).values() for edit in listed]
        assert len(edits) >= 2, constraint_id


@pytest.mark.parametrize("constraint_id", types())
class TestNeverAPass:
    def test_unknown_parameter(self, constraint_id: str) -> None:
        self._is_malformed(constraint_id, {**_EXAMPLES[constraint_id], "unheard_of": 1})

    def test_missing_parameter(self, constraint_id: str) -> None:
        for name in _EXAMPLES[constraint_id]:
            self._is_malformed(
                constraint_id, {key: value for key, value in _EXAMPLES[constraint_id].items() if key != name}
            )

    @pytest.mark.parametrize("wrong", [None, True, 0.5, -1, "", " ", "\u200b", [], [""], {"a": 1}, "ก" * 101])
    def test_wrongly_typed_parameter(self, constraint_id: str, wrong: object) -> None:
        for name, schema in get(constraint_id).params.items():
            if schema.get("type") == "object" and isinstance(wrong, dict):
                continue  # a JSON Schema may be any object
            if isinstance(wrong, str) and 100 < len(wrong) <= schema.get("maxLength", 100):
                continue  # a whole prompt may be this long
            self._is_malformed(constraint_id, {**_EXAMPLES[constraint_id], name: wrong})

    @pytest.mark.parametrize("nothing", _INVISIBLE)
    def test_an_answer_nobody_can_see(self, constraint_id: str, nothing: str) -> None:
        verdict = check(constraint_id, _EXAMPLES[constraint_id], nothing)
        assert (verdict.outcome, verdict.reason) == (Outcome.FAIL, "the answer is empty")

    def test_the_constraint_is_not_even_built(self, constraint_id: str) -> None:
        with pytest.raises(BadParameters, match="field 'unheard_of'"):
            build(constraint_id, {**_EXAMPLES[constraint_id], "unheard_of": 1})
        for name in _EXAMPLES[constraint_id]:
            with pytest.raises(BadParameters, match=f"field '{name}"):
                build(constraint_id, {**_EXAMPLES[constraint_id], name: None})

    def test_an_answer_that_is_no_unicode_text(self, constraint_id: str) -> None:
        assert check(constraint_id, _EXAMPLES[constraint_id], "กข \ud83d").outcome is Outcome.UNDECIDED

    def _is_malformed(self, constraint_id: str, params: dict[str, Any]) -> None:
        verdict = check(constraint_id, params, "กข")
        assert verdict.outcome is Outcome.UNDECIDED, params
        assert "malformed parameters" in verdict.reason
        with pytest.raises(ValueError, match="malformed parameters"):
            describe(constraint_id, params, "th")


def test_unknown_id_is_undecided_and_names_the_nearest() -> None:
    verdict = check("length.line", {"count": 1}, "ก")
    assert verdict.outcome is Outcome.UNDECIDED
    assert "length.lines" in verdict.reason
    with pytest.raises(UnknownConstraint, match="did you mean 'length"):
        describe("length.line", {"count": 1}, "th")
    assert "did you mean" not in check("qqqqqqqq", {}, "ก").reason


def test_both_engines_must_agree_on_the_outcome_only() -> None:
    verdicts = {"newmm": fail("three"), "nlpo3": fail("four")}
    assert Answer("ก").by_both_engines(verdicts.__getitem__) == fail("three")
    assert Answer("ก").by_both_engines(lambda engine: PASS) == PASS
