"""The hand-written fixtures of the proof (tests/datagen/tool_fixtures): scenarios with right and broken trajectories.

    .venv/bin/python benchmarks/tool_fixtures.py          # counts, and what the proof says otherwise than its fixtures

A fixture is written compactly; README.md beside the fixtures says how. Calls are run with the shipped tools, so that a
fixture says what an assistant does and never what a tool answers: `{0.high_c}` in a reply is the value that call 0
returned, `{0.high_c|+3}` a wrong one. Prints JSON; exits with 1 where a right trajectory is rejected, or a broken one is
accepted or rejected for another reason than the named one.
"""

from __future__ import annotations

import json
import re
import sys
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import regex
import yaml

from constraints.thai.calendar import MONTHS, SHORT_MONTHS
from constraints.thai.numbers import in_words
from datagen.domains import shipped_tools
from datagen.proof.prove import prove
from datagen.record import Message, ToolCall, canonical_json
from datagen.scenarios.reference import resolved, run_reference, world_of
from datagen.scenarios.scenario import ExpectedCall, Reply, Scenario, State, Turn, at_path
from datagen.tools.execute import execute
from datagen.tools.world import Fault, World

FOLDER = Path(__file__).parents[1] / "tests/datagen/tool_fixtures"
_TEMPLATE = regex.compile(r"\{([\w.]+)((?:\|[^|{}]+)*)\}")
_RETRY = "unavailable"
_THAI_DIGITS = str.maketrans("0123456789", "๐๑๒๓๔๕๖๗๘๙")
_CALL_EXTRAS = ("id", "result", "say")


@dataclass(frozen=True)
class Trajectory:
    """`reason`: why the proof must reject it; "" where it must accept it."""

    name: str
    scenario: Scenario
    messages: tuple[Message, ...]
    reason: str


class _PlainLoader(yaml.SafeLoader):
    """Dates and times stay text: 2026-03-17 and 08:30 are what a call holds."""


_PlainLoader.yaml_implicit_resolvers = {
    first: [(tag, pattern) for tag, pattern in known if not tag.endswith((":timestamp", ":int"))]
    for first, known in yaml.SafeLoader.yaml_implicit_resolvers.items()
}
_PlainLoader.add_implicit_resolver("tag:yaml.org,2002:int", re.compile(r"-?(?:0|[1-9][0-9]*)$"), list("-0123456789"))


def read_fixtures(folder: Path = FOLDER) -> Iterator[tuple[Scenario, list[Trajectory]]]:
    """Every fixture with its trajectories, file by file."""
    for path in sorted(folder.glob("*.yaml")):
        document = yaml.load(path.read_text(encoding="utf-8"), _PlainLoader)  # noqa: S506  a safe loader, with less
        for given in document["fixtures"]:
            yield _fixture(document["domain"], given)


def _fixture(domain: str, given: Mapping[str, Any]) -> tuple[Scenario, list[Trajectory]]:
    scenario = _scenario(domain, given)
    reference = run_reference(scenario, shipped_tools())
    scenario = replace(scenario, state=reference.state)
    stage = _Stage(scenario, reference.results, _replies_of(given["right"][0]))
    found = [
        Trajectory(f"{scenario.id} right {number}", scenario, stage.play(steps), "")
        for number, steps in enumerate(given["right"], 1)
    ]
    for number, broken in enumerate(given["broken"], 1):
        ((reason, steps),) = broken.items()
        found.append(Trajectory(f"{scenario.id} broken {number} {reason}", scenario, stage.play(steps), reason))
    return scenario, found


# the scenario


def _scenario(domain: str, given: Mapping[str, Any]) -> Scenario:
    turns = tuple(map(_turn, given["turns"] if "turns" in given else [given]))
    return Scenario(
        id=given["id"],
        kind=given["kind"],
        domain=domain,
        lang=given.get("lang", "th"),
        seed=given.get("seed", 1),
        now=str(given.get("now", "2026-03-16T09:00")),
        tools=tuple(given.get("tools") or dict.fromkeys(call.name for turn in turns for call in turn.calls)),
        turns=turns,
        system=given.get("system", ""),
        faults=tuple(Fault(*fault) for fault in given.get("faults", ())),
    )


