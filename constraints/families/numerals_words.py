"""How numbers are written out: in Thai words, as sums of money, with thousands commas, as percentages.

Words are matched whole: a number word right before or after them makes another number (ยี่สิบห้า in หนึ่งร้อยยี่สิบห้า
is not 25), and where a longer word may begin inside (ห้าง, สามารถ) both word engines are asked. Short spellings such
as ร้อยห้าสิบ are UNDECIDED. Thousands commas are asked of quantities, not of years, telephone numbers and codes; where digits
do not tell which they are, UNDECIDED.
"""

from __future__ import annotations

import random
from collections.abc import Sequence
from functools import lru_cache
from itertools import accumulate
from typing import Any

import regex

from constraints.answer import Answer
from constraints.constraint_type import ConstraintType, DrawContext, Params, draw_nothing, whole_number
from constraints.text import arabic_digits
from constraints.thai.numbers import (
    NUMBER_WORDS,
    Number,
    in_words,
    money_in_words,
    money_pattern,
    numbers_in,
    shortened_pattern,
    words_pattern,
)
from constraints.verdict import PASS, Verdict, fail, undecided

__all__ = ["TYPES"]

_WORDS = "|".join(NUMBER_WORDS)
_NOT_IN_A_LONGER_NUMBER = rf"(?<!(?:{_WORDS}|จุด|ครึ่ง)(?<!เรียบร้อย))"
_LONGER_NUMBER = regex.compile(rf"(?:{_WORDS}|จุด|ครึ่ง)+")
_AFTER_A_BLANK = regex.compile(rf"(?:{_WORDS})[ ]\Z")
_BEFORE_A_BLANK = regex.compile(rf"[ ](?:(?:{_WORDS}){{2,}}|(?:{_WORDS})(?!\p{{Thai}}))")
_THAI_LETTER = regex.compile(r"\p{Thai}")
_PERCENT = regex.compile("[%％]")
_ROI_LA = "ร้อยละ"
_PERCENT_WORD = "เปอร์เซ็นต์"
_PERCENT_MISSPELLED = regex.compile(r"เปอร?์?[เแ]?ซ็?[นร]")
_LOOSE_PERCENT = regex.compile(rf"(?<![0-9]){_PERCENT.pattern}")

# thousands
_YEAR_BEFORE = regex.compile(r"(?:[พค]\.\s?ศ\.|ศักราช|ปี|คม|ยน|พันธ์|(?:มิ|[มกพสตธ])\.\s?[คพย]\.)\s*\Z")
_CODE_BEFORE = regex.compile(
    r"(?:รหัส|หมายเลข|เบอร์|โทร|เลขที่|ทะเบียน|สายด่วน|รุ่น|กรุงเทพ|กทม)(?:(?!ราคา|จำนวน|ประมาณ|ทั้งหมด|กว่า)[^\s\d])*[\s:.]*(?:[0-9-]+[ ])*\Z|(?:\A|\s)0[0-9]{1,2}[ ][0-9]{3,4}[ ]\Z|\p{Latin}-?\Z|[#+*]\Z"
)
_NAME_BEFORE = regex.compile(r"\p{Latin}\s\Z")  # ISO 9001, USD 1500
_UNIT_AFTER = regex.compile(
    r"\s?(?:บาท|คน|ตัว|ชิ้น|เมตร|ตาราง|กิโล|กรัม|มิลลิ|ลิตร|แคลอรี|ดอลลาร์|เล่ม|ครั้ง|แห่ง|หลัง|คัน|ก้าว|วัน|ปี|ไร่|ล้าน|หน่วย|"
    r"ใบ|ขวด|กล่อง|ราย|ต้น|รอบ|นาที|ชั่วโมง|เท่า|ฟุต|องศา)"
)
_CODE_JOINTS = frozenset(":/.")


# numbers and money in words


def _stands(answer: Answer, pattern: regex.Pattern[str], missing: Verdict) -> Verdict:
    """PASS where the words stand as a number of their own, by both engines."""
    if not pattern.search(answer.text):
        return missing
    return answer.by_both_engines(lambda engine: _stands_by(answer, pattern, engine, missing))


def _stands_by(answer: Answer, pattern: regex.Pattern[str], engine: str, missing: Verdict) -> Verdict:
    verdict = missing
    for match in pattern.finditer(answer.text):
        if _own_number(answer, match.end(), engine):
            if not _listed(answer.text, match):
                return PASS
            verdict = undecided(
                "another number word stands a blank away: one number or two",
                "มีคำบอกจำนวนอื่นอยู่ติดกัน จึงไม่แน่ว่าเป็นจำนวนเดียวกันหรือไม่",
                match.span(),
            )
    return verdict


def _listed(text: str, match: regex.Match[str]) -> bool:
    near = max(match.start() - 8, 0)
    return bool(_AFTER_A_BLANK.search(text, near, match.start()) or _BEFORE_A_BLANK.match(text, match.end()))


