"""Answers that are YAML: a mapping with given keys, a list of given length, anything a schema describes.

Read from PyYAML's event stream, never through its constructors, so that no tag makes an object and no alias
multiplies. Plain scalars follow YAML 1.2's core schema (`yes`, `12:30` and dates are texts); where a schema looks
at one that YAML 1.1 reads otherwise, the verdict is UNDECIDED, as it is for aliases, tags, nesting beyond 40
levels, and JSON in place of YAML (valid YAML, and not what a reader expects). Prose is a YAML scalar: no type
accepts one. A single code fence is accepted, text beside it and a second document are not. Duplicate keys fail.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from typing import Any

import regex
import yaml

from constraints.answer import Answer
from constraints.constraint_type import ConstraintType, DrawContext, Params, text_value, texts_value, whole_number
from constraints.counting import Unit, exactly
from constraints.families.json_form import KEY_SETS, WHOLE_ANSWER, keys_fault, thai_kind
from constraints.families.json_schema import amended_value, draw_schema, judged_by_schema, schema_fault
from constraints.verdict import PASS, Verdict, fail, undecided

__all__ = ["TYPES"]

Resolve = Callable[[str], Any]

_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_DEEPEST = 40
_FENCED = regex.compile(r"```[ \t]*(?:ya?ml)?[ \t]*\n(.*)\n```", regex.DOTALL | regex.IGNORECASE)
_FLOW = regex.compile(r"(?:---)?\s*[\[{]")
_ITEMS = Unit("items", "", "รายการ")

# Plain scalars of YAML 1.2's core schema.
_NULL = regex.compile(r"~|null|Null|NULL|")
_TRUE = regex.compile(r"true|True|TRUE")
_FALSE = regex.compile(r"false|False|FALSE")
_WHOLE = regex.compile(r"[-+]?[0-9]{1,300}")
_DECIMAL = regex.compile(r"[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?")
# What YAML 1.1 (and so many a program) reads as a truth value, a date, a clock time or another number.
_DISPUTED = regex.compile(
    r"(?i:y|yes|n|no|on|off)|\d{4}-\d\d?-\d\d?.*|[-+]?\d+(?::[0-5]?\d)+(?:\.\d*)?|[-+]?0[0-9]+|0[box][0-9a-fA-F_]+"
    r"|[-+]?(?=\d[\d,.]*_)[\d,._]+|[-+]?\.(?i:inf|nan)"
)


# reading


class _Unclear(ValueError):
    """YAML that two readers could take differently; the second argument says so in Thai."""


class _Faulty(ValueError):
    """Parsed, and still not one YAML document; the second argument says so in Thai, the third is the line."""


def _core(scalar: str) -> Any:
    """A plain scalar's value in YAML 1.2."""
    if _NULL.fullmatch(scalar):
        return None
    if _TRUE.fullmatch(scalar):
        return True
    if _FALSE.fullmatch(scalar):
        return False
    if _WHOLE.fullmatch(scalar):
        return int(scalar)
    return float(scalar) if _DECIMAL.fullmatch(scalar) else scalar


def _undisputed(scalar: str) -> Any:
    """The same, where YAML 1.1 agrees."""
    if _DISPUTED.fullmatch(scalar):
        raise _Unclear(f"{scalar[:40]!r} is read differently by versions of YAML", f"ค่า {scalar[:40]!r} ตีความได้หลายแบบ")
    return _core(scalar)


def _value(events: Iterator[Any], event: Any, resolve: Resolve, depth: int) -> Any:
    """The value that begins with `event`."""
    if isinstance(event, yaml.AliasEvent):
        raise _Unclear("an alias", "มีการอ้างอิงซ้ำด้วยเครื่องหมาย *")
    if event.tag is not None:
        raise _Unclear("an explicit tag", "มีการระบุชนิดข้อมูลด้วยเครื่องหมาย !")
    if isinstance(event, yaml.ScalarEvent):
        return resolve(event.value) if event.implicit[0] else event.value
    if depth > _DEEPEST:
        raise _Unclear(f"nested deeper than {_DEEPEST} levels", "ซ้อนกันลึกเกินไป")
    if isinstance(event, yaml.SequenceStartEvent):
        return list(_items(events, resolve, depth + 1))
    return _mapping(events, resolve, depth + 1)


def _items(events: Iterator[Any], resolve: Resolve, depth: int) -> Iterator[Any]:
    while not isinstance(event := next(events), yaml.SequenceEndEvent):
        yield _value(events, event, resolve, depth)


