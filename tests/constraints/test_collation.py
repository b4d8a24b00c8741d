"""Thai dictionary order against orders that any Thai dictionary shows, and the first and last letters of lines."""

from __future__ import annotations

import random

import pytest

from constraints.thai.alphabet import initials, last_letter
from constraints.thai.collation import collation_key

_ORDERS = (
    "กก กฎ กบ กรณี กล้วย กวาง กา กาแฟ กิน กี่ กุ้ง เกลือ เกาะ แกง โกรธ ใกล้ ไก่ ไกล",
    "ขนม ขนุน ข้าว ข้าวผัด เข็ม เขา แขก โขน ไข่",
    "คน ความ คอ เครื่อง แคบ ใคร",
    "ใบ ปลา ปลาหมึก ปาก ปี่ ปู เป็ด แป้ง โปรด ไป",
    "รถ รัก ราก เรือ แรง โรค ไร่ ฤดู ลม",
    "เก็ง เก่ง เก้ง เก๋ง",
    "กา ก่า ก้า ก๊า ก๋า กาก",
    "หมา หมี่ หมู เหมือน แหม ใหม่ ไหม",
    "กล้วย แตงโม ทุเรียน มะม่วง ลำไย ส้ม องุ่น",
)


@pytest.mark.parametrize("order", _ORDERS)
def test_known_orders(order: str) -> None:
    words = order.split()
    shuffled = random.Random(1).sample(words, len(words))
    assert sorted(shuffled, key=collation_key) == words


def test_spaces_weigh_only_where_asked() -> None:
    assert collation_key("กาแฟ เย็น") == collation_key("กาแฟเย็น")
    assert collation_key("กาแฟ เย็น", spaced=True) < collation_key("กาแฟดำ", spaced=True)
    assert collation_key("กาแฟ เย็น") > collation_key("กาแฟดำ")


@pytest.mark.parametrize(
    ("line", "found"),
    [
        ("กิน", "ก"), ("เก็บ", "ก"), ("1. ไข่", "ข"), ("๑) ขนม", "ข"), ("- แดง", "ด"), ('"โต๊ะ"', "ต"), ("1.5 ลิตร", ""),
        ("5 คน", ""), ("12:30 เริ่ม", ""), ("ก. ข้าว", "กข"), ("ก. กิน", "ก"), ("Wi-Fi", "W"), ("อยู่", "อ"), ("!!!", ""),
    ],
)  # fmt: skip
def test_initials(line: str, found: str) -> None:
    assert "".join(initials(line)) == found


@pytest.mark.parametrize(
    ("line", "found"), [("บ้าน", "น"), ("บ้าน.)", "น"), ("ดี", "ี"), ("๕", "๕"), ("นาน ๆ", "ๆ"), ("...", "")]
)
def test_last_letter(line: str, found: str) -> None:
    assert last_letter(line)[0] == found
