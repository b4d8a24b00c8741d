"""Answers that are JSON: any value, an object with given keys and kinds of values. Arrays are in json_arrays.

The answer is read as a machine reads it: raw, with its Markdown marks and its quotes as they were written. A single
Markdown code fence around the JSON is accepted, text beside it is not. Duplicate keys fail: a parser would keep one
of them silently. NaN and Infinity are no JSON. Does not judge what the values say. JSON Schema is in json_schema.
"""

from __future__ import annotations

import json
import random
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from functools import lru_cache
from typing import Any

import regex

from constraints.answer import Answer
from constraints.constraint_type import (
    ConstraintType,
    DrawContext,
    Params,
    draw_nothing,
    text_value,
    texts_value,
)
from constraints.text import normalise
from constraints.verdict import PASS, Verdict, fail, undecided

__all__ = ["KEY_SETS", "TYPES", "WHOLE_ANSWER", "judged_json", "judged_key", "keys_fault", "texts_only", "thai_kind"]

Judge = Callable[[Any], Verdict]

_FENCED = regex.compile(r"```[ \t]*(?:json)?[ \t]*\n(.*)\n[ \t]*```", regex.DOTALL | regex.IGNORECASE)
_THAI_LETTER = regex.compile(r"\p{Thai}")
_FOREIGN_LETTER = regex.compile(r"[\p{L}--\p{Thai}]", regex.V1)
_KINDS = {
    dict: "ออบเจ็กต์", list: "อาร์เรย์", str: "ข้อความ", bool: "ค่าจริงเท็จ", int: "ตัวเลข", float: "ตัวเลข", type(None): "ค่าว่าง",
}  # fmt: skip

_normal = lru_cache(maxsize=4096)(normalise)


# reading


class _NotJson(ValueError):
    """Read by Python's parser and still no JSON; the second argument says so in Thai, the third is the piece at fault."""


