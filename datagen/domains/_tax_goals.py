"""What people want to know about Thai taxes; the tools are in tax.py."""

from __future__ import annotations

import random

from datagen.scenarios.goal import Drawn, Goal
from datagen.scenarios.scenario import ExpectedCall, State
from datagen.tools.words import BE, thai_amount, thai_count
from datagen.tools.world import World

__all__ = ["GOALS"]

_MILLION = 1_000_000
# How people speak of a use, and the lowest and highest value (million baht) at which some tax is due.
_USES = (
    ("ที่นาของบุคคลธรรมดา", "farm_individual", 60, 220),
    ("สวนทุเรียนของบุคคลธรรมดา", "farm_individual", 60, 220),
    ("ไร่อ้อยของบริษัท", "farm_company", 10, 300),
    ("บ้านพร้อมที่ดินที่อยู่เองและมีชื่อในทะเบียนบ้าน", "main_home", 55, 140),
    ("บ้านที่ปลูกบนที่ดินคนอื่นโดยมีชื่อในทะเบียนบ้าน", "home_on_others_land", 12, 60),
    ("บ้านหลังที่สองที่ไม่มีชื่อในทะเบียนบ้าน", "other_home", 2, 80),
    ("คอนโดห้องที่สองที่ไม่ได้ย้ายชื่อเข้าไป", "other_home", 2, 30),
    ("ตึกแถวที่เปิดเป็นร้านค้า", "commercial", 3, 90),
    ("โกดังสินค้าของบริษัท", "commercial", 10, 300),
)
_PAYMENTS = (
    ("ค่าขนส่ง", "transport"),
    ("ค่าจ้างรถขนส่งสินค้า", "transport"),
    ("ค่าโฆษณา", "advertising"),
    ("ค่าบริการทำความสะอาด", "service"),
    ("ค่าจ้างออกแบบเว็บไซต์", "service"),
    ("ค่าเช่าสำนักงาน", "rent"),
    ("ค่าเช่าโกดัง", "rent"),
    ("เงินรางวัลการประกวด", "prize"),
)
_FORMS = ("ภ.ง.ด.90", "ภ.ง.ด.91", "ภ.ง.ด.94", "ภ.ง.ด.50", "ภ.ง.ด.51")
_UNKNOWN_FORMS = ("ภ.ง.ด.96", "ภ.ง.ด.97", "ภ.ง.ด.99")


def _draw_land(rng: random.Random, world: World) -> Drawn:
    said, use, low, high = rng.choice(_USES)
    value = rng.randint(low * 2, high * 2) * _MILLION // 2
    call = ExpectedCall("calculate_land_building_tax", {"appraised_value": value, "use": use}, {"vacant_years": 0})
    return Drawn({"use": said, "value": thai_amount(value, rng, "บาท")}, (call,), (State(0, "tax_baht", "number"),))


def _draw_vacant(rng: random.Random, world: World) -> Drawn:
    value, years = rng.randint(2, 160) * _MILLION // 2, rng.randint(1, 14)
    call = ExpectedCall(
        "calculate_land_building_tax", {"appraised_value": value, "use": "vacant", "vacant_years": years}
    )
    slots = {"value": thai_amount(value, rng, "บาท"), "years": thai_count(years, rng, "ปี")}
    return Drawn(slots, (call,), (State(0, "tax_baht", "number"),))


def _draw_salary(rng: random.Random) -> tuple[dict[str, str], ExpectedCall]:
    salary, other = rng.randint(40, 300) * 1000, rng.randint(1, 20) * 5000 + 500
    call = ExpectedCall("estimate_net_income", {"monthly_salary": salary, "other_allowances": other})
    return {"salary": thai_amount(salary, rng, "บาท"), "allowances": thai_amount(other, rng, "บาท")}, call


def _draw_net(rng: random.Random, world: World) -> Drawn:
    slots, call = _draw_salary(rng)
    return Drawn(slots, (call,), (State(0, "net_income_baht", "number"),))


