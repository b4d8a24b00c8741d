"""What people want of money: rates, gold, loans, deposits, and what their account holds."""

from __future__ import annotations

import random
from collections.abc import Callable

from datagen.domains._bank import ACCOUNTS, BANKS, CURRENCIES, GOLD_GRAMS, balance_of
from datagen.scenarios.goal import Drawn, Goal
from datagen.scenarios.scenario import ExpectedCall, State
from datagen.tools.words import thai_amount, thai_count, thai_decimal, thai_months
from datagen.tools.world import World

__all__ = ["GOALS"]

Draw = Callable[[random.Random, World], Drawn]

_CURRENCY_NAMES = {
    "USD": ("ดอลลาร์สหรัฐ", "ดอลลาร์อเมริกา"),
    "EUR": ("ยูโร",),
    "GBP": ("ปอนด์อังกฤษ", "ปอนด์สเตอร์ลิง"),
    "JPY": ("เยน", "เยนญี่ปุ่น"),
    "CNY": ("หยวน", "หยวนจีน"),
    "SGD": ("ดอลลาร์สิงคโปร์",),
    "KRW": ("วอน", "วอนเกาหลี"),
    "MYR": ("ริงกิต", "ริงกิตมาเลเซีย"),
    "TRY": ("ลีราตุรกี",),
    "BRL": ("เรอัลบราซิล",),
    "MMK": ("จ๊าดพม่า",),
    "EGP": ("ปอนด์อียิปต์",),
}


def _draw_rate(traded: bool) -> Draw:
    def draw(rng: random.Random, world: World) -> Drawn:
        currency = rng.choice(sorted(each for each in _CURRENCY_NAMES if (each in CURRENCIES) == traded))
        slots = {"currency": rng.choice(_CURRENCY_NAMES[currency])}
        if not traded:
            return Drawn(slots, (ExpectedCall("get_exchange_rate", {"currency": currency}, error="not_available"),), ())
        return Drawn(
            slots,
            (ExpectedCall("get_exchange_rate", {"currency": currency}),),
            (State(0, "bank_buys_baht", "number"), State(0, "bank_sells_baht", "number")),
        )

    return draw


def _draw_exchange(rng: random.Random, world: World) -> Drawn:
    currency = rng.choice(sorted(CURRENCIES))
    amount = rng.choice((50, 100, 200, 500, 1_000)) * (100 if currency in ("JPY", "KRW") else 1)
    direction, said = rng.choice((("ซื้อเงินต่างประเทศ", "ซื้อ"), ("ขายเงินต่างประเทศ", "ขาย")))
    call = {"amount": amount, "currency": currency, "direction": direction}
    slots = {
        "amount": thai_amount(amount, rng, rng.choice(_CURRENCY_NAMES[currency])),
        "direction": said,
    }
    return Drawn(slots, (ExpectedCall("exchange_money", call),), (State(0, "total_baht", "number"),))


def _draw_gold_price(rng: random.Random, world: World) -> Drawn:
    kind = rng.choice(sorted(GOLD_GRAMS))
    wanted, path = rng.choice((("รับซื้อ", "shop_buys_baht"), ("ขายออก", "shop_sells_baht")))
    return Drawn(
        {"kind": kind, "side": wanted}, (ExpectedCall("get_gold_price", {"kind": kind}),), (State(0, path, "number"),)
    )


def _gold(rng: random.Random) -> tuple[str, dict[str, object]]:
    """A weight of gold as it is said, and as arguments."""
    unit = rng.choice(("บาท", "บาท", "สลึง"))
    weight = rng.choice((1, 2, 3)) if unit == "สลึง" else rng.choice((1, 2, 3, 5, 10))
    return thai_count(weight, rng, unit), {"weight": weight, "unit": unit}


def _draw_gold_sale(rng: random.Random, world: World) -> Drawn:
    said, weight = _gold(rng)
    kind = rng.choice(sorted(GOLD_GRAMS))
    value = {**weight, "price_per_baht": {"$from": [0, "shop_buys_baht"]}}
    calls = (ExpectedCall("get_gold_price", {"kind": kind}), ExpectedCall("calculate_gold_value", value))
    return Drawn({"kind": kind, "weight": said}, calls, (State(1, "total_baht", "number"),))


