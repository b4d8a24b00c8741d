"""What a reply may mention: what was said and returned so far, and what follows plainly from it.

A number follows plainly where it is a year of the other era, a part of a date or time, a share as percent, a rounding,
how many a returned list holds, or, beside a word such as รวม or ต่างกัน, a sum, difference or multiple of known numbers
that the reply itself tells or the user gave. Everything else is invented.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal
from functools import lru_cache
from itertools import combinations
from typing import Any

import regex

from datagen.proof.amounts import Amount
from datagen.proof.clock_times import ClockTime, Length
from datagen.proof.mentions import Code, Day, Mentions, read_mentions

__all__ = ["Known", "as_decimal", "rounded"]

_HAS_NUMBER = regex.compile(r"[0-9๐-๙]|หนึ่ง|สอง|สาม|สี่|ห้า|หก|เจ็ด|แปด|เก้า|สิบ|ร้อย|พัน|นี้|มะรืน|วาน|โมง|ทุ่ม|เที่ยง")
_DIGIT = re.compile("[0-9๐-๙]")
_CODE_LIKE = regex.compile(r"[A-Za-z-]|[0-9]{7}")
_DATE_OR_TIME = regex.compile(r"\d{4}-\d\d-\d\d[\d:T.+]*|[\d:.]{1,6}")
_ISO_VALUE = re.compile(r"(?:([0-9]{4})-([0-9]{2})-([0-9]{2}))?T?(?:([0-9]{2}):([0-9]{2}))?(?::[0-9]{2})?")
_IN_CODE = re.compile(r"[0-9]{1,20}(?:\.[0-9]{1,9})?")
_SUM_WORDS = regex.compile(r"รวม|ทั้งหมด|ทั้งสิ้น|สุทธิ|เบ็ดเสร็จ|บวก|เท่ากับ|คิดเป็น|total|in all", regex.IGNORECASE)
_GAP_WORDS = regex.compile(
    r"ต่าง|ห่าง|กว่า|เหลือ|เพิ่ม|ลด|ส่วนเกิน|ขาด|ลบ|หัก|อีก|ใช้เวลา|difference|more|less|left", regex.IGNORECASE
)
_ABOUT = regex.compile(r"(?:ประมาณ|ราว ?ๆ?|เกือบ|ใกล้|about|around) ?\Z", regex.IGNORECASE)
_DAY_BEFORE = regex.compile(r"(?:ที่|และ|กับ|ถึง|[-–,]) ?\Z")
_BOTH = regex.compile(r"ทั้ง ?\Z")
_EACH = regex.compile(r"ละ ?\Z")
_THOUSANDFOLD = regex.compile(r" ?(?:กก\.?|กม\.?|กิโล(?:กรัม|เมตร)?)(?!\p{Thai})")
_OUT_OF_FIVE = regex.compile(r"(?:(?<![\d.])[0-5](?:\.\d)? ?/ ?|(?:เต็ม|จาก) ?)\Z")
_STARS = regex.compile(r" ?(?:คะแนน|ดาว|[)\n]|ครับ|ค่ะ|\Z)")
_FIVE = 5
_NOT_IN_BARE = re.compile("[^0-9a-zก-๙]")
_ERA = 543
_MOST_ADDED = 60
_MOST_SHARES = 20
_HARMLESS = frozenset({"pm25", "pm10", "covid19", "5g", "4g", "co2", "m2", "m3", "km2"})
_RELATIVE = (("พรุ่งนี้", 1), ("มะรืน", 2), ("เมื่อวาน", -1), ("วันนี้", 0), ("คืนนี้", 0))


# Descriptions of tools and short values come again in every scenario; what people say does not.
_SHORT = 200


def _read(text: str) -> Mentions | None:
    return read_mentions(text) if _HAS_NUMBER.search(text) else None


_remembered = lru_cache(maxsize=8192)(_read)


class Known:
    """Grows turn by turn. `calls`: how many were made before. `given`: the numbers that users said.

    What is added is read only when a reply mentions something (`settled`): a question or an apology rarely does.
    """

    def __init__(self, now: datetime) -> None:
        self.now = now
        self.calls = 0
        self._unread: list[tuple[Callable[[Any], object], Any]] = []
        self.numbers: set[Decimal] = set()
        self.given: set[Decimal] = set()
        self.parts: set[Decimal | int] = set()
        self.day_numbers: set[Decimal | int] = set()
        self.days: set[tuple[int | None, int, int]] = set()
        self.times: set[tuple[int, int]] = {(now.hour, now.minute)}
        self.codes: set[str] = set(_HARMLESS)
        self.phrases: set[str] = set()
        self._add_day(now.year, now.month, now.day)

    def add_said(self, text: str) -> None:
        """What the user said."""
        self._unread.append((self._read_said, text))

    def add_text(self, text: str) -> None:
        """What anybody or anything said."""
        self._unread.append((self._read_text, text))

    def add_value(self, value: Any) -> None:
        """What a tool returned, or an expected argument."""
        self._unread.append((self._read_value, value))

    def settled(self) -> Known:
        """All that was added, read."""
        for read, added in self._unread:
            read(added)
        self._unread.clear()
        return self

    def _read_said(self, text: str) -> None:
        said = self._read_text(text)
        if said is not None:
            self.given.update(amount.value for amount in said.amounts)

    def _read_text(self, text: str) -> Mentions | None:
        said = _remembered(text) if len(text) <= _SHORT else _read(text)
        if said is None:
            return None
        self.numbers.update(amount.value for amount in said.amounts)
        for length in said.lengths:
            self.numbers.update(map(Decimal, (length.minutes, *length.parts)))
        for day in said.days:
            for year in day.years or (None,):
                self._add_day(year, day.month, day.day)
        for time in said.times:
            for hour, minute in time.options:
                self._add_time(hour, minute)
        for code in said.codes:
            self._add_code(code.text)
        for word, ahead in _RELATIVE:
            if word in text:
                day = self.now + timedelta(days=ahead)
                self._add_day(day.year, day.month, day.day)
        return said

    def _read_value(self, value: Any) -> None:
        if isinstance(value, dict):
            for each in value.values():
                self._read_value(each)
        elif isinstance(value, list | tuple):
            self.parts.add(len(value))
            for each in value:
                self._read_value(each)
        elif isinstance(value, str):
            if value and (iso := _ISO_VALUE.fullmatch(value)):
                self._add_iso(iso)
                return
            self._read_text(value)
            if (
                len(value) <= 60
                and _DIGIT.search(value)
                and _CODE_LIKE.search(value)
                and not _DATE_OR_TIME.fullmatch(value)
            ):
                self.phrases.add(value)
                self._add_code(value)
        elif (number := as_decimal(value)) is not None:
            self.numbers.add(number)

    def _add_iso(self, iso: re.Match[str]) -> None:
        """A date or a time as tools have them: what most results hold, and not worth reading as prose."""
        if iso[1]:
            self._add_day(int(iso[1]), int(iso[2]), int(iso[3]))
        if iso[4]:
            self._add_time(int(iso[4]) % 24, int(iso[5]))

    def _add_day(self, year: int | None, month: int, day: int) -> None:
        self.days.add((year, month, day))
        self.day_numbers.add(day)
        if year is not None:
            self.parts.update((year, year + _ERA))

    def _add_time(self, hour: int, minute: int) -> None:
        self.times.add((hour, minute))

    def _add_code(self, code: str) -> None:
        self.codes.add(_bare(code))
        self.parts.update(map(Decimal, _IN_CODE.findall(code)))  # PM 2.5 for PM2.5

    # what a reply mentions

    def has_amount(self, amount: Amount, said: Mentions) -> bool:
        """Whether the number is known or follows plainly from what else is said."""
        value, text = amount.value, said.text
        if value in self.numbers or value in self.parts or -value in self.numbers:
            return True
        if value in self.day_numbers and _DAY_BEFORE.search(text, max(0, amount.at[0] - 8), amount.at[0]):
            return True
        if amount.unit == "percent" and value / 100 in self.numbers:
            return True
        if value - _ERA in self.numbers or (value + _ERA in self.numbers and value > 1000):
            return True
        if _is_clock(value, text, amount.at) and _hour_and_minute(value) in self.times:
            return True
        start, end = amount.at
        if _BOTH.search(text, max(0, start - 5), start) and 2 <= value <= max(2, self.calls + 1):
            return True
        if any(rounded(value, number) for number in self.numbers):
            return True
        if _ABOUT.search(text, max(0, start - 10), start):
            return any(number and abs(value - number) <= abs(number) / 20 for number in self.numbers)
        around = text[max(0, start - 40) : start] + " " + text[end : end + 15]
        told = {other.value for other in said.amounts if other is not amount}
        if value * 1000 in self.given and _THOUSANDFOLD.match(text, end):
            return True  # 0.8 กก. for 800 กรัม
        if value == _FIVE and _OUT_OF_FIVE.search(text, max(0, start - 8), start) and _STARS.match(text, end):
            return True  # a rating: 4.6/5
        if _EACH.search(text, max(0, start - 3), start) and self._shares(value, told):
            return True
        return _follows(abs(value), around, sorted(self.numbers & (told | self.given), reverse=True)[:_MOST_ADDED])

    def _shares(self, value: Decimal, told: set[Decimal]) -> bool:
        """Whether it is one of several equal parts of a known total that the reply tells: ที่นั่งละ 100 บาท."""
        counts = [number for number in self.numbers if 1 < number <= _MOST_SHARES]
        return any(value * count in self.numbers and value * count in told for count in counts)

    def has_time(self, time: ClockTime) -> bool:
        return not time.options.isdisjoint(self.times)

    def has_length(self, length: Length) -> bool:
        if Decimal(length.minutes) in self.numbers or Decimal(length.minutes) / 60 in self.numbers:
            return True
        if all(Decimal(part) in self.numbers for part in length.parts):
            return True
        moments = [hour * 60 + minute for hour, minute in self.times]
        return any((a - b) % 1440 == length.minutes for a in moments for b in moments if a != b)

    def has_code(self, code: Code) -> bool:
        return _bare(code.text) in self.codes

    def dates_of(self, day: Day) -> Iterator[tuple[int | None, bool]]:
        """Years in which that day of that month is known, and whether the mention can be of that year."""
        for year, month, number in self.days:
            if (month, number) == (day.month, day.day):
                yield year, year is None or not day.years or year in day.years


def as_decimal(value: Any) -> Decimal | None:
    """A finite number as Decimal; None for anything else."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    number = Decimal(value) if isinstance(value, int) else Decimal(str(value))
    return number if number.is_finite() else None


