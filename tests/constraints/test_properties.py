"""For any text at all: normalising is idempotent, no checker raises, no verdict depends on what was asked before."""

from __future__ import annotations

import random

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from constraints import Answer, Outcome, build, normalise, plain, types
from constraints.catalogue import entry

_EXAMPLES = [build(constraint_id, entry(constraint_id).params) for constraint_id in types()]

# Thai with its marks in any order, list and Markdown marks, digits of both kinds, emoji, other scripts, controls.
_PIECES = st.sampled_from(
    [
        *"กขคงจนมยรลวสหอฮะาิีึืุูเแโใไ่้๊๋์็ำๆฯ๐๑๒๙0129 \n\t.,!?;:\"'()[]{}<>|*_-#`~/\\@&%=+",
        *("\n\n", "\r\n", "- ", "* ", "1. ", "๑. ", "ก. ", "## ", "```", "**", "***", "******", "<<", ">>", "ป.ล."),
        *("| ก | ข |\n|---|---|", "ครับ", "ค่ะ", "คะ", "นะคะ", "พ.ศ. 2567", "ค.ศ. 2024", "12 สิงหาคม 2567"),
        *("31 เมษายน 2567", "14.30 น.", "08x-xxx-xxxx", "1-2345-67890-12-1", "บาทถ้วน", "“", "”", "‘", "’"),
        *('{"a": 1}', "[1, 2]", "a: 1\n", "- a\n", "a,b\n1,2\n", "\u200b", "\u200d", "\ufeff", "\ufe0f", "❤️"),
        *("👨‍👩‍👧", "🇹🇭", "1️⃣", "中文", "ລາວ", "рус", "한국", "ひら", "é", "e\u0301", "ﷺ", "İ", "ß", "ǅ"),
        *("\ud83d", "\x00", "\x1b[31m", "\u202e", "\U0010ffff"),
    ]
)
_TEXTS = st.lists(_PIECES, max_size=40).map("".join) | st.text(max_size=60)
_SETTINGS = settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow], derandomize=True)


@_SETTINGS
@given(_TEXTS)
@example("\u0e4d\u0e48\u0e32")
def test_normalising_is_idempotent(text: str) -> None:
    once = normalise(text)
    assert normalise(once) == once
    assert plain(plain(once)) == plain(once)


@_SETTINGS
@given(_TEXTS)
@example("İ" * 20)  # folding makes it longer
@example("ก" * 3000)
@example("[" * 2000)
@example("a: &a [" + "*a," * 500 + "]")
def test_no_checker_raises_on_any_text(text: str) -> None:
    answer = Answer(text)
    for constraint in _EXAMPLES:
        verdict = constraint.check(answer)
        assert verdict.outcome in Outcome
        if not verdict.passed:
            assert verdict.reason, constraint.id
            assert verdict.thai, constraint.id
        if verdict.at is not None:
            assert 0 <= verdict.at[0] <= verdict.at[1] <= len(answer.text), constraint.id


@settings(_SETTINGS, max_examples=40)
@given(_TEXTS, st.randoms(use_true_random=False))
def test_a_verdict_is_independent_of_call_order(text: str, rng: random.Random) -> None:
    fresh = {constraint.id: constraint.check(text) for constraint in _EXAMPLES}
    shared = Answer(text)
    order = rng.sample(_EXAMPLES, len(_EXAMPLES))
    assert {constraint.id: constraint.check(shared) for constraint in order} == fresh
    assert {constraint.id: constraint.check(shared) for constraint in order} == fresh


@pytest.mark.parametrize("constraint", _EXAMPLES, ids=lambda constraint: constraint.id)
def test_an_amendment_of_any_base_keeps_other_texts_whole(constraint: object) -> None:
    """Amending never raises, whatever it is given; whether it helps is for the check to say."""
    for text in ("ก", "ไปกินผัก\n\nมาดูปลา", "- ก\n- ข", '{"ก": "ข"}', "1. ก", "a", "\n"):
        assert isinstance(constraint.amend(text, "ไปกินผัก"), str)  # pyright: ignore[reportAttributeAccessIssue]
