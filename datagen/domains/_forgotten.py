"""What a goal says of slots that a user may forget, put together from what a whole domain says of each slot."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TypedDict

__all__ = ["Forgotten", "forgettable"]

Texts = tuple[str, ...]


class Forgotten(TypedDict):
    """The fields of a Goal of that name."""

    without: Mapping[str, Texts]
    supply: Mapping[str, Texts]
    asks: Mapping[str, Texts]


def forgettable(slots: Mapping[str, tuple[Texts, Texts]], without: Mapping[str, Texts]) -> Forgotten:
    """`slots`: slot -> how it is supplied, words of a question for it. `without`: slot -> requests that lack it."""
    return Forgotten(
        without=without,
        supply={slot: slots[slot][0] for slot in without},
        asks={slot: slots[slot][1] for slot in without},
    )
