"""What people want of a domain's tools: drawn values, several ways to say it, and what must come of it.

    GOALS = (
        Goal(
            id="weather.forecast",
            draw=_draw_forecast,                          # -> Drawn(slots, calls, states)
            requests=("พรุ่งนี้ {place} ฝนจะตกไหม", ...),     # natural Thai, every slot stated
            without={"place": ("พรุ่งนี้ฝนจะตกไหม", ...)},   # the same with one slot left out
            supply={"place": ("{place}", "อยู่ {place}")},  # how that slot is given when the assistant asks
            asks={"place": ("จังหวัด", "ที่ไหน", "พื้นที่")},   # an assistant's question for it holds one of these
            topic="พยากรณ์อากาศ",
        ),
    )

A request is what a person types, without greeting and polite particle: scenarios add those. Slots are exactly the
words that arguments are made from; an argument that is a name of a place, person or thing is that slot verbatim.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from datagen.scenarios.scenario import ExpectedCall, State
from datagen.tools.world import World

__all__ = ["Drawn", "Goal"]


@dataclass(frozen=True)
class Drawn:
    """One goal with its values: the words for the slots, the calls (numbered from 0), the values to be told."""

    slots: Mapping[str, str]
    calls: tuple[ExpectedCall, ...]
    states: tuple[State, ...]


@dataclass(frozen=True)
class Goal:
    """`id`: domain.name. `fails`: the code that the (only) call ends with in this world, such as "not_found": the
    assistant must report it; "" where it has a result. `answerable`: arithmetic or what anybody knows, so that an
    assistant without the tool would rightly answer it all the same: no scenario of the kind no_tool is made of it.
    """

    id: str
    draw: Callable[[random.Random, World], Drawn]
    requests: tuple[str, ...]
    topic: str
    without: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    supply: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    asks: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    fails: str = ""
    answerable: bool = False

    @property
    def domain(self) -> str:
        return self.id.partition(".")[0]
