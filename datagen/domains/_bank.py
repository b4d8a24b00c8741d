"""The user's bank, the day's rates, and the arithmetic of money.

Invented: balances, exchange rates and gold prices (in keeping with those of 2026). Facts: a baht of gold weighs
15.244 g as a bar and 15.16 g as an ornament (Gold Traders Association), four สลึง make a baht; interest on deposits is
taxed at 15% (Revenue Code, section 50(2)); a flat rate counts on the whole loan to its end, a reducing one on what is
still owed, as an annuity.
"""

from __future__ import annotations

from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from datagen.tools.tool import ToolError
from datagen.tools.world import World

__all__ = [
    "ACCOUNTS",
    "BANKS",
    "CURRENCIES",
    "GOLD_GRAMS",
    "NOT_TRADED",
    "balance_of",
    "exchange_rate",
    "gold_price",
    "installment",
    "interest",
    "rounded",
]

ACCOUNTS = ("ออมทรัพย์", "กระแสรายวัน", "ฝากประจำ")
BANKS = ("กรุงเทพ", "กสิกรไทย", "กรุงไทย", "ไทยพาณิชย์", "กรุงศรีอยุธยา", "ทหารไทยธนชาต", "ออมสิน")
GOLD_GRAMS = {"ทองคำแท่ง": Decimal("15.244"), "ทองรูปพรรณ": Decimal("15.16")}
# Baht for one, around which a day's rate moves.
CURRENCIES = {
    "USD": Decimal("32.40"),
    "EUR": Decimal("37.60"),
    "GBP": Decimal("43.20"),
    "JPY": Decimal("0.2130"),
    "CNY": Decimal("4.55"),
    "SGD": Decimal("25.10"),
    "KRW": Decimal("0.0228"),
    "MYR": Decimal("7.70"),
}
_SATANG = Decimal("0.01")
NOT_TRADED = ("TRY", "BRL", "MMK", "EGP")


def rounded(value: Decimal) -> int | float:
    """To satang, half up; a whole number where there are none."""
    satang = value.quantize(_SATANG, ROUND_HALF_UP)
    return int(satang) if satang == int(satang) else float(satang)


def exchange_rate(world: World, currency: str) -> tuple[Decimal, Decimal]:
    """At which the bank buys and sells one of the currency today, in baht. Raises ToolError where it does not."""
    if currency not in CURRENCIES:
        raise ToolError("not_available", f"วันนี้ธนาคารไม่มีอัตราแลกเปลี่ยนของ {currency}")
    middle = CURRENCIES[currency]
    moved = Decimal(world.draw("rate", currency, world.now.date()).randint(-300, 300)) / 10_000
    finest = Decimal("0.01") if middle > 1 else Decimal("0.0001")
    rate = middle * (1 + moved)
    return (rate * Decimal("0.99")).quantize(finest), (rate * Decimal("1.01")).quantize(finest)


def gold_price(world: World, kind: str) -> tuple[int, int]:
    """What a shop pays for a baht of gold today, and what it asks."""
    middle = 62_000 + 50 * world.draw("gold", world.now.date()).randint(-80, 80)
    return (middle - 50, middle + 50) if kind == "ทองคำแท่ง" else (middle - 1_100, middle + 850)


def balance_of(world: World, account: str) -> int:
    """Baht in an account after what was transferred from it."""
    rng = world.draw("balance", account)
    least, most = {"ออมทรัพย์": (20, 400), "กระแสรายวัน": (5, 150), "ฝากประจำ": (100, 900)}[account]
    spent = sum(each["amount_baht"] for each in world.table("transfers")) if account == "ออมทรัพย์" else 0
    return rng.randint(least, most) * 1_000 + rng.randint(0, 99) * 10 - spent


def installment(principal: int, rate_percent: float, months: int, method: str) -> dict[str, Any]:
    """Monthly payment and all interest, rounded to satang; the last month settles what rounding leaves."""
    loan, rate = Decimal(principal), Decimal(str(rate_percent)) / 100
    if method == "คงที่":
        exact = (loan + loan * rate * months / 12) / months
    elif rate == 0:
        exact = loan / months
    else:
        monthly = rate / 12
        exact = loan * monthly / (1 - (1 + monthly) ** -months)
    return {"monthly_baht": rounded(exact), "total_interest_baht": rounded(exact * months - loan)}


def interest(principal: int, rate_percent: float, months: int) -> dict[str, Any]:
    """Simple interest of a deposit, the tax on it, and what is left."""
    exact = Decimal(principal) * Decimal(str(rate_percent)) / 100 * months / 12
    gross = exact.quantize(_SATANG, ROUND_HALF_UP)
    tax = (gross * Decimal("0.15")).quantize(_SATANG, ROUND_HALF_UP)
    return {"interest_baht": rounded(gross), "tax_baht": rounded(tax), "net_interest_baht": rounded(gross - tax)}