def _mapping(events: Iterator[Any], resolve: Resolve, depth: int) -> dict[str, Any]:
    """Keys are texts as written: 1, true and null too."""
    found: dict[str, Any] = {}
    while not isinstance(event := next(events), yaml.MappingEndEvent):
        key = _value(events, event, str, depth)
        if not isinstance(key, str):
            raise _Unclear("a key that is not a text", "มีคีย์ที่ไม่ใช่ข้อความ")
        if key in found:
            raise _Faulty(f"the key {key[:60]!r} appears twice", f"คีย์ {key[:60]!r} ซ้ำกัน", event.start_mark.line)
        found[key] = _value(events, next(events), resolve, depth)
    return found


def _parsed(text: str, resolve: Resolve) -> Any:
    events: Iterator[Any] = yaml.parse(text, Loader=_LOADER)
    next(events)  # the stream starts
    event = next(events)
    if isinstance(event, yaml.StreamEndEvent):
        raise _Faulty("nothing but comments", "ไม่มีข้อมูลในเอกสาร YAML", 0)
    value = _value(events, next(events), resolve, 0)
    next(events)  # the document ends
    event = next(events)
    if not isinstance(event, yaml.StreamEndEvent):
        raise _Faulty("more than one document", "มีเอกสาร YAML มากกว่าหนึ่งเอกสาร", event.start_mark.line)
    return value


def _judged(answer: Answer, judge: Callable[[Any], Verdict], resolve: Resolve = _core) -> Verdict:
    """The verdict of `judge` on the YAML value of the answer; FAIL where the answer is not one YAML document."""
    fenced = _FENCED.fullmatch(answer.raw.strip())
    text = fenced.group(1) if fenced else answer.raw
    above = answer.raw.count("\n", 0, answer.raw.index(text))
    try:
        value = _parsed(text, resolve)
    except yaml.YAMLError as exc:
        mark = getattr(exc, "problem_mark", None)
        at = None if mark is None else answer.at_raw_line(above + mark.line)
        return fail(f"not YAML: {getattr(exc, 'problem', exc)}", "ไม่ใช่ YAML ที่ถูกต้อง อ่านไม่ได้ที่บรรทัดนี้", at)
    except _Faulty as exc:
        reason, thai, line = exc.args
        return fail(f"not YAML: {reason}", thai, answer.at_raw_line(above + line))
    except _Unclear as exc:
        return undecided(f"unclear YAML: {exc.args[0]}", f"YAML นี้ตัดสินไม่ได้ {exc.args[1]}")
    verdict = judge(value)
    if verdict.passed and _FLOW.match(text.lstrip()):
        return undecided("JSON, which is YAML too", "เขียนเป็น JSON ซึ่งนับเป็น YAML ได้เช่นกัน จึงตัดสินไม่ได้")
    return verdict


def _empty(value: Any) -> bool:
    return value is None or (not isinstance(value, bool | int | float) and not str(value).strip("[]{} \t\n"))


def _filled(answer: Answer, value: dict[str, Any]) -> Verdict:
    for key, item in value.items():
        if _empty(item):
            return fail(f"the key {key[:60]!r} holds nothing", f"คีย์ {key[:60]!r} ไม่มีค่า", answer.find(key))
    return PASS


def _keys_filled(answer: Answer, value: Any, keys: list[str]) -> Verdict:
    """An object with just these keys, none of them empty."""
    fault = keys_fault(answer, value, keys)
    return _filled(answer, value) if fault is None else fault


def _list_filled(value: Any, count: int) -> Verdict:
    if not isinstance(value, list):
        return fail(f"a {type(value).__name__}, not a list", f"เป็น{thai_kind(value)} ไม่ใช่รายการ")
    if any(map(_empty, value)):
        return fail("an item is empty", "มีรายการที่ว่าง")
    return exactly(len(value), count, _ITEMS)


def _amend_dumped(value: Any) -> str:
    return yaml.safe_dump(value, allow_unicode=True, sort_keys=False, width=10_000, default_flow_style=False).strip()


# mappings


def _draw_mapping(rng: random.Random, context: DrawContext) -> dict[str, Any]:
    return {"keys": list(rng.choice(KEY_SETS))}


def _check_mapping(answer: Answer, params: Params) -> Verdict:
    return _judged(answer, lambda value: _keys_filled(answer, value, params["keys"]))


def _amend_mapping(text: str, params: Params, filler: str) -> str:
    return _amend_dumped(dict.fromkeys(params["keys"], filler) | {params["keys"][0]: text})


_OUTERS = ("คำตอบ", "ผลลัพธ์", "ข้อมูล", "result", "บทความ")


def _draw_nested(rng: random.Random, context: DrawContext) -> dict[str, Any]:
    inner = rng.choice(KEY_SETS)
    return {"outer": rng.choice([outer for outer in _OUTERS if outer not in inner]), "inner": list(inner)}


