"""Replies state what was returned, in whatever way a Thai reader takes for the same, and invent nothing.

A number may be in Thai or Arabic digits, with commas, a size word or in words; a date in either era; a time written or
spoken; a text is compared without white space. A figure with another unit beside it (33% for 33 °C) is wrong. Which
of two returned values a sentence means is not judged beyond that.
"""

from __future__ import annotations

import re
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

import regex

from constraints.segment import tokens
from constraints.thai.identifiers import POSTCODES
from datagen.proof.amounts import Amount
from datagen.proof.arguments import Results, compact
from datagen.proof.known import Known, as_decimal, rounded
from datagen.proof.labels import denied, under_another_name
from datagen.proof.mentions import Day, Mentions, read_mentions, readable
from datagen.proof.reasons import Finding
from datagen.scenarios.scenario import State, Turn, at_path

__all__ = ["values"]

_TIME = regex.compile(r"(?<!\d)(\d{1,2}):(\d{2})")
_NUMBER_TEXT = regex.compile(r"-?[\d,]+(?:\.\d+)?")
_FALLING = regex.compile(r"ลด|ลบ|ต่ำกว่า|น้อยกว่า|ติดลบ|ขาดทุน|ถูกลง|ร่วง")
_MENTIONS = re.compile("[0-9๐-๙]")
_NOTHING = regex.compile(r"ฟรี|ไม่(?:มี|คิด|เสีย|ต้องเสีย|ต้องจ่าย|เก็บ)(?:ค่า|ภาษี|เงิน)|หมด|ไม่เหลือ")
_SHORT = 4
_DENIED = regex.compile(
    r"(?<!หรือ)(?:ไม่|ไม่ใช่|ไม่ต้อง(?:ใช้|มี|เตรียม|นำ)|ไม่(?:ได้)?(?:เป็น|อยู่(?:ที่)?|แปลว่า|หมายถึง|หมายความว่า|คือ|เรียกว่า|ใช้(?:คำ|ลักษณนาม)?)(?:ว่า)?)"
    r" *[\"'“‘(]?\Z|(?<!หรือ)ไม่(?:ได้|ต้อง)\Z"
)
_LEVEL_SAID = re.compile("ระดับ|เกณฑ์")
_LEVEL = regex.compile(
    r"(?:ระดับ|เกณฑ์)(?:[ :\"'“]|คุณภาพอากาศ|ที่|คือ|เป็น|อยู่)*(ดีมาก|ดี(?=[\s.,)\"'”]|$|ครับ|ค่ะ|คะ|นะ|เลย)"
    r"|ปานกลาง|เริ่มมีผลกระทบ|มีผลกระทบ|อันตราย)"
)
_COMPARED = regex.compile(r"หาก|ถ้า|เมื่อ|กว่า|ถึง|เกิน|ไม่|จาก|พ้น|ช่วง")
_PROVINCE = re.compile("|".join(sorted((name for name in POSTCODES if len(name) > _SHORT), key=len, reverse=True)))
_THURSDAY = "วันพฤหัส"
_BRACKETS = regex.compile(r"[()]")
_QUOTES = regex.compile(r"[\"'“”‘’()]")
_LAST_DAY_WORDS = (("วันนี้", 0), ("คืนนี้", 0), ("พรุ่งนี้", 1), ("มะรืน", 2), ("เมื่อวาน", -1))
_EXAMPLE = regex.compile(r"(?:เช่น|ตัวอย่าง|อาทิ|e\.g\.|for example)[^\n]*\Z", regex.IGNORECASE)
_ERA = 543
_UNIT_NAMES = {
    "days": "day",
    "wait_minutes": "minute",
    "minutes": "minute",
    "people_ahead": "people",
    "grams": "gram",
    "square_metres": "metre",
    "rating": "score",
    "pm25_ug_m3": "microgram",
}
_UNIT_WORDS = {
    "ตารางเมตร": "metre",
    "ตารางวา": "wah",
    "งาน": "ngan",
    "ไร่": "rai",
    "ไมล์": "mile",
    "กิโลเมตร": "kilometre",
    "ศอก": "cubit",
    "วา": "fathom",
    "เมตร": "length",
    "กรัม": "gram",
    "กิโลกรัม": "kilogram",
}


