"""Thai dates, years and times against the standard library's calendar and PyThaiNLP's spoken clock."""

from __future__ import annotations

import calendar
from datetime import date, timedelta

import pytest
from pythainlp.util import time_to_thaiword

from constraints.thai.calendar import (
    BUDDHIST,
    COMMON,
    MONTHS,
    SHORT_MONTHS,
    WEEKDAYS,
    date_error,
    day_at,
    era_pairs,
    exists,
    find_dates,
    find_months,
    find_numeric_dates,
    find_ranges,
    find_weekdays,
    find_years,
    range_error,
    weekday_before,
)
from constraints.thai.clock import find_times, says_hour

DAYS = [date(1999, 12, 25) + timedelta(days=step) for step in range(0, 5000, 37)]


@pytest.mark.parametrize(
    "form", ["{day} {full} {be}", "{day} {full} พ.ศ. {be}", "{day} {short} {be}", "{day}{short}{two}"]
)
def test_a_written_date_is_read_back(form: str) -> None:
    for day in DAYS:
        written = form.format(
            day=day.day,
            full=MONTHS[day.month - 1],
            short=SHORT_MONTHS[day.month - 1],
            be=day.year + 543,
            two=f"{(day.year + 543) % 100:02}",
        )
        (found,) = find_dates(f"นัดวันที่ {written} นะ")
        assert found.common == (day.year, day.month, day.day), written
        assert found.era == BUDDHIST
        assert exists(found) is True


def test_only_days_of_the_calendar_exist() -> None:
    for year in (1999, 2000, 2023, 2024, 2100):
        for month in range(1, 13):
            last = calendar.monthrange(year, month)[1]
            for day in range(33):
                for written in (
                    f"{day} {MONTHS[month - 1]} {year + 543}",
                    f"{day} {SHORT_MONTHS[month - 1]} ค.ศ. {year}",
                ):
                    assert exists(next(find_dates(written))) is (1 <= day <= last), written
    assert exists(next(find_dates("29 กุมภาพันธ์"))) is True
    assert exists(next(find_dates("30 กุมภาพันธ์"))) is False
    assert exists(next(find_dates("29 กุมภาพันธ์ 2450"))) is None  # that year began in April


@pytest.mark.parametrize(
    ("year", "eras"),
    [
        (1699, []),
        (1700, [COMMON]),
        (2099, [COMMON]),
        (2100, []),
        (2299, []),
        (2300, [BUDDHIST]),
        (2599, [BUDDHIST]),
        (2600, []),
    ],
)
def test_a_bare_number_is_a_year_within_limits(year: int, eras: list[str]) -> None:
    assert [found.era for found in find_years(f"ปี {year}")] == eras


@pytest.mark.parametrize(
    ("text", "plausible"),
    [
        ("พ.ศ. 1899", True), ("พ.ศ. 1900", False), ("พ.ศ. 2099", False), ("พ.ศ. 2100", True),
        ("ค.ศ. 2399", True), ("ค.ศ. 2400", False), ("ค.ศ. 2599", False), ("ค.ศ. 2600", True),
    ],
)  # fmt: skip
def test_a_year_of_the_other_era_is_not_plausible(text: str, plausible: bool) -> None:
    assert [found.plausible for found in find_years(text)] == [plausible]


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("12/12/2567", True), ("12/31/2567", True), ("13/13/2567", False), ("31/1/2567", True), ("32/1/2567", False),
        ("1/1/1699", False), ("1/1/1700", True), ("1/1/2699", True), ("1/1/2700", False),
    ],
)  # fmt: skip
def test_limits_of_numeric_dates(text: str, found: bool) -> None:
    assert bool(find_numeric_dates(text)) is found


def test_the_year_after_a_month_names_its_era() -> None:
    assert [next(find_dates(f"1 มกราคม {year}")).era for year in (2299, 2300)] == [COMMON, BUDDHIST]
    assert [exists(next(find_dates(f"29 กุมภาพันธ์ {year}"))) for year in (2483, 2484)] == [None, False]


def test_weekdays_are_named_in_the_order_of_the_library() -> None:
    assert WEEKDAYS[date(2024, 8, 12).weekday()] == "จันทร์"
    assert weekday_before("พบกันวันพุธที่ 1", 15) == (2, True)
    assert weekday_before("พบกันวันพฤหัสที่ 1", 16) == (3, False)
    assert weekday_before("พบกันวันที่ 1", 11) is None
    found = find_weekdays("วันเสาร์-อาทิตย์ หลังสองอาทิตย์ ดวงจันทร์ ดาวศุกร์ และจันทร์")
    assert [(weekday.number, weekday.named) for weekday in found] == [(5, True), (6, False), (0, False)]


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("พ.ศ. ๒๕๖๗", [(BUDDHIST, 2567, True)]),
        ("พ.ศ.2560-2562, 2564 และ 2570", [(BUDDHIST, year, True) for year in (2560, 2562, 2564, 2570)]),
        ("ค.ศ. 1914 ถึง 2000 คน", [(COMMON, 1914, True)]),
        ("ปี 2024", [(COMMON, 2024, True)]),
        ("ปีการศึกษา 2567", [(BUDDHIST, 2567, True)]),
        ("5 ม.ค. 2567", [(BUDDHIST, 2567, True)]),
        ("01/02/2024", [(COMMON, 2024, True)]),
        ("(2024)", [(COMMON, 2024, False)]),
        ("ก.ค.ศ. 2547", [(BUDDHIST, 2547, False)]),
        ("2000 บาท 2,024 12:2024 081-234-2024 1234", []),
    ],
)
def test_years(text: str, found: list[tuple[str, int, bool]]) -> None:
    assert [(year.era, year.number, year.sure) for year in find_years(text)] == found


