"""What the word engines and JSON parsers do at their edges."""

from __future__ import annotations

from typing import Any

import pytest

from constraints import Answer, Outcome, check


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
