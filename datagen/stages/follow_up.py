"""`follow_up`: where a second user turn is planned, it is said after a first answer that keeps its constraints.

A first answer that does not keep them is rejected here (`first_turn ID FAIL`), before the second is paid for. Rows
without a planned turn pass untouched. `verify` checks both answers again on the finished row.
"""

from __future__ import annotations

from dataclasses import replace

from datagen.record import Message, Record, RecordedVerdict, Rejection
from datagen.stages.respond import Respond
from datagen.stages.verify import checked, worst_of

__all__ = ["FollowUp"]


class FollowUp:
    name = "follow_up"
    ordered = False

    def __init__(self, respond: Respond) -> None:
        assert respond.name == self.name, "its rejections are signed by this stage"
        self._respond = respond

    async def __call__(self, record: Record) -> Record | Rejection:
        if not record.follow_up:
            return record
        turn = len(record.answers)
        first = [constraint for constraint in record.constraints if constraint.turn == turn]
        verdicts = [
            RecordedVerdict(constraint.id, str(verdict.outcome), verdict.reason)
            for constraint, verdict in zip(first, checked(record, first), strict=True)
        ]
        if worst := worst_of(verdicts):
            return Rejection(record, self.name, f"first_turn {worst.id} {worst.outcome}", worst.reason)
        said = (*record.messages, Message("user", record.follow_up))
        return await self._respond(replace(record, messages=said, follow_up=""))
