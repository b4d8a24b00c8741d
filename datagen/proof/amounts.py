"""Numbers in a text, as a Thai reader takes them: digits, size words (1.2 ล้าน), baht and satang, numbers in words.

The text has Arabic digits. A number in words is read where its words follow the grammar of Thai numbers; a single
word (สาม) only where no other word can begin with it, and it never counts as invented. Codes (BK402913) are not
numbers.

>>> [str(amount.value) for amount in find_amounts("ราคา 12,500.50 บาท ลด 1.2 ล้าน เหลือ 5 บาท 25 สตางค์ หรือสองร้อยห้าสิบบาท")]
['12500.50', '1200000.0', '5.25', '250']
>>> words_value("สามแสนสองหมื่น"), words_value("ห้าหก")
(Decimal('320000'), None)
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from decimal import Decimal, localcontext

import regex

from constraints.thai.numbers import NUMBER_WORDS
from constraints.verdict import Span

__all__ = ["Amount", "find_amounts", "words_value"]

_SIZES = {"ร้อย": 100, "พัน": 10**3, "หมื่น": 10**4, "แสน": 10**5, "ล้าน": 10**6, "ล้านล้าน": 10**12}
_DIGIT_WORDS = {
    "ศูนย์": 0, "หนึ่ง": 1, "เอ็ด": 1, "สอง": 2, "ยี่": 2, "สาม": 3, "สี่": 4, "ห้า": 5, "หก": 6, "เจ็ด": 7, "แปด": 8, "เก้า": 9,
}  # fmt: skip
_PLACE_WORDS = {"สิบ": 10, "ร้อย": 100, "พัน": 1000, "หมื่น": 10_000, "แสน": 100_000}
_MILLION = "ล้าน"
_SIZE = r"(?:ล้านล้าน|ล้าน(?!นา(?!ที)|ช้าง)|แสน(?!สุข|ดี)|หมื่น|พัน(?!ธ)|ร้อย(?!ละ))"
_DIGITS = r"(?:\d{1,3}(?:,\d{3})+(?!\d)|\d+)(?:\.\d+)?"
_NUMBER = re.compile(rf"({_DIGITS})(?: ?({_SIZE}))?")
_MINUS_BEFORE = regex.compile(r"(?:(?<=^|[\s(:])[-−–]|ลบ ?)\Z", regex.MULTILINE)
_SATANG = regex.compile(r" ?บาท ?(\d{1,2}) ?สตางค์")
_PERCENT = regex.compile(r" ?(?:%|％|เปอร์เซ็น|เปอร์เซน)")
_UNIT = regex.compile(
    r" ?(?:(?P<percent>[%％]|เปอร์เซ็น|เปอร์เซน)|(?P<degree>องศา|°|℃)|(?P<baht>บาท(?!ทองคำ| ?ทองคำ| ?ละ)|฿))"
)
_NO_UNIT = " \n\x000123456789,.;:()/-+=*"
_OTHER_UNIT = re.compile(
    r" ?(?:(?P<day>วัน)|(?P<hour>ชั่วโมง|ชม)|(?P<minute>นาที)|(?P<people>คิว|คน|ท่าน|ราย)|(?P<unit>หน่วย)|(?P<score>คะแนน|ดาว)"
    r"|(?P<salueng>สลึง)|(?P<wah>ตารางวา|ตร\.? ?วา?)|(?P<metre>ตารางเมตร|ตร\.? ?ม)|(?P<ngan>งาน)|(?P<rai>ไร่)"
    r"|(?P<gram>กรัม)|(?P<microgram>ไมโครกรัม|มคก)|(?P<kilogram>กิโลกรัม|กก)|(?P<month>เดือน)|(?P<piece>ตัว|ชิ้น)|(?P<mile>ไมล์)|(?P<kilometre>กิโลเมตร|กม)|(?P<cubit>ศอก)|(?P<fathom>วา)"
    r"|(?P<length>เมตร)|(?P<money>ดอลลาร์|เหรียญ|เยน|ยูโร|หยวน))"
    r"(?=$|[^a-zA-Z\u0e00-\u0e7f]|ครับ|ค่ะ|คะ|นะ|ถ้วน|แล้ว|และ|พอดี)"
)
_ORDINAL_BEFORE = regex.compile(
    r"(?:อันดับ|ลำดับ|ขั้นตอน|ขั้น|ตัวเลือก|รายการ|แบบ|วิธี|ทางเลือก|คน|ขบวน|เที่ยว|ครั้ง|ร้าน|ชิ้น|อย่าง|แห่ง)(?:แรก)?ที่ ?\Z"
    r"|(?:อันดับ|ลำดับ|ขั้นตอน|ตัวเลือก) ?\Z"
)
_MOST_COUNTED = 10
_LIST_NUMBER = regex.compile(
    r"^[ \t>*#•–-]*(\d{1,2})(?=[.)](?=[\s*\p{L}])|\ufe0f?\u20e3)|(?:^|(?<=\s))\((\d{1,2})\)(?=\s|\p{L})",
    regex.MULTILINE,
)
_WORD = (
    r"(?:ศูนย์|หนึ่ง|เอ็ด|สอง|ยี่|สาม(?!ารถ|ี|ัญ|ัคคี|าน)|สี่(?!เหลี่ยม|แยก)|ห้า(?![งมย])|หก(?!ล้ม|เลอะ)|เจ็ด|แปด(?!เปื้อน)|เก้า(?!อี้)"
    rf"|สิบ(?!เอก|ตรี|โท)|(?<!เรียบ){_SIZE})"
)
_IN_WORDS = regex.compile(
    rf"(?P<whole>{_WORD}+)(?:จุด(?P<part>(?:{'|'.join(_DIGIT_WORDS)})+)| ?บาท ?(?P<satang>{_WORD}+) ?สตางค์)?"
)
_PART = regex.compile("|".join(NUMBER_WORDS))
_DIGIT = regex.compile("[0-9]")
_VAGUE_BEFORE = regex.compile(r"(?:ทั้ง|ที่|อย่าง|อีก|ใด|วัน|หนึ่ง|ไหน|ไม่|หลาย|\d ?)\Z")
_ROUGH_BEFORE = regex.compile(r"(?:[\d.] ?|ล้าน|หลาย|หลัก|เป็น|กี่|นับ|เลข|ไม่|ถึง|เกือบ|กว่า|ครึ่ง|เรือน)\Z")
_BAHT_AFTER = regex.compile(r" ?บาท(?! ?ละ| ?ทอง)")  # พันบาท: 1,000
_MAYBE_MINUS = frozenset("-−–บ ")
_ANY_WORD = ("สอง", "สาม", "สี่", "ห้า", "หก", "เจ็ด", "แปด", "เก้า", "สิบ", "หนึ่ง", "ร้อย", "พัน", "หมื่น", "แสน", "ล้าน", "ศูนย์")


@dataclass(frozen=True, slots=True)
class Amount:
    """`sure`: False where only a single word says it, or it counts what is shown (ขบวนที่ 2): it may tell a value but
    invents none. `ordinal`: the number of a list item, which tells none either.
    """

    value: Decimal
    at: Span
    unit: str = ""
    sure: bool = True
    ordinal: bool = False


def find_amounts(text: str) -> list[Amount]:
    """Every number of `text`, in order of finding: digits, then words."""
    found = _in_digits(text) if _DIGIT.search(text) else []
    return [*found, *_in_words(text)] if any(word in text for word in _ANY_WORD) else found


def _in_digits(text: str) -> list[Amount]:
    numbered = {match.span(1) if match[1] else match.span(2) for match in _LIST_NUMBER.finditer(text)}
    has_satang = "สตางค์" in text
    found: list[Amount] = []
    end, size = -1, 0
    for match in _NUMBER.finditer(text):
        start, stop = match.span()
        value = Decimal(match[1].replace(",", ""))
        this_size = _SIZES[match[2]] if match[2] else 0
        if this_size:
            with localcontext(prec=60):
                value = value * this_size
        if size and found and text[end:start].strip() == "" and value < size and start - end <= 1:
            start, value = found[-1].at[0], found.pop().value + value  # 1 แสน 2 หมื่น
        elif has_satang and (satang := _SATANG.match(text, stop)):
            value, stop = value + Decimal(satang[1]) / 100, satang.end()
        if text[start - 1 : start] in _MAYBE_MINUS and _MINUS_BEFORE.search(text, max(0, start - 4), start):
            value = -value
        ordinal = match.span(1) in numbered
        counted = value <= _MOST_COUNTED and _ORDINAL_BEFORE.search(text, max(0, start - 14), start) is not None
        if not (found and found[-1].at[0] <= start < found[-1].at[1]):
            found.append(Amount(value, (start, stop), _unit(text, start, stop), not (ordinal or counted), ordinal))
        end, size = match.end(), this_size
    return found


def _unit(text: str, start: int, stop: int) -> str:
    if text.endswith("ร้อยละ", 0, start) or text.endswith("ร้อยละ ", 0, start):
        return "percent"
    if not text[stop : stop + 2].strip(_NO_UNIT):
        return "baht" if text[start - 1 : start] == "฿" else ""
    match = _UNIT.match(text, stop) or _OTHER_UNIT.match(text, stop)
    if match is None:
        return "baht" if text[start - 1 : start] == "฿" else ""
    return match.lastgroup or ""


def _in_words(text: str) -> list[Amount]:
    found = []
    for match in _IN_WORDS.finditer(text):
        parts = _PART.findall(match["whole"])
        while (value := words_value("".join(parts))) is None and len(parts) > 2:
            parts = parts[1:]  # a name ends in a number word: แซ่บยืนหนึ่งเจ็ดสิบบาท
        if value is None or (not match["part"] and parts[0] == "เอ็ด"):
            continue
        if match["part"]:
            digits = "".join(str(_DIGIT_WORDS[word]) for word in _PART.findall(match["part"]))
            value += Decimal(f"0.{digits}")
        if match["satang"] and (satang := words_value(match["satang"])) is not None:
            value += satang / 100
        single = len(parts) == 1
        counts = parts[0] in _DIGIT_WORDS or parts[0] == "สิบ"
        vague = _VAGUE_BEFORE if counts else _ROUGH_BEFORE
        if single and (
            not (counts or _BAHT_AFTER.match(text, match.end()))
            or vague.search(text, max(0, match.start() - 6), match.start())
        ):
            continue
        sure = not single and (parts[0] in _DIGIT_WORDS or parts[0] == "สิบ")
        found.append(Amount(value, match.span(), _unit(text, *match.span()), sure))
    return found


def words_value(words: str) -> Decimal | None:
    """The number that Thai number words say; None where they are none (two digits in a row, places out of order)."""
    total = section = 0
    digit: int | None = None
    last_place = 10**6
    for word in _PART.findall(words):
        if word == _MILLION:
            total = (total + section + (digit or (0 if section or total else 1))) * 10**6
            section, digit, last_place = 0, None, 10**6
        elif word in _PLACE_WORDS:
            place = _PLACE_WORDS[word]
            if place >= last_place:
                return None
            section += (1 if digit is None else digit) * place
            digit, last_place = None, place
        elif digit is not None:
            return None
        else:
            digit = _DIGIT_WORDS[word]
        if total > 10**15:
            return None
    return Decimal(total + section + (digit or 0))
