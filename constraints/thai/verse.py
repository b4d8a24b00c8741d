"""What checks of lines and verse share: the worst of several verdicts, and counts told in words.

>>> from constraints.verdict import PASS, fail, undecided
>>> worst([PASS, undecided("?"), fail("no")]).reason, worst([PASS, PASS]).passed
('no', True)
>>> told([4, 5], " or ")
'4 or 5'
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from constraints.verdict import PASS, Outcome, Verdict

__all__ = ["band", "told", "worst"]


def worst(verdicts: Iterable[Verdict]) -> Verdict:
    """The first FAIL; else the first UNDECIDED; else PASS."""
    doubt = PASS
    for verdict in verdicts:
        if verdict.outcome is Outcome.FAIL:
            return verdict
        doubt = verdict if doubt.passed else doubt
    return doubt


def told(counts: Sequence[int], either: str) -> str:
    """Possible counts in words; a dash where none could be counted, and there are too many."""
    return either.join(map(str, counts)) if counts else "–"


def band(low: int, high: int, to: str) -> str:
    """`5` or `7 to 9`."""
    return to.join(dict.fromkeys((str(low), str(high))))