def values(reply: str, turn: Turn | None, results: Results, known: Known, now: datetime) -> Finding | None:
    """The first thing that a reply tells wrongly, leaves out or invents."""
    strange, phrases = None, ()
    if _MENTIONS.search(reply):
        phrases = sorted(known.settled().phrases, key=len, reverse=True)
    said = read_mentions(reply, phrases)
    if said.amounts or said.days or said.times or said.lengths or said.codes:
        strange = _invented(said, known.settled(), asking=turn is not None and turn.reply.kind == "ask")
    if _LEVEL_SAID.search(reply) and (level := _another_level(said.text, results)):
        return level
    if turn is not None and turn.reply.kind == "answer" and (elsewhere := _another_place(said.text, turn, results)):
        return elsewhere
    for state in turn.reply.states if turn else ():
        finding = _untold(state, reply, said, results, strange, now)
        if finding is not None:
            return finding
    return strange


# what must be told


def _untold(
    state: State, reply: str, said: Mentions, results: Results, strange: Finding | None, now: datetime
) -> Finding | None:
    if state.call not in results:
        return None  # the call was not made; that is said elsewhere
    try:
        returned = at_path(results[state.call], state.path)
    except (LookupError, TypeError, ValueError):
        return None
    result = results[state.call]
    for value in returned if isinstance(returned, list) else [returned]:
        finding = _value_untold(state, value, result, reply, said, strange, now)
        if finding is not None:
            whole = read_mentions(reply) if said.text.count("\x00") or "-" in reply else said
            finding = _value_untold(state, value, result, reply, whole, strange, now)
        if finding is not None:
            return finding
    return None


def _value_untold(
    state: State, value: Any, result: Any, reply: str, said: Mentions, strange: Finding | None, now: datetime
) -> Finding | None:
    if value is None or isinstance(value, bool):
        return None
    name = state.path.rpartition(".")[2] or "result"
    if state.form == "number" and (number := _number(value)) is not None:
        return _number_untold(state, number, result, said, strange)
    if state.form == "date" and (day := _date(value)) is not None:
        return _date_untold(name, day, said, strange, now)
    if state.form == "time" and (clock := _TIME.search(str(value))):
        return _time_untold(name, (int(clock[1]) % 24, int(clock[2])), said, strange)
    if _stands(str(value), reply):
        return None
    if strange is not None and strange.reason == "wrong_date":
        return strange  # the day of the week was asked for
    return Finding("missing_value", f"{name} {str(value)[:80]!r} is not told")


def _number_untold(
    state: State, number: Decimal, result: Any, said: Mentions, strange: Finding | None
) -> Finding | None:
    name = state.path.rpartition(".")[2] or "result"
    told = [amount for amount in said.amounts if not amount.ordinal and _says(amount, number, said.text)]
    if told and "ไม่" in said.text and number and all(denied(amount.at, said.text) for amount in told):
        return Finding("missing_value", f"{name} {number} is denied")
    if told:
        if under_another_name(name, (amount.at for amount in told), said):
            return Finding("wrong_number", f"{name} {number} is told under another name")
        units = {amount.unit for amount in told}
        if "" not in units and (unit := _unit_of(state, result)) and unit not in units:
            return Finding("wrong_unit", f"{name} {number} is told as {units.pop()}")
        return None
    unit = _unit_of(state, result) if said.lengths else ""
    times = [number] * (unit in ("", "minute")) + [number * 60] * (not unit)
    if any(length.minutes in times for length in said.lengths):
        return None
    if any(str(number) == code.text for code in said.codes) or (not number and _NOTHING.search(said.text)):
        return None
    if strange is not None and strange.reason == "invented_number":
        return Finding("wrong_number", f"{name} is {number}; {strange.detail}")
    return Finding("missing_value", f"{name} {number} is not told")


def _says(amount: Amount, number: Decimal, text: str) -> bool:
    if amount.value == number or rounded(amount.value, number):
        return True
    if amount.unit == "percent" and 0 < number < 1 and amount.value == number * 100:
        return True
    return number < 0 and amount.value == -number and _FALLING.search(text) is not None


