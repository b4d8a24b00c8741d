"""Hospitals: opening hours, doctors on duty, appointments, queue tickets. Hospitals and doctors are all invented."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from datagen.domains import _hospital_goals
from datagen.domains._booking import booked, cancelled, day_ahead
from datagen.domains._hospitals import (
    APPOINTMENTS,
    DAYS_AHEAD,
    DEPARTMENTS,
    DOCTORS,
    HOSPITALS,
    TICKETS,
    doctors_free,
    free_times,
    hours,
    people_ahead,
)
from datagen.tools.schema import arguments, choice, clock, day, text
from datagen.tools.tool import Tool, ToolError
from datagen.tools.world import World

__all__ = ["GOALS", "TOOLS"]

_HOSPITAL = text("ชื่อโรงพยาบาล", "Name of the hospital, in Thai")
_DEPARTMENT = choice(
    "แผนก",
    "Department: internal medicine, pediatrics, dental, eye, skin, bone and joint, ear nose throat, women",
    *DEPARTMENTS,
)
_DATE = day("วันที่จะไปพบแพทย์", "Date of the visit")
_MINUTES_EACH = 6


def _known(hospital: str) -> None:
    if hospital not in HOSPITALS:
        raise ToolError("not_found", f"ไม่พบ{hospital}")


def _hours(world: World, given: Mapping[str, Any]) -> Any:
    _known(given["hospital"])
    opens, closes, floor = hours(given["hospital"], given["department"])
    return {**given, "opens": opens, "closes": closes, "floor": floor}


def _on_duty(world: World, given: Mapping[str, Any]) -> Any:
    _known(given["hospital"])
    day_ahead(world, given["date"], DAYS_AHEAD)
    found = doctors_free(world, given["hospital"], given["department"], given["date"])
    if not found:
        raise ToolError("fully_booked", f"แผนก{given['department']}เต็มทั้งวันในวันที่ {given['date']}")
    return {"date": given["date"], "doctors": [{"doctor": name, "first_free_time": time} for time, name in found]}


def _appoint(world: World, given: Mapping[str, Any]) -> Any:
    if given["doctor"] not in DOCTORS:
        raise ToolError("not_found", f"ไม่พบแพทย์ชื่อ {given['doctor']}")
    day_ahead(world, given["date"], DAYS_AHEAD)
    if given["time"] not in free_times(world, given["doctor"], given["date"]):
        raise ToolError("fully_booked", f"{given['doctor']} ไม่ว่างวันที่ {given['date']} เวลา {given['time']}")
    hospital, department = DOCTORS[given["doctor"]]
    row = {key: given[key] for key in ("doctor", "date", "time")}
    return {
        "appointment_code": booked(world, *APPOINTMENTS, row),
        "hospital": hospital,
        "department": department,
        **row,
    }


def _cancel(world: World, given: Mapping[str, Any]) -> Any:
    done = cancelled(world, *APPOINTMENTS, given["appointment_code"])
    return {"appointment_code": done["booking_code"], "status": done["status"]}


def _ticket(world: World, given: Mapping[str, Any]) -> Any:
    _known(given["hospital"])
    row = {key: given[key] for key in ("hospital", "department")}
    return {"ticket_code": booked(world, *TICKETS, row), **row}


def _queue(world: World, given: Mapping[str, Any]) -> Any:
    ahead = people_ahead(world, given["ticket_code"])
    if ahead is None:
        raise ToolError("not_found", f"ไม่พบบัตรคิว {given['ticket_code']}")
    return {"ticket_code": given["ticket_code"], "people_ahead": ahead, "wait_minutes": ahead * _MINUTES_EACH}


TOOLS = (
    Tool(
        name="get_hospital_hours",
        domain="hospital",
        description={
            "th": "เวลาเปิดปิดและชั้นที่ตั้งของแผนกในโรงพยาบาล",
            "en": "Opening hours and floor of a hospital department",
        },
        parameters=arguments(
            hospital=_HOSPITAL,
            department=_DEPARTMENT,
        ),
        run=_hours,
    ),
    Tool(
        name="list_doctors_on_duty",
        domain="hospital",
        description={
            "th": "แพทย์ที่ออกตรวจในวันหนึ่ง พร้อมเวลาว่างแรกของแต่ละคน เรียงจากว่างเร็วสุด",
            "en": "Doctors on duty on a day with the first free time of each, earliest first",
        },
        parameters=arguments(
            hospital=_HOSPITAL,
            department=_DEPARTMENT,
            date=_DATE,
        ),
        run=_on_duty,
    ),
    Tool(
        name="book_doctor_appointment",
        domain="hospital",
        description={
            "th": "นัดพบแพทย์ ล่วงหน้าไม่เกิน 30 วัน",
            "en": "Book an appointment with a doctor, up to 30 days ahead",
        },
        parameters=arguments(
            doctor=text("ชื่อแพทย์เต็มพร้อมคำนำหน้า เช่น นพ.สมชาย ใจดี", "Full name of the doctor with title, in Thai"),
            date=_DATE,
            time=clock("เวลานัด", "Time of the appointment"),
        ),
        run=_appoint,
        writes=True,
    ),
    Tool(
        name="cancel_doctor_appointment",
        domain="hospital",
        description={"th": "ยกเลิกนัดพบแพทย์", "en": "Cancel an appointment with a doctor"},
        parameters=arguments(
            appointment_code=text("รหัสนัด เช่น AP123456", "Appointment code, e.g. AP123456", pattern=r"^AP[0-9]{6}$")
        ),
        run=_cancel,
        writes=True,
    ),
    Tool(
        name="take_queue_ticket",
        domain="hospital",
        description={"th": "กดบัตรคิวของแผนกสำหรับวันนี้", "en": "Take a queue ticket for a department, for today"},
        parameters=arguments(
            hospital=_HOSPITAL,
            department=_DEPARTMENT,
        ),
        run=_ticket,
        writes=True,
    ),
    Tool(
        name="get_queue_status",
        domain="hospital",
        description={
            "th": "จำนวนคิวที่รออยู่ก่อนหน้าและเวลารอโดยประมาณของบัตรคิว",
            "en": "How many people are ahead of a queue ticket, and the expected wait",
        },
        parameters=arguments(
            ticket_code=text("รหัสบัตรคิว เช่น QT123456", "Queue ticket code, e.g. QT123456", pattern=r"^QT[0-9]{6}$")
        ),
        run=_queue,
    ),
)

GOALS = _hospital_goals.GOALS
