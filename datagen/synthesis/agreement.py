"""Step 3: cross-validation. Pure: what functions said of cases in, who stays out.

The rule of AutoIF, applied: a case stays if enough functions agree with its label; a function stays if its accuracy
on the cases that stayed reaches the threshold; a constraint stays if enough functions and enough cases do. One thing
comes first: a function that says the same of every case knows nothing of the rule, and has no say in which cases stay
(else constant functions would keep the very cases that the right ones are thrown out for).

>>> right, odd = [True, True, False, False], [True, False, False, False]
>>> found = agree([right, right, odd, [True] * 4], [True, True, False, False], [0.3] * 4)
>>> found.cases, found.accuracies, found.constant
((0, 1, 2, 3), (1.0, 1.0, 0.75, None), (3,))
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

__all__ = ["Agreement", "Said", "agree"]

Said = Sequence[bool | None]
"""What one function said of each text: None where it had no opinion."""


@dataclass(frozen=True, slots=True)
class Agreement:
    """`cases`: the numbers of those that stay; `accuracies`: of each function on them, None for a constant one."""

    cases: tuple[int, ...]
    accuracies: tuple[float | None, ...]
    constant: tuple[int, ...]


def agree(said: Sequence[Said], labels: Sequence[bool], least_support: Sequence[float]) -> Agreement:
    """Cases whose share `least_support` of the functions, one at the least, agrees; accuracies on those."""
    constant = tuple(number for number, row in enumerate(said) if len(set(row) - {None}) < 2)
    voters = [row for number, row in enumerate(said) if number not in constant]
    cases = tuple(
        case
        for case, (label, support) in enumerate(zip(labels, least_support, strict=True))
        if sum(row[case] is label for row in voters) >= max(1, support * len(voters) - 1e-9)
    )
    accuracies = tuple(None if number in constant else _accuracy(row, labels, cases) for number, row in enumerate(said))
    return Agreement(cases, accuracies, constant)


def _accuracy(row: Said, labels: Sequence[bool], cases: Sequence[int]) -> float:
    return sum(row[case] is labels[case] for case in cases) / len(cases) if cases else 0.0
