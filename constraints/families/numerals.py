"""Numbers written in digits: which digits, how many numbers, how they are written and what their values are.

Thai digits (๐-๙) and Arabic digits count alike wherever the instruction does not choose. A number is a run of digits
with its thousands commas and decimal point; list numbers count too, and every phrasing says so. What may not be a
plain number to a reader (10:30, 12/08/2567, 5 ล้าน, COVID-19) makes a verdict UNDECIDED wherever it matters
(constraints/thai/numbers.py). Spelled-out numbers (หนึ่ง, สอง) are not digits; they belong to numerals_words.
"""

from __future__ import annotations

import itertools
import random
from collections.abc import Callable, Sequence
from decimal import Decimal
from typing import Any

import regex

from constraints.answer import Answer
from constraints.constraint_type import ConstraintType, DrawContext, Params, draw_nothing, whole_number
from constraints.counting import Unit, at_least, exactly
from constraints.text import THAI_DIGITS, arabic_digits
from constraints.thai.numbers import Number, in_words, numbers_in
from constraints.verdict import PASS, Span, Verdict, fail, undecided

__all__ = ["TYPES"]

_THAI = regex.compile(f"[{THAI_DIGITS}]")
_ARABIC = regex.compile("[0-9]")
_ANY = regex.compile(r"\p{Nd}")
_NOT_THAI = regex.compile(rf"(?!{_THAI.pattern})\p{{Nd}}")
_NOT_ARABIC = regex.compile(r"(?![0-9])\p{Nd}")
_NUMBERS = Unit("numbers", "ตัวเลข", "จำนวน")
_PAIR = regex.compile(rf"(?<![{THAI_DIGITS},.])([{THAI_DIGITS}][{THAI_DIGITS},.]*)\s?\(\s?([0-9][0-9,.]*)\s?\)")
_PAIRS = Unit("numbers in both kinds of digits", "เลขไทยที่มีเลขอารบิกกำกับถูกต้อง", "จำนวน")


def _unclear(at: Span | None) -> Verdict:
    return undecided(
        "a number may be read in more than one way (time, date, code, sign or size word)",
        "มีตัวเลขที่ตีความได้หลายทาง เช่น เวลา วันที่ รหัส หรือมีคำบอกหลักต่อท้าย จึงตัดสินไม่ได้",
        at,
    )


def _no_numbers() -> Verdict:
    return fail("no number in digits", "ไม่มีจำนวนที่เขียนเป็นตัวเลขเลย")


def _first_unclear(numbers: Sequence[Number]) -> Span | None:
    return next((number.at for number in numbers if not number.clear), None)


# which digits


def _check_thai_only(answer: Answer, params: Params) -> Verdict:
    return _only(answer, _THAI, _NOT_THAI, "Thai digit", "เลขไทย")


def _check_arabic_only(answer: Answer, params: Params) -> Verdict:
    return _only(answer, _ARABIC, _NOT_ARABIC, "Arabic digit", "เลขอารบิก")


def _only(answer: Answer, right: regex.Pattern[str], wrong: regex.Pattern[str], english: str, thai: str) -> Verdict:
    other = wrong.search(answer.text)
    if other:
        return fail(f"{other.group()!r} is no {english}", f"{other.group()} ไม่ใช่{thai}", other.span())
    return PASS if right.search(answer.text) else fail(f"no {english}", f"ไม่มี{thai}เลย")


def _amend_thai_only(text: str, params: Params, filler: str) -> str:
    text = text.translate(str.maketrans("0123456789", THAI_DIGITS))
    return text if _THAI.search(text) else _amend_first_line(text, "๑")


def _amend_arabic_only(text: str, params: Params, filler: str) -> str:
    text = arabic_digits(text)
    return text if _ARABIC.search(text) else _amend_first_line(text, "1")


def _amend_first_line(text: str, addition: str) -> str:
    first, mark, rest = text.partition("\n")
    return f"{first} {addition}{mark}{rest}".strip(" ")


