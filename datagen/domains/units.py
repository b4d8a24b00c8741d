"""Measures that Thai people use: land, rice, traditional lengths and weights, and the metric and English ones.

Facts: the Weights and Measures Act B.E. 2466 (1923) tied Thai measures to metric ones: 1 คืบ = 0.25 m, 1 ศอก = 0.5 m,
1 วา = 2 m, 1 เส้น = 40 m, hence 1 ตารางวา = 4 m², 1 งาน = 100 ตารางวา, 1 ไร่ = 4 งาน; 1 ทะนาน = 1 l, 1 ถัง (its สัดหลวง) =
20 l, 1 เกวียน = 2,000 l; 1 บาท = 15 g, 1 หาบ = 60 kg. By the old count 1 โยชน์ = 400 เส้น, 1 ตำลึง = 4 บาท, 1 ชั่ง = 20 ตำลึง
(the act has another, of 600 g). The baht of gold differs (15.244 g a bar): see the domain money.
"""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from datagen.domains._units_goals import GOALS
from datagen.tools.schema import arguments, choice, integer, number
from datagen.tools.tool import Run, Tool, ToolError
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
    def run(world: World, given: Mapping[str, Any]) -> Any:
        return {**given, "result": _converted(given["value"], given["from_unit"], given["to_unit"], sizes)}

    return run


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
        {
            "th": "แปลงพื้นที่จากหน่วยเดียวเป็นอีกหน่วย เช่น ไร่เป็นตารางเมตร",
            "en": "Convert an area given in one unit, such as rai to square metres",
        },
        _pair(_AREAS),
        _convert(_AREAS),
    ),
    Tool(
        "land_area_to_square_metres",
        "units",
        {
            "th": "แปลงเนื้อที่ดินที่บอกเป็นหลายหน่วยรวมกัน (ไร่-งาน-ตารางวา) เป็นตารางวาและตารางเมตร",
            "en": "Turn a land area given in several units (rai, ngan, square wah) into square wah and square metres",
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
