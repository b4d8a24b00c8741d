"""Constraints that come with a prompt, as the columns of its row say them: ours, or official ones by id and kwargs.

Two forms: one column with a list of `{id, params}` (`kwargs` means the same; `instruction` may hold the words in the
prompt that state it, which are cut out when the row states it anew), or two columns as the official files have them:
a list of ids and a list of kwargs. Lists may be JSON text, for CSV. Ids and parameters are checked here, before any
call.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from constraints import BadParameters, UnknownConstraint
from constraints.compat import OfficialConstraint, official
from datagen.record import AppliedConstraint

__all__ = ["GivenFault", "given_constraints"]

_KEYS = {"id", "params", "kwargs", "instruction"}


class GivenFault(ValueError):
    """What is wrong with the constraints of one row."""


def given_constraints(row: Mapping[str, Any], ids: str | None, kwargs: str | None) -> tuple[AppliedConstraint, ...]:
    """The constraints in column `ids`, their kwargs in column `kwargs` where that is named; () where there are none.

    Raises:
        GivenFault: malformed, an unknown id, or parameters that cannot be.
    """
    if ids is None or row.get(ids) is None:
        return ()
    listed = _list(row[ids], ids)
    if kwargs is not None:
        values = _list(row.get(kwargs) or [], kwargs)
        if len(values) != len(listed):
            raise GivenFault(f"{ids!r} has {len(listed)} ids, {kwargs!r} has {len(values)} entries; they go in pairs")
        listed = [{"id": name, "params": value} for name, value in zip(listed, values, strict=True)]
    return tuple(_constraint(entry, ids) for entry in listed)


def _list(value: Any, column: str) -> list[Any]:
    if isinstance(value, str):
        try:
            value = json.loads(value) if value.strip() else []
        except (ValueError, RecursionError) as exc:
            raise GivenFault(f"{column!r} is a text that is not JSON") from exc
    if not isinstance(value, list):
        raise GivenFault(f"{column!r} must be a list (given: {value!r:.80})")
    return value


def _constraint(entry: Any, column: str) -> AppliedConstraint:
    entry = {"id": entry} if isinstance(entry, str) else entry
    if not isinstance(entry, Mapping) or not set(entry) <= _KEYS or not isinstance(entry.get("id"), str):
        raise GivenFault(f"{column!r} must hold entries like {{id: ..., params: {{...}}}} (given: {entry!r:.80})")
    params = entry.get("params", entry.get("kwargs"))
    instruction = entry.get("instruction") or ""
    if not isinstance(instruction, str):
        raise GivenFault(f"{column!r}: instruction must be a text (given: {instruction!r:.80})")
    try:
        known = official(entry["id"], params)
    except (UnknownConstraint, BadParameters) as exc:
        raise GivenFault(f"{column!r}: {exc}") from exc
    checked = known.kwargs if isinstance(known, OfficialConstraint) else known.params
    return AppliedConstraint(entry["id"], dict(checked), instruction, "")
