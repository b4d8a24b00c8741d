"""Numbers and names that stand for people, places and things in Thailand: how they are written, and finding them.

Covers citizen ids with their check digit, phone numbers (home, mobile, +66), bank accounts, number plates, provinces
with the first two digits of their postcodes, addresses, e-mail addresses. Nothing is looked up: a well-formed number may belong to
nobody. No group of people is registered under ids that begin with 9, so that invented ids begin so.

>>> citizen_check_digit("900000000000")
4
>>> [found.written for found in find_citizen_ids("เลข 9-0000-00000-00-4 และ 9000000000004")]
['dashed', 'compact']
>>> [(phone.kind, phone.text) for phone in find_phones("โทร 02-123-4567 หรือ 081 234 5678")]
[('home', '02-123-4567'), ('mobile', '081 234 5678')]
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import regex

from constraints.text import arabic_digits
from constraints.verdict import Span

__all__ = [
    "POSTCODES",
    "CitizenId",
    "Phone",
    "citizen_check_digit",
    "find_accounts",
    "find_addresses",
    "find_bangkok_addresses",
    "find_citizen_ids",
    "find_emails",
    "find_phones",
    "find_plates",
]

POSTCODES = {
    "กรุงเทพมหานคร": "10", "สมุทรปราการ": "10", "นนทบุรี": "11", "ปทุมธานี": "12", "พระนครศรีอยุธยา": "13", "อ่างทอง": "14",
    "ลพบุรี": "15", "สิงห์บุรี": "16", "ชัยนาท": "17", "สระบุรี": "18", "ชลบุรี": "20", "ระยอง": "21", "จันทบุรี": "22",
    "ตราด": "23", "ฉะเชิงเทรา": "24", "ปราจีนบุรี": "25", "นครนายก": "26", "สระแก้ว": "27", "นครราชสีมา": "30",
    "บุรีรัมย์": "31", "สุรินทร์": "32", "ศรีสะเกษ": "33", "อุบลราชธานี": "34", "ยโสธร": "35", "ชัยภูมิ": "36",
    "อำนาจเจริญ": "37", "บึงกาฬ": "38", "หนองบัวลำภู": "39", "ขอนแก่น": "40", "อุดรธานี": "41", "เลย": "42", "หนองคาย": "43",
    "มหาสารคาม": "44", "ร้อยเอ็ด": "45", "กาฬสินธุ์": "46", "สกลนคร": "47", "นครพนม": "48", "มุกดาหาร": "49", "เชียงใหม่": "50",
    "ลำพูน": "51", "ลำปาง": "52", "อุตรดิตถ์": "53", "แพร่": "54", "น่าน": "55", "พะเยา": "56", "เชียงราย": "57",
    "แม่ฮ่องสอน": "58", "นครสวรรค์": "60", "อุทัยธานี": "61", "กำแพงเพชร": "62", "ตาก": "63", "สุโขทัย": "64", "พิษณุโลก": "65",
    "พิจิตร": "66", "เพชรบูรณ์": "67", "ราชบุรี": "70", "กาญจนบุรี": "71", "สุพรรณบุรี": "72", "นครปฐม": "73", "สมุทรสาคร": "74",
    "สมุทรสงคราม": "75", "เพชรบุรี": "76", "ประจวบคีรีขันธ์": "77", "นครศรีธรรมราช": "80", "กระบี่": "81", "พังงา": "82",
    "ภูเก็ต": "83", "สุราษฎร์ธานี": "84", "ระนอง": "85", "ชุมพร": "86", "สงขลา": "90", "สตูล": "91", "ตรัง": "92",
    "พัทลุง": "93", "ปัตตานี": "94", "ยะลา": "95", "นราธิวาส": "96",
}  # fmt: skip
"""Province -> the first two digits of its postcodes (a few border districts are served from the next province)."""

_THAI_DIGIT = regex.compile("[๐-๙]")
_DASH = "[-–‑]"
_CITIZEN = regex.compile(
    rf"(?<![\d-])(?:(?P<dashed>\d{_DASH}\d{{4}}{_DASH}\d{{5}}{_DASH}\d{{2}}{_DASH}\d)|(?P<compact>\d{{13}})"
    r"|\d \d{4} \d{5} \d{2} \d)(?![\d]|-\d)"
)
_PHONE = regex.compile(
    r"(?P<abroad>\+[ ]?\d{1,3}[- ]?(?:\(0\))?\d(?:[- ]?\d){6,10})(?!\d)"
    r"|(?<![\d,.+A-Za-z-])(?!\d{3}[-–‑]\d[-–‑]\d{5})\(?0[-– ]?(?:(?P<mobile>[689](?:\)?[-– ]{0,2}\d){8})|(?P<home>[23457](?:\)?[-– ]{0,2}\d){7}))(?!\d)"
)
_ACCOUNT = regex.compile(rf"(?<![\d-])\d{{3}}{_DASH}\d{_DASH}\d{{5}}{_DASH}\d(?!\d|-\d)")
_PROVINCE = "|".join(sorted(POSTCODES, key=len, reverse=True))
_PLATE = regex.compile(
    rf"(?:(?<!\d)\d[ก-ฮ]{{2}}|(?:(?<![\d\p{{Thai}}])|(?<=ทะเบียน))[ก-ฮ]{{2}}) \d{{1,4}} (?:จังหวัด)?(?:{_PROVINCE})"
)
_NAME = r"[ :]{0,3}\p{Thai}(?:[^\n\d]|\n(?!\n)){1,60}?"  # a name, and what else may stand before the next part
_POSTCODE = r"[\s,]{1,3}(?:รหัสไปรษณีย์[ :]{0,3})?(?P<postcode>\d{5})(?!\d)"
_HOUSE = r"เลขที่[ :]{0,3}\d+(?:/\d+)?(?!\d)(?:[^\n]|\n(?!\n)){0,80}?"
_ADDRESS = regex.compile(
    rf"{_HOUSE}(?:(?:ตำบล|(?<!\p{{Thai}})ต\.){_NAME}(?:อำเภอ|(?<!\p{{Thai}})อ\.){_NAME}(?:จังหวัด|(?<!\p{{Thai}})จ\.)[ :]{{0,3}}\p{{Thai}}{{2,20}}"
    rf"|แขวง{_NAME}เขต{_NAME}(?:กรุงเทพมหานคร|กรุงเทพฯ|กทม\.)){_POSTCODE}"
)
_BANGKOK = regex.compile(rf"{_HOUSE}แขวง{_NAME}เขต{_NAME}กรุงเทพมหานคร{_POSTCODE}")
_EMAIL = regex.compile(r"[A-Za-z0-9][\w.+-]*@(?P<domain>[A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)+)", regex.ASCII)


@dataclass(frozen=True, slots=True)
class CitizenId:
    """`written` is dashed (9-0000-00000-00-4), compact or spaced; `digits` are Arabic."""

    written: str
    digits: str
    at: Span

    @property
    def valid(self) -> bool:
        return int(self.digits[12]) == citizen_check_digit(self.digits[:12])


@dataclass(frozen=True, slots=True)
class Phone:
    """`kind` is home, mobile or abroad (with +); `text` has Arabic digits."""

    kind: str
    text: str
    at: Span


def citizen_check_digit(first_twelve: str) -> int:
    """The thirteenth digit: 11 less the weighted sum (13 down to 2) modulo 11, its last digit."""
    weighted = sum(int(digit) * weight for digit, weight in zip(first_twelve, range(13, 1, -1), strict=True))
    return (11 - weighted % 11) % 10


def _arabic(text: str) -> str:
    return arabic_digits(text) if _THAI_DIGIT.search(text) else text


def find_citizen_ids(text: str) -> list[CitizenId]:
    """Every number of thirteen digits in one piece or grouped as an id is."""
    found = []
    for match in _CITIZEN.finditer(text):
        digits = "".join(letter for letter in _arabic(match[0]) if letter.isdigit())
        found.append(CitizenId(match.lastgroup or "spaced", digits, match.span()))
    return found


def find_phones(text: str) -> list[Phone]:
    """Every number of 9 or 10 digits that begins with 0, or of more with +."""
    return [Phone(match.lastgroup or "", match[0], match.span()) for match in _PHONE.finditer(_arabic(text))]


def find_accounts(text: str) -> list[Span]:
    """Bank accounts as 000-0-00000-0."""
    return [match.span() for match in _ACCOUNT.finditer(text)]


def find_plates(text: str) -> list[Span]:
    """Number plates with their province: 1กข 1234 เชียงใหม่, กข 1234 เชียงใหม่."""
    return [match.span() for match in _PLATE.finditer(text)]


def find_addresses(text: str) -> Iterator[str]:
    """Postcodes (as written) of addresses: house number, sub-district, district, province, postcode in this order."""
    return (match["postcode"] for match in _ADDRESS.finditer(text))


def find_bangkok_addresses(text: str) -> Iterator[str]:
    """Postcodes (Arabic digits) of addresses with แขวง, เขต and กรุงเทพมหานคร."""
    return (_arabic(match["postcode"]) for match in _BANGKOK.finditer(text))


def find_emails(text: str) -> list[tuple[str, Span]]:
    """Every e-mail address: its domain in lower case, and its span."""
    return [(match["domain"].lower().rstrip("."), match.span()) for match in _EMAIL.finditer(text)]
