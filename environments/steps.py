"""Calls that were made in an episode, and whether what was read had been searched for."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from constraints.text import arabic_digits
from datagen.tools.execute import read_arguments

__all__ = ["Step", "read_after_search"]


@dataclass(frozen=True, slots=True)
class Step:
    """A call of `name` with `arguments` as JSON text; `code`: "" or what went wrong (environments/environment.py)."""

    name: str
    arguments: str
    code: str = ""


def read_after_search(steps: Iterable[Step]) -> frozenset[str]:
    """The ids of sections that were read, without an error, after a search without one.

    >>> search, read = Step("search", '{"query": "ค่าจอดรถ"}'), Step("read", '{"id": "๕๐๑"}')
    >>> sorted(read_after_search([search, read])), sorted(read_after_search([read, search]))
    (['501'], [])
    """
    searched, read = False, set[str]()
    for step in steps:
        if step.code:
            continue
        searched = searched or step.name == "search"
        if step.name == "read" and searched:
            read.add(_section(step.arguments))
    return frozenset(read)


def _section(arguments: str) -> str:
    """The id of a call of `read` that succeeded, as the environment looks it up."""
    given = read_arguments(arguments)
    return arabic_digits(given["id"].strip()) if isinstance(given, dict) and isinstance(given.get("id"), str) else ""
