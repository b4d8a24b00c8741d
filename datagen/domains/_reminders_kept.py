"""The reminders and notes that a person has: those from before, as the world has them, and what calls made of them.

A reminder from before is known by its day; once a call touches it, it has a row in the table, which then counts.
"""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

from datagen.tools.tool import ToolError
from datagen.tools.world import World

__all__ = [
    "DAYS",
    "EARLIER_NOTES",
    "NOTES",
    "REMINDERS",
    "TITLES",
    "days_reminders",
    "earlier",
    "note_text",
    "owned",
]

REMINDERS, NOTES = "reminders", "notes"
DAYS = 30
"""How far ahead there are reminders from before."""
TITLES = (
    "จ่ายค่าเน็ต",
    "โทรหาแม่",
    "ไปรับยาที่ร้านขายยา",
    "ส่งรายงานให้หัวหน้า",
    "รดน้ำต้นไม้",
    "พาแมวไปฉีดวัคซีน",
    "ต่อประกันรถ",
    "ประชุมผู้ปกครอง",
    "คืนหนังสือห้องสมุด",
    "เอารถเข้าศูนย์",
)
_HOURS = tuple(range(7, 21))
_QUIET = 0.4
# Title of a note -> what stands in it; {} is a number of this world.
EARLIER_NOTES = {
    "รหัสไวไฟบ้าน": "baan-{}",
    "ทะเบียนรถ": "กข {}",
    "ที่จอดรถในห้าง": "ชั้น 3 ช่อง {}",
    "เลขมิเตอร์น้ำ": "{}",
    "ขนาดผ้าม่าน": "กว้าง {} ซม.",
    "รหัสล็อกเกอร์": "{}",
}


def earlier(world: World) -> dict[str, dict[str, Any]]:
    """The reminders from before by their day, at most one a day."""
    return {day: row for day in _days_ahead(world) if (row := _earlier_on(world, day))}


def _days_ahead(world: World) -> list[str]:
    return [(world.now.date() + timedelta(days=ahead)).isoformat() for ahead in range(1, DAYS + 1)]


def _code(world: World, day: str) -> str:
    return world.number("RM", "earlier", day)


def _earlier_on(world: World, day: str) -> dict[str, Any] | None:
    """The reminder from before on that day; two days of five have none."""
    ahead = (date.fromisoformat(day) - world.now.date()).days
    rng = world.draw("reminder", day)
    if not 1 <= ahead <= DAYS or rng.random() < _QUIET:
        return None
    title, hour, minute = rng.choice(TITLES), rng.choice(_HOURS), rng.choice(("00", "30"))
    return {"code": _code(world, day), "title": title, "date": day, "time": f"{hour:02d}:{minute}"}


def days_reminders(world: World, day: str) -> list[dict[str, Any]]:
    """The reminders of that day, by time."""
    rows = world.state.get(REMINDERS, [])
    found = [row for row in rows if row["date"] == day and not row.get("deleted")]
    before = _earlier_on(world, day)
    if before and all(row["code"] != before["code"] for row in rows):
        found.append(before)
    return sorted(found, key=lambda row: (row["time"], row["code"]))


def owned(world: World, code: str) -> dict[str, Any]:
    """The row of that reminder, to be changed in place. Raises ToolError where there is none any more."""
    rows = world.table(REMINDERS)
    row = next((row for row in rows if row["code"] == code), None)
    if row is None:
        day = next((day for day in _days_ahead(world) if _code(world, day) == code), "")
        row = _earlier_on(world, day) if day else None
        if row is not None:
            rows.append(row)
    if row is None or row.get("deleted"):
        raise ToolError("not_found", f"ไม่พบการเตือนรหัส {code}")
    return row


def note_text(world: World, title: str) -> str | None:
    """What the note of that title says, the last one where there are several; None where there is none."""
    made = [row["text"] for row in world.state.get(NOTES, ()) if row["title"] == title]
    if made:
        return made[-1]
    if title not in EARLIER_NOTES:
        return None
    return EARLIER_NOTES[title].format(world.draw("note", title).randint(120, 999))
