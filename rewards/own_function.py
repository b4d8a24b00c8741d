"""The user's own reward: a Python function, run in this process, for it is the user's own code.

It takes what it names of `answer`, `row`, `prompt`, `truncated`, `tokens`, `tools`, `trajectory` and `sample`, and
returns a number, larger is better, or None where it cannot tell; it may be `async`. What it raises, and what it returns
that is no finite number, becomes a sample without a score, counted by reason. One that never returns holds up the run.
"""

from __future__ import annotations

import inspect
import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import fields
from numbers import Real
from typing import Any

from datagen.errors import RecipeError
from datagen.own_tools.worker_child import load_function
from rewards.reward import Sample, Score

__all__ = ["OwnFunction"]

_OFFERED = (*(field.name for field in fields(Sample)), "sample")


class OwnFunction:
    """`reference`: module:function, or file.py:function with the file looked for in the working folder."""

    name = "function"

    def __init__(self, reference: str) -> None:
        """
        Raises:
            RecipeError: there is no such function, or it takes what it is not given.
        """
        self.reference = reference
        self.function: Callable[..., Any] = _loaded(reference)
        self._takes = _taken(reference, self.function)

    def applies(self, row: Mapping[str, Any]) -> bool:
        return True

    async def score(self, samples: Sequence[Sample]) -> list[Score]:
        return [await self._score(sample) for sample in samples]

    async def _score(self, sample: Sample) -> Score:
        given = {name: sample if name == "sample" else getattr(sample, name) for name in self._takes}
        try:
            value = self.function(**given)
            if inspect.isawaitable(value):
                value = await value
        except Exception as exc:  # noqa: BLE001  whatever the user's code raises is counted
            return Score(None, f"{self.reference} raised {type(exc).__name__}: {str(exc)[:200]}", "raised")
        return _checked(self.reference, value)


def _checked(reference: str, value: Any) -> Score:
    if value is None:
        return Score(None, f"{reference} returned None", "returned_none")
    if isinstance(value, bool) or not isinstance(value, Real):  # numpy's floats are Real, its booleans are not
        return Score(None, f"{reference} returned {type(value).__name__}, not a number", "no_number")
    if not math.isfinite(value):
        return Score(None, f"{reference} returned {value}", "not_finite")
    return Score(float(value))


def _loaded(reference: str) -> Callable[..., Any]:
    try:
        return load_function(reference, ".")
    except Exception as exc:  # importing a module runs it, and that may raise anything
        raise RecipeError(
            f"rewards.function.path {reference!r} cannot be loaded ({type(exc).__name__}: {str(exc)[:200]}); write "
            "module:function or file.py:function"
        ) from exc


def _taken(reference: str, function: Callable[..., Any]) -> tuple[str, ...]:
    parameters = inspect.signature(function).parameters.values()
    if any(each.kind is each.VAR_KEYWORD for each in parameters):
        return _OFFERED
    unknown = [
        each.name
        for each in parameters
        if each.kind is each.POSITIONAL_ONLY
        or (each.name not in _OFFERED and each.default is each.empty and each.kind is not each.VAR_POSITIONAL)
    ]
    if unknown:
        raise RecipeError(
            f"{reference} takes {', '.join(unknown)}, which a reward is not given; it may take, by name: "
            f"{', '.join(_OFFERED)}"
        )
    return tuple(each.name for each in parameters if each.name in _OFFERED)