def _turn(given: Mapping[str, Any]) -> Turn:
    kind = next((kind for kind in ("ask", "decline", "report_error") if kind in given), "answer")
    words = tuple(tuple(group) for group in given["ask"]) if kind == "ask" else ()
    states = tuple(map(_state, given.get("states", ())))
    return Turn(given["user"], tuple(map(_expected, given.get("calls", ()))), Reply(kind, states, words))


def _expected(given: Mapping[str, Any]) -> ExpectedCall:
    (name,) = (key for key in given if key not in ("optional", "error"))
    return ExpectedCall(name, given[name] or {}, given.get("optional", {}), given.get("error", ""))


def _state(written: str) -> State:
    place, _, form = written.partition(":")
    number, _, path = place.partition(".")
    if not number.isdecimal():
        number, path = "0", place
    return State(int(number), path, form or "number")


# trajectories


def _replies_of(steps: Any) -> list[str]:
    return [step for step in (steps if isinstance(steps, list) else [steps]) if isinstance(step, str)]


@dataclass
class _Stage:
    """Plays written steps of one scenario. `results`: what the expected calls return, for templates."""

    scenario: Scenario
    results: list[Any]
    right_replies: list[str]

    def play(self, steps: Any) -> tuple[Message, ...]:
        steps = list(steps) if isinstance(steps, list) else [steps]
        show = _Show(self.scenario, self.results, world_of(self.scenario))
        system = self.scenario.system
        if steps and isinstance(steps[0], dict) and "system" in steps[0]:
            system = steps.pop(0)["system"]
        if system:
            show.messages.append(Message("system", system))
        first = 0
        for number, turn in enumerate(self.scenario.turns):
            if not steps and number:
                break
            own = steps.pop(0)["user"] if steps and isinstance(steps[0], dict) and "user" in steps[0] else turn.user
            show.messages.append(Message("user", own))
            if steps and isinstance(steps[0], str):
                show.expected_calls(range(first, first + len(turn.calls)))
            first += len(turn.calls)
            while steps and not isinstance(steps[0], str) and not (isinstance(steps[0], dict) and "user" in steps[0]):
                show.step(steps.pop(0))
            if steps and isinstance(steps[0], str):
                reply = steps.pop(0)
                show.reply(self.right_replies[min(number, len(self.right_replies) - 1)] if reply == "=" else reply)
        for step in steps:
            show.reply(step) if isinstance(step, str) else show.step(step)
        return tuple(show.messages)


@dataclass
class _Show:
    """A conversation as it grows."""

    scenario: Scenario
    results: list[Any]
    world: World
    messages: list[Message] = field(default_factory=list)
    calls: int = 0

    def expected_calls(self, numbers: range) -> None:
        """The scenario's own calls: in one message in a parallel scenario, else one by one, again after an outage."""
        wanted = [self.scenario.calls[number] for number in numbers]
        plain = [{call.name: resolved(call.arguments, self.results)} for call in wanted]
        if self.scenario.kind == "parallel" and plain:
            self.step(plain)
            return
        for call, made in zip(wanted, plain, strict=True):
            for _ in range(3):
                self.step(made)
                if call.error == _RETRY or f'"code":"{_RETRY}"' not in self.messages[-1].content:
                    break

    def step(self, step: Any) -> None:
        """One message of calls with their results, or (`role: text`) any message."""
        if not step:
            return
        role = next((role for role in ("user", "system", "tool", "assistant") if isinstance(step, dict) and role in step), "")
        if role:
            answers = step.get("answers", "") if isinstance(step, dict) else ""
            self.messages.append(Message(role, self.filled(step[role]), tool_call_id=answers))
            return
        together = step if isinstance(step, list) else [step]
        calls, results = [], []
        for given in together:
            (name,) = (key for key in given if key not in _CALL_EXTRAS)
            self.calls += 1
            arguments = given[name]
            text = arguments if isinstance(arguments, str) else canonical_json(self.filled(arguments or {}))
            calls.append(ToolCall(given.get("id", f"call_{self.calls}"), name, text))
            offered = {tool: shipped_tools()[tool] for tool in self.scenario.tools}
            seen = execute(offered, self.world, name, text).content
            result = self.filled(given["result"]) if given.get("result") else seen
            if "result" not in given or given["result"] is not None:
                results.append(Message("tool", result, tool_call_id=calls[-1].id))
        say = " ".join(given["say"] for given in together if "say" in given)
        self.messages += [Message("assistant", self.filled(say), tuple(calls)), *results]

    def reply(self, text: str) -> None:
        self.messages.append(Message("assistant", self.filled(text)))

    def filled(self, value: Any) -> Any:
        """Templates replaced by what the expected calls return; a whole template keeps its type."""
        if isinstance(value, dict):
            return {key: self.filled(each) for key, each in value.items()}
        if isinstance(value, list):
            return [self.filled(each) for each in value]
        if not isinstance(value, str):
            return value
        if (whole := _TEMPLATE.fullmatch(value)) and not whole[2]:
            return self.value(whole[1])
        return _TEMPLATE.sub(lambda found: _shown(self.value(found[1]), found[2].split("|")[1:]), value)

    def value(self, place: str) -> Any:
        number, _, path = place.partition(".")
        return at_path(self.results[int(number)], path) if number.isdecimal() else at_path(self.results[0], place)


