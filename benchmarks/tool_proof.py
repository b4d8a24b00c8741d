"""How many tool-use trajectories a second are proven on one core: schema validation, execution and all checks.

    .venv/bin/python benchmarks/tool_proof.py [--rows 4000] [--repeats 5]

The trajectories are the reference conversations of scenarios drawn from all goals and kinds, and the hand-written
fixtures, right and broken. Each is proven once before the clock starts only in the run called `again`; the run
called `fresh` meets every row for the first time, with code and patterns warmed by other rows. CPU time of this
process; prints JSON.
"""

from __future__ import annotations

import argparse
import gc
import importlib.util
import json
import statistics
import sys
import time
from collections import Counter
from pathlib import Path

from datagen.domains import goals, shipped_tools
from datagen.proof.prove import prove
from datagen.record import Message
from datagen.scenarios.drawing import ScenarioPlan
from datagen.scenarios.library import Library
from datagen.scenarios.reference import reference_messages
from datagen.scenarios.scenario import Scenario

Row = tuple[Scenario, tuple[Message, ...]]
_WARMING = 300
_CHUNK = 250


def drawn(count: int, seed: int) -> list[Row]:
    """Reference conversations of scenarios of every kind."""
    tools = shipped_tools()
    plan = ScenarioPlan(Library(tools, goals()), seed)
    scenarios = [plan.scenario(number).scenario for number in range(count)]
    return [(scenario, reference_messages(scenario, tools)) for scenario in scenarios]


def written() -> list[Row]:
    """The hand-written fixtures."""
    spec = importlib.util.spec_from_file_location("tool_fixtures", Path(__file__).with_name("tool_fixtures.py"))
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules["tool_fixtures"] = module
    spec.loader.exec_module(module)
    return [(each.scenario, each.messages) for _, found in module.read_fixtures() for each in found]


def rate(rows: list[Row]) -> float:
    """Trajectories a second of CPU time."""
    tools = shipped_tools()
    started = time.process_time()
    for scenario, messages in rows:
        prove(scenario, messages, tools)
    return len(rows) / (time.process_time() - started)


def rates(rows: list[Row]) -> list[float]:
    """The rate of each chunk: on a machine that others use as well, the best one says what the code can do."""
    return [rate(rows[start : start + _CHUNK]) for start in range(0, len(rows) - _CHUNK + 1, _CHUNK)]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=4000)
    parser.add_argument("--repeats", type=int, default=5)
    arguments = parser.parse_args()
    rate(drawn(_WARMING, seed=1))
    rows, fixtures = drawn(arguments.rows, seed=2), written()
    gc.collect()
    gc.freeze()  # a build streams its rows; here all of them are held, which the collector would walk again and again
    fresh, fresh_fixtures = rates(rows), rates(fixtures)
    again = [each for _ in range(arguments.repeats) for each in rates(rows)]
    report = {
        "trajectories": len(rows),
        "kinds": dict(Counter(scenario.kind for scenario, _ in rows)),
        "calls": sum(len(message.tool_calls) for _, messages in rows for message in messages),
        "fresh_per_cpu_second": _summary(fresh),
        "again_per_cpu_second": _summary(again),
        "fixtures": len(fixtures),
        "fresh_fixtures_per_cpu_second": _summary(fresh_fixtures),
    }
    print(json.dumps(report, indent=1))


def _summary(chunks: list[float]) -> dict[str, int]:
    return {"median": round(statistics.median(chunks)), "best": round(max(chunks))}


if __name__ == "__main__":
    main()
