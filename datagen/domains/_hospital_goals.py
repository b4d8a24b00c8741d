"""What people want of hospitals; the tools are in hospital.py."""

from __future__ import annotations

import random

from datagen.domains._booking import coming_day, earlier_codes, said_time, unknown_code
from datagen.domains._forgotten import forgettable
from datagen.domains._hospitals import (
    APPOINTMENTS,
    DAYS_AHEAD,
    DEPARTMENTS,
    DOCTORS,
    HOSPITALS,
    TICKETS,
    consulting_times,
    doctors_free,
    free_times,
)
from datagen.scenarios.goal import Drawn, Goal
from datagen.scenarios.scenario import ExpectedCall, State
from datagen.tools.words import thai_date
from datagen.tools.world import World

__all__ = ["GOALS"]

_UNKNOWN = ("โรงพยาบาลบ้านไผ่ร่มเย็น", "โรงพยาบาลทุ่งรวงทองเวช", "โรงพยาบาลหาดทรายนวล")


def _post(rng: random.Random, hospitals: tuple[str, ...] = HOSPITALS) -> dict[str, str]:
    return {"hospital": rng.choice(hospitals), "department": rng.choice(DEPARTMENTS)}


def _draw_hours(rng: random.Random, world: World) -> Drawn:
    post = _post(rng)
    states = (State(0, "opens", "time"), State(0, "closes", "time"))
    return Drawn(post, (ExpectedCall("get_hospital_hours", post),), states)


def _draw_hours_unknown(rng: random.Random, world: World) -> Drawn:
    post = _post(rng, _UNKNOWN)
    return Drawn(post, (ExpectedCall("get_hospital_hours", post, error="not_found"),), ())


def _duty(rng: random.Random, world: World) -> tuple[dict[str, str], ExpectedCall]:
    """The slots and the call of a search for doctors that finds one."""
    while True:
        post, on = _post(rng), coming_day(rng, world, DAYS_AHEAD)
        if doctors_free(world, post["hospital"], post["department"], on.isoformat()):
            call = ExpectedCall("list_doctors_on_duty", {**post, "date": on.isoformat()})
            return {**post, "date": thai_date(on, rng)}, call


def _draw_duty(rng: random.Random, world: World) -> Drawn:
    slots, call = _duty(rng, world)
    return Drawn(slots, (call,), (State(0, "doctors.0.doctor"), State(0, "doctors.0.first_free_time", "time")))


def _draw_first_booked(rng: random.Random, world: World) -> Drawn:
    slots, search = _duty(rng, world)
    first = {
        "doctor": {"$from": [0, "doctors.0.doctor"]},
        "date": search.arguments["date"],
        "time": {"$from": [0, "doctors.0.first_free_time"]},
    }
    states = (
        State(0, "doctors.0.doctor"),
        State(0, "doctors.0.first_free_time", "time"),
        State(1, "appointment_code"),
    )
    return Drawn(slots, (search, ExpectedCall("book_doctor_appointment", first)), states)


def _appointment(rng: random.Random, world: World, free: bool = True) -> tuple[dict[str, str], dict[str, str]]:
    """The slots and the arguments of an appointment at a time that is free, or taken."""
    while True:
        doctor, on = rng.choice(tuple(DOCTORS)), coming_day(rng, world, DAYS_AHEAD)
        open_times = free_times(world, doctor, on.isoformat())
        if wanted := [time for time in consulting_times(doctor) if (time in open_times) == free]:
            time = rng.choice(wanted)
            slots = {"doctor": doctor, "date": thai_date(on, rng), "time": said_time(time, rng)}
            return slots, {"doctor": doctor, "date": on.isoformat(), "time": time}


def _draw_appointment(rng: random.Random, world: World) -> Drawn:
    slots, given = _appointment(rng, world)
    return Drawn(slots, (ExpectedCall("book_doctor_appointment", given),), (State(0, "appointment_code"),))


def _draw_taken(rng: random.Random, world: World) -> Drawn:
    slots, given = _appointment(rng, world, free=False)
    return Drawn(slots, (ExpectedCall("book_doctor_appointment", given, error="fully_booked"),), ())


