"""Public offices: which one does what, hours, documents and fees, appointments. The offices are all invented."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from datagen.domains import _government_goals
from datagen.domains._booking import booked, cancelled, day_ahead, full
from datagen.domains._offices import DAYS_AHEAD, OFFICES, SERVICES, TIMES, Office
from datagen.tools.schema import arguments, choice, clock, day, text
from datagen.tools.tool import Tool, ToolError
from datagen.tools.world import World

__all__ = ["GOALS", "TOOLS"]

_APPOINTMENTS = ("office_appointments", "GA")
_SATURDAY = 5
_SERVICE = choice(
    "เรื่องที่จะติดต่อ: " + ", ".join(f"{name} {each.said}" for name, each in SERVICES.items()),
    "What for: a lost ID card replaced, passport, driving licence renewed, copy of the house register, vehicle tax",
    *SERVICES,
)
_OFFICE = text("ชื่อสำนักงาน", "Name of the office, in Thai")


def _known(name: str) -> Office:
    found = next((office for office in OFFICES if office.name == name), None)
    if found is None:
        raise ToolError("not_found", f"ไม่พบ{name}")
    return found


def _find(world: World, given: Mapping[str, Any]) -> Any:
    for office in OFFICES:
        if office.province == given["province"] and given["service"] in office.services:
            return {"office": office.name, "province": office.province, "phone": office.phone}
    raise ToolError("not_found", f"ไม่พบสำนักงานที่ให้บริการนี้ใน{given['province']}")


def _hours(world: World, given: Mapping[str, Any]) -> Any:
    office = _known(given["office"])
    return {"office": office.name, "opens": office.opens, "closes": office.closes, "days": "จันทร์-ศุกร์"}


def _documents(world: World, given: Mapping[str, Any]) -> Any:
    service = SERVICES[given["service"]]
    return {"service": service.said, "documents": list(service.documents), "fee_baht": service.fee}


def _book(world: World, given: Mapping[str, Any]) -> Any:
    office, on = _known(given["office"]), day_ahead(world, given["date"], DAYS_AHEAD)
    if given["service"] not in office.services:
        raise ToolError("not_offered", f"{office.name} ไม่ได้ให้บริการ{SERVICES[given['service']].said}")
    if on.weekday() >= _SATURDAY or given["time"] not in TIMES:
        raise ToolError("closed", f"รับคิววันจันทร์-ศุกร์ เวลา {', '.join(TIMES)}")
    if full(world, "office", office.name, on, given["time"]):
        raise ToolError("fully_booked", f"{office.name} คิวเต็มแล้วในวันที่ {given['date']} เวลา {given['time']}")
    row = {key: given[key] for key in ("service", "office", "date", "time")}
    return {"appointment_code": booked(world, *_APPOINTMENTS, row), **row}


def _cancel(world: World, given: Mapping[str, Any]) -> Any:
    done = cancelled(world, *_APPOINTMENTS, given["appointment_code"])
    return {"appointment_code": done["booking_code"], "status": done["status"]}


TOOLS = (
    Tool(
        name="find_service_office",
        domain="government",
        description={
            "th": "หาสำนักงานราชการในจังหวัดที่ให้บริการเรื่องหนึ่ง พร้อมเบอร์โทรศัพท์",
            "en": "The public office of a province that provides a service, with its phone number",
        },
        parameters=arguments(
            service=_SERVICE,
            province=text("จังหวัด เช่น เชียงใหม่", "Province, in Thai"),
        ),
        run=_find,
    ),
    Tool(
        name="get_office_hours",
        domain="government",
        description={"th": "เวลาเปิดปิดของสำนักงานราชการ", "en": "Opening hours of a public office"},
        parameters=arguments(office=_OFFICE),
        run=_hours,
    ),
    Tool(
        name="get_required_documents",
        domain="government",
        description={
            "th": "เอกสารที่ต้องใช้และค่าธรรมเนียมของบริการราชการ",
            "en": "Documents to bring and the fee of a public service",
        },
        parameters=arguments(service=_SERVICE),
        run=_documents,
    ),
    Tool(
        name="book_office_appointment",
        domain="government",
        description={
            "th": "จองคิวติดต่อราชการ วันจันทร์-ศุกร์ ล่วงหน้าไม่เกิน 30 วัน",
            "en": "Book an appointment at a public office, Monday to Friday, up to 30 days ahead",
        },
        parameters=arguments(
            service=_SERVICE,
            office=_OFFICE,
            date=day("วันที่นัด", "Date of the appointment"),
            time=clock("เวลานัด", "Time of the appointment"),
        ),
        run=_book,
        writes=True,
    ),
    Tool(
        name="cancel_office_appointment",
        domain="government",
        description={"th": "ยกเลิกคิวติดต่อราชการ", "en": "Cancel an appointment at a public office"},
        parameters=arguments(
            appointment_code=text("รหัสคิว เช่น GA123456", "Appointment code, e.g. GA123456", pattern=r"^GA[0-9]{6}$")
        ),
        run=_cancel,
        writes=True,
    ),
)

GOALS = _government_goals.GOALS
