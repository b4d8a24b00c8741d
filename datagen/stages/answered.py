"""Splits without answers pass the stages that ask for, check or compare one: nothing is paid for them."""

from __future__ import annotations

from datagen.record import Record, Rejection
from datagen.splits import ANSWERED
from datagen.stages import Stage

__all__ = ["Answered"]


class Answered:
    """`stage` for rows that get an answer; every other row passes it, counted as kept."""

    def __init__(self, stage: Stage) -> None:
        self.stage, self.name, self.ordered = stage, stage.name, stage.ordered

    async def __call__(self, record: Record) -> Record | Rejection:
        return await self.stage(record) if record.split == ANSWERED else record
