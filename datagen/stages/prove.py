"""`prove`: the finished conversation against its scenario, every call run again; only all PASS stays.

What is checked is in datagen/proof; the verdicts are stored with the row. A rejection's reason is the check's own code
("wrong_argument"), its detail what was seen.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from datagen.proof.prove import prove
from datagen.record import Message, Record, RecordedVerdict, Rejection
from datagen.scenarios.recorded import scenario_of
from datagen.scenarios.reference import run_reference
from datagen.scenarios.scenario import Scenario
from datagen.stages.verify import contract_text, worst_of
from datagen.tools.tool import Tool

__all__ = ["Prove", "first_turns", "reason_of"]


class Prove:
    name = "prove"
    ordered = False

    def __init__(self, tools: Mapping[str, Tool]) -> None:
        self.tools = tools

    async def __call__(self, record: Record) -> Record | Rejection:
        verdicts = prove(scenario_of(record), record.messages, self.tools)
        proven = replace(
            record, verdicts=verdicts, provenance=replace(record.provenance, text_contract=contract_text())
        )
        if worst := worst_of(verdicts):
            return Rejection(proven, self.name, *reason_of(worst))
        return proven


def first_turns(
    scenario: Scenario, turns: int, messages: Sequence[Message], tools: Mapping[str, Tool]
) -> RecordedVerdict | None:
    """What is wrong with the first `turns` turns by themselves; None where they are right."""
    part = replace(scenario, turns=scenario.turns[:turns])
    part = replace(part, state=run_reference(part, tools).state)
    return worst_of(prove(part, messages, tools))


def reason_of(verdict: RecordedVerdict) -> tuple[str, str]:
    """Countable code and detail of a failed check.

    >>> reason_of(RecordedVerdict("tool.values", "FAIL", "wrong_number: 31 is not returned"))
    ('wrong_number', 'tool.values: 31 is not returned')
    """
    code, _, detail = verdict.reason.partition(": ")
    return code, f"{verdict.id}: {detail}"
