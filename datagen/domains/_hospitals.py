"""The invented hospitals: departments, doctors, when they are free, how long a queue is. No real one is meant."""

from __future__ import annotations

from collections.abc import Mapping

from datagen.domains._booking import earlier_codes, full
from datagen.tools.world import World

__all__ = [
    "APPOINTMENTS",
    "DAYS_AHEAD",
    "DEPARTMENTS",
    "DOCTORS",
    "HOSPITALS",
    "TICKETS",
    "consulting_times",
    "doctors_free",
    "free_times",
    "hours",
    "people_ahead",
]

HOSPITALS = ("โรงพยาบาลเมืองแก้ว", "โรงพยาบาลริมธารเวช", "โรงพยาบาลสวนสนประชา", "โรงพยาบาลดอยหมอก")
DEPARTMENTS = (
    "อายุรกรรม", "กุมารเวชกรรม", "ทันตกรรม", "จักษุ", "ผิวหนัง", "กระดูกและข้อ", "หูคอจมูก", "สูตินรีเวช",
)  # fmt: skip
DAYS_AHEAD = 30
APPOINTMENTS = ("doctor_appointments", "AP")
"""Table and prefix of the codes."""
TICKETS = ("queue_tickets", "QT")

_TITLED = (
    "นพ.กิตติ", "พญ.ขวัญใจ", "นพ.จักรพันธ์", "พญ.ชลธิชา", "นพ.ณรงค์", "พญ.ดวงกมล", "นพ.ทศพล", "พญ.นภัสสร",
    "นพ.บดินทร์", "พญ.ปาริชาต", "นพ.พีรวัส", "พญ.มาลินี", "นพ.รัฐพล", "พญ.ลลิตา", "นพ.วรเมธ", "พญ.ศศิธร",
)  # fmt: skip
_SURNAMES = (
    "แก้วอำไพ", "คงมั่นใจ", "จันทร์กระจ่าง", "ชูสว่าง", "ดำรงธรรมดี", "ตั้งใจมั่น", "ทองประกาย", "ธารน้ำริน",
    "นาคำดี", "บุญเกื้อหนุน", "พรมงาม", "มณีใส", "รุ่งเรืองไกล", "ลือนาม", "วงศ์สุขสม", "อิ่มเอม",
)  # fmt: skip
_EACH = 2
_HOURS = ("08", "09", "10", "11", "13", "14", "15")


def _name(number: int) -> str:
    """No two of the numbers below 256 give the same name: those with one first name differ in the last."""
    return f"{_TITLED[number % 16]} {_SURNAMES[(7 * number + number // 16) % 16]}"


_POSTS = tuple((hospital, department) for hospital in HOSPITALS for department in DEPARTMENTS)
DOCTORS: Mapping[str, tuple[str, str]] = {
    _name(_EACH * post + each): place for post, place in enumerate(_POSTS) for each in range(_EACH)
}
"""Doctor -> hospital and department."""


def hours(hospital: str, department: str) -> tuple[str, str, int]:
    """When a department opens and closes, and its floor."""
    post = _POSTS.index((hospital, department))
    return ("07:30", "08:00", "08:30")[post % 3], ("15:30", "16:00", "18:00", "20:00")[post % 4], post % 7 + 2


def consulting_times(doctor: str) -> list[str]:
    """One doctor of a department sees people on the hour, the other at half past: no two are free at the same time."""
    minute = "00" if list(DOCTORS).index(doctor) % _EACH == 0 else "30"
    return [f"{hour}:{minute}" for hour in _HOURS]


def free_times(world: World, doctor: str, date: str) -> list[str]:
    """When the doctor can still see somebody on that day."""
    return [time for time in consulting_times(doctor) if not full(world, "doctor", doctor, date, time)]


def doctors_free(world: World, hospital: str, department: str, date: str) -> list[tuple[str, str]]:
    """First free time and name of each doctor who has one on that day, earliest first."""
    names = (name for name, place in DOCTORS.items() if place == (hospital, department))
    return sorted((times[0], name) for name in names if (times := free_times(world, name, date)))


def people_ahead(world: World, ticket: str) -> int | None:
    """How many wait before that ticket; None where nobody has it."""
    table, prefix = TICKETS
    taken = [row["code"] for row in world.state.get(table, ())]
    if ticket not in taken and ticket not in earlier_codes(world, prefix):
        return None
    return world.draw("queue", ticket).randint(2, 25)
