"""Mathematical answers compared: as models write them, and those that never end."""

from __future__ import annotations

import importlib.util
import time

import pytest

from datagen.errors import UserError
from rewards.maths_check import MathsCheck, require_math_verify


@pytest.fixture(scope="module")
def check():
    with MathsCheck(timeout_s=60) as made:
        yield made


@pytest.mark.parametrize(
    ("reference", "said", "finding"),
    [
        (r"\frac{14}{3}", r"ผลคือ $\boxed{\dfrac{14}{3}}$", "equal"),
        (r"\frac{1}{2}", "คำตอบคือ 0.5", "equal"),
        ("12", r"\boxed{12 \text{ บาท}}", "equal"),
        ("12", r"\boxed{๑๒ บาท}", "equal"),
        (r"\left( 3, \frac{\pi}{2} \right)", r"\boxed{(3,\frac{\pi}{2})}", "equal"),
        ("1,-2", r"\boxed{-2, 1}", "equal"),
        ("1,-2", r"$\boxed{1}$ และ $\boxed{-2}$", "equal"),
        (r"\text{Evelyn}", r"\boxed{Evelyn}", "equal"),
        (r"\text{วงรี}", r"\boxed{วงรี}", "equal"),
        ("5", r"\boxed{4} ผิด แก้เป็น \boxed{5}", "equal"),
        ("5", r"\boxed{5} ผิด แก้เป็น \boxed{4}", "different"),
        ("5", r"\boxed{4, 5, 6}", "different"),
        ("5", "4 หรือ 5 หรือ 6", "different"),
        ("5", r"\boxed{50}", "different"),
        (r"\text{วงรี}", r"\boxed{วงกลม}", "different"),
        ("5", r"\boxed{}", "different"),
        ("5", "ไม่ทราบครับ", "none"),
        ("5", "", "none"),
    ],
)
def test_answers_as_they_are_written(check, reference, said, finding):
    assert check.finding(reference, said) == finding


def test_what_never_ends_is_undecided_and_the_next_one_is_compared():
    with MathsCheck(timeout_s=2) as check:
        assert check.equal("4", r"\boxed{4}") is True
        start = time.monotonic()
        assert check.equal("4", r"\boxed{9^{9^{9^{9^{9}}}}}") is None
        assert time.monotonic() - start < 60
        assert check.equal("4", r"\boxed{5}") is False


def test_without_the_library_it_says_what_to_install(monkeypatch):
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    with pytest.raises(UserError, match=r"typhoon-data\[maths\]"):
        require_math_verify()
