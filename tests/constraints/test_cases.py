"""Every constraint type against hand-written Thai answers, and what may never be a PASS."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest

from constraints import Answer, Outcome, UnknownConstraint, check, describe, get, types
from constraints.verdict import PASS, fail

Groups = dict[str, list[dict[str, Any]]]

_RIGHT = {  # parameters that are right, one set a type
    "length.characters_max": {"maximum": 10},
    "length.characters_between": {"minimum": 1, "maximum": 10},
    "length.graphemes_max": {"maximum": 10},
    "length.words_between": {"minimum": 1, "maximum": 10},
    "length.lines": {"count": 1},
    "length.paragraphs": {"count": 1},
    "length.divided_sentences": {"count": 1},
    "keywords.include": {"keyword": "ก"},
    "keywords.include_all": {"keywords": ["ก", "ข"]},
    "keywords.exclude": {"keyword": "ฮ"},
    "keywords.frequency": {"keyword": "ก", "minimum": 1},
    "keywords.include_word": {"word": "ก"},
    "keywords.order": {"keywords": ["ก", "ข"]},
    "keywords.starts_with": {"phrase": "ก"},
    "keywords.ends_with": {"phrase": "ข"},
    "layout.bullets": {"count": 1},
    "layout.bullets_min": {"minimum": 1},
    "layout.numbered_list": {"count": 1},
    "layout.numbered_list_min": {"minimum": 1},
    "layout.thai_numbered_list": {"count": 1},
    "layout.headings": {"count": 1},
    "layout.title": {},
    "layout.dividers": {"count": 1},
    "layout.quoted": {},
    "layout.postscript": {},
    "layout.placeholders": {"count": 1},
    "particles.speaker": {"gender": "male"},
    "particles.ends_polite": {"gender": "female"},
    "particles.none": {},
    "numerals.thai_only": {},
    "numerals.arabic_only": {},
    "numerals.none": {},
    "script.thai_only": {},
    "script.latin_max": {"percent": 100},
    "script.no_emoji": {},
    "json.object": {"keys": ["ก"]},
    "json.array": {"count": 1},
    "json.schema": {"schema": {}},
}
_INVISIBLE = ("", " ", "\n\n", "\t \r\n", "\u200b", "\ufeff\u00a0", "\u200d\u2060")


def test_passing_answers(constraint_id: str, params: Mapping[str, Any], passing_answer: str) -> None:
    verdict = check(constraint_id, params, passing_answer)
    assert verdict.outcome is Outcome.PASS, verdict.reason


def test_failing_answers(constraint_id: str, params: Mapping[str, Any], failing_answer: str) -> None:
    verdict = check(constraint_id, params, failing_answer)
    assert verdict.outcome is Outcome.FAIL, verdict.reason
    assert verdict.reason


def test_one_thing_broken_turns_a_pass_into_a_fail(
    constraint_id: str, params: Mapping[str, Any], broken_answer: str
) -> None:
    assert check(constraint_id, params, broken_answer).outcome is Outcome.FAIL


def test_undecided_answers(constraint_id: str, params: Mapping[str, Any], undecided_answer: str) -> None:
    verdict = check(constraint_id, params, undecided_answer)
    assert verdict.outcome is Outcome.UNDECIDED
    assert verdict.reason


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
        self._is_malformed(constraint_id, {**_RIGHT[constraint_id], "unheard_of": 1})

    def test_missing_parameter(self, constraint_id: str) -> None:
        for name in _RIGHT[constraint_id]:
            self._is_malformed(
                constraint_id, {key: value for key, value in _RIGHT[constraint_id].items() if key != name}
            )

    @pytest.mark.parametrize("wrong", [None, True, 0.5, -1, "", " ", "\u200b", [], [""], {"a": 1}, "ก" * 101])
    def test_wrongly_typed_parameter(self, constraint_id: str, wrong: object) -> None:
        for name, schema in get(constraint_id).params.items():
            if schema.get("type") == "object" and isinstance(wrong, dict):
                continue  # a JSON Schema may be any object
            self._is_malformed(constraint_id, {**_RIGHT[constraint_id], name: wrong})

    @pytest.mark.parametrize("nothing", _INVISIBLE)
    def test_an_answer_nobody_can_see(self, constraint_id: str, nothing: str) -> None:
        verdict = check(constraint_id, _RIGHT[constraint_id], nothing)
        assert (verdict.outcome, verdict.reason) == (Outcome.FAIL, "the answer is empty")

    def test_an_answer_that_is_no_unicode_text(self, constraint_id: str) -> None:
        assert check(constraint_id, _RIGHT[constraint_id], "กข \ud83d").outcome is Outcome.UNDECIDED

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


def test_order_names_the_missing_keywords_and_no_other() -> None:
    verdict = check("keywords.order", {"keywords": ["ล้าง", "หั่น", "ต้ม"]}, "ล้างผักแล้วต้ม")
    assert verdict.reason == "missing หั่น"


def test_json_nested_past_the_recursion_limit_fails() -> None:
    assert check("json.array", {"count": 1}, "[" * 100_000).outcome is Outcome.FAIL


def test_a_schema_is_never_fetched(monkeypatch: pytest.MonkeyPatch) -> None:
    asked = []
    monkeypatch.setattr("urllib.request.urlopen", lambda *args, **kwargs: asked.append(args))
    params = {"schema": {"$ref": "https://example.com/schema.json"}}
    assert check("json.schema", params, '"ก"').outcome is Outcome.UNDECIDED
    assert not asked


@pytest.mark.parametrize(
    ("constraint_id", "params", "newmm", "nlpo3"),
    [
        ("particles.speaker", {"gender": "male"}, ("ดี", "ครับ"), ("ดีครับ",)),
        ("particles.ends_polite", {"gender": "male"}, ("ดี", "ครับ"), ("ดีครับ",)),
        ("particles.none", {}, ("ดี", "ครับ"), ("ดีครับ",)),
        ("length.words_between", {"minimum": 2, "maximum": 2}, ("ดี", "ครับ"), ("ดีครับ",)),
        ("keywords.include_word", {"word": "ครับ"}, ("ดี", "ครับ"), ("ดีครับ",)),
    ],
)
@pytest.mark.parametrize("swapped", [False, True])
def test_engines_that_disagree_are_undecided(
    monkeypatch: pytest.MonkeyPatch,
    constraint_id: str,
    params: dict[str, Any],
    newmm: tuple[str, ...],
    nlpo3: tuple[str, ...],
    swapped: bool,
) -> None:
    cut = {"newmm": nlpo3 if swapped else newmm, "nlpo3": newmm if swapped else nlpo3}
    monkeypatch.setattr(Answer, "words", lambda self, engine: cut[engine])
    monkeypatch.setattr(Answer, "tokens", lambda self, engine: cut[engine])
    verdict = check(constraint_id, params, "ดีครับ")
    assert verdict.outcome is Outcome.UNDECIDED
    assert "disagree" in verdict.reason


def test_both_engines_must_agree_on_the_outcome_only() -> None:
    verdicts = {"newmm": fail("three"), "nlpo3": fail("four")}
    assert Answer("ก").by_both_engines(verdicts.__getitem__) == fail("three")
    assert Answer("ก").by_both_engines(lambda engine: PASS) == PASS
