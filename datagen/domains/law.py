"""A municipal ordinance: sections searched and read, fees worked out. The ordinance is invented: _ordinance.py."""

from __future__ import annotations

import random
from collections.abc import Mapping
from typing import Any

from datagen.domains._forgotten import forgettable
from datagen.domains._ordinance import FEES, NAME, ORDINANCE, sections_about
from datagen.scenarios.goal import Drawn, Goal
from datagen.scenarios.scenario import ExpectedCall, State
from datagen.tools.schema import arguments, choice, integer, text
from datagen.tools.tool import Tool, ToolError
from datagen.tools.words import thai_count
from datagen.tools.world import World

__all__ = ["GOALS", "TOOLS"]

_MOST_FOUND = 3


def _search(world: World, given: Mapping[str, Any]) -> Any:
    found = sections_about(given["keyword"])[:_MOST_FOUND]
    if not found:
        raise ToolError("not_found", f"ไม่พบข้อที่เกี่ยวกับ {given['keyword']}")
    return {"sections": [{"section": each.number, "title": each.title} for each in found]}


def _read(world: World, given: Mapping[str, Any]) -> Any:
    section = next((each for each in ORDINANCE if each.number == given["section"]), None)
    if section is None:
        raise ToolError("not_found", f"เทศบัญญัติมีข้อ 1 ถึง {ORDINANCE[-1].number} ไม่มีข้อ {given['section']}")
    fine = {"max_fine_baht": section.fine} if section.fine else {}
    return {"section": section.number, "title": section.title, "text": section.text, **fine}


def _fee(world: World, given: Mapping[str, Any]) -> Any:
    rate, unit = FEES[given["fee"]]
    return {"rate_baht": rate, "per": unit, "quantity": given["quantity"], "fee_baht": rate * given["quantity"]}


TOOLS = (
    Tool(
        name="search_ordinance",
        domain="law",
        description={
            "th": f"ค้นหาข้อใน{NAME} ด้วยคำค้น ได้เลขข้อและชื่อข้อ ข้อที่ตรงที่สุดอยู่แรก",
            "en": "Sections of the municipal ordinance of Than Nam Sai by keyword: number and title, best match first",
        },
        parameters=arguments(keyword=text("คำค้นภาษาไทย เช่น สุนัข", "Keyword, in Thai", longest=60)),
        run=_search,
    ),
    Tool(
        name="read_ordinance_section",
        domain="law",
        description={
            "th": "อ่านข้อความเต็มและค่าปรับสูงสุดของข้อหนึ่งในเทศบัญญัติเทศบาลตำบลธารน้ำใส",
            "en": "Full text and highest fine of a section of the municipal ordinance of Than Nam Sai",
        },
        parameters=arguments(section=integer("เลขข้อ", "Number of the section", 1, 999)),
        run=_read,
    ),
    Tool(
        name="calculate_ordinance_fee",
        domain="law",
        description={
            "th": "คำนวณค่าธรรมเนียมของเทศบาลตำบลธารน้ำใส ตามบัญชีท้ายเทศบัญญัติ",
            "en": "A municipal fee of Than Nam Sai, by the schedule of the ordinance",
        },
        parameters=arguments(
            fee=choice(
                "ประเภท: household_waste เก็บขยะบ้าน (เดือน), shop_waste เก็บขยะร้านค้า (เดือน), "
                "stall แผงขายของรายเดือน (ตร.ม.), advertising_sign ป้ายโฆษณารายปี (ตร.ม.), "
                "dog_registration จดทะเบียนสุนัข (ตัว), loudspeaker เครื่องขยายเสียง (วัน)",
                "Kind: household_waste or shop_waste (months), stall (square metres for a month), advertising_sign "
                "(square metres for a year), dog_registration (dogs), loudspeaker (days)",
                *FEES,
            ),
            quantity=integer("จำนวนหน่วย", "How many units", 1, 1000),
        ),
        run=_fee,
    ),
)

