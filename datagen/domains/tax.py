"""Thai taxes: land and buildings, personal income, VAT, tax withheld at source, and when a return is due.

The rates are those in force when this was written (named with their source below); reliefs granted for a single year
and the extra days for filing online are left out.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from datagen.domains import _tax_goals
from datagen.tools.schema import Schema, arguments, choice, integer, number, text
from datagen.tools.tool import Tool, ToolError
from datagen.tools.world import World

__all__ = ["GOALS", "TOOLS"]

Bands = Sequence[tuple[int, str]]
"""Up to how many units, and the percentage on what lies in that band; a limit of 0 is none."""

# Land and Building Tax Act 2019 (พ.ร.บ. ภาษีที่ดินและสิ่งปลูกสร้าง พ.ศ. 2562): exemptions in s. 40 (farms of natural
# persons) and s. 41 (homes of owners who are in the house register), vacant land in s. 43; bands of what is left after
# the exemption, in million baht, by the royal decree on rates of 2021 (พ.ร.ฎ. กำหนดอัตราภาษีฯ พ.ศ. 2564).
_FARM: Bands = ((75, "0.01"), (100, "0.03"), (500, "0.05"), (1000, "0.07"), (0, "0.1"))
_BUSINESS: Bands = ((50, "0.3"), (200, "0.4"), (1000, "0.5"), (5000, "0.6"), (0, "0.7"))
_USES: Mapping[str, tuple[int, Bands]] = {
    "farm_individual": (50, _FARM),
    "farm_company": (0, _FARM),
    "main_home": (50, ((25, "0.03"), (50, "0.05"), (0, "0.1"))),
    "home_on_others_land": (10, ((40, "0.02"), (65, "0.03"), (90, "0.05"), (0, "0.1"))),
    "other_home": (0, ((50, "0.02"), (75, "0.03"), (100, "0.05"), (0, "0.1"))),
    "commercial": (0, _BUSINESS),
    "vacant": (0, _BUSINESS),
}
_VACANT_STEP, _VACANT_YEARS, _VACANT_MOST = Decimal("0.3"), 3, Decimal(3)
_MILLION = 1_000_000

# Revenue Code, schedule of income tax as amended by Act no. 44 of 2017 (พ.ร.บ. ฉบับที่ 44 พ.ศ. 2560); the first
# 150,000 baht are exempt by royal decree no. 470 of 2008. Expenses by s. 42 bis, own allowance by s. 47 (1)(a).
_INCOME: Bands = (
    (150_000, "0"), (300_000, "5"), (500_000, "10"), (750_000, "15"),
    (1_000_000, "20"), (2_000_000, "25"), (5_000_000, "30"), (0, "35"),
)  # fmt: skip
_EXPENSES_SHARE, _EXPENSES_MOST, _OWN_ALLOWANCE = Decimal("0.5"), 100_000, 60_000

# 10 % by s. 80 of the Revenue Code, reduced to 6.3 % by royal decree and prolonged ever since; local tax on top: 7 %.
_VAT = Decimal(7)

# Revenue Department order no. Tor Por 4/2528 (ท.ป. 4/2528), paid by a company, not by e-Withholding Tax.
_WITHHELD = {"transport": 1, "advertising": 2, "service": 3, "rent": 5, "prize": 5}

# Revenue Code: s. 56 (annual return, by March), s. 56 bis (half year, by September), s. 67 bis (half year of companies,
# within two months), s. 68 (150 days after the year); companies with the calendar year. On paper.
_DUE = {
    "ภ.ง.ด.90": lambda year: date(year + 1, 3, 31),
    "ภ.ง.ด.91": lambda year: date(year + 1, 3, 31),
    "ภ.ง.ด.94": lambda year: date(year, 9, 30),
    "ภ.ง.ด.50": lambda year: date(year, 12, 31) + timedelta(days=150),
    "ภ.ง.ด.51": lambda year: date(year, 8, 31),
}


def _baht(th: str, en: str) -> Schema:
    """An amount of money above zero."""
    return number(f"{th} (บาท)", f"{en} (baht)", 0.01, 1e12)


def _banded(
    amount: Decimal, bands: Bands, unit: int = 1, more: Decimal = Decimal(0), most: Decimal | None = None
) -> Decimal:
    """The tax on an amount whose parts are taxed by band; `more` percent on every rate, `most` percent at most."""
    tax, floor = Decimal(0), Decimal(0)
    for limit, rate in bands:
        ceiling = min(amount, Decimal(limit * unit)) if limit else amount
        percent = Decimal(rate) + more
        tax += max(ceiling - floor, Decimal(0)) * (percent if most is None else min(percent, most)) / 100
        floor = ceiling
    return tax


def _money(amount: Decimal) -> int | float:
    """To the satang; a whole number where there are none."""
    rounded = amount.quantize(Decimal("0.01"), ROUND_HALF_UP)
    return int(rounded) if rounded == rounded.to_integral_value() else float(rounded)


def _land(world: World, given: Mapping[str, Any]) -> Any:
    years = given.get("vacant_years", 0)
    if years and given["use"] != "vacant":
        raise ToolError("not_applicable", "vacant_years ใช้กับที่ดินรกร้างว่างเปล่า (vacant) เท่านั้น")
    exempt, bands = _USES[given["use"]]
    value = Decimal(str(given["appraised_value"]))
    taxable = max(value - exempt * _MILLION, Decimal(0))
    more = _VACANT_STEP * (years // _VACANT_YEARS)
    tax = _banded(taxable, bands, _MILLION, more, _VACANT_MOST if given["use"] == "vacant" else None)
    return {"exempt_baht": exempt * _MILLION, "taxable_baht": _money(taxable), "tax_baht": _money(tax)}


def _net_income(world: World, given: Mapping[str, Any]) -> Any:
    income = Decimal(str(given["monthly_salary"])) * 12
    other = Decimal(str(given["other_allowances"]))
    expenses = min(income * _EXPENSES_SHARE, Decimal(_EXPENSES_MOST))
    return {
        "annual_income_baht": _money(income),
        "expenses_baht": _money(expenses),
        "personal_allowance_baht": _OWN_ALLOWANCE,
        "other_allowances_baht": _money(other),
        "net_income_baht": _money(max(income - expenses - _OWN_ALLOWANCE - other, Decimal(0))),
    }


def _income(world: World, given: Mapping[str, Any]) -> Any:
    net = Decimal(str(given["net_income"]))
    rate = next(rate for limit, rate in _INCOME if not limit or net <= limit)
    return {"net_income_baht": _money(net), "top_rate_percent": int(rate), "tax_baht": _money(_banded(net, _INCOME))}


def _vat(world: World, given: Mapping[str, Any]) -> Any:
    amount = Decimal(str(given["amount"]))
    before = amount * 100 / (100 + _VAT) if given["includes_vat"] else amount
    before = before.quantize(Decimal("0.01"), ROUND_HALF_UP)
    total = amount if given["includes_vat"] else before + before * _VAT / 100
    total = total.quantize(Decimal("0.01"), ROUND_HALF_UP)
    return {"before_vat_baht": _money(before), "vat_baht": _money(total - before), "total_baht": _money(total)}


def _withholding(world: World, given: Mapping[str, Any]) -> Any:
    amount, rate = Decimal(str(given["amount"])), _WITHHELD[given["payment_type"]]
    withheld = (amount * rate / 100).quantize(Decimal("0.01"), ROUND_HALF_UP)
    return {"rate_percent": rate, "withheld_baht": _money(withheld), "paid_out_baht": _money(amount - withheld)}


def _due(world: World, given: Mapping[str, Any]) -> Any:
    if given["form"] not in _DUE:
        raise ToolError("not_found", f"ไม่พบแบบ {given['form']} มีเฉพาะ {', '.join(_DUE)}")
    return {"form": given["form"], "due_date": _DUE[given["form"]](given["tax_year"]).isoformat()}


TOOLS = (
    Tool(
        name="calculate_land_building_tax",
        domain="tax",
        description={
            "th": "คำนวณภาษีที่ดินและสิ่งปลูกสร้างต่อปี ตามราคาประเมินและการใช้ประโยชน์",
            "en": "Yearly Thai land and building tax, from the appraised value and the use",
        },
        parameters=arguments(
            appraised_value=_baht("ราคาประเมินทุนทรัพย์", "Appraised value"),
            use=choice(
                "การใช้ประโยชน์: farm_individual เกษตรกรรมของบุคคลธรรมดา, farm_company เกษตรกรรมของนิติบุคคล, "
                "main_home บ้านพร้อมที่ดินที่เจ้าของมีชื่อในทะเบียนบ้าน, home_on_others_land บ้านบนที่ดินของผู้อื่น "
                "เจ้าของบ้านมีชื่อในทะเบียนบ้าน, other_home บ้านหลังอื่น, commercial พาณิชยกรรมและอื่น ๆ, vacant รกร้างว่างเปล่า",
                "Use: farm_individual or farm_company (by owner), main_home (house and land, owner in the house "
                "register), home_on_others_land (house only, owner in the register), other_home, commercial "
                "(business and other), vacant",
                *_USES,
            ),
            vacant_years=integer(
                "จำนวนปีที่ปล่อยว่างติดต่อกันมาแล้ว ใช้กับ vacant", "Full years left vacant so far; for vacant only", 0, 100
            ),
            optional=("vacant_years",),
        ),
        run=_land,
    ),
    Tool(
        name="estimate_net_income",
        domain="tax",
        description={
            "th": "คำนวณเงินได้สุทธิทั้งปีจากเงินเดือน หลังหักค่าใช้จ่าย ค่าลดหย่อนส่วนตัว และค่าลดหย่อนอื่น",
            "en": "Net taxable income of a year from a salary, after expenses, the personal and other allowances",
        },
        parameters=arguments(
            monthly_salary=_baht("เงินเดือนต่อเดือน", "Salary a month"),
            other_allowances=number(
                "ค่าลดหย่อนอื่นทั้งปี นอกจากค่าลดหย่อนส่วนตัว (บาท) ไม่มีใส่ 0",
                "Other allowances of the year besides the personal one (baht); 0 if none",
                0,
                10_000_000,
            ),
        ),
        run=_net_income,
    ),
    Tool(
        name="calculate_income_tax",
        domain="tax",
        description={
            "th": "คำนวณภาษีเงินได้บุคคลธรรมดาทั้งปีจากเงินได้สุทธิ ตามอัตราก้าวหน้า",
            "en": "Thai personal income tax of a year on a net income, by the progressive rates",
        },
        parameters=arguments(net_income=_baht("เงินได้สุทธิทั้งปี", "Net income of the year")),
        run=_income,
    ),
    Tool(
        name="calculate_vat",
        domain="tax",
        description={"th": "คำนวณภาษีมูลค่าเพิ่ม (VAT) 7%", "en": "Thai value added tax (VAT) of 7%"},
        parameters=arguments(
            amount=_baht("ราคา", "Price"),
            includes_vat={
                "type": "boolean",
                "description": {
                    "th": "true ถ้าราคานี้รวม VAT แล้ว, false ถ้ายังไม่รวม",
                    "en": "Whether that price already includes VAT",
                },
            },
        ),
        run=_vat,
    ),
    Tool(
        name="calculate_withholding_tax",
        domain="tax",
        description={
            "th": "คำนวณภาษีหัก ณ ที่จ่าย เมื่อนิติบุคคลเป็นผู้จ่ายเงิน",
            "en": "Tax withheld at source when a company makes a payment",
        },
        parameters=arguments(
            amount=_baht("ยอดเงินก่อนหักภาษี", "Amount before tax is withheld"),
            payment_type=choice(
                "ประเภทเงินที่จ่าย: transport ค่าขนส่ง, advertising ค่าโฆษณา, service ค่าจ้างหรือค่าบริการ, "
                "rent ค่าเช่า, prize เงินรางวัล",
                "What is paid for: transport, advertising, service (work or services), rent, prize",
                *_WITHHELD,
            ),
        ),
        run=_withholding,
    ),
    Tool(
        name="get_tax_filing_deadline",
        domain="tax",
        description={
            "th": "วันสุดท้ายของการยื่นแบบภาษี (กระดาษ) เช่น ภ.ง.ด.90, ภ.ง.ด.91, ภ.ง.ด.94",
            "en": "Last day for filing a Thai income tax return (phor ngor dor) on paper",
        },
        parameters=arguments(
            form=text("ชื่อแบบ เช่น ภ.ง.ด.91", "Name of the form in Thai (phor ngor dor ...)", longest=20),
            tax_year=integer("ปีภาษี เป็นปี ค.ศ.", "Tax year, Common Era", 2000, 2100),
        ),
        run=_due,
    ),
)

GOALS = _tax_goals.GOALS
