"""Dates, times and amounts in the words that Thai people type: what the goals of the library put into their slots."""

from __future__ import annotations

import random
from datetime import date

__all__ = ["BE", "MONTHS", "SHORT_MONTHS", "thai_date"]

BE = 543
"""Years that the Buddhist Era is ahead of the Common Era."""
MONTHS = (
    "มกราคม", "กุมภาพันธ์", "มีนาคม", "เมษายน", "พฤษภาคม", "มิถุนายน",
    "กรกฎาคม", "สิงหาคม", "กันยายน", "ตุลาคม", "พฤศจิกายน", "ธันวาคม",
)  # fmt: skip
SHORT_MONTHS = (
    "ม.ค.", "ก.พ.", "มี.ค.", "เม.ย.", "พ.ค.", "มิ.ย.", "ก.ค.", "ส.ค.", "ก.ย.", "ต.ค.", "พ.ย.", "ธ.ค.",
)  # fmt: skip
_THAI_DIGITS = str.maketrans("0123456789", "๐๑๒๓๔๕๖๗๘๙")


def thai_date(day: date, rng: random.Random) -> str:
    """A whole date as a Thai writes it, nearly always in the Buddhist Era: "14 มกราคม 2570", "๑๔ ม.ค. ๒๕๗๐"."""
    months = SHORT_MONTHS if rng.random() < 0.3 else MONTHS
    year = day.year if rng.random() < 0.1 else day.year + BE
    era = "ค.ศ. " if year == day.year else rng.choice(("", "", "พ.ศ. "))
    text = f"{day.day} {months[day.month - 1]} {era}{year}"
    return text.translate(_THAI_DIGITS) if rng.random() < 0.1 else text