def _draw_cancel(rng: random.Random, world: World) -> Drawn:
    code = rng.choice(earlier_codes(world, APPOINTMENTS[1]))
    call = ExpectedCall("cancel_doctor_appointment", {"appointment_code": code})
    return Drawn({"code": code}, (call,), (State(0, "appointment_code"),))


def _draw_cancel_unknown(rng: random.Random, world: World) -> Drawn:
    code = unknown_code(rng, world, APPOINTMENTS[1])
    call = ExpectedCall("cancel_doctor_appointment", {"appointment_code": code}, error="not_found")
    return Drawn({"code": code}, (call,), ())


def _draw_ticket(rng: random.Random, world: World) -> Drawn:
    post = _post(rng)
    return Drawn(post, (ExpectedCall("take_queue_ticket", post),), (State(0, "ticket_code"),))


def _draw_ticket_wait(rng: random.Random, world: World) -> Drawn:
    post = _post(rng)
    calls = (
        ExpectedCall("take_queue_ticket", post),
        ExpectedCall("get_queue_status", {"ticket_code": {"$from": [0, "ticket_code"]}}),
    )
    return Drawn(post, calls, (State(0, "ticket_code"), State(1, "people_ahead", "number")))


def _draw_queue(rng: random.Random, world: World) -> Drawn:
    code = rng.choice(earlier_codes(world, TICKETS[1]))
    states = (State(0, "people_ahead", "number"), State(0, "wait_minutes", "number"))
    return Drawn({"code": code}, (ExpectedCall("get_queue_status", {"ticket_code": code}),), states)


def _draw_queue_unknown(rng: random.Random, world: World) -> Drawn:
    code = unknown_code(rng, world, TICKETS[1])
    return Drawn({"code": code}, (ExpectedCall("get_queue_status", {"ticket_code": code}, error="not_found"),), ())


_SLOTS = {
    "hospital": (
        ("{hospital}", "ที่{hospital}"),
        ("โรงพยาบาลไหน", "โรงพยาบาลอะไร", "โรงพยาบาลใด", "ชื่อโรงพยาบาล"),
    ),
    "department": (("แผนก{department}", "ไปแผนก{department}"), ("แผนก", "สาขา", "คลินิก")),
    "date": (("วันที่ {date}", "{date}"), ("วันไหน", "วันที่", "วันใด", "เมื่อไร", "เมื่อไหร่")),
    "time": (("เวลา {time}", "ตอน {time}"), ("กี่โมง", "เวลา")),
    "doctor": (
        ("{doctor}", "กับ {doctor}"),
        ("หมอคนไหน", "หมอท่านไหน", "แพทย์ท่าน", "แพทย์คน", "ชื่อแพทย์", "ชื่อหมอ", "หมอชื่อ", "คุณหมอ"),
    ),
    "code": (("{code}", "รหัส {code}"), ("รหัส", "หมายเลข", "เลขที่", "บัตรคิว")),
}

_HOURS = (
    "แผนก{department} {hospital} เปิดกี่โมงปิดกี่โมง",
    "จะไปแผนก{department}ที่{hospital} เขาเปิดถึงกี่โมง แล้วเริ่มเปิดตอนไหน",
    "เวลาเปิดปิดแผนก{department} {hospital}",
    "ขอทราบเวลาทำการของแผนก{department} {hospital}",
)
_APPOINTMENTS = (
    "นัดหมอ {doctor} วันที่ {date} เวลา {time}",
    "อยากพบ {doctor} วันที่ {date} ตอน {time} ช่วยนัดให้หน่อย",
    "จองคิวตรวจกับ {doctor} ให้ที วันที่ {date} เวลา {time}",
    "ขอนัดหมายเข้าพบ {doctor} ในวันที่ {date} เวลา {time}",
)
_CANCELS = (
    "ยกเลิกนัดหมอรหัส {code} ให้หน่อย",
    "ไปหาหมอตามนัดไม่ได้แล้ว ยกเลิกนัด {code} ให้ที",
    "cancel นัดแพทย์ {code}",
    "ขอยกเลิกการนัดหมายแพทย์ รหัสนัด {code}",
)
_QUEUES = (
    "บัตรคิว {code} เหลืออีกกี่คิว ต้องรอกี่นาที",
    "ถือบัตรคิว {code} อยู่ ข้างหน้าเหลือกี่คน อีกกี่นาทีถึงจะได้ตรวจ",
    "เช็กคิว {code} ให้หน่อย เหลือกี่คิว รอประมาณกี่นาที",
    "ขอทราบจำนวนคิวก่อนหน้าและเวลารอโดยประมาณของบัตรคิวหมายเลข {code}",
)

