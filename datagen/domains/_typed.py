"""Amounts, times of day and years as Thai people type them, for the slots of goals.

Each says a value in one of its everyday spellings; whoever reads it back gets exactly that value.
"""

from __future__ import annotations

import random

from datagen.tools.words import BE

__all__ = ["typed_baht", "typed_count", "typed_time", "typed_year"]

_THAI_DIGITS = str.maketrans("0123456789", "๐๑๒๓๔๕๖๗๘๙")
_MILLION = 1_000_000


def typed_baht(amount: int, rng: random.Random) -> str:
    """A whole amount of money: "35,000 บาท", "35000 บาท", "3.5 ล้านบาท", now and then in Thai digits."""
    if amount >= _MILLION and amount % (_MILLION // 100) == 0 and rng.random() < 0.5:
        millions, rest = divmod(amount, _MILLION)
        return f"{millions}.{rest // 10_000:02d}".rstrip("0").rstrip(".") + " ล้านบาท"
    return _digits(f"{amount:,}" if rng.random() < 0.7 or amount >= _MILLION else f"{amount}", rng) + " บาท"


def typed_count(count: int, unit: str, rng: random.Random) -> str:
    """A number of things with its unit or classifier: "4 คน", now and then "๔ คน"."""
    return _digits(f"{count}", rng) + f" {unit}"


def typed_time(time: str, rng: random.Random) -> str:
    """A time HH:MM: "18.30 น.", "18:30 น.", or on the hour and half past as it is said: "บ่าย 2 โมงครึ่ง", "1 ทุ่ม"."""
    hour, minute = int(time[:2]), int(time[3:])
    said = _said(hour)
    if said and minute in (0, 30) and rng.random() < 0.35:
        return said if minute == 0 else said.removesuffix("เช้า") + "ครึ่ง"
    return _digits(rng.choice((f"{hour}.{minute:02d} น.", f"{time} น.")), rng)


def typed_year(year: int, rng: random.Random) -> str:
    """A year of the Common Era, mostly in the Buddhist Era: "2569", "พ.ศ. 2569", "๒๕๖๙", "ค.ศ. 2026"."""
    if rng.random() < 0.1:
        return f"ค.ศ. {year}"
    return _digits(rng.choice(("", "", "พ.ศ. ")) + f"{year + BE}", rng)


def _said(hour: int) -> str:
    """The hour in words; "" where half past it would not be said this way."""
    if 7 <= hour <= 11:
        return f"{hour} โมงเช้า"
    if 14 <= hour <= 15:
        return f"บ่าย {hour - 12} โมง"
    if 19 <= hour <= 22:
        return f"{hour - 18} ทุ่ม"
    return {12: "เที่ยง", 13: "บ่ายโมง"}.get(hour, "")


def _digits(text: str, rng: random.Random) -> str:
    return text.translate(_THAI_DIGITS) if rng.random() < 0.1 else text
