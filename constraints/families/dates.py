"""Dates in an answer: written the Thai way, with the right weekday, existing at all, month names full or short.

A date is a day and the name of a month (`constraints.thai.calendar` finds them); Thai and Arabic digits are equal,
and so are "2567" and "พ.ศ. 2567" after a month. Parameters are ISO dates, so that an instruction never shows the
form it asks for. Whether a number is a date at all ("1.10.15") is UNDECIDED where nothing says so. Years and eras
are in `dates_years`, times of day in `dates_times`.
"""

from __future__ import annotations

import random
from datetime import date, timedelta
from typing import Any

from constraints.answer import Answer
from constraints.constraint_type import ConstraintType, DrawContext, Params, draw_nothing, whole_number
from constraints.counting import Unit, at_least, exactly
from constraints.shaping import shown_lines, with_text
from constraints.thai.calendar import (
    BUDDHIST,
    MONTHS,
    OFFSET,
    RELATIVE_DAYS,
    SHORT_MONTHS,
    WEEKDAYS,
    WrittenDate,
    date_error,
    day_at,
    exists,
    find_dates,
    find_months,
    find_numeric_dates,
    find_ranges,
    find_weekdays,
    range_error,
    weekday_before,
    weekday_opening,
)
from constraints.verdict import PASS, Span, Verdict, fail, undecided

__all__ = ["TYPES"]

_DATES = Unit("different dates with a year", "วันที่พร้อมปีที่ไม่ซ้ำกัน", "วัน")
_LINES_OF_WEEK = Unit("lines", "", "บรรทัด")


def _draw_day(rng: random.Random) -> date:
    return date(2019, 1, 1) + timedelta(days=rng.randrange(3650))


def _draw_date(rng: random.Random, context: DrawContext) -> dict[str, Any]:
    return {"date": _draw_day(rng).isoformat()}


def _long(day: date) -> str:
    return f"{day.day} {MONTHS[day.month - 1]} {day.year + OFFSET}"


def _parts(day: date) -> tuple[int, int, int]:
    return day.year, day.month, day.day


# one date in one form


def _check_long_date(answer: Answer, params: Params) -> Verdict:
    day = date.fromisoformat(params["date"])
    for found in find_dates(answer.text):
        if (found.form, found.era, found.common) == ("full", BUDDHIST, _parts(day)):
            return PASS
    return _missing(answer, day, _long(day))


def _missing(answer: Answer, day: date, wanted: str) -> Verdict:
    return fail(
        f"the date does not stand as asked: {wanted}",
        f'ไม่พบวันที่ที่เขียนแบบ "{wanted}"',
        day_at(answer.text, day.day, day.month),
    )


def _amend_long_date(text: str, params: Params, filler: str) -> str:
    return with_text(text, _long(date.fromisoformat(params["date"])))


def _short(day: date) -> str:
    return f"{day.day} {SHORT_MONTHS[day.month - 1]} {day.year + OFFSET}"


def _check_short_date(answer: Answer, params: Params) -> Verdict:
    day = date.fromisoformat(params["date"])
    loose = None
    for found in find_dates(answer.text):
        if (found.era, found.common) == (BUDDHIST, _parts(day)):
            if found.form == "short":
                return PASS
            if found.form == "loose":
                loose = found.at
    if loose is not None:
        return undecided("the short month lacks a dot", "ชื่อเดือนย่อขาดจุดหรือมีช่องว่างแทรก", loose)
    return _missing(answer, day, _short(day))


def _amend_short_date(text: str, params: Params, filler: str) -> str:
    return with_text(text, _short(date.fromisoformat(params["date"])))


def _with_weekday(day: date) -> str:
    return f"วัน{WEEKDAYS[day.weekday()]}ที่ {day.day} {MONTHS[day.month - 1]} {BUDDHIST} {day.year + OFFSET}"


def _check_full_date(answer: Answer, params: Params) -> Verdict:
    day = date.fromisoformat(params["date"])
    clipped = None
    for found in find_dates(answer.text):
        if (found.form, found.era, found.labelled, found.common) == ("full", BUDDHIST, True, _parts(day)):
            weekday = weekday_before(answer.text, found.at[0])
            if weekday == (day.weekday(), True):
                return PASS
            if weekday == (day.weekday(), False):
                clipped = found.at
    if clipped is not None:
        return undecided("the weekday is clipped: วันพฤหัส", 'ชื่อวันเขียนไม่เต็มเป็น "วันพฤหัส"', clipped)
    return _missing(answer, day, _with_weekday(day))


def _amend_full_date(text: str, params: Params, filler: str) -> str:
    return with_text(text, _with_weekday(date.fromisoformat(params["date"])))


