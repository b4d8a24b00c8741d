"""The rule of a scripted judge that is often at fault, and the reward function that knows the same: scores and gaps."""

from __future__ import annotations

import hashlib

from judges.fence import harmless
from rewards.final_answer import final_answer

__all__ = ["known", "rule"]


def rule(shown: str) -> int:
    """0, 1 or 2: the score; 3 and 4: no verdict."""
    return hashlib.sha256(shown.encode()).digest()[0] % 5


def known(answer: str) -> float | None:
    """What the judge's verdict on an answer is worth; None where it gives none."""
    if not (said := final_answer(answer)):
        return 0.0
    verdict = rule(harmless(said, ["answer", "question"]))
    return verdict / 2 if verdict < 3 else None
