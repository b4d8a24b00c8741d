"""Dates, times and amounts in the words that Thai people type: what the goals of the library put into their slots.

Every text says its value without doubt; digits are sometimes Thai ones, small numbers sometimes words.
"""

from __future__ import annotations

import random
from datetime import date

from constraints.thai.numbers import in_words

__all__ = [
    "BE",
    "MONTHS",
    "SHORT_MONTHS",
    "WEEKDAYS",
    "thai_amount",
    "thai_at_time",
    "thai_count",
    "thai_date",
    "thai_decimal",
    "thai_digits",
    "thai_month",
    "thai_months",
    "thai_phone",
    "thai_time",
    "thai_weight",
]

BE = 543
"""Years that the Buddhist Era is ahead of the Common Era."""
MONTHS = (
    "มกราคม", "กุมภาพันธ์", "มีนาคม", "เมษายน", "พฤษภาคม", "มิถุนายน",
    "กรกฎาคม", "สิงหาคม", "กันยายน", "ตุลาคม", "พฤศจิกายน", "ธันวาคม",
)  # fmt: skip
SHORT_MONTHS = (
    "ม.ค.", "ก.พ.", "มี.ค.", "เม.ย.", "พ.ค.", "มิ.ย.", "ก.ค.", "ส.ค.", "ก.ย.", "ต.ค.", "พ.ย.", "ธ.ค.",
)  # fmt: skip
WEEKDAYS = ("วันจันทร์", "วันอังคาร", "วันพุธ", "วันพฤหัสบดี", "วันศุกร์", "วันเสาร์", "วันอาทิตย์")
"""As date.weekday() counts them."""
_THAI_DIGITS = str.maketrans("0123456789", "๐๑๒๓๔๕๖๗๘๙")


def thai_date(day: date, rng: random.Random) -> str:
    """A whole date as a Thai writes it, nearly always in the Buddhist Era: "14 มกราคม 2570", "๑๔ ม.ค. ๒๕๗๐"."""
    months = SHORT_MONTHS if rng.random() < 0.3 else MONTHS
    year = day.year if rng.random() < 0.1 else day.year + BE
    era = "ค.ศ. " if year == day.year else rng.choice(("", "", "พ.ศ. "))
    text = f"{day.day} {months[day.month - 1]} {era}{year}"
    return text.translate(_THAI_DIGITS) if rng.random() < 0.1 else text


def thai_digits(text: str, rng: random.Random) -> str:
    """The text as it is, or (once in ten) with Thai digits."""
    return text.translate(_THAI_DIGITS) if rng.random() < 0.1 else text


def thai_month(year: int, month: int, rng: random.Random) -> str:
    """A month of a year: "เมษายน 2570", "เม.ย. พ.ศ. 2570"."""
    names = SHORT_MONTHS if rng.random() < 0.2 else MONTHS
    return thai_digits(f"{names[month - 1]} {rng.choice(('', '', 'พ.ศ. ', 'ปี '))}{year + BE}", rng)


def thai_time(hour: int, minute: int, rng: random.Random) -> str:
    """A time of day: "14.30 น.", "บ่าย 2 โมงครึ่ง", "สองทุ่ม". Spoken only on the hour and half past."""
    if minute in (0, 30) and rng.random() < 0.5:
        return _spoken(hour, minute == 30, rng)
    text = rng.choice((f"{hour:02}:{minute:02}", f"{hour:02}.{minute:02} น.", f"{hour}.{minute:02} น."))
    return thai_digits(text, rng)


def thai_at_time(hour: int, minute: int, rng: random.Random) -> str:
    """When something is to be: "ตอนบ่าย 2 โมง", "เวลา 14.30 น."."""
    said = thai_time(hour, minute, rng)
    if ":" in said or "." in said:
        return f"เวลา {said}"
    return f"ตอน {said}" if said[0].isdigit() else f"ตอน{said}"


