"""Made calls against expected ones: each expected call once, in its turn, after the results it needs.

A call that met "unavailable" is an attempt: it may be made again, and must be where the scenario expects a result.
Calls are matched one to one within a turn, in any order but for `$from`; what is left over says what went wrong.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from datagen.proof.arguments import compact, difference, fits, leaves, sources_of
from datagen.proof.played import MadeCall, Played
from datagen.proof.reasons import Finding
from datagen.record import canonical_json
from datagen.scenarios.scenario import ExpectedCall, Scenario
from datagen.tools.execute import Observation, read_arguments
from datagen.tools.tool import Tool

__all__ = ["UNAVAILABLE", "Made", "Matched", "match_calls"]

UNAVAILABLE = "unavailable"
_MAX_TRIES = 2_000
_UNREAD = ("unknown_tool", "malformed_arguments", "not_run")
_REFUSED = ("malformed_arguments", "invalid_arguments")


@dataclass(slots=True)
class Made:
    """A made call with its arguments as data (None where they are no object) and what came of it."""

    call: MadeCall
    turn: int
    given: dict[str, Any] | None
    seen: Observation


@dataclass(slots=True)
class Matched:
    """`results`: number of an expected call -> what it returned. Findings of the two checks, in the order found."""

    results: dict[int, Any] = field(default_factory=dict)
    arguments: list[Finding] = field(default_factory=list)
    calls: list[Finding] = field(default_factory=list)


@dataclass(slots=True)
class _Turn:
    """One turn's expected calls, with their numbers, and what was made in it."""

    expected: dict[int, ExpectedCall]
    made: list[Made]
    taken: dict[int, Made] = field(default_factory=dict)
    loose: list[Made] = field(default_factory=list)


def match_calls(
    scenario: Scenario,
    played: Played,
    observations: tuple[Observation, ...],
    tools: Mapping[str, Tool],
) -> Matched:
    """Who is who, and what is wrong with the rest."""
    matched, turns = Matched(), _turns(scenario, played, observations)
    made_before: dict[int, Made] = {}
    for turn in turns:
        _assign(turn, matched.results, made_before)
        made_before |= turn.taken
    for number, turn in enumerate(turns):
        _explain(scenario, turns, number, turn, matched, tools)
    return matched


def _turns(scenario: Scenario, played: Played, observations: tuple[Observation, ...]) -> list[_Turn]:
    turns, seen, first = [], iter(observations), 0
    for number in range(max(len(scenario.turns), len(played.turns))):
        expected = scenario.turns[number].calls if number < len(scenario.turns) else ()
        calls = played.turns[number].calls if number < len(played.turns) else []
        made = [Made(call, number, *_read(call.arguments, next(seen))) for call in calls]
        turns.append(_Turn(dict(enumerate(expected, first)), made))
        first += len(expected)
    return turns


def _read(arguments: str, seen: Observation) -> tuple[dict[str, Any] | None, Observation]:
    if seen.error not in _UNREAD:
        return json.loads(arguments or "{}"), seen  # read once already, and found to be an object
    given = read_arguments(arguments)
    return (None if isinstance(given, Observation) else given), seen


def _assign(turn: _Turn, results: dict[int, Any], before: Mapping[int, Made]) -> None:
    """Gives each expected call the made one that is it, as many as can be; the others stay loose."""
    finals = [made for made in turn.made if made.given is not None and made.seen.error != UNAVAILABLE]
    attempts = [made for made in turn.made if made.given is not None and made.seen.error == UNAVAILABLE]
    best = _search(list(turn.expected.items()), finals, dict(before), results, [_MAX_TRIES])
    for number, made in best.items():
        turn.taken[number] = made
        results[number] = made.seen.value
    used = {id(made) for made in best.values()}
    for number, call in turn.expected.items():
        tries = [m for m in attempts if id(m) not in used and m.call.name == call.name and _fits(call, m, results)]
        if call.error == UNAVAILABLE and tries:
            turn.taken[number] = tries[-1]
            results[number] = tries[-1].seen.value
        taken = turn.taken.get(number)
        used.update(id(made) for made in tries if taken is None or made.call.round <= taken.call.round)
    turn.loose = [made for made in turn.made if id(made) not in used]


def _search(
    wanted: list[tuple[int, ExpectedCall]],
    finals: list[Made],
    before: dict[int, Made],
    results: Mapping[int, Any],
    tries: list[int],
) -> dict[int, Made]:
    """The largest one-to-one matching; the first one found is nearly always whole."""
    if not wanted or tries[0] <= 0:
        return {}
    tries[0] -= 1
    (number, call), rest = wanted[0], wanted[1:]
    best: dict[int, Made] = {}
    needs = list(sources_of(call.arguments)) + list(sources_of(call.optional))
    for made in finals:
        if made.call.name != call.name or not _in_time(made, needs, before) or not _fits(call, made, results):
            continue
        left = [other for other in finals if other is not made]
        found = {number: made} | _search(
            rest, left, before | {number: made}, {**results, number: made.seen.value}, tries
        )
        if len(found) == len(wanted):
            return found
        best = max(best, found, key=len)
    without = _search(rest, finals, before, results, tries)
    return without if len(without) > len(best) else best


def _fits(call: ExpectedCall, made: Made, results: Mapping[int, Any]) -> bool:
    return made.given is not None and fits(call, made.given, results)