def _check_none(answer: Answer, params: Params) -> Verdict:
    found = _ANY.search(answer.text)
    return fail(f"found {found.group()!r}", f"พบตัวเลข {found.group()}", found.span()) if found else PASS


def _amend_none(text: str, params: Params, filler: str) -> str:
    return _ANY.sub(lambda digit: in_words(int(digit.group())), text)


def _draw_minimum_few(rng: random.Random, context: DrawContext) -> dict[str, Any]:
    return {"minimum": rng.randint(1, 4)}


def _check_thai_arabic_pairs(answer: Answer, params: Params) -> Verdict:
    right = sum(_bare(arabic_digits(pair.group(1))) == _bare(pair.group(2)) for pair in _PAIR.finditer(answer.text))
    return at_least(right, params["minimum"], _PAIRS)


def _bare(digits: str) -> str:
    return digits.rstrip(".,").replace(",", "")


def _amend_thai_arabic_pairs(text: str, params: Params, filler: str) -> str:
    return _amend_first_line(text, " ".join(f"{THAI_DIGITS[n + 1]} ({n + 1})" for n in range(params["minimum"])))


# how many numbers


def _draw_numbers_min(rng: random.Random, context: DrawContext) -> dict[str, Any]:
    return {"minimum": rng.randint(2, 6)}


def _fewest_and_most(numbers: Sequence[Number]) -> tuple[int, int]:
    """How many numbers a reader counts: 12/08/2567 or 3-5 may be one, COVID-19 none."""
    return len({number.chain for number in numbers if not number.lettered}), len(numbers)


def _check_numbers_min(answer: Answer, params: Params) -> Verdict:
    fewest, most = _fewest_and_most(numbers_in(answer.text))
    return _unclear(None) if fewest < params["minimum"] <= most else at_least(fewest, params["minimum"], _NUMBERS)


def _draw_numbers_exact(rng: random.Random, context: DrawContext) -> dict[str, Any]:
    return {"count": rng.randint(1, 5)}


def _check_numbers_exact(answer: Answer, params: Params) -> Verdict:
    fewest, most = _fewest_and_most(numbers_in(answer.text))
    if fewest < most and fewest <= params["count"] <= most:
        return _unclear(None)
    return exactly(fewest, params["count"], _NUMBERS)


def _amend_count(text: str, wanted: int) -> str:
    missing = wanted - len(numbers_in(text))
    return _amend_first_line(text, " ".join(str(n + 2) for n in range(missing))) if missing > 0 else text


def _amend_numbers_min(text: str, params: Params, filler: str) -> str:
    return _amend_count(text, params["minimum"])


def _amend_numbers_exact(text: str, params: Params, filler: str) -> str:
    return _amend_count(text, params["count"])


# one given number


def _draw_include_number(rng: random.Random, context: DrawContext) -> dict[str, Any]:
    return {"number": rng.choice([rng.randint(11, 99), rng.randrange(100, 1000, 5), rng.randrange(1000, 20_000, 50)])}


def _check_include_number(answer: Answer, params: Params) -> Verdict:
    same = [number for number in numbers_in(answer.text) if number.value == params["number"]]
    if any(number.clear and "." not in number.text for number in same):
        return PASS
    if same:
        return _unclear(same[0].at)
    return fail(f"no number {params['number']} in digits", f"ไม่มีจำนวน {params['number']} ที่เขียนเป็นตัวเลข")


def _amend_include_number(text: str, params: Params, filler: str) -> str:
    return _amend_first_line(text, str(params["number"]))


# values


def _every(
    numbers: Sequence[Number], good: Callable[[Number], bool], english: str, thai: str, missing: Verdict
) -> Verdict:
    """PASS where all numbers are good; a bad one that is clear is a FAIL, one that is not clear UNDECIDED."""
    bad = [number for number in numbers if not good(number)]
    clearly = next((number for number in bad if number.clear), None)
    if clearly:
        return fail(f"{clearly.text} {english}", f"จำนวน {clearly.text} {thai}", clearly.at)
    if bad:
        return _unclear(bad[0].at)
    if not numbers:
        return missing
    unclear = _first_unclear(numbers)
    return _unclear(unclear) if unclear else PASS


