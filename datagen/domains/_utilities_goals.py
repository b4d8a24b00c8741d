"""What people want of the electricity and water works; the tools are in utilities.py."""

from __future__ import annotations

import random
from collections.abc import Callable

from datagen.domains._booking import earlier_codes, unknown_code
from datagen.domains._forgotten import forgettable
from datagen.domains._utility_customers import SERVICES, bill_code, customers
from datagen.scenarios.goal import Drawn, Goal
from datagen.scenarios.scenario import ExpectedCall, State
from datagen.tools.words import thai_count
from datagen.tools.world import World

__all__ = ["GOALS"]

_BILL_NAMES = {"electricity": "ค่าไฟ", "water": "ค่าน้ำ"}
_TROUBLES = (
    ("ไฟดับ", "electricity"),
    ("ไฟตก", "electricity"),
    ("หม้อแปลงระเบิด", "electricity"),
    ("น้ำไม่ไหล", "water"),
    ("ท่อประปาแตก", "water"),
)
_PLACES = (
    "หมู่บ้านร่มไม้ ซอย 4",
    "ซอยสุขใจ 3",
    "ตลาดสดบ้านกลาง",
    "คอนโดริมสวน อาคาร B",
    "ถนนเลียบคลองสาม",
    "บ้านเลขที่ 88 หมู่ 5 บ้านหนองบัว",
    "หอพักศรีนวล",
    "หน้าวัดป่าสัก",
)


def _drawn_units(tool: str, most: int) -> Callable[[random.Random, World], Drawn]:
    def draw(rng: random.Random, world: World) -> Drawn:
        units = rng.randint(5, most)
        call = ExpectedCall(tool, {"units": units})
        return Drawn({"units": thai_count(units, rng, "หน่วย")}, (call,), (State(0, "total_baht", "number"),))

    return draw


def _customer(rng: random.Random, world: World, *, pays: bool) -> tuple[dict[str, str], ExpectedCall]:
    """The slots and the call of a look at a bill. Customers who pay are never those whose bill is only looked at."""
    service = rng.choice(SERVICES)
    number = rng.choice(customers(world, service)[pays::2])
    call = ExpectedCall("get_utility_bill", {"service": service, "customer_number": number})
    return {"bill": _BILL_NAMES[service], "number": number}, call


def _draw_bill(rng: random.Random, world: World) -> Drawn:
    slots, call = _customer(rng, world, pays=False)
    return Drawn(slots, (call,), (State(0, "amount_baht", "number"), State(0, "due_date", "date")))


def _draw_bill_unknown(rng: random.Random, world: World) -> Drawn:
    service = rng.choice(SERVICES)
    number = f"{rng.randint(7, 9)}{rng.randrange(10**8, 10**9)}"
    call = ExpectedCall("get_utility_bill", {"service": service, "customer_number": number}, error="not_found")
    return Drawn({"bill": _BILL_NAMES[service], "number": number}, (call,), ())


def _draw_bill_paid(rng: random.Random, world: World) -> Drawn:
    slots, call = _customer(rng, world, pays=True)
    pay = ExpectedCall("pay_utility_bill", {"bill_code": {"$from": [0, "bill_code"]}})
    return Drawn(slots, (call, pay), (State(1, "amount_baht", "number"), State(1, "receipt_code")))


def _draw_pay(rng: random.Random, world: World) -> Drawn:
    service = rng.choice(SERVICES)
    code = bill_code(world, service, rng.choice(customers(world, service)[1::2]))
    states = (State(0, "amount_baht", "number"), State(0, "receipt_code"))
    return Drawn({"code": code}, (ExpectedCall("pay_utility_bill", {"bill_code": code}),), states)


def _draw_pay_unknown(rng: random.Random, world: World) -> Drawn:
    known = {bill_code(world, service, each) for service in SERVICES for each in customers(world, service)}
    while (code := f"UB{rng.randrange(100_000, 1_000_000)}") in known:
        pass
    return Drawn({"code": code}, (ExpectedCall("pay_utility_bill", {"bill_code": code}, error="not_found"),), ())


def _trouble(rng: random.Random) -> tuple[dict[str, str], ExpectedCall]:
    (said, service), place = rng.choice(_TROUBLES), rng.choice(_PLACES)
    return {"trouble": said, "place": place}, ExpectedCall("report_outage", {"service": service, "place": place})


def _draw_report(rng: random.Random, world: World) -> Drawn:
    slots, call = _trouble(rng)
    return Drawn(slots, (call,), (State(0, "report_code"),))


def _draw_report_status(rng: random.Random, world: World) -> Drawn:
    slots, call = _trouble(rng)
    status = ExpectedCall("get_outage_status", {"report_code": {"$from": [0, "report_code"]}})
    return Drawn(slots, (call, status), (State(0, "report_code"), State(1, "expected_time", "time")))


def _draw_status(rng: random.Random, world: World) -> Drawn:
    code = rng.choice(earlier_codes(world, "OR"))
    call = ExpectedCall("get_outage_status", {"report_code": code})
    return Drawn({"code": code}, (call,), (State(0, "status"), State(0, "expected_time", "time")))


