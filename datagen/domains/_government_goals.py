"""What people want of public offices; the tools are in government.py."""

from __future__ import annotations

import random
from datetime import date

from datagen.domains._booking import coming_day, earlier_codes, full, said_time, unknown_code
from datagen.domains._forgotten import forgettable
from datagen.domains._offices import DAYS_AHEAD, OFFICES, SERVICES, TIMES, Office
from datagen.scenarios.goal import Drawn, Goal
from datagen.scenarios.scenario import ExpectedCall, State
from datagen.tools.words import thai_date
from datagen.tools.world import World

__all__ = ["GOALS"]

_ELSEWHERE = ("ภูเก็ต", "นครสวรรค์", "อุบลราชธานี", "ระยอง")
_UNKNOWN = ("สำนักทะเบียนอำเภอดงตาลทอง", "ศูนย์หนังสือเดินทางบึงมะลิ", "สำนักงานเขตคลองชมพู่", "สำนักงานขนส่งดอนสำราญ")
_WORKDAYS = 5


def _slot(rng: random.Random, world: World, office: str, taken: bool = False) -> tuple[date, str]:
    """A working day and time at which the office has room, or has none."""
    while True:
        on, time = coming_day(rng, world, DAYS_AHEAD), rng.choice(TIMES)
        if on.weekday() < _WORKDAYS and full(world, "office", office, on, time) == taken:
            return on, time


def _post(rng: random.Random) -> tuple[Office, str]:
    office = rng.choice(OFFICES)
    return office, rng.choice(office.services)


def _draw_office(rng: random.Random, world: World) -> Drawn:
    office, service = _post(rng)
    call = ExpectedCall("find_service_office", {"service": service, "province": office.province})
    slots = {"service": SERVICES[service].said, "province": office.province}
    return Drawn(slots, (call,), (State(0, "office"), State(0, "phone")))


def _draw_no_office(rng: random.Random, world: World) -> Drawn:
    service, province = rng.choice(tuple(SERVICES)), rng.choice(_ELSEWHERE)
    call = ExpectedCall("find_service_office", {"service": service, "province": province}, error="not_found")
    return Drawn({"service": SERVICES[service].said, "province": province}, (call,), ())


def _draw_hours(rng: random.Random, world: World) -> Drawn:
    name = rng.choice(OFFICES).name
    states = (State(0, "opens", "time"), State(0, "closes", "time"))
    return Drawn({"office": name}, (ExpectedCall("get_office_hours", {"office": name}),), states)


def _draw_hours_unknown(rng: random.Random, world: World) -> Drawn:
    name = rng.choice(_UNKNOWN)
    return Drawn({"office": name}, (ExpectedCall("get_office_hours", {"office": name}, error="not_found"),), ())


def _draw_documents(rng: random.Random, world: World) -> Drawn:
    name = rng.choice(tuple(SERVICES))
    documents = tuple(State(0, f"documents.{number}") for number in range(len(SERVICES[name].documents)))
    call = ExpectedCall("get_required_documents", {"service": name})
    return Drawn({"service": SERVICES[name].said}, (call,), (*documents, State(0, "fee_baht", "number")))


def _booking(rng: random.Random, world: World, taken: bool) -> Drawn:
    office, service = _post(rng)
    on, time = _slot(rng, world, office.name, taken)
    given = {"service": service, "office": office.name, "date": on.isoformat(), "time": time}
    call = ExpectedCall("book_office_appointment", given, error="fully_booked" if taken else "")
    slots = {
        "service": SERVICES[service].said,
        "office": office.name,
        "date": thai_date(on, rng),
        "time": said_time(time, rng),
    }
    return Drawn(slots, (call,), () if taken else (State(0, "appointment_code"),))


def _draw_booking(rng: random.Random, world: World) -> Drawn:
    return _booking(rng, world, taken=False)


def _draw_full(rng: random.Random, world: World) -> Drawn:
    return _booking(rng, world, taken=True)


