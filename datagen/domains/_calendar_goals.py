"""What people want to know of dates and holidays, and what they put into their calendar."""

from __future__ import annotations

import random
from collections.abc import Callable
from datetime import date, timedelta

from datagen.domains._holidays import BY_THE_MOON, NAMES, NOT_PUBLIC, holidays_of
from datagen.scenarios.goal import Drawn, Goal
from datagen.scenarios.scenario import ExpectedCall, State
from datagen.tools.words import BE, thai_at_time, thai_count, thai_date, thai_month
from datagen.tools.world import World

__all__ = ["GOALS"]

_ASKABLE = tuple(name for name in NAMES if name != "วันสงกรานต์")  # three days: no one date
_TITLES = (
    "พบหมอฟัน", "ประชุมผู้ปกครอง", "ต่อภาษีรถ", "ทำบุญบ้าน", "ล้างแอร์", "ส่งรายงาน", "ไปรับแม่ที่สนามบิน", "ตรวจสุขภาพประจำปี",
)  # fmt: skip
_MERITS = ("ไปทำบุญที่วัด", "ไปเวียนเทียน", "พาแม่ไปวัด", "ไปเที่ยวกับครอบครัว", "ทำความสะอาดบ้าน", "กินข้าวกับเพื่อน")


def _year_said(year: int, rng: random.Random) -> str:
    return rng.choice((f"{year + BE}", f"พ.ศ. {year + BE}", f"ค.ศ. {year}", f"{year + BE}"))


def _draw_list(tool: str) -> Callable[[random.Random, World], Drawn]:
    def draw(rng: random.Random, world: World) -> Drawn:
        while True:
            year, month = rng.randint(2025, 2029), rng.randint(1, 12)
            count = sum(on.month == month for on, _ in holidays_of(year))
            if tool == "list_holy_days" or count in (1, 2):
                break
        places = (0,) if tool == "list_holy_days" else range(count)
        table = "holy_days" if tool == "list_holy_days" else "holidays"
        return Drawn(
            {"month": thai_month(year, month, rng)},
            (ExpectedCall(tool, {"year": year, "month": month}),),
            tuple(State(0, f"{table}.{place}.date", "date") for place in places),
        )

    return draw


def _draw_holiday(*more: str) -> Callable[[random.Random, World], Drawn]:
    """The date of a holiday, and one more step: "weekday", "count" or "event", for one that nobody knows by heart."""

    def draw(rng: random.Random, world: World) -> Drawn:
        name, year = rng.choice(BY_THE_MOON if more else _ASKABLE), rng.randint(2025, 2029)
        slots = {"name": name, "year": _year_said(year, rng)}
        find, found = ExpectedCall("find_public_holiday", {"name": name, "year": year}), {"$from": [0, "date"]}
        if "weekday" in more:
            return Drawn(slots, (find, ExpectedCall("get_weekday", {"date": found})), (State(1, "weekday"),))
        if "count" in more:
            start = date(year, 1, 1) - timedelta(days=rng.randint(1, 120))
            count = ExpectedCall("count_days", {"start_date": start.isoformat(), "end_date": found})
            return Drawn({**slots, "date": thai_date(start, rng)}, (find, count), (State(1, "days", "number"),))
        if "event" in more:
            title, hour = rng.choice(_MERITS), rng.randint(7, 19)
            event = ExpectedCall("add_calendar_event", {"title": title, "date": found, "time": f"{hour:02}:00"})
            slots |= {"title": title, "time": thai_at_time(hour, 0, rng)}
            return Drawn(slots, (find, event), (State(1, "date", "date"), State(1, "time", "time")))
        return Drawn(slots, (find,), (State(0, "date", "date"),))

    return draw


def _draw_not_public(rng: random.Random, world: World) -> Drawn:
    name, year = rng.choice(NOT_PUBLIC), rng.randint(2025, 2029)
    call = ExpectedCall("find_public_holiday", {"name": name, "year": year}, error="not_found")
    return Drawn({"name": name, "year": _year_said(year, rng)}, (call,), ())


