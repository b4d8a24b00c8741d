"""`goals:` of a tools file as Goal objects, so that scenarios are made of own tools like of shipped ones.

A slot is drawn from a list (of words, or of {say, value} where the argument is another value than the words), or is a
date (`{date: [1, 30]}`: so many days from now, said in Thai, ISO in the argument), or a number (`{number: [1, 5]}`).
An argument "{slot}" is the slot's value as it is; in a longer text it is put in as text. Everything is checked when the
file is read: placeholders, tools, arguments against the tool's schema, references to earlier calls.
"""

from __future__ import annotations

import random
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Annotated, Any, Literal

from jsonschema.exceptions import best_match
from pydantic import BaseModel, ConfigDict, Discriminator, Field, Tag, ValidationError, model_validator

from datagen.errors import ToolFileError
from datagen.own_tools.definitions import shown
from datagen.scenarios.goal import Drawn, Goal
from datagen.scenarios.scenario import ExpectedCall, State
from datagen.tools.tool import Tool
from datagen.tools.words import thai_date
from datagen.tools.world import World

__all__ = ["goals_of"]

_SLOT = re.compile(r"\{([a-z][a-z0-9_]*)\}")
_SOME_DAY = datetime(2026, 1, 15, 9)
_Texts = Annotated[list[str], Field(min_length=1)]


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class _Said(_Part):
    say: Annotated[str, Field(min_length=1)]
    value: Any


class _Range(_Part):
    """Exactly one of the two; both ends are drawn, too."""

    date: tuple[int, int] | None = None
    number: tuple[int, int] | None = None

    @model_validator(mode="after")
    def _one(self) -> _Range:
        bounds = [each for each in (self.date, self.number) if each is not None]
        if len(bounds) != 1 or bounds[0][0] > bounds[0][1]:
            raise ValueError("give one of date: [FROM, TO] (days from now) or number: [FROM, TO]")
        return self


class _Call(_Part):
    tool: str
    arguments: dict[str, Any] = Field(default_factory=dict)
    optional: dict[str, Any] = Field(default_factory=dict)
    error: str = ""


class _State(_Part):
    call: Annotated[int, Field(ge=0)] = 0
    path: str
    form: Literal["text", "number", "date", "time"] = "text"


def _shape(given: Any) -> str:
    return "words" if isinstance(given, list) else "range"


_Slot = Annotated[Annotated[list[str | _Said], Tag("words")] | Annotated[_Range, Tag("range")], Discriminator(_shape)]


class _Given(_Part):
    id: Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]*\.[a-z][a-z0-9_.]*$", max_length=80)]
    topic: Annotated[str, Field(min_length=1)]
    slots: dict[Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]*$")], _Slot] = Field(default_factory=dict)
    requests: _Texts
    without: dict[str, _Texts] = Field(default_factory=dict)
    supply: dict[str, _Texts] = Field(default_factory=dict)
    asks: dict[str, _Texts] = Field(default_factory=dict)
    calls: Annotated[list[_Call], Field(min_length=1)]
    states: list[_State] = Field(default_factory=list)
    fails: str = ""


def goals_of(
    given: Sequence[Any], file: str, tools: Mapping[str, Tool], before: Sequence[Goal], *, all_tools: bool = True
) -> list[Goal]:
    """The goals of one file. `before`: those that are there already, whose ids are taken. `all_tools` is false where
    servers were not asked for theirs: goals that need others than `tools` are then left out.

    Raises:
        ToolFileError: naming file, goal and field.
    """
    taken = {goal.id for goal in before}
    found: list[Goal] = []
    for number, entry in enumerate(given):
        name = entry.get("id") if isinstance(entry, Mapping) else None
        place = f"{file}, goal {shown(str(name))}" if name else f"{file}, goals.{number}"
        try:
            goal = _Given.model_validate(entry)
        except ValidationError as exc:
            raise ToolFileError(f"{place}: {_explained(exc.errors()[0])}") from exc
        if goal.id in taken:
            raise ToolFileError(f"{place}: another goal has that id")
        taken.add(goal.id)
        if not all_tools and not all(call.tool in tools for call in goal.calls):
            continue
        _check(goal, place, tools)
        found.append(_goal(goal))
    return found


def _explained(error: Any) -> str:
    spot = shown(".".join(map(str, error["loc"])))
    if error["type"] == "missing":
        return f"the key {spot!r} is required"
    if error["type"] == "extra_forbidden":
        return f"unknown key {spot!r}; known: {', '.join(_Given.model_fields)}"
    given = "" if isinstance(error["input"], dict | list) else f" (given: {shown(str(error['input']))!r})"
    return f"{spot}: {error['msg']}{given}"


def _goal(given: _Given) -> Goal:
    return Goal(
        given.id,
        _Draw(given),
        tuple(given.requests),
        given.topic,
        {slot: tuple(texts) for slot, texts in given.without.items()},
        {slot: tuple(texts) for slot, texts in given.supply.items()},
        {slot: tuple(texts) for slot, texts in given.asks.items()},
        given.fails,
    )