def _draw_largest(rng: random.Random, context: DrawContext) -> dict[str, Any]:
    return {"maximum": rng.choice([20, 50, 100, 500, 1000])}


def _check_largest(answer: Answer, params: Params) -> Verdict:
    return _every(
        numbers_in(answer.text),
        lambda number: number.value <= params["maximum"],
        f"is more than {params['maximum']}",
        f"มากกว่า {params['maximum']}",
        _no_numbers(),
    )


def _draw_multiples(rng: random.Random, context: DrawContext) -> dict[str, Any]:
    return {"divisor": rng.choice([2, 3, 5, 10])}


def _check_multiples(answer: Answer, params: Params) -> Verdict:
    return _every(
        numbers_in(answer.text),
        lambda number: number.value % params["divisor"] == 0,
        f"is no multiple of {params['divisor']}",
        f"หารด้วย {params['divisor']} ไม่ลงตัว",
        _no_numbers(),
    )


def _amend_with(text: str, number: int) -> str:
    return text if numbers_in(text) else _amend_first_line(text, str(number))


def _amend_largest(text: str, params: Params, filler: str) -> str:
    return _amend_with(text, 1)


def _amend_multiples(text: str, params: Params, filler: str) -> str:
    return _amend_with(text, params["divisor"])


def _draw_decimals(rng: random.Random, context: DrawContext) -> dict[str, Any]:
    return {"places": rng.randint(1, 3)}


def _check_decimals(answer: Answer, params: Params) -> Verdict:
    pointed = [number for number in numbers_in(answer.text) if "." in number.text]
    return _every(
        pointed,
        lambda number: len(number.text.partition(".")[2]) == params["places"],
        f"has not {params['places']} decimal places",
        f"ไม่ได้มีทศนิยม {params['places']} ตำแหน่ง",
        fail("no number with a decimal point", "ไม่มีจำนวนที่มีจุดทศนิยม"),
    )


def _amend_decimals(text: str, params: Params, filler: str) -> str:
    return _amend_first_line(text, "1." + "0" * params["places"])


def _check_ascending(answer: Answer, params: Params) -> Verdict:
    return _in_order(answer, lambda before, after: before < after, "more", "มากกว่า")


def _check_descending(answer: Answer, params: Params) -> Verdict:
    return _in_order(answer, lambda before, after: before > after, "less", "น้อยกว่า")


def _in_order(answer: Answer, right: Callable[[Decimal, Decimal], bool], english: str, thai: str) -> Verdict:
    numbers = numbers_in(answer.text)
    clear = [number for number in numbers if number.clear]
    for before, after in itertools.pairwise(clear):
        if not right(before.value, after.value):
            return fail(
                f"{after.text} is not {english} than {before.text} before it",
                f"จำนวน {after.text} ไม่{thai} {before.text} ที่อยู่ก่อนหน้า",
                after.at,
            )
    if len(clear) < len(numbers):
        return _unclear(_first_unclear(numbers))
    return at_least(len(clear), 2, _NUMBERS)


def _amend_ascending(text: str, params: Params, filler: str) -> str:
    return _amend_more(text, [5, 10])


def _amend_descending(text: str, params: Params, filler: str) -> str:
    return _amend_more(text, [10, 5])


def _amend_more(text: str, values: list[int]) -> str:
    """Two numbers where there is none; one after the only one."""
    numbers = numbers_in(text)
    if len(numbers) == 1:
        values = [int(numbers[0].value) + values[1] - values[0]]
    return text if len(numbers) > 1 else f"{text} {' '.join(map(str, values))}"


def _draw_sum(rng: random.Random, context: DrawContext) -> dict[str, Any]:
    return {"count": rng.randint(2, 5), "total": rng.choice([20, 50, 60, 80, 100, 120, 200, 365, 500, 1000])}


