"""`mix`: quotas. For now one: at most `per_prompt` rows of one drawn prompt, so that a set stays compact."""

from __future__ import annotations

from collections import Counter

from datagen.record import Record, Rejection

__all__ = ["Mix"]


class Mix:
    name = "mix"
    ordered = True

    def __init__(self, per_prompt: int) -> None:
        self.per_prompt = per_prompt
        self._kept: Counter[str] = Counter()

    async def __call__(self, record: Record) -> Record | Rejection:
        if self._kept[record.group] >= self.per_prompt:
            return Rejection(record, self.name, "sibling_kept", f"{self.per_prompt} of this prompt kept already")
        self._kept[record.group] += 1
        return record
