"""Where trains, buses and Bangkok's elevated train go, when, and for how much.

Timetables, seats and fares of trains and buses are invented, in keeping with the distance; the elevated train's fares
are the announced ones (see _BTS_FARES). A trip's id tells its route: R0006A is the first train of a day from place 0 to
place 6, B1500C the third bus from place 15 to place 0.
"""

from __future__ import annotations

import re
from datetime import date
from typing import Any

from datagen.tools.world import World

__all__ = ["BOOKABLE_DAYS", "BTS_STATIONS", "PLACES", "bts_fare", "by_rail", "by_road", "find_trip", "trips_of_day"]

# Kilometres from Bangkok, by road where no railway goes, and the lines that stop there.
PLACES = {
    "กรุงเทพ": (0, "เหนือ อีสาน ใต้"),
    "อยุธยา": (71, "เหนือ อีสาน"),
    "ลพบุรี": (133, "เหนือ"),
    "นครสวรรค์": (246, "เหนือ"),
    "พิษณุโลก": (389, "เหนือ"),
    "ลำปาง": (642, "เหนือ"),
    "เชียงใหม่": (751, "เหนือ"),
    "นครราชสีมา": (264, "อีสาน"),
    "ขอนแก่น": (450, "อีสาน"),
    "อุดรธานี": (569, "อีสาน"),
    "หนองคาย": (624, "อีสาน"),
    "หัวหิน": (229, "ใต้"),
    "ชุมพร": (485, "ใต้"),
    "สุราษฎร์ธานี": (651, "ใต้"),
    "หาดใหญ่": (945, "ใต้"),
    "ภูเก็ต": (840, ""),
    "กระบี่": (790, ""),
    "เชียงราย": (785, ""),
    "น่าน": (670, ""),
    "แม่ฮ่องสอน": (925, ""),
    "ตราด": (315, ""),
}
_NAMES = tuple(PLACES)
BOOKABLE_DAYS = 60
# Name, baht a kilometre, kilometres an hour: of the three trips of a day, drawn into an order of departure.
_RAIL = (("รถธรรมดา", 0.4, 50), ("รถเร็ว", 0.7, 60), ("รถด่วนพิเศษ", 1.3, 75))
_ROAD = (("ป.2", 0.75, 65), ("ป.1", 0.95, 70), ("VIP", 1.5, 72))

# Fare by stations travelled on the concession part (หมอชิต-อ่อนนุช, สนามกีฬาแห่งชาติ-วงเวียนใหญ่): 17 to 47 baht, as BTSC
# announced it for January 2023.
_BTS_FARES = (17, 17, 25, 28, 32, 35, 40, 43, 47)
_SUKHUMVIT = (
    "หมอชิต", "สะพานควาย", "อารีย์", "สนามเป้า", "อนุสาวรีย์ชัยสมรภูมิ", "พญาไท", "ราชเทวี", "สยาม", "ชิดลม", "เพลินจิต",
    "นานา", "อโศก", "พร้อมพงษ์", "ทองหล่อ", "เอกมัย", "พระโขนง", "อ่อนนุช",
)  # fmt: skip
_SILOM = (
    "สนามกีฬาแห่งชาติ", "สยาม", "ราชดำริ", "ศาลาแดง", "ช่องนนทรี", "เซนต์หลุยส์", "สุรศักดิ์", "สะพานตากสิน", "กรุงธนบุรี",
    "วงเวียนใหญ่",
)  # fmt: skip
BTS_STATIONS = tuple(dict.fromkeys(_SUKHUMVIT + _SILOM))


def by_rail(origin: str, destination: str) -> bool:
    """Whether one railway line stops at both."""
    return origin != destination and bool(set(PLACES[origin][1].split()) & set(PLACES[destination][1].split()))


def by_road(origin: str, destination: str) -> bool:
    """Buses start or end in Bangkok."""
    return origin != destination and "กรุงเทพ" in (origin, destination)


def trips_of_day(world: World, mode: str, origin: str, destination: str, on: date) -> list[dict[str, Any]]:
    """The three trips of a day by time of departure. The timetable is the same every day, the seats are not."""
    distance = abs(PLACES[origin][0] - PLACES[destination][0])
    rng = world.draw("timetable", mode, origin, destination)
    kinds = rng.sample(_RAIL if mode == "R" else _ROAD, 3)
    trips = []
    for place, (kind, baht_per_km, km_per_hour) in enumerate(kinds):
        departs = (6 + 5 * place) * 60 + rng.randrange(0, 240, 5)
        arrives = departs + max(30, round(distance / km_per_hour * 12) * 5)
        trip_id = f"{mode}{_NAMES.index(origin):02}{_NAMES.index(destination):02}{'ABC'[place]}"
        trips.append(
            {
                "trip_id": trip_id,
                "kind": kind,
                "departs": _clock(departs),
                "arrives": _clock(arrives),
                "price_baht": max(15, round(distance * baht_per_km)),
                "seats_left": _seats_left(world, trip_id, on),
            }
        )
    return trips


def _seats_left(world: World, trip_id: str, on: date) -> int:
    rng = world.draw("seats", trip_id, on.isoformat())
    free = 0 if rng.random() < 0.2 else rng.randint(8, 40)
    sold = sum(b["passengers"] for b in world.table("trip_bookings") if (b["trip_id"], b["date"]) == (trip_id, str(on)))
    return free - sold


def _clock(minutes: int) -> str:
    return f"{minutes // 60 % 24:02}:{minutes % 60:02}"


def find_trip(world: World, trip_id: str, on: date) -> dict[str, Any] | None:
    """The trip with that id on a day."""
    found = re.fullmatch(r"([RB])(\d\d)(\d\d)([ABC])", trip_id)
    if not found or max(int(found[2]), int(found[3])) >= len(_NAMES):
        return None
    mode, origin, destination = found[1], _NAMES[int(found[2])], _NAMES[int(found[3])]
    if not (by_rail if mode == "R" else by_road)(origin, destination):
        return None
    return trips_of_day(world, mode, origin, destination, on)["ABC".index(found[4])]


def bts_fare(origin: str, destination: str) -> tuple[int, int]:
    """Stations travelled and baht, changing lines at สยาม where needed."""
    line = next((line for line in (_SUKHUMVIT, _SILOM) if origin in line and destination in line), None)
    stations = abs(line.index(origin) - line.index(destination)) if line else _to_siam(origin) + _to_siam(destination)
    return stations, _BTS_FARES[min(stations, 8)]


def _to_siam(station: str) -> int:
    line = _SUKHUMVIT if station in _SUKHUMVIT else _SILOM
    return abs(line.index(station) - line.index("สยาม"))
