"""Three outcomes: PASS, FAIL(reason), UNDECIDED(reason).

A checker that cannot tell says so. A verdict has no truth value on purpose: `if verdict:` would count
UNDECIDED as a pass, the fault found in every public port of IFEval we read.

>>> PASS.passed, fail("42 words").passed, undecided("two engines disagree").passed
(True, False, False)
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

__all__ = ["PASS", "Outcome", "Span", "Verdict", "fail", "undecided"]

Span = tuple[int, int]
"""Start and end (exclusive) of a piece of `Answer.text`, in characters."""


class Outcome(StrEnum):
    PASS = "PASS"
    FAIL = "FAIL"
    UNDECIDED = "UNDECIDED"


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a checker found, and why where it is not a pass.

    `reason` is English and stored with the row; `thai` says the same to a Thai reader; `at` is the spot in
    `Answer.text` that shows it, None where it is the whole answer (too short, something missing).
    """

    outcome: Outcome
    reason: str = ""
    thai: str = ""
    at: Span | None = None

    @property
    def passed(self) -> bool:
        return self.outcome is Outcome.PASS

    def __bool__(self) -> bool:
        raise TypeError("a Verdict has three outcomes: use verdict.passed or verdict.outcome")


PASS = Verdict(Outcome.PASS)


def fail(reason: str, thai: str = "", at: Span | None = None) -> Verdict:
    return Verdict(Outcome.FAIL, reason, thai, at)


def undecided(reason: str, thai: str = "", at: Span | None = None) -> Verdict:
    return Verdict(Outcome.UNDECIDED, reason, thai, at)
