"""Shipped tools and goals: strict schemas in two languages, and goals whose calls do what they promise in every world.

Tests every module that datagen.domains finds, whoever wrote it.
"""

from __future__ import annotations

import json
import re
import string
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Any

import jsonschema
import pytest

from datagen.domains import domains, goals, shipped_tools
from datagen.record import canonical_json
from datagen.rng import rng_for
from datagen.scenarios.goal import Drawn, Goal
from datagen.scenarios.scenario import ExpectedCall, at_path
from datagen.tools.execute import Observation, execute
from datagen.tools.tool import Tool, in_language
from datagen.tools.world import World

MOMENTS = (datetime(2026, 11, 24, 9, 15), datetime(2025, 2, 27, 20, 40), datetime(2027, 12, 30, 6, 5))
DRAWS = 50
MOST_CHARACTERS = 650
THAI = re.compile(r"[\u0e00-\u0e7f]")
TOOLS = tuple(shipped_tools().values())
GOALS = goals()

each_tool = pytest.mark.parametrize("tool", TOOLS, ids=lambda tool: tool.name)
each_goal = pytest.mark.parametrize("goal", GOALS, ids=lambda goal: goal.id)


def worlds() -> Iterator[tuple[int, World]]:
    for seed in range(DRAWS):
        yield seed, World(seed, MOMENTS[seed % len(MOMENTS)])


def fresh(world: World) -> World:
    return World(world.seed, world.now)


def drawn(goal: Goal, seed: int, world: World) -> Drawn:
    return goal.draw(rng_for(seed, "test", goal.id), world)


def resolved(value: Any, results: list[Any]) -> Any:
    """An expected argument as a value: the first of $any, what an earlier call returned for $from."""
    if isinstance(value, Mapping):
        if set(value) == {"$any"}:
            return value["$any"][0]
        if set(value) == {"$from"}:
            call, path = value["$from"]
            return at_path(results[call], path)
        return {key: resolved(each, results) for key, each in value.items()}
    return [resolved(each, results) for each in value] if isinstance(value, list | tuple) else value


def arguments_of(call: ExpectedCall, results: list[Any]) -> dict[str, Any]:
    return {name: resolved(value, results) for name, value in call.arguments.items()}


def run(calls: tuple[ExpectedCall, ...], world: World) -> list[Observation]:
    seen: list[Observation] = []
    for call in calls:
        given = arguments_of(call, [each.value for each in seen])
        seen.append(execute(shipped_tools(), world, call.name, canonical_json(given)))
    return seen


@dataclass(frozen=True)
class Play:
    """One draw of a goal and what its calls returned in a fresh world."""

    seed: int
    drawn: Drawn
    seen: list[Observation]
    state: str
    untouched: bool


@cache
def plays(goal_id: str) -> list[Play]:
    """All draws of a goal, made once for all tests."""
    goal = next(goal for goal in GOALS if goal.id == goal_id)
    found = []
    for seed, world in worlds():
        wanted, played = drawn(goal, seed, world), fresh(world)
        found.append(Play(seed, wanted, run(wanted.calls, played), played.snapshot(), world.snapshot() == "{}"))
    return found


def slots_of(text: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(text) if name is not None}


def objects_in(schema: Any) -> Iterator[Mapping[str, Any]]:
    if isinstance(schema, Mapping):
        if "properties" in schema:
            yield schema
        for value in schema.values():
            yield from objects_in(value)
    elif isinstance(schema, list | tuple):
        for value in schema:
            yield from objects_in(value)


def test_there_are_enough_of_them():
    assert len(TOOLS) >= 40
    assert len(domains()) >= 7
    assert sum(tool.writes for tool in TOOLS) >= 8