def _unit_of(state: State, result: Any) -> str:
    """The unit that the name of a number tells, or that stands beside it; "" where none does."""
    name = state.path.rpartition(".")[2]
    if name == "result" and isinstance(result, dict):
        return _UNIT_WORDS.get(str(result.get("to_unit")), "")
    if "percent" in name:
        return "percent"
    return "baht" if "baht" in name.split("_") else "degree" if name.endswith("_c") else _UNIT_NAMES.get(name, "")


def _date_untold(name: str, day: date, said: Mentions, strange: Finding | None, now: datetime) -> Finding | None:
    same_day = [told for told in said.days if (told.month, told.day) == (day.month, day.day)]
    if any(not told.years or day.year in told.years for told in same_day):
        return None
    if any(word in said.text and (now + timedelta(days=ahead)).date() == day for word, ahead in _LAST_DAY_WORDS):
        return None
    alone = regex.search(rf"วันที่ ?{day.day}(?![\d,.:])", said.text)
    if alone and (day.year, day.month) == (now.year, now.month):
        return None
    if any(abs(year - day.year) == _ERA for told in same_day for year in told.years):
        return Finding("wrong_era", f"{name} {day.isoformat()} is told in the wrong era")
    if strange is not None and strange.reason in ("invented_date", "wrong_date", "invented_number"):
        return Finding("wrong_date", f"{name} is {day.isoformat()}; {strange.detail}")
    return Finding("missing_value", f"{name} {day.isoformat()} is not told")


def _time_untold(name: str, clock: tuple[int, int], said: Mentions, strange: Finding | None) -> Finding | None:
    dotted = f"{clock[0]}.{clock[1]:02}"
    if told := [time.at for time in said.times if clock in time.options]:
        if under_another_name(name, told, said):
            return Finding("wrong_time", f"{name} {clock[0]:02}:{clock[1]:02} is told under another name")
        return None
    if any(said.text[slice(*amount.at)].lstrip("0") in (dotted, dotted.lstrip("0")) for amount in said.amounts):
        return None
    if strange is not None and strange.reason in ("invented_time", "invented_number"):
        return Finding("wrong_time", f"{name} is {clock[0]:02}:{clock[1]:02}; {strange.detail}")
    return Finding("missing_value", f"{name} {clock[0]:02}:{clock[1]:02} is not told")


def _number(value: Any) -> Decimal | None:
    if isinstance(value, str) and _NUMBER_TEXT.fullmatch(value) and any(letter.isdecimal() for letter in value):
        return Decimal(value.replace(",", ""))
    return as_decimal(value)


def _date(value: Any) -> date | None:
    try:
        return date.fromisoformat(str(value)[:10])
    except ValueError:
        return None


def _stands(value: str, reply: str) -> bool:
    """Whether a text stands in the reply, not denied (ไม่, ไม่ใช่, ไม่ต้องใช้) and not as a piece of another word."""
    wanted, text = compact(value).casefold(), compact(reply).casefold()
    if not wanted:
        return True
    wanted = _THURSDAY if wanted == _THURSDAY + "บดี" else wanted  # วันพฤหัส, วันพฤหัสฯ
    if wanted not in text:
        bare = wanted.replace("-", "")
        if bare.isascii():
            return len(bare) > _SHORT and bare in text.replace("-", "")
        return len(wanted) > _SHORT and "(" in text and _BRACKETS.sub("", wanted) in _BRACKETS.sub("", text)
    if len(wanted) > _SHORT:
        return "ไม่" not in text or wanted.startswith("ไม่") or _undenied(wanted, readable(reply).casefold())
    if wanted.isascii():
        return regex.search(rf"(?<![0-9a-z]){regex.escape(wanted)}(?![0-9a-z])", readable(reply).casefold()) is not None
    return _is_word(wanted, _QUOTES.sub(" ", readable(reply)))


def _undenied(wanted: str, text: str) -> bool:
    spaced = r"\s*".join(map(regex.escape, wanted))
    starts = (found.start() for found in regex.finditer(spaced, text))
    return any(not _DENIED.search(text, max(0, start - 30), start) for start in starts)


