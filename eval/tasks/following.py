"""Verdicts of one answer's instructions, as marks of the answer."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from constraints import Outcome, Verdict

__all__ = ["all_followed", "share_followed", "told"]


def all_followed(verdicts: Sequence[Verdict]) -> float | None:
    """1 where every instruction is followed, 0 where one is not, None where that hangs on one that nobody can judge.

    >>> from constraints import PASS, fail, undecided
    >>> all_followed([PASS, undecided("?")]), all_followed([fail("x"), undecided("?")]), all_followed([PASS, PASS])
    (None, 0.0, 1.0)
    """
    outcomes = {verdict.outcome for verdict in verdicts}
    if Outcome.FAIL in outcomes:
        return 0.0
    return None if Outcome.UNDECIDED in outcomes else 1.0


def share_followed(verdicts: Sequence[Verdict]) -> float | None:
    """The share of the instructions followed, among those that can be judged; None where none can.

    >>> from constraints import PASS, fail, undecided
    >>> share_followed([PASS, fail("x"), undecided("?")]), share_followed([undecided("?")])
    (0.5, None)
    """
    decided = [verdict.passed for verdict in verdicts if verdict.outcome is not Outcome.UNDECIDED]
    return sum(decided) / len(decided) if decided else None


def told(ids: Sequence[str], verdicts: Sequence[Verdict]) -> list[dict[str, Any]]:
    """The verdicts as they are kept with the item's results."""
    return [
        {"id": name, "outcome": str(verdict.outcome), **({"reason": verdict.reason} if verdict.reason else {})}
        for name, verdict in zip(ids, verdicts, strict=True)
    ]