def _draw_gold_value(rng: random.Random, world: World) -> Drawn:
    said, weight = _gold(rng)
    price = rng.randint(1_100, 1_400) * 50
    call = ExpectedCall("calculate_gold_value", {**weight, "price_per_baht": price})
    slots = {"weight": said, "price": thai_amount(price, rng, "บาท")}
    return Drawn(slots, (call,), (State(0, "total_baht", "number"),))


def _draw_gold_grams(rng: random.Random, world: World) -> Drawn:
    said, weight = _gold(rng)
    kind = rng.choice(sorted(GOLD_GRAMS))
    call = ExpectedCall("gold_weight_to_grams", {"kind": kind, **weight})
    return Drawn({"kind": kind, "weight": said}, (call,), (State(0, "grams", "number"),))


def _draw_installment(rng: random.Random, world: World) -> Drawn:
    principal, months = rng.randint(5, 200) * 10_000, rng.choice((12, 24, 36, 48, 60, 72, 84))
    rate = rng.choice((1.99, 2.5, 2.79, 3.25, 4, 5.5, 6, 7.25))
    method, said = rng.choice((("คงที่", "ดอกเบี้ยคงที่"), ("ลดต้นลดดอก", "ดอกเบี้ยแบบลดต้นลดดอก")))
    call = {"principal_baht": principal, "annual_rate_percent": rate, "months": months, "method": method}
    slots = {
        "principal": thai_amount(principal, rng, "บาท"),
        "rate": thai_decimal(rate, rng),
        "months": thai_months(months, rng),
        "method": said,
    }
    return Drawn(slots, (ExpectedCall("calculate_installment", call),), (State(0, "monthly_baht", "number"),))


def _draw_deposit(rng: random.Random, world: World) -> Drawn:
    principal, months = rng.randint(2, 100) * 10_000, rng.choice((3, 6, 12, 24, 36))
    rate = rng.choice((0.5, 1, 1.25, 1.5, 1.75, 2))
    call = {"principal_baht": principal, "annual_rate_percent": rate, "months": months}
    slots = {
        "principal": thai_amount(principal, rng, "บาท"),
        "rate": thai_decimal(rate, rng),
        "months": thai_months(months, rng),
    }
    return Drawn(slots, (ExpectedCall("calculate_deposit_interest", call),), (State(0, "net_interest_baht", "number"),))


def _draw_own_deposit(rng: random.Random, world: World) -> Drawn:
    months, rate = rng.choice((3, 6, 12, 24, 36)), rng.choice((0.5, 1, 1.25, 1.5, 1.75, 2))
    look_up = ExpectedCall("get_account_balance", {"account": "ฝากประจำ"})
    call = {"principal_baht": {"$from": [0, "balance_baht"]}, "annual_rate_percent": rate, "months": months}
    return Drawn(
        {"account": "ฝากประจำ", "rate": thai_decimal(rate, rng), "months": thai_months(months, rng)},
        (look_up, ExpectedCall("calculate_deposit_interest", call)),
        (State(1, "net_interest_baht", "number"),),
    )


def _draw_balance(rng: random.Random, world: World) -> Drawn:
    account = rng.choice(ACCOUNTS)
    call = ExpectedCall("get_account_balance", {"account": account})
    return Drawn({"account": account}, (call,), (State(0, "balance_baht", "number"),))