def _is_word(wanted: str, reply: str) -> bool:
    """A short word stands by itself: ดี is neither in สวัสดี nor in ดีมาก."""
    cut = tokens(reply, "nlpo3")
    for number in range(len(cut)):
        joined = ""
        for last in range(number, len(cut)):
            joined += cut[last].strip()
            if len(joined) > len(wanted):
                break
            if joined == wanted:
                after = cut[last + 1] if last + 1 < len(cut) else ""
                if not _DENIED.search("".join(cut[:number])) and not after.startswith("มาก"):
                    return True
                break
    return False


def _another_level(text: str, results: Results) -> Finding | None:
    """A level of air that no result has."""
    returned = {str(result["level"]) for result in results.values() if isinstance(result, dict) and "level" in result}
    if not returned or any(level in text for level in returned if len(level) > _SHORT):
        return None
    fits = returned | {"อันตราย"} if any(level.startswith("มีผล") for level in returned) else returned
    for found in _LEVEL.finditer(text):
        line = text[text.rfind("\n", 0, found.start()) + 1 : found.start()]
        if not any(level.startswith(found[1]) for level in fits) and not _COMPARED.search(line[-40:]):
            return Finding("contradicted_text", f"{found[0]!r} is said, returned is {', '.join(sorted(returned))[:80]}")
    return None


def _another_place(text: str, turn: Turn, results: Results) -> Finding | None:
    """A province that was neither asked for nor returned, in place of the one that was."""
    given = [value for call in turn.calls for value in call.arguments.values()]
    asked = {value for value in given if isinstance(value, str) and value in POSTCODES}
    if not asked or any(place in text for place in asked):
        return None
    for found in _PROVINCE.finditer(text):
        if found[0] not in turn.user and not any(found[0] in str(result) for result in results.values()):
            return Finding("another_place", f"{found[0]!r} is said, asked was {', '.join(sorted(asked))}")
    return None


# what must not be invented


def _invented(said: Mentions, known: Known, asking: bool) -> Finding | None:
    for day in said.days:
        if not (asking and _is_example(said.text, day.at[0])) and (finding := _strange_day(day, known)):
            return finding
    for time in said.times:
        if not known.has_time(time) and not (asking and _is_example(said.text, time.at[0])):
            return Finding("invented_time", f"{said.text[slice(*time.at)]!r} was neither said nor returned")
    for amount in said.amounts:
        if amount.sure and not known.has_amount(amount, said):
            if asking and _is_example(said.text, amount.at[0]):
                continue
            return Finding("invented_number", f"{said.text[slice(*amount.at)]!r} was neither said nor returned")
    for length in said.lengths:
        if not known.has_length(length):
            return Finding("invented_number", f"{said.text[slice(*length.at)]!r} was neither said nor returned")
    for code in said.codes:
        if not known.has_code(code) and not (asking and _is_example(said.text, code.at[0])):
            return Finding("invented_number", f"{code.text[:40]!r} was neither said nor returned")
    return None


def _is_example(text: str, start: int) -> bool:
    """An assistant that asks may show what an answer looks like."""
    return _EXAMPLE.search(text, max(0, start - 60), start) is not None


def _strange_day(day: Day, known: Known) -> Finding | None:
    years = list(known.dates_of(day))
    shown = f"{day.day}/{day.month}" + (f"/{day.years[0]}" if day.years else "")
    fitting = [year for year, fits in years if fits]
    if not fitting:
        if any(year is not None and abs(year - other) == _ERA for year, _ in years for other in day.years):
            return Finding("wrong_era", f"{shown} (Common Era) is 543 years off")
        return Finding("invented_date", f"{shown} was neither said nor returned")
    real = [found for year in {*fitting, *day.years} if year and (found := _real(year, day)) is not None]
    if day.weekday is not None and real and all(found.weekday() != day.weekday for found in real):
        return Finding("wrong_date", f"{shown} is told with the wrong day of the week")
    return None


def _real(year: int, day: Day) -> date | None:
    try:
        return date(year, day.month, day.day)
    except ValueError:
        return None