@each_tool
def test_a_schema_is_valid_and_refuses_what_it_does_not_know(tool: Tool):
    for lang in ("th", "en"):
        jsonschema.Draft202012Validator.check_schema(in_language(tool.parameters, lang))
    for schema in objects_in(tool.parameters):
        assert schema["type"] == "object"
        assert schema["additionalProperties"] is False
        assert set(schema["required"]) <= set(schema["properties"])
    assert not tool.validator.is_valid({"something_else": 1})


@each_tool
def test_every_tool_and_property_is_described_in_both_languages(tool: Tool):
    described = [
        tool.description,
        *(p["description"] for o in objects_in(tool.parameters) for p in o["properties"].values()),
    ]
    for description in described:
        assert set(description) == {"th", "en"}
        assert THAI.search(description["th"])
        assert description["en"].isascii() or not THAI.search(description["en"])


@each_tool
def test_names_are_those_of_an_api(tool: Tool):
    assert re.fullmatch(r"[a-z][a-z0-9_]{1,63}", tool.name)
    assert all(re.fullmatch(r"[a-z][a-z0-9_]*", name) for o in objects_in(tool.parameters) for name in o["properties"])


@each_tool
def test_a_property_that_could_be_anything_is_bounded(tool: Tool):
    for schema in objects_in(tool.parameters):
        for name, given in schema["properties"].items():
            bounds = {"string": {"enum", "pattern", "maxLength"}, "integer": {"maximum"}, "number": {"maximum"}}
            assert given["type"] not in bounds or bounds[given["type"]] & set(given), name


@each_tool
def test_a_tool_is_wanted_by_some_goal(tool: Tool):
    assert any(call.name == tool.name for goal in GOALS for call in drawn(goal, 0, World(0, MOMENTS[0])).calls)


def test_every_domain_says_which_it_is():
    for module in domains():
        name = module.__name__.rpartition(".")[2]
        assert {tool.domain for tool in module.TOOLS} == {name}
        assert {goal.domain for goal in module.GOALS} == {name}
    assert len({goal.id for goal in GOALS}) == len(GOALS)


@each_goal
def test_wordings_state_every_slot(goal: Goal):
    slots = set(drawn(goal, 0, World(0, MOMENTS[0])).slots)
    assert len(goal.requests) == len(set(goal.requests)) >= 4
    for request in goal.requests:
        assert slots_of(request) == slots
    for left_out, texts in goal.without.items():
        assert texts
        assert all(slots_of(text) == slots - {left_out} for text in texts)
        assert goal.asks[left_out]
        assert all(slots_of(text) == {left_out} for text in goal.supply[left_out])
    assert set(goal.without) == set(goal.supply) == set(goal.asks)


@each_goal
def test_what_is_left_out_is_not_said_by_other_words(goal: Goal):
    for play in plays(goal.id):
        slots = play.drawn.slots
        for left_out, texts in goal.without.items():
            others = {name: "" for name in slots}
            assert not any(slots[left_out] in text.format(**others) for text in texts if len(slots[left_out]) > 1)


@each_goal
def test_the_calls_of_a_goal_end_as_it_says(goal: Goal):
    for play in plays(goal.id):
        wanted, seen = play.drawn, play.seen
        assert wanted.calls
        for call, observation in zip(wanted.calls, seen, strict=True):
            assert observation.error == call.error, (play.seed, observation.content)
            assert len(observation.content) <= MOST_CHARACTERS, observation.content
            assert call.error in ("", goal.fails)
        if goal.fails:
            assert len(seen) == 1
            assert seen[0].error == goal.fails
            assert not wanted.states
        else:
            assert wanted.states


@each_goal
def test_every_value_to_state_is_there_in_its_form(goal: Goal):
    for play in plays(goal.id):
        wanted, seen = play.drawn, play.seen
        for state in wanted.states:
            value = at_path(seen[state.call].value, state.path)
            match state.form:
                case "number":
                    assert isinstance(value, int | float)
                    assert not isinstance(value, bool)
                case "date":
                    assert re.fullmatch(r"(18|19|20|21)\d\d-\d\d-\d\d", value)
                case "time":
                    assert re.fullmatch(r"\d\d:\d\d", value)
                case form:
                    assert form == "text"
                    assert isinstance(value, str)
                    assert value.strip()