def _draw_transfer(too_much: bool) -> Draw:
    def draw(rng: random.Random, world: World) -> Drawn:
        digits = "".join(rng.choice("0123456789") for _ in range(10))
        balance = balance_of(world, "ออมทรัพย์")
        amount = balance // 1_000 * 1_000 + rng.randint(5, 90) * 1_000 if too_much else rng.randint(3, 90) * 100
        bank = rng.choice(BANKS)
        call = {"bank": bank, "account_number": digits, "amount_baht": amount}
        slots = {
            "bank": bank,
            "account_number": rng.choice((digits, f"{digits[:3]}-{digits[3]}-{digits[4:9]}-{digits[9]}")),
            "amount": thai_amount(amount, rng, "บาท"),
        }
        if too_much:
            return Drawn(slots, (ExpectedCall("transfer_money", call, error="insufficient_funds"),), ())
        states = (State(0, "transfer_id"), State(0, "balance_baht", "number"))
        return Drawn(slots, (ExpectedCall("transfer_money", call),), states)

    return draw


_MUCH = ("เท่าไร", "เท่าไหร่", "กี่บาท", "จำนวน", "ยอด")
_ASKS_CURRENCY = ("สกุลเงิน", "เงินอะไร", "เงินสกุล", "ประเทศไหน", "ประเทศอะไร")
_ASKS_KIND = ("ทองแท่ง", "ทองคำแท่ง", "รูปพรรณ", "ชนิด", "ประเภท", "แบบไหน")
_ASKS_WEIGHT = ("กี่บาท", "น้ำหนัก", "กี่สลึง", "เท่าไร", "เท่าไหร่")
_ASKS_RATE = ("ดอกเบี้ย", "อัตรา", "ร้อยละ", "เปอร์เซ็นต์")
_ASKS_MONTHS = ("กี่เดือน", "กี่ปี", "ระยะเวลา", "กี่งวด", "นานเท่าไร", "นานเท่าไหร่")
_ASKS_METHOD = ("คงที่", "ลดต้นลดดอก", "แบบไหน", "วิธีคิด", "ประเภทดอกเบี้ย")
_ASKS_ACCOUNT = ("บัญชีไหน", "บัญชีอะไร", "บัญชีใด", "ประเภทบัญชี", "บัญชีประเภท", "ออมทรัพย์")