def _draw_found_and_booked(rng: random.Random, world: World) -> Drawn:
    office, service = _post(rng)
    on, time = _slot(rng, world, office.name)
    given = {"service": service, "office": {"$from": [0, "office"]}, "date": on.isoformat(), "time": time}
    calls = (
        ExpectedCall("find_service_office", {"service": service, "province": office.province}),
        ExpectedCall("book_office_appointment", given),
    )
    slots = {
        "service": SERVICES[service].said,
        "province": office.province,
        "date": thai_date(on, rng),
        "time": said_time(time, rng),
    }
    return Drawn(slots, calls, (State(0, "office"), State(1, "appointment_code")))


def _draw_cancel(rng: random.Random, world: World) -> Drawn:
    code = rng.choice(earlier_codes(world, "GA"))
    call = ExpectedCall("cancel_office_appointment", {"appointment_code": code})
    return Drawn({"code": code}, (call,), (State(0, "appointment_code"),))


def _draw_cancel_unknown(rng: random.Random, world: World) -> Drawn:
    code = unknown_code(rng, world, "GA")
    call = ExpectedCall("cancel_office_appointment", {"appointment_code": code}, error="not_found")
    return Drawn({"code": code}, (call,), ())


_SLOTS = {
    "service": (("เรื่อง{service}", "เรื่องการ{service}"), ("เรื่องอะไร", "เรื่องใด", "บริการ", "ทำอะไร", "ธุระ")),
    "province": (("ที่{province}", "ใน{province}"), ("จังหวัด", "ที่ไหน", "พื้นที่")),
    "office": (("{office}", "ที่{office}"), ("สำนักงาน", "ที่ไหน", "หน่วยงาน", "อำเภอ", "เขต", "สาขา")),
    "date": (("วันที่ {date}", "{date}"), ("วันไหน", "วันที่", "วันใด", "เมื่อไร", "เมื่อไหร่")),
    "time": (("เวลา {time}", "ตอน {time}"), ("กี่โมง", "เวลา")),
    "code": (("{code}", "รหัส {code}"), ("รหัส", "หมายเลข", "เลขที่", "เลขคิว")),
}
_PLACES = (
    "จะ{service}ที่{province}ต้องไปที่ไหน ขอเบอร์โทรด้วย",
    "แถว{province}จะ{service}ไปสำนักงานไหนได้ เบอร์อะไร",
    "{service} {province} ไปที่ไหน ขอชื่อสำนักงานกับเบอร์โทร",
    "ขอทราบชื่อสำนักงานและหมายเลขโทรศัพท์สำหรับการ{service}ใน{province}",
)
_HOURS = (
    "{office}เปิดกี่โมงปิดกี่โมง",
    "จะไปติดต่อธุระที่{office} เปิดกี่โมง แล้วปิดกี่โมง",
    "เวลาเปิดปิด {office}",
    "ขอทราบเวลาทำการของ{office}",
)
_BOOKINGS = (
    "จองคิว{service} {office} วันที่ {date} เวลา {time}",
    "อยากไป{service}ที่{office} วันที่ {date} ตอน {time} ช่วยจองคิวให้หน่อย",
    "จองคิวให้ที จะ{service}ที่{office} วันที่ {date} เวลา {time}",
    "ขอนัดหมายเพื่อ{service} ณ {office} ในวันที่ {date} เวลา {time}",
)
_CANCELS = (
    "ยกเลิกคิวราชการรหัส {code} ให้หน่อย",
    "ไปติดต่อราชการตามคิวไม่ได้แล้ว ยกเลิกคิว {code} ให้ที",
    "cancel คิว {code} ที่จองกับราชการไว้",
    "ขอยกเลิกการนัดหมายติดต่อราชการ รหัส {code}",
)

