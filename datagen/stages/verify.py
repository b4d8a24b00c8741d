"""`verify`: every constraint checked on the final rendered row, each on the assistant turn it holds for.

Only all PASS stays: one answer, one view of it, every constraint. UNDECIDED is not a pass and is counted apart. The
verdicts and the text contract they were reached under are stored with the row.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from functools import cache

from constraints import Answer, Outcome, Verdict, check, text_contract, undecided
from datagen.record import AppliedConstraint, Record, RecordedVerdict, Rejection, canonical_json

__all__ = ["Verify", "checked", "contract_text", "verdicts_of", "worst_of"]


class Verify:
    name = "verify"
    ordered = False

    async def __call__(self, record: Record) -> Record | Rejection:
        verdicts = verdicts_of(record)
        provenance = replace(record.provenance, text_contract=contract_text())
        record = replace(record, verdicts=verdicts, provenance=provenance)
        if worst := worst_of(verdicts):
            return Rejection(record, self.name, f"{worst.id} {worst.outcome}", worst.reason)
        return record


def checked(record: Record, constraints: Sequence[AppliedConstraint]) -> list[Verdict]:
    """What the checkers say now of these constraints, each on the turn it holds for."""
    answers = [Answer(text) for text in record.answers]
    return [_verdict(constraint, answers) for constraint in constraints]


def verdicts_of(record: Record) -> tuple[RecordedVerdict, ...]:
    """What the checkers say now, a verdict for each constraint in their order."""
    found = zip(record.constraints, checked(record, record.constraints), strict=True)
    return tuple(RecordedVerdict(c.id, str(verdict.outcome), verdict.reason) for c, verdict in found)


def worst_of(verdicts: Sequence[RecordedVerdict]) -> RecordedVerdict | None:
    """The first FAIL, else the first UNDECIDED; None where all is PASS."""
    for outcome in (Outcome.FAIL, Outcome.UNDECIDED):
        for verdict in verdicts:
            if verdict.outcome == outcome:
                return verdict
    return None


def _verdict(constraint: AppliedConstraint, answers: Sequence[Answer]) -> Verdict:
    turn = constraint.turn or len(answers)
    if constraint.turn == 0 or not 1 <= turn <= max(len(answers), 1):
        there = f"the row has {len(answers)} assistant turns, none is number {constraint.turn}"
        return undecided(there, "ไม่มีคำตอบลำดับนั้นในบทสนทนา")
    return check(constraint.id, constraint.params, answers[turn - 1] if answers else Answer(""))


@cache
def contract_text() -> str:
    return canonical_json(text_contract())
