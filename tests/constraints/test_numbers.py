"""Numbers in Thai words against pythainlp-free arithmetic, and numbers found in text against hand-read ones."""

from __future__ import annotations

import random

import pytest
import regex

from constraints.thai.numbers import (
    in_words,
    money_in_words,
    money_pattern,
    numbers_in,
    shortened_pattern,
    words_pattern,
)

_DIGITS = {
    "ศูนย์": 0, "หนึ่ง": 1, "เอ็ด": 1, "ยี่": 2, "สอง": 2, "สาม": 3, "สี่": 4, "ห้า": 5, "หก": 6, "เจ็ด": 7, "แปด": 8, "เก้า": 9,
}  # fmt: skip
_PLACES = {"สิบ": 10, "ร้อย": 100, "พัน": 1000, "หมื่น": 10_000, "แสน": 100_000}
_PART = regex.compile("|".join([*_DIGITS, *_PLACES, "ล้าน"]))


def _read_aloud(words: str) -> int:
    """The value of Thai number words, read part by part: the opposite way from `in_words`."""
    total, digit = 0, 0
    for part in _PART.findall(words):
        if part == "ล้าน":
            total, digit = (total + digit) * 1_000_000, 0
        elif part in _PLACES:
            total, digit = total + (digit or 1) * _PLACES[part], 0
        else:
            digit = _DIGITS[part]
    return total + digit


def test_words_read_back_as_the_number() -> None:
    rng = random.Random(7)
    for number in [*range(1200), *(rng.randrange(10 ** rng.randint(3, 9)) for _ in range(2000))]:
        words = in_words(number)
        assert "".join(_PART.findall(words)) == words
        assert _read_aloud(words) == number, words


@pytest.mark.parametrize(
    ("number", "words"),
    [
        (0, "ศูนย์"),
        (1, "หนึ่ง"),
        (10, "สิบ"),
        (11, "สิบเอ็ด"),
        (20, "ยี่สิบ"),
        (21, "ยี่สิบเอ็ด"),
        (101, "หนึ่งร้อยเอ็ด"),
        (110, "หนึ่งร้อยสิบ"),
        (1250, "หนึ่งพันสองร้อยห้าสิบ"),
        (2568, "สองพันห้าร้อยหกสิบแปด"),
        (66_090_475, "หกสิบหกล้านเก้าหมื่นสี่ร้อยเจ็ดสิบห้า"),
    ],
)
def test_words_as_written_by_hand(number: int, words: str) -> None:
    assert in_words(number) == words
    assert regex.fullmatch(words_pattern(number), words)


def test_accepted_and_shortened_spellings() -> None:
    assert regex.fullmatch(words_pattern(101), "หนึ่งร้อยหนึ่ง")
    assert regex.fullmatch(words_pattern(1_000_001), "หนึ่งล้านหนึ่ง")
    assert not regex.fullmatch(words_pattern(21), "ยี่สิบหนึ่ง")
    assert not regex.fullmatch(words_pattern(121), "หนึ่งร้อยยี่สิบหนึ่ง")
    assert regex.fullmatch(words_pattern(1250), "หนึ่งพัน สองร้อย ห้าสิบ")
    assert regex.fullmatch(shortened_pattern(150) or "", "ร้อยห้าสิบ")
    assert shortened_pattern(250) is None
    assert shortened_pattern(1) is None


@pytest.mark.parametrize(
    ("amount", "words"),
    [
        ("1.00", "หนึ่งบาทถ้วน"),
        ("21.25", "ยี่สิบเอ็ดบาทยี่สิบห้าสตางค์"),
        ("1,250.50", "หนึ่งพันสองร้อยห้าสิบบาทห้าสิบสตางค์"),
        ("1250.01", "หนึ่งพันสองร้อยห้าสิบบาทหนึ่งสตางค์"),
        ("1,000,000.00", "หนึ่งล้านบาทถ้วน"),
    ],
)
def test_money(amount: str, words: str) -> None:
    assert money_in_words(amount) == words
    assert regex.fullmatch(money_pattern(amount), words)


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("ไม่มีตัวเลข", []),
        ("ราคา ๑,๒๕๐.๕๐ บาท", ["1250.50"]),
        ("1. ล้าง\n2. หั่น", ["1", "2"]),
        ("1,2500 และ 12345,678", ["1", "2500", "12345", "678"]),
        ("พ.ศ. 2568 ร้อยละ 10", ["2568", "10"]),
        ("10,20,30", ["10", "20", "30"]),
    ],
)
def test_values(text: str, found: list[str]) -> None:
    assert [str(number.value) for number in numbers_in(text)] == found


@pytest.mark.parametrize(
    ("text", "clear"),
    [
        ("ทอด 3-5 นาที", True),
        ("ทอด 3–5 นาที", True),
        ("อัตรา 5-3", False),
        ("เสมอ 5-5", False),
        ("เวลา 10:30", False),
        ("เวลา 10.30 น.", False),
        ("ราคา 10.30 บาท", True),
        ("1.1 หัวข้อ", False),
        ("โทร 081-234-5678", False),
        ("วันที่ 12/08/2567", False),
        ("5 ล้านคน", False),
        ("2 พันธุ์", True),
        ("10 ร้อยละ", True),
        ("COVID-19", False),
        ("5G", False),
        ("10km", True),
        ("อุณหภูมิ -5 องศา", False),
        ("- 5 องศา", True),
        ("+66", False),
        ("007", False),
        ("0.5", True),
        ("1️⃣", False),
        ("10²", False),
        ("1 000 000", False),
        ("100 200 300", True),
        ("ส่วน 1,2,3", False),
    ],
)
def test_what_is_a_plain_number(text: str, clear: bool) -> None:
    assert all(number.clear for number in numbers_in(text)) is clear


def test_spans_point_into_the_text() -> None:
    text = "ซื้อ ๑,๒๐๐ บาท ลด 5.5%"
    assert [text[start:end] for start, end in (number.at for number in numbers_in(text))] == ["๑,๒๐๐", "5.5"]


def test_chains_and_letters() -> None:
    numbers = numbers_in("12/08/2567 มี COVID-19 และ 7 คน")
    assert [number.lettered for number in numbers] == [False, False, False, True, False]
    assert [len({n.chain for n in numbers[:3]}), len({n.chain for n in numbers})] == [1, 3]