def thai_count(number: int, rng: random.Random, unit: str = "") -> str:
    """A small number of things: "2", "๒"; with its unit or classifier also in words: "2 คน", "สองคน"."""
    if unit and number <= 12 and rng.random() < 0.3:
        return in_words(number) + unit
    return _followed_by(unit, thai_digits(str(number), rng))


def thai_amount(number: int, rng: random.Random, unit: str = "") -> str:
    """A whole amount: "12,500", "12500", "๑๒,๕๐๐"; with its unit also as it is spoken: "สามหมื่นบาท", "1.5 ล้านบาท"."""
    if unit and number >= 1_000 and rng.random() < 0.3 and (said := _rounded(number, rng)):
        return said + unit
    return _followed_by(unit, thai_digits(f"{number:,}" if rng.random() < 0.7 else str(number), rng))


def thai_decimal(number: float, rng: random.Random) -> str:
    """A number that may have a fraction: "2.5", "๒.๕", "1,250.75"."""
    return thai_digits(f"{number:,}".removesuffix(".0"), rng)


def thai_months(months: int, rng: random.Random) -> str:
    """How long, in months or whole years: "36 เดือน", "3 ปี"."""
    if months % 12 == 0 and rng.random() < 0.6:
        return thai_count(months // 12, rng, "ปี")
    return f"{thai_digits(str(months), rng)} เดือน"


def thai_weight(grams: int, rng: random.Random) -> str:
    """A weight: "800 กรัม", "1.5 กิโล", "2 กิโลกรัม", "ครึ่งกิโล"."""
    if grams == 500 and rng.random() < 0.3:
        return "ครึ่งกิโล"
    if grams >= 1_000 and grams % 100 == 0:
        kilos = f"{grams / 1000:g}"
        return f"{thai_digits(kilos, rng)} {rng.choice(('กิโล', 'กิโลกรัม', 'กก.'))}"
    return f"{thai_digits(f'{grams:,}', rng)} กรัม"


def thai_phone(digits: str, rng: random.Random) -> str:
    """A mobile number of ten digits: "081-234-5678", "0812345678", "081 234 5678"."""
    joint = rng.choice(("-", "-", "", " "))
    return joint.join((digits[:3], digits[3:6], digits[6:]))


def _followed_by(unit: str, digits: str) -> str:
    return f"{digits} {unit}" if unit else digits


def _rounded(number: int, rng: random.Random) -> str:
    """สามหมื่น, 3 หมื่น, 1.5 ล้าน; "" where the amount is no round one."""
    sizes = ((1_000_000, "ล้าน"), (100_000, "แสน"), (10_000, "หมื่น"), (1_000, "พัน"))
    size, name = next((size, name) for size, name in sizes if number >= size)
    if number % size == 0 and number // size < 10 and rng.random() < 0.5:
        return f"{in_words(number // size)}{name}"
    finest = size // 10 if size > 1_000 else size  # nobody says 2.5 พัน
    return f"{number / size:g} {name}" if number % finest == 0 else ""


def _spoken(hour: int, half: bool, rng: random.Random) -> str:
    """The six-hour clock: ตี from one, โมงเช้า from six, บ่าย from one, โมงเย็น from four, ทุ่ม from seven in the evening."""
    tail = "ครึ่ง" if half else ""
    if hour in (0, 12):
        return ("เที่ยงคืน" if hour == 0 else "เที่ยง") + tail
    if hour == 13:
        return f"บ่ายโมง{tail}"
    if hour < 6:
        return f"ตี{in_words(hour)}{tail}"
    counted = hour if hour < 12 else hour - 12 if hour < 19 else hour - 18
    number = in_words(counted) if rng.random() < 0.5 else f"{counted} "
    if hour < 12:
        return f"{number}โมงครึ่งตอนเช้า" if half and hour == 6 else f"{number}โมงครึ่ง" if half else f"{number}โมงเช้า"
    if hour < 16:
        return f"บ่าย{number if number[0] not in '123' else ' ' + number}โมง{tail}"
    if hour < 19:
        return f"{number}โมงครึ่งตอนเย็น" if half else f"{number}โมงเย็น"
    return f"{number}ทุ่ม{tail}"