def _own_number(answer: Answer, end: int, engine: str) -> bool:
    """No longer word and no longer number goes on at `end`."""
    if not _THAI_LETTER.match(answer.text, end):
        return True
    tokens = answer.tokens(engine)
    ends = list(accumulate(map(len, tokens)))
    return end in ends and not _LONGER_NUMBER.fullmatch(tokens[ends.index(end) + 1])


@lru_cache(maxsize=1024)
def _whole(pattern: str) -> regex.Pattern[str]:
    return regex.compile(_NOT_IN_A_LONGER_NUMBER + pattern)


def _draw_spelled(rng: random.Random, context: DrawContext) -> dict[str, Any]:
    number = rng.choice([rng.randint(11, 99), rng.randrange(110, 1000, 5), rng.randrange(2050, 10_000, 50)])
    return {"number": number}


def _check_spelled(answer: Answer, params: Params) -> Verdict:
    number = params["number"]
    digits = next((found for found in numbers_in(answer.text) if found.value == number), None)
    if digits:
        if digits.clear:
            return fail(f"{number} is written in digits", f"เขียน {number} เป็นตัวเลข", digits.at)
        return undecided(f"{digits.text} may be {number} in digits", f"ไม่แน่ว่า {digits.text} คือจำนวนนี้หรือไม่", digits.at)
    missing = fail(f"{number} is not written as {in_words(number)}", f"ไม่มีคำว่า {in_words(number)} เป็นจำนวนครบคำ")
    short = shortened_pattern(number)
    if short and (found := _whole(short).search(answer.text)):
        missing = undecided(
            f"{found.group()!r} leaves out หนึ่ง", f"{found.group()} ละคำว่าหนึ่งไว้ จึงไม่แน่ว่าใช้ได้หรือไม่", found.span()
        )
    return _stands(answer, _whole(words_pattern(number)), missing)


def _amend_spelled(text: str, params: Params, filler: str) -> str:
    for found in reversed(numbers_in(text)):
        if found.value == params["number"]:
            text = text[: found.at[0]] + in_words(params["number"]) + text[found.at[1] :]
    return _amend_first_line(text, in_words(params["number"]))


def _amend_first_line(text: str, addition: str) -> str:
    first, mark, rest = text.partition("\n")
    return text if addition in text else f"{first} {addition}{mark}{rest}"


_AMOUNT = {
    "amount": {"type": "string", "pattern": r"^[1-9]([0-9]*|[0-9]{0,2}(,[0-9]{3})+)\.[0-9]{2}$", "maxLength": 14}
}


def _draw_amount(rng: random.Random, context: DrawContext) -> dict[str, Any]:
    baht = rng.choice(
        [rng.randrange(25, 1000, 5), rng.randrange(2000, 10_000, 50), rng.randrange(20_000, 500_000, 500)]
    )
    return {"amount": f"{baht:,}.{rng.choice(['00', '00', '25', '50', '75'])}"}


def _check_baht_text(answer: Answer, params: Params) -> Verdict:
    words = money_in_words(params["amount"])
    missing = fail(f"no {words}", f"ไม่มีจำนวนเงินเป็นตัวอักษรว่า {words}")
    return _stands(answer, _whole(money_pattern(params["amount"])), missing)


def _amend_baht_text(text: str, params: Params, filler: str) -> str:
    return _amend_first_line(text, money_in_words(params["amount"]))


@lru_cache(maxsize=1024)
def _both_pattern(amount: str) -> regex.Pattern[str]:
    baht, _, satang = amount.replace(",", "").partition(".")
    figures = rf"(?:{baht}|{int(baht):,}){'(?:[.]00)?' if satang == '00' else '[.]' + satang}"
    return regex.compile(rf"(?<![0-9,.]){figures}\s?บาท(?:ถ้วน)?\s?\(\s?{money_pattern(amount)}\s?\)")


def _check_baht_both(answer: Answer, params: Params) -> Verdict:
    if _both_pattern(params["amount"]).search(arabic_digits(answer.text)):
        return PASS
    wanted = f"{params['amount']} บาท ({money_in_words(params['amount'])})"
    return fail(f"no {wanted}", f"ไม่มี {wanted}")


def _amend_baht_both(text: str, params: Params, filler: str) -> str:
    return _amend_first_line(text, f"{params['amount']} บาท ({money_in_words(params['amount'])})")


# percentages


def _check_percent_words(answer: Answer, params: Params) -> Verdict:
    sign = _PERCENT.search(answer.text)
    if sign:
        return fail("the sign % is used", "ใช้เครื่องหมาย %", sign.span())
    return _percent(answer, _ROI_LA in answer.text, fail(f"no {_ROI_LA}", f"ไม่มีคำว่า{_ROI_LA}"))


