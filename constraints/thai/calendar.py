"""Thai dates and years: their names, and finding them in a text. Times of day are in `clock`.

Covers days with a month's name (full, abbreviated), years of both eras and weekdays, in Thai
or Arabic digits (`\\d` and `int` take both). Does not cover lunar dates, รัตนโกสินทร์ศก or dates in English. A number
that only may be a year ("2024" alone) is found but not `sure`: the checkers say UNDECIDED there.

>>> [(year.era, year.number) for year in find_years("พ.ศ. ๒๕๖๗ (ค.ศ. 2024)")]
[('พ.ศ.', 2567), ('ค.ศ.', 2024)]
>>> [found.common for found in find_dates("12 สิงหาคม 2567 ถึง 5 ม.ค. 68")]
[(2024, 8, 12), (2025, 1, 5)]
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

import regex

from constraints.verdict import Span

__all__ = [
    "BUDDHIST",
    "COMMON",
    "ERA_WORDS",
    "MONTHS",
    "OFFSET",
    "RELATIVE_DAYS",
    "SHORT_MONTHS",
    "WEEKDAYS",
    "EraPair",
    "MonthName",
    "NamedWeekday",
    "WrittenDate",
    "Year",
    "date_error",
    "day_at",
    "era_pairs",
    "exists",
    "find_dates",
    "find_months",
    "find_numeric_dates",
    "find_ranges",
    "find_weekdays",
    "find_years",
    "range_error",
    "weekday_before",
    "weekday_opening",
]

MONTHS = (
    "มกราคม", "กุมภาพันธ์", "มีนาคม", "เมษายน", "พฤษภาคม", "มิถุนายน",
    "กรกฎาคม", "สิงหาคม", "กันยายน", "ตุลาคม", "พฤศจิกายน", "ธันวาคม",
)  # fmt: skip
SHORT_MONTHS = ("ม.ค.", "ก.พ.", "มี.ค.", "เม.ย.", "พ.ค.", "มิ.ย.", "ก.ค.", "ส.ค.", "ก.ย.", "ต.ค.", "พ.ย.", "ธ.ค.")
WEEKDAYS = ("จันทร์", "อังคาร", "พุธ", "พฤหัสบดี", "ศุกร์", "เสาร์", "อาทิตย์")
"""Monday first, as `date.weekday()` counts."""
BUDDHIST, COMMON = "พ.ศ.", "ค.ศ."
OFFSET = 543
_NEW_YEAR_MOVED = 2484  # before พ.ศ. 2484 a year began in April, so that January to March are off by one
_FIRST_BARE_BUDDHIST = 2300

_S = "[ \u00a0]*+"  # possessive: "โมง ครึ่ง" must not be read as "โมง" and a blank
_NO_DOTTED_LETTER = r"(?<!\p{L}\.)"  # the ค.ศ. of ก.ค.ศ. is no era
_BE = r"พ\.[ ]?ศ\.?|พศ\.?(?=[ ]*\d{4})|พุทธศักราช"
_CE = r"ค\.[ ]?ศ\.?|คศ\.?(?=[ ]*\d{4})|คริสต์?ศักราช"
_FULL = "|".join(MONTHS)
# A missing last dot or a blank within is seen, but the ก. ค of a list "ก. คำตอบ" is not.
_SHORT = "|".join(
    rf"{first}\.[ ]?{second}(?:\.(?!\p{{L}}\p{{M}}*\.)|(?![\p{{L}}\p{{M}}.]))"
    for first, second in (month.rstrip(".").split(".") for month in SHORT_MONTHS)
)
_UNITS = (
    "บาท|คน|ครั้ง|กิโล|กม|เมตร|ม\\.|เล่ม|แห่ง|ตัว|ชิ้น|หน่วย|กรัม|วัตต์|ลิตร|แคล|คำ|ตัวอักษร|นาที|วินาที|ชั่วโมง|วัน|ปี|ไร่|ตัน|มิลลิ|เซนติ|"
    "เท่า|เปอร์เซ็นต์|%|บ้าน|หลัง|คัน|ชนิด|สาย|ฟุต|องศา|รอบ|ต้น|ลูก|ใบ|ขวด|กล่อง|หน้า|เหรียญ|ดอลลาร์|cc|kcal|km|m\\b|g\\b|W\\b"
)
_NO_UNIT = rf"(?!{_S}(?:{_UNITS}))"
_YEAR = regex.compile(
    rf"{_NO_DOTTED_LETTER}(?:(?P<be>{_BE})|(?P<ce>{_CE})){_S}(?P<year>\d{{1,4}})(?!\d)"
    rf"(?:{_S}(?:[-–—~,]|จนถึง|ถึง|และ|หรือ|กับ){_S}(?P<year>\d{{4}})(?!\d|,\d){_NO_UNIT})*"
    rf"|(?<![\d.,:])(?P<bare>\d{{4}})(?![\d:]|[.,]\d){_NO_UNIT}"
)
_YEAR_CUE = regex.compile(rf"(?:ปี(?:การศึกษา|งบประมาณ)?|{_FULL}|{_SHORT}){_S}$|\d{{1,2}}[/-]\d{{1,2}}[/-]$")
_LONGEST_CUE = 14
_JOINS = ("/", "-", "–")
_ALSO = rf"(?P<also>ตรงกับ{_S}(?:ปี{_S})?|หรือ{_S}|ปี{_S})?"
_PAIR = regex.compile(
    rf"{_NO_DOTTED_LETTER}(?:(?:{_BE}){_S}(?P<be>\d{{1,4}}){_S}\({_S}{_ALSO}(?:{_CE}){_S}(?P<ce>\d{{1,4}}){_S}\)"
    rf"|(?:{_CE}){_S}(?P<ce>\d{{1,4}}){_S}\({_S}{_ALSO}(?:{_BE}){_S}(?P<be>\d{{1,4}}){_S}\))"
)
_LATIN_YEAR = r"\b(?:{0})\b\.?[ ]*\d{{3,4}}(?!\d)|(?<!\d)\d{{3,4}}[ ]*(?:{0})\b"
ERA_WORDS = {
    BUDDHIST: regex.compile(rf"{_NO_DOTTED_LETTER}พ\.[ ]?ศ\.?|พุทธศักราช|{_LATIN_YEAR.format('B[.]?E')}"),
    COMMON: regex.compile(rf"{_NO_DOTTED_LETTER}ค\.[ ]?ศ\.?|คริสต์?ศักราช|{_LATIN_YEAR.format('A[.]?D|C[.]?E')}"),
}
"""Any word for an era, with a year or without."""

_DATE = regex.compile(
    rf"(?<!\d)(?P<day>\d{{1,2}}){_S}(?:เดือน{_S})?"
    rf"(?:(?P<full>{_FULL})(?:{_S}(?:ปี{_S})?(?:(?P<be>{_BE})|(?P<ce>{_CE}))?{_S}(?P<year>\d{{4}})(?!\d))?"
    rf"|(?P<short>{_SHORT})(?:{_S}(?:(?P<be>{_BE})|(?P<ce>{_CE}))?{_S}(?P<year>\d{{4}}|\d{{2}})(?!\d))?)"
)
_RANGE = regex.compile(
    rf"(?<!\d)(?P<first>\d{{1,2}}){_S}(?:[-–—]|ถึง){_S}(?P<last>\d{{1,2}}){_S}(?P<full>{_FULL}){_S}(?:{_BE})?{_S}(?P<year>\d{{4}})(?!\d)"
)
_NUMERIC_DATE = regex.compile(
    r"(?<![\d/.-])(?:(?P<a>\d{1,2})(?P<mark> ?/ ?|[.-])(?P<b>\d{1,2})(?P=mark)(?P<year>\d{4}|\d{2})"
    r"|(?P<year>\d{4})(?P<mark>[/.-])(?P<b>\d{1,2})(?P=mark)(?P<a>\d{1,2})"
    r"|(?<=วันที่[ ]?)(?P<a>\d{1,2})(?P<mark>/)(?P<b>\d{1,2}))(?![\d/]|[.-]\d)"
)
_CLIPPED = "มกรา|กุมภา|มีนา|เมษา|พฤษภา|มิถุนา|กรกฎา|สิงหา|กันยา|ตุลา|พฤศจิกา|ธันวา"
_UNDOTTED = "|".join(name.replace(".", "") + r"\.?" for name in SHORT_MONTHS)
_MONTH = regex.compile(
    rf"(?P<full>{_FULL})|(?P<short>{_SHORT})(?<!\p{{L}}\.(?P=short))|(?P<clipped>{_CLIPPED})(?!คม|ยน|พันธ์|การ)"
    rf"|(?<=[0-9๐-๙][ ]?)(?P<undotted>{_UNDOTTED})(?!\p{{Thai}})"
)
_MONTH_CUE = regex.compile(rf"(?:\d|เดือน){_S}$")
RELATIVE_DAYS = regex.compile("(?P<part>ทุก)วันนี้|(?<!ตะ)วันนี้|เมื่อวาน(?!ร)|วานนี้|วานซืน|พรุ่งนี้|มะรืน")
"""Days that depend on the day of writing; `part` where the words are of a longer one (ทุกวันนี้)."""
_WEEKDAY = "พฤหัสบดี|พฤหัส|" + "|".join(name for name in WEEKDAYS if name != "พฤหัสบดี")
_WEEKDAY_NAMED = regex.compile(
    rf"วัน[ ]?(?P<named>{_WEEKDAY})|(?<!ดาว|พระ|ดวง)(?P<bare>จันทร์|อังคาร|พุธ|พฤหัสบดี|พฤหัส|ศุกร์|เสาร์)"
    rf"|(?<=เสาร์[ ]?(?:[-–/]|และ|กับ|หรือ)?[ ]?)(?P<bare>อาทิตย์)"
)
_WEEKDAY_BEFORE = regex.compile(rf"วัน({_WEEKDAY}){_S}ที่{_S}$")
_WEEKDAY_OPENING = regex.compile(rf"วัน({_WEEKDAY})")


@dataclass(frozen=True, slots=True)
class Year:
    """A year as written: `sure` where an era or a word such as ปี says that it is one.

    `inherited` where the era stands before an earlier year of a range or list: พ.ศ. 2560–2565.
    """

    era: str
    number: int
    at: Span
    labelled: bool
    sure: bool
    inherited: bool = False

    @property
    def common(self) -> int:
        return self.number - OFFSET if self.era == BUDDHIST else self.number

    @property
    def plausible(self) -> bool:
        """พ.ศ. 2024 and ค.ศ. 2567 are more likely the other era."""
        return not (1900 <= self.number < 2100 if self.era == BUDDHIST else 2400 <= self.number < 2600)


@dataclass(frozen=True, slots=True)
class EraPair:
    """A year in both eras; `bare` where the brackets hold nothing but the second one."""

    buddhist: int
    common: int
    bare: bool
    at: Span

    @property
    def agrees(self) -> bool:
        return self.buddhist == self.common + OFFSET


@dataclass(frozen=True, slots=True)
class WrittenDate:
    """A day and a month's name: `form` is full, short or loose (a dot missing); the year may be missing."""

    form: str
    day: int
    month: int
    era: str
    year: int | None
    labelled: bool
    at: Span

    @property
    def common(self) -> tuple[int, int, int] | None:
        """(year, month, day) in the common era; None without a year."""
        if self.year is None:
            return None
        return self.year - OFFSET if self.era == BUDDHIST else self.year, self.month, self.day