GOALS = (
    Goal(
        id="government.office",
        draw=_draw_office,
        requests=_PLACES,
        topic="สำนักงานราชการ",
        **forgettable(
            _SLOTS,
            {
                "province": ("จะ{service}ต้องไปสำนักงานไหน ขอเบอร์โทรด้วย",),
                "service": ("จะไปติดต่อราชการที่{province} ต้องไปสำนักงานไหน ขอเบอร์โทรด้วย",),
            },
        ),
    ),
    Goal(id="government.no_office", draw=_draw_no_office, requests=_PLACES, topic="สำนักงานราชการ", fails="not_found"),
    Goal(
        id="government.hours",
        draw=_draw_hours,
        requests=_HOURS,
        topic="เวลาทำการของหน่วยงานราชการ",
        **forgettable(_SLOTS, {"office": ("จะไปติดต่อธุระที่สำนักงานราชการ เปิดกี่โมงปิดกี่โมง",)}),
    ),
    Goal(
        id="government.hours_unknown",
        draw=_draw_hours_unknown,
        requests=_HOURS,
        topic="เวลาทำการของหน่วยงานราชการ",
        fails="not_found",
    ),
    Goal(
        id="government.documents",
        draw=_draw_documents,
        requests=(
            "จะ{service}ต้องใช้เอกสารอะไรบ้าง เสียค่าธรรมเนียมกี่บาท",
            "{service}เตรียมอะไรไปบ้าง แล้วจ่ายเท่าไหร่",
            "เอกสารกับค่าธรรมเนียม{service}",
            "ขอทราบเอกสารที่ต้องใช้และค่าธรรมเนียมในการ{service}",
        ),
        topic="เอกสารติดต่อราชการ",
        **forgettable(_SLOTS, {"service": ("จะไปติดต่อราชการ ต้องใช้เอกสารอะไรบ้าง เสียค่าธรรมเนียมกี่บาท",)}),
    ),
    Goal(
        id="government.book",
        draw=_draw_booking,
        requests=_BOOKINGS,
        topic="การจองคิวราชการ",
        **forgettable(
            _SLOTS,
            {
                "service": ("จองคิว{office} วันที่ {date} เวลา {time}",),
                "office": ("จองคิว{service} วันที่ {date} เวลา {time}",),
                "date": ("จองคิว{service} {office} เวลา {time}",),
                "time": ("จองคิว{service} {office} วันที่ {date}",),
            },
        ),
    ),
    Goal(id="government.book_full", draw=_draw_full, requests=_BOOKINGS, topic="การจองคิวราชการ", fails="fully_booked"),
    Goal(
        id="government.find_and_book",
        draw=_draw_found_and_booked,
        requests=(
            "หาที่{service}ใน{province}แล้วจองคิววันที่ {date} เวลา {time} ให้เลย",
            "จะ{service}ที่{province} ไม่รู้ต้องไปที่ไหน หาให้หน่อยแล้วจองคิววันที่ {date} ตอน {time} ด้วย",
            "{service} {province} หาสำนักงานแล้วจองคิว วันที่ {date} เวลา {time}",
            "ขอให้ค้นหาสำนักงานสำหรับการ{service}ใน{province} และนัดหมายในวันที่ {date} เวลา {time}",
        ),
        topic="การจองคิวราชการ",
        **forgettable(
            _SLOTS,
            {
                "province": ("หาสำนักงานที่{service}ได้ แล้วจองคิววันที่ {date} เวลา {time} ให้เลย",),
                "service": ("หาสำนักงานราชการใน{province}ที่ต้องไปติดต่อ แล้วจองคิววันที่ {date} เวลา {time} ให้เลย",),
                "date": ("หาที่{service}ใน{province}แล้วจองคิวเวลา {time} ให้เลย",),
                "time": ("หาที่{service}ใน{province}แล้วจองคิววันที่ {date} ให้เลย",),
            },
        ),
    ),
    Goal(
        id="government.cancel",
        draw=_draw_cancel,
        requests=_CANCELS,
        topic="การยกเลิกคิวราชการ",
        **forgettable(_SLOTS, {"code": ("ช่วยยกเลิกคิวราชการที่จองไว้ให้หน่อย",)}),
    ),
    Goal(
        id="government.cancel_unknown",
        draw=_draw_cancel_unknown,
        requests=_CANCELS,
        topic="การยกเลิกคิวราชการ",
        fails="not_found",
    ),
)