def _no_duplicates(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    parsed = dict(pairs)
    if len(parsed) < len(pairs):
        (twice, _), *_ = Counter(key for key, _ in pairs).most_common(1)
        raise _NotJson(f"the key {twice[:60]!r} appears twice", f"คีย์ {twice[:60]!r} ซ้ำกัน", f'"{twice}"')
    return parsed


def _no_constant(name: str) -> Any:
    raise _NotJson(f"{name} is not JSON", f"{name} ไม่ใช่ค่าของ JSON", name)


_DECODER = json.JSONDecoder(object_pairs_hook=_no_duplicates, parse_constant=_no_constant)


def judged_json(answer: Answer, judge: Judge) -> Verdict:
    """The verdict of `judge` on the JSON value of the answer; FAIL where the answer is not one JSON value."""
    fenced = _FENCED.fullmatch(answer.raw.strip())
    text = fenced.group(1) if fenced else answer.raw
    try:
        value = _DECODER.decode(text)
    except json.JSONDecodeError as exc:
        line = answer.raw.count("\n", 0, answer.raw.index(text) + exc.pos)
        return fail(f"not JSON: {exc}", "ไม่ใช่ JSON ที่ถูกต้อง อ่านไม่ได้ที่บรรทัดนี้", answer.at_raw_line(line))
    except _NotJson as exc:
        reason, thai, piece = exc.args
        return fail(f"not JSON: {reason}", thai, answer.find(piece))
    except RecursionError:
        return fail("not JSON: nested too deeply", "JSON ซ้อนกันลึกเกินไป")
    except ValueError as exc:  # a number of more digits than Python reads
        return undecided(f"JSON that cannot be read: {exc}", "อ่าน JSON นี้ไม่ได้ เพราะมีตัวเลขยาวเกินไป")
    return judge(value)


def thai_kind(value: Any) -> str:
    """What kind of value this is, in Thai."""
    return _KINDS[type(value)]


def _told(value: Any) -> str:
    """A value in a reason: arrays and objects by their kind, they may be long and deep."""
    return type(value).__name__ if isinstance(value, dict | list) else repr(value)[:60]


def keys_fault(answer: Answer, value: Any, keys: Sequence[str]) -> Verdict | None:
    """Why `value` is not an object with just these keys; None where it is. YAML mappings are judged alike."""
    if not isinstance(value, dict):
        return fail(f"a {type(value).__name__}, not keys with values", f"เป็น{thai_kind(value)} ไม่ใช่ชุดของคีย์กับค่า")
    wanted = [_normal(key) for key in keys]
    missing = [key for key in wanted if key not in value]
    if missing:
        return fail(f"the key {missing[0]!r} is missing", f"ไม่มีคีย์ {missing[0]!r}")
    extra = [key for key in value if key not in wanted]
    if extra:
        return fail(
            f"the key {extra[0][:60]!r} is not asked for", f"มีคีย์ {extra[0][:60]!r} เกินมา", answer.find(extra[0])
        )
    return None


def _judged_keys(answer: Answer, keys: Sequence[str], judge: Callable[[dict[str, Any]], Verdict]) -> Verdict:
    """The verdict of `judge` on an object that has just these keys."""

    def judge_object(value: Any) -> Verdict:
        fault = keys_fault(answer, value, keys)
        return judge(value) if fault is None else fault

    return judged_json(answer, judge_object)


def judged_key(answer: Answer, key: str, judge: Judge) -> Verdict:
    """The verdict of `judge` on what an object holds under one key, other keys aside."""

    def judge_object(value: Any) -> Verdict:
        if not isinstance(value, dict):
            return fail(f"a {type(value).__name__}, not an object", f"เป็น{thai_kind(value)} ไม่ใช่ออบเจ็กต์")
        wanted = _normal(key)
        if wanted not in value:
            return fail(f"the key {wanted!r} is missing", f"ไม่มีคีย์ {wanted!r}")
        return judge(value[wanted])

    return judged_json(answer, judge_object)


def _pass(value: Any) -> Verdict:
    return PASS


# any value


def _check_valid(answer: Answer, params: Params) -> Verdict:
    return judged_json(answer, _pass)


def _amend_valid(text: str, params: Params, filler: str) -> str:
    return _amend_dumped({"คำตอบ": text})


def _amend_dumped(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False)


# objects

KEY_SETS = (
    ("หัวข้อ", "คำตอบ"), ("สรุป", "รายละเอียด"), ("คำแนะนำ", "เหตุผล"), ("ชื่อเรื่อง", "เนื้อหา"), ("คำถาม", "คำตอบ"),
    ("หัวข้อ", "คำอธิบาย", "ตัวอย่าง"), ("ข้อดี", "ข้อเสีย", "ข้อสรุป"), ("title", "content"), ("summary", "details"),
    ("ประเด็นหลัก", "รายละเอียด", "ข้อควรระวัง"),
)  # fmt: skip


def _draw_keys(rng: random.Random, context: DrawContext) -> dict[str, Any]:
    return {"keys": list(rng.choice(KEY_SETS))}


def _check_object(answer: Answer, params: Params) -> Verdict:
    return _judged_keys(answer, params["keys"], lambda value: texts_only(answer, list(value.values())))


def texts_only(answer: Answer, values: list[Any]) -> Verdict:
    for value in values:
        if not isinstance(value, str):
            return fail(f"the value {_told(value)} is not a string", f"มีค่าที่เป็น{thai_kind(value)} ไม่ใช่ข้อความ")
        if not value.strip():
            return fail("a value is empty", "มีค่าที่เป็นข้อความว่าง", answer.find(f'"{value}"'))
    return PASS


def _amend_object(text: str, params: Params, filler: str) -> str:
    return _amend_dumped(dict.fromkeys(params["keys"], filler) | {params["keys"][0]: text})


def _check_ordered_keys(answer: Answer, params: Params) -> Verdict:
    def judge(value: dict[str, Any]) -> Verdict:
        for key, wanted in zip(value, params["keys"], strict=True):
            if key != _normal(wanted):
                return fail(
                    f"the key {key[:60]!r} stands where {wanted!r} should",
                    f"ลำดับคีย์ไม่ตรง พบ {key[:60]!r} ในตำแหน่งของ {wanted!r}",
                    answer.find(f'"{key}"'),
                )
        return PASS

    return _judged_keys(answer, params["keys"], judge)


_NUMBER_KEYS = (
    ("ความยาก", "ความสำคัญ"), ("คะแนนประโยชน์", "คะแนนความยาก"), ("ความมั่นใจ", "ความเร่งด่วน"), ("จำนวนขั้นตอน", "เวลาเป็นนาที"),
    ("คุณภาพ", "ราคา", "ความคุ้มค่า"), ("score", "confidence"), ("ค่าต่ำสุด", "ค่าสูงสุด", "ค่าเฉลี่ย"),
)  # fmt: skip


def _draw_numbers(rng: random.Random, context: DrawContext) -> dict[str, Any]:
    return {"keys": list(rng.choice(_NUMBER_KEYS))}


def _check_numbers(answer: Answer, params: Params) -> Verdict:
    def judge(value: dict[str, Any]) -> Verdict:
        for key, item in value.items():
            if type(item) not in (int, float):  # True is an int to Python
                return fail(
                    f"{key[:60]!r} holds {_told(item)}, not a number",
                    f"ค่าของ {key[:60]!r} เป็น{thai_kind(item)} ไม่ใช่ตัวเลข",
                )
        return PASS

    return _judged_keys(answer, params["keys"], judge)


def _amend_numbers(text: str, params: Params, filler: str) -> str:
    return _amend_dumped({key: number for number, key in enumerate(params["keys"], 1)})


_KEY_VALUES = (
    ("ภาษา", "ไทย"), ("สถานะ", "สำเร็จ"), ("ผู้ตอบ", "ผู้ช่วย"), ("รูปแบบ", "สรุป"), ("เวอร์ชัน", "1.0"), ("ประเภท", "คำแนะนำ"),
    ("สถานะ", "เสร็จสิ้น"), ("language", "th"), ("หน่วยงาน", "ฝ่ายบริการลูกค้า"), ("ระดับความลับ", "ทั่วไป"),
)  # fmt: skip


def _draw_key_value(rng: random.Random, context: DrawContext) -> dict[str, Any]:
    key, value = rng.choice(_KEY_VALUES)
    return {"key": key, "value": value}


def _check_key_value(answer: Answer, params: Params) -> Verdict:
    def judge(value: Any) -> Verdict:
        wanted = _normal(params["value"])
        if value == wanted:
            return PASS
        return fail(
            f"{params['key']!r} holds {_told(value)}, not {wanted!r}",
            f"ค่าของคีย์ {params['key']!r} ไม่ใช่ข้อความ {wanted!r}",
        )

    return judged_key(answer, params["key"], judge)


def _amend_key_value(text: str, params: Params, filler: str) -> str:
    return _amend_dumped({"คำตอบ": text, params["key"]: params["value"]})


_CHOICES = (
    ("ระดับความยาก", ("ง่าย", "ปานกลาง", "ยาก")), ("ความเร่งด่วน", ("ต่ำ", "กลาง", "สูง")), ("ข้อสรุป", ("แนะนำ", "ไม่แนะนำ")),
    ("ความมั่นใจ", ("มาก", "ปานกลาง", "น้อย")), ("หมวด", ("ความรู้", "วิธีทำ", "ความคิดเห็น")), ("level", ("easy", "medium", "hard")),
    ("เหมาะกับ", ("เด็ก", "ผู้ใหญ่", "ทุกวัย")), ("น้ำเสียง", ("เป็นทางการ", "เป็นกันเอง")),
)  # fmt: skip


def _draw_choice(rng: random.Random, context: DrawContext) -> dict[str, Any]:
    key, choices = rng.choice(_CHOICES)
    return {"key": key, "choices": list(choices)}


def _check_choice(answer: Answer, params: Params) -> Verdict:
    def judge(value: Any) -> Verdict:
        if value in [_normal(choice) for choice in params["choices"]]:
            return PASS
        return fail(
            f"{params['key']!r} holds {_told(value)}, none of the choices",
            f"ค่าของคีย์ {params['key']!r} ไม่อยู่ในตัวเลือกที่กำหนด",
        )

    return judged_key(answer, params["key"], judge)


def _amend_choice(text: str, params: Params, filler: str) -> str:
    return _amend_dumped({"คำตอบ": text, params["key"]: params["choices"][0]})


_OUTERS = ("คำตอบ", "ผลลัพธ์", "ข้อมูล", "result", "บทความ")


def _draw_nested(rng: random.Random, context: DrawContext) -> dict[str, Any]:
    inner = rng.choice(KEY_SETS)
    return {"outer": rng.choice([outer for outer in _OUTERS if outer not in inner]), "inner": list(inner)}


def _check_nested(answer: Answer, params: Params) -> Verdict:
    def judge(value: dict[str, Any]) -> Verdict:
        (inner,) = value.values()
        fault = keys_fault(answer, inner, params["inner"])
        return PASS if fault is None else fault

    return _judged_keys(answer, [params["outer"]], judge)


def _amend_nested(text: str, params: Params, filler: str) -> str:
    return _amend_dumped({params["outer"]: dict.fromkeys(params["inner"], filler) | {params["inner"][0]: text}})


def _check_thai_keys(answer: Answer, params: Params) -> Verdict:
    def judge(value: Any) -> Verdict:
        if not isinstance(value, dict):
            return fail(f"a {type(value).__name__}, not an object", f"เป็น{thai_kind(value)} ไม่ใช่ออบเจ็กต์")
        keys = list(_keys_within(value))
        if not keys:
            return fail("an object without keys", "ออบเจ็กต์ไม่มีคีย์เลย")
        for key in keys:
            if not _THAI_LETTER.search(key) or _FOREIGN_LETTER.search(key):
                return fail(
                    f"the key {key[:60]!r} is not in Thai letters",
                    f"คีย์ {key[:60]!r} ไม่ได้เขียนด้วยอักษรไทยล้วน",
                    answer.find(f'"{key}"'),
                )
        return PASS

    return judged_json(answer, judge)


def _keys_within(value: Any) -> Iterator[str]:
    """Keys at any depth, without recursion: the parser nests deeper than a function may."""
    waiting = [value]
    while waiting:
        item = waiting.pop()
        if isinstance(item, dict):
            yield from item
            waiting += item.values()
        elif isinstance(item, list):
            waiting += item


_KEYS = texts_value(most=20)
# A machine reads the whole answer: nothing may stand around it, and marks and lines belong to the format.
WHOLE_ANSWER = frozenset({
    "json", "yaml", "csv", "layout", "length", "particles", "script", "punctuation", "poetry", "letters", "forms", "repeat",
    "keywords.starts_with", "keywords.ends_with",
})  # fmt: skip

TYPES = (
    ConstraintType("json.object", {"keys": _KEYS}, _draw_keys, _check_object, _amend_object, rank=4, conflicts=WHOLE_ANSWER),
    ConstraintType("json.valid", {}, draw_nothing, _check_valid, _amend_valid, rank=4, weight=0.5, conflicts=WHOLE_ANSWER),
    ConstraintType("json.ordered_keys", {"keys": texts_value(2, 20)}, _draw_keys, _check_ordered_keys, _amend_object, rank=4,
                   weight=0.5, conflicts=WHOLE_ANSWER),
    ConstraintType("json.numbers", {"keys": _KEYS}, _draw_numbers, _check_numbers, _amend_numbers, rank=4, weight=0.25,
                   conflicts=WHOLE_ANSWER | {"keywords", "numerals", "dates", "register", "orthography"}),
    ConstraintType("json.key_value", {"key": text_value(), "value": text_value()}, _draw_key_value, _check_key_value,
                   _amend_key_value, rank=4, weight=0.5, conflicts=WHOLE_ANSWER),
    ConstraintType("json.choice", {"key": text_value(), "choices": texts_value(2, 10)}, _draw_choice, _check_choice,
                   _amend_choice, rank=4, weight=0.5, conflicts=WHOLE_ANSWER),
    ConstraintType("json.nested", {"outer": text_value(), "inner": _KEYS}, _draw_nested, _check_nested, _amend_nested, rank=4,
                   weight=0.5, conflicts=WHOLE_ANSWER),
    ConstraintType("json.thai_keys", {}, draw_nothing, _check_thai_keys, _amend_valid, rank=4, weight=0.5,
                   conflicts=WHOLE_ANSWER, thai=True),
)  # fmt: skip