def _draw_day(tool: str, path: str, first: date, last: date) -> Callable[[random.Random, World], Drawn]:
    def draw(rng: random.Random, world: World) -> Drawn:
        on = first + timedelta(days=rng.randrange((last - first).days))
        return Drawn({"date": thai_date(on, rng)}, (ExpectedCall(tool, {"date": on.isoformat()}),), (State(0, path),))

    return draw


def _draw_year(before_its_time: bool) -> Callable[[random.Random, World], Drawn]:
    def draw(rng: random.Random, world: World) -> Drawn:
        if before_its_time:
            year, eras = rng.randint(2100, 2320), ("พ.ศ.", "ร.ศ.")
        else:
            year, eras = rng.choice(
                (
                    (rng.randint(1860, 2030), ("ค.ศ.", "พ.ศ.")),
                    (rng.randint(2400, 2570), ("พ.ศ.", "ค.ศ.")),
                    (rng.randint(100, 131), ("ร.ศ.", "พ.ศ.")),
                    (rng.randint(1100, 1270), ("จ.ศ.", "พ.ศ.")),
                    (rng.randint(2426, 2455), ("พ.ศ.", "ร.ศ.")),
                )
            )
        call = {"year": year, "from_era": eras[0], "to_era": eras[1]}
        slots = {"year": str(year), "from_era": eras[0], "to_era": eras[1]}
        if before_its_time:
            return Drawn(slots, (ExpectedCall("convert_year", call, error="out_of_range"),), ())
        return Drawn(slots, (ExpectedCall("convert_year", call),), (State(0, "year", "number"),))

    return draw


def _draw_count(rng: random.Random, world: World) -> Drawn:
    start = world.now.date() + timedelta(days=rng.randint(-300, 60))
    end = start + timedelta(days=rng.randint(20, 400))
    call = ExpectedCall("count_days", {"start_date": start.isoformat(), "end_date": end.isoformat()})
    return Drawn({"start": thai_date(start, rng), "end": thai_date(end, rng)}, (call,), (State(0, "days", "number"),))


def _draw_add(rng: random.Random, world: World) -> Drawn:
    on, days = world.now.date() + timedelta(days=rng.randint(-90, 90)), rng.choice((7, 15, 30, 45, 60, 90, 100, 120))
    call = ExpectedCall("add_days", {"date": on.isoformat(), "days": days})
    slots = {"date": thai_date(on, rng), "days": thai_count(days, rng, "วัน")}
    return Drawn(slots, (call,), (State(0, "date", "date"), State(0, "weekday")))


def _draw_event(rng: random.Random, world: World) -> Drawn:
    on = world.now.date() + timedelta(days=rng.randint(2, 90))
    hour, minute, title = rng.randint(7, 19), rng.choice((0, 30, 0, 15)), rng.choice(_TITLES)
    call = ExpectedCall(
        "add_calendar_event", {"title": title, "date": on.isoformat(), "time": f"{hour:02}:{minute:02}"}
    )
    slots = {"title": title, "date": thai_date(on, rng), "time": thai_at_time(hour, minute, rng)}
    return Drawn(slots, (call,), (State(0, "date", "date"), State(0, "time", "time")))


_ASKS_DATE = ("วันไหน", "วันที่", "วันใด", "เมื่อไร", "เมื่อไหร่", "วันเกิด")
_ASKS_MONTH = ("เดือน", "ปี")
_ASKS_NAME = ("วันหยุดอะไร", "วันหยุดไหน", "วันอะไร", "วันไหน", "ชื่อ", "วันหยุดใด")
_ASKS_TIME = ("กี่โมง", "เวลา", "เมื่อไร", "เมื่อไหร่")
_ASKS_TITLE = ("เรื่องอะไร", "ชื่อ", "อะไร", "หัวข้อ", "รายละเอียด")

