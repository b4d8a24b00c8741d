"""What a text mentions: numbers, dates, times, lengths of time and codes, each read once and only as one of them.

Dates are read in both eras, with full and short months, in Thai or Arabic digits, as 14/1/2570 and as 2027-01-14; the
year may be missing. A year with the wrong era word (พ.ศ. 2027) is kept as it reads: 1484.

>>> said = read_mentions("วันที่ ๑๔ ม.ค. ๒๕๗๐ เวลา 08.30 น. รหัส BK402913 ราคา 1,250 บาท")
>>> said.days[0].years, said.times[0].options, said.codes[0].text, str(said.amounts[0].value)
((2027,), frozenset({(8, 30)}), 'BK402913', '1250')
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache

import regex

from constraints import normalise, plain
from constraints.text import arabic_digits
from constraints.thai.calendar import OFFSET, find_dates, weekday_before
from constraints.verdict import Span
from datagen.proof.amounts import Amount, find_amounts
from datagen.proof.clock_times import ClockTime, Length, find_clock_times, find_lengths

__all__ = ["Code", "Day", "Mentions", "read_mentions", "readable", "without_spans"]

_ISO = regex.compile(r"(?<!\d)(?P<y>\d{4})-(?P<m>\d{2})-(?P<d>\d{2})(?!\d)")
_NUMERIC = regex.compile(
    r"(?<![\d/.-])(?P<d>\d{1,2})(?P<mark>[/-])(?P<m>\d{1,2})(?P=mark)(?P<y>\d{4}|\d{2})(?![\d/-]| ?ไร่)"
)  # 8-3-70 ไร่ is an area
_RANGE_BEFORE = regex.compile(r"(?<![\d.,:])(\d{1,2}) ?(?:[-–—]|ถึง) ?\Z")
_FIGURE_END = regex.compile(r"(?<=[\s.])\d{2}\Z")
_FIGURE_UNIT = regex.compile(r" ?(?:°|℃|องศา|[%％]|เปอร์เซ็น|บาท)")  # 14 ก.พ. 32°C has no year
_ENGLISH_MONTHS = "january|february|march|april|may|june|july|august|september|october|november|december"
_ENGLISH = regex.compile(
    rf"(?<!\d)(?:(?P<d>\d{{1,2}})(?:st|nd|rd|th)? (?P<n>{_ENGLISH_MONTHS})"
    rf"|(?P<n>{_ENGLISH_MONTHS}) (?P<d>\d{{1,2}})(?:st|nd|rd|th)?(?!\d))"
    r"(?:,? (?P<y>\d{4})(?!\d))?",
    regex.IGNORECASE,
)
_CODE = regex.compile(r"(?<![A-Za-z0-9])[A-Za-z]{1,12}[-#]?\d[A-Za-z0-9]*(?:[-./]?[A-Za-z0-9]+)*")
_PHONE = regex.compile(r"(?<![\d,.-])0(?:\d{1,2}(?:[- ]?\d{3,4}){2}|[- ]\d{4}[- ]\d{4})(?![\d-])")
_URL = regex.compile(r"https?://\S+|www\.\S+|\S+@\S+\.\S+")
_ZERO = re.compile("0[0-9]|0[ -][0-9]{4}[ -]")
_FIRST_BUDDHIST = 2300
# What normalising, reading plainly or Arabic digits would change: other letters than Thai and ASCII, marks of emphasis,
# marks in another order than the keyboard's. Nearly no text has any, and to look is cheaper than to change.
_UNUSUAL = re.compile(
    "[^\u0e00-\u0e7f\x20-\x7e\n]|[*_~\u0e3a\u0e4d\u0e50-\u0e59]|\u0e40\u0e40|\u0e33[\u0e33\u0e48-\u0e4b]"
    "|[\u0e48-\u0e4c][\u0e31\u0e34-\u0e39\u0e47-\u0e4d]"
)
_MONTH_CUE = re.compile("[0-9][ \u00a0]*(?:เดือน[ \u00a0]*)?[มกพสตธเ]")
_DIGIT = regex.compile(r"\d")
_LATIN = regex.compile("[A-Za-z]")


@dataclass(frozen=True, slots=True)
class Day:
    """`years`: the Common Era years it may be of; empty where none is written. `weekday`: the one before it."""

    day: int
    month: int
    years: tuple[int, ...]
    at: Span
    weekday: int | None = None


@dataclass(frozen=True, slots=True)
class Code:
    text: str
    at: Span


@dataclass(frozen=True, slots=True)
class Mentions:
    """`text` is what places count in: plain, with Arabic digits."""

    text: str
    days: tuple[Day, ...]
    times: tuple[ClockTime, ...]
    lengths: tuple[Length, ...]
    codes: tuple[Code, ...]
    amounts: tuple[Amount, ...]


def read_mentions(text: str, blanked: Iterable[str] = ()) -> Mentions:
    """Everything that `text` mentions; the texts in `blanked` are passed over."""
    shown = readable(text)
    left = _URL.sub(lambda url: " " * len(url[0]), shown) if "/" in shown or "@" in shown else shown
    for phrase in blanked:
        left = left.replace(phrase, "\x00" * len(phrase))
    days: list[Day] = []
    times: list[ClockTime] = []
    lengths: list[Length] = []
    codes: list[Code] = []
    if _DIGIT.search(left):
        if _LATIN.search(left):
            days = _english_days(left)
            left = without_spans(left, (day.at for day in days))
            codes = [Code(match[0], match.span()) for match in _CODE.finditer(left)]
            left = without_spans(left, (code.at for code in codes))
        if _ZERO.search(left):
            phones = [Code(match[0], match.span()) for match in _PHONE.finditer(left)]
            left = without_spans(left, (phone.at for phone in phones))
            codes += phones
        days += _days(left, shown)
        left = without_spans(left, (day.at for day in days))
        lengths = find_lengths(left)
        left = without_spans(left, (length.at for length in lengths))
    times = find_clock_times(left)
    left = without_spans(left, (time.at for time in times))
    return Mentions(shown, tuple(days), tuple(times), tuple(lengths), tuple(codes), tuple(find_amounts(left)))


@lru_cache(maxsize=4096)
def readable(text: str) -> str:
    """`text` as read aloud, with Arabic digits."""
    return arabic_digits(plain(normalise(text))) if _UNUSUAL.search(text) else text


def without_spans(text: str, spans: Iterable[Span]) -> str:
    """`text` of the same length with those places struck out, so that nothing is read twice."""
    for start, end in spans:
        text = text[:start] + "\x00" * (end - start) + text[end:]
    return text


def _days(text: str, shown: str) -> list[Day]:
    found: list[Day] = []
    if "-" in text or "/" in text:
        found += [Day(int(m["d"]), int(m["m"]), _years(m["y"]), m.span()) for m in _ISO.finditer(text)]
        found += [Day(int(m["d"]), int(m["m"]), _years(m["y"]), m.span()) for m in _NUMERIC.finditer(text)]
    if not _MONTH_CUE.search(text):
        return found
    for written in find_dates(text):
        start = written.at[0]
        before = weekday_before(shown, start)
        common = written.common
        years = () if common is None else (common[0],)
        at = written.at
        if _FIGURE_UNIT.match(text, at[1]) and (figure := _FIGURE_END.search(text, *at)):
            years, at = (), (start, figure.start())
        found.append(Day(written.day, written.month, years, at, before and before[0]))
        first = _RANGE_BEFORE.search(text, max(0, start - 8), start)
        if first and int(first[1]) <= 31 and not (found[:-1] and found[-2].at[1] > first.start()):
            found.append(Day(int(first[1]), written.month, years, (first.start(), start)))
    return found


def _english_days(text: str) -> list[Day]:
    names: list[str] = [*_ENGLISH_MONTHS.split("|")]
    return [
        Day(int(m["d"]), names.index(m["n"].lower()) + 1, _years(m["y"] or ""), m.span())
        for m in _ENGLISH.finditer(text)
    ]


def _years(digits: str) -> tuple[int, ...]:
    """A year in four digits tells its era; one in two is more often Buddhist."""
    if not digits:
        return ()
    if len(digits) == 2:
        return (2500 + int(digits) - OFFSET, 2000 + int(digits))
    return (int(digits) - OFFSET if int(digits) >= _FIRST_BUDDHIST else int(digits),)
