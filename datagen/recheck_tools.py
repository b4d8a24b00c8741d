"""What `typhoon-data verify` checks of a row of tool use: its calls are made again, in the world its scenario makes.

The scenario stored with the row is read back, the tools on offer must be those that it names, told as they are told
here, and every check of the proof is made anew and compared with the stored verdict. A row whose tools are not at hand
cannot be proven: that is a problem, never a pass.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from itertools import zip_longest
from typing import Any

from datagen.domains import shipped_tools
from datagen.proof.prove import prove
from datagen.record import Record, RecordedVerdict, canonical_json
from datagen.scenarios.scenario import Scenario
from datagen.tools.tool import Tool

__all__ = ["RowProof"]

Fault = tuple[str, str]
"""A check of the proof ("" where it concerns the row) and what is wrong."""
_MOST_DETAIL = 200


class RowProof:
    """Proves rows, one after the other. `own`: tools beside the shipped ones."""

    def __init__(self, own: Mapping[str, Tool] | None = None) -> None:
        self._tools = {**shipped_tools(), **(own or {})}
        self._specs: dict[tuple[str, str], str] = {}

    def of(self, record: Record) -> tuple[Sequence[RecordedVerdict], list[Fault]]:
        """The verdicts as they are found now, and everything wrong with the row."""
        try:
            return self._of(record, Scenario.from_dict(json.loads(record.scenario)))
        except (LookupError, TypeError, ValueError, AttributeError, RecursionError) as exc:
            what = f"lacks {exc}" if isinstance(exc, KeyError) else str(exc)
            return (), [("", f"its scenario cannot be read: {what[:_MOST_DETAIL]}")]

    def _of(self, record: Record, scenario: Scenario) -> tuple[Sequence[RecordedVerdict], list[Fault]]:
        faults = [("", what) for what in _scenario_faults(record, scenario)]
        if absent := [name for name in scenario.tools if name not in self._tools]:
            return (), [*faults, ("", _not_at_hand(absent))]
        faults += (("", what) for what in self._offer_faults(record, scenario))
        verdicts = prove(scenario, record.messages, self._tools)
        return verdicts, [*faults, *_verdict_faults(record, verdicts)]

    def _offer_faults(self, record: Record, scenario: Scenario) -> Iterator[str]:
        """The column `tools` must be what the teacher was told of the scenario's tools, in their order."""
        try:
            stored = json.loads(record.tools)
        except (ValueError, RecursionError) as exc:
            yield f"the column `tools` is no JSON: {str(exc)[:_MOST_DETAIL]}"
            return
        if not isinstance(stored, list):
            yield f"the column `tools` is no JSON list but {type(stored).__name__}"
            return
        names = list(map(_name, stored))
        if names != list(scenario.tools):
            yield f"the column `tools` offers {_listed(names)}, the scenario {_listed(scenario.tools)}"
            return
        for spec, name in zip(stored, names, strict=True):
            if canonical_json(spec) != self._spec(name, scenario.lang):
                yield f"the column `tools` describes {name} otherwise than the tool itself"

    def _spec(self, name: str, lang: str) -> str:
        key = name, lang
        if key not in self._specs:
            self._specs[key] = canonical_json(self._tools[name].spec(lang))
        return self._specs[key]


def _scenario_faults(record: Record, scenario: Scenario) -> Iterator[str]:
    if canonical_json(scenario.as_dict()) != record.scenario:
        yield "its scenario is not in the form that a build writes: it was edited, or another release wrote it"
    if type(scenario.seed) is not int:  # a world of another seed may look the same
        yield f"its scenario's seed must be a whole number, not {scenario.seed!r:.40}"
    if scenario.lang != record.lang:
        yield f"its language is {record.lang!r}, its scenario's {scenario.lang!r}"


def _verdict_faults(record: Record, verdicts: Sequence[RecordedVerdict]) -> Iterator[Fault]:
    """Checks that fail now, and stored verdicts that are not those found."""
    for stored, now in zip_longest(record.verdicts, verdicts):
        if now is None:
            yield stored.id, f"stored as {stored.outcome}, but the proof has no such check at this place"
        elif now.outcome != "PASS":
            yield now.id, f"{now.outcome}: {now.reason}"
        elif stored is None or stored.id != now.id:
            yield now.id, f"stored as nothing, now {now.outcome}"
        elif stored.outcome != now.outcome:
            yield now.id, f"stored as {stored.outcome}, now {now.outcome}"


def _not_at_hand(names: Sequence[str]) -> str:
    return f"it cannot be proven: its tools {_listed(names)} are not at hand; bring them with --tools FILE"


def _listed(names: Sequence[str]) -> str:
    return (", ".join(names[:6]) + (", ..." if len(names) > 6 else "")) or "nothing"


def _name(spec: Any) -> str:
    function = spec.get("function") if isinstance(spec, Mapping) else None
    return str(function.get("name"))[:64] if isinstance(function, Mapping) else str(spec)[:64]