GOALS = (
    Goal(
        id="hospital.hours",
        draw=_draw_hours,
        requests=_HOURS,
        topic="เวลาทำการของแผนกในโรงพยาบาล",
        **forgettable(
            _SLOTS,
            {
                "hospital": ("แผนก{department}เปิดกี่โมงปิดกี่โมง",),
                "department": ("จะไปหาหมอที่{hospital} แผนกที่จะไปเปิดกี่โมงปิดกี่โมง",),
            },
        ),
    ),
    Goal(
        id="hospital.hours_unknown",
        draw=_draw_hours_unknown,
        requests=_HOURS,
        topic="เวลาทำการของแผนกในโรงพยาบาล",
        fails="not_found",
    ),
    Goal(
        id="hospital.on_duty",
        draw=_draw_duty,
        requests=(
            "วันที่ {date} แผนก{department} {hospital} หมอคนไหนว่างเร็วสุด กี่โมง",
            "จะไปแผนก{department}ที่{hospital}วันที่ {date} มีหมอคนไหนว่างก่อนเพื่อน ว่างกี่โมง",
            "เช็กหมอแผนก{department} {hospital} วันที่ {date} ให้ที ขอชื่อคนที่ว่างเร็วสุดกับเวลา",
            "ขอทราบชื่อแพทย์แผนก{department}ของ{hospital}ที่ว่างเร็วที่สุดในวันที่ {date} พร้อมเวลา",
        ),
        topic="แพทย์ที่ออกตรวจ",
        **forgettable(
            _SLOTS,
            {
                "hospital": ("วันที่ {date} แผนก{department} หมอคนไหนว่างเร็วสุด กี่โมง",),
                "department": ("วันที่ {date} ที่{hospital} หมอคนไหนว่างเร็วสุด กี่โมง",),
                "date": ("แผนก{department} {hospital} หมอคนไหนว่างเร็วสุด กี่โมง",),
            },
        ),
    ),
    Goal(
        id="hospital.book_first",
        draw=_draw_first_booked,
        requests=(
            "หาหมอแผนก{department} {hospital} ที่ว่างเร็วสุดวันที่ {date} แล้วนัดเวลานั้นให้เลย",
            "ช่วยดูว่าวันที่ {date} แผนก{department}ของ{hospital}หมอคนไหนว่างเร็วที่สุด แล้วจองนัดเวลาแรกที่ว่างให้ด้วย",
            "นัดหมอแผนก{department}ที่{hospital}ให้หน่อย วันที่ {date} เอาคนที่ว่างเร็วสุด เวลาแรกที่ว่าง",
            "ขอนัดพบแพทย์แผนก{department} {hospital} วันที่ {date} กับแพทย์ที่มีเวลาว่างเร็วที่สุด ในเวลาดังกล่าว",
        ),
        topic="การนัดพบแพทย์",
        **forgettable(
            _SLOTS,
            {
                "hospital": ("หาหมอแผนก{department}ที่ว่างเร็วสุดวันที่ {date} แล้วนัดเวลานั้นให้เลย",),
                "department": ("หาหมอที่{hospital}คนที่ว่างเร็วสุดวันที่ {date} แล้วนัดเวลานั้นให้เลย",),
                "date": ("หาหมอแผนก{department} {hospital} ที่ว่างเร็วสุด แล้วนัดเวลานั้นให้เลย",),
            },
        ),
    ),
    Goal(
        id="hospital.appointment",
        draw=_draw_appointment,
        requests=_APPOINTMENTS,
        topic="การนัดพบแพทย์",
        **forgettable(
            _SLOTS,
            {
                "doctor": ("ช่วยนัดหมอให้หน่อย วันที่ {date} เวลา {time}",),
                "date": ("นัดหมอ {doctor} เวลา {time} ให้หน่อย",),
                "time": ("นัดหมอ {doctor} วันที่ {date} ให้หน่อย",),
            },
        ),
    ),
    Goal(
        id="hospital.appointment_taken",
        draw=_draw_taken,
        requests=_APPOINTMENTS,
        topic="การนัดพบแพทย์",
        fails="fully_booked",
    ),
    Goal(
        id="hospital.cancel",
        draw=_draw_cancel,
        requests=_CANCELS,
        topic="การยกเลิกนัดแพทย์",
        **forgettable(_SLOTS, {"code": ("ช่วยยกเลิกนัดหมอให้หน่อย", "ไปหาหมอตามนัดไม่ได้แล้ว อยากยกเลิกนัด")}),
    ),
    Goal(
        id="hospital.cancel_unknown",
        draw=_draw_cancel_unknown,
        requests=_CANCELS,
        topic="การยกเลิกนัดแพทย์",
        fails="not_found",
    ),
    Goal(
        id="hospital.ticket",
        draw=_draw_ticket,
        requests=(
            "กดบัตรคิวแผนก{department} {hospital} ให้หน่อย",
            "วันนี้จะไปแผนก{department}ที่{hospital} ช่วยรับบัตรคิวให้ที",
            "ขอคิวแผนก{department} {hospital} วันนี้",
            "ขอรับบัตรคิวแผนก{department}ของ{hospital}สำหรับวันนี้",
        ),
        topic="บัตรคิวโรงพยาบาล",
        **forgettable(
            _SLOTS,
            {
                "hospital": ("กดบัตรคิวแผนก{department}ให้หน่อย",),
                "department": ("กดบัตรคิวที่{hospital}ให้หน่อย",),
            },
        ),
    ),
    Goal(
        id="hospital.ticket_wait",
        draw=_draw_ticket_wait,
        requests=(
            "กดบัตรคิวแผนก{department} {hospital} ให้หน่อย แล้วดูให้ด้วยว่ามีกี่คิวก่อนหน้า",
            "วันนี้จะไปแผนก{department}ที่{hospital} รับบัตรคิวให้ที แล้วเช็กว่าต้องรออีกกี่คิว",
            "ขอคิวแผนก{department} {hospital} วันนี้ และบอกด้วยว่าข้างหน้าเหลือกี่คน",
            "ขอรับบัตรคิวแผนก{department}ของ{hospital} พร้อมแจ้งจำนวนคิวที่รออยู่ก่อนหน้า",
        ),
        topic="คิวโรงพยาบาล",
        **forgettable(
            _SLOTS,
            {
                "hospital": ("กดบัตรคิวแผนก{department}ให้หน่อย แล้วดูให้ด้วยว่ามีกี่คิวก่อนหน้า",),
                "department": ("กดบัตรคิวที่{hospital}ให้หน่อย แล้วดูให้ด้วยว่ามีกี่คิวก่อนหน้า",),
            },
        ),
    ),
    Goal(
        id="hospital.queue",
        draw=_draw_queue,
        requests=_QUEUES,
        topic="คิวโรงพยาบาล",
        **forgettable(_SLOTS, {"code": ("บัตรคิวที่ถืออยู่เหลืออีกกี่คิว ต้องรอกี่นาที", "เช็กคิวโรงพยาบาลให้หน่อย เหลือกี่คิว รอกี่นาที")}),
    ),
    Goal(
        id="hospital.queue_unknown",
        draw=_draw_queue_unknown,
        requests=_QUEUES,
        topic="คิวโรงพยาบาล",
        fails="not_found",
    ),
)
