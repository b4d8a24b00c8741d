"""Which scripts an answer is written in: Thai letters only, a quota of Latin letters, no emoji.

The quota looks outside code and URLs, and is in percent since code-switching is a share of letters; `thai_only`
and `no_emoji` are absolute, as their words say. © ™ ❤ without an emoji selector are text, not emoji.
"""

from __future__ import annotations

import random
from typing import Any

import regex

from constraints.answer import Answer
from constraints.constraint_type import ConstraintType, DrawContext, Language, Params, draw_nothing
from constraints.language import latin_share, script_shares
from constraints.verdict import PASS, Verdict, fail

__all__ = ["TYPES"]

_EMOJI = regex.compile("\\p{Emoji_Presentation}|\\p{Extended_Pictographic}\ufe0f|[0-9#*]\ufe0f?\u20e3")
_THAI = regex.compile(r"[\p{L}&&\p{Script=Thai}]", regex.V1)
_NOT_THAI = regex.compile(r"[\p{L}--[\p{Script=Thai}\p{Script=Common}]]", regex.V1)


def _describe_thai_only(params: Params, lang: Language) -> str:
    if lang == "th":
        return "เขียนด้วยตัวอักษรไทยเท่านั้น ห้ามมีตัวอักษรอังกฤษหรือตัวอักษรของภาษาอื่น"
    return "Write in Thai letters only: no English letters and no other script."


def _check_thai_only(answer: Answer, params: Params) -> Verdict:
    if not _THAI.search(answer.text):
        return fail("no Thai letters")
    other = _NOT_THAI.search(answer.text)
    return fail(f"found {other.group()!r}") if other else PASS


def _draw_latin_max(rng: random.Random, context: DrawContext) -> dict[str, Any]:
    return {"percent": rng.choice((5, 10))}


def _describe_latin_max(params: Params, lang: Language) -> str:
    if lang == "th":
        return f"ใช้ตัวอักษรอังกฤษได้ไม่เกินร้อยละ {params['percent']} ของตัวอักษรทั้งหมด"
    return f"English letters may be at most {params['percent']} percent of all letters."


def _check_latin_max(answer: Answer, params: Params) -> Verdict:
    if not script_shares(answer.text):
        return fail("no letters at all")
    share, most = latin_share(answer.text), params["percent"]
    return PASS if share <= most / 100 else fail(f"{100 * share:.1f} percent, at most {most}")


def _describe_no_emoji(params: Params, lang: Language) -> str:
    if lang == "th":
        return "ห้ามใช้อิโมจิในคำตอบ"
    return "Use no emoji."


def _check_no_emoji(answer: Answer, params: Params) -> Verdict:
    found = _EMOJI.search(answer.text)
    return fail(f"found {found.group()}") if found else PASS


_PERCENT = {"percent": {"type": "integer", "minimum": 0, "maximum": 100}}
_ALONE = frozenset({"script"})

TYPES = (
    ConstraintType("script.thai_only", {}, draw_nothing, _describe_thai_only, _check_thai_only, weight=1.5,
                   conflicts=_ALONE | {"json"}),
    ConstraintType("script.latin_max", _PERCENT, _draw_latin_max, _describe_latin_max, _check_latin_max,
                   weight=0.25, conflicts=_ALONE),
    ConstraintType("script.no_emoji", {}, draw_nothing, _describe_no_emoji, _check_no_emoji, weight=0.25),
)  # fmt: skip
