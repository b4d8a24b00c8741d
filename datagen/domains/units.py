"""Measures that Thai people use: land, rice, traditional lengths and weights, and the metric and English ones.

Facts: the Weights and Measures Act B.E. 2466 (1923) tied Thai measures to metric ones: 1 คืบ = 0.25 m, 1 ศอก = 0.5 m,
1 วา = 2 m, 1 เส้น = 40 m, hence 1 ตารางวา = 4 m², 1 งาน = 100 ตารางวา, 1 ไร่ = 4 งาน; 1 ทะนาน = 1 l, 1 ถัง (its สัดหลวง) =
20 l, 1 เกวียน = 2,000 l; 1 บาท = 15 g, 1 หาบ = 60 kg. By the old count 1 โยชน์ = 400 เส้น, 1 ตำลึง = 4 บาท, 1 ชั่ง = 20 ตำลึง
(the act has another, of 600 g). The baht of gold differs (15.244 g a bar): see the domain money.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import Any

from datagen.scenarios.goal import Drawn, Goal
from datagen.scenarios.scenario import ExpectedCall, State
from datagen.tools.schema import arguments, choice, integer, number
from datagen.tools.tool import Run, Tool, ToolError
from datagen.tools.words import thai_amount, thai_decimal
from datagen.tools.world import World

__all__ = ["GOALS", "TOOLS"]

_AREAS = {"ตารางเมตร": "1", "ตารางวา": "4", "งาน": "400", "ไร่": "1600", "เฮกตาร์": "10000", "เอเคอร์": "4046.8564224"}
_VOLUMES = {"ลิตร": "1", "ทะนาน": "1", "ถัง": "20", "เกวียน": "2000"}
_LENGTHS = {"คืบ": "0.25", "ศอก": "0.5", "วา": "2", "เส้น": "40", "โยชน์": "16000", "เมตร": "1", "กิโลเมตร": "1000"}
_WEIGHTS = {"สลึง": "3.75", "บาท": "15", "ตำลึง": "60", "ชั่ง": "1200", "หาบ": "60000", "กรัม": "1", "กิโลกรัม": "1000"}
# One of each, in metres, grams, litres (international yard and pound; US gallon), by kind.
_ORDINARY = {
    "ความยาว": {"นิ้ว": "0.0254", "ฟุต": "0.3048", "เซนติเมตร": "0.01", "เมตร": "1", "กิโลเมตร": "1000", "ไมล์": "1609.344"},
    "น้ำหนัก": {"กรัม": "1", "กิโลกรัม": "1000", "ออนซ์": "28.349523125", "ปอนด์": "453.59237"},
    "ปริมาตร": {"มิลลิลิตร": "0.001", "ลิตร": "1", "แกลลอน": "3.785411784"},
}
_TEMPERATURES = ("องศาเซลเซียส", "องศาฟาเรนไฮต์")
_KIND_OF = {unit: kind for kind, units in _ORDINARY.items() for unit in units}


def _plain(value: Decimal) -> int | float:
    """As JSON has it, with at most four decimals."""
    rounded = round(value, 4)
    return int(rounded) if rounded == int(rounded) else float(rounded)


def _converted(value: float, unit: str, into: str, sizes: Mapping[str, str]) -> int | float:
    return _plain(Decimal(str(value)) * Decimal(sizes[unit]) / Decimal(sizes[into]))


def _convert(sizes: Mapping[str, str]) -> Run:
    return lambda world, given: {
        **given, "result": _converted(given["value"], given["from_unit"], given["to_unit"], sizes)
    }  # fmt: skip


def _convert_ordinary(world: World, given: Mapping[str, Any]) -> Any:
    unit, into = given["from_unit"], given["to_unit"]
    if unit in _TEMPERATURES and into in _TEMPERATURES:
        value = Decimal(str(given["value"]))
        if unit != into:
            value = value * 9 / 5 + 32 if unit == "องศาเซลเซียส" else (value - 32) * 5 / 9
        return {**given, "result": _plain(value)}
    if _KIND_OF.get(unit) is None or _KIND_OF.get(unit) != _KIND_OF.get(into):
        raise ToolError("incompatible_units", f"แปลง{unit}เป็น{into}ไม่ได้ เพราะเป็นหน่วยคนละชนิด")
    return {**given, "result": _converted(given["value"], unit, into, _ORDINARY[_KIND_OF[unit]])}


def _land_to_metres(world: World, given: Mapping[str, Any]) -> Any:
    wah = given["rai"] * 400 + given["ngan"] * 100 + Decimal(str(given["square_wah"]))
    return {**given, "total_square_wah": _plain(wah), "square_metres": _plain(wah * 4)}


def _metres_to_land(world: World, given: Mapping[str, Any]) -> Any:
    wah = Decimal(str(given["square_metres"])) / 4
    rai, rest = divmod(wah, 400)
    ngan, left = divmod(rest, 100)
    return {**given, "rai": int(rai), "ngan": int(ngan), "square_wah": _plain(left)}


def _land_price(world: World, given: Mapping[str, Any]) -> Any:
    price = Decimal(str(given["square_wah"])) * given["baht_per_square_wah"]
    return {**given, "total_baht": _plain(price)}


def _pair(units: Any, least: float = 0) -> dict[str, Any]:
    return arguments(
        value=number("จำนวนที่ต้องการแปลง", "The value to convert", least, 1_000_000_000),
        from_unit=choice("หน่วยเดิม", "Unit of the value", *units),
        to_unit=choice("หน่วยที่ต้องการ", "Unit to convert to", *units),
    )


TOOLS = (
    Tool(
        "convert_area",
        "units",
        {"th": "แปลงหน่วยพื้นที่ เช่น ไร่ งาน ตารางวา ตารางเมตร", "en": "Convert an area, such as rai to square metres"},
        _pair(_AREAS),
        _convert(_AREAS),
    ),
    Tool(
        "land_area_to_square_metres",
        "units",
        {
            "th": "แปลงเนื้อที่ดินแบบ ไร่-งาน-ตารางวา เป็นตารางวาทั้งหมดและตารางเมตร",
            "en": "Turn a land area of rai, ngan and square wah into square wah and square metres",
        },
        arguments(
            rai=integer("จำนวนไร่ ถ้าไม่มีใส่ 0", "Rai, 0 if none", 0, 100_000),
            ngan=integer("จำนวนงาน ถ้าไม่มีใส่ 0", "Ngan, 0 if none", 0, 3),
            square_wah=number("จำนวนตารางวา ถ้าไม่มีใส่ 0", "Square wah, 0 if none", 0, 99.9),
        ),
        _land_to_metres,
    ),
    Tool(
        "square_metres_to_land_area",
        "units",
        {"th": "แปลงตารางเมตรเป็น ไร่-งาน-ตารางวา", "en": "Turn square metres into rai, ngan and square wah"},
        arguments(square_metres=number("พื้นที่เป็นตารางเมตร", "Area in square metres", 0, 1_000_000_000)),
        _metres_to_land,
    ),
    Tool(
        "calculate_land_price",
        "units",
        {"th": "คำนวณราคาที่ดินจากเนื้อที่เป็นตารางวาและราคาต่อตารางวา", "en": "Price of land from its square wah"},
        arguments(
            square_wah=number("เนื้อที่ทั้งหมดเป็นตารางวา", "Whole area in square wah", 0.1, 100_000_000),
            baht_per_square_wah=integer("ราคาต่อตารางวา เป็นบาท", "Baht for a square wah", 1, 10_000_000),
        ),
        _land_price,
    ),
    Tool(
        "convert_rice_volume",
        "units",
        {"th": "แปลงหน่วยตวงข้าว ทะนาน ถัง เกวียน ลิตร", "en": "Convert measures of rice: thanan, thang, kwian, litre"},
        _pair(_VOLUMES),
        _convert(_VOLUMES),
    ),
    Tool(
        "convert_thai_length",
        "units",
        {
            "th": "แปลงหน่วยความยาวไทย คืบ ศอก วา เส้น โยชน์ กับเมตรและกิโลเมตร",
            "en": "Convert Thai lengths (khuep, sok, wah, sen, yot) and metres or kilometres",
        },
        _pair(_LENGTHS),
        _convert(_LENGTHS),
    ),
    Tool(
        "convert_thai_weight",
        "units",
        {
            "th": "แปลงหน่วยน้ำหนักไทยโบราณ (1 ชั่ง = 20 ตำลึง = 80 บาท) กับกรัมและกิโลกรัม ไม่ใช่น้ำหนักทองคำ",
            "en": "Convert old Thai weights (1 chang = 20 tamlueng = 80 baht) and grams or kilograms; not for gold",
        },
        _pair(_WEIGHTS),
        _convert(_WEIGHTS),
    ),
    Tool(
        "convert_unit",
        "units",
        {
            "th": "แปลงหน่วยสากลและอังกฤษ ความยาว น้ำหนัก ปริมาตร อุณหภูมิ",
            "en": "Convert metric and English units of length, weight, volume and temperature",
        },
        _pair((*_KIND_OF, *_TEMPERATURES), least=-1_000_000_000),
        _convert_ordinary,
    ),
)


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
    said = " ".join(f"{thai_amount(number, rng)} {unit}" for number, unit in parts if number)
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
    return Drawn({"square_metres": thai_amount(metres, rng)}, (call,), states)


def _draw_land_value(rng: random.Random, world: World) -> Drawn:
    said, area = _land(rng)
    price = rng.randint(4, 160) * 500
    calls = (
        ExpectedCall("land_area_to_square_metres", area),
        ExpectedCall(
            "calculate_land_price", {"square_wah": {"$from": [0, "total_square_wah"]}, "baht_per_square_wah": price}
        ),
    )
    return Drawn({"land": said, "price": thai_amount(price, rng)}, calls, (State(1, "total_baht", "number"),))


def _draw_land_price(rng: random.Random, world: World) -> Drawn:
    wah, price = rng.randint(16, 390), rng.randint(4, 160) * 500
    call = ExpectedCall("calculate_land_price", {"square_wah": wah, "baht_per_square_wah": price})
    slots = {"square_wah": thai_amount(wah, rng), "price": thai_amount(price, rng)}
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
        supply={"value": ("{value}", "ค่า {value}"), "to_unit": ("{to_unit}", "เป็น{to_unit}")},
        asks={"value": _ASKS_VALUE, "to_unit": _ASKS_UNIT},
        topic=topic,
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
    ),
    Goal(
        id="units.metres",
        draw=_draw_metres,
        requests=(
            "พื้นที่ {square_metres} ตารางเมตร เท่ากับกี่ไร่กี่งานกี่ตารางวา",
            "{square_metres} ตร.ม. คิดเป็นไร่ งาน ตารางวา ได้เท่าไร",
            "วัดที่ได้ {square_metres} ตารางเมตร ถ้าเขียนแบบโฉนดจะเป็นกี่ไร่ กี่งาน กี่วา",
            "ขอให้แปลงพื้นที่ {square_metres} ตารางเมตร เป็นไร่ งาน และตารางวา",
        ),
        without={"square_metres": ("ช่วยแปลงตารางเมตรเป็นไร่ งาน ตารางวาให้หน่อย",)},
        supply={"square_metres": ("{square_metres} ตารางเมตร", "{square_metres}")},
        asks={"square_metres": ("กี่ตารางเมตร", "เท่าไร", "เท่าไหร่", "พื้นที่", "ขนาด")},
        topic="เนื้อที่ดิน",
    ),
    Goal(
        id="units.land_value",
        draw=_draw_land_value,
        requests=(
            "ที่ดิน {land} ขายตารางวาละ {price} บาท รวมทั้งแปลงเป็นเงินเท่าไร",
            "เนื้อที่ {land} ราคาวาละ {price} บาท ทั้งแปลงกี่บาท",
            "มีคนมาขอซื้อที่ {land} ให้ตารางวาละ {price} บาท ทั้งหมดจะได้เงินเท่าไร",
            "ขอให้คำนวณราคาที่ดินเนื้อที่ {land} โดยคิดราคาตารางวาละ {price} บาท",
        ),
        without={
            "land": ("จะขายที่ดินตารางวาละ {price} บาท ทั้งแปลงจะได้เงินเท่าไร",),
            "price": ("จะขายที่ดิน {land} ทั้งแปลงจะได้เงินเท่าไร",),
        },
        supply={"land": ("{land}", "เนื้อที่ {land}"), "price": ("ตารางวาละ {price} บาท", "{price} บาท")},
        asks={"land": _ASKS_LAND, "price": _ASKS_PRICE},
        topic="ราคาที่ดิน",
    ),
    Goal(
        id="units.land_price",
        draw=_draw_land_price,
        requests=(
            "ที่ดิน {square_wah} ตารางวา ตารางวาละ {price} บาท รวมกี่บาท",
            "บ้านบนที่ดิน {square_wah} ตารางวา ถ้าคิดราคาที่ดินวาละ {price} บาท ค่าที่ดินทั้งหมดเท่าไร",
            "คำนวณราคาที่ดินให้ที {square_wah} ตารางวา วาละ {price} บาท",
            "ขอทราบราคารวมของที่ดินขนาด {square_wah} ตารางวา ในราคาตารางวาละ {price} บาท",
        ),
        without={
            "square_wah": ("ที่ดินตารางวาละ {price} บาท รวมทั้งแปลงกี่บาท",),
            "price": ("ที่ดิน {square_wah} ตารางวา รวมทั้งแปลงราคากี่บาท",),
        },
        supply={
            "square_wah": ("{square_wah} ตารางวา", "เนื้อที่ {square_wah} ตารางวา"),
            "price": ("ตารางวาละ {price} บาท", "{price} บาท"),
        },
        asks={"square_wah": _ASKS_LAND, "price": _ASKS_PRICE},
        topic="ราคาที่ดิน",
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
