"""The post: offices, what a parcel costs, and the parcels that the user waits for.

Postcodes of the offices are the real ones; hours, the tariff and the parcels are invented. Tracking numbers follow the
Universal Postal Union's standard S10: two letters, eight digits, a check digit, the country.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from datagen.tools.tool import ToolError
from datagen.tools.world import World

__all__ = ["OFFICES", "PROVINCES", "SERVICES", "STATUSES", "check_digit", "office", "parcel", "parcels_of", "postage"]

# Postcode, and whether it stays open in the evening.
OFFICES = {
    "บางรัก": ("10500", True),
    "สามเสนใน": ("10400", True),
    "จตุจักร": ("10900", True),
    "พระโขนง": ("10110", False),
    "ลาดพร้าว": ("10230", False),
    "บางกะปิ": ("10240", True),
    "เชียงใหม่": ("50000", False),
    "ลำปาง": ("52000", False),
    "ขอนแก่น": ("40000", False),
    "อุดรธานี": ("41000", False),
    "นครราชสีมา": ("30000", True),
    "หัวหิน": ("77110", False),
    "สุราษฎร์ธานี": ("84000", False),
    "หาดใหญ่": ("90110", True),
    "ภูเก็ต": ("83000", False),
}
# Baht on top of the tariff: Bangkok and around it, the rest, islands.
PROVINCES = {
    **dict.fromkeys(("กรุงเทพ", "นนทบุรี", "ปทุมธานี", "สมุทรปราการ"), 0),
    **dict.fromkeys(("เชียงใหม่", "เชียงราย", "ขอนแก่น", "อุบลราชธานี", "นครสวรรค์", "ชลบุรี", "สงขลา"), 15),
    **dict.fromkeys(("ภูเก็ต", "เกาะสมุย", "เกาะช้าง"), 30),
}
# Baht for up to so many grams, and days on the way.
_STEPS_G = (250, 500, 1_000, 2_000, 3_000, 5_000, 10_000, 20_000)
SERVICES = {
    "EMS": ((40, 50, 65, 95, 125, 175, 290, 490), 2),
    "ลงทะเบียน": ((30, 38, 50, 75, 100, 140, 240, 420), 4),
    "พัสดุธรรมดา": ((25, 30, 40, 60, 80, 110, 190, 340), 6),
}
STATUSES = ("รับฝากแล้ว", "อยู่ระหว่างขนส่ง", "ถึงที่ทำการปลายทาง", "อยู่ระหว่างนำจ่าย", "นำจ่ายสำเร็จ")


def check_digit(serial: str) -> str:
    """Of an S10 number's eight digits: weights 8 6 4 2 3 5 9 7, modulo 11."""
    rest = sum(int(digit) * weight for digit, weight in zip(serial, (8, 6, 4, 2, 3, 5, 9, 7), strict=True)) % 11
    return str({0: 5, 1: 0}.get(rest, 11 - rest))


def parcels_of(world: World) -> list[dict[str, Any]]:
    """What is on its way to the user: one parcel of each status, and two more."""
    found = []
    for number in range(7):
        rng = world.draw("parcel", number)
        serial = f"{rng.randrange(10**8):08}"
        status = STATUSES[number % 5]
        ahead = rng.randint(1, 4)
        found.append(
            {
                "tracking_number": f"{rng.choice(('EB', 'EF', 'RC', 'PD'))}{serial}{check_digit(serial)}TH",
                "status": status,
                "office": rng.choice(sorted(OFFICES)),
                "delivery_date": str(world.now.date() + timedelta(days=-ahead if status == STATUSES[-1] else ahead)),
            }
        )
    return found


def parcel(world: World, tracking_number: str) -> dict[str, Any]:
    """As it is after what the user has asked for. Raises ToolError for a number that is wrong or not known."""
    if check_digit(tracking_number[2:10]) != tracking_number[10]:
        raise ToolError("invalid_number", f"หมายเลข {tracking_number} ไม่ถูกต้อง โปรดตรวจสอบอีกครั้ง")
    for found in parcels_of(world):
        if found["tracking_number"] == tracking_number:
            changed = [c["delivery_date"] for c in world.table("new_delivery_dates") if c["parcel"] == tracking_number]
            return {**found, "delivery_date": changed[-1]} if changed else found
    raise ToolError("not_found", f"ไม่พบพัสดุหมายเลข {tracking_number}")


def postage(destination: str, weight_g: int, service: str) -> tuple[int, int]:
    """Baht, and days on the way."""
    if destination not in PROVINCES:
        raise ToolError("not_found", f"ไม่พบปลายทาง {destination}")
    prices, days = SERVICES[service]
    step = next(place for place, limit in enumerate(_STEPS_G) if weight_g <= limit)
    return prices[step] + PROVINCES[destination], days


def office(name: str) -> dict[str, Any]:
    """Postcode and hours of a post office."""
    if name not in OFFICES:
        raise ToolError("not_found", f"ไม่พบที่ทำการไปรษณีย์{name}")
    postcode, late = OFFICES[name]
    return {"name": name, "postcode": postcode, "opens": "08:30", "closes": "20:00" if late else "16:30"}
