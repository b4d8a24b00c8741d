"""What people want to convert: land, rice, old and new measures."""

from __future__ import annotations

import random
from collections.abc import Callable

from datagen.scenarios.goal import Drawn, Goal
from datagen.scenarios.scenario import ExpectedCall, State
from datagen.tools.words import thai_amount, thai_decimal, thai_digits
from datagen.tools.world import World

__all__ = ["GOALS"]


def _draw_conversion(
    tool: str, pairs: tuple[tuple[str, str], ...], values: tuple[float, ...]
) -> Callable[[random.Random, World], Drawn]:
    def draw(rng: random.Random, world: World) -> Drawn:
        unit, into = rng.choice(pairs)
        value = rng.choice(values)
        said = thai_amount(value, rng) if isinstance(value, int) else thai_decimal(value, rng)
        call = ExpectedCall(tool, {"value": value, "from_unit": unit, "to_unit": into})
        return Drawn({"value": said, "from_unit": unit, "to_unit": into}, (call,), (State(0, "result", "number"),))

    return draw


def _draw_incompatible(rng: random.Random, world: World) -> Drawn:
    value = rng.randint(2, 30)
    unit, into = rng.choice((("ลิตร", "กิโลกรัม"), ("ลิตร", "ปอนด์"), ("มิลลิลิตร", "กรัม"), ("แกลลอน", "กิโลกรัม")))
    value = value * 100 if unit == "มิลลิลิตร" else value
    call = {"value": value, "from_unit": unit, "to_unit": into}
    slots = {"value": thai_amount(value, rng), "from_unit": unit, "to_unit": into}
    return Drawn(slots, (ExpectedCall("convert_unit", call, error="incompatible_units"),), ())


def _land(rng: random.Random) -> tuple[str, dict[str, int]]:
    """An area as a title deed has it, in words and as arguments: at least two of the three parts are there."""
    rai, ngan, wah = rng.randint(0, 12), rng.randint(1, 3), rng.randint(0, 99)
    if not rai and not wah:
        wah = 50
    parts = ((rai, "ไร่"), (ngan, "งาน"), (wah, rng.choice(("ตารางวา", "ตร.ว."))))
    said = thai_digits(" ".join(f"{number} {unit}" for number, unit in parts if number), rng)
    return said, {"rai": rai, "ngan": ngan, "square_wah": wah}


def _draw_land(rng: random.Random, world: World) -> Drawn:
    said, area = _land(rng)
    return Drawn(
        {"land": said}, (ExpectedCall("land_area_to_square_metres", area),), (State(0, "square_metres", "number"),)
    )


def _draw_metres(rng: random.Random, world: World) -> Drawn:
    metres = rng.randint(1, 20) * 1600 + rng.randint(1, 3) * 400 + rng.randint(1, 99) * 4
    states = tuple(State(0, part, "number") for part in ("rai", "ngan", "square_wah"))
    call = ExpectedCall("square_metres_to_land_area", {"square_metres": metres})
    return Drawn({"square_metres": thai_amount(metres, rng, rng.choice(("ตารางเมตร", "ตร.ม.")))}, (call,), states)


def _draw_land_value(rng: random.Random, world: World) -> Drawn:
    said, area = _land(rng)
    price = rng.randint(4, 160) * 500
    calls = (
        ExpectedCall("land_area_to_square_metres", area),
        ExpectedCall(
            "calculate_land_price", {"square_wah": {"$from": [0, "total_square_wah"]}, "baht_per_square_wah": price}
        ),
    )
    return Drawn({"land": said, "price": thai_amount(price, rng, "บาท")}, calls, (State(1, "total_baht", "number"),))


def _draw_land_price(rng: random.Random, world: World) -> Drawn:
    wah, price = rng.randint(16, 390), rng.randint(4, 160) * 500
    call = ExpectedCall("calculate_land_price", {"square_wah": wah, "baht_per_square_wah": price})
    slots = {"square_wah": thai_amount(wah, rng, "ตารางวา"), "price": thai_amount(price, rng, "บาท")}
    return Drawn(slots, (call,), (State(0, "total_baht", "number"),))


_ASKS_VALUE = ("เท่าไร", "เท่าไหร่", "กี่", "จำนวน", "ค่า")
_ASKS_UNIT = ("หน่วยไหน", "หน่วยอะไร", "หน่วยใด", "เป็นอะไร", "เป็นหน่วย")
_ASKS_LAND = ("กี่ไร่", "กี่งาน", "ตารางวา", "เนื้อที่", "ขนาด", "พื้นที่", "เท่าไร", "เท่าไหร่")
_ASKS_PRICE = ("ราคา", "ตารางวาละ", "กี่บาท", "เท่าไร", "เท่าไหร่")