GOALS = (
    Goal(
        id="money.rate",
        draw=_draw_rate(traded=True),
        requests=(
            "วันนี้เงิน{currency}ธนาคารรับซื้อกับขายเท่าไร",
            "เรท{currency}วันนี้ ซื้อเท่าไร ขายเท่าไร",
            "อยากรู้อัตราแลกเปลี่ยน{currency}วันนี้ทั้งราคาที่ธนาคารซื้อและขาย",
            "ขอทราบอัตรารับซื้อและอัตราขายของเงินสกุล{currency} ประจำวันนี้",
        ),
        without={"currency": ("วันนี้ธนาคารรับซื้อกับขายเงินต่างประเทศเท่าไร", "เรทแลกเงินวันนี้เท่าไร ทั้งซื้อทั้งขาย")},
        supply={"currency": ("{currency}", "เงิน{currency}")},
        asks={"currency": _ASKS_CURRENCY},
        topic="อัตราแลกเปลี่ยน",
    ),
    Goal(
        id="money.not_traded",
        draw=_draw_rate(traded=False),
        requests=(
            "วันนี้เงิน{currency}ธนาคารรับซื้อเท่าไร",
            "เรท{currency}วันนี้เท่าไร",
            "อยากรู้อัตราแลกเปลี่ยน{currency}วันนี้",
            "ขอทราบอัตรารับซื้อของเงินสกุล{currency} ประจำวันนี้",
        ),
        fails="not_available",
        topic="อัตราแลกเปลี่ยน",
    ),
    Goal(
        id="money.exchange",
        draw=_draw_exchange,
        requests=(
            "จะ{direction}เงิน {amount} กับธนาคารวันนี้ คิดเป็นเงินกี่บาท",
            "ถ้า{direction} {amount} วันนี้ รวมเป็นเงินไทยเท่าไร",
            "แลกเงินที่ธนาคารวันนี้ อยาก{direction} {amount} คำนวณให้หน่อยว่ากี่บาท",
            "ขอให้คำนวณจำนวนเงินบาทเมื่อลูกค้า{direction} {amount} ตามอัตราวันนี้",
        ),
        without={"amount": ("จะ{direction}เงินต่างประเทศกับธนาคารวันนี้ คิดเป็นเงินกี่บาท",)},
        supply={"amount": ("{amount}", "จำนวน {amount}")},
        asks={"amount": (*_MUCH, *_ASKS_CURRENCY)},
        topic="การแลกเงิน",
    ),
    Goal(
        id="money.gold_price",
        draw=_draw_gold_price,
        requests=(
            "วันนี้{kind}{side}บาทละเท่าไร",
            "ราคา{kind}วันนี้ {side}เท่าไร",
            "แม่ฝากถามว่า{kind}วันนี้ร้าน{side}บาทละกี่บาท",
            "ขอทราบราคา{side}ของ{kind} ต่อน้ำหนักหนึ่งบาท ประจำวันนี้",
        ),
        without={"kind": ("วันนี้ราคาทอง{side}บาทละเท่าไร", "ทองวันนี้ร้าน{side}เท่าไร")},
        supply={"kind": ("{kind}", "เอาราคา{kind}")},
        asks={"kind": _ASKS_KIND},
        topic="ราคาทอง",
    ),
    Goal(
        id="money.gold_sale",
        draw=_draw_gold_sale,
        requests=(
            "ถ้าเอา{kind} {weight} ไปขายร้านทองวันนี้ จะได้เงินเท่าไร",
            "มี{kind}อยู่ {weight} อยากขายคืนร้านตามราคารับซื้อวันนี้ ได้กี่บาท",
            "ขาย{kind} {weight} วันนี้ได้เท่าไร",
            "ขอให้คำนวณมูลค่า{kind} น้ำหนัก {weight} ตามราคารับซื้อของวันนี้",
        ),
        without={
            "weight": ("จะเอา{kind}ไปขายร้านทองวันนี้ จะได้เงินเท่าไร",),
            "kind": ("จะเอาทอง {weight} ไปขายร้านทองวันนี้ จะได้เงินเท่าไร",),
        },
        supply={"weight": ("{weight}", "หนัก {weight}"), "kind": ("{kind}", "เป็น{kind}")},
        asks={"weight": _ASKS_WEIGHT, "kind": _ASKS_KIND},
        topic="มูลค่าทอง",
    ),
    Goal(
        id="money.gold_value",
        draw=_draw_gold_value,
        requests=(
            "ทอง {weight} ราคาบาทละ {price} คิดเป็นเงินเท่าไร",
            "ร้านให้ราคาทองบาทละ {price} ของเรามี {weight} รวมได้เท่าไร",
            "ทองหนัก {weight} บาทละ {price} กี่บาท",
            "ขอให้คำนวณมูลค่าทองน้ำหนัก {weight} ที่ราคาบาทละ {price}",
        ),
        without={
            "weight": ("ร้านให้ราคาทองบาทละ {price} ของเราทั้งหมดจะได้เงินเท่าไร",),
            "price": ("ทองหนัก {weight} คิดเป็นเงินเท่าไรตามราคาที่ร้านให้มา",),
        },
        supply={"weight": ("{weight}", "หนัก {weight}"), "price": ("บาทละ {price}", "{price}")},
        asks={"weight": _ASKS_WEIGHT, "price": (*_MUCH, "ราคา", "บาทละ")},
        topic="มูลค่าทอง",
        answerable=True,
    ),
    Goal(
        id="money.gold_grams",
        draw=_draw_gold_grams,
        requests=(
            "{kind} {weight} หนักกี่กรัม",
            "{kind}น้ำหนัก {weight} ถ้าชั่งเป็นกรัมจะได้เท่าไร",
            "ซื้อ{kind}มา {weight} อยากรู้ว่ากี่กรัม",
            "ขอให้แปลงน้ำหนัก{kind} {weight} เป็นกรัม",
        ),
        without={
            "weight": ("{kind}ที่ซื้อมาหนักกี่กรัม ช่วยแปลงให้หน่อย",),
            "kind": ("ทอง {weight} หนักกี่กรัม",),
        },
        supply={"weight": ("{weight}", "หนัก {weight}"), "kind": ("{kind}", "เป็น{kind}")},
        asks={"weight": _ASKS_WEIGHT, "kind": _ASKS_KIND},
        topic="น้ำหนักทอง",
        answerable=True,
    ),
    Goal(
        id="money.installment",
        draw=_draw_installment,
        requests=(
            "กู้ {principal} {method}ร้อยละ {rate} ต่อปี ผ่อน {months} ต้องผ่อนเดือนละเท่าไร",
            "ถ้าจะผ่อน {months} ยอดกู้ {principal} คิด{method}ปีละ {rate}% ค่างวดเดือนละกี่บาท",
            "คำนวณค่างวด กู้ {principal} {method} {rate}% ต่อปี ระยะเวลา {months}",
            "ขอทราบค่างวดต่อเดือนของเงินกู้ {principal} {method}ร้อยละ {rate} ต่อปี ระยะเวลาผ่อนชำระ {months}",
        ),
        without={
            "principal": ("จะกู้เงิน{method}ร้อยละ {rate} ต่อปี ผ่อน {months} ต้องผ่อนเดือนละเท่าไร",),
            "rate": ("กู้ {principal} คิด{method} ผ่อน {months} ต้องผ่อนเดือนละเท่าไร",),
            "months": ("กู้ {principal} {method}ร้อยละ {rate} ต่อปี ต้องผ่อนเดือนละเท่าไร",),
            "method": ("กู้ {principal} ดอกเบี้ยร้อยละ {rate} ต่อปี ผ่อน {months} ต้องผ่อนเดือนละเท่าไร",),
        },
        supply={
            "principal": ("{principal}", "กู้ {principal}"),
            "rate": ("ร้อยละ {rate} ต่อปี", "{rate}% ต่อปี"),
            "months": ("{months}", "ผ่อน {months}"),
            "method": ("{method}", "คิด{method}"),
        },
        asks={
            "principal": (*_MUCH, "เงินต้น", "วงเงิน"),
            "rate": _ASKS_RATE,
            "months": _ASKS_MONTHS,
            "method": _ASKS_METHOD,
        },
        topic="ค่างวดเงินกู้",
        answerable=True,
    ),
    Goal(
        id="money.deposit",
        draw=_draw_deposit,
        requests=(
            "ฝากเงิน {principal} ดอกเบี้ยร้อยละ {rate} ต่อปี นาน {months} หักภาษีแล้วได้ดอกเบี้ยสุทธิเท่าไร",
            "ถ้าฝาก {principal} ไว้ {months} ดอกปีละ {rate}% หลังหักภาษีเหลือดอกกี่บาท",
            "คิดดอกเบี้ยสุทธิให้หน่อย เงินฝาก {principal} ดอก {rate}% ต่อปี {months}",
            "ขอทราบดอกเบี้ยสุทธิหลังหักภาษีของเงินฝาก {principal} อัตราร้อยละ {rate} ต่อปี ระยะเวลา {months}",
        ),
        without={
            "principal": ("ฝากเงินดอกเบี้ยร้อยละ {rate} ต่อปี นาน {months} หักภาษีแล้วได้ดอกเบี้ยสุทธิเท่าไร",),
            "rate": ("ฝากเงิน {principal} นาน {months} หักภาษีแล้วได้ดอกเบี้ยสุทธิเท่าไร",),
            "months": ("ฝากเงิน {principal} ดอกเบี้ยร้อยละ {rate} ต่อปี หักภาษีแล้วจะได้ดอกเบี้ยสุทธิเท่าไร",),
        },
        supply={
            "principal": ("{principal}", "ฝาก {principal}"),
            "rate": ("ร้อยละ {rate} ต่อปี", "{rate}% ต่อปี"),
            "months": ("{months}", "ฝาก {months}"),
        },
        asks={"principal": (*_MUCH, "เงินต้น", "เงินฝาก"), "rate": _ASKS_RATE, "months": _ASKS_MONTHS},
        topic="ดอกเบี้ยเงินฝาก",
        answerable=True,
    ),
    Goal(
        id="money.own_deposit",
        draw=_draw_own_deposit,
        requests=(
            "เงินในบัญชี{account}ของฉัน ถ้าได้ดอกเบี้ยร้อยละ {rate} ต่อปี ฝากต่ออีก {months} จะได้ดอกเบี้ยสุทธิเท่าไร",
            "เอายอดในบัญชี{account}มาคิดดอกปีละ {rate}% นาน {months} หักภาษีแล้วเหลือดอกกี่บาท",
            "ดูยอดบัญชี{account} แล้วคำนวณดอกเบี้ยสุทธิที่ {rate}% ต่อปี ระยะเวลา {months} ให้หน่อย",
            "ขอทราบดอกเบี้ยสุทธิของเงินในบัญชี{account} อัตราร้อยละ {rate} ต่อปี ระยะเวลา {months}",
        ),
        topic="ดอกเบี้ยเงินฝาก",
    ),
    Goal(
        id="money.balance",
        draw=_draw_balance,
        requests=(
            "บัญชี{account}เหลือเงินเท่าไร",
            "เช็กยอดบัญชี{account}ให้หน่อย",
            "ตอนนี้ในบัญชี{account}มีกี่บาท จะได้รู้ว่าพอจ่ายไหม",
            "ขอทราบยอดเงินคงเหลือในบัญชี{account}",
        ),
        without={"account": ("ในบัญชีเหลือเงินเท่าไร", "เช็กยอดเงินคงเหลือให้หน่อย")},
        supply={"account": ("บัญชี{account}", "{account}")},
        asks={"account": _ASKS_ACCOUNT},
        topic="ยอดเงินในบัญชี",
    ),
    Goal(
        id="money.transfer",
        draw=_draw_transfer(too_much=False),
        requests=(
            "โอนเงิน {amount} ไปธนาคาร{bank} เลขบัญชี {account_number} แล้วบอกเลขอ้างอิงกับยอดคงเหลือด้วย",
            "ช่วยโอนให้ที {amount} เข้าบัญชี {account_number} ธนาคาร{bank} โอนแล้วขอเลขอ้างอิงกับเงินที่เหลือ",
            "โอน {amount} เข้า {account_number} {bank} ขอเลขอ้างอิงและยอดคงเหลือ",
            "ขอให้โอนเงินจำนวน {amount} ไปยังบัญชีธนาคาร{bank} เลขที่ {account_number} พร้อมแจ้งเลขอ้างอิงและยอดคงเหลือ",
        ),
        without={
            "bank": ("โอนเงิน {amount} ไปเลขบัญชี {account_number} แล้วบอกเลขอ้างอิงกับยอดคงเหลือด้วย",),
            "account_number": ("โอนเงิน {amount} ไปธนาคาร{bank}ให้หน่อย แล้วบอกเลขอ้างอิงกับยอดคงเหลือด้วย",),
            "amount": ("โอนเงินไปธนาคาร{bank} เลขบัญชี {account_number} แล้วบอกเลขอ้างอิงกับยอดคงเหลือด้วย",),
        },
        supply={
            "bank": ("ธนาคาร{bank}", "{bank}"),
            "account_number": ("{account_number}", "เลขบัญชี {account_number}"),
            "amount": ("{amount}", "จำนวน {amount}"),
        },
        asks={"bank": ("ธนาคาร",), "account_number": ("เลขบัญชี", "เลขที่บัญชี", "หมายเลขบัญชี"), "amount": _MUCH},
        topic="การโอนเงิน",
    ),
    Goal(
        id="money.insufficient",
        draw=_draw_transfer(too_much=True),
        requests=(
            "โอนเงิน {amount} ไปธนาคาร{bank} เลขบัญชี {account_number}",
            "ช่วยโอนให้ที {amount} เข้าบัญชี {account_number} ธนาคาร{bank}",
            "โอน {amount} เข้า {account_number} {bank}",
            "ขอให้โอนเงินจำนวน {amount} ไปยังบัญชีธนาคาร{bank} เลขที่ {account_number}",
        ),
        fails="insufficient_funds",
        topic="การโอนเงิน",
    ),
)
