"""`mix`: so many rows of each split and of each quota, in record order; the next one is refused by name.

`quota_full: split=rl`, `quota_full: family=length`: the quota had its rows. `sibling_kept`: enough rows of this drawn
prompt. Prompts without an answer (opd, rl, heldout) are also refused when they repeat a kept one (`repeated_prompt`) or
do not state a constraint (`prompt_incomplete`). A training row with a held-out type is refused whatever made it
(`held_out_type`).

No draw is steered by what is full: that would depend on which answer came first. `compose` draws in fixed shares, so
give it the shares that the quotas want; a quota only throws away. What was full so long before a record that every run
knows it (2,048 records, the most under way) is thrown away before its answer is paid for: stage `quota`.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping
from typing import Any

from constraints import normalise
from datagen.mix_config import MixConfig
from datagen.prompts.seen import Seen
from datagen.quotas import AHEAD, SplitQuotas
from datagen.record import Record, Rejection
from datagen.splits import HAS_ANSWER, HELD_OUT

__all__ = ["Mix", "Quota"]


class Mix:
    """`targets`: rows wanted by split; `held_out`: constraint ids that only the split of that name may carry."""

    name = "mix"
    ordered = True

    def __init__(self, config: MixConfig, targets: Mapping[str, int], held_out: Collection[str] = ()) -> None:
        self.per_prompt, self.targets, self.held_out = config.per_prompt, targets, frozenset(held_out)
        self.quotas = {split: SplitQuotas(config, rows) for split, rows in targets.items() if split != HELD_OUT}
        self._group, self._siblings = "", 0  # siblings come one after the other
        self._got: Counter[str] = Counter()
        self._filled: dict[str, int] = {}
        self._prompts = Seen()

    async def __call__(self, record: Record) -> Record | Rejection:
        if record.group != self._group:
            self._group, self._siblings = record.group, 0
        if fault := self._fault(record):
            return Rejection(record, self.name, *fault)
        self._siblings += 1
        self._got[record.split] += 1
        if self._got[record.split] == self.targets[record.split]:
            self._filled[record.split] = record.number
        if record.split in self.quotas:
            self.quotas[record.split].add(record)
        return record

    def closed(self, split: str, number: int) -> bool:
        """Whether the split had all its rows so long before the record of that number that every run knows it."""
        return self._filled.get(split, number) <= number - AHEAD

    def full_ahead(self, record: Record) -> tuple[str, str] | None:
        """Why the record is not wanted, as far as every run knows before it is answered."""
        if self.closed(record.split, record.number):
            return f"quota_full: split={record.split}", f"{self.targets[record.split]} rows kept already"
        return self._quota_fault(record, AHEAD)

    @property
    def resumable(self) -> bool:
        """Whether `state` is all it remembers; with quotas or several splits it is not."""
        limited = any(quotas.limited for quotas in self.quotas.values())
        return not limited and len(self.targets) == 1 and set(self.targets) <= HAS_ANSWER

    def state(self) -> Any:
        return [self._group, self._siblings, self._got.total()]

    def restore(self, state: Any) -> None:
        (split,) = self.targets
        self._group, self._siblings, self._got[split] = state

    def report(self) -> dict[str, Any]:
        """For the manifest: rows by split, rows by quota, and the types held out."""
        quotas = {split: quotas.report() for split, quotas in self.quotas.items()}
        return {
            "splits": {split: {"wanted": rows, "got": self._got[split]} for split, rows in self.targets.items()},
            "mix": {split: report for split, report in quotas.items() if report},
            "held_out_types": sorted(self.held_out),
        }

    def _fault(self, record: Record) -> tuple[str, str] | None:
        split = record.split
        if split != HELD_OUT and (carried := [c.id for c in record.constraints if c.id in self.held_out]):
            return "held_out_type", f"{carried[0]} is for {HELD_OUT} only"
        if self._siblings >= self.per_prompt:
            return "sibling_kept", f"{self.per_prompt} of this prompt kept already"
        wanted = self.targets.get(split, 0)
        if self._got[split] >= wanted:
            return f"quota_full: split={split}", f"{wanted} rows kept already"
        if fault := self._quota_fault(record, 0):
            return fault
        return None if split in HAS_ANSWER else self._prompt_fault(record)

    def _quota_fault(self, record: Record, ahead: int) -> tuple[str, str] | None:
        quotas = self.quotas.get(record.split)
        if not quotas or not (full := quotas.full(record, ahead)):
            return None
        (dimension, value), limit = full
        return f"quota_full: {dimension}={value}", f"{limit} rows of {record.split} kept already"

    def _prompt_fault(self, record: Record) -> tuple[str, str] | None:
        """Last, so that only kept prompts are remembered."""
        text = normalise(record.prompt_text)
        for constraint in record.constraints:
            if normalise(constraint.instruction) not in text:
                return "prompt_incomplete", f"the prompt does not say: {constraint.instruction}"
        said = "\x1f".join(f"{message.role}: {message.content}" for message in record.messages)
        if first := self._prompts.before(said, record.id):
            return "repeated_prompt", f"same prompt as {first}"
        return None


class Quota:
    """Refuses, before an answer is paid for, what `mix` is known to refuse."""

    name = "quota"
    ordered = False

    def __init__(self, mix: Mix) -> None:
        self.mix = mix

    async def __call__(self, record: Record) -> Record | Rejection:
        fault = self.mix.full_ahead(record)
        return Rejection(record, self.name, *fault) if fault else record
