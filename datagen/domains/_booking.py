"""What every booking has in common: a day ahead, a free place, a code to cancel it by.

Which hours are full is a fact of the world. Besides the bookings made in it, each world has a few from before; those
are found by their code, and cancelling one leaves a row in the table.
"""

from __future__ import annotations

import random
from collections.abc import Sequence
from datetime import date, timedelta
from typing import Any

from datagen.tools.schema import iso_day
from datagen.tools.tool import ToolError
from datagen.tools.words import thai_time
from datagen.tools.world import World

__all__ = [
    "booked",
    "cancelled",
    "coming_day",
    "day_ahead",
    "earlier_codes",
    "full",
    "said_time",
    "unknown_code",
]

_EARLIER = 12
_FULL = 0.2


def day_ahead(world: World, text: str, days: int) -> date:
    """The date of an ISO text, from tomorrow to `days` ahead. Raises ToolError otherwise."""
    day = iso_day(text)
    if not 1 <= (day - world.now.date()).days <= days:
        raise ToolError("out_of_range", f"จองล่วงหน้าได้ตั้งแต่พรุ่งนี้จนถึง {days} วันข้างหน้า")
    return day


def coming_day(rng: random.Random, world: World, days: int) -> date:
    """A day that `day_ahead` takes."""
    return world.now.date() + timedelta(days=rng.randint(1, days))


def said_time(time: str, rng: random.Random) -> str:
    """A time HH:MM as a Thai types it."""
    return thai_time(int(time[:2]), int(time[3:]), rng)


def full(world: World, *key: object) -> bool:
    """Whether what the key names is taken, as one in five is."""
    return world.draw("full", *key).random() < _FULL


def booked(world: World, table: str, prefix: str, row: dict[str, Any]) -> str:
    """The code of a new booking, which is kept in the table."""
    rows = world.table(table)
    code = world.number(prefix, table, len(rows), *row.values())
    rows.append({"code": code, **row, "status": "booked"})
    return code


def earlier_codes(world: World, prefix: str) -> Sequence[str]:
    """The codes of the bookings from before."""
    return tuple(world.number(prefix, "earlier", number) for number in range(_EARLIER))


def unknown_code(rng: random.Random, world: World, prefix: str) -> str:
    """A code like theirs that no booking has."""
    taken = earlier_codes(world, prefix)
    while (code := f"{prefix}{rng.randrange(100_000, 1_000_000)}") in taken:
        pass
    return code


def cancelled(world: World, table: str, prefix: str, code: str) -> dict[str, Any]:
    """Cancels the booking of that code. Raises ToolError where there is none, or where it is cancelled already."""
    rows = world.table(table)
    row = next((row for row in rows if row["code"] == code), None)
    if row is None:
        if code not in earlier_codes(world, prefix):
            raise ToolError("not_found", f"ไม่พบการจองหมายเลข {code}")
        rows.append(row := {"code": code})
    if row.get("status") == "cancelled":
        raise ToolError("already_cancelled", f"การจองหมายเลข {code} ถูกยกเลิกไปแล้ว")
    row["status"] = "cancelled"
    return {"booking_code": code, "status": "cancelled"}