@dataclass(frozen=True)
class _Draw:
    given: _Given

    def __call__(self, rng: random.Random, world: World) -> Drawn:
        said, values = {}, {}
        for slot, choice in self.given.slots.items():
            said[slot], values[slot] = _drawn(choice, rng, world)
        calls = tuple(
            ExpectedCall(call.tool, _filled(call.arguments, values), _filled(call.optional, values), call.error)
            for call in self.given.calls
        )
        return Drawn(said, calls, tuple(State(state.call, state.path, state.form) for state in self.given.states))


def _drawn(choice: list[str | _Said] | _Range, rng: random.Random, world: World) -> tuple[str, Any]:
    """The words, and the value they stand for."""
    if isinstance(choice, _Range):
        if choice.number is not None:
            number = rng.randint(*choice.number)
            return str(number), number
        assert choice.date is not None
        day = world.now.date() + timedelta(days=rng.randint(*choice.date))
        return thai_date(day, rng), day.isoformat()
    one = rng.choice(choice)
    return (one, one) if isinstance(one, str) else (one.say, one.value)


def _filled(value: Any, values: Mapping[str, Any]) -> Any:
    if isinstance(value, dict):
        return {key: _filled(each, values) for key, each in value.items()}
    if isinstance(value, list):
        return [_filled(each, values) for each in value]
    if not isinstance(value, str):
        return value
    if (whole := _SLOT.fullmatch(value)) and whole[1] in values:
        return values[whole[1]]
    return _SLOT.sub(lambda match: str(values.get(match[1], match[0])), value)


def _check(goal: _Given, place: str, tools: Mapping[str, Tool]) -> None:
    slots = set(goal.slots)
    for slot, choice in goal.slots.items():
        if choice == []:
            raise ToolFileError(f"{place}: slots.{slot}: the list is empty")
    for number, text in enumerate(goal.requests):
        _require_slots(text, slots, f"{place}: requests.{number}")
    for field in ("without", "supply", "asks"):
        for slot in getattr(goal, field):
            if slot not in slots:
                raise ToolFileError(f"{place}: {field}: there is no slot {shown(slot)!r}")
    for slot, texts in goal.without.items():
        if slot not in goal.supply or slot not in goal.asks:
            raise ToolFileError(f"{place}: without.{slot} needs supply.{slot} and asks.{slot}, too")
        for number, text in enumerate(texts):
            _require_slots(text, slots - {slot}, f"{place}: without.{slot}.{number}")
    for slot, texts in goal.supply.items():
        for number, text in enumerate(texts):
            _require_slots(text, {slot}, f"{place}: supply.{slot}.{number}")
    # Several draws, for a list may hold one value that does not fit.
    for seed in range(20):
        world = World(seed, _SOME_DAY)
        _check_calls(_Draw(goal)(random.Random(seed), world), goal, place, tools)
    for number, state in enumerate(goal.states):
        if state.call >= len(goal.calls):
            raise ToolFileError(f"{place}: states.{number}: there is no call {state.call} (they are numbered from 0)")
    if not goal.fails and not goal.states:
        raise ToolFileError(f"{place}: states: name at least one returned value that the answer must tell")
    if goal.fails and len(goal.calls) != 1:
        raise ToolFileError(f"{place}: fails goes with exactly one call")


def _require_slots(text: str, wanted: set[str], place: str) -> None:
    found = set(_SLOT.findall(text))
    for slot in sorted(wanted - found):
        raise ToolFileError(f"{place}: the slot {{{slot}}} must stand in it")
    for slot in sorted(found - wanted):
        raise ToolFileError(f"{place}: there is no slot {{{slot}}} to put in here")
    if "{" in _SLOT.sub("", text):
        raise ToolFileError(f"{place}: a slot is written {{name}} (a-z, 0-9, _)")


def _check_calls(drawn: Drawn, goal: _Given, place: str, tools: Mapping[str, Tool]) -> None:
    for number, call in enumerate(drawn.calls):
        spot = f"{place}: calls.{number}"
        tool = tools.get(call.name)
        if tool is None:
            raise ToolFileError(
                f"{spot}: there is no tool {shown(call.name)!r} (own tools: {', '.join(tools) or 'none'})"
            )
        given, open_names = {}, set()
        for name, value in {**call.arguments, **call.optional}.items():
            if isinstance(value, dict) and len(value) == 1 and set(value) & {"$from", "$any"}:
                open_names.add(name)
                if "$from" in value:
                    _check_from(value["$from"], number, f"{spot}.arguments.{name}")
            else:
                given[name] = value
        errors = [error for error in tool.validator.iter_errors(given) if not _filled_later(error, open_names)]
        if error := best_match(errors):
            where = ".".join(map(str, ("arguments", *error.absolute_path)))
            raise ToolFileError(f"{spot}.{where}: {call.name} does not take it: {error.message[:200]}")


def _filled_later(error: Any, names: set[str]) -> bool:
    """Only a value that is known when the calls are made is missing."""
    return error.validator == "required" and any(error.message.startswith(repr(name)) for name in names)


def _check_from(value: Any, number: int, spot: str) -> None:
    if not (isinstance(value, list) and len(value) == 2 and isinstance(value[0], int) and isinstance(value[1], str)):
        raise ToolFileError(f'{spot}: $from is written {{"$from": [call, "path.to.value"]}}')
    if not 0 <= value[0] < number:
        raise ToolFileError(f"{spot}: $from must name an earlier call (given: {value[0]})")
