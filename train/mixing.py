"""Which rows of a step the student answers itself, from which turn on, and what becomes of its answers.

Drawn over the whole optimiser step from (seed, step) alone: the same on every rank, and again after a resume. The
share is met in every step up to one row, not left to a coin for each row. Pure functions of ids, no torch.
"""

from __future__ import annotations

import hashlib
import math
from collections.abc import Sequence, Set

import numpy as np

from models.chat_tokens import Example

__all__ = ["answered_by_student", "draw", "prompt_ids", "student_rows"]


def draw(*key: object) -> float:
    """A number in [0, 1) that is a function of the key, the same on every platform.

    >>> draw(0, "share", 1) == draw(0, "share", 1), draw(0, "share", 1) == draw(0, "share", 2)
    (True, False)
    """
    return int.from_bytes(hashlib.sha256("/".join(map(str, key)).encode()).digest()[:6]) / 2**48


def student_rows(
    rows: Sequence[int], share: float, seed: int, step: int, unanswered: Set[int] = frozenset()
) -> list[int]:
    """The rows of this step that the student answers, in the order of `rows`.

    The exact share where it is a whole number of rows; else one of the two whole numbers next to it, by a draw whose
    mean is the share. Rows that have no answer come first, and all of them.

    >>> len(student_rows(range(64), 0.25, seed=0, step=3))
    16
    >>> [len(student_rows(range(4), 0.3, seed=0, step=step)) for step in range(8)]
    [1, 1, 1, 1, 1, 1, 2, 1]
    >>> student_rows(range(4), 0.25, seed=0, step=0, unanswered={1, 3})
    [1, 3]
    """
    count = math.floor(share * len(rows) + draw(seed, "share", step))
    count = max(count, sum(row in unanswered for row in rows))
    drawn = set(sorted(rows, key=lambda row: (row not in unanswered, draw(seed, "student", step, row)))[:count])
    return [row for row in rows if row in drawn]


def prompt_ids(example: Example, seed: int, step: int) -> np.ndarray:
    """The ids up to one of the assistant's turns, drawn: what the student is to go on from.

    They are the ids of the conversation as the template rendered it, tools and earlier calls included.
    """
    if example.unanswered:
        return example.ids_T
    starts_E = np.flatnonzero(np.diff(example.labelled_T.astype(np.int8)) == 1) + 1
    return example.ids_T[: starts_E[int(draw(seed, "turn", step, example.id) * len(starts_E))]]


def answered_by_student(example: Example, prompt: np.ndarray, sampled: np.ndarray) -> Example:
    """The prompt and the student's answer; the answer alone is in the loss."""
    labelled_T = np.zeros(len(prompt) + len(sampled), dtype=bool)
    labelled_T[len(prompt) :] = True
    return Example(f"{example.id}/student", np.concatenate([prompt, sampled]).astype(np.int32), labelled_T)