def _shown(value: Any, filters: list[str]) -> str:
    for name in filters:
        value = _filtered(value, name)
    return str(value)


def _filtered(value: Any, name: str) -> Any:
    """One way to write a value: see README.md of the fixtures."""
    if name[0] in "+-*" and name[1:].replace(".", "", 1).isdecimal():
        number, by = Decimal(str(value)), Decimal(name[1:])
        return number + by if name[0] == "+" else number - by if name[0] == "-" else number * by
    if name.startswith("."):
        return f"{Decimal(str(value)):,.{int(name[1:])}f}"
    if name in ("be", "short", "ce", "slash", "day"):
        day = date.fromisoformat(str(value)[:10])
        return {
            "be": f"{day.day} {MONTHS[day.month - 1]} {day.year + 543}",
            "short": f"{day.day} {SHORT_MONTHS[day.month - 1]} {(day.year + 543) % 100}",
            "ce": f"{day.day} {MONTHS[day.month - 1]} ค.ศ. {day.year}",
            "slash": f"{day.day}/{day.month}/{day.year + 543}",
            "day": f"{day.day} {MONTHS[day.month - 1]}",
        }[name]
    match name:
        case ",":
            return f"{Decimal(str(value)):,}"
        case "thai":
            return str(value).translate(_THAI_DIGITS)
        case "words":
            return in_words(int(value))
        case "dot":
            return f"{int(str(value)[:2])}.{str(value)[3:5]}"
    raise ValueError(f"{name!r} is no way to write a value")


# what the proof says of them


def wrong_verdict(trajectory: Trajectory) -> str:
    """How the proof differs from the fixture; "" where it does not."""
    verdicts = prove(trajectory.scenario, trajectory.messages, shipped_tools())
    failed = [verdict.reason for verdict in verdicts if verdict.outcome != "PASS"]
    if not trajectory.reason:
        return f"{trajectory.name}: rejected for {failed}" if failed else ""
    if not failed:
        return f"{trajectory.name}: accepted"
    if failed[0].partition(":")[0] != trajectory.reason:
        return f"{trajectory.name}: rejected for {failed}"
    return ""


def main() -> int:
    fixtures = list(read_fixtures())
    trajectories = [trajectory for _, found in fixtures for trajectory in found]
    wrong = [said for trajectory in trajectories if (said := wrong_verdict(trajectory))]
    report = {
        "fixtures": len(fixtures),
        "right": sum(not trajectory.reason for trajectory in trajectories),
        "broken": sum(bool(trajectory.reason) for trajectory in trajectories),
        "kinds": dict(Counter(scenario.kind for scenario, _ in fixtures)),
        "domains": dict(Counter(scenario.domain for scenario, _ in fixtures)),
        "reasons": dict(Counter(each.reason for each in trajectories if each.reason).most_common()),
        "wrong": wrong,
    }
    print(json.dumps(report, ensure_ascii=False, indent=1))
    return bool(wrong)


if __name__ == "__main__":
    sys.exit(main())
