"""`repair`: an answer that fails its constraints goes back to the teacher with the reasons, once or twice.

The teacher sees the conversation, its failed answer and, as a user turn, what was wrong (the verdicts' Thai reasons). A
new answer takes the failed one's place; the repair dialogue is not kept, the number of rounds is (provenance). What
comes after sees the repaired answer only. Where the teacher declines, is cut off or says nothing, the failed answer
stays and `verify` rejects it under its own reason: this stage rejects nothing. UNDECIDED is not repaired, since it says
nothing that a teacher could act on.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import replace

from constraints import Outcome, Verdict
from datagen.config import RepairConfig
from datagen.record import AppliedConstraint, Message, Record, Rejection
from datagen.stages.respond import Respond
from datagen.stages.verify import checked

__all__ = ["REPAIR_TEMPLATE", "Repair", "repair_template_hash"]

REPAIR_TEMPLATE = """คำตอบนี้ยังไม่ตรงตามข้อกำหนดต่อไปนี้
{faults}

ช่วยเขียนคำตอบใหม่ทั้งหมดให้ตรงตามข้อกำหนดทุกข้อ รวมทั้งข้อที่ทำถูกแล้ว ส่งมาเฉพาะคำตอบ ไม่ต้องขอโทษและไม่ต้องบอกว่าแก้อะไร"""


def repair_template_hash() -> str:
    return hashlib.sha256(REPAIR_TEMPLATE.encode()).hexdigest()[:12]


class Repair:
    """Asks through a `Respond` of its own, so that every way an answer can fail is known there once."""

    ordered = False

    def __init__(self, respond: Respond, config: RepairConfig, name: str = "repair") -> None:
        self.name, self.config = name, config
        self._respond = respond

    async def __call__(self, record: Record) -> Record | Rejection:
        for _ in range(self.config.rounds):
            faults = _faults(record)
            if not faults:
                break
            asked = replace(record, messages=(*record.messages, Message("user", _request(faults))))
            answered = await self._respond(asked)
            tried = replace(record, provenance=replace(record.provenance, repairs=record.provenance.repairs + 1))
            if isinstance(answered, Rejection) or answered.answer == record.answer:
                return tried  # asked again, it would say the same again
            record = replace(tried, messages=(*record.messages[:-1], answered.messages[-1]))
        return record


def _faults(record: Record) -> list[tuple[AppliedConstraint, Verdict]]:
    """What the last answer fails, of what holds for it."""
    turn = len(record.answers)
    holding = [constraint for constraint in record.constraints if (constraint.turn or turn) == turn]
    found = zip(holding, checked(record, holding), strict=True)
    return [(constraint, verdict) for constraint, verdict in found if verdict.outcome == Outcome.FAIL]


def _request(faults: Sequence[tuple[AppliedConstraint, Verdict]]) -> str:
    lines = (f"- {constraint.instruction}\n  ที่พบ: {verdict.thai or verdict.reason}" for constraint, verdict in faults)
    return REPAIR_TEMPLATE.format(faults="\n".join(lines))
