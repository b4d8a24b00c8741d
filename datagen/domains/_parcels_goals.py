"""What people want of the post."""

from __future__ import annotations

import random
from collections.abc import Callable
from datetime import timedelta

from datagen.domains._post import OFFICES, PROVINCES, SERVICES, STATUSES, check_digit, parcels_of
from datagen.scenarios.goal import Drawn, Goal
from datagen.scenarios.scenario import ExpectedCall, State
from datagen.tools.words import thai_count, thai_date, thai_phone, thai_weight
from datagen.tools.world import World

__all__ = ["GOALS"]

Draw = Callable[[random.Random, World], Drawn]

# Real districts without an office in the list.
_NO_OFFICE = ("เชียงคาน", "ปาย", "เบตง", "ปากช่อง", "แม่สาย", "อัมพวา", "เกาะพะงัน", "วังน้ำเขียว")


def _draw_tracking(rng: random.Random, world: World) -> Drawn:
    number = rng.choice(parcels_of(world))["tracking_number"]
    call = ExpectedCall("track_parcel", {"tracking_number": number})
    return Drawn({"number": number}, (call,), (State(0, "status"), State(0, "office")))


def _draw_unknown(rng: random.Random, world: World) -> Drawn:
    known = [each["tracking_number"] for each in parcels_of(world)]
    while True:
        serial = f"{rng.randrange(10**8):08}"
        number = f"EB{serial}{check_digit(serial)}TH"
        if number not in known:
            break
    call = ExpectedCall("track_parcel", {"tracking_number": number}, error="not_found")
    return Drawn({"number": number}, (call,), ())


def _draw_mistyped(rng: random.Random, world: World) -> Drawn:
    """A known number with another check digit."""
    right = rng.choice(parcels_of(world))["tracking_number"]
    number = f"{right[:10]}{(int(right[10]) + rng.randint(1, 9)) % 10}TH"
    call = ExpectedCall("track_parcel", {"tracking_number": number}, error="invalid_number")
    return Drawn({"number": number}, (call,), ())


def _draw_office_of_parcel(rng: random.Random, world: World) -> Drawn:
    number = rng.choice([each for each in parcels_of(world) if each["status"] == STATUSES[2]])["tracking_number"]
    calls = (
        ExpectedCall("track_parcel", {"tracking_number": number}),
        ExpectedCall("get_post_office", {"name": {"$from": [0, "office"]}}),
    )
    return Drawn({"number": number}, calls, (State(1, "name"), State(1, "closes", "time")))


def _draw_postage(rng: random.Random, world: World) -> Drawn:
    destination, service = rng.choice(sorted(PROVINCES)), rng.choice(sorted(SERVICES))
    weight = rng.choice((200, 350, 500, 750, 800, 1_000, 1_200, 1_500, 2_000, 2_500, 3_000, 4_500, 7_000))
    call = ExpectedCall("get_postage", {"destination": destination, "weight_g": weight, "service": service})
    slots = {"destination": destination, "weight": thai_weight(weight, rng), "service": service}
    return Drawn(slots, (call,), (State(0, "price_baht", "number"),))


def _draw_office(known: bool) -> Draw:
    def draw(rng: random.Random, world: World) -> Drawn:
        name = rng.choice(sorted(OFFICES) if known else _NO_OFFICE)
        call = ExpectedCall("get_post_office", {"name": name}, error="" if known else "not_found")
        states = (State(0, "postcode"), State(0, "closes", "time")) if known else ()
        return Drawn({"name": name}, (call,), states)

    return draw


def _draw_pickup(rng: random.Random, world: World) -> Drawn:
    on = world.now.date() + timedelta(days=rng.randint(2, 14))
    window, pieces = rng.choice(("ช่วงเช้า", "ช่วงบ่าย")), rng.randint(1, 9)
    phone = f"0{rng.choice('689')}{rng.randrange(10**8):08}"
    call = ExpectedCall("request_pickup", {"date": on.isoformat(), "window": window, "pieces": pieces, "phone": phone})
    slots = {
        "date": thai_date(on, rng),
        "window": window,
        "pieces": thai_count(pieces, rng, "ชิ้น"),
        "phone": thai_phone(phone, rng),
    }
    return Drawn(slots, (call,), (State(0, "pickup_id"), State(0, "fee_baht", "number")))