def _check_percent_sign(answer: Answer, params: Params) -> Verdict:
    text = arabic_digits(answer.text)
    loose = _LOOSE_PERCENT.search(text)
    if loose:
        return fail("a % does not follow a digit directly", "เครื่องหมาย % ไม่ได้ชิดหลังตัวเลข", loose.span())
    if found := answer.find(_ROI_LA):
        return fail(f"{_ROI_LA} is used", f"ใช้คำว่า{_ROI_LA}", found)
    return _percent(answer, _PERCENT.search(text) is not None, fail("no %", "ไม่มีเครื่องหมาย %"))


def _percent(answer: Answer, used: bool, missing: Verdict) -> Verdict:
    """What both percent types share: no word เปอร์เซ็นต์, and what is asked for is there."""
    if found := answer.find(_PERCENT_WORD):
        return fail(f"{_PERCENT_WORD} is used", f"ใช้คำว่า{_PERCENT_WORD}", found)
    misspelled = _PERCENT_MISSPELLED.search(answer.text)
    if misspelled:
        return undecided(f"a misspelled {_PERCENT_WORD}?", f"อาจเป็นคำว่า{_PERCENT_WORD}ที่สะกดผิด", misspelled.span())
    return PASS if used else missing


def _amend_percent_words(text: str, params: Params, filler: str) -> str:
    return _amend_first_line(text, f"{_ROI_LA}ห้าสิบ")


def _amend_percent_sign(text: str, params: Params, filler: str) -> str:
    return _amend_first_line(text, "50%")


# thousands


def _check_grouped_thousands(answer: Answer, params: Params) -> Verdict:
    text = arabic_digits(answer.text)
    numbers = numbers_in(text)
    doubt = PASS
    for number in numbers:
        verdict = _grouping(text, number, [other for other in numbers if other.chain == number.chain])
        if verdict.outcome == "FAIL":
            return verdict
        if not verdict.passed:
            doubt = verdict
    if not any("," in number.text for number in numbers):
        return fail("no number of 1,000 or more with commas", "ไม่มีจำนวนตั้งแต่ 1,000 ขึ้นไปที่ใส่จุลภาคคั่นหลัก")
    return doubt


def _grouping(text: str, number: Number, chain: Sequence[Number]) -> Verdict:
    digits = number.text.partition(".")[0]
    if len(digits) < 4 or "," in digits or _is_code(text, number, chain):
        return PASS
    if _UNIT_AFTER.match(text, number.at[1]) is None and _may_be_no_quantity(text, digits, number.at[0]):
        return undecided(f"{digits} may be a year or a code", f"{digits} อาจเป็นปีหรือรหัส จึงตัดสินไม่ได้", number.at)
    return fail(f"{digits} has no commas", f"{digits} ไม่ได้ใส่จุลภาคคั่นหลักพัน", number.at)


def _may_be_year(digits: str) -> bool:
    if not digits.isdecimal():
        return False
    return 1700 <= int(digits) <= 2100 or 2300 <= int(digits) <= 2699


def _may_be_no_quantity(text: str, digits: str, start: int) -> bool:
    return _may_be_year(digits) or len(digits) > 9 or _NAME_BEFORE.search(text, start - 2, start) is not None


def _is_code(text: str, number: Number, chain: Sequence[Number]) -> bool:
    """A year after its era or month, a telephone number, a date, a code."""
    first = chain[0].at[0]
    before = text[max(first - 24, 0) : first]
    return (
        (_YEAR_BEFORE.search(before) is not None and _may_be_year(chain[0].text))
        or _CODE_BEFORE.search(before) is not None
        or len(chain) > 2
        or any(part.text[0] == "0" for part in chain)
        or any(text[part.at[1]] in _CODE_JOINTS for part in chain[:-1])
    )


def _amend_grouped_thousands(text: str, params: Params, filler: str) -> str:
    return _amend_first_line(text, "1,500")


_ALONE = frozenset({"numerals"})

TYPES = (
    ConstraintType("numerals.spelled", {"number": whole_number(maximum=99_999_999)}, _draw_spelled, _check_spelled,
                   _amend_spelled, rank=1, conflicts=_ALONE, thai=True),
    ConstraintType("numerals.baht_text", _AMOUNT, _draw_amount, _check_baht_text, _amend_baht_text,
                   rank=1, conflicts=_ALONE, thai=True),
    ConstraintType("numerals.baht_both", _AMOUNT, _draw_amount, _check_baht_both, _amend_baht_both,
                   rank=1, conflicts=_ALONE, thai=True),
    ConstraintType("numerals.grouped_thousands", {}, draw_nothing, _check_grouped_thousands, _amend_grouped_thousands,
                   rank=1, conflicts=_ALONE),
    ConstraintType("numerals.percent_words", {}, draw_nothing, _check_percent_words, _amend_percent_words,
                   rank=1, conflicts=_ALONE, thai=True),
    ConstraintType("numerals.percent_sign", {}, draw_nothing, _check_percent_sign, _amend_percent_sign,
                   rank=1, conflicts=_ALONE),
)  # fmt: skip
