"""Times of day and lengths of time in a text with Arabic digits: 08:30, 8.30 น., 8 โมงครึ่ง, บ่ายสองโมง, 2 ชั่วโมง 15 นาที.

A spoken time may be two (สองโมง: 8 or 14 o'clock): each mention is the set of what it can be.

>>> [sorted(time.options) for time in find_clock_times("ออก 08.30 น. ถึงบ่ายสองโมงครึ่ง กลับ 2 ทุ่ม")]
[[(8, 30)], [(14, 30)], [(20, 0)]]
>>> [length.minutes for length in find_lengths("ใช้เวลา 2 ชั่วโมง 15 นาที")]
[135]
"""

from __future__ import annotations

import re
from dataclasses import dataclass

import regex

from constraints.verdict import Span
from datagen.proof.amounts import words_value

__all__ = ["ClockTime", "Length", "find_clock_times", "find_lengths"]

_N = r"(?:1[01]|[1-9]|สิบเอ็ด|สิบ|หนึ่ง|สอง|สาม|สี่|ห้า|หก|เจ็ด|แปด|เก้า)"
_MINUTES = (
    r"(?: ?(?P<half>ครึ่ง)"
    r"| ?(?P<minutes>[1-5]?\d|(?:(?:สอง|ยี่|สาม|สี่|ห้า)?สิบ)?(?:เอ็ด|หนึ่ง|สอง|สาม|สี่|ห้า|หก|เจ็ด|แปด|เก้า)?) ?นาที"
    r"|(?P<minutes>(?:ยี่|สาม|สี่|ห้า)?สิบ(?:เอ็ด|สอง|สาม|สี่|ห้า|หก|เจ็ด|แปด|เก้า)?)(?=\s|$|[.,)]|ครับ|ค่ะ|คะ|นะ|ถึง|ปิด)"
    r"| ?(?P<minutes>[1-5]\d)(?= ?(?:น\.|ครับ|ค่ะ|คะ|นะ(?!\p{Thai}))|[,)]|\s*$))?"
)
_WRITTEN = regex.compile(
    r"(?<![\d.:/-])(?P<h>\d{1,2})(?:"
    r":(?P<m>\d{2})(?::\d{2})?(?![\d:])"
    r"|\.(?P<m>\d{2})(?=(?: ?[-–] ?| ?(?:ถึง|และ|กับ|หรือ) ?)\d{1,2}[.:]\d{2} ?(?:น\.|น(?![\p{L}\p{M}])|นาฬิกา)"
    r"| ?(?:น\.|น(?![\p{L}\p{M}])|นาฬิกา))"
    r"| ?นาฬิกา(?: ?(?P<m>\d{1,2}) ?นาที)?"
    r"|(?= ?น\.(?![\p{L}\p{M}]))"
    r")(?: ?(?:น\.|น(?![\p{L}\p{M}])|นาฬิกา))?|(?<=[-–] ?)(?P<h>\d{1,2}):(?P<m>\d{2})(?!\d)"
)
_SPOKEN = regex.compile(
    rf"(?:ตี ?(?P<night>[1-5]|หนึ่ง|สอง|สาม|สี่|ห้า)|บ่าย ?(?P<noon>[1-5]|หนึ่ง|สอง|สาม|สี่|ห้า)(?: ?โมง)?|(?P<one>บ่ายโมง)(?!เย็น)"
    rf"|(?<![\d.,:])(?P<hour>{_N}) ?โมง(?: ?(?P<part>เช้า|เย็น|บ่าย))?|(?<![\d.,:])(?P<dusk>[1-5]|หนึ่ง|สอง|สาม|สี่|ห้า) ?ทุ่ม"
    rf"|(?P<midnight>เที่ยงคืน)|(?P<midday>เที่ยง(?:วัน|ตรง|ครึ่ง)|ตอนเที่ยง(?!คืน)))(?:ตรง)?{_MINUTES}"
)
_WRITTEN_CUE = re.compile("[0-9](?:[:.][0-9]{2}| ?น\\.)|นาฬิกา")
_SPOKEN_CUE = ("โมง", "ทุ่ม", "ตี", "บ่าย", "เที่ยง")
_LENGTH = regex.compile(
    r"(?<![\d.,:])(?P<h>\d{1,3}) ?(?:ชั่วโมง|ชม\.?)(?: ?(?P<half>ครึ่ง)| ?(?:กับ|และ)? ?(?P<m>\d{1,2}) ?(?:นาที|น\.))?"
)


@dataclass(frozen=True, slots=True)
class ClockTime:
    options: frozenset[tuple[int, int]]
    at: Span


@dataclass(frozen=True, slots=True)
class Length:
    minutes: int
    at: Span
    parts: tuple[int, ...]


def find_clock_times(text: str) -> list[ClockTime]:
    """Times as they are written, and as they are spoken."""
    found = []
    if _WRITTEN_CUE.search(text):
        for match in _WRITTEN.finditer(text):
            hour, minute = int(match["h"]), int(match["m"] or 0)
            if hour <= 24 and minute < 60:
                found.append(ClockTime(frozenset({(hour % 24, minute)}), match.span()))
    if any(cue in text for cue in _SPOKEN_CUE):
        for match in _SPOKEN.finditer(text):
            minute = 30 if match["half"] or match["midday"] == "เที่ยงครึ่ง" else _number(match["minutes"]) or 0
            hours = _spoken_hours(match)
            found.append(ClockTime(frozenset((hour % 24, minute) for hour in hours), match.span()))
    return found


def _spoken_hours(match: regex.Match[str]) -> tuple[int, ...]:
    if match["night"]:
        return (_number(match["night"]) or 0,)
    if match["noon"]:
        return (12 + (_number(match["noon"]) or 0),)
    if match["dusk"]:
        return (18 + (_number(match["dusk"]) or 0),)
    if match["one"] or match["midday"] or match["midnight"]:
        return (13 if match["one"] else 12 if match["midday"] else 0,)
    hour = _number(match["hour"]) or 0
    if match["part"] == "เช้า":
        return (hour,) if hour >= 6 else (hour + 6,)
    if match["part"]:
        return (hour + 12,)
    return (hour, hour + 12) if hour >= 6 else (hour + 6, hour + 12)


def _number(written: str | None) -> int | None:
    if not written:
        return None
    value = int(written) if written.isdecimal() else words_value(written)
    return None if value is None else int(value)


def find_lengths(text: str) -> list[Length]:
    """Hours, with half or minutes: how long something takes."""
    if "ชั่วโมง" not in text and "ชม" not in text:
        return []
    return [
        Length(
            int(match["h"]) * 60 + (30 if match["half"] else int(match["m"] or 0)),
            match.span(),
            (int(match["h"]), *((int(match["m"]),) if match["m"] else ())),
        )
        for match in _LENGTH.finditer(text)
    ]