def _draw_status_unknown(rng: random.Random, world: World) -> Drawn:
    code = unknown_code(rng, world, "OR")
    return Drawn({"code": code}, (ExpectedCall("get_outage_status", {"report_code": code}, error="not_found"),), ())


_SLOTS = {
    "units": (("{units}", "ใช้ไป {units}"), ("กี่หน่วย", "หน่วย")),
    "bill": (("{bill}", "เป็น{bill}"), ("ค่าไฟ", "ค่าน้ำ", "ไฟฟ้า", "น้ำประปา")),
    "number": (("{number}", "หมายเลขผู้ใช้ {number}"), ("หมายเลขผู้ใช้", "หมายเลข", "เลขที่ผู้ใช้", "รหัสผู้ใช้", "เลขผู้ใช้")),
    "code": (("{code}", "หมายเลข {code}"), ("หมายเลข", "เลขที่", "รหัส", "เลขบิล")),
    "place": (("ที่{place}", "{place}"), ("ที่ไหน", "สถานที่", "บริเวณ", "จุดไหน", "ที่อยู่", "พื้นที่")),
    "trouble": (("{trouble}", "แจ้งว่า{trouble}"), ("เหตุ", "ปัญหา", "อะไร", "ไฟ", "น้ำ")),
}
_BILLS = (
    "{bill}หมายเลขผู้ใช้ {number} เดือนนี้กี่บาท ต้องจ่ายภายในวันไหน",
    "เช็ก{bill}ให้หน่อย หมายเลขผู้ใช้ {number} ยอดเท่าไหร่ ครบกำหนดเมื่อไหร่",
    "{bill} {number} ยอดล่าสุดกับวันครบกำหนด",
    "ขอทราบยอด{bill}ล่าสุดและวันครบกำหนดชำระของหมายเลขผู้ใช้ {number}",
)
_PAYMENTS = (
    "จ่ายบิล {code} ให้หน่อย ตัดไปกี่บาท ขอเลขใบเสร็จด้วย",
    "ชำระบิลหมายเลข {code} แล้วบอกยอดกับเลขใบเสร็จให้ที",
    "จ่ายบิลค่าน้ำค่าไฟเลขที่ {code} เลย ขอยอดเงินกับหมายเลขใบเสร็จ",
    "ขอชำระบิลเลขที่ {code} และขอทราบยอดเงินพร้อมหมายเลขใบเสร็จ",
)
_STATUSES = (
    "ที่แจ้งเหตุไว้หมายเลข {code} ถึงไหนแล้ว จะเสร็จกี่โมง",
    "เรื่อง {code} ที่แจ้งไปช่างทำถึงไหนแล้ว น่าจะเสร็จตอนกี่โมง",
    "เช็กสถานะแจ้งเหตุ {code} กับเวลาที่คาดว่าจะเสร็จ",
    "ขอทราบสถานะและเวลาที่คาดว่าจะแก้ไขแล้วเสร็จของเรื่องแจ้งเหตุหมายเลข {code}",
)