def _draw_net_then_tax(rng: random.Random, world: World) -> Drawn:
    slots, call = _draw_salary(rng)
    tax = ExpectedCall("calculate_income_tax", {"net_income": {"$from": [0, "net_income_baht"]}})
    return Drawn(slots, (call, tax), (State(0, "net_income_baht", "number"), State(1, "tax_baht", "number")))


def _draw_income(rng: random.Random, world: World) -> Drawn:
    net = rng.randint(16, 400) * 10_000
    call = ExpectedCall("calculate_income_tax", {"net_income": net})
    return Drawn({"net": thai_amount(net, rng, "บาท")}, (call,), (State(0, "tax_baht", "number"),))


def _draw_vat_added(rng: random.Random, world: World) -> Drawn:
    amount = rng.randint(2, 900) * 50
    call = ExpectedCall("calculate_vat", {"amount": amount, "includes_vat": False})
    states = (State(0, "vat_baht", "number"), State(0, "total_baht", "number"))
    return Drawn({"amount": thai_amount(amount, rng, "บาท")}, (call,), states)


def _draw_vat_included(rng: random.Random, world: World) -> Drawn:
    # Half of the prices come out even, as those do that a shop made by adding 7 %.
    amount = rng.randint(1, 300) * 107 if rng.random() < 0.5 else rng.randint(2, 900) * 50
    call = ExpectedCall("calculate_vat", {"amount": amount, "includes_vat": True})
    states = (State(0, "before_vat_baht", "number"), State(0, "vat_baht", "number"))
    return Drawn({"amount": thai_amount(amount, rng, "บาท")}, (call,), states)


def _draw_withholding(rng: random.Random, world: World) -> Drawn:
    (said, kind), amount = rng.choice(_PAYMENTS), rng.randint(10, 800) * 100
    call = ExpectedCall("calculate_withholding_tax", {"amount": amount, "payment_type": kind})
    states = (State(0, "withheld_baht", "number"), State(0, "paid_out_baht", "number"))
    return Drawn({"payment": said, "amount": thai_amount(amount, rng, "บาท")}, (call,), states)


def _said_year(year: int, rng: random.Random) -> str:
    """A tax year, mostly in the Buddhist Era: "2569", "พ.ศ. 2569", "ค.ศ. 2026"."""
    return f"ค.ศ. {year}" if rng.random() < 0.1 else rng.choice(("", "", "พ.ศ. ")) + f"{year + BE}"


def _draw_due(rng: random.Random, world: World) -> Drawn:
    form, year = rng.choice(_FORMS), world.now.year + rng.randint(-1, 1)
    call = ExpectedCall("get_tax_filing_deadline", {"form": form, "tax_year": year})
    return Drawn({"form": form, "year": _said_year(year, rng)}, (call,), (State(0, "due_date", "date"),))


def _draw_unknown_form(rng: random.Random, world: World) -> Drawn:
    form, year = rng.choice(_UNKNOWN_FORMS), world.now.year
    call = ExpectedCall("get_tax_filing_deadline", {"form": form, "tax_year": year}, error="not_found")
    return Drawn({"form": form, "year": _said_year(year, rng)}, (call,), ())


_ASKS_VALUE = ("ราคาประเมิน", "มูลค่า", "ราคา")
_ASKS_AMOUNT = ("ราคา", "จำนวนเงิน", "ยอดเงิน", "ยอด", "กี่บาท", "เท่าไร", "เท่าไหร่")