def _draw_date_range(rng: random.Random, context: DrawContext) -> dict[str, Any]:
    start = _draw_day(rng).replace(day=rng.randint(1, 24))
    return {"start": start.isoformat(), "end": (start + timedelta(days=rng.randint(1, 4))).isoformat()}


def _range(start: date, end: date) -> str:
    return f"{start.day}–{_long(end)}"


def _check_date_range(answer: Answer, params: Params) -> Verdict:
    start, end = date.fromisoformat(params["start"]), date.fromisoformat(params["end"])
    if (start.day, end.day, end.month, end.year + OFFSET) in find_ranges(answer.text):
        return PASS
    return _missing(answer, end, _range(start, end))


def _amend_date_range(text: str, params: Params, filler: str) -> str:
    return with_text(text, _range(date.fromisoformat(params["start"]), date.fromisoformat(params["end"])))


# weekdays


def _check_weekday(answer: Answer, params: Params) -> Verdict:
    right = date.fromisoformat(params["date"]).weekday()
    found = find_weekdays(answer.text)
    for weekday in found:
        if weekday.named and weekday.number != right:
            return fail(
                f"another weekday stands in the answer: {WEEKDAYS[weekday.number]}",
                f"มีชื่อวันอื่นในคำตอบ: วัน{WEEKDAYS[weekday.number]}",
                weekday.at,
            )
    doubtful = next((weekday for weekday in found if not weekday.named), None)
    if doubtful is not None:
        return undecided(
            "a name that may be a weekday stands without วัน", 'มีชื่อที่อาจหมายถึงวันแต่ไม่มีคำว่า "วัน" นำหน้า', doubtful.at
        )
    if found:
        return PASS
    return fail(f"the weekday {WEEKDAYS[right]} is missing", f"ไม่พบชื่อวันที่ถูกต้อง คือ วัน{WEEKDAYS[right]}")


def _amend_weekday(text: str, params: Params, filler: str) -> str:
    return with_text(text, f"วัน{WEEKDAYS[date.fromisoformat(params['date']).weekday()]}")


def _check_week_lines(answer: Answer, params: Params) -> Verdict:
    for number, line in enumerate(answer.placed_lines[:7]):
        if weekday_opening(line.text) != number:
            return fail(
                f"line {number + 1} does not begin with วัน{WEEKDAYS[number]}",
                f"บรรทัดที่ {number + 1} ต้องขึ้นต้นด้วย วัน{WEEKDAYS[number]}",
                line.at,
            )
    return exactly(len(answer.lines), 7, _LINES_OF_WEEK)


def _amend_week_lines(text: str, params: Params, filler: str) -> str:
    lines = shown_lines(text)
    lines = [*lines[:6], " ".join(lines[6:])] if len(lines) > 7 else [*lines, *[filler] * (7 - len(lines))]
    return "\n".join(
        line if line.startswith(f"วัน{name}") else f"วัน{name}: {line}"
        for line, name in zip(lines, WEEKDAYS, strict=True)
    )


# what every date must be


def _draw_minimum(rng: random.Random, context: DrawContext) -> dict[str, Any]:
    return {"minimum": rng.randint(2, 4)}


def _check_dates_valid_min(answer: Answer, params: Params) -> Verdict:
    doubtful: Span | None = None
    different = set()
    for found in find_dates(answer.text):
        real = exists(found)
        if real is False:
            return fail(
                f"no calendar has that day: {_as_written(answer, found)}",
                f"ไม่มีวันนี้ในปฏิทิน: {_as_written(answer, found)}",
                found.at,
            )
        if real is None:
            doubtful = found.at
        if (found.form, found.common is None) == ("full", False):
            different.add(found.common)
    verdict = at_least(len(different), params["minimum"], _DATES)
    if verdict.passed and doubtful is not None:
        return undecided(
            "29 February of a year that began in April", "วันที่ 29 กุมภาพันธ์ก่อน พ.ศ. 2484 นับปีต่างจากปัจจุบัน", doubtful
        )
    return verdict


def _as_written(answer: Answer, found: WrittenDate) -> str:
    return answer.text[found.at[0] : found.at[1]]


def _amend_dates(text: str, params: Params, filler: str) -> str:
    return with_text(text, " ".join(f"{number + 1} มกราคม 2560" for number in range(params["minimum"])))


def _check_no_numeric_dates(answer: Answer, params: Params) -> Verdict:
    numeric = find_numeric_dates(answer.text)
    for at, sure in numeric:
        if sure:
            return fail("a date stands in numbers alone", "มีวันที่ที่เขียนเป็นตัวเลขล้วน", at)
    if next(find_dates(answer.text), None) is None:
        return fail("no date with a month's name", "ไม่มีวันที่ที่เขียนชื่อเดือนเป็นคำ")
    if numeric:
        return undecided("numbers that may be a date", "มีตัวเลขที่อาจเป็นวันที่", numeric[0][0])
    return PASS


