"""What `typhoon-data verify` checks of rows without an answer, and of all splits together.

A prompt row (opd, rl, heldout) must have constraints that are known, parameters that fit them, and a user turn last; in
rl and heldout the ground truth must be the very constraints of the row, readable by `constraints.rewards`. Across
rows: no prompt stands in two splits, and no training row carries a constraint type of `heldout`.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

from constraints import BadParameters, UnknownConstraint, build
from constraints.rewards import constraints_of
from datagen.prompts.seen import Seen
from datagen.record import Record, canonical_json
from datagen.split_rows import ground_truth
from datagen.splits import HELD_OUT

__all__ = ["AcrossSplits", "prompt_faults"]

Fault = tuple[str, str]
"""A constraint id ("" where it concerns the row) and what is wrong."""


def prompt_faults(record: Record, row: Mapping[str, Any]) -> Iterator[Fault]:
    """Everything wrong with a row without an answer, but for the words of its instructions."""
    if not record.messages or record.messages[-1].role != "user":
        yield "", "the prompt does not end with a user turn"
    for constraint in record.constraints:
        try:
            build(constraint.id, constraint.params)
        except (UnknownConstraint, BadParameters) as exc:
            yield constraint.id, str(exc)
    if "reward_model" in row:
        yield from _reward_faults(record, row["reward_model"])


def _reward_faults(record: Record, reward_model: Any) -> Iterator[Fault]:
    stored = reward_model.get("ground_truth") if isinstance(reward_model, Mapping) else None
    try:
        same = canonical_json(json.loads(stored or "")) == ground_truth(record)
        constraints_of(stored)
    except (ValueError, TypeError, UnknownConstraint) as exc:
        yield "", f"the ground truth cannot be scored: {exc}"
        return
    if not same:
        yield "", "the ground truth is not the constraints of the row"


class AcrossSplits:
    """What only several rows together show. `add` every row, then ask for `faults`."""

    def __init__(self) -> None:
        self._prompts = Seen()
        self._carried: dict[tuple[bool, str], str] = {}

    def add(self, record: Record) -> Iterator[Fault]:
        """What is wrong with this row because of an earlier one."""
        held_out = record.split == HELD_OUT
        for constraint in record.constraints:
            self._carried.setdefault((held_out, constraint.id), record.id)
        source = record.source
        if other := self._prompts.before(canonical_json([source.name, source.id]), record.split):
            yield "", f"its prompt {source.id} is also in {other}; a prompt belongs to one split"

    def faults(self) -> Iterator[tuple[str, str, str]]:
        """Row, constraint and what is wrong."""
        for held_out, constraint_id in sorted(self._carried):
            if not held_out and (True, constraint_id) in self._carried:
                row = self._carried[False, constraint_id]
                yield row, constraint_id, f"a type of {self._carried[True, constraint_id]} in {HELD_OUT}: not held out"