def test_years_of_both_eras() -> None:
    found = era_pairs("พ.ศ. 2560 (ค.ศ. 2017) ค.ศ. 2018 (ตรงกับ พ.ศ. 2560) พ.ศ. 2562 (2019)")
    assert [(pair.buddhist, pair.common, pair.bare, pair.agrees) for pair in found] == [
        (2560, 2017, True, True),
        (2560, 2018, False, False),
    ]


def test_month_names_and_what_looks_like_one() -> None:
    assert [month.form for month in find_months("มกราคม ม.ค. มี.ค ก. ค. 6 ตุลา")] == [
        "full",
        "short",
        "loose",
        "loose",
        "clipped",
    ]
    assert find_months("ส.ค.ส. ก.ค.ศ. ก. คำตอบ ตุลาการ คุณกันยา") == []
    assert [month.sure for month in find_months("สอบ ก.พ. วันที่ 5 ก.พ. เดือนก.พ.")] == [False, True, True]


@pytest.mark.parametrize(
    ("text", "sure"),
    [
        ("12/08/2567", [True]), ("๑๒-๘-๖๗", [True]), ("2024-08-12", [True]), ("12.08.2567", [True]),
        ("วันที่ 12/8", [True]),
        ("1.10.15", [False]), ("13/13/2567", []), ("24/7", []), ("1/2 ถ้วย", []), ("1.2.3", []), ("12/08/1200", []),
        ("081-234-5678", []), ("0/5/2567", []), ("12/08-2567", []), ("12 / 8 / 2567", [True]),
    ],
)  # fmt: skip
def test_numeric_dates(text: str, sure: list[bool]) -> None:
    assert [found[1] for found in find_numeric_dates(text)] == sure


def test_ranges_and_days() -> None:
    assert find_ranges("๑๒–๑๕ สิงหาคม พ.ศ. ๒๕๖๗ และ 1 ถึง 5 มกราคม 2560") == [(12, 15, 8, 2567), (1, 5, 1, 2560)]
    assert day_at("ก่อน 12 สิงหาคม 2500", 12, 8) == (5, 20)
    assert day_at("ก่อน 12 สิงหาคม 2500", 8, 12) is None


def test_times_of_a_clock() -> None:
    found = find_times("08.30 น. 24:00 น. 24.01 น. 25.00 น. 12.60 น. 9.15 น 10.00 นก")
    assert [(time.hour, time.minute, time.exists, time.dotted) for time in found] == [
        (8, 30, True, True),
        (24, 0, True, True),
        (24, 1, False, True),
        (25, 0, False, True),
        (12, 60, False, True),
        (9, 15, True, False),
    ]


@pytest.mark.parametrize("hour", range(24))
def test_spoken_hours_are_those_of_pythainlp(hour: int) -> None:
    """Its six-hour form of an hour says that hour and no other."""
    spoken = time_to_thaiword(f"{hour:02}:00", fmt="6h").replace("ตรง", "")
    said = {other for other in range(24) if says_hour(f"เจอกัน{spoken}", other)}
    assert said == {hour}, spoken


@pytest.mark.parametrize(
    ("text", "hours"),
    [
        ("ตีห้า", {5}), ("ตีหก", {6}), ("หกโมงเช้า", {6}), ("หกโมงเย็น", {18}), ("เจ็ดโมง", {7}), ("แปดโมง", {8}),
        ("โมงเช้า", {7}), ("9 โมงเช้า", {9}), ("เก้า โมงเช้า", {9}), ("ตื่น โมงเช้า", {7}),
        ("สองโมงเช้า", {8}), ("บ่ายสอง", {14}), ("บ่ายโมง", {13}), ("สามโมงเย็น", {15}),
        ("สองโมงเย็น", set()), ("ห้าโมงเย็น", {17}), ("ทุ่มตรง", {19}), ("ทุ่มหนึ่ง", {19}), ("สองทุ่ม", {20}),
    ],
)  # fmt: skip
def test_the_hours_that_people_say(text: str, hours: set[int]) -> None:
    assert {hour for hour in range(24) if says_hour(f"เจอกันตอน {text}", hour)} == hours


def test_half_past_is_another_time() -> None:
    for text in ("บ่ายสองโมงครึ่ง", "บ่ายสองโมงสิบห้านาที", "บ่าย 2 โมง 15 นาที", "บ่าย 2.30", "บ่ายสองโมงกว่า"):
        assert says_hour(text, 14) is False, text
    assert says_hour("ตีสองครั้ง", 2) is False
    assert says_hour("สองโมง", 14) is None
    assert says_hour("สองโมงเช้า", 14) is False


def test_parameters_that_no_calendar_has() -> None:
    assert date_error({"date": "2024-02-29"}) is None
    assert (date_error({"date": "2023-02-29"}) or "").startswith("field 'date': ")
    assert range_error({"start": "2024-08-12", "end": "2024-08-13"}) is None
    for start, end in (("2024-08-12", "2024-08-12"), ("2024-08-12", "2024-09-13"), ("2024-08-12", "2024-08-32")):
        assert (range_error({"start": start, "end": end}) or "").startswith("field 'end': ")