def _draw_new_date(delivered: bool) -> Draw:
    def draw(rng: random.Random, world: World) -> Drawn:
        parcels = [each for each in parcels_of(world) if (each["status"] == STATUSES[-1]) == delivered]
        number = rng.choice(parcels)["tracking_number"]
        on = world.now.date() + timedelta(days=rng.randint(5, 14))
        call = ExpectedCall(
            "change_delivery_date",
            {"tracking_number": number, "date": on.isoformat()},
            error="already_delivered" if delivered else "",
        )
        states = () if delivered else (State(0, "delivery_date", "date"),)
        return Drawn({"number": number, "date": thai_date(on, rng)}, (call,), states)

    return draw


_ASKS_NUMBER = ("หมายเลขพัสดุ", "เลขพัสดุ", "เลขติดตาม", "หมายเลขติดตาม", "เลขแทร็ก", "เลข EMS", "หมายเลขสิ่งของ", "รหัสพัสดุ")
_ASKS_DATE = ("วันไหน", "วันที่", "เมื่อไร", "เมื่อไหร่", "วันใด")
_ASKS_DESTINATION = ("ปลายทาง", "จังหวัด", "ไปไหน", "ไปที่ไหน", "ที่ไหน")
_SUPPLY_NUMBER = {"number": ("{number}", "หมายเลข {number}")}

