"""Answers that are JSON: an object with given keys, an array of given length, anything a schema describes.

A single Markdown code fence around the JSON is accepted, text beside it is not. Duplicate keys fail: a
parser would keep one of them silently.
"""

from __future__ import annotations

import json
import random
from typing import Any

import regex
from jsonschema import Draft202012Validator
from jsonschema.exceptions import SchemaError
from referencing import Registry
from referencing.exceptions import Unresolvable

from constraints.answer import Answer
from constraints.constraint_type import (
    ConstraintType,
    DrawContext,
    Language,
    Params,
    count_verdict,
    whole_number,
)
from constraints.verdict import PASS, Verdict, fail, undecided

__all__ = ["TYPES"]

_FENCED = regex.compile(r"```(?:json)?[ \t]*\n(.*)\n```", regex.DOTALL | regex.IGNORECASE)
_KEY_SETS = (("หัวข้อ", "คำตอบ"), ("สรุป", "รายละเอียด"), ("คำแนะนำ", "เหตุผล"), ("ชื่อเรื่อง", "เนื้อหา"))


class _DuplicateKey(ValueError):
    pass


def _no_duplicates(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    parsed = dict(pairs)
    if len(parsed) < len(pairs):
        raise _DuplicateKey("a key appears twice")
    return parsed


def _no_constant(name: str) -> Any:
    raise ValueError(f"{name} is not JSON")


def _parse(answer: Answer) -> Any:
    """The JSON value of the answer.

    Raises:
        ValueError: it is not one JSON value (JSONDecodeError is one).
    """
    text = answer.raw.strip()
    fenced = _FENCED.fullmatch(text)
    try:
        return json.loads(
            fenced.group(1) if fenced else text,
            object_pairs_hook=_no_duplicates,
            parse_constant=_no_constant,
        )
    except RecursionError as exc:
        raise ValueError("nested too deeply") from exc


def _draw_object(rng: random.Random, context: DrawContext) -> dict[str, Any]:
    return {"keys": list(rng.choice(_KEY_SETS))}


def _describe_object(params: Params, lang: Language) -> str:
    keys = ", ".join(f'"{key}"' for key in params["keys"])
    if lang == "th":
        return f"ตอบเป็นออบเจ็กต์ JSON เพียงอย่างเดียว ที่มีคีย์ {keys} ครบและไม่มีคีย์อื่น โดยค่าทุกค่าเป็นข้อความ"
    return f"Answer with one JSON object only, with exactly the keys {keys}; every value is a string."


def _check_object(answer: Answer, params: Params) -> Verdict:
    try:
        value = _parse(answer)
    except ValueError as exc:
        return fail(f"not JSON: {exc}")
    if not isinstance(value, dict):
        return fail(f"a JSON {type(value).__name__}, not an object")
    if sorted(value) != sorted(params["keys"]):
        return fail(f"keys {sorted(value)}")
    if not all(isinstance(item, str) and item.strip() for item in value.values()):
        return fail("a value is empty or not a string")
    return PASS


def _draw_array(rng: random.Random, context: DrawContext) -> dict[str, Any]:
    return {"count": rng.randint(3, 5)}


def _describe_array(params: Params, lang: Language) -> str:
    if lang == "th":
        return f"ตอบเป็นอาร์เรย์ JSON เพียงอย่างเดียว ที่มีข้อความ {params['count']} รายการพอดี"
    return f"Answer with one JSON array only, holding exactly {params['count']} strings."


def _check_array(answer: Answer, params: Params) -> Verdict:
    try:
        value = _parse(answer)
    except ValueError as exc:
        return fail(f"not JSON: {exc}")
    if not isinstance(value, list):
        return fail(f"a JSON {type(value).__name__}, not an array")
    if not all(isinstance(item, str) and item.strip() for item in value):
        return fail("an item is empty or not a string")
    return count_verdict(len(value), params["count"], "items")


def _draw_schema(rng: random.Random, context: DrawContext) -> dict[str, Any]:
    keys = list(rng.choice(_KEY_SETS))
    text = {"type": "string", "minLength": 1}
    schema = {
        "type": "object",
        "properties": {keys[0]: text, keys[1]: {"type": "array", "items": text, "minItems": 2}},
        "required": keys,
        "additionalProperties": False,
    }
    return {"schema": schema}


def _describe_schema(params: Params, lang: Language) -> str:
    schema = json.dumps(params["schema"], ensure_ascii=False)
    if lang == "th":
        return f"ตอบเป็น JSON เพียงอย่างเดียว ให้ถูกต้องตาม JSON Schema นี้: {schema}"
    return f"Answer with JSON only, valid against this JSON Schema: {schema}"


def _check_schema(answer: Answer, params: Params) -> Verdict:
    try:
        Draft202012Validator.check_schema(params["schema"])
    except SchemaError as exc:
        return undecided(f"the schema itself is invalid: {exc.message}")
    try:
        value = _parse(answer)
    except ValueError as exc:
        return fail(f"not JSON: {exc}")
    validator = Draft202012Validator(params["schema"], registry=Registry())  # fetches no remote $ref
    try:
        error = next(iter(validator.iter_errors(value)), None)
    except (Unresolvable, RecursionError) as exc:
        return undecided(f"the schema's references do not resolve: {type(exc).__name__}")
    return PASS if error is None else fail(f"against the schema: {error.message}")


_KEYS = {"type": "array", "items": {"type": "string", "minLength": 1}, "minItems": 1, "uniqueItems": True}
_WHOLE_ANSWER = frozenset({"json", "layout", "length", "particles", "script"})

TYPES = (
    ConstraintType("json.object", {"keys": _KEYS}, _draw_object, _describe_object, _check_object, conflicts=_WHOLE_ANSWER),
    ConstraintType("json.array", {"count": whole_number(maximum=100)}, _draw_array, _describe_array, _check_array,
                   conflicts=_WHOLE_ANSWER),
    ConstraintType("json.schema", {"schema": {"type": "object"}}, _draw_schema, _describe_schema, _check_schema,
                   weight=0.5, conflicts=_WHOLE_ANSWER),
)  # fmt: skip
