"""The Thai around requests: several in one breath, coming back with another, and the system turn with its date."""

from __future__ import annotations

import random
import re
from collections.abc import Sequence
from datetime import datetime

from datagen.tools.words import BE, MONTHS, SHORT_MONTHS

__all__ = ["changed", "joined", "needs_date", "next_request", "system_turn"]

_WEEKDAYS = ("จันทร์", "อังคาร", "พุธ", "พฤหัสบดี", "ศุกร์", "เสาร์", "อาทิตย์")
# What only somebody who knows today's date understands.
_RELATIVE = re.compile(
    r"วันนี้|พรุ่งนี้|มะรืน|เมื่อวาน|คืนนี้|เช้านี้|เย็นนี้|บ่ายนี้|ตอนนี้|อาทิตย์หน้า|อาทิตย์นี้|สัปดาห์|เดือนหน้า|เดือนนี้|เดือนที่แล้ว|ปีนี้|ปีหน้า"
    r"|ปีที่แล้ว|สิ้นเดือน|สิ้นปี|ต้นเดือน|(?:วัน)?(?:จันทร์|อังคาร|พุธ|พฤหัส(?:บดี)?|ศุกร์|เสาร์|อาทิตย์)(?:ที่)?(?:นี้|หน้า)|อีก\s*\S+\s*วัน"
)
_MONTH_WITHOUT_YEAR = re.compile(
    "(?:" + "|".join(map(re.escape, (*MONTHS, *SHORT_MONTHS))) + r")(?!\s*(?:พ\.ศ\.|ค\.ศ\.|ปี)?\s*[0-9๐-๙]{2,4})"
)
_TWO = ("{0} แล้วก็ {1}", "{0} กับอีกเรื่อง {1}", "มีสองเรื่อง\n1. {0}\n2. {1}", "{0} อีกอย่าง {1}")
_THREE = ("มีสามเรื่อง\n1. {0}\n2. {1}\n3. {2}", "{0} แล้วก็ {1} กับอีกเรื่อง {2}", "{0} อีกอย่าง {1} แล้วก็ {2}")
_NEXT = ("แล้วก็ {0}", "อีกเรื่อง {0}", "ขอถามอีกเรื่อง {0}", "{0}")
_CHANGED = ("แล้วถ้าเป็น{0}ล่ะ", "ถ้าเปลี่ยนเป็น{0}ล่ะ", "แล้ว{0}ล่ะ")
_ROLES = (
    "คุณเป็นผู้ช่วยที่ตอบเป็นภาษาไทยอย่างสุภาพ",
    "คุณคือผู้ช่วยส่วนตัวสำหรับคนไทย ใช้เครื่องมือที่มีเมื่อต้องหาข้อมูลหรือทำรายการ",
    "คุณเป็นเจ้าหน้าที่ให้ข้อมูล ตอบสั้น กระชับ และสุภาพ",
    "คุณเป็นผู้ช่วยในแอปพลิเคชันภาษาไทย ตอบตามข้อมูลจากเครื่องมือเท่านั้น",
)
_TODAY = (
    "วันนี้เป็นวัน{weekday}ที่ {day} {month} พ.ศ. {be} เวลา {time} น.",
    "วันนี้คือวัน{weekday}ที่ {day} {month} {be} (ค.ศ. {ce}) ขณะนี้เวลา {time} น.",
    "วันที่ปัจจุบัน: {day} {month} พ.ศ. {be} เวลา {time} น.",
)


def joined(requests: Sequence[str], rng: random.Random) -> str:
    """Two or three requests in one message."""
    return rng.choice(_TWO if len(requests) == 2 else _THREE).format(*requests)


def next_request(request: str, rng: random.Random) -> str:
    """Another request after the first was answered."""
    return rng.choice(_NEXT).format(request)


def changed(words: str, rng: random.Random) -> str:
    """The same again with other words in one place: "แล้วถ้าเป็นวันที่ ... ล่ะ"."""
    spaced = words if words[-1:] >= "ก" and not words[-1:].isdigit() else f"{words} "
    return rng.choice(_CHANGED).format(spaced if words[:1] >= "ก" and not words[:1].isdigit() else f" {spaced}")


def needs_date(requests: Sequence[str]) -> bool:
    """Whether anything said is understood only by who knows what day it is."""
    return any(_RELATIVE.search(text) or _MONTH_WITHOUT_YEAR.search(text) for text in requests)


def system_turn(now: datetime, rng: random.Random, *, dated: bool) -> str:
    """What the assistant is told first; with the date and time where `dated`."""
    role = rng.choice(_ROLES)
    if not dated:
        return role
    today = rng.choice(_TODAY).format(
        weekday=_WEEKDAYS[now.weekday()],
        day=now.day,
        month=MONTHS[now.month - 1],
        be=now.year + BE,
        ce=now.year,
        time=f"{now:%H:%M}",
    )
    return f"{role} {today}"
