"""Parcels: tracking, postage, post offices, a pick-up at home, and another day of delivery."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from datagen.domains._parcels_goals import GOALS
from datagen.domains._post import SERVICES, STATUSES, office, parcel, postage
from datagen.tools.schema import arguments, choice, day, integer, iso_day, text
from datagen.tools.tool import Tool, ToolError
from datagen.tools.world import World

__all__ = ["GOALS", "TOOLS"]

_FREE_FROM_PIECES = 5
_PICKUP_BAHT = 30


def _postage(world: World, given: Mapping[str, Any]) -> Any:
    baht, days = postage(given["destination"], given["weight_g"], given["service"])
    return {**given, "price_baht": baht, "delivery_days": days}


def _pick_up(world: World, given: Mapping[str, Any]) -> Any:
    if not 1 <= (iso_day(given["date"]) - world.now.date()).days <= 14:
        raise ToolError("out_of_range", "นัดรับได้ตั้งแต่วันพรุ่งนี้ไม่เกิน 14 วัน")
    pickups = world.table("pickups")
    fee = 0 if given["pieces"] >= _FREE_FROM_PIECES else _PICKUP_BAHT
    pickup = {"pickup_id": world.number("PU", *given.values(), len(pickups)), **given, "fee_baht": fee}
    pickups.append(pickup)
    return {"pickup_id": pickup["pickup_id"], "date": given["date"], "window": given["window"], "fee_baht": fee}


def _change_date(world: World, given: Mapping[str, Any]) -> Any:
    found = parcel(world, given["tracking_number"])
    if found["status"] == STATUSES[-1]:
        raise ToolError("already_delivered", f"พัสดุ {given['tracking_number']} นำจ่ายสำเร็จแล้ว เปลี่ยนวันไม่ได้")
    if not 1 <= (iso_day(given["date"]) - world.now.date()).days <= 14:
        raise ToolError("out_of_range", "เลือกวันนำจ่ายได้ตั้งแต่วันพรุ่งนี้ไม่เกิน 14 วัน")
    change = {"parcel": given["tracking_number"], "delivery_date": given["date"]}
    world.table("new_delivery_dates").append(change)
    return {"tracking_number": given["tracking_number"], "delivery_date": given["date"]}


_TRACKING = text("หมายเลขพัสดุ เช่น EB123456785TH", "Tracking number", pattern="^[A-Z]{2}[0-9]{9}TH$")

TOOLS = (
    Tool(
        "track_parcel",
        "parcels",
        {"th": "ติดตามสถานะพัสดุ ที่ทำการที่พัสดุอยู่ และวันนำจ่าย", "en": "Status, whereabouts and delivery date of a parcel"},
        arguments(tracking_number=_TRACKING),
        lambda world, given: parcel(world, given["tracking_number"]),
    ),
    Tool(
        "get_postage",
        "parcels",
        {"th": "ค่าส่งพัสดุในประเทศตามน้ำหนัก ปลายทาง และบริการ", "en": "Domestic postage by weight, destination and service"},
        arguments(
            destination=text("จังหวัดหรือเกาะปลายทาง เป็นภาษาไทย", "Province or island of destination, in Thai"),
            weight_g=integer("น้ำหนักเป็นกรัม ไม่เกิน 20,000", "Weight in grams, at most 20,000", 1, 20_000),
            service=choice("บริการ", "Service: express, registered or ordinary", *SERVICES),
        ),
        _postage,
    ),
    Tool(
        "get_post_office",
        "parcels",
        {"th": "รหัสไปรษณีย์และเวลาเปิดปิดของที่ทำการไปรษณีย์", "en": "Postcode and opening hours of a post office"},
        arguments(name=text("ชื่อที่ทำการไปรษณีย์ เช่น บางรัก", "Name of the post office, in Thai")),
        lambda world, given: office(given["name"]),
    ),
    Tool(
        "request_pickup",
        "parcels",
        {
            "th": "นัดเจ้าหน้าที่มารับพัสดุที่บ้าน ครั้งละ 30 บาท ฟรีตั้งแต่ 5 ชิ้น",
            "en": "Have parcels picked up at home: 30 baht, free from 5 pieces",
        },
        arguments(
            date=day("วันที่ให้มารับ", "Day of the pick-up"),
            window=choice("ช่วงเวลา", "Morning or afternoon", "ช่วงเช้า", "ช่วงบ่าย"),
            pieces=integer("จำนวนชิ้น", "How many pieces", 1, 50),
            phone=text("เบอร์โทรศัพท์ 10 หลัก ไม่มีขีด", "Phone number, 10 digits, no dashes", pattern="^0[0-9]{9}$"),
        ),
        _pick_up,
        writes=True,
    ),
    Tool(
        "change_delivery_date",
        "parcels",
        {"th": "ขอเปลี่ยนวันนำจ่ายพัสดุ", "en": "Have a parcel delivered on another day"},
        arguments(tracking_number=_TRACKING, date=day("วันนำจ่ายใหม่", "New day of delivery")),
        _change_date,
        writes=True,
    ),
)