def _in_time(made: Made, needs: list[int], before: Mapping[int, Made]) -> bool:
    """Whether the results that the call needs were there when it was made."""
    return all(need in before and before[need].call.round < made.call.round for need in needs)


def _explain(
    scenario: Scenario,
    turns: list[_Turn],
    number: int,
    turn: _Turn,
    matched: Matched,
    tools: Mapping[str, Tool],
) -> None:
    """What is wrong in one turn: outcomes that differ, calls left over, calls not made."""
    for index, made in turn.taken.items():
        if made.seen.error != turn.expected[index].error:
            reason = "invalid_arguments" if made.seen.error in _REFUSED else "wrong_outcome"
            finding = Finding(reason, f"{made.call.name} ends with {made.seen.error or 'a result'}")
            (matched.arguments if reason == "invalid_arguments" else matched.calls).append(finding)
    open_calls = {index: call for index, call in turn.expected.items() if index not in turn.taken}
    for made in turn.loose:
        if made.seen.error == "unknown_tool":
            continue
        if made.given is None:
            matched.arguments.append(Finding("malformed_arguments", f"{made.call.name}: {made.call.arguments[:80]!r}"))
            open_calls.pop(_nearest(made, open_calls, matched.results), None)
            continue
        finding = _strange(scenario, turns, number, turn, made, open_calls, matched)
        if finding is not None:
            matched.calls.append(finding)
            continue
        nearest = _nearest(made, open_calls, matched.results)
        assert nearest is not None
        call = open_calls.pop(nearest)
        if not all(need in matched.results for need in sources_of(call.arguments)):
            continue  # what it needs was skipped, which is said below
        matched.arguments += _differences(scenario, turns, call, made, matched, tools)
    for call in open_calls.values():
        matched.calls.append(_not_made(turns, number, turn, call, matched))


def _strange(
    scenario: Scenario,
    turns: list[_Turn],
    number: int,
    turn: _Turn,
    made: Made,
    open_calls: Mapping[int, ExpectedCall],
    matched: Matched,
) -> Finding | None:
    """Why a call that matches nothing should not have been made; None where it only has wrong arguments."""
    shown = f"{made.call.name}({made.call.arguments[:80]})"
    kind = scenario.turns[number].reply.kind if number < len(scenario.turns) else "answer"
    if kind == "ask" and not turn.expected:
        return Finding("called_when_it_must_ask", shown)
    if kind == "decline" and not turn.expected:
        return Finding("called_without_tool", shown)
    candidates = [call for call in open_calls.values() if call.name == made.call.name]
    for call in candidates:
        if _fits(call, made, matched.results):
            return Finding("premature_call", f"{shown} is made before the result it needs")
    for other, elsewhere in enumerate(turns):
        for index, call in elsewhere.expected.items():
            if call.name == made.call.name and _fits(call, made, matched.results):
                if other == number or (index in elsewhere.taken and other < number):
                    return Finding("repeated_call", f"{shown} had its result already")
                if not candidates:
                    return Finding("wrong_turn", f"{shown} belongs to turn {other + 1}")
    if candidates:
        return None
    return Finding("extra_call", shown)


def _nearest(made: Made, open_calls: Mapping[int, ExpectedCall], results: Mapping[int, Any]) -> int | None:
    """The open call of that name whose arguments agree with most of the given ones."""
    named = [index for index, call in open_calls.items() if call.name == made.call.name]
    given = made.given or {}
    return max(
        named,
        key=lambda index: sum(
            fits(ExpectedCall("", {key: value}), {key: given[key]}, results)
            for key, value in open_calls[index].arguments.items()
            if key in given
        ),
        default=None,
    )


def _differences(
    scenario: Scenario,
    turns: list[_Turn],
    call: ExpectedCall,
    made: Made,
    matched: Matched,
    tools: Mapping[str, Tool],
) -> list[Finding]:
    results = [
        compact(other.seen.content)
        for turn in turns
        for other in turn.made
        if other.call.round < made.call.round and not other.seen.error
    ]
    said = "\n".join([compact(scenario.system), *(compact(turn.user) for turn in scenario.turns[: made.turn + 1]), *results])
    fields = tools[call.name].parameters.get("properties", {}) if call.name in tools else {}
    choices = {key for key, field in fields.items() if isinstance(field, Mapping) and "enum" in field}

    def stands(key: str, text: str) -> bool:
        # In a result, a quote mark within a name is escaped.
        return key in choices or compact(text) in said or compact(canonical_json(text)[1:-1]) in said

    found = difference(
        call,
        made.given or {},
        matched.results,
        [value for other in scenario.calls if other is not call for value in other.arguments.values()],
        made.seen.error in _REFUSED,
        stands,
    )
    return [found] if found else []


def _not_made(turns: list[_Turn], number: int, turn: _Turn, call: ExpectedCall, matched: Matched) -> Finding:
    """Why an expected call is missing."""
    for made in turn.made:
        if made.seen.error == UNAVAILABLE and made.call.name == call.name and _fits(call, made, matched.results):
            return Finding("no_retry", f"{call.name} was unavailable and is not called again")
    for other, elsewhere in enumerate(turns):
        if other != number and any(m.call.name == call.name and _fits(call, m, matched.results) for m in elsewhere.loose):
            return Finding("wrong_turn", f"{call.name} is called in turn {other + 1}, not in turn {number + 1}")
    shown = ", ".join(str(leaf) for leaf in leaves(call.arguments))
    return Finding("skipped_step", f"{call.name} ({shown[:80]}) is not called")