GOALS = (
    Goal(
        id="utilities.electricity",
        draw=_drawn_units("calculate_electricity_bill", 900),
        requests=(
            "ใช้ไฟไป {units} ค่าไฟเดือนนี้กี่บาท",
            "เดือนนี้มิเตอร์ไฟขึ้นมา {units} ต้องจ่ายค่าไฟเท่าไหร่",
            "ค่าไฟ {units} คิดเป็นเงินเท่าไร",
            "ขอให้คำนวณค่าไฟฟ้าที่อยู่อาศัยสำหรับการใช้ไฟ {units} ในหนึ่งเดือน",
        ),
        topic="ค่าไฟ",
        **forgettable(_SLOTS, {"units": ("ช่วยคิดค่าไฟเดือนนี้ให้หน่อยว่ากี่บาท", "ค่าไฟบ้านเดือนนี้ต้องจ่ายเท่าไหร่")}),
    ),
    Goal(
        id="utilities.water",
        draw=_drawn_units("calculate_water_bill", 120),
        requests=(
            "ใช้น้ำไป {units} ค่าน้ำเดือนนี้กี่บาท",
            "เดือนนี้มิเตอร์น้ำขึ้นมา {units} ต้องจ่ายค่าน้ำเท่าไหร่",
            "ค่าน้ำ {units} คิดเป็นเงินเท่าไร",
            "ขอให้คำนวณค่าน้ำประปาที่อยู่อาศัยสำหรับการใช้น้ำ {units} ในหนึ่งเดือน",
        ),
        topic="ค่าน้ำ",
        **forgettable(_SLOTS, {"units": ("ช่วยคิดค่าน้ำเดือนนี้ให้หน่อยว่ากี่บาท",)}),
    ),
    Goal(
        id="utilities.bill",
        draw=_draw_bill,
        requests=_BILLS,
        topic="บิลค่าน้ำค่าไฟ",
        **forgettable(
            _SLOTS,
            {
                "number": ("เช็ก{bill}เดือนนี้ให้หน่อย ยอดเท่าไหร่ ครบกำหนดเมื่อไหร่",),
                "bill": ("หมายเลขผู้ใช้ {number} เดือนนี้ต้องจ่ายกี่บาท ภายในวันไหน",),
            },
        ),
    ),
    Goal(id="utilities.bill_unknown", draw=_draw_bill_unknown, requests=_BILLS, topic="บิลค่าน้ำค่าไฟ", fails="not_found"),
    Goal(
        id="utilities.bill_paid",
        draw=_draw_bill_paid,
        requests=(
            "ดู{bill}หมายเลขผู้ใช้ {number} แล้วจ่ายให้เลย บอกยอดกับเลขใบเสร็จด้วย",
            "เช็กบิล{bill} {number} ให้หน่อย แล้วชำระเลย ขอยอดเงินกับเลขใบเสร็จ",
            "จ่าย{bill}ของหมายเลขผู้ใช้ {number} ให้ที ตัดไปกี่บาท ขอเลขใบเสร็จด้วย",
            "ขอชำระ{bill}ล่าสุดของหมายเลขผู้ใช้ {number} พร้อมแจ้งยอดเงินและหมายเลขใบเสร็จ",
        ),
        topic="การจ่ายบิล",
        **forgettable(
            _SLOTS,
            {
                "number": ("จ่าย{bill}ให้ที ตัดไปกี่บาท ขอเลขใบเสร็จด้วย",),
                "bill": ("จ่ายบิลของหมายเลขผู้ใช้ {number} ให้ที ตัดไปกี่บาท ขอเลขใบเสร็จด้วย",),
            },
        ),
    ),
    Goal(
        id="utilities.pay",
        draw=_draw_pay,
        requests=_PAYMENTS,
        topic="การจ่ายบิล",
        **forgettable(_SLOTS, {"code": ("จ่ายบิลให้หน่อย แล้วบอกยอดกับเลขใบเสร็จให้ที",)}),
    ),
    Goal(id="utilities.pay_unknown", draw=_draw_pay_unknown, requests=_PAYMENTS, topic="การจ่ายบิล", fails="not_found"),
    Goal(
        id="utilities.report",
        draw=_draw_report,
        requests=(
            "{trouble}ที่{place} แจ้งให้หน่อย ขอเลขแจ้งเหตุด้วย",
            "แถว{place} {trouble} ช่วยแจ้งเหตุให้ที เอาเลขแจ้งเหตุด้วย",
            "แจ้งเหตุ{trouble} {place} ขอหมายเลขแจ้งเหตุ",
            "ขอแจ้งเหตุ{trouble}บริเวณ{place} และขอทราบหมายเลขรับแจ้ง",
        ),
        topic="การแจ้งเหตุไฟฟ้าประปา",
        **forgettable(
            _SLOTS,
            {
                "place": ("{trouble} ช่วยแจ้งเหตุให้หน่อย ขอเลขแจ้งเหตุด้วย",),
                "trouble": ("ช่วยแจ้งเหตุขัดข้องที่{place}ให้หน่อย ขอเลขแจ้งเหตุด้วย",),
            },
        ),
    ),
    Goal(
        id="utilities.report_status",
        draw=_draw_report_status,
        requests=(
            "{trouble}ที่{place} แจ้งให้หน่อย แล้วเช็กเลยว่าจะแก้เสร็จกี่โมง ขอเลขแจ้งเหตุด้วย",
            "ช่วยแจ้งว่า{trouble}แถว{place} ขอเลขแจ้งเหตุ แล้วตามสถานะให้ด้วยว่าน่าจะเสร็จกี่โมง",
            "แจ้งเหตุ{trouble} {place} ขอเลขแจ้งเหตุกับเวลาที่คาดว่าจะซ่อมเสร็จ",
            "ขอแจ้งเหตุ{trouble}บริเวณ{place} พร้อมขอทราบหมายเลขรับแจ้งและเวลาที่คาดว่าจะแก้ไขแล้วเสร็จ",
        ),
        topic="การแจ้งเหตุไฟฟ้าประปา",
        **forgettable(
            _SLOTS,
            {
                "place": ("{trouble} แจ้งให้หน่อย แล้วเช็กเลยว่าจะแก้เสร็จกี่โมง ขอเลขแจ้งเหตุด้วย",),
                "trouble": ("ช่วยแจ้งเหตุขัดข้องที่{place} แล้วเช็กเลยว่าจะแก้เสร็จกี่โมง ขอเลขแจ้งเหตุด้วย",),
            },
        ),
    ),
    Goal(
        id="utilities.status",
        draw=_draw_status,
        requests=_STATUSES,
        topic="สถานะการแจ้งเหตุ",
        **forgettable(_SLOTS, {"code": ("เรื่องไฟดับที่แจ้งไว้ถึงไหนแล้ว จะเสร็จกี่โมง",)}),
    ),
    Goal(
        id="utilities.status_unknown",
        draw=_draw_status_unknown,
        requests=_STATUSES,
        topic="สถานะการแจ้งเหตุ",
        fails="not_found",
    ),
)
