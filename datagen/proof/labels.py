"""Whether a value is told under the name of its opposite: ปิด 08.30 น. เปิด 16.30 น., where it opens at 08:30.

Only a word right before the value counts, and only where the value stands nowhere else without it: what a sentence
means beyond that is not judged. A number that is denied (ไม่ใช่ 500 บาท, ไม่ต้องเสียภาษี 500 บาท) is not told.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

import regex

from constraints.verdict import Span
from datagen.proof.mentions import Mentions

__all__ = ["denied", "under_another_name"]

_FILL = r"(?:[ :*]|ที่|อยู่|คือ|เป็น|ประมาณ|ราวๆ?|เวลา|ตอน|ทำการ|ให้บริการ|เท่ากับ|ได้|จำนวน)*\Z"
_WIDEST = 45


@dataclass(frozen=True, slots=True)
class _Names:
    """`own`: what a value may be called; `other`: what its opposite is called; `cue`: the same, wherever it stands."""

    own: regex.Pattern[str]
    other: regex.Pattern[str]
    cue: re.Pattern[str]


def _names(own: str, other: str) -> _Names:
    return _Names(regex.compile(own), regex.compile(rf"(?:{other}){_FILL}"), re.compile(other))


_HOURS = (_names("เปิด|เริ่ม", "(?<!เ)ปิด"), _names("(?<!เ)ปิด|ถึง|จน|หมด", "เปิด"))
_SUN = (_names("ขึ้น", "ตก|ลับขอบฟ้า"), _names("ตก|ลับ", "ขึ้น"))
_HEAT = (_names("สูง|ร้อน", "ต่ำสุด|เย็นสุด|หนาวสุด"), _names("ต่ำ|เย็น|หนาว", "สูงสุด|ร้อนสุด"))
_TRADE = (_names("ซื้อ", "ขายออก"), _names("ขาย", "รับซื้อ"))
_NOT_THE_TAX = _names("รวม|หลัง|ก่อน|หัก|พร้อม|และ|กับ|สุทธิ|\\+|คิด", "ภาษี|ภาษีมูลค่าเพิ่ม|VAT|แวต")
_BY_NAME = {
    "opens": _HOURS[0],
    "closes": _HOURS[1],
    "sunrise": _SUN[0],
    "sunset": _SUN[1],
    "high_c": _HEAT[0],
    "low_c": _HEAT[1],
    "bank_buys_baht": _TRADE[0],
    "shop_buys_baht": _TRADE[0],
    "bank_sells_baht": _TRADE[1],
    "shop_sells_baht": _TRADE[1],
    "total_baht": _NOT_THE_TAX,
    "net_interest_baht": _NOT_THE_TAX,
    "net_income_baht": _NOT_THE_TAX,
    "before_vat_baht": _NOT_THE_TAX,
    "tax_baht": _names("ภาษี", "เงินได้|เงินได้สุทธิ|รายได้|ดอกเบี้ยสุทธิ"),
    "section": _names("ข้อ|มาตรา", "ปรับ|ปรับไม่เกิน|ปรับสูงสุด"),
    "max_fine_baht": _names("ไม่เกิน|สูงสุด", "ข้อ|อย่างน้อย|ขั้นต่ำ|ไม่ต่ำกว่า|ต่ำสุด"),
}
_DENIED = regex.compile(
    r"(?:(?<!หรือ)ไม่ใช่|ไม่ถึง|ไม่(?:ต้อง)?(?:เสีย|จ่าย|ชำระ|ปรับ)(?:ภาษี|ค่าปรับ|ค่าธรรมเนียม|เงิน|เพิ่ม)?"
    r"|ไม่(?:ร้อน|หนาว|เย็น)ถึง) ?\Z"
)


def under_another_name(name: str, told: Iterable[Span], said: Mentions) -> bool:
    """Whether every place where the value stands has the name of its opposite before it, and not its own."""
    names = _BY_NAME.get(name)
    if names is None or not names.cue.search(said.text) or not (places := list(told)):
        return False
    ends = [mention.at[1] for mention in (*said.amounts, *said.times, *said.days)]
    for start, _ in places:
        since = max((end for end in ends if end <= start), default=0)
        before = said.text[max(since, start - _WIDEST, said.text.rfind("\n", 0, start) + 1) : start]
        if names.own.search(before) or not names.other.search(before):
            return False
    return True


def denied(at: Span, text: str) -> bool:
    """Whether a number is said not to be."""
    return _DENIED.search(text, max(0, at[0] - 40), at[0]) is not None