GOALS = (
    Goal(
        id="tax.land",
        draw=_draw_land,
        requests=(
            "{use} ราคาประเมิน {value} ต้องเสียภาษีที่ดินปีละเท่าไร",
            "ภาษีที่ดินและสิ่งปลูกสร้างของ{use} ราคาประเมิน {value} กี่บาท",
            "ช่วยคิดภาษีที่ดินและสิ่งปลูกสร้างให้หน่อย เป็น{use} ราคาประเมินอยู่ที่ {value}",
            "ขอทราบจำนวนภาษีที่ดินและสิ่งปลูกสร้างที่ต้องชำระต่อปี สำหรับ{use} ซึ่งมีราคาประเมิน {value}",
        ),
        without={
            "value": ("{use}ต้องเสียภาษีที่ดินปีละเท่าไร", "ช่วยคิดภาษีที่ดินและสิ่งปลูกสร้างของ{use}ให้หน่อย"),
            "use": ("อสังหาฯ ราคาประเมิน {value} ต้องเสียภาษีที่ดินและสิ่งปลูกสร้างปีละเท่าไร",),
        },
        supply={"value": ("ราคาประเมิน {value}", "{value}"), "use": ("เป็น{use}", "{use}")},
        asks={"value": _ASKS_VALUE, "use": ("ประเภท", "ใช้ประโยชน์", "ใช้ทำ", "การใช้", "ใช้เป็น")},
        topic="ภาษีที่ดินและสิ่งปลูกสร้าง",
    ),
    Goal(
        id="tax.vacant",
        draw=_draw_vacant,
        requests=(
            "ที่ดินรกร้างราคาประเมิน {value} ปล่อยว่างติดต่อกันมา {years}แล้ว ปีนี้ต้องเสียภาษีที่ดินเท่าไร",
            "มีที่ดินเปล่าอยู่แปลงหนึ่ง ไม่ได้ทำอะไรมา {years}ติดต่อกัน ราคาประเมิน {value} ภาษีปีนี้กี่บาท",
            "คิดภาษีที่ดินว่างเปล่าให้หน่อย ราคาประเมิน {value} ทิ้งร้างมา {years}",
            "ขอทราบภาษีของที่ดินที่ทิ้งไว้ว่างเปล่าติดต่อกัน {years} ราคาประเมิน {value}",
        ),
        without={"value": ("ที่ดินรกร้างปล่อยว่างติดต่อกันมา {years}แล้ว ปีนี้ต้องเสียภาษีที่ดินเท่าไร",)},
        supply={"value": ("ราคาประเมิน {value}", "{value}")},
        asks={"value": _ASKS_VALUE},
        topic="ภาษีที่ดินรกร้างว่างเปล่า",
    ),
    Goal(
        id="tax.net_income",
        draw=_draw_net,
        requests=(
            "เงินเดือน {salary} ค่าลดหย่อนอื่นทั้งปี {allowances} เงินได้สุทธิทั้งปีเหลือเท่าไร",
            "ได้เงินเดือนเดือนละ {salary} นอกจากลดหย่อนส่วนตัวแล้วมีลดหย่อนอื่นอีก {allowances} เงินได้สุทธิต่อปีกี่บาท",
            "ช่วยหาเงินได้สุทธิทั้งปีให้หน่อย เงินเดือน {salary} ลดหย่อนอย่างอื่นรวม {allowances}",
            "ขอให้คำนวณเงินได้สุทธิทั้งปีจากเงินเดือน {salary} และค่าลดหย่อนอื่น {allowances}",
        ),
        without={
            "salary": ("มีค่าลดหย่อนอื่นทั้งปี {allowances} อยากรู้ว่าเงินได้สุทธิทั้งปีเหลือเท่าไร",),
            "allowances": ("เงินเดือน {salary} หักค่าลดหย่อนต่าง ๆ ของปีนี้แล้ว เงินได้สุทธิทั้งปีเหลือเท่าไร",),
        },
        supply={
            "salary": ("เดือนละ {salary}", "เงินเดือน {salary}"),
            "allowances": ("{allowances}", "ลดหย่อนอื่นรวม {allowances}"),
        },
        asks={"salary": ("เงินเดือน", "รายได้"), "allowances": ("ลดหย่อน",)},
        topic="เงินได้สุทธิ",
    ),
    Goal(
        id="tax.salary_to_tax",
        draw=_draw_net_then_tax,
        requests=(
            "เงินเดือน {salary} มีค่าลดหย่อนอื่นปีละ {allowances} เงินได้สุทธิทั้งปีเท่าไร แล้วต้องเสียภาษีกี่บาท",
            "ช่วยคิดเงินได้สุทธิทั้งปีก่อน แล้วคิดภาษีเงินได้ต่อให้ด้วย เงินเดือน {salary} ค่าลดหย่อนอื่น {allowances}",
            "อยากรู้เงินได้สุทธิกับภาษีที่ต้องจ่ายทั้งปี เงินเดือนเดือนละ {salary} ลดหย่อนอื่นรวม {allowances}",
            "ขอทราบเงินได้สุทธิและภาษีเงินได้บุคคลธรรมดาทั้งปี กรณีเงินเดือน {salary} ค่าลดหย่อนอื่น {allowances}",
        ),
        without={
            "salary": ("มีค่าลดหย่อนอื่นปีละ {allowances} เงินได้สุทธิทั้งปีเท่าไร แล้วต้องเสียภาษีกี่บาท",),
            "allowances": ("เงินเดือน {salary} หักค่าลดหย่อนต่าง ๆ แล้วเงินได้สุทธิทั้งปีเท่าไร ต้องเสียภาษีกี่บาท",),
        },
        supply={
            "salary": ("เดือนละ {salary}", "เงินเดือน {salary}"),
            "allowances": ("{allowances}", "ลดหย่อนอื่นรวม {allowances}"),
        },
        asks={"salary": ("เงินเดือน", "รายได้"), "allowances": ("ลดหย่อน",)},
        topic="ภาษีเงินได้จากเงินเดือน",
    ),
    Goal(
        id="tax.income",
        draw=_draw_income,
        requests=(
            "เงินได้สุทธิทั้งปี {net} เสียภาษีเท่าไร",
            "ปีนี้มีเงินได้สุทธิ {net} ต้องจ่ายภาษีเงินได้กี่บาท",
            "ช่วยคำนวณภาษีเงินได้บุคคลธรรมดาให้หน่อย เงินได้สุทธิ {net}",
            "หักค่าใช้จ่ายกับค่าลดหย่อนหมดแล้วเหลือเงินได้สุทธิ {net} ต้องเสียภาษีทั้งปีเท่าไร",
        ),
        without={"net": ("ปีนี้ต้องจ่ายภาษีเงินได้บุคคลธรรมดากี่บาท", "ช่วยคำนวณภาษีเงินได้บุคคลธรรมดาให้หน่อย")},
        supply={"net": ("เงินได้สุทธิ {net}", "{net}")},
        asks={"net": ("เงินได้", "รายได้", "เงินเดือน")},
        topic="ภาษีเงินได้บุคคลธรรมดา",
    ),
    Goal(
        id="tax.vat_added",
        draw=_draw_vat_added,
        requests=(
            "ราคายังไม่รวม VAT {amount} ต้องบวก VAT เท่าไร รวมเป็นกี่บาท",
            "สินค้าราคา {amount} ยังไม่รวมภาษีมูลค่าเพิ่ม VAT กี่บาท แล้วยอดรวมเท่าไร",
            "ออกใบกำกับภาษียอด {amount} ก่อน VAT ช่วยคิด VAT กับยอดรวมให้หน่อย",
            "ขอทราบภาษีมูลค่าเพิ่มและยอดรวมสุทธิของราคา {amount} (ยังไม่รวม VAT)",
        ),
        without={"amount": ("ราคาสินค้ายังไม่รวม VAT ช่วยคิดว่า VAT กี่บาท รวมแล้วเป็นเท่าไร",)},
        supply={"amount": ("{amount}", "ราคา {amount}")},
        asks={"amount": _ASKS_AMOUNT},
        topic="ภาษีมูลค่าเพิ่ม",
    ),
    Goal(
        id="tax.vat_included",
        draw=_draw_vat_included,
        requests=(
            "ราคา {amount} รวม VAT แล้ว ถอดออกมาเป็นราคาก่อน VAT เท่าไร VAT กี่บาท",
            "บิลรวม VAT แล้ว {amount} ราคาก่อนภาษีเท่าไร แล้ว VAT เท่าไร",
            "ช่วยถอด VAT ให้หน่อย ยอดรวมภาษีแล้ว {amount} อยากได้ราคาก่อนภาษีกับตัว VAT",
            "ขอทราบมูลค่าสินค้าก่อนภาษีและภาษีมูลค่าเพิ่ม จากยอดที่รวม VAT แล้ว {amount}",
        ),
        without={"amount": ("ช่วยถอด VAT จากยอดที่รวมภาษีแล้วให้หน่อย อยากได้ราคาก่อนภาษีกับตัว VAT",)},
        supply={"amount": ("{amount}", "ยอดรวม {amount}")},
        asks={"amount": _ASKS_AMOUNT},
        topic="การถอดภาษีมูลค่าเพิ่ม",
    ),
    Goal(
        id="tax.withholding",
        draw=_draw_withholding,
        requests=(
            "บริษัทจ่าย{payment} {amount} ต้องหัก ณ ที่จ่ายเท่าไร เหลือโอนกี่บาท",
            "{payment} ยอด {amount} บริษัทต้องหักภาษี ณ ที่จ่ายกี่บาท แล้วจ่ายจริงเท่าไร",
            "จะโอน{payment} {amount}ในนามบริษัท ช่วยคิดภาษีหัก ณ ที่จ่ายกับยอดโอนสุทธิให้หน่อย",
            "ขอทราบภาษีหัก ณ ที่จ่ายและยอดสุทธิที่บริษัทต้องจ่าย สำหรับ{payment} จำนวน {amount}",
        ),
        without={
            "payment": ("บริษัทต้องจ่ายเงินให้คู่ค้า {amount} ต้องหักภาษี ณ ที่จ่ายเท่าไร เหลือโอนกี่บาท",),
            "amount": ("บริษัทจะจ่าย{payment} ต้องหักภาษี ณ ที่จ่ายกี่บาท แล้วเหลือโอนเท่าไร",),
        },
        supply={"payment": ("เป็น{payment}", "{payment}"), "amount": ("{amount}", "ยอด {amount}")},
        asks={"payment": ("ประเภท", "ค่าอะไร", "เป็นค่า", "ค่าบริการ"), "amount": _ASKS_AMOUNT},
        topic="ภาษีหัก ณ ที่จ่าย",
    ),
    Goal(
        id="tax.deadline",
        draw=_draw_due,
        requests=(
            "{form} ปีภาษี {year} ยื่นได้ถึงวันไหน",
            "แบบ {form} ของปีภาษี {year} ต้องยื่นกระดาษภายในวันที่เท่าไร",
            "วันสุดท้ายที่ยื่น {form} ปีภาษี {year} คือวันที่เท่าไร",
            "ขอทราบกำหนดเวลายื่นแบบ {form} สำหรับปีภาษี {year}",
        ),
        without={"form": ("ปีภาษี {year} ต้องยื่นแบบภาษีภายในวันไหน",)},
        supply={"form": ("แบบ {form}", "{form}")},
        asks={"form": ("แบบ", "ภ.ง.ด.")},
        topic="กำหนดยื่นแบบภาษี",
    ),
    Goal(
        id="tax.deadline_unknown",
        draw=_draw_unknown_form,
        requests=(
            "{form} ปีภาษี {year} ยื่นได้ถึงวันไหน",
            "แบบ {form} ของปีภาษี {year} ต้องยื่นภายในวันที่เท่าไร",
            "มีคนบอกให้ยื่น {form} ปีภาษี {year} วันสุดท้ายวันไหน",
            "ขอทราบกำหนดเวลายื่นแบบ {form} สำหรับปีภาษี {year}",
        ),
        topic="กำหนดยื่นแบบภาษี",
        fails="not_found",
    ),
)