@dataclass(frozen=True, slots=True)
class MonthName:
    """`form` is full, short, loose (a dot missing) or clipped (เมษา); ก.พ. alone is an office as well: not `sure`."""

    form: str
    at: Span
    sure: bool


@dataclass(frozen=True, slots=True)
class NamedWeekday:
    """A weekday's number, Monday 0; `named` where วัน stands before it."""

    number: int
    named: bool
    at: Span


def find_years(text: str) -> list[Year]:
    """Years with an era (ranges and lists included), and numbers that are or may be one without."""
    found = []
    for match in _YEAR.finditer(text):
        if match["bare"] is None:
            era = BUDDHIST if match["be"] else COMMON
            found += [
                Year(era, int(digits), at, True, True, at != match.spans("year")[0])
                for digits, at in zip(match.captures("year"), match.spans("year"), strict=True)
            ]
            continue
        number, start = int(match["bare"]), match.start()
        cue = _YEAR_CUE.search(text, max(0, start - _LONGEST_CUE), start)
        inside = not cue and text[start - 1 : start] in _JOINS  # the 2024 of 081-234-2024
        if not inside and (1700 <= number < 2100 or _FIRST_BARE_BUDDHIST <= number < 2600):
            era = BUDDHIST if number >= _FIRST_BARE_BUDDHIST else COMMON
            found.append(Year(era, number, match.span(), False, cue is not None))
    return found


