"""A situation as data: what the user says turn by turn, which calls must be made, what each reply must do.

A scenario is stored with its row, so that anybody can run the calls again and check the row against it. Values in it
are plain JSON. An expected argument is a value, or one of two forms:

    {"$any": [value, ...]}                any of these values
    {"$from": [call, "path.to.value"]}    what an earlier call (its number over the whole scenario) returned there

A path names keys and list places: "trains.0.departs"; "" is the whole result.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

from datagen.tools.world import Fault

__all__ = ["KINDS", "TURNS_MAX", "ExpectedCall", "Reply", "Scenario", "State", "Turn", "at_path"]

KINDS = (
    "single",  # one call
    "parallel",  # several calls that do not need each other, asked for in one breath
    "steps",  # a later call needs what an earlier one returned
    "missing_argument",  # the assistant must ask before it can call
    "no_tool",  # nothing on offer helps: say so, and answer what can be answered
    "tool_error",  # a call fails: try again, or tell what happened
    "distractors",  # one call, among many tools that do not fit
    "multi_turn",  # the user comes back with more
)
TURNS_MAX = 2
"""Turns of the user in a scenario of ours."""


@dataclass(frozen=True, slots=True)
class ExpectedCall:
    """A call that must be made. `optional`: arguments that may be left out, with the values they may have.

    `error`: the code it must end with; "" for a result. A call with the code "unavailable" may be made again.
    """

    name: str
    arguments: Mapping[str, Any]
    optional: Mapping[str, Any] = field(default_factory=dict)
    error: str = ""


@dataclass(frozen=True, slots=True)
class State:
    """A returned value that the reply must state: where it stands (`call`, `path`) and as what it is read.

    `form`: text (those words), number, date (ISO in the result; Buddhist or Common Era in Thai words or digits in the
    reply), time (HH:MM in the result).
    """

    call: int
    path: str
    form: str = "text"


@dataclass(frozen=True, slots=True)
class Reply:
    """What the assistant's last message of a turn must do.

    `kind`: answer (with all `states`), ask (for what is missing: one of the words of each group in `words` stands in
    it), decline (say that it cannot look this up), report_error (say that it did not work).
    """

    kind: str = "answer"
    states: tuple[State, ...] = ()
    words: tuple[tuple[str, ...], ...] = ()


@dataclass(frozen=True, slots=True)
class Turn:
    """What the user says, the calls that must follow before the reply, and the reply."""

    user: str
    calls: tuple[ExpectedCall, ...] = ()
    reply: Reply = field(default_factory=Reply)


@dataclass(frozen=True, slots=True)
class Scenario:
    """`seed` and `now` (ISO, Thai time) make its world; `tools` are the names on offer; `lang` is that of their
    descriptions and of the conversation. `state`: the world's state after all calls, as World.snapshot gives it.
    """

    id: str
    kind: str
    domain: str
    lang: str
    seed: int
    now: str
    tools: tuple[str, ...]
    turns: tuple[Turn, ...]
    system: str = ""
    faults: tuple[Fault, ...] = ()
    state: str = "{}"

    @property
    def calls(self) -> tuple[ExpectedCall, ...]:
        """All expected calls, numbered as `State.call` and `$from` number them."""
        return tuple(call for turn in self.turns for call in turn.calls)

    def as_dict(self) -> dict[str, Any]:
        """Plain JSON; `from_dict` reads it back."""
        return asdict(self)

    @classmethod
    def from_dict(cls, given: Mapping[str, Any]) -> Scenario:
        """Raises KeyError, TypeError or ValueError where it is none."""
        fields = dict(given)
        if fields.get("kind") not in KINDS:
            raise ValueError(f"{fields.get('kind')!r} is no kind of scenario; known: {', '.join(KINDS)}")
        if not isinstance(fields["seed"], int):
            raise TypeError(f"a scenario's seed must be a whole number (given: {fields['seed']!r})")
        fields["tools"] = tuple(fields["tools"])
        fields["turns"] = tuple(_turn(turn) for turn in fields["turns"])
        fields["faults"] = tuple(Fault(**fault) for fault in fields.get("faults", ()))
        return cls(**fields)


def at_path(value: Any, path: str) -> Any:
    """What stands at a path in a result. Raises LookupError or TypeError where nothing does.

    >>> at_path({"trains": [{"departs": "08:30"}]}, "trains.0.departs")
    '08:30'
    """
    for step in path.split(".") if path else ():
        value = value[int(step)] if isinstance(value, list) else value[step]
    return value


def _turn(given: Mapping[str, Any]) -> Turn:
    reply = given.get("reply") or {}
    return Turn(
        given["user"],
        tuple(ExpectedCall(**call) for call in given.get("calls", ())),
        Reply(
            reply.get("kind", "answer"),
            tuple(State(**state) for state in reply.get("states", ())),
            tuple(tuple(group) for group in reply.get("words", ())),
        ),
    )