def _check_nested(answer: Answer, params: Params) -> Verdict:
    def judge(value: Any) -> Verdict:
        fault = keys_fault(answer, value, [params["outer"]])
        if fault is not None:
            return fault
        (inner,) = value.values()
        return _keys_filled(answer, inner, params["inner"])

    return _judged(answer, judge)


def _amend_nested(text: str, params: Params, filler: str) -> str:
    return _amend_dumped({params["outer"]: dict.fromkeys(params["inner"], filler) | {params["inner"][0]: text}})


_LIST_KEYS = ("รายการ", "ขั้นตอน", "ข้อแนะนำ", "ตัวอย่าง", "ประเด็น", "items", "เคล็ดลับ")


def _draw_key_list(rng: random.Random, context: DrawContext) -> dict[str, Any]:
    return {"key": rng.choice(_LIST_KEYS), "count": rng.randint(3, 6)}


def _check_key_list(answer: Answer, params: Params) -> Verdict:
    def judge(value: Any) -> Verdict:
        fault = keys_fault(answer, value, [params["key"]])
        if fault is not None:
            return fault
        (items,) = value.values()
        return _list_filled(items, params["count"])

    return _judged(answer, judge)


def _amend_key_list(text: str, params: Params, filler: str) -> str:
    return _amend_dumped({params["key"]: [text, *[filler] * (params["count"] - 1)]})


# lists


def _draw_list(rng: random.Random, context: DrawContext) -> dict[str, Any]:
    return {"count": rng.randint(3, 7)}


def _check_list(answer: Answer, params: Params) -> Verdict:
    return _judged(answer, lambda value: _list_filled(value, params["count"]))


def _amend_list(text: str, params: Params, filler: str) -> str:
    return _amend_dumped([text, *[filler] * (params["count"] - 1)])


_ITEM_KEYS = (
    ("ชื่อ", "คำอธิบาย"), ("หัวข้อ", "รายละเอียด"), ("ขั้นตอน", "สิ่งที่ต้องทำ"), ("คำถาม", "คำตอบ"), ("รายการ", "เหตุผล"),
    ("ชื่อ", "ประโยชน์", "ข้อควรระวัง"), ("name", "description"), ("ลำดับ", "หัวข้อ", "รายละเอียด"),
)  # fmt: skip


def _draw_list_of_mappings(rng: random.Random, context: DrawContext) -> dict[str, Any]:
    return {"keys": list(rng.choice(_ITEM_KEYS)), "count": rng.randint(2, 5)}


def _check_list_of_mappings(answer: Answer, params: Params) -> Verdict:
    def judge(value: Any) -> Verdict:
        counted = _list_filled(value, params["count"])
        if not counted.passed:
            return counted
        verdicts = (_keys_filled(answer, item, params["keys"]) for item in value)
        return next((verdict for verdict in verdicts if not verdict.passed), PASS)

    return _judged(answer, judge)


def _amend_list_of_mappings(text: str, params: Params, filler: str) -> str:
    items = [dict.fromkeys(params["keys"], filler) for _ in range(params["count"])]
    items[0][params["keys"][0]] = text
    return _amend_dumped(items)


# a schema


def _check_schema(answer: Answer, params: Params) -> Verdict:
    return _judged(answer, lambda value: judged_by_schema(value, params["schema"]), _undisputed)


def _amend_schema(text: str, params: Params, filler: str) -> str:
    return _amend_dumped(amended_value(params["schema"], text))


_KEYS = texts_value(most=20)
_COUNT = whole_number(maximum=100)

TYPES = (
    ConstraintType("yaml.mapping", {"keys": _KEYS}, _draw_mapping, _check_mapping, _amend_mapping, rank=4, conflicts=WHOLE_ANSWER),
    ConstraintType("yaml.list", {"count": _COUNT}, _draw_list, _check_list, _amend_list, rank=4, weight=0.5, conflicts=WHOLE_ANSWER),
    ConstraintType("yaml.schema", {"schema": {"type": "object"}}, draw_schema, _check_schema, _amend_schema, rank=4, weight=0.25,
                   conflicts=WHOLE_ANSWER, consistent=schema_fault),
    ConstraintType("yaml.list_of_mappings", {"keys": _KEYS, "count": _COUNT}, _draw_list_of_mappings, _check_list_of_mappings,
                   _amend_list_of_mappings, rank=4, weight=0.5, conflicts=WHOLE_ANSWER),
    ConstraintType("yaml.nested", {"outer": text_value(), "inner": _KEYS}, _draw_nested, _check_nested, _amend_nested, rank=4,
                   weight=0.5, conflicts=WHOLE_ANSWER),
    ConstraintType("yaml.key_list", {"key": text_value(), "count": _COUNT}, _draw_key_list, _check_key_list, _amend_key_list,
                   rank=4, weight=0.5, conflicts=WHOLE_ANSWER),
)  # fmt: skip
