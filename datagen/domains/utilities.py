"""Electricity and water at home: a bill worked out, looked up and paid, an outage reported. Customers are invented.

The tariffs are simplified and invented, near those of a Thai household; the tools' descriptions state them in full.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import timedelta
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from datagen.domains import _utilities_goals
from datagen.domains._booking import earlier_codes
from datagen.domains._utility_customers import SERVICES, UnpaidBill, bill_code, customers, unpaid_bill
from datagen.tools.schema import arguments, choice, integer, text
from datagen.tools.tool import Tool, ToolError
from datagen.tools.world import World

__all__ = ["GOALS", "TOOLS"]

# Up to how many units a month, and baht a unit; the last has no limit.
Tariff = Sequence[tuple[float, str]]
_ELECTRICITY: Tariff = ((150, "3.25"), (400, "4.25"), (float("inf"), "4.50"))
_WATER: Tariff = ((30, "8.50"), (60, "12.00"), (float("inf"), "15.00"))
_SERVICE, _VAT = Decimal(25), Decimal("0.07")
_SATANG = Decimal("0.01")
_STATUS = ("กำลังส่งช่าง", "ช่างกำลังซ่อม", "รออะไหล่")
_PAYMENTS, _REPORTS = "utility_payments", "outage_reports"


def _bill(tariff: Tariff, units: int) -> dict[str, Any]:
    used, floor = Decimal(0), 0
    for limit, rate in tariff:
        ceiling = int(min(units, limit))
        used += (ceiling - floor) * Decimal(rate)
        floor = ceiling
    vat = ((used + _SERVICE) * _VAT).quantize(_SATANG, ROUND_HALF_UP)
    amounts = {"usage_baht": used, "service_baht": _SERVICE, "vat_baht": vat, "total_baht": used + _SERVICE + vat}
    return {"units": units, **{name: _number(amount) for name, amount in amounts.items()}}


def _number(amount: Decimal) -> int | float:
    return int(amount) if amount == amount.to_integral_value() else float(amount)


def _electricity(world: World, given: Mapping[str, Any]) -> Any:
    return _bill(_ELECTRICITY, given["units"])


def _water(world: World, given: Mapping[str, Any]) -> Any:
    return _bill(_WATER, given["units"])


def _amount(bill: UnpaidBill) -> int | float:
    return _bill(_ELECTRICITY if bill.service == "electricity" else _WATER, bill.units)["total_baht"]


def _find_bill(world: World, given: Mapping[str, Any]) -> Any:
    service, customer = given["service"], given["customer_number"]
    if customer not in customers(world, service):
        raise ToolError("not_found", f"ไม่พบผู้ใช้หมายเลข {customer}")
    bill = unpaid_bill(world, service, customer)
    paid = any(row["bill_code"] == bill.code for row in world.state.get(_PAYMENTS, ()))
    found = {"bill_code": bill.code, "units": bill.units, "amount_baht": _amount(bill), "due_date": bill.due}
    return {**found, "paid": paid}


def _pay(world: World, given: Mapping[str, Any]) -> Any:
    code = given["bill_code"]
    known = ((service, customer) for service in SERVICES for customer in customers(world, service))
    payer = next((each for each in known if bill_code(world, *each) == code), None)
    if payer is None:
        raise ToolError("not_found", f"ไม่พบบิลหมายเลข {code}")
    payments = world.table(_PAYMENTS)
    if any(row["bill_code"] == code for row in payments):
        raise ToolError("already_paid", f"บิลหมายเลข {code} ชำระแล้ว")
    payments.append({"bill_code": code, "amount_baht": _amount(unpaid_bill(world, *payer))})
    return {"receipt_code": world.number("RC", code), **payments[-1]}


def _report(world: World, given: Mapping[str, Any]) -> Any:
    reports = world.table(_REPORTS)
    code = world.number("OR", len(reports), given["service"], given["place"])
    reports.append({"report_code": code, "service": given["service"], "place": given["place"]})
    return {"report_code": code, "service": given["service"], "place": given["place"]}


def _status(world: World, given: Mapping[str, Any]) -> Any:
    code = given["report_code"]
    reported = [row["report_code"] for row in world.state.get(_REPORTS, ())]
    if code not in reported and code not in earlier_codes(world, "OR"):
        raise ToolError("not_found", f"ไม่พบเรื่องแจ้งเหตุหมายเลข {code}")
    rng = world.draw("outage", code)
    fixed = world.now + timedelta(minutes=30 * rng.randint(2, 8))
    return {
        "report_code": code,
        "status": rng.choice(_STATUS),
        "expected_time": f"{fixed.hour:02d}:{fixed.minute // 30 * 30:02d}",
    }


_SERVICE_KIND = choice("electricity ไฟฟ้า, water น้ำประปา", "electricity or water", *SERVICES)
_REPORT_CODE = text("หมายเลขแจ้งเหตุ เช่น OR123456", "Report code, e.g. OR123456", pattern=r"^OR[0-9]{6}$")

TOOLS = (
    Tool(
        name="calculate_electricity_bill",
        domain="utilities",
        description={
            "th": "คำนวณค่าไฟบ้านหนึ่งเดือนแบบอย่างง่าย: 150 หน่วยแรก 3.25 บาท, หน่วยที่ 151-400 4.25 บาท, เกินนั้น 4.50 บาท "
            "บวกค่าบริการ 25 บาท และ VAT 7%",
            "en": "A month's household electricity bill by a simplified tariff: 3.25 baht a unit to 150, 4.25 to 400, "
            "4.50 above, 25 baht service charge, 7% VAT",
        },
        parameters=arguments(units=integer("จำนวนหน่วยที่ใช้ไฟ", "Units used (kWh)", 1, 100_000)),
        run=_electricity,
    ),
    Tool(
        name="calculate_water_bill",
        domain="utilities",
        description={
            "th": "คำนวณค่าน้ำบ้านหนึ่งเดือนแบบอย่างง่าย: 30 หน่วยแรก 8.50 บาท, หน่วยที่ 31-60 12 บาท, เกินนั้น 15 บาท "
            "บวกค่าบริการ 25 บาท และ VAT 7%",
            "en": "A month's household water bill by a simplified tariff: 8.50 baht a unit to 30, 12 to 60, 15 above, "
            "25 baht service charge, 7% VAT",
        },
        parameters=arguments(units=integer("จำนวนหน่วยที่ใช้น้ำ", "Units used (cubic metres)", 1, 100_000)),
        run=_water,
    ),
    Tool(
        name="get_utility_bill",
        domain="utilities",
        description={
            "th": "ดูบิลค่าไฟหรือค่าน้ำล่าสุด: หมายเลขบิล ยอดเงิน และวันครบกำหนด",
            "en": "The latest electricity or water bill: its code, amount and due date",
        },
        parameters=arguments(
            service=_SERVICE_KIND,
            customer_number=text("หมายเลขผู้ใช้ 10 หลัก", "Customer number, 10 digits", pattern=r"^[0-9]{10}$"),
        ),
        run=_find_bill,
    ),
    Tool(
        name="pay_utility_bill",
        domain="utilities",
        description={
            "th": "ชำระบิลค่าไฟหรือค่าน้ำเต็มจำนวนจากบัญชีที่ผูกไว้",
            "en": "Pay an electricity or water bill in full from the linked account",
        },
        parameters=arguments(
            bill_code=text("หมายเลขบิล เช่น UB123456", "Bill code, e.g. UB123456", pattern=r"^UB[0-9]{6}$")
        ),
        run=_pay,
        writes=True,
    ),
    Tool(
        name="report_outage",
        domain="utilities",
        description={"th": "แจ้งไฟดับหรือน้ำไม่ไหล", "en": "Report a power cut or that no water comes"},
        parameters=arguments(
            service=_SERVICE_KIND,
            place=text("สถานที่เกิดเหตุ", "Where it happened, in Thai", longest=100),
        ),
        run=_report,
        writes=True,
    ),
    Tool(
        name="get_outage_status",
        domain="utilities",
        description={
            "th": "สถานะและเวลาที่คาดว่าจะแก้ไขเสร็จของเรื่องที่แจ้งเหตุไว้",
            "en": "Status of a reported outage and when it should be fixed",
        },
        parameters=arguments(report_code=_REPORT_CODE),
        run=_status,
    ),
)

GOALS = _utilities_goals.GOALS