def era_pairs(text: str) -> list[EraPair]:
    """Every พ.ศ. X (ค.ศ. Y), or the reverse."""
    return [
        EraPair(int(match["be"]), int(match["ce"]), match["also"] is None, match.span())
        for match in _PAIR.finditer(text)
    ]


def find_dates(text: str) -> Iterator[WrittenDate]:
    """Every day with a month's name."""
    for match in _DATE.finditer(text):
        if match["full"]:
            form, month = "full", MONTHS.index(match["full"])
        else:
            form, month = _form_of_short(match["short"])
        digits = match["year"]
        year = None if digits is None else int(digits) + (2500 if len(digits) == 2 else 0)
        era = (
            COMMON
            if match["ce"] or (not match["be"] and year is not None and year < _FIRST_BARE_BUDDHIST)
            else BUDDHIST
        )
        labelled = bool(match["be"] or match["ce"])
        yield WrittenDate(form, int(match["day"]), month + 1, era, year, labelled, match.span())


def day_at(text: str, day: int, month: int) -> Span | None:
    """Where that day of that month first stands, whatever its year."""
    return next((found.at for found in find_dates(text) if (found.day, found.month) == (day, month)), None)


def _form_of_short(written: str) -> tuple[str, int]:
    strict = written.replace(" ", "").rstrip(".") + "."
    return "short" if written == strict else "loose", SHORT_MONTHS.index(strict)