def _check_sum(answer: Answer, params: Params) -> Verdict:
    numbers = numbers_in(answer.text)
    _, most = _fewest_and_most(numbers)
    if most < params["count"]:
        return exactly(most, params["count"], _NUMBERS)
    unclear = _first_unclear(numbers)
    if unclear:
        return _unclear(unclear)
    if most > params["count"]:
        return exactly(most, params["count"], _NUMBERS, numbers[params["count"]].at)
    total = sum(number.value for number in numbers)
    if total == params["total"]:
        return PASS
    return fail(f"the numbers add up to {total}, wanted {params['total']}", f"รวมกันได้ {total} ต้องการ {params['total']}")


def _amend_sum(text: str, params: Params, filler: str) -> str:
    numbers = numbers_in(text)
    missing = params["count"] - len(numbers)
    if missing <= 0:
        return text
    rest = params["total"] - sum(number.value for number in numbers)
    parts = [int(rest) // missing] * (missing - 1)
    return _amend_first_line(text, " ".join(map(str, [*parts, rest - sum(parts)])))


_ALONE = frozenset({"numerals"})
_NO_DIGITS_LEFT = _ALONE | {"dates", "forms", "layout.numbered_list", "layout.numbered_list_min", "csv"}
_COUNTED = _ALONE | {"dates", "forms", "layout.numbered_list", "layout.numbered_list_min", "csv", "poetry"}

TYPES = (
    ConstraintType("numerals.thai_only", {}, draw_nothing, _check_thai_only, _amend_thai_only,
                   rank=4, weight=0.5, conflicts=_ALONE, thai=True),
    ConstraintType("numerals.arabic_only", {}, draw_nothing, _check_arabic_only, _amend_arabic_only,
                   rank=4, weight=0.5, conflicts=_ALONE),
    ConstraintType("numerals.none", {}, draw_nothing, _check_none, _amend_none, rank=4, conflicts=_NO_DIGITS_LEFT),
    ConstraintType("numerals.thai_arabic_pairs", {"minimum": whole_number(maximum=9)}, _draw_minimum_few,
                   _check_thai_arabic_pairs, _amend_thai_arabic_pairs, rank=1, weight=0.5, conflicts=_ALONE, thai=True),
    ConstraintType("numerals.numbers_min", {"minimum": whole_number(maximum=100)}, _draw_numbers_min,
                   _check_numbers_min, _amend_numbers_min, rank=1, conflicts=_ALONE),
    ConstraintType("numerals.numbers_exact", {"count": whole_number(maximum=100)}, _draw_numbers_exact,
                   _check_numbers_exact, _amend_numbers_exact, rank=1, weight=0.5, conflicts=_COUNTED),
    ConstraintType("numerals.include_number", {"number": whole_number(maximum=100_000_000)}, _draw_include_number,
                   _check_include_number, _amend_include_number, rank=1, weight=0.5, conflicts=_ALONE),
    ConstraintType("numerals.largest", {"maximum": whole_number(maximum=1_000_000_000)}, _draw_largest, _check_largest,
                   _amend_largest, rank=1, weight=0.5, conflicts=_COUNTED),
    ConstraintType("numerals.multiples", {"divisor": whole_number(minimum=2, maximum=1000)}, _draw_multiples,
                   _check_multiples, _amend_multiples, rank=1, weight=0.5, conflicts=_COUNTED),
    ConstraintType("numerals.decimals", {"places": whole_number(maximum=9)}, _draw_decimals, _check_decimals,
                   _amend_decimals, rank=1, weight=0.5, conflicts=_ALONE),
    ConstraintType("numerals.ascending", {}, draw_nothing, _check_ascending, _amend_ascending,
                   rank=1, weight=0.5, conflicts=_COUNTED),
    ConstraintType("numerals.descending", {}, draw_nothing, _check_descending, _amend_descending,
                   rank=1, weight=0.5, conflicts=_COUNTED),
    ConstraintType("numerals.sum", {"count": whole_number(maximum=20), "total": whole_number(maximum=1_000_000)},
                   _draw_sum, _check_sum, _amend_sum, rank=1, weight=0.5, conflicts=_COUNTED),
)  # fmt: skip
