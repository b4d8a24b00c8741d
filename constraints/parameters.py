"""Parameters as they come from files and data frames: whole numbers made whole, the first error in plain words.

Shared by our own constraint types and the official instructions of `compat`.

>>> whole({"count": 3.0, "keyword": "แมว"})
{'count': 3, 'keyword': 'แมว'}
>>> error(schema_of({"count": {"type": "integer"}}), {"cuont": 3}, "length.lines")
"field 'count' is missing; length.lines takes count"
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any, cast

from jsonschema import Draft202012Validator

__all__ = ["Params", "error", "schema_of", "whole"]

Params = Mapping[str, Any]


def whole(params: Params) -> dict[str, Any]:
    """`params` with 3.0 as 3: columns of a data frame turn counts into floats."""
    return {
        name: int(value) if isinstance(value, float) and value.is_integer() else value for name, value in params.items()
    }


def schema_of(
    params: Mapping[str, Mapping[str, Any]], optional: Collection[str] = (), *, open_ended: bool = False
) -> Draft202012Validator:
    """A validator of an object with these members, all required but for `optional`."""
    return Draft202012Validator(
        {
            "type": "object",
            "properties": dict(params),
            "required": [name for name in params if name not in optional],
            "additionalProperties": open_ended,
        }
    )


def error(validator: Draft202012Validator, params: Params, subject: str) -> str | None:
    """The first thing wrong with `params`, in words that name the field; None where they are right."""
    found = next(iter(validator.iter_errors(dict(params))), None)
    if found is None:
        return None
    if found.path:
        return f"field {'.'.join(map(str, found.path))!r}: {found.message}"
    schema = cast("dict[str, Any]", validator.schema)
    known = schema["properties"]
    takes = f"{subject} takes {', '.join(known) or 'no parameters'}"
    missing = [name for name in schema["required"] if name not in params]
    if missing:
        return f"field {missing[0]!r} is missing; {takes}"
    unknown = next(name for name in params if name not in known)
    return f"field {unknown!r} is unknown; {takes}"
