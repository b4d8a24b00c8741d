"""Which tools an assistant is offered: those it needs, and others it has to leave alone."""

from __future__ import annotations

import random
from collections.abc import Collection, Mapping

from datagen.tools.tool import Tool

__all__ = ["offered", "others"]

# Domains that are easily taken for one another; whatever is not named here is far from everything.
_GROUPS = (
    ("weather", "calendar", "transport"),
    ("transport", "parcels", "shopping"),
    ("money", "tax", "utilities", "units"),
    ("units", "tax", "government"),
    ("law", "dictionary", "government"),
    ("restaurant", "hospital", "reminders", "calendar"),
    ("shopping", "restaurant", "money"),
)


def offered(
    tools: Mapping[str, Tool], needed: Collection[str], extra: int, rng: random.Random, *, near: bool = False
) -> tuple[str, ...]:
    """The `needed` names and `extra` others, shuffled; `near`: of the same and like domains as far as there are any."""
    domains = {tools[name].domain for name in needed}
    rest = [name for name in sorted(tools) if name not in needed]
    rng.shuffle(rest)
    if near:
        like = {domain for group in _GROUPS if domains & set(group) for domain in group}
        rest.sort(key=lambda name: 0 if tools[name].domain in domains else 1 if tools[name].domain in like else 2)
    names = [*needed, *rest[:extra]]
    rng.shuffle(names)
    return tuple(names)


def others(tools: Mapping[str, Tool], domains: Collection[str], count: int, rng: random.Random) -> tuple[str, ...]:
    """`count` tools of none of these domains."""
    rest = [name for name in sorted(tools) if tools[name].domain not in domains]
    return tuple(rng.sample(rest, min(count, len(rest))))
