"""Money: exchange rates, gold, loans and deposits, and the user's own bank accounts."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from datagen.domains._bank import (
    ACCOUNTS,
    BANKS,
    CURRENCIES,
    GOLD_GRAMS,
    NOT_TRADED,
    balance_of,
    exchange_rate,
    gold_price,
    installment,
    interest,
    rounded,
)
from datagen.domains._money_goals import GOALS
from datagen.tools.schema import arguments, choice, integer, number, text
from datagen.tools.tool import Tool, ToolError
from datagen.tools.world import World

__all__ = ["GOALS", "TOOLS"]


def _rate(world: World, given: Mapping[str, Any]) -> Any:
    buys, sells = exchange_rate(world, given["currency"])
    return {"currency": given["currency"], "bank_buys_baht": float(buys), "bank_sells_baht": float(sells)}


def _exchange(world: World, given: Mapping[str, Any]) -> Any:
    buys, sells = exchange_rate(world, given["currency"])
    selling = given["direction"] == "ขายเงินต่างประเทศ"
    rate = buys if selling else sells
    return {**given, "rate_baht": float(rate), "total_baht": rounded(given["amount"] * rate)}


def _gold_price(world: World, given: Mapping[str, Any]) -> Any:
    buys, sells = gold_price(world, given["kind"])
    return {"kind": given["kind"], "shop_buys_baht": buys, "shop_sells_baht": sells}


def _gold_value(world: World, given: Mapping[str, Any]) -> Any:
    weight = Decimal(str(given["weight"])) / (4 if given["unit"] == "สลึง" else 1)
    return {**given, "total_baht": rounded(weight * given["price_per_baht"])}


def _gold_grams(world: World, given: Mapping[str, Any]) -> Any:
    weight = Decimal(str(given["weight"])) / (4 if given["unit"] == "สลึง" else 1)
    return {**given, "grams": float(round(weight * GOLD_GRAMS[given["kind"]], 3))}


def _installment(world: World, given: Mapping[str, Any]) -> Any:
    return installment(given["principal_baht"], given["annual_rate_percent"], given["months"], given["method"])


def _interest(world: World, given: Mapping[str, Any]) -> Any:
    return interest(given["principal_baht"], given["annual_rate_percent"], given["months"])


def _balance(world: World, given: Mapping[str, Any]) -> Any:
    return {"account": given["account"], "balance_baht": balance_of(world, given["account"])}


def _transfer(world: World, given: Mapping[str, Any]) -> Any:
    left = balance_of(world, "ออมทรัพย์") - given["amount_baht"]
    if left < 0:
        raise ToolError("insufficient_funds", "ยอดเงินในบัญชีออมทรัพย์ไม่พอสำหรับการโอน")
    transfers = world.table("transfers")
    transfer_id = world.number("TF", *given.values(), len(transfers))
    transfers.append({"transfer_id": transfer_id, **given})
    return {"transfer_id": transfer_id, "amount_baht": given["amount_baht"], "balance_baht": left}


_CURRENCY = choice("รหัสสกุลเงิน", "Currency code", *CURRENCIES, *NOT_TRADED)
_KIND = choice("ชนิดของทอง", "Kind of gold: bar or ornament", *GOLD_GRAMS)
_WEIGHT = number("น้ำหนักทอง", "Weight of the gold", 0.01, 100_000)
_UNIT = choice("หน่วยน้ำหนักทอง (4 สลึง = 1 บาท)", "Unit of the weight (4 salueng = 1 baht)", "บาท", "สลึง")
_RATE = number("อัตราดอกเบี้ยต่อปี เป็นร้อยละ", "Interest a year, in percent", 0, 60)
_MONTHS = integer("ระยะเวลาเป็นเดือน", "How many months", 1, 480)

TOOLS = (
    Tool(
        "get_exchange_rate",
        "money",
        {"th": "อัตราแลกเปลี่ยนวันนี้ต่อ 1 หน่วยเงินต่างประเทศ เป็นบาท", "en": "Today's baht rate for one unit of a currency"},
        arguments(currency=_CURRENCY),
        _rate,
    ),
    Tool(
        "exchange_money",
        "money",
        {"th": "คำนวณเงินบาทที่ต้องจ่ายหรือจะได้เมื่อแลกเงินวันนี้", "en": "Baht to pay or get when changing money today"},
        arguments(
            amount=integer("จำนวนเงินต่างประเทศ", "Amount of the foreign currency", 1, 100_000_000),
            currency=_CURRENCY,
            direction=choice("ลูกค้าซื้อหรือขาย", "Buying or selling it", "ซื้อเงินต่างประเทศ", "ขายเงินต่างประเทศ"),
        ),
        _exchange,
    ),
    Tool(
        "get_gold_price",
        "money",
        {"th": "ราคาทองวันนี้ต่อน้ำหนัก 1 บาท ทั้งรับซื้อและขายออก", "en": "Today's gold price for a baht of weight"},
        arguments(kind=_KIND),
        _gold_price,
    ),
    Tool(
        "calculate_gold_value",
        "money",
        {"th": "คำนวณมูลค่าทองจากน้ำหนักและราคาต่อบาท", "en": "Value of gold from its weight and the price of a baht"},
        arguments(
            weight=_WEIGHT,
            unit=_UNIT,
            price_per_baht=integer("ราคาทองต่อน้ำหนัก 1 บาท", "Price of one baht of weight", 1, 1_000_000),
        ),
        _gold_value,
    ),
    Tool(
        "gold_weight_to_grams",
        "money",
        {"th": "แปลงน้ำหนักทองเป็นกรัม", "en": "Weight of gold in grams"},
        arguments(kind=_KIND, weight=_WEIGHT, unit=_UNIT),
        _gold_grams,
    ),
    Tool(
        "calculate_installment",
        "money",
        {"th": "คำนวณค่างวดต่อเดือนและดอกเบี้ยรวมของเงินกู้", "en": "Monthly payment and total interest of a loan"},
        arguments(
            principal_baht=integer("เงินต้นเป็นบาท", "Loan in baht", 1_000, 100_000_000),
            annual_rate_percent=_RATE,
            months=_MONTHS,
            method=choice("วิธีคิดดอกเบี้ย", "How interest counts: flat or reducing", "คงที่", "ลดต้นลดดอก"),
        ),
        _installment,
    ),
    Tool(
        "calculate_deposit_interest",
        "money",
        {
            "th": "คำนวณดอกเบี้ยเงินฝาก ภาษี 15% และดอกเบี้ยสุทธิ",
            "en": "Interest of a deposit, the 15% tax on it, and what is left",
        },
        arguments(
            principal_baht=integer("เงินฝากเป็นบาท", "Deposit in baht", 1, 1_000_000_000),
            annual_rate_percent=_RATE,
            months=_MONTHS,
        ),
        _interest,
    ),
    Tool(
        "get_account_balance",
        "money",
        {"th": "ยอดเงินคงเหลือในบัญชีของผู้ใช้", "en": "Balance of one of the user's accounts"},
        arguments(account=choice("ประเภทบัญชี", "Kind of account", *ACCOUNTS)),
        _balance,
    ),
    Tool(
        "transfer_money",
        "money",
        {"th": "โอนเงินจากบัญชีออมทรัพย์ของผู้ใช้ไปบัญชีอื่น", "en": "Transfer money from the user's savings account"},
        arguments(
            bank=choice("ธนาคารปลายทาง", "Bank of the recipient", *BANKS),
            account_number=text(
                "เลขบัญชีปลายทาง 10 หลัก ไม่มีขีด", "Account number, 10 digits without dashes", pattern=r"^\d{10}$"
            ),
            amount_baht=integer("จำนวนเงินเป็นบาท", "Amount in baht", 1, 2_000_000),
        ),
        _transfer,
        writes=True,
    ),
)
