"""The shipped tools, a file for each domain of Thai life: its `TOOLS`, and the `GOALS` that people have with them.

What they tell is invented or worked out from the world's seed (prices, weather, timetables), but for facts that do not
change (units, the calendar, how a tax is worked out): those are named with their source where they stand.
Domains are found by their files, so a new one needs no list to be added to.
"""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Mapping
from functools import cache
from types import MappingProxyType, ModuleType

from datagen.scenarios.goal import Goal
from datagen.scenarios.library import Library
from datagen.tools.tool import Tool, named

__all__ = ["domains", "goals", "shipped_library", "shipped_tools"]


@cache
def domains() -> tuple[ModuleType, ...]:
    """The modules of all domains, by name."""
    names = sorted(module.name for module in pkgutil.iter_modules(__path__) if not module.name.startswith("_"))
    return tuple(importlib.import_module(f"{__name__}.{name}") for name in names)


@cache
def shipped_tools() -> Mapping[str, Tool]:
    """Every shipped tool, by name."""
    return MappingProxyType(named(tool for domain in domains() for tool in domain.TOOLS))


@cache
def goals() -> tuple[Goal, ...]:
    """Every goal, domain by domain."""
    return tuple(goal for domain in domains() for goal in domain.GOALS)


@cache
def shipped_library() -> Library:
    """The shipped tools and goals, as scenarios are made of them."""
    return Library(shipped_tools(), goals())