def _check_no_relative_days(answer: Answer, params: Params) -> Verdict:
    relative = list(RELATIVE_DAYS.finditer(answer.text))
    for match in relative:
        if match["part"] is None:
            return fail(f"a relative day stands in the answer: {match[0]}", f"มีคำบอกวันที่ห้ามใช้: {match[0]}", match.span())
    if next(find_dates(answer.text), None) is None:
        return fail("no date with a month's name", "ไม่มีวันที่ที่ระบุวันและชื่อเดือน")
    if relative:
        return undecided("ทุกวันนี้ is about these days", '"ทุกวันนี้" อาจไม่ได้หมายถึงวันนี้', relative[0].span())
    return PASS


def _amend_a_date(text: str, params: Params, filler: str) -> str:
    return with_text(text, "5 มกราคม 2560")


def _check_month_names(answer: Answer, wanted: str, banned: str, names: tuple[str, str]) -> Verdict:
    found = find_months(answer.text)
    for month in found:
        if month.form == banned and month.sure:
            return fail(f"a {banned} month name stands in the answer", f"มี{names[1]}ในคำตอบ", month.at)
    if not any((month.form, month.sure) == (wanted, True) for month in found):
        return fail(f"no {wanted} month name", f"ไม่มี{names[0]}ในคำตอบ")
    for month in found:
        if month.form != wanted:
            return undecided("a name that is neither full nor short", "มีชื่อเดือนที่เขียนไม่ตรงทั้งแบบเต็มและแบบย่อ", month.at)
    return PASS


def _check_month_names_full(answer: Answer, params: Params) -> Verdict:
    return _check_month_names(answer, "full", "short", ("ชื่อเดือนเต็ม", "ชื่อเดือนย่อ"))


def _check_month_names_short(answer: Answer, params: Params) -> Verdict:
    return _check_month_names(answer, "short", "full", ("ชื่อเดือนย่อ", "ชื่อเดือนเต็ม"))


def _amend_month_full(text: str, params: Params, filler: str) -> str:
    for short, full in zip(SHORT_MONTHS, MONTHS, strict=True):
        text = text.replace(short, full)
    return text if any(name in text for name in MONTHS) else with_text(text, MONTHS[0])


def _amend_month_short(text: str, params: Params, filler: str) -> str:
    for short, full in zip(SHORT_MONTHS, MONTHS, strict=True):
        text = text.replace(full, short)
    return text if any(name in text for name in SHORT_MONTHS) else with_text(text, SHORT_MONTHS[0])


_ISO_DATE = {"type": "string", "pattern": r"^(19[5-9]\d|20\d\d)-\d\d-\d\d$", "maxLength": 10}
_DATE = {"date": _ISO_DATE}
_SHAPES_WHOLE = frozenset({"layout", "json", "yaml", "csv", "poetry", "length.divided_sentences"})

TYPES = (
    ConstraintType("dates.long_date", _DATE, _draw_date, _check_long_date, _amend_long_date,
                   rank=1, consistent=date_error, thai=True),
    ConstraintType("dates.short_date", _DATE, _draw_date, _check_short_date, _amend_short_date,
                   rank=1, consistent=date_error, thai=True),
    ConstraintType("dates.full_date", _DATE, _draw_date, _check_full_date, _amend_full_date,
                   rank=1, consistent=date_error, thai=True),
    ConstraintType("dates.date_range", {"start": _ISO_DATE, "end": _ISO_DATE}, _draw_date_range, _check_date_range,
                   _amend_date_range, rank=1, weight=0.5, consistent=range_error, thai=True),
    ConstraintType("dates.weekday", _DATE, _draw_date, _check_weekday, _amend_weekday,
                   rank=1, weight=0.5, consistent=date_error, thai=True),
    ConstraintType("dates.week_lines", {}, draw_nothing, _check_week_lines, _amend_week_lines,
                   weight=0.5, conflicts=_SHAPES_WHOLE, thai=True),
    ConstraintType("dates.dates_valid_min", {"minimum": whole_number(maximum=20)}, _draw_minimum,
                   _check_dates_valid_min, _amend_dates, rank=1, thai=True),
    ConstraintType("dates.no_numeric_dates", {}, draw_nothing, _check_no_numeric_dates, _amend_a_date,
                   rank=1, weight=0.5, thai=True),
    ConstraintType("dates.no_relative_days", {}, draw_nothing, _check_no_relative_days, _amend_a_date,
                   rank=1, weight=0.5, thai=True),
    ConstraintType("dates.month_names_full", {}, draw_nothing, _check_month_names_full, _amend_month_full,
                   rank=1, thai=True),
    ConstraintType("dates.month_names_short", {}, draw_nothing, _check_month_names_short, _amend_month_short,
                   rank=1, thai=True),
)  # fmt: skip
