"""`verify`: every constraint checked on the final rendered row; only all PASS stays.

UNDECIDED is not a pass and is counted apart. The verdicts and the text contract they were reached under are
stored with the row.
"""

from __future__ import annotations

from dataclasses import replace
from functools import cache

from constraints import Answer, Outcome, check, text_contract
from datagen.record import Record, RecordedVerdict, Rejection, canonical_json

__all__ = ["Verify", "verdicts_of"]


class Verify:
    name = "verify"
    ordered = False

    async def __call__(self, record: Record) -> Record | Rejection:
        verdicts = verdicts_of(record)
        provenance = replace(record.provenance, text_contract=_contract())
        record = replace(record, verdicts=verdicts, provenance=provenance)
        worst = [v for v in verdicts if v.outcome == Outcome.FAIL] or [
            v for v in verdicts if v.outcome == Outcome.UNDECIDED
        ]
        if worst:
            return Rejection(record, self.name, f"{worst[0].id} {worst[0].outcome}", worst[0].reason)
        return record


def verdicts_of(record: Record) -> tuple[RecordedVerdict, ...]:
    """What the checkers say now of the record's answer."""
    answer = Answer(record.answer)
    found = []
    for constraint in record.constraints:
        verdict = check(constraint.id, constraint.params, answer)
        found.append(RecordedVerdict(constraint.id, str(verdict.outcome), verdict.reason))
    return tuple(found)


@cache
def _contract() -> str:
    return canonical_json(text_contract())