GOALS = (
    Goal(
        id="calendar.holidays",
        draw=_draw_list("list_public_holidays"),
        requests=(
            "เดือน{month} มีวันหยุดราชการวันที่เท่าไรบ้าง",
            "จะวางแผนลางานเดือน{month} เดือนนั้นหยุดราชการวันไหนบ้าง",
            "วันหยุดราชการเดือน{month}",
            "ขอทราบวันหยุดราชการทั้งหมดในเดือน{month}",
        ),
        without={"month": ("อยากรู้ว่าเดือนนั้นมีวันหยุดราชการวันไหนบ้าง", "ช่วยดูวันหยุดราชการของเดือนที่จะลางานให้หน่อย")},
        supply={"month": ("เดือน{month}", "{month}")},
        asks={"month": _ASKS_MONTH},
        topic="วันหยุดราชการ",
    ),
    Goal(
        id="calendar.holiday",
        draw=_draw_holiday(),
        requests=(
            "{name}ปี {year} ตรงกับวันที่เท่าไร",
            "ปี {year} {name}วันไหน",
            "อยากรู้ว่า{name}ของปี {year} คือวันที่เท่าไร เดือนอะไร",
            "ขอทราบวันที่ของ{name} ประจำปี {year}",
        ),
        without={"name": ("ช่วยดูให้หน่อยว่าวันหยุดที่จะไปทำบุญปี {year} ตรงกับวันที่เท่าไร",)},
        supply={"name": ("{name}", "หมายถึง{name}")},
        asks={"name": _ASKS_NAME},
        topic="วันหยุดราชการ",
    ),
    Goal(
        id="calendar.not_public",
        draw=_draw_not_public,
        requests=(
            "ช่วยหาในรายการวันหยุดราชการให้หน่อยว่า{name}ปี {year} ตรงกับวันที่เท่าไร",
            "{name}ปี {year} หยุดราชการวันที่เท่าไร",
            "ปี {year} หยุด{name}วันไหน",
            "ขอทราบวันหยุดราชการเนื่องใน{name} ประจำปี {year}",
        ),
        fails="not_found",
        topic="วันหยุดราชการ",
    ),
    Goal(
        id="calendar.holiday_weekday",
        draw=_draw_holiday("weekday"),
        requests=(
            "{name}ปี {year} ตรงกับวันอะไรในสัปดาห์",
            "ปี {year} {name}ตรงกับวันอะไร จันทร์หรืออังคารหรือวันไหน",
            "วางแผนหยุดยาวอยู่ {name}ของปี {year} ตรงกับวันอะไรของสัปดาห์",
            "ขอทราบว่า{name} ปี {year} ตรงกับวันใดของสัปดาห์",
        ),
        topic="วันหยุดราชการ",
    ),
    Goal(
        id="calendar.days_to_holiday",
        draw=_draw_holiday("count"),
        requests=(
            "นับจากวันที่ {date} ถึง{name}ปี {year} กี่วัน",
            "จากวันที่ {date} ไปอีกกี่วันจะถึง{name}ปี {year}",
            "เริ่มนับวันที่ {date} อีกกี่วันถึง{name} ปี {year}",
            "ขอให้นับจำนวนวันตั้งแต่วันที่ {date} จนถึง{name} ปี {year}",
        ),
        topic="จำนวนวันถึงวันหยุด",
    ),
    Goal(
        id="calendar.holiday_event",
        draw=_draw_holiday("event"),
        requests=(
            "ลงปฏิทินว่า {title} ใน{name}ปี {year} {time} แล้วบอกด้วยว่าวันที่เท่าไร กี่โมง",
            "{name}ปี {year} จะ{title}{time} ช่วยหาวันแล้วลงปฏิทินให้หน่อย บอกวันกับเวลาที่ลงไว้ด้วย",
            "เพิ่มนัด {title} {time} ตรงกับ{name} ปี {year} แล้วทวนวันเวลาให้ฟังที",
            "ขอให้บันทึกนัดหมาย {title} ใน{name} ปี {year} {time} และแจ้งวันเวลาที่บันทึก",
        ),
        without={"time": ("ลงปฏิทินว่า {title} ใน{name}ปี {year} แล้วบอกด้วยว่าวันที่เท่าไร กี่โมง",)},
        supply={"time": ("{time}", "เอา{time}")},
        asks={"time": _ASKS_TIME},
        topic="การลงปฏิทิน",
    ),
    Goal(
        id="calendar.weekday",
        draw=_draw_day("get_weekday", "weekday", date(1950, 1, 1), date(2030, 1, 1)),
        requests=(
            "วันที่ {date} ตรงกับวันอะไร",
            "คนเกิดวันที่ {date} เกิดวันอะไรของสัปดาห์",
            "{date} วันอะไร",
            "ขอทราบว่าวันที่ {date} เป็นวันใดในสัปดาห์",
        ),
        without={"date": ("อยากรู้ว่าวันเกิดของเราตรงกับวันอะไรในสัปดาห์", "ช่วยดูให้หน่อยว่าวันแต่งงานพี่สาวตรงกับวันอะไรของสัปดาห์")},
        supply={"date": ("{date}", "วันที่ {date}")},
        asks={"date": _ASKS_DATE},
        topic="วันในสัปดาห์",
        answerable=True,
    ),
    Goal(
        id="calendar.year",
        draw=_draw_year(before_its_time=False),
        requests=(
            "ปี {from_era} {year} ตรงกับ {to_era} อะไร",
            "{from_era} {year} คือ {to_era} ที่เท่าไร",
            "อ่านเจอว่าเกิดปี {from_era} {year} ถ้านับเป็น {to_era} คือปีอะไร",
            "ขอให้แปลงปี {from_era} {year} เป็น {to_era}",
        ),
        without={"year": ("ช่วยแปลงปีจาก {from_era} เป็น {to_era} ให้หน่อย",)},
        supply={"year": ("ปี {year}", "{year}")},
        asks={"year": ("ปีอะไร", "ปีไหน", "ปีใด", "ปีที่", "เท่าไร", "เท่าไหร่")},
        topic="การแปลงศักราช",
        answerable=True,
    ),
    Goal(
        id="calendar.year_before_era",
        draw=_draw_year(before_its_time=True),
        requests=(
            "ปี {from_era} {year} ตรงกับ {to_era} อะไร",
            "{from_era} {year} คือ {to_era} ที่เท่าไร",
            "ในพงศาวดารเขียนปี {from_era} {year} ถ้านับเป็น {to_era} คือปีอะไร",
            "ขอให้แปลงปี {from_era} {year} เป็น {to_era}",
        ),
        fails="out_of_range",
        topic="การแปลงศักราช",
    ),
    Goal(
        id="calendar.count",
        draw=_draw_count,
        requests=(
            "จากวันที่ {start} ถึงวันที่ {end} กี่วัน",
            "เริ่มงานวันที่ {start} สัญญาหมดวันที่ {end} รวมแล้วห่างกันกี่วัน",
            "นับวันให้หน่อย {start} ถึง {end}",
            "ขอทราบจำนวนวันนับตั้งแต่วันที่ {start} จนถึงวันที่ {end}",
        ),
        without={
            "start": ("นับถึงวันที่ {end} รวมแล้วกี่วัน",),
            "end": ("นับจากวันที่ {start} ไปจนถึงวันสอบ กี่วัน",),
        },
        supply={"start": ("วันที่ {start}", "เริ่มวันที่ {start}"), "end": ("วันที่ {end}", "ถึงวันที่ {end}")},
        asks={"start": (*_ASKS_DATE, "เริ่ม"), "end": (*_ASKS_DATE, "สิ้นสุด")},
        topic="การนับวัน",
        answerable=True,
    ),
    Goal(
        id="calendar.add",
        draw=_draw_add,
        requests=(
            "นับจากวันที่ {date} ไปอีก {days} คือวันที่เท่าไร ตรงกับวันอะไร",
            "ของซื้อวันที่ {date} เปลี่ยนได้ภายใน {days} ครบกำหนดวันที่เท่าไร วันอะไร",
            "{date} บวกไปอีก {days} ได้วันที่เท่าไร วันอะไร",
            "ขอทราบวันที่และวันในสัปดาห์เมื่อครบ {days} นับจากวันที่ {date}",
        ),
        without={
            "date": ("อีก {days}นับจากวันที่ทำสัญญา จะตรงกับวันที่เท่าไร วันอะไร",),
            "days": ("เซ็นสัญญาวันที่ {date} ครบกำหนดวันที่เท่าไร ตรงกับวันอะไร",),
        },
        supply={"date": ("วันที่ {date}", "{date}"), "days": ("{days}",)},
        asks={"date": _ASKS_DATE, "days": ("กี่วัน", "จำนวนวัน", "ระยะเวลา", "นานเท่าไร", "นานเท่าไหร่")},
        topic="การนับวัน",
        answerable=True,
    ),
    Goal(
        id="calendar.holy_days",
        draw=_draw_list("list_holy_days"),
        requests=(
            "วันพระแรกของเดือน{month} ตรงกับวันที่เท่าไร",
            "เดือน{month} วันพระแรกคือวันไหน จะไปใส่บาตร",
            "ช่วยดูวันพระแรกสุดในเดือน{month} ให้ที วันที่เท่าไร",
            "ขอทราบวันที่ของวันพระแรกในเดือน{month}",
        ),
        without={"month": ("วันพระแรกของเดือนที่จะกลับบ้านตรงกับวันที่เท่าไร",)},
        supply={"month": ("เดือน{month}", "{month}")},
        asks={"month": _ASKS_MONTH},
        topic="วันพระ",
    ),
    Goal(
        id="calendar.lunar",
        draw=_draw_day("get_lunar_date", "lunar", date(2023, 1, 1), date(2029, 12, 31)),
        requests=(
            "วันที่ {date} ตรงกับขึ้นหรือแรมกี่ค่ำ เดือนอะไร",
            "{date} ข้างขึ้นหรือข้างแรม กี่ค่ำ เดือนไหน",
            "ลูกเกิดวันที่ {date} ตามปฏิทินจันทรคติไทยคือกี่ค่ำ เดือนอะไร",
            "ขอทราบวันขึ้นแรมตามปฏิทินจันทรคติของวันที่ {date}",
        ),
        without={"date": ("วันเกิดลูกสาวตรงกับขึ้นหรือแรมกี่ค่ำ เดือนอะไร",)},
        supply={"date": ("วันที่ {date}", "{date}")},
        asks={"date": _ASKS_DATE},
        topic="ปฏิทินจันทรคติ",
    ),
    Goal(
        id="calendar.event",
        draw=_draw_event,
        requests=(
            "ลงปฏิทินให้หน่อย {title} วันที่ {date} {time} แล้วทวนวันกับเวลาด้วย",
            "จดนัด {title} วันที่ {date} {time} ไว้ในปฏิทิน แล้วบอกวันเวลาที่ลงให้ฟังอีกที",
            "เพิ่มนัด {title} {date} {time} ยืนยันวันเวลาให้ด้วย",
            "ขอให้บันทึกนัดหมาย {title} ในวันที่ {date} {time} และยืนยันวันเวลากลับมา",
        ),
        without={
            "title": ("ลงปฏิทินให้หน่อย วันที่ {date} {time} แล้วทวนวันกับเวลาด้วย",),
            "date": ("ลงปฏิทินให้หน่อย {title} {time} แล้วทวนวันกับเวลาด้วย",),
            "time": ("ลงปฏิทินให้หน่อย {title} วันที่ {date} แล้วทวนวันกับเวลาด้วย",),
        },
        supply={
            "title": ("{title}", "เรื่อง{title}"),
            "date": ("วันที่ {date}", "{date}"),
            "time": ("{time}", "เอา{time}"),
        },
        asks={"title": _ASKS_TITLE, "date": _ASKS_DATE, "time": _ASKS_TIME},
        topic="การลงปฏิทิน",
    ),
)