def find_ranges(text: str) -> list[tuple[int, int, int, int]]:
    """12–15 สิงหาคม 2567 as (first day, last day, month, Buddhist year)."""
    return [
        (int(match["first"]), int(match["last"]), MONTHS.index(match["full"]) + 1, int(match["year"]))
        for match in _RANGE.finditer(text)
    ]


def exists(written: WrittenDate) -> bool | None:
    """Whether the calendar has that day; None for 29 February of a year that began in April."""
    if (written.day, written.month) == (29, 2) and written.year is not None:
        if written.era == BUDDHIST and written.year < _NEW_YEAR_MOVED:
            return None
        common = written.year - OFFSET if written.era == BUDDHIST else written.year
        return common % 4 == 0 and (common % 100 != 0 or common % 400 == 0)
    return 1 <= written.day <= (31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31)[written.month - 1]


def find_numeric_dates(text: str) -> list[tuple[Span, bool]]:
    """12/08/2567, 12-8-67, 2024-08-12, วันที่ 12/8: (span, sure). 1.10.15 may be a version: not sure."""
    found = []
    for match in _NUMERIC_DATE.finditer(text):
        first, second, year = int(match["a"]), int(match["b"]), match["year"]
        if not (1 <= min(first, second) <= 12 and max(first, second) <= 31):
            continue
        if year is None or len(year) == 2:
            found.append((match.span(), match["mark"] != "."))
        elif 1700 <= int(year) < 2700:
            found.append((match.span(), True))
    return found


def find_months(text: str) -> list[MonthName]:
    """Every month's name, whole or not."""
    found = []
    for match in _MONTH.finditer(text):
        if match["full"]:
            found.append(MonthName("full", match.span("full"), True))
        elif match["short"]:
            form, month = _form_of_short(match["short"])
            found.append(MonthName(form, match.span(), month != 1 or _after_cue(text, match.start())))
        elif match["undotted"]:
            found.append(MonthName("loose", match.span("undotted"), True))
        elif _after_cue(text, match.start()):  # มีนา and กันยา are names of people as well
            found.append(MonthName("clipped", match.span(), False))
    return found


def _after_cue(text: str, start: int) -> bool:
    return _MONTH_CUE.search(text, max(0, start - 7), start) is not None


def _weekday_number(name: str) -> int:
    return 3 if name == "พฤหัส" else WEEKDAYS.index(name)


def find_weekdays(text: str) -> list[NamedWeekday]:
    """Weekdays with วัน, and names that may be weekdays without it (อาทิตย์ alone is more often a week)."""
    return [
        NamedWeekday(_weekday_number(match["named"] or match["bare"]), match["named"] is not None, match.span())
        for match in _WEEKDAY_NAMED.finditer(text)
    ]


def weekday_before(text: str, start: int) -> tuple[int, bool] | None:
    """The วัน...ที่ right before `start`: (number, written in full); None where none stands there."""
    match = _WEEKDAY_BEFORE.search(text[max(0, start - 30) : start])
    return match and (_weekday_number(match[1]), match[1] != "พฤหัส")


def weekday_opening(line: str) -> int | None:
    """The weekday a line begins with, วัน before it."""
    match = _WEEKDAY_OPENING.match(line)
    return _weekday_number(match[1]) if match else None


def date_error(params: Mapping[str, Any]) -> str | None:
    """What is wrong with the parameter `date`, in the words of `consistent`."""
    return _not_in_calendar("date", params["date"])


def range_error(params: Mapping[str, Any]) -> str | None:
    """What is wrong with `start` and `end`: they must be days of one month, in order."""
    start, end = params["start"], params["end"]
    error = _not_in_calendar("start", start) or _not_in_calendar("end", end)
    if error is None and (start[:7] != end[:7] or start >= end):
        return f"field 'end': {end} is not a later day of the month of {start}"
    return error


def _not_in_calendar(name: str, value: str) -> str | None:
    try:
        date.fromisoformat(value)
    except ValueError as exc:
        return f"field {name!r}: {value} is no date: {exc}"
    return None
