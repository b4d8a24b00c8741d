"""`mix`: quotas. For now one: at most `per_prompt` rows of one drawn prompt, so that a set stays compact."""

from __future__ import annotations

from typing import Any

from datagen.record import Record, Rejection

__all__ = ["Mix"]


class Mix:
    name = "mix"
    ordered = True

    def __init__(self, per_prompt: int) -> None:
        self.per_prompt = per_prompt
        self._group, self._kept = "", 0  # of the current prompt alone: its candidates come one after the other

    async def __call__(self, record: Record) -> Record | Rejection:
        if record.group != self._group:
            self._group, self._kept = record.group, 0
        if self._kept >= self.per_prompt:
            return Rejection(record, self.name, "sibling_kept", f"{self.per_prompt} of this prompt kept already")
        self._kept += 1
        return record

    def state(self) -> Any:
        return [self._group, self._kept]

    def restore(self, state: Any) -> None:
        self._group, self._kept = state