def _conversion(name: str, topic: str, draw: Callable[[random.Random, World], Drawn], *requests: str) -> Goal:
    """A goal of converting one value, with what all of them share."""
    return Goal(
        id=f"units.{name}",
        draw=draw,
        requests=requests,
        without={
            "value": ("อยากแปลง{from_unit}เป็น{to_unit}", "ช่วยแปลงจาก{from_unit}เป็น{to_unit}ให้หน่อย"),
            "to_unit": ("แปลง {value} {from_unit} ให้หน่อย", "ขอแปลงหน่วยของ {value} {from_unit}"),
        },
        supply={"value": ("{value}", "จำนวน {value}"), "to_unit": ("{to_unit}", "เป็น{to_unit}")},
        asks={"value": _ASKS_VALUE, "to_unit": _ASKS_UNIT},
        topic=topic,
        answerable=True,
    )


GOALS = (
    _conversion(
        "area",
        "การแปลงหน่วยพื้นที่",
        _draw_conversion(
            "convert_area",
            (("ไร่", "ตารางเมตร"), ("ไร่", "ตารางวา"), ("งาน", "ตารางเมตร"), ("เฮกตาร์", "ไร่"), ("ตารางวา", "ตารางเมตร")),
            (2, 3, 5, 8, 12, 15, 24, 36, 60, 75, 2.5, 7.5),
        ),
        "ที่ดิน {value} {from_unit} เท่ากับกี่{to_unit}",
        "{value} {from_unit} คิดเป็นกี่{to_unit}",
        "มีที่อยู่ {value} {from_unit} อยากรู้ว่าถ้าเป็น{to_unit}จะได้เท่าไร",
        "ขอให้แปลงพื้นที่ {value} {from_unit} เป็นหน่วย{to_unit}",
    ),
    Goal(
        id="units.land",
        draw=_draw_land,
        requests=(
            "ที่ดิน {land} เท่ากับกี่ตารางเมตร",
            "โฉนดเขียนว่า {land} คิดเป็นตารางเมตรได้เท่าไร",
            "{land} กี่ตารางเมตร",
            "ขอให้คำนวณเนื้อที่ {land} เป็นตารางเมตร",
        ),
        without={"land": ("ช่วยคำนวณที่ดินของแม่ให้หน่อยว่ากี่ตารางเมตร", "ที่ดินตามโฉนดของผมคิดเป็นกี่ตารางเมตร")},
        supply={"land": ("{land}", "เนื้อที่ {land}")},
        asks={"land": _ASKS_LAND},
        topic="เนื้อที่ดิน",
        answerable=True,
    ),
    Goal(
        id="units.metres",
        draw=_draw_metres,
        requests=(
            "พื้นที่ {square_metres} เท่ากับกี่ไร่กี่งานกี่ตารางวา",
            "{square_metres} คิดเป็นไร่ งาน ตารางวา ได้เท่าไร",
            "วัดที่ได้ {square_metres} ถ้าเขียนแบบโฉนดจะเป็นกี่ไร่ กี่งาน กี่วา",
            "ขอให้แปลงพื้นที่ {square_metres} เป็นไร่ งาน และตารางวา",
        ),
        without={"square_metres": ("ช่วยแปลงตารางเมตรเป็นไร่ งาน ตารางวาให้หน่อย",)},
        supply={"square_metres": ("{square_metres}", "{square_metres}")},
        asks={"square_metres": ("กี่ตารางเมตร", "เท่าไร", "เท่าไหร่", "พื้นที่", "ขนาด")},
        topic="เนื้อที่ดิน",
        answerable=True,
    ),
    Goal(
        id="units.land_value",
        draw=_draw_land_value,
        requests=(
            "ที่ดิน {land} ขายตารางวาละ {price} รวมทั้งแปลงเป็นเงินเท่าไร",
            "เนื้อที่ {land} ราคาวาละ {price} ทั้งแปลงกี่บาท",
            "มีคนมาขอซื้อที่ {land} ให้ตารางวาละ {price} ทั้งหมดจะได้เงินเท่าไร",
            "ขอให้คำนวณราคาที่ดินเนื้อที่ {land} โดยคิดราคาตารางวาละ {price}",
        ),
        without={
            "land": ("จะขายที่ดินตารางวาละ {price} ทั้งแปลงจะได้เงินเท่าไร",),
            "price": ("จะขายที่ดิน {land} ทั้งแปลงจะได้เงินเท่าไร",),
        },
        supply={"land": ("{land}", "เนื้อที่ {land}"), "price": ("ตารางวาละ {price}", "{price}")},
        asks={"land": _ASKS_LAND, "price": _ASKS_PRICE},
        topic="ราคาที่ดิน",
        answerable=True,
    ),
    Goal(
        id="units.land_price",
        draw=_draw_land_price,
        requests=(
            "ที่ดิน {square_wah} ตารางวาละ {price} รวมกี่บาท",
            "บ้านบนที่ดิน {square_wah} ถ้าคิดราคาที่ดินวาละ {price} ค่าที่ดินทั้งหมดเท่าไร",
            "คำนวณราคาที่ดินให้ที {square_wah} วาละ {price}",
            "ขอทราบราคารวมของที่ดินขนาด {square_wah} ในราคาตารางวาละ {price}",
        ),
        without={
            "square_wah": ("ที่ดินตารางวาละ {price} รวมทั้งแปลงกี่บาท",),
            "price": ("ที่ดิน {square_wah} รวมทั้งแปลงราคากี่บาท",),
        },
        supply={
            "square_wah": ("{square_wah}", "เนื้อที่ {square_wah}"),
            "price": ("ตารางวาละ {price}", "{price}"),
        },
        asks={"square_wah": _ASKS_LAND, "price": _ASKS_PRICE},
        topic="ราคาที่ดิน",
        answerable=True,
    ),
    _conversion(
        "rice",
        "การแปลงหน่วยตวงข้าว",
        _draw_conversion(
            "convert_rice_volume",
            (("ถัง", "ลิตร"), ("เกวียน", "ถัง"), ("เกวียน", "ลิตร"), ("ถัง", "ทะนาน")),
            (2, 3, 4, 6, 8, 15, 25, 40, 1.5, 2.5),
        ),
        "ข้าว {value} {from_unit} เท่ากับกี่{to_unit}",
        "{value} {from_unit} ตวงได้กี่{to_unit}",
        "ที่บ้านมีข้าวเปลือก {value} {from_unit} ถ้าคิดเป็น{to_unit}จะได้เท่าไร",
        "ขอให้แปลงปริมาณข้าว {value} {from_unit} เป็นหน่วย{to_unit}",
    ),
    _conversion(
        "thai_length",
        "การแปลงหน่วยความยาวไทย",
        _draw_conversion(
            "convert_thai_length",
            (("วา", "เมตร"), ("ศอก", "เมตร"), ("เส้น", "เมตร"), ("คืบ", "เมตร"), ("โยชน์", "กิโลเมตร"), ("เมตร", "วา")),
            (2, 4, 6, 8, 10, 14, 20, 32, 50, 3.5),
        ),
        "{value} {from_unit} ยาวกี่{to_unit}",
        "ในนิทานบอกว่าไกล {value} {from_unit} มันคือกี่{to_unit}",
        "ความยาว {value} {from_unit} คิดเป็นกี่{to_unit}",
        "ขอให้แปลงระยะ {value} {from_unit} เป็น{to_unit}",
    ),
    _conversion(
        "thai_weight",
        "การแปลงหน่วยน้ำหนักไทย",
        _draw_conversion(
            "convert_thai_weight",
            (("ชั่ง", "กิโลกรัม"), ("ตำลึง", "กรัม"), ("หาบ", "กิโลกรัม"), ("ชั่ง", "ตำลึง"), ("สลึง", "กรัม")),
            (2, 3, 4, 5, 8, 10, 12, 16, 20, 2.5),
        ),
        "สมุนไพรหนัก {value} {from_unit} เท่ากับกี่{to_unit}",
        "ตำรายาโบราณให้ใช้ {value} {from_unit} คิดเป็นกี่{to_unit}",
        "{value} {from_unit} หนักกี่{to_unit}",
        "ขอให้แปลงน้ำหนัก {value} {from_unit} เป็น{to_unit}",
    ),
    _conversion(
        "ordinary",
        "การแปลงหน่วย",
        _draw_conversion(
            "convert_unit",
            (
                ("ฟุต", "เซนติเมตร"),
                ("นิ้ว", "เซนติเมตร"),
                ("ไมล์", "กิโลเมตร"),
                ("ปอนด์", "กรัม"),
                ("องศาเซลเซียส", "องศาฟาเรนไฮต์"),
            ),
            (5, 6, 10, 15, 20, 25, 30, 35, 40, 100),
        ),
        "{value} {from_unit} เท่ากับกี่{to_unit}",
        "แปลง {value} {from_unit} เป็น{to_unit}ให้หน่อย",
        "ในหนังสือเขียนว่า {value} {from_unit} ถ้าเป็น{to_unit}จะเท่าไร",
        "ขอทราบค่า {value} {from_unit} ในหน่วย{to_unit}",
    ),
    Goal(
        id="units.incompatible",
        draw=_draw_incompatible,
        requests=(
            "น้ำมันพืช {value} {from_unit} หนักกี่{to_unit}",
            "แปลงน้ำผึ้ง {value} {from_unit} เป็น{to_unit}ให้หน่อย",
            "สี {value} {from_unit} คิดเป็นกี่{to_unit}",
            "ขอให้แปลงปริมาณนมข้นหวาน {value} {from_unit} เป็นหน่วย{to_unit}",
        ),
        fails="incompatible_units",
        topic="การแปลงหน่วย",
    ),
)
