"""Thai times of day: 24-hour times with น., and hours as they are spoken.

The spoken clock counts six hours from midnight (ตี), dawn (โมงเช้า), noon (บ่าย, เย็น) and dusk (ทุ่ม); numbers in it may be
words or digits. Covers full hours: half past two says another time. Does not cover ยาม and other times of old.

>>> says_hour("เจอกันบ่ายสองโมง", 14), says_hour("เจอกันบ่ายสองโมงครึ่ง", 14), says_hour("เจอกันสองโมง", 14)
(True, False, None)
>>> [(time.hour, time.minute) for time in find_times("เปิด 08.30 น. ปิด ๑๗:๐๐ น.")]
[(8, 30), (17, 0)]
"""

from __future__ import annotations

from dataclasses import dataclass

import regex

from constraints.verdict import Span

__all__ = ["OfficialTime", "find_times", "says_hour"]

_S = "[ \u00a0]*+"  # possessive: "โมง ครึ่ง" must not be read as "โมง" and a blank
_OFFICIAL_TIME = regex.compile(rf"(?<![\d.:])(\d{{1,2}})[.:](\d{{2}}){_S}(?:(น\.)|น(?![\p{{L}}\p{{M}}]))")
_NUMBER_WORDS = ("", "หนึ่ง", "สอง", "สาม", "สี่", "ห้า", "หก", "เจ็ด", "แปด", "เก้า", "สิบ", "สิบเอ็ด")
_THAI_NUMERALS = ("", "๑", "๒", "๓", "๔", "๕", "๖", "๗", "๘", "๙", "๑๐", "๑๑")


@dataclass(frozen=True, slots=True)
class OfficialTime:
    """14.30 น.; `dotted` where น. has its dot."""

    hour: int
    minute: int
    dotted: bool
    at: Span

    @property
    def exists(self) -> bool:
        return self.minute < 60 and (self.hour < 24 or (self.hour, self.minute) == (24, 0))


def find_times(text: str) -> list[OfficialTime]:
    """Times with น.: 14.30 น. or 14:30 น."""
    return [
        OfficialTime(int(match[1]), int(match[2]), match[3] is not None, match.span())
        for match in _OFFICIAL_TIME.finditer(text)
    ]


def _number(value: int) -> str:
    return rf"(?<!\d|สิบ)(?:{_NUMBER_WORDS[value]}|{value}|{_THAI_NUMERALS[value]}){_S}"


def _spoken(hour: int) -> tuple[str, str]:
    """Patterns of what says the hour without doubt, and of what may be another one as well."""
    number = _number(hour % 6 or 6)
    if hour == 0:
        return rf"เที่ยงคืน|{number}ทุ่ม", ""
    if hour < 6:
        return rf"ตี{_S}{_number(hour)}", ""
    if hour == 12:
        noon = "เที่ยง(?!คืน|ธรรม|แท้)"
        return f"เที่ยงวัน|(?<!มื้อ|อาหาร|ข้าว|ก่อน|หลัง|พัก|ใกล้|เกือบ){noon}(?:ตรง)?+", noon
    if hour in (6, 18):
        return rf"{number}โมง{'เช้า' if hour == 6 else 'เย็น'}" + (
            rf"|ตี{_S}{number}" if hour == 6 else ""
        ), rf"{number}โมง"
    if hour == 7:
        alone = rf"(?<![\d\p{{Thai}}])(?<!(?:\d|{'|'.join(filter(None, _NUMBER_WORDS))})[ \u00a0]+)|(?<=ตอน)"
        return rf"{_number(7)}โมง(?:เช้า)?+(?!เย็น)|(?:{number}|{alone})โมงเช้า", ""
    if hour < 12:
        return rf"{_number(hour)}โมง(?:เช้า)?+(?!เย็น)|{number}โมงเช้า", rf"{number}โมง(?!เย็น|บ่าย)"
    if hour < 18:
        late = rf"|{number}โมงเย็น" if hour > 14 else ""
        noon = "|บ่ายโมง" if hour == 13 else ""
        return rf"บ่าย{_S}{number}(?:โมง)?+|{number}โมงบ่าย{late}{noon}", rf"{number}โมง(?!เช้า)"
    return rf"{number}ทุ่ม" + ("|ทุ่ม(?:หนึ่ง|นึง|ตรง)" if hour == 19 else ""), ""


# Half past is another time; ตีสองครั้ง is a beating.
_THE_HOUR = rf"(?![.:]?\d){_S}(?!ครึ่ง|กว่า|\d+{_S}นาที|(?:ยี่|สิบ|{'|'.join(filter(None, _NUMBER_WORDS))}|เอ็ด)+{_S}นาที|ครั้ง|ฟอง|ที(?![่\p{{M}}])|คน|วัน)"
_SAYS_HOUR = [regex.compile(f"(?:{_spoken(hour)[0]}){_THE_HOUR}") for hour in range(24)]
_MAY_SAY_HOUR = [regex.compile(f"(?:{_spoken(hour)[1] or '(?!)'}){_THE_HOUR}") for hour in range(24)]


def says_hour(text: str, hour: int) -> bool | None:
    """Whether the full hour stands in the text as Thais say it (บ่ายสองโมง); None where only สองโมง does."""
    if _SAYS_HOUR[hour].search(text):
        return True
    return None if _MAY_SAY_HOUR[hour].search(text) else False