def rounded(told: Decimal, exact: Decimal) -> bool:
    """Whether `told` is `exact` with fewer decimals, at least two of them or all but those of a longer fraction.

    >>> rounded(Decimal("33.33"), Decimal("33.3333")), rounded(Decimal("33"), Decimal("33.3333"))
    (True, False)
    """
    places, more = _places(told), _places(exact)
    if not 2 <= places < more and not (more > 2 and places < 2 and exact == exact.quantize(Decimal("0.01"))):
        return False
    if abs(exact) > 10**15:
        return False
    return exact.quantize(Decimal(1).scaleb(-max(places, 2)), ROUND_HALF_UP) == told


def _places(number: Decimal) -> int:
    exponent = number.as_tuple().exponent
    return max(0, -exponent) if isinstance(exponent, int) else 0


def _follows(value: Decimal, around: str, numbers: list[Decimal]) -> bool:
    """Whether the words around a number say that it is worked out, and it can be from these."""
    if _GAP_WORDS.search(around) and any(a - b == value for a, b in combinations(numbers, 2)):
        return True
    if not _SUM_WORDS.search(around):
        return False
    pairs = any(a + b == value for a, b in combinations(numbers, 2))
    times = any(a * b == value for a, b in combinations(numbers, 2) if b <= 20 and b == b.to_integral_value())
    return pairs or times or _three(numbers, value)


def _three(numbers: list[Decimal], value: Decimal) -> bool:
    return len(numbers) <= 25 and any(a + b + c == value for a, b, c in combinations(numbers, 3))


def _is_clock(value: Decimal, text: str, at: tuple[int, int]) -> bool:
    """8.30 without น.: two digits after the point that minutes can have."""
    return regex.fullmatch(r"\d{1,2}\.[0-5]\d", text[at[0] : at[1]]) is not None and value < 25


def _hour_and_minute(value: Decimal) -> tuple[int, int]:
    hour = int(value)
    return hour % 24, int((value - hour) * 100)


def _bare(code: str) -> str:
    return _NOT_IN_BARE.sub("", code.casefold())
