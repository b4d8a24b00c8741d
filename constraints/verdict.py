"""Three outcomes: PASS, FAIL(reason), UNDECIDED(reason).

A checker that cannot tell says so. A verdict has no truth value on purpose: `if verdict:` would count
UNDECIDED as a pass, the fault found in every public port of IFEval we read.

>>> PASS.passed, fail("42 words").passed, undecided("two engines disagree").passed
(True, False, False)
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

__all__ = ["PASS", "Outcome", "Verdict", "fail", "undecided"]


class Outcome(StrEnum):
    PASS = "PASS"
    FAIL = "FAIL"
    UNDECIDED = "UNDECIDED"


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a checker found, and why where it is not a pass."""

    outcome: Outcome
    reason: str = ""

    @property
    def passed(self) -> bool:
        return self.outcome is Outcome.PASS

    def __bool__(self) -> bool:
        raise TypeError("a Verdict has three outcomes: use verdict.passed or verdict.outcome")


PASS = Verdict(Outcome.PASS)


def fail(reason: str) -> Verdict:
    return Verdict(Outcome.FAIL, reason)


def undecided(reason: str) -> Verdict:
    return Verdict(Outcome.UNDECIDED, reason)
