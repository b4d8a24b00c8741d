"""Whether a rendered row states what it is checked for: used when it is composed, and by `typhoon-data verify`.

A constraint is stated where its stored instruction is one of the wordings of exactly its parameters (each wording names
every parameter) and stands, up to normalising, in what was said before the answer it holds for.
"""

from __future__ import annotations

from collections.abc import Iterator

from constraints import UnknownConstraint, normalise, phrasings
from datagen.record import AppliedConstraint, Record

__all__ = ["unstated"]


def unstated(record: Record, constraint: AppliedConstraint) -> Iterator[str]:
    """What is wrong with how the row states this constraint; nothing where all is right."""
    said = record.text_before(constraint.turn or len(record.answers))
    if not _holds(normalise(said), normalise(constraint.instruction)):
        yield "the prompt does not hold its instruction"
    if constraint.lang not in ("th", "en"):
        yield f"instruction language {constraint.lang!r} is not th or en"
        return
    try:
        expected = phrasings(constraint.id, constraint.params, "th" if constraint.lang == "th" else "en")
    except (UnknownConstraint, ValueError):
        return  # a fault of another kind: its verdict is UNDECIDED
    if normalise(constraint.instruction) not in map(normalise, expected):
        yield f"the instruction should read: {expected[0]} (or one of {len(expected) - 1} other wordings)"


def _holds(said: str, instruction: str) -> bool:
    """An empty instruction is said by nobody."""
    return bool(instruction) and instruction in said