@each_goal
def test_thai_arguments_stand_in_the_request_as_they_are(goal: Goal):
    for wanted in (play.drawn for play in plays(goal.id)):
        for call in wanted.calls:
            properties = shipped_tools()[call.name].parameters["properties"]
            words = [
                value
                for name, value in call.arguments.items()
                if isinstance(value, str) and THAI.search(value) and "enum" not in properties[name]
            ]
            for request in goal.requests:
                assert all(word in request.format(**wanted.slots) for word in words)


@each_goal
def test_numbers_and_codes_that_are_no_words_stand_in_a_slot(goal: Goal):
    """What is neither Thai nor a choice nor looked up must come from the request: its digits stand in some slot."""
    for wanted in (play.drawn for play in plays(goal.id)):
        said = " ".join(wanted.slots.values())
        for call in wanted.calls:
            properties = shipped_tools()[call.name].parameters["properties"]
            for name, value in call.arguments.items():
                if isinstance(value, str) and not THAI.search(value) and re.search(r"[A-Za-z]", value):
                    assert "enum" in properties[name] or value in said


@each_goal
def test_drawing_changes_nothing_and_is_the_same_every_time(goal: Goal):
    for play, (seed, world) in zip(plays(goal.id), worlds(), strict=True):
        assert play.untouched
        assert play.drawn == drawn(goal, seed, world)


@each_goal
def test_the_same_calls_leave_the_same_world(goal: Goal):
    for play, (_, world) in zip(plays(goal.id), worlds(), strict=True):
        calls = play.drawn.calls
        assert [each.content for each in run(calls, world)] == [each.content for each in play.seen]
        assert world.snapshot() == play.state
        writes = any(shipped_tools()[call.name].writes for call in calls if not call.error)
        assert (play.state != "{}") == writes


@each_goal
def test_values_vary_from_world_to_world(goal: Goal):
    assert len({canonical_json(dict(play.drawn.slots)) for play in plays(goal.id)}) >= 3


@each_tool
def test_any_arguments_that_fit_the_schema_are_answered(tool: Tool):
    """No tool breaks down over values it does not know: it returns something, or an error with a code of its own."""
    for seed, world in worlds():
        rng = rng_for(seed, "arguments", tool.name)
        given = {name: _anything(schema, rng) for name, schema in tool.parameters["properties"].items()}
        observation = execute(shipped_tools(), world, tool.name, json.dumps(given))
        assert observation.error not in ("tool_failed", "malformed_arguments", "unknown_tool"), observation.content


def _anything(schema: Mapping[str, Any], rng: Any) -> Any:
    match schema:
        case {"enum": values}:
            return rng.choice(values)
        case {"type": "integer"}:
            return rng.choice((schema["minimum"], schema["maximum"], rng.randint(schema["minimum"], schema["maximum"])))
        case {"type": "number"}:
            return rng.choice((schema["minimum"], schema["maximum"], rng.uniform(schema["minimum"], schema["maximum"])))
        case {"type": "boolean"}:
            return rng.random() < 0.5
        case {"type": "array", "items": items}:
            return [_anything(items, rng) for _ in range(rng.randint(1, 3))]
        case {"pattern": _} if "YYYY" in schema["description"]["en"]:
            return rng.choice(("2026-11-25", "2027-02-28", "2027-02-29", "2028-02-29", "2026-11-31", "1999-12-31"))
        case {"pattern": _}:
            return rng.choice(("08:30", "0812345678", "R0006A", "10300", "EB123456785TH", "1234567890"))
    return rng.choice(("ไม่มีที่นี่", "กรุงเทพ", "กรุงเทพมหานคร", "x", "🙂", "ก" * 50))
