"""One function for each kind of scenario: goals drawn and put into turns. All of them return None where this draw will
not do (two goals that make the same call, say); the caller draws again.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from datagen.scenarios.goal import Drawn
from datagen.scenarios.library import Library, Trait
from datagen.scenarios.phrases import changed, joined, next_request
from datagen.scenarios.scenario import ExpectedCall, Reply, State, Turn
from datagen.scenarios.speaker import Speaker, drawn_speaker
from datagen.tools.world import Fault, World

__all__ = ["MAKERS", "Cast", "Draft", "suitable"]

_OUTAGES = (
    "ระบบปลายทางไม่ตอบสนอง กรุณาลองใหม่อีกครั้ง",
    "บริการไม่พร้อมใช้งานชั่วคราว กรุณาลองใหม่",
    "การเชื่อมต่อหมดเวลา กรุณาลองอีกครั้ง",
)
_LASTING = 99


@dataclass(frozen=True, slots=True)
class Draft:
    """What a kind makes: turns, the tools they need (`hidden`: those that must not be on offer), words and faults.

    `words` are the slots as the user says them; they must survive any rewording.
    """

    traits: tuple[Trait, ...]
    turns: tuple[Turn, ...]
    words: tuple[str, ...]
    faults: tuple[Fault, ...] = ()
    hidden: bool = False

    @property
    def needed(self) -> tuple[str, ...]:
        return tuple(dict.fromkeys(call.name for turn in self.turns for call in turn.calls))


@dataclass(frozen=True, slots=True)
class Cast:
    """What goals are drawn with."""

    library: Library
    rng: random.Random
    seed: int
    now: datetime

    def draw(self, trait: Trait) -> Drawn:
        return trait.goal.draw(self.rng, World(self.seed, self.now))

    def request(self, trait: Trait, drawn: Drawn) -> str:
        return self.rng.choice(trait.goal.requests).format(**drawn.slots)

    def choice(self, kind: str) -> Trait:
        """A goal that suits the kind: domain first, so that a domain with many goals does not drown the others."""
        fitting = suitable(self.library, kind)
        domain = self.rng.choice(sorted({trait.goal.domain for trait in fitting}))
        return self.rng.choice([trait for trait in fitting if trait.goal.domain == domain])


def suitable(library: Library, kind: str) -> list[Trait]:
    """The goals from which a scenario of this kind can begin."""
    return [trait for trait in library.traits if _SUITS[kind](trait)]


_SUITS: Mapping[str, Callable[[Trait], bool]] = {
    "single": lambda trait: trait.plain,
    "parallel": lambda trait: trait.plain,
    "steps": lambda trait: trait.chained and not trait.fails,
    "missing_argument": lambda trait: bool(trait.missing) and not trait.fails,
    "no_tool": lambda trait: trait.plain and not trait.goal.answerable,
    "tool_error": lambda trait: not trait.chained,
    "distractors": lambda trait: trait.plain,
    "multi_turn": lambda trait: not trait.fails,
}


def _single(cast: Cast) -> Draft | None:
    trait = cast.choice("single")
    drawn = cast.draw(trait)
    request = cast.request(trait, drawn)
    speaker = drawn_speaker(cast.rng, [request])
    return Draft((trait,), (_turn(speaker.says(request, first=True), drawn),), _words(drawn))


def _steps(cast: Cast) -> Draft | None:
    trait = cast.choice("steps")
    drawn = cast.draw(trait)
    request = cast.request(trait, drawn)
    speaker = drawn_speaker(cast.rng, [request])
    return Draft((trait,), (_turn(speaker.says(request, first=True), drawn),), _words(drawn))


def _parallel(cast: Cast) -> Draft | None:
    """Two or three different goals, at most one of which changes the world: no result depends on their order."""
    count = 3 if cast.rng.random() < 0.25 else 2
    traits = [cast.choice("parallel") for _ in range(count)]
    if len({trait.goal.id for trait in traits}) < count or sum(trait.writes for trait in traits) > 1:
        return None
    draws = [cast.draw(trait) for trait in traits]
    together = _together(draws)
    if _repeats(together.calls):
        return None
    requests = [cast.request(trait, drawn) for trait, drawn in zip(traits, draws, strict=True)]
    speaker = drawn_speaker(cast.rng, requests)
    user = speaker.says(joined(requests, cast.rng), first=True)
    return Draft(tuple(traits), (_turn(user, together),), _words(*draws))


def _missing_argument(cast: Cast) -> Draft | None:
    trait = cast.choice("missing_argument")
    goal, drawn = trait.goal, cast.draw(trait)
    slot = cast.rng.choice(trait.missing)
    request = cast.rng.choice(goal.without[slot]).format(**drawn.slots)
    supply = cast.rng.choice(goal.supply[slot]).format(**drawn.slots)
    speaker = drawn_speaker(cast.rng, [request, supply])
    asked = Turn(speaker.says(request, first=True), reply=Reply("ask", words=(tuple(goal.asks[slot]),)))
    return Draft((trait,), (asked, _turn(speaker.says(supply), drawn)), _words(drawn))


def _no_tool(cast: Cast) -> Draft | None:
    trait = cast.choice("no_tool")
    drawn = cast.draw(trait)
    request = cast.request(trait, drawn)
    speaker = drawn_speaker(cast.rng, [request])
    turn = Turn(speaker.says(request, first=True), reply=Reply("decline"))
    return Draft((trait,), (turn,), _words(drawn), hidden=True)


def _tool_error(cast: Cast) -> Draft | None:
    """A goal that fails by itself; or a tool that is out of order, for a moment or for good."""
    trait = cast.choice("tool_error")
    drawn = cast.draw(trait)
    request = cast.request(trait, drawn)
    speaker = drawn_speaker(cast.rng, [request])
    user = speaker.says(request, first=True)
    if trait.fails:
        calls = (*drawn.calls[:-1], replace(drawn.calls[-1], error=trait.goal.fails))
        return Draft((trait,), (Turn(user, calls, Reply("report_error")),), _words(drawn))
    if len(drawn.calls) != 1:
        return None
    call, message = drawn.calls[0], cast.rng.choice(_OUTAGES)
    if cast.rng.random() < 0.7:
        return Draft((trait,), (_turn(user, drawn),), _words(drawn), (Fault(call.name, "unavailable", message),))
    lasting = Fault(call.name, "unavailable", message, _LASTING)
    turn = Turn(user, (replace(call, error="unavailable"),), Reply("report_error"))
    return Draft((trait,), (turn,), _words(drawn), (lasting,))


def _multi_turn(cast: Cast) -> Draft | None:
    trait = cast.choice("multi_turn")
    if cast.rng.random() < 0.5 and not trait.chained and not trait.writes and trait.goal.supply:
        return _changed_slot(cast, trait)
    return _second_goal(cast, trait)


def _second_goal(cast: Cast, first: Trait) -> Draft | None:
    second = cast.choice("multi_turn")
    if second.goal.id == first.goal.id or (first.writes and second.writes):
        return None
    draws = [cast.draw(first), cast.draw(second)]
    if _repeats([call for drawn in draws for call in drawn.calls]):
        return None
    requests = [cast.request(first, draws[0]), cast.request(second, draws[1])]
    speaker = drawn_speaker(cast.rng, requests)
    return _two_turns(cast, speaker, (first, second), draws, (requests[0], next_request(requests[1], cast.rng)))


def _changed_slot(cast: Cast, trait: Trait) -> Draft | None:
    """The same goal with one slot changed, in the shortest words that supply it."""
    drawn = cast.draw(trait)
    for _ in range(200):
        again = cast.draw(trait)
        differing = [slot for slot, words in drawn.slots.items() if again.slots.get(slot) != words]
        names = [call.name for call in again.calls]
        if (
            len(differing) == 1
            and differing[0] in trait.goal.supply
            and names == [call.name for call in drawn.calls]
            and not _repeats([*drawn.calls, *again.calls])
        ):
            break
    else:
        return None
    shortest = min(trait.goal.supply[differing[0]], key=len).format(**again.slots)
    requests = (cast.request(trait, drawn), changed(shortest, cast.rng))
    speaker = drawn_speaker(cast.rng, requests)
    return _two_turns(cast, speaker, (trait,), [drawn, again], requests)


def _two_turns(
    cast: Cast, speaker: Speaker, traits: tuple[Trait, ...], draws: Sequence[Drawn], requests: Sequence[str]
) -> Draft:
    thanks = speaker.thanks() if cast.rng.random() < 0.3 else ""
    second = _shifted(draws[1], len(draws[0].calls))
    turns = (
        _turn(speaker.says(requests[0], first=True), draws[0]),
        _turn(thanks + speaker.says(requests[1]), second),
    )
    return Draft(traits, turns, _words(*draws))


def _turn(user: str, drawn: Drawn) -> Turn:
    return Turn(user, tuple(drawn.calls), Reply("answer", tuple(drawn.states)))


def _words(*draws: Drawn) -> tuple[str, ...]:
    return tuple(dict.fromkeys(words for drawn in draws for words in drawn.slots.values()))


def _together(draws: Sequence[Drawn]) -> Drawn:
    """All of them as one, with calls numbered on."""
    calls: list[ExpectedCall] = []
    states: list[State] = []
    for drawn in draws:
        shifted = _shifted(drawn, len(calls))
        calls += shifted.calls
        states += shifted.states
    return Drawn({}, tuple(calls), tuple(states))


def _shifted(drawn: Drawn, by: int) -> Drawn:
    """`drawn` as if `by` calls had been made before."""
    calls = tuple(
        replace(call, arguments={name: _moved(value, by) for name, value in call.arguments.items()})
        for call in drawn.calls
    )
    return Drawn(drawn.slots, calls, tuple(replace(state, call=state.call + by) for state in drawn.states))


def _moved(value: Any, by: int) -> Any:
    if isinstance(value, Mapping) and "$from" in value:
        call, path = value["$from"]
        return {"$from": [call + by, path]}
    return value


def _repeats(calls: Sequence[ExpectedCall]) -> bool:
    return any(
        one.name == other.name and one.arguments == other.arguments
        for place, one in enumerate(calls)
        for other in calls[:place]
    )


MAKERS: Mapping[str, Callable[[Cast], Draft | None]] = {
    "single": _single,
    "parallel": _parallel,
    "steps": _steps,
    "missing_argument": _missing_argument,
    "no_tool": _no_tool,
    "tool_error": _tool_error,
    "distractors": _single,
    "multi_turn": _multi_turn,
}
