"""`scenarios`: scenario records without end, what `seed` is to instructions.

A record holds the system turn, the user's first turn, the tools on offer and the scenario; the conversation is still to
be had. Ids say it all: `tool-000123/c0` is the first candidate of scenario 123 of this seed. `keywords` are the words
of arguments, for a stage that rewords.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from itertools import count

from datagen.record import Message, Provenance, Record, Source, canonical_json, code_version
from datagen.scenarios.drawing import ScenarioPlan, Written
from datagen.splits import TOOL
from datagen.tools.tool import Tool

__all__ = ["SOURCE", "record_of", "scenario_records"]

SOURCE = "typhoon-data-scenarios-th"
_LICENSE = "Apache-2.0"


def scenario_records(
    plan: ScenarioPlan,
    candidates: int,
    *,
    attempts: int,
    closed: Callable[[str, int], bool] = lambda split, number: False,
) -> Iterator[Record]:
    """At most `attempts` records; none more once the split is `closed` at the next one's number."""
    made = 0
    for number in count():
        written = plan.scenario(number)
        for index in range(candidates):
            if made == attempts or closed(TOOL, made):
                return
            yield record_of(written, plan.library.tools, index, made)
            made += 1


def record_of(written: Written, tools: Mapping[str, Tool], index: int = 0, number: int = 0) -> Record:
    """Candidate `index` of a scenario, as it begins."""
    scenario = written.scenario
    first = scenario.turns[0].user
    system = (Message("system", scenario.system),) if scenario.system else ()
    return Record(
        id=f"{scenario.id}/c{index}",
        group=scenario.id,
        sample_index=index,
        lang=scenario.lang,
        source=Source(SOURCE, scenario.id, _LICENSE),
        messages=(*system, Message("user", first)),
        prompt=first,
        keywords=written.words,
        tools=canonical_json([tools[name].spec(scenario.lang) for name in scenario.tools]),
        scenario=canonical_json(scenario.as_dict()),
        provenance=Provenance(code_version=code_version()),
        split=TOOL,
        number=number,
    )
