"""Times of day: the official 24-hour form with น., and the spoken six-hour form (บ่ายสองโมง, สองทุ่ม, ตีสาม).

The spoken forms are a table in `constraints.thai.clock`; numbers in them may be words or digits. What fits two
hours of the day (สองโมง, หกโมง) is UNDECIDED, as is น without its dot. Ranges: only a time with its own น. counts.
"""

from __future__ import annotations

import random
from typing import Any

from constraints.answer import Answer
from constraints.constraint_type import ConstraintType, DrawContext, Params, whole_number
from constraints.counting import Unit, at_least
from constraints.shaping import with_text
from constraints.thai.clock import find_times, says_hour
from constraints.verdict import PASS, Verdict, fail, undecided

__all__ = ["TYPES"]

_TIMES = Unit("different times with น.", 'เวลาที่ไม่ซ้ำกันและมี "น." ต่อท้าย', "เวลา")
_SPOKEN = (
    "เที่ยงคืน", "ตีหนึ่ง", "ตีสอง", "ตีสาม", "ตีสี่", "ตีห้า", "หกโมงเช้า", "เจ็ดโมงเช้า", "แปดโมงเช้า", "เก้าโมงเช้า", "สิบโมงเช้า",
    "สิบเอ็ดโมงเช้า", "เที่ยงวัน", "บ่ายโมง", "บ่ายสองโมง", "บ่ายสามโมง", "สี่โมงเย็น", "ห้าโมงเย็น", "หกโมงเย็น", "หนึ่งทุ่ม", "สองทุ่ม",
    "สามทุ่ม", "สี่ทุ่ม", "ห้าทุ่ม",
)  # fmt: skip
"""How each hour is said, midnight first."""


def _draw_time(rng: random.Random, context: DrawContext) -> dict[str, Any]:
    return {"time": f"{rng.randint(6, 22):02}:{rng.randrange(0, 60, 5):02}"}


def _check_time_24(answer: Answer, params: Params) -> Verdict:
    hour, minute = map(int, params["time"].split(":"))
    found = [time for time in find_times(answer.text) if (time.hour, time.minute) == (hour, minute)]
    if any(time.dotted for time in found):
        return PASS
    if found:
        return undecided("น without its dot", '"น" ไม่มีจุดต่อท้าย', found[0].at)
    return fail(f"{params['time']} with น. is missing", f"ไม่พบเวลา {params['time'].replace(':', '.')} น.")


def _amend_time_24(text: str, params: Params, filler: str) -> str:
    return with_text(text, f"{params['time'].replace(':', '.')} น.")


def _draw_minimum(rng: random.Random, context: DrawContext) -> dict[str, Any]:
    return {"minimum": rng.randint(2, 4)}


def _check_times_official_min(answer: Answer, params: Params) -> Verdict:
    times = find_times(answer.text)
    for time in times:
        if not time.exists:
            return fail(
                f"no clock shows {time.hour:02}.{time.minute:02}",
                f"ไม่มีเวลา {time.hour:02}.{time.minute:02} น.",
                time.at,
            )
    verdict = at_least(len({(time.hour, time.minute) for time in times if time.dotted}), params["minimum"], _TIMES)
    if not verdict.passed and not all(time.dotted for time in times):
        return undecided("น without its dot", '"น" บางแห่งไม่มีจุดต่อท้าย', times[0].at)
    return verdict


def _amend_times(text: str, params: Params, filler: str) -> str:
    return with_text(text, " ".join(f"{number + 1:02}.30 น." for number in range(params["minimum"])))


def _draw_hour(rng: random.Random, context: DrawContext) -> dict[str, Any]:
    return {"hour": rng.choice([hour for hour in range(24) if hour not in (5, 21)])}  # 5 and 21 are the examples


def _check_time_spoken(answer: Answer, params: Params) -> Verdict:
    hour = params["hour"]
    said = says_hour(answer.text, hour)
    if said is None:
        return undecided(f"may be {hour}.00 or another hour", "เป็นคำพูดที่อาจหมายถึงเวลาอื่นได้ด้วย")
    return PASS if said else fail(f"{hour}.00 is not said as Thais say it", f"ไม่พบเวลา {hour}.00 น. แบบภาษาพูด")


def _amend_time_spoken(text: str, params: Params, filler: str) -> str:
    return with_text(text, _SPOKEN[params["hour"]])


_CLOCK = {"type": "string", "pattern": r"^([01]\d|2[0-3]):[0-5]\d$", "maxLength": 5}

TYPES = (
    ConstraintType("dates.time_24", {"time": _CLOCK}, _draw_time, _check_time_24, _amend_time_24, rank=1, thai=True),
    ConstraintType("dates.times_official_min", {"minimum": whole_number(maximum=12)}, _draw_minimum,
                   _check_times_official_min, _amend_times, rank=1, thai=True),
    ConstraintType("dates.time_spoken", {"hour": whole_number(0, 23)}, _draw_hour, _check_time_spoken,
                   _amend_time_spoken, rank=1, thai=True),
)  # fmt: skip