GOALS = (
    Goal(
        id="parcels.track",
        draw=_draw_tracking,
        requests=(
            "พัสดุ {number} ถึงไหนแล้ว สถานะอะไร อยู่ที่ทำการไหน",
            "เช็กของให้หน่อย {number} ตอนนี้สถานะเป็นยังไง อยู่ไปรษณีย์ไหน",
            "{number} สถานะล่าสุดกับที่ทำการที่ของอยู่",
            "ขอทราบสถานะและที่ทำการไปรษณีย์ที่พัสดุหมายเลข {number} อยู่ในขณะนี้",
        ),
        without={"number": ("พัสดุที่รออยู่ถึงไหนแล้ว สถานะอะไร อยู่ที่ทำการไหน", "เช็กของให้หน่อยว่าตอนนี้ส่งถึงไหนแล้ว")},
        supply=_SUPPLY_NUMBER,
        asks={"number": _ASKS_NUMBER},
        topic="การติดตามพัสดุ",
    ),
    Goal(
        id="parcels.unknown_number",
        draw=_draw_unknown,
        requests=(
            "พัสดุ {number} ถึงไหนแล้ว",
            "เช็กของให้หน่อย {number} ตอนนี้อยู่ไหน",
            "{number} สถานะล่าสุด",
            "ขอทราบสถานะของพัสดุหมายเลข {number}",
        ),
        fails="not_found",
        topic="การติดตามพัสดุ",
    ),
    Goal(
        id="parcels.mistyped_number",
        draw=_draw_mistyped,
        requests=(
            "พัสดุ {number} ถึงไหนแล้ว",
            "ของที่สั่งไว้เลข {number} จะมาถึงเมื่อไร",
            "เช็ก {number} ให้ที",
            "ขอทราบสถานะล่าสุดของพัสดุหมายเลข {number}",
        ),
        fails="invalid_number",
        topic="การติดตามพัสดุ",
    ),
    Goal(
        id="parcels.office_of_parcel",
        draw=_draw_office_of_parcel,
        requests=(
            "พัสดุ {number} ตอนนี้อยู่ไปรษณีย์ไหน แล้วที่นั่นปิดกี่โมง จะไปรับเอง",
            "อยากไปรับของเลข {number} เอง อยู่ที่ทำการไหน ปิดกี่โมง",
            "เช็ก {number} ว่าอยู่ที่ทำการไหน พร้อมเวลาปิดของที่นั่น",
            "ขอทราบชื่อที่ทำการไปรษณีย์ที่พัสดุหมายเลข {number} อยู่ และเวลาปิดทำการของที่นั่น",
        ),
        without={"number": ("อยากไปรับพัสดุเอง ตอนนี้ของอยู่ที่ทำการไหน แล้วที่นั่นปิดกี่โมง",)},
        supply=_SUPPLY_NUMBER,
        asks={"number": _ASKS_NUMBER},
        topic="การไปรับพัสดุ",
    ),
    Goal(
        id="parcels.postage",
        draw=_draw_postage,
        requests=(
            "ส่งของหนัก {weight} ไป{destination} แบบ{service} ค่าส่งเท่าไร",
            "จะส่งกล่องไป{destination} ชั่งแล้ว {weight} ส่งแบบ{service} กี่บาท",
            "ค่าส่ง{service} {weight} ปลายทาง{destination}",
            "ขอทราบค่าบริการ{service} ปลายทาง{destination} น้ำหนัก {weight}",
        ),
        without={
            "weight": ("ส่งของไป{destination} แบบ{service} ค่าส่งเท่าไร",),
            "destination": ("ส่งของหนัก {weight} แบบ{service} ค่าส่งเท่าไร",),
            "service": ("ส่งของหนัก {weight} ไป{destination} ค่าส่งเท่าไร",),
        },
        supply={
            "weight": ("{weight}", "หนัก {weight}"),
            "destination": ("ไป{destination}", "{destination}"),
            "service": ("แบบ{service}", "{service}"),
        },
        asks={
            "weight": ("น้ำหนัก", "หนักเท่าไร", "หนักเท่าไหร่", "กี่กรัม", "กี่กิโล"),
            "destination": _ASKS_DESTINATION,
            "service": ("บริการ", "แบบไหน", "EMS", "ประเภท", "วิธี"),
        },
        topic="ค่าส่งพัสดุ",
    ),
    Goal(
        id="parcels.office",
        draw=_draw_office(known=True),
        requests=(
            "ไปรษณีย์{name}รหัสไปรษณีย์อะไร ปิดกี่โมง",
            "จะไปส่งของที่ไปรษณีย์{name} ปิดกี่โมง แล้วรหัสไปรษณีย์ที่นั่นคืออะไร",
            "รหัสไปรษณีย์กับเวลาปิดของ ปณ. {name}",
            "ขอทราบรหัสไปรษณีย์และเวลาปิดทำการของที่ทำการไปรษณีย์{name}",
        ),
        without={"name": ("ไปรษณีย์ที่จะไปส่งของปิดกี่โมง แล้วรหัสไปรษณีย์อะไร",)},
        supply={"name": ("ไปรษณีย์{name}", "{name}")},
        asks={"name": ("ที่ทำการไหน", "ไปรษณีย์ไหน", "สาขา", "ชื่อ", "ที่ไหน", "ที่ทำการไปรษณีย์ใด")},
        topic="ที่ทำการไปรษณีย์",
    ),
    Goal(
        id="parcels.no_office",
        draw=_draw_office(known=False),
        requests=(
            "ไปรษณีย์{name}ปิดกี่โมง",
            "จะไปส่งของที่ไปรษณีย์{name} รหัสไปรษณีย์อะไร",
            "เวลาปิดของ ปณ. {name}",
            "ขอทราบเวลาทำการของที่ทำการไปรษณีย์{name}",
        ),
        fails="not_found",
        topic="ที่ทำการไปรษณีย์",
    ),
    Goal(
        id="parcels.pickup",
        draw=_draw_pickup,
        requests=(
            "ให้คนมารับพัสดุที่บ้านวันที่ {date} {window} {pieces} เบอร์ {phone} ขอเลขนัดกับค่าบริการด้วย",
            "นัดรับของหน่อย มี {pieces} วันที่ {date} {window} โทร {phone} แล้วบอกเลขนัดรับกับค่าบริการ",
            "ช่วยจองรถมารับของที่บ้าน {window}ของวันที่ {date} ทั้งหมด {pieces} ติดต่อ {phone} ได้เลขนัดอะไร เสียกี่บาท",
            "ขอนัดหมายเจ้าหน้าที่มารับพัสดุ {pieces} ในวันที่ {date} {window} หมายเลขโทรศัพท์ {phone} ขอทราบเลขนัดและค่าบริการ",
        ),
        without={
            "date": ("ให้คนมารับพัสดุที่บ้าน{window} {pieces} เบอร์ {phone} ขอเลขนัดกับค่าบริการด้วย",),
            "window": ("ให้คนมารับพัสดุที่บ้านวันที่ {date} มี {pieces} เบอร์ {phone} ขอเลขนัดกับค่าบริการด้วย",),
            "pieces": ("ให้คนมารับพัสดุที่บ้านวันที่ {date} {window} เบอร์ {phone} ขอเลขนัดกับค่าบริการด้วย",),
            "phone": ("ให้คนมารับพัสดุที่บ้านวันที่ {date} {window} {pieces} ขอเลขนัดกับค่าบริการด้วย",),
        },
        supply={
            "date": ("วันที่ {date}", "{date}"),
            "window": ("{window}", "เอา{window}"),
            "pieces": ("{pieces}", "มี {pieces}"),
            "phone": ("{phone}", "เบอร์ {phone}"),
        },
        asks={
            "date": _ASKS_DATE,
            "window": ("ช่วงเช้า", "ช่วงบ่าย", "ช่วงเวลา", "ช่วงไหน", "เวลาไหน", "กี่โมง"),
            "pieces": ("กี่ชิ้น", "จำนวน", "กี่กล่อง"),
            "phone": ("เบอร์", "โทรศัพท์", "ติดต่อ"),
        },
        topic="การนัดรับพัสดุ",
    ),
    Goal(
        id="parcels.new_date",
        draw=_draw_new_date(delivered=False),
        requests=(
            "ขอเลื่อนวันส่งพัสดุ {number} เป็นวันที่ {date} แล้วยืนยันวันให้ด้วย",
            "ช่วงนี้ไม่อยู่บ้าน ช่วยเปลี่ยนวันนำจ่ายของเลข {number} เป็น {date} แล้วทวนวันให้หน่อย",
            "เปลี่ยนวันส่ง {number} เป็น {date} ยืนยันด้วย",
            "ขอเปลี่ยนวันนำจ่ายพัสดุหมายเลข {number} เป็นวันที่ {date} และขอให้ยืนยันวันใหม่",
        ),
        without={
            "number": ("ขอเลื่อนวันส่งพัสดุเป็นวันที่ {date} แล้วยืนยันวันให้ด้วย",),
            "date": ("ขอเลื่อนวันส่งพัสดุ {number} แล้วยืนยันวันใหม่ให้ด้วย",),
        },
        supply={**_SUPPLY_NUMBER, "date": ("วันที่ {date}", "{date}")},
        asks={"number": _ASKS_NUMBER, "date": _ASKS_DATE},
        topic="การเลื่อนวันนำจ่าย",
    ),
    Goal(
        id="parcels.already_delivered",
        draw=_draw_new_date(delivered=True),
        requests=(
            "ขอเลื่อนวันส่งพัสดุ {number} เป็นวันที่ {date}",
            "ช่วงนี้ไม่อยู่บ้าน ช่วยเปลี่ยนวันนำจ่ายของเลข {number} เป็น {date}",
            "เปลี่ยนวันส่ง {number} เป็น {date}",
            "ขอเปลี่ยนวันนำจ่ายพัสดุหมายเลข {number} เป็นวันที่ {date}",
        ),
        fails="already_delivered",
        topic="การเลื่อนวันนำจ่าย",
    ),
)
