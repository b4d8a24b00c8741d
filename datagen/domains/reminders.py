"""A person's reminders and notes: set, listed, moved, deleted; saved and opened. Those from before are invented."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from datagen.domains import _reminder_goals
from datagen.domains._reminders_kept import NOTES, REMINDERS, days_reminders, note_text, owned
from datagen.tools.schema import arguments, clock, day, iso_day, text
from datagen.tools.tool import Tool, ToolError
from datagen.tools.world import World

__all__ = ["GOALS", "TOOLS"]

_DATE, _TIME = day("วันที่เตือน", "Date of the reminder"), clock("เวลาเตือน", "Time of the reminder")
_CODE = text("รหัสการเตือน เช่น RM123456", "Reminder code, e.g. RM123456", pattern=r"^RM[0-9]{6}$")


def _moment(world: World, given: Mapping[str, Any]) -> None:
    """Raises ToolError where the date is none, or the moment has passed."""
    if (iso_day(given["date"]).isoformat(), given["time"]) <= (world.now.date().isoformat(), f"{world.now:%H:%M}"):
        raise ToolError("in_the_past", f"วันที่ {given['date']} เวลา {given['time']} ผ่านไปแล้ว")


def _create(world: World, given: Mapping[str, Any]) -> Any:
    _moment(world, given)
    rows = world.table(REMINDERS)
    row = {key: given[key] for key in ("title", "date", "time")}
    code = world.number("RM", "created", len(rows), *row.values())
    rows.append({"code": code, **row})
    return {"reminder_code": code, **row}


def _list(world: World, given: Mapping[str, Any]) -> Any:
    iso_day(given["date"])
    found = days_reminders(world, given["date"])
    return {"date": given["date"], "reminders": [{key: row[key] for key in ("code", "title", "time")} for row in found]}


def _delete(world: World, given: Mapping[str, Any]) -> Any:
    row = owned(world, given["reminder_code"])
    row["deleted"] = True
    return {"reminder_code": row["code"], "title": row["title"], "status": "deleted"}


def _move(world: World, given: Mapping[str, Any]) -> Any:
    _moment(world, given)
    row = owned(world, given["reminder_code"])
    row.update(date=given["date"], time=given["time"])
    return {"reminder_code": row["code"], "title": row["title"], "date": row["date"], "time": row["time"]}


def _note(world: World, given: Mapping[str, Any]) -> Any:
    rows = world.table(NOTES)
    code = world.number("NT", len(rows), given["title"], given["text"])
    rows.append({"code": code, "title": given["title"], "text": given["text"]})
    return {"note_code": code, "title": given["title"]}


def _find_note(world: World, given: Mapping[str, Any]) -> Any:
    found = note_text(world, given["title"])
    if found is None:
        raise ToolError("not_found", f"ไม่พบโน้ตเรื่อง {given['title']}")
    return {"title": given["title"], "text": found}


TOOLS = (
    Tool(
        name="create_reminder",
        domain="reminders",
        description={"th": "ตั้งเตือนความจำ", "en": "Set a reminder"},
        parameters=arguments(
            title=text("เรื่องที่ให้เตือน ตามคำของผู้ใช้", "What to be reminded of, in the user's words"),
            date=_DATE,
            time=_TIME,
        ),
        run=_create,
        writes=True,
    ),
    Tool(
        name="list_reminders",
        domain="reminders",
        description={"th": "รายการเตือนของวันหนึ่ง เรียงตามเวลา", "en": "The reminders of a day, by time"},
        parameters=arguments(date=_DATE),
        run=_list,
    ),
    Tool(
        name="delete_reminder",
        domain="reminders",
        description={"th": "ลบการเตือน", "en": "Delete a reminder"},
        parameters=arguments(reminder_code=_CODE),
        run=_delete,
        writes=True,
    ),
    Tool(
        name="move_reminder",
        domain="reminders",
        description={"th": "เลื่อนการเตือนไปวันและเวลาใหม่", "en": "Move a reminder to another date and time"},
        parameters=arguments(
            reminder_code=_CODE,
            date=_DATE,
            time=_TIME,
        ),
        run=_move,
        writes=True,
    ),
    Tool(
        name="save_note",
        domain="reminders",
        description={"th": "จดโน้ต", "en": "Save a note"},
        parameters=arguments(
            title=text("หัวข้อโน้ต", "Title of the note"),
            text=text("ข้อความในโน้ต", "Text of the note", longest=500),
        ),
        run=_note,
        writes=True,
    ),
    Tool(
        name="find_note",
        domain="reminders",
        description={"th": "เปิดโน้ตที่จดไว้ตามหัวข้อ", "en": "Open a saved note by its title"},
        parameters=arguments(title=text("หัวข้อโน้ต", "Title of the note")),
        run=_find_note,
    ),
)

GOALS = _reminder_goals.GOALS