# What is asked about -> words of it that a search may use. Each finds the same section first.
_SUBJECTS = {
    "การทิ้งขยะในที่สาธารณะ": ("ทิ้งขยะในที่สาธารณะ", "ทิ้งขยะ", "ขยะในที่สาธารณะ"),
    "การคัดแยกขยะ": ("คัดแยกขยะ", "แยกขยะ"),
    "การวางถังขยะหน้าบ้าน": ("วางถังขยะหน้าบ้าน", "วางถังขยะ", "ถังขยะ", "ถังขยะหน้าบ้าน"),
    "การเผาขยะ": ("เผาขยะ",),
    "การเผาใบไม้": ("เผาใบไม้",),
    "การเลี้ยงสุนัข": ("เลี้ยงสุนัข", "สุนัข"),
    "การเลี้ยงแมว": ("เลี้ยงแมว", "แมว"),
    "การเก็บมูลสัตว์": ("เก็บมูลสัตว์", "มูลสัตว์"),
    "การเลี้ยงไก่": ("เลี้ยงไก่", "ไก่"),
    "การใช้เครื่องขยายเสียง": ("ใช้เครื่องขยายเสียง", "เครื่องขยายเสียง"),
    "การเปิดเพลงเสียงดังตอนดึก": ("เปิดเพลงเสียงดังตอนดึก", "เปิดเพลงเสียงดัง"),
    "การจุดพลุ": ("จุดพลุ", "พลุ"),
    "การจุดดอกไม้ไฟ": ("จุดดอกไม้ไฟ", "ดอกไม้ไฟ"),
    "การจอดรถบนทางเท้า": ("จอดรถบนทางเท้า", "จอดรถ", "รถบนทางเท้า"),
    "การขายของบนทางเท้า": ("ขายของบนทางเท้า", "ขายของ"),
    "การติดป้ายโฆษณา": ("ติดป้ายโฆษณา", "ป้ายโฆษณา", "ติดป้าย"),
    "การตัดต้นไม้ริมทาง": ("ตัดต้นไม้ริมทาง", "ตัดต้นไม้", "ต้นไม้ริมทาง"),
    "การปล่อยน้ำเสียจากร้านอาหาร": ("ปล่อยน้ำเสียจากร้านอาหาร", "น้ำเสียจากร้านอาหาร", "ปล่อยน้ำเสีย", "น้ำเสีย"),
}
_NO_SUBJECTS = {
    "การเลี้ยงผึ้ง": ("เลี้ยงผึ้ง", "ผึ้ง"),
    "การบินโดรน": ("บินโดรน", "โดรน"),
    "การเล่นว่าว": ("เล่นว่าว", "ว่าว"),
    "การขุดบ่อบาดาล": ("ขุดบ่อบาดาล", "บ่อบาดาล"),
}
# How a fee is spoken of, its kind, the unit of the quantity.
_SERVICES = (
    ("ค่าเก็บขยะบ้าน", "household_waste", "เดือน", 36),
    ("ค่าเก็บขยะร้านค้า", "shop_waste", "เดือน", 24),
    ("ค่าตั้งแผงขายของรายเดือน", "stall", "ตารางเมตร", 20),
    ("ค่าติดป้ายโฆษณารายปี", "advertising_sign", "ตารางเมตร", 40),
    ("ค่าจดทะเบียนสุนัข", "dog_registration", "ตัว", 8),
    ("ค่าใช้เครื่องขยายเสียง", "loudspeaker", "วัน", 14),
)


def _keyword(subject: str, words: tuple[str, ...]) -> dict[str, Any]:
    return {"keyword": {"$any": [subject, *words]}}


def _draw_search(rng: random.Random, world: World) -> Drawn:
    subject = rng.choice(tuple(_SUBJECTS))
    call = ExpectedCall("search_ordinance", _keyword(subject, _SUBJECTS[subject]))
    return Drawn({"subject": subject}, (call,), (State(0, "sections.0.section", "number"),))


def _draw_no_section(rng: random.Random, world: World) -> Drawn:
    subject = rng.choice(tuple(_NO_SUBJECTS))
    call = ExpectedCall("search_ordinance", _keyword(subject, _NO_SUBJECTS[subject]), error="not_found")
    return Drawn({"subject": subject}, (call,), ())


def _draw_read(rng: random.Random, world: World) -> Drawn:
    section = rng.choice([each for each in ORDINANCE if each.fine])
    call = ExpectedCall("read_ordinance_section", {"section": section.number})
    states = (State(0, "title"), State(0, "max_fine_baht", "number"))
    return Drawn({"section": thai_count(section.number, rng)}, (call,), states)


def _draw_read_none(rng: random.Random, world: World) -> Drawn:
    number = rng.randint(ORDINANCE[-1].number + 1, 60)
    call = ExpectedCall("read_ordinance_section", {"section": number}, error="not_found")
    return Drawn({"section": thai_count(number, rng)}, (call,), ())


def _draw_found_and_read(rng: random.Random, world: World) -> Drawn:
    subject = rng.choice(tuple(_SUBJECTS))
    calls = (
        ExpectedCall("search_ordinance", _keyword(subject, _SUBJECTS[subject])),
        ExpectedCall("read_ordinance_section", {"section": {"$from": [0, "sections.0.section"]}}),
    )
    states = (State(0, "sections.0.section", "number"), State(1, "max_fine_baht", "number"))
    return Drawn({"subject": subject}, calls, states)


def _draw_fee(rng: random.Random, world: World) -> Drawn:
    said, fee, unit, most = rng.choice(_SERVICES)
    quantity = rng.randint(2, most)
    call = ExpectedCall("calculate_ordinance_fee", {"fee": fee, "quantity": quantity})
    return Drawn({"fee": said, "quantity": thai_count(quantity, rng, unit)}, (call,), (State(0, "fee_baht", "number"),))


