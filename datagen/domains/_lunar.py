"""The Thai lunar calendar of the years 2566 to 2572: months of 29 and 30 days, counted from one known new moon.

Odd months have 29 days, even ones 30. A year with an extra month (อธิกมาส) has the eighth twice, of 30 days; a year
with an extra day (อธิกวาร) gives month 7 a thirtieth. Which years are which is not worked out here: it is read off
published calendars, and agrees with the days of Visakha and Asalha Bucha announced for 2566 to 2570.
"""

from __future__ import annotations

from datetime import date, timedelta
from functools import cache

__all__ = ["LUNAR_YEARS", "LunarDay", "holy_days", "lunar_date", "moon_day"]

LUNAR_YEARS = range(2023, 2030)
"""Whole years (Common Era) that are covered."""
_EXTRA_MONTH = {2566, 2569, 2572}
_EXTRA_DAY = {2568}
# ขึ้น 1 ค่ำ เดือนอ้าย of 2566: 102 days (29 + 30 + 29 + 14) before Makha Bucha, which was on 6 March 2023, ขึ้น 15 ค่ำ เดือน 4.
_FIRST_DAY = date(2022, 11, 24)

LunarDay = tuple[str, int, int, bool]
"""ขึ้น or แรม, which day of it, the month, whether it is the second eighth."""


@cache
def _calendar() -> dict[date, LunarDay]:
    """Every covered day."""
    days, on = {}, _FIRST_DAY
    for year in range(2566, 2574):
        for month, second in _months(year):
            length = 30 if month % 2 == 0 or (month == 7 and year in _EXTRA_DAY) else 29
            for number in range(length):
                waxing = number < 15
                days[on] = ("ขึ้น" if waxing else "แรม", number + 1 if waxing else number - 14, month, second)
                on += timedelta(days=1)
    return days


def _months(year: int) -> list[tuple[int, bool]]:
    twice = [(8, True)] if year in _EXTRA_MONTH else []
    return [(month, False) for month in range(1, 9)] + twice + [(month, False) for month in range(9, 13)]


def moon_day(on: date) -> LunarDay:
    """Raises KeyError for a day that is not covered."""
    return _calendar()[on]


def lunar_date(on: date) -> str:
    """As a calendar prints it: "ขึ้น 15 ค่ำ เดือน 6", "แรม 1 ค่ำ เดือน 8-8" for the second eighth."""
    half, number, month, second = moon_day(on)
    return f"{half} {number} ค่ำ เดือน {'8-8' if second else month}"


def holy_days(year: int, month: int) -> list[date]:
    """วันพระ of a month: the eighth and the fifteenth day of the waxing moon, the eighth and the last of the waning."""
    on = date(year, month, 1)
    found = []
    while on.month == month:
        half, number, _, _ = moon_day(on)
        last = moon_day(on + timedelta(days=1))[:2] == ("ขึ้น", 1)
        if number == 8 or last or (half, number) == ("ขึ้น", 15):
            found.append(on)
        on += timedelta(days=1)
    return found
