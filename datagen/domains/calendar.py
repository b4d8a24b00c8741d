"""Dates: public holidays, weekdays, eras, days between, the moon's calendar, and the user's own appointments.

Facts: holidays by _holidays, the moon by _lunar. Eras: พ.ศ. = ค.ศ. + 543 = จ.ศ. + 1181 = ร.ศ. + 2324, year for year
(before 2484 a year began in April, so that its first months may fall into the next one of another era).
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from datagen.domains._calendar_goals import GOALS
from datagen.domains._holidays import holidays_of
from datagen.domains._lunar import LUNAR_YEARS, holy_days, lunar_date
from datagen.tools.schema import arguments, choice, clock, day, integer, iso_day, text
from datagen.tools.tool import Tool, ToolError
from datagen.tools.words import BE, WEEKDAYS
from datagen.tools.world import World

__all__ = ["GOALS", "TOOLS"]

_ERAS = {"พ.ศ.": 0, "ค.ศ.": BE, "จ.ศ.": 1181, "ร.ศ.": 2324}
_MOST_DAYS = 36_600


def _list_holidays(world: World, given: Mapping[str, Any]) -> Any:
    found = [(on, name) for on, name in holidays_of(given["year"]) if on.month == given["month"]]
    return {"count": len(found), "holidays": [{"date": on.isoformat(), "name": name} for on, name in found]}


def _find_holiday(world: World, given: Mapping[str, Any]) -> Any:
    wanted = given["name"].removeprefix("วัน").removesuffix("แห่งชาติ").strip()
    for on, name in holidays_of(given["year"]):
        if name.removeprefix("วัน").removesuffix("แห่งชาติ") == wanted:
            return {"name": name, "date": on.isoformat()}
    raise ToolError("not_found", f"{given['name']} ไม่อยู่ในรายการวันหยุดราชการ")


def _weekday(world: World, given: Mapping[str, Any]) -> Any:
    return {"date": given["date"], "weekday": WEEKDAYS[iso_day(given["date"]).weekday()]}


def _convert_year(world: World, given: Mapping[str, Any]) -> Any:
    year = given["year"] + _ERAS[given["from_era"]] - _ERAS[given["to_era"]]
    if year < 1:
        raise ToolError("out_of_range", f"ปี {given['from_era']} {given['year']} อยู่ก่อนเริ่มนับ {given['to_era']}")
    return {"year": year, "era": given["to_era"]}


def _count_days(world: World, given: Mapping[str, Any]) -> Any:
    return {"days": (iso_day(given["end_date"]) - iso_day(given["start_date"])).days}


def _add_days(world: World, given: Mapping[str, Any]) -> Any:
    on = iso_day(given["date"]) + timedelta(days=given["days"])
    return {"date": on.isoformat(), "weekday": WEEKDAYS[on.weekday()]}


def _list_holy_days(world: World, given: Mapping[str, Any]) -> Any:
    found = holy_days(given["year"], given["month"])
    return {"count": len(found), "holy_days": [{"date": on.isoformat(), "lunar": lunar_date(on)} for on in found]}


def _lunar(world: World, given: Mapping[str, Any]) -> Any:
    on = iso_day(given["date"])
    if on.year not in LUNAR_YEARS:
        raise ToolError("out_of_range", f"มีข้อมูลปฏิทินจันทรคติเฉพาะ ค.ศ. {LUNAR_YEARS[0]}-{LUNAR_YEARS[-1]}")
    return {"date": given["date"], "lunar": lunar_date(on)}


def _add_event(world: World, given: Mapping[str, Any]) -> Any:
    iso_day(given["date"])
    events = world.table("calendar_events")
    event = {"event_id": world.number("EV", *given.values(), len(events)), **given}
    events.append(event)
    return event


_YEAR = integer("ปี ค.ศ.", "Year of the Common Era", LUNAR_YEARS[0], LUNAR_YEARS[-1])
_MONTH = integer("เดือน 1-12", "Month, 1 to 12", 1, 12)
_DATE = day("วันที่", "Date")

TOOLS = (
    Tool(
        "list_public_holidays",
        "calendar",
        {
            "th": "วันหยุดราชการประจำปีในเดือนที่กำหนด ไม่รวมวันพืชมงคล วันหยุดชดเชย และวันหยุดพิเศษ",
            "en": "Yearly official holidays of a month, without substitute and specially announced days",
        },
        arguments(year=_YEAR, month=_MONTH),
        _list_holidays,
    ),
    Tool(
        "find_public_holiday",
        "calendar",
        {"th": "หาวันที่ของวันหยุดราชการไทยจากชื่อ", "en": "The date of a Thai public holiday by its name"},
        arguments(name=text("ชื่อวันหยุด เช่น วันจักรี", "Name of the holiday, in Thai"), year=_YEAR),
        _find_holiday,
    ),
    Tool(
        "get_weekday",
        "calendar",
        {"th": "บอกว่าวันที่กำหนดตรงกับวันอะไรในสัปดาห์", "en": "The day of the week of a date"},
        arguments(date=_DATE),
        _weekday,
    ),
    Tool(
        "convert_year",
        "calendar",
        {
            "th": "แปลงปีระหว่าง พ.ศ. ค.ศ. จ.ศ. และ ร.ศ.",
            "en": "Convert a year between the Buddhist, Common, Chula and Rattanakosin eras",
        },
        arguments(
            year=integer("ปีที่ต้องการแปลง", "The year to convert", 1, 4000),
            from_era=choice("ศักราชเดิม", "Era of the year", *_ERAS),
            to_era=choice("ศักราชที่ต้องการ", "Era to convert to", *_ERAS),
        ),
        _convert_year,
    ),
    Tool(
        "count_days",
        "calendar",
        {"th": "นับจำนวนวันจากวันเริ่มถึงวันสิ้นสุด", "en": "How many days from one date to another"},
        arguments(start_date=day("วันเริ่ม", "First date"), end_date=day("วันสิ้นสุด", "Last date")),
        _count_days,
    ),
    Tool(
        "add_days",
        "calendar",
        {"th": "หาวันที่หลังจากวันที่กำหนดไปกี่วัน (ติดลบคือก่อนหน้า)", "en": "The date some days after (or before) a date"},
        arguments(date=_DATE, days=integer("จำนวนวัน", "How many days", -_MOST_DAYS, _MOST_DAYS)),
        _add_days,
    ),
    Tool(
        "list_holy_days",
        "calendar",
        {"th": "รายการวันพระในเดือนที่กำหนด", "en": "Buddhist holy days (wan phra) of a month"},
        arguments(year=_YEAR, month=_MONTH),
        _list_holy_days,
    ),
    Tool(
        "get_lunar_date",
        "calendar",
        {"th": "แปลงวันที่เป็นวันขึ้นแรมตามปฏิทินจันทรคติไทย", "en": "The Thai lunar date of a day"},
        arguments(date=_DATE),
        _lunar,
    ),
    Tool(
        "add_calendar_event",
        "calendar",
        {"th": "เพิ่มนัดหมายลงในปฏิทินของผู้ใช้", "en": "Put an appointment into the user's calendar"},
        arguments(
            title=text("ชื่อนัดหมาย", "What the appointment is"), date=_DATE, time=clock("เวลาเริ่ม", "When it starts")
        ),
        _add_event,
        writes=True,
    ),
)
