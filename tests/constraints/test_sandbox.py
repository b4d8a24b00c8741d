"""Model-written checkers: right verdicts for good ones, and nothing but UNDECIDED from hostile ones, within limits."""

from __future__ import annotations

import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
import yaml

from constraints import Outcome
from constraints.sandbox import Limits, Sandbox

_BUILT = {
    "nested_brackets": "x = " + "[" * 5000 + "]" * 5000 + "\ndef evaluate(response): return True",
    "huge_code": "def evaluate(response):\n    return True\n" + "# long\n" * 100_000,
}
_HOSTILE: dict[str, Any] = yaml.safe_load(Path(__file__).with_name("hostile_checkers.yaml").read_text(encoding="utf-8"))
_GOOD = "def evaluate(response):\n    return len(thai_words(response)) == 3"
_RESPONSE = "แมวกินปลา"


def _code(found: Any) -> str:
    if isinstance(found, str):
        return found
    return found["code"] if "code" in found else _BUILT[found["build"]]


def _outcome(found: Any) -> str:
    return "UNDECIDED" if isinstance(found, str) else found.get("outcome", "UNDECIDED")


@pytest.fixture(scope="module")
def sandbox() -> Iterator[Sandbox]:
    with Sandbox() as opened:
        yield opened


def test_there_are_enough_hostile_checkers() -> None:
    assert len(_HOSTILE) >= 25


@pytest.mark.parametrize("name", _HOSTILE)
def test_a_hostile_checker_is_contained_and_the_next_call_is_right(sandbox: Sandbox, name: str) -> None:
    started = time.monotonic()
    verdict = sandbox.run(_code(_HOSTILE[name]), _RESPONSE)
    took_s = time.monotonic() - started
    if _outcome(_HOSTILE[name]) != "any":
        assert verdict.outcome == _outcome(_HOSTILE[name]), verdict
    if verdict.outcome is Outcome.UNDECIDED:
        assert verdict.reason
        assert verdict.thai
    assert took_s < 3 * Limits().kill_after_s  # generous: the machine may be busy, a hang would be endless
    assert sandbox.run(_GOOD, _RESPONSE).passed
    assert sandbox.run(_GOOD, "แมว").outcome is Outcome.FAIL
    assert not Path("/tmp/written_by_a_checker").exists()


def test_one_poisoned_checker_never_spoils_a_batch(sandbox: Sandbox) -> None:
    names = list(_HOSTILE)
    codes = [code for name in names[:40:4] for code in (_GOOD, _code(_HOSTILE[name]))]
    first, second = sandbox.run_batch(codes, [_RESPONSE, "แมว"])
    assert all(verdict.passed for verdict in first[::2])
    assert all(verdict.outcome is Outcome.FAIL for verdict in second[::2])


def test_calls_from_several_threads_do_not_meet() -> None:
    lengths = [f"def evaluate(response):\n    return len(response) == {n}" for n in range(1, 9)]
    responses = ["ก" * n for n in range(1, 9)]
    with Sandbox(workers=2) as opened, ThreadPoolExecutor(4) as threads:
        pairs = [(code, response) for code in lengths for response in responses]
        verdicts = list(threads.map(lambda pair: opened.run(*pair).passed, pairs))
    assert verdicts == [n == m for n in range(8) for m in range(8)]


_REALISTIC: dict[str, Any] = yaml.safe_load(
    Path(__file__).with_name("realistic_checkers.yaml").read_text(encoding="utf-8")
)


@pytest.mark.parametrize("name", _REALISTIC)
def test_realistic_checkers(sandbox: Sandbox, name: str) -> None:
    case = _REALISTIC[name]
    verdict = sandbox.run(case["code"], case["passes"])
    assert verdict.passed, verdict
    assert sandbox.run(case["code"], case["fails"]).outcome is Outcome.FAIL


def test_the_response_is_normalised_before_it_is_checked(sandbox: Sandbox) -> None:
    code = "def evaluate(response):\n    return response == 'น้ำ'"
    assert sandbox.run(code, "น\u0e4d\u0e49\u0e32\u200b").passed


def test_text_that_cannot_cross_is_undecided(sandbox: Sandbox) -> None:
    assert sandbox.run(_GOOD, "กข \ud83d").outcome is Outcome.UNDECIDED
    assert sandbox.run(_GOOD, "ก" * (Limits().response_characters + 1)).outcome is Outcome.UNDECIDED
    assert sandbox.run(_GOOD + "\ud83d", "ก").outcome is Outcome.UNDECIDED


@pytest.mark.parametrize(("code", "response"), [(None, "ก"), ("def evaluate(r): return True", 3), (b"x", "ก")])
def test_what_is_no_text_is_undecided(sandbox: Sandbox, code: Any, response: Any) -> None:
    verdict = sandbox.run(code, response)
    assert (verdict.outcome, "must be texts" in verdict.reason) == (Outcome.UNDECIDED, True)


def test_what_is_just_short_enough_runs() -> None:
    small = Limits(code_characters=len(_GOOD), response_characters=len(_RESPONSE), host_characters=len(_RESPONSE))
    with Sandbox(small) as sandbox:
        assert sandbox.run(_GOOD, _RESPONSE).passed
        for code, response in ((f"{_GOOD} ", _RESPONSE), (_GOOD, f"{_RESPONSE} ")):
            assert "at most" in sandbox.run(code, response).reason


def test_constants_of_the_string_module(sandbox: Sandbox) -> None:
    given = "def evaluate(response):\n    import string\n    return response in string.digits"
    assert sandbox.run(given, "7").passed
    for hidden in ("__file__", "capwords"):
        verdict = sandbox.run(given.replace("digits", hidden), "7")
        assert (verdict.outcome, hidden in verdict.reason) == (Outcome.UNDECIDED, True)


def test_options_of_host_calls_count_as_characters(sandbox: Sandbox) -> None:
    code = "def evaluate(response):\n    return len(thai_words(response, 'x' * 300_000)) > 0"
    assert "too many characters" in sandbox.run(code, "แมว").reason