_SLOTS = {
    "subject": (("เรื่อง{subject}", "{subject}"), ("เรื่องอะไร", "เรื่องใด", "เรื่องไหน", "หัวข้อ", "คำค้น")),
    "section": (("ข้อ {section}", "ข้อที่ {section}"), ("ข้อไหน", "ข้อใด", "ข้อที่เท่าไร", "เลขข้อ", "ข้ออะไร", "หมายเลขข้อ")),
    "fee": (("{fee}", "เป็น{fee}"), ("ประเภท", "ค่าธรรมเนียมอะไร", "ค่าอะไร", "เรื่องอะไร", "บริการ")),
    "quantity": (("{quantity}", "จำนวน {quantity}"), ("จำนวน", "กี่", "เท่าไร", "เท่าไหร่")),
}
_SEARCHES = (
    "เรื่อง{subject}อยู่ในเทศบัญญัติธารน้ำใสข้อไหน",
    "เทศบาลธารน้ำใสมีเทศบัญญัติเรื่อง{subject}ไหม ข้อที่เท่าไร",
    "หาในเทศบัญญัติธารน้ำใสให้หน่อยว่า{subject}อยู่ข้อไหน",
    "ขอทราบว่า{subject}กำหนดไว้ในข้อใดของเทศบัญญัติเทศบาลตำบลธารน้ำใส",
)
_READINGS = (
    "เทศบัญญัติธารน้ำใสข้อ {section} เรื่องอะไร ปรับสูงสุดกี่บาท",
    "เปิดข้อ {section} ของเทศบัญญัติธารน้ำใสให้ดูหน่อย ว่าด้วยเรื่องอะไร ค่าปรับสูงสุดเท่าไหร่",
    "ข้อ {section} เทศบัญญัติธารน้ำใส ชื่อข้อกับค่าปรับสูงสุด",
    "ขอทราบชื่อเรื่องและอัตราโทษปรับสูงสุดตามข้อ {section} ของเทศบัญญัติเทศบาลตำบลธารน้ำใส",
)

GOALS = (
    Goal(
        id="law.search",
        draw=_draw_search,
        requests=_SEARCHES,
        topic="เทศบัญญัติ",
        **forgettable(_SLOTS, {"subject": ("ช่วยหาในเทศบัญญัติธารน้ำใสให้หน่อยว่าเรื่องที่อยากรู้อยู่ข้อไหน",)}),
    ),
    Goal(id="law.search_none", draw=_draw_no_section, requests=_SEARCHES, topic="เทศบัญญัติ", fails="not_found"),
    Goal(
        id="law.read",
        draw=_draw_read,
        requests=_READINGS,
        topic="เทศบัญญัติ",
        **forgettable(
            _SLOTS,
            {"section": ("ช่วยเปิดเทศบัญญัติธารน้ำใสให้ข้อหนึ่ง อยากรู้ว่าเรื่องอะไร ปรับสูงสุดกี่บาท",)},
        ),
    ),
    Goal(id="law.read_none", draw=_draw_read_none, requests=_READINGS, topic="เทศบัญญัติ", fails="not_found"),
    Goal(
        id="law.search_read",
        draw=_draw_found_and_read,
        requests=(
            "เรื่อง{subject}อยู่ในเทศบัญญัติธารน้ำใสข้อไหน แล้วปรับสูงสุดกี่บาท",
            "หาเทศบัญญัติธารน้ำใสเรื่อง{subject}แล้วเปิดอ่านข้อนั้นให้ด้วย อยากรู้เลขข้อกับค่าปรับสูงสุด",
            "เทศบาลธารน้ำใสว่าไว้ยังไงเรื่อง{subject} ข้อไหน แล้วโดนปรับได้มากสุดเท่าไหร่",
            "ขอทราบเลขข้อและโทษปรับสูงสุดเรื่อง{subject}ตามเทศบัญญัติเทศบาลตำบลธารน้ำใส",
        ),
        topic="ค่าปรับตามเทศบัญญัติ",
        **forgettable(
            _SLOTS,
            {"subject": ("เพื่อนบ้านทำผิดเทศบัญญัติธารน้ำใส อยากรู้ว่าผิดข้อไหน ปรับสูงสุดกี่บาท",)},
        ),
    ),
    Goal(
        id="law.fee",
        draw=_draw_fee,
        requests=(
            "{fee} {quantity} เทศบาลธารน้ำใสคิดกี่บาท",
            "ต้องจ่าย{fee}ให้เทศบาลธารน้ำใส {quantity} รวมเป็นเงินเท่าไหร่",
            "คิด{fee} {quantity} ของเทศบาลธารน้ำใสให้ที",
            "ขอทราบค่าธรรมเนียมเทศบาลตำบลธารน้ำใส รายการ{fee} จำนวน {quantity}",
        ),
        topic="ค่าธรรมเนียมเทศบาล",
        **forgettable(
            _SLOTS,
            {
                "fee": ("ค่าธรรมเนียมเทศบาลธารน้ำใสสำหรับ {quantity} รวมเป็นเงินเท่าไหร่",),
                "quantity": ("ต้องจ่าย{fee}ให้เทศบาลธารน้ำใสรวมทั้งหมดเท่าไหร่",),
            },
        ),
    ),
)
