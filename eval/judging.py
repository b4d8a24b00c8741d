"""Whether a reply says what a reference says, by the judge of the evaluation. Its failure is UNDECIDED, never 0."""

from __future__ import annotations

from typing import Any

from eval.task import Judge
from judges.fence import Part
from judges.guideline import Guideline, Scale
from judges.judge import Judge as Judging

__all__ = ["GUIDELINE", "judged_right"]

GUIDELINE = Guideline(
    "1: the answer says what the reference says: the same conclusion with the conditions, amounts, times or "
    "penalties that it names, in whatever words and language, and nothing that contradicts it. Where the reference "
    "offers several answers, any one of them.\n"
    "0: it says something else, lacks a part that the conclusion hangs on, leaves open which of several "
    "answers it gives, or does not answer.",
    Scale(0, 1),
)
_THOUGHT = "</think>"


async def judged_right(
    judge: Judge | None, question: str, reference: str, reply: str
) -> tuple[float | None, dict[str, Any]]:
    """1, 0 or None, and what stands with the item's results. A reply without a word is wrong and costs no question."""
    said = reply.rpartition(_THOUGHT)[2].strip()
    if not said:
        return 0.0, {}
    assert judge is not None, "the harness runs no task without the judge it needs"
    parts = [Part("question", question), Part("reference", reference), Part("answer", said)]
    found = await Judging(judge, GUIDELINE).judge(parts)
    told = {"score": found.score, "reason": found.reason, "fault": found.fault, "detail": found.detail}
    return found.score, {"judge": {key: value for key, value in told.items() if value not in ("", None)}}
