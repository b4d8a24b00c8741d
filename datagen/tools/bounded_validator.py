"""Checking arguments against a schema that somebody else wrote: it ends, and never raises for what is given.

A schema that limits.py let through may still be costly on 20,000 characters of arguments (each of 10,000 list entries
against 500 values, an expression on every text). So work is counted, not timed: the same arguments get the same
verdict on every machine. Only an expression that does not end within its time is the exception.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextvars import ContextVar
from typing import Any

import jsonschema
from jsonschema.exceptions import ValidationError
from jsonschema.validators import extend
from referencing import Registry

from datagen.tools.limits import PATTERN_SECONDS, compiled_pattern

__all__ = ["MAX_STEPS", "BoundedValidator"]

MAX_STEPS = 20_000
"""Keywords looked at, values of an enum and characters searched (in hundreds) in one check."""

_Keyword = Callable[[Any, Any, Any, Any], Iterator[ValidationError] | None]
_left: ContextVar[list[int]] = ContextVar("steps left to one check")


class _TooMuch(Exception):
    """The check would not end soon."""


class BoundedValidator:
    """What a Tool's `validator` is asked for: `iter_errors` and `is_valid`."""

    def __init__(self, schema: dict[str, Any]) -> None:
        self.schema = schema
        self._validator = _Validator(schema, registry=Registry())  # an empty registry fetches nothing

    def iter_errors(self, instance: Any) -> Iterator[ValidationError]:
        """Everything that is wrong, as jsonschema tells it; one error that says so where the check was given up."""
        token = _left.set([MAX_STEPS])
        try:
            found = list(self._validator.iter_errors(instance))
        except (_TooMuch, RecursionError) as exc:
            found = [ValidationError(f"the arguments cannot be checked in bounded time ({exc})")]
        finally:
            _left.reset(token)
        yield from found

    def is_valid(self, instance: Any) -> bool:
        return next(self.iter_errors(instance), None) is None


def _spend(steps: int, what: str) -> None:
    left = _left.get()
    left[0] -= steps
    if left[0] < 0:
        raise _TooMuch(what)


def _counted(name: str, keyword: _Keyword) -> _Keyword:
    def counting(validator: Any, value: Any, instance: Any, schema: Any) -> Iterator[ValidationError]:
        _spend(1 + (len(value) if name == "enum" else 0), f"more than {MAX_STEPS:,} steps")
        yield from keyword(validator, value, instance, schema) or ()

    return counting


def _search(_validator: Any, pattern: str, instance: Any, _schema: Any) -> Iterator[ValidationError]:
    """`pattern`, for a limited time: some expressions take exponential time."""
    if not isinstance(instance, str):
        return
    _spend(1 + len(instance) // 100, f"more than {MAX_STEPS:,} steps")
    try:
        found = compiled_pattern(pattern).search(instance, timeout=PATTERN_SECONDS)
    except TimeoutError as exc:
        raise _TooMuch(f"the pattern {pattern[:80]!r} does not end on a text of {len(instance):,} characters") from exc
    if not found:
        yield ValidationError(f"{instance!r} does not match {pattern!r}")


def _unique(_validator: Any, wanted: Any, instance: Any, _schema: Any) -> Iterator[ValidationError]:
    """`uniqueItems` in one pass; jsonschema's own compares each with each where entries cannot be sorted."""
    if wanted is not True or not isinstance(instance, list):
        return
    _spend(len(instance), f"more than {MAX_STEPS:,} steps")
    if len({json.dumps(_plain(each), sort_keys=True) for each in instance}) < len(instance):
        yield ValidationError(f"{instance!r} has non-unique elements")


def _plain(value: Any) -> Any:
    """Numbers that are equal in JSON become the same text."""
    if isinstance(value, dict):
        return {key: _plain(each) for key, each in value.items()}
    if isinstance(value, list):
        return [_plain(each) for each in value]
    return int(value) if isinstance(value, float) and value.is_integer() else value


_Validator = extend(
    jsonschema.Draft202012Validator,
    {
        **{name: _counted(name, keyword) for name, keyword in jsonschema.Draft202012Validator.VALIDATORS.items()},
        "pattern": _search,
        "uniqueItems": _unique,
    },
)
