"""What a seed gives, pinned: drawn parameters, their words, and the amended texts that decide which sets are drawn.

    python tests/constraints/snapshot.py        # write snapshot.json anew, after a change that is meant to change draws

A data set is reproducible from its seed only while these stay as they are, so test_snapshot.py compares them with
snapshot.json. One short digest a type and aspect: a change names the type.
"""

from __future__ import annotations

import hashlib
import json
import random
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from constraints import Constraint, ConstraintType, DrawContext
from constraints.catalogue import entry

FILE = Path(__file__).with_suffix(".json")
_CONTEXTS = (
    DrawContext(("ข้าวผัด", "ข้าว", "น้ำปลา", "Wi-Fi 6"), "แนะนำวิธีทำข้าวผัดน้ำปลาให้อร่อย"),
    DrawContext(("แมว", "วัคซีน"), "เขียนคำแนะนำการเลี้ยงแมวที่ป่วยและนอนทั้งวัน"),
    DrawContext(),
)
_SEEDS = range(12)
# Bases that an amendment meets in a set: short, long, lines, paragraphs, lists, numbers, particles, both scripts, JSON.
_BASES = (
    "ไปกินผัก",
    "มาดูปลา แล้วกลับบ้าน นอนพัก และเล่นน้ำกับเพื่อน ๆ ทุกวันที่ริมคลองหลังบ้าน",
    "หนึ่ง\nสอง สอง\nสาม สาม สาม\nสี่\nห้า\nหก\nเจ็ด\nแปด\nเก้า",
    "ย่อหน้าแรก\n\nย่อหน้าที่สอง\nมีสองบรรทัด\n\nย่อหน้าที่สาม",
    "- ข้าว 2 จาน\n- ปลา 10 ตัว\n\n1. ล้าง\n2. หั่น",
    "ปี พ.ศ. 2567 มี 15 คน เมื่อ 3 มกราคม 2567 จ่าย 1,250.50 บาท ร้อยละ 20 หรือ 20%",
    "ผมไปตลาดครับ แล้วเขาถามว่า “ไปไหม” ค่ะ (ไม่ไป)",
    "good day AI model\nสวัสดี Hello",
    '{"ก": "ข"}',
)


def digests(types: Iterable[ConstraintType]) -> dict[str, dict[str, str]]:
    """Type id -> aspect (draw, words, amend) -> digest."""
    return {constraint.id: _digests(constraint) for constraint in types}


def _digests(constraint: ConstraintType) -> dict[str, str]:
    drawn = [constraint.draw(random.Random(seed), context) for context in _CONTEXTS for seed in _SEEDS]
    different = {
        _canonical(params): params for params in [dict(entry(constraint.id).params), *drawn] if params is not None
    }
    built = [Constraint(constraint, params) for params in different.values()][:8]
    return {
        "draw": _digest(drawn),
        "words": _digest([dict(c.type.shown(c.params, lang)) for c in built for lang in ("th", "en")]),
        "amend": _digest([c.amend(base, "นอนพัก") for c in built for base in _BASES]),
    }


def _canonical(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, sort_keys=True)


def _digest(value: Any) -> str:
    return hashlib.sha256(_canonical(value).encode()).hexdigest()[:12]


def read() -> dict[str, dict[str, str]]:
    return json.loads(FILE.read_text(encoding="utf-8"))


if __name__ == "__main__":
    from constraints import types

    FILE.write_text(json.dumps(digests(types().values()), indent=1) + "\n", encoding="utf-8")
