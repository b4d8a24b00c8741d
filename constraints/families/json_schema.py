"""Answers that a JSON Schema (draft 2020-12) describes; `judged_by_schema` serves YAML too.

Validation stays on this machine and ends: a remote reference is not fetched, references are followed a limited
number of times, a pattern is searched for a limited time. Where the schema misbehaves, or uses
`patternProperties` (its search cannot be limited), the verdict is UNDECIDED.
"""

from __future__ import annotations

import json
import random
from collections.abc import Iterator
from contextvars import ContextVar
from functools import lru_cache
from typing import Any

import regex
from jsonschema import Draft202012Validator
from jsonschema.exceptions import SchemaError, ValidationError
from jsonschema.validators import extend
from referencing import Registry
from referencing.exceptions import Unresolvable

from constraints.answer import Answer
from constraints.constraint_type import ConstraintType, DrawContext, Params
from constraints.families.json_form import KEY_SETS, WHOLE_ANSWER, judged_json
from constraints.verdict import PASS, Verdict, fail, undecided

__all__ = ["TYPES", "amended_value", "draw_schema", "judged_by_schema", "schema_fault"]

_REFERENCES = 1_000
_PATTERN_SECONDS = 0.05
_LONGEST_TOLD = 200
_Errors = Iterator[ValidationError]


class _TooMuch(ValueError):
    """Validation would not end soon."""


_references_left: ContextVar[Iterator[int]] = ContextVar("references left to one validation")


def _follow(validator: Any, reference: str, instance: Any, schema: Any) -> _Errors:
    """`$ref`, counted: definitions that name one another twice double the work at each step."""
    if next(_references_left.get(), None) is None:
        raise _TooMuch(f"more than {_REFERENCES} references")
    yield from Draft202012Validator.VALIDATORS["$ref"](validator, reference, instance, schema)


def _search(validator: Any, pattern: str, instance: Any, schema: Any) -> _Errors:
    """`pattern`, for a limited time: some expressions take exponential time."""
    if isinstance(instance, str) and not _pattern(pattern).search(instance, timeout=_PATTERN_SECONDS):
        yield ValidationError(f"{instance!r} does not match {pattern!r}")


_pattern = lru_cache(maxsize=1024)(regex.compile)
_Validator = extend(Draft202012Validator, {"$ref": _follow, "$dynamicRef": _follow, "pattern": _search})


@lru_cache(maxsize=1024)
def _compiled(schema: str) -> Any:
    """The validator of a schema given as JSON text, or what is wrong with the schema."""
    parsed = json.loads(schema)
    if '"patternProperties":' in schema:
        return "patternProperties is not supported"
    try:
        Draft202012Validator.check_schema(parsed)
    except SchemaError as exc:
        return f"no valid JSON Schema: {exc.message:.{_LONGEST_TOLD}}"
    return _Validator(parsed, registry=Registry())  # an empty registry fetches nothing


def _of_schema(schema: Any) -> Any:
    try:
        return _compiled(json.dumps(schema, ensure_ascii=False))
    except RecursionError:
        return "the schema is nested too deeply"


def schema_fault(params: Params) -> str | None:
    """What is impossible about a `schema` parameter."""
    found = _of_schema(params["schema"])
    return f"field 'schema': {found}" if isinstance(found, str) else None


def judged_by_schema(value: Any, schema: Any) -> Verdict:
    """PASS where `value` is valid, UNDECIDED where the schema does not allow to tell."""
    validator = _of_schema(schema)
    if isinstance(validator, str):
        return undecided(validator, "สคีมาที่กำหนดใช้ตรวจไม่ได้")
    _references_left.set(iter(range(_REFERENCES)))
    try:
        error = next(validator.iter_errors(value), None)
    # What the validator raises on references to nowhere, to no schema, or in a circle; on numbers out of range.
    except (Unresolvable, RecursionError, ArithmeticError, TypeError, AttributeError, ValueError) as exc:
        return undecided(f"the schema cannot be followed: {type(exc).__name__}", "สคีมาที่กำหนดใช้ตรวจคำตอบนี้ไม่ได้")
    except (regex.error, TimeoutError) as exc:
        return undecided(f"a pattern of the schema cannot be searched: {exc}", "รูปแบบข้อความในสคีมาใช้ตรวจคำตอบนี้ไม่ได้")
    if error is None:
        return PASS
    where = "/".join(["$", *map(str, error.absolute_path)])
    return fail(
        f"against the schema: {error.message:.{_LONGEST_TOLD}}",
        f"ไม่ตรงตามสคีมาที่ {where!r} ({error.validator})",
    )


_TEXT = {"type": "string", "minLength": 1}


def draw_schema(rng: random.Random, context: DrawContext) -> dict[str, Any]:
    """A text and a second value: a list, a choice, a number in a range, or a list of objects."""
    first, second = rng.choice(KEY_SETS)[:2]
    low = rng.randint(2, 4)
    kinds = (
        {"type": "array", "items": _TEXT, "minItems": low},
        {"type": "array", "items": _TEXT, "minItems": low, "maxItems": low + 2},
        {"type": "string", "enum": ["มาก", "ปานกลาง", "น้อย"]},
        {"type": "integer", "minimum": 1, "maximum": 5 * low},
        {
            "type": "array",
            "minItems": low,
            "items": {"type": "object", "properties": {"ชื่อ": _TEXT}, "required": ["ชื่อ"]},
        },
    )
    schema = {
        "type": "object",
        "properties": {first: _TEXT, second: rng.choice(kinds)},
        "required": [first, second],
        "additionalProperties": False,
    }
    return {"schema": schema}


def _check_schema(answer: Answer, params: Params) -> Verdict:
    return judged_json(answer, lambda value: judged_by_schema(value, params["schema"]))


def amended_value(schema: Any, text: str) -> Any:
    """A value after the schema's own examples, choices and kinds (best effort): `text` where a string may stand."""
    match schema:
        case {"const": value} | {"enum": [value, *_]}:
            return value
        case {"type": "object"}:
            return {key: amended_value(kind, text) for key, kind in schema.get("properties", {}).items()}
        case {"type": "array"}:
            return [amended_value(schema.get("items"), text) for _ in range(schema.get("minItems", 1))]
        case {"type": "number" | "integer"}:
            return schema.get("minimum", 1)
        case {"type": "boolean"}:
            return True
        case {"type": "null"}:
            return None
        case _:
            return text


def _amend_schema(text: str, params: Params, filler: str) -> str:
    return json.dumps(amended_value(params["schema"], text), ensure_ascii=False)


TYPES = (
    ConstraintType("json.schema", {"schema": {"type": "object"}}, draw_schema, _check_schema, _amend_schema, rank=4, weight=0.5,
                   conflicts=WHOLE_ANSWER, consistent=schema_fault),
)  # fmt: skip
