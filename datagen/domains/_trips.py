"""Answers of the travel tools: searching, booking, looking up and cancelling, over the timetable.

The user has made bookings before (invented, from the world's seed), so that there is something to look up and to
cancel; those made in the conversation are in the table "trip_bookings".
"""

from __future__ import annotations

import random
from collections.abc import Mapping
from datetime import date, timedelta
from functools import cache
from typing import Any

from datagen.domains._timetable import (
    BOOKABLE_DAYS,
    BTS_STATIONS,
    PLACES,
    bts_fare,
    by_rail,
    by_road,
    find_trip,
    trips_of_day,
)
from datagen.tools.schema import iso_day
from datagen.tools.tool import Run, ToolError
from datagen.tools.world import World

__all__ = ["book", "booking", "cancel", "earlier_bookings", "fare_by_bts", "random_route", "search"]


def search(mode: str) -> Run:
    """Answers a search for trains (mode R) or buses (B)."""
    reachable, missing = (by_rail, "ไม่มีสถานีรถไฟ") if mode == "R" else (by_road, "ไม่มีสถานีขนส่ง")

    def run(world: World, given: Mapping[str, Any]) -> Any:
        origin, destination, on = given["origin"], given["destination"], _travel_day(world, given["date"])
        for place in (origin, destination):
            if place not in PLACES or not (mode == "B" or PLACES[place][1]):
                raise ToolError("not_found", f"{missing}ที่ {place}")
        if not reachable(origin, destination):
            raise ToolError("no_route", f"ไม่มีเที่ยวตรงจาก {origin} ไป {destination}")
        return {"trips": trips_of_day(world, mode, origin, destination, on)}

    return run


def _travel_day(world: World, value: str) -> date:
    on = iso_day(value)
    if not 0 <= (on - world.now.date()).days <= BOOKABLE_DAYS:
        raise ToolError("out_of_range", f"ค้นหาและจองได้ตั้งแต่วันนี้ไม่เกิน {BOOKABLE_DAYS} วัน")
    return on


def book(world: World, given: Mapping[str, Any]) -> Any:
    """Seats on a trip, for good."""
    trip = find_trip(world, given["trip_id"], _travel_day(world, given["date"]))
    if trip is None:
        raise ToolError("not_found", f"ไม่พบเที่ยว {given['trip_id']}")
    if trip["seats_left"] < given["passengers"]:
        raise ToolError("sold_out", f"เที่ยว {given['trip_id']} วันที่ {given['date']} เหลือ {trip['seats_left']} ที่นั่ง")
    bookings = world.table("trip_bookings")
    made = {
        "booking_id": world.number("BK", trip["trip_id"], given["date"], len(bookings)),
        "trip_id": trip["trip_id"],
        "date": given["date"],
        "departs": trip["departs"],
        "passengers": given["passengers"],
        "total_baht": trip["price_baht"] * given["passengers"],
    }
    bookings.append(made)
    return made


def earlier_bookings(world: World) -> list[dict[str, Any]]:
    """What the user had booked before the conversation began."""
    made = []
    for number in range(3):
        rng = world.draw("earlier booking", number)
        origin, destination = random_route(rng, "R")
        on = world.now.date() + timedelta(days=rng.randint(1, 20))
        trip = rng.choice(trips_of_day(World(world.seed, world.now), "R", origin, destination, on))
        passengers = rng.randint(1, 4)
        made.append(
            {
                "booking_id": world.number("BK", "earlier", number),
                "trip_id": trip["trip_id"],
                "date": on.isoformat(),
                "departs": trip["departs"],
                "passengers": passengers,
                "total_baht": trip["price_baht"] * passengers,
            }
        )
    return made


def booking(world: World, booking_id: str) -> dict[str, Any]:
    """A booking and its status. Raises ToolError where there is none."""
    for made in (*world.table("trip_bookings"), *earlier_bookings(world)):
        if made["booking_id"] == booking_id:
            gone = any(each["booking_id"] == booking_id for each in world.table("cancelled_trips"))
            return {**made, "status": "ยกเลิกแล้ว" if gone else "ยืนยันแล้ว"}
    raise ToolError("not_found", f"ไม่พบการจองหมายเลข {booking_id}")


def cancel(world: World, given: Mapping[str, Any]) -> Any:
    """Money back: 80% at least three days before, else half."""
    found = booking(world, given["booking_id"])
    if found["status"] == "ยกเลิกแล้ว":
        raise ToolError("already_cancelled", f"การจอง {given['booking_id']} ถูกยกเลิกไปแล้ว")
    share = 80 if (iso_day(found["date"]) - world.now.date()).days >= 3 else 50
    refund = {"booking_id": given["booking_id"], "refund_baht": found["total_baht"] * share // 100}
    world.table("cancelled_trips").append(refund)
    return {**refund, "status": "ยกเลิกแล้ว"}


def fare_by_bts(world: World, given: Mapping[str, Any]) -> Any:
    """Stations and baht between two stations."""
    for station in given.values():
        if station not in BTS_STATIONS:
            raise ToolError("not_found", f"ไม่พบสถานี {station}")
    stations, baht = bts_fare(given["origin"], given["destination"])
    return {**given, "stations": stations, "fare_baht": baht}


def random_route(rng: random.Random, mode: str) -> tuple[str, str]:
    """Two places with a direct connection and some way between them."""
    return rng.choice(_routes(mode))


@cache
def _routes(mode: str) -> tuple[tuple[str, str], ...]:
    reachable = by_rail if mode == "R" else by_road
    names = sorted(PLACES)
    return tuple((a, b) for a in names for b in names if reachable(a, b) and abs(PLACES[a][0] - PLACES[b][0]) > 60)
