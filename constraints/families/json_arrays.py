"""Answers that are JSON arrays, or objects that hold one: so many texts, so many objects with given keys.

Read as json_form reads them. Every item of an array of texts holds something; the values of objects in an array may
be of any kind.
"""

from __future__ import annotations

import json
import random
from typing import Any

from constraints.answer import Answer
from constraints.constraint_type import ConstraintType, DrawContext, Params, text_value, texts_value, whole_number
from constraints.counting import Unit, exactly
from constraints.families.json_form import WHOLE_ANSWER, judged_json, judged_key, keys_fault, texts_only, thai_kind
from constraints.verdict import Verdict, fail

__all__ = ["TYPES"]

_ITEMS = Unit("items", "", "รายการ")


def _amend_dumped(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False)


def _draw_count(rng: random.Random, context: DrawContext) -> dict[str, Any]:
    return {"count": rng.randint(3, 6)}


def _counted_texts(answer: Answer, value: Any, count: int) -> Verdict:
    if not isinstance(value, list):
        return fail(f"a {type(value).__name__}, not an array", f"เป็น{thai_kind(value)} ไม่ใช่อาร์เรย์")
    texts = texts_only(answer, value)
    return exactly(len(value), count, _ITEMS) if texts.passed else texts


def _check_array(answer: Answer, params: Params) -> Verdict:
    return judged_json(answer, lambda value: _counted_texts(answer, value, params["count"]))


def _amend_array(text: str, params: Params, filler: str) -> str:
    return _amend_dumped([text, *[filler] * (params["count"] - 1)])


_LIST_KEYS = ("รายการ", "ขั้นตอน", "ข้อแนะนำ", "ตัวอย่าง", "ประเด็น", "items", "เคล็ดลับ")


def _draw_key_list(rng: random.Random, context: DrawContext) -> dict[str, Any]:
    return {"key": rng.choice(_LIST_KEYS), "count": rng.randint(3, 6)}


def _check_key_list(answer: Answer, params: Params) -> Verdict:
    return judged_key(answer, params["key"], lambda value: _counted_texts(answer, value, params["count"]))


def _amend_key_list(text: str, params: Params, filler: str) -> str:
    return _amend_dumped({params["key"]: [text, *[filler] * (params["count"] - 1)]})


_OBJECT_KEYS = (
    ("ชื่อ", "คำอธิบาย"), ("หัวข้อ", "รายละเอียด"), ("ขั้นตอน", "สิ่งที่ต้องทำ"), ("คำถาม", "คำตอบ"), ("รายการ", "เหตุผล"),
    ("ชื่อ", "ประโยชน์", "ข้อควรระวัง"), ("name", "description"), ("ลำดับ", "หัวข้อ", "รายละเอียด"),
)  # fmt: skip


def _draw_objects(rng: random.Random, context: DrawContext) -> dict[str, Any]:
    return {"keys": list(rng.choice(_OBJECT_KEYS)), "count": rng.randint(2, 5)}


def _check_objects(answer: Answer, params: Params) -> Verdict:
    def judge(value: Any) -> Verdict:
        if not isinstance(value, list):
            return fail(f"a {type(value).__name__}, not an array", f"เป็น{thai_kind(value)} ไม่ใช่อาร์เรย์")
        for item in value:
            fault = keys_fault(answer, item, params["keys"])
            if fault is not None:
                return fault
        return exactly(len(value), params["count"], _ITEMS)

    return judged_json(answer, judge)


def _amend_objects(text: str, params: Params, filler: str) -> str:
    items = [dict.fromkeys(params["keys"], filler) for _ in range(params["count"])]
    items[0][params["keys"][0]] = text
    return _amend_dumped(items)


_KEYS = texts_value(most=20)
_COUNT = whole_number(maximum=100)

TYPES = (
    ConstraintType("json.array", {"count": _COUNT}, _draw_count, _check_array, _amend_array, rank=4, conflicts=WHOLE_ANSWER),
    ConstraintType("json.objects", {"keys": _KEYS, "count": _COUNT}, _draw_objects, _check_objects, _amend_objects, rank=4,
                   conflicts=WHOLE_ANSWER),
    ConstraintType("json.key_list", {"key": text_value(), "count": _COUNT}, _draw_key_list, _check_key_list, _amend_key_list,
                   rank=4, weight=0.5, conflicts=WHOLE_ANSWER),
)  # fmt: skip
