"""Years in an answer: Buddhist or common era only, both side by side, one turned into the other, in order.

A year with พ.ศ. or ค.ศ. before it is sure; a number without is one where ปี, a month or a numeric date stands before it
(2024 then is of the common era, 2567 of the Buddhist). A bare number that only may be a year, or a year that fits
the other era better (พ.ศ. 2024), is UNDECIDED. The eras differ by 543 years (true of every month since 1941).
"""

from __future__ import annotations

import itertools
import random
from typing import Any

from constraints.answer import Answer
from constraints.constraint_type import ConstraintType, DrawContext, Params, draw_nothing, whole_number
from constraints.counting import Unit, at_least
from constraints.shaping import with_text
from constraints.thai.calendar import BUDDHIST, COMMON, ERA_WORDS, OFFSET, EraPair, Year, era_pairs, find_years
from constraints.verdict import PASS, Verdict, fail, undecided

__all__ = ["TYPES"]

_YEARS = Unit("different years", "ปีที่ไม่ซ้ำกัน", "ปี")


def _doubtful(years: list[Year]) -> Verdict:
    """PASS unless some number may be a year, or a year may be of the other era."""
    for year in years:
        if not year.sure:
            return undecided(f"{year.number} may be a year", f"{year.number} อาจเป็นปีที่ไม่ได้ระบุศักราช", year.at)
        if not year.plausible:
            return undecided(
                f"{year.era} {year.number} looks like the other era",
                f"{year.era} {year.number} น่าจะเป็นปีของอีกศักราชหนึ่ง",
                year.at,
            )
    return PASS


# one era


def _check_one_era(answer: Answer, era: str, other: str) -> Verdict:
    banned = ERA_WORDS[other].search(answer.text)
    if banned is not None:
        return fail(f"a word for the other era: {banned[0]}", f"มีปีหรือคำของอีกศักราช: {banned[0]}", banned.span())
    years = find_years(answer.text)
    for year in years:
        if year.sure and year.era != era:
            return fail(f"{year.number} is a year of the other era", f"{year.number} เป็นปีของอีกศักราช", year.at)
    if not any(year.labelled for year in years):
        return fail(f"no year after {era}", f"ไม่มีปีที่มีคำว่า {era} นำหน้า")
    return _doubtful([year for year in years if (year.sure, year.era) != (False, era)])


def _check_buddhist_era_only(answer: Answer, params: Params) -> Verdict:
    return _check_one_era(answer, BUDDHIST, COMMON)


def _check_common_era_only(answer: Answer, params: Params) -> Verdict:
    return _check_one_era(answer, COMMON, BUDDHIST)


def _amend_buddhist(text: str, params: Params, filler: str) -> str:
    return with_text(text, "พ.ศ. 2560")


def _amend_common(text: str, params: Params, filler: str) -> str:
    return with_text(text, "ค.ศ. 2017")


# both eras


def _check_both_eras(answer: Answer, params: Params) -> Verdict:
    pairs = era_pairs(answer.text)
    for pair in pairs:
        if not pair.agrees:
            return fail(
                f"พ.ศ. {pair.buddhist} is not ค.ศ. {pair.common}",
                f"พ.ศ. {pair.buddhist} ไม่ตรงกับ ค.ศ. {pair.common} ซึ่งตรงกับ พ.ศ. {pair.common + OFFSET}",
                pair.at,
            )
    alone = [year for year in find_years(answer.text) if not any(_within(year, pair) for pair in pairs)]
    for year in alone:
        if year.sure:
            return fail(f"{year.number} stands without the other era", f"ปี {year.number} ไม่ได้ระบุคู่กันทั้งสองศักราช", year.at)
    if not pairs:
        return fail("no year in both eras", "ไม่มีปีที่ระบุทั้ง พ.ศ. และ ค.ศ.")
    for pair in pairs:
        if not pair.bare:
            return undecided("the brackets hold more than the year", "ในวงเล็บมีคำอื่นนอกจากศักราชและปี", pair.at)
    return _doubtful(alone)


def _within(year: Year, pair: EraPair) -> bool:
    return year.at[0] in range(*pair.at)


def _amend_both_eras(text: str, params: Params, filler: str) -> str:
    return with_text(text, "พ.ศ. 2560 (ค.ศ. 2017)")


def _draw_common_year(rng: random.Random, context: DrawContext) -> dict[str, Any]:
    return {"year": rng.randint(1945, 2035)}


def _draw_buddhist_year(rng: random.Random, context: DrawContext) -> dict[str, Any]:
    return {"year": rng.randint(2488, 2578)}


def _check_converted(answer: Answer, buddhist: int) -> Verdict:
    labelled = {(year.era, year.number) for year in find_years(answer.text) if year.labelled}
    for era, number in ((BUDDHIST, buddhist), (COMMON, buddhist - OFFSET)):
        if (era, number) not in labelled:
            return fail(f"{era} {number} is missing", f"ไม่พบ {era} {number}")
    return PASS


def _check_year_to_buddhist(answer: Answer, params: Params) -> Verdict:
    return _check_converted(answer, params["year"] + OFFSET)


def _check_year_to_common(answer: Answer, params: Params) -> Verdict:
    return _check_converted(answer, params["year"])


def _amend_to_buddhist(text: str, params: Params, filler: str) -> str:
    return with_text(text, f"ค.ศ. {params['year']} พ.ศ. {params['year'] + OFFSET}")


def _amend_to_common(text: str, params: Params, filler: str) -> str:
    return with_text(text, f"พ.ศ. {params['year']} ค.ศ. {params['year'] - OFFSET}")


# order


def _draw_minimum(rng: random.Random, context: DrawContext) -> dict[str, Any]:
    return {"minimum": rng.randint(3, 5)}


def _check_in_order(answer: Answer, minimum: int, backwards: bool) -> Verdict:
    years = find_years(answer.text)
    for year in years:
        if year.sure and not year.labelled:
            return fail(f"{year.number} stands without an era", f"ปี {year.number} ไม่มี พ.ศ. หรือ ค.ศ. นำหน้า", year.at)
    labelled = [year for year in years if year.labelled]
    for before, after in itertools.pairwise(labelled):
        first, second = (after, before) if backwards else (before, after)
        if first.common > second.common:
            return fail(
                f"{after.number} stands after {before.number}",
                f"ปี {after.number} ไม่เรียงต่อจากปี {before.number}",
                after.at,
            )
    verdict = at_least(len({year.common for year in labelled}), minimum, _YEARS)
    if not verdict.passed:
        return verdict
    inherited = next((year for year in years if year.inherited), None)
    if inherited is not None:
        return undecided(
            f"{inherited.number} shares the era of the year before",
            f"{inherited.number} ใช้ศักราชร่วมกับปีก่อนหน้า",
            inherited.at,
        )
    return _doubtful(years)


def _check_years_rising(answer: Answer, params: Params) -> Verdict:
    return _check_in_order(answer, params["minimum"], False)


def _check_years_falling(answer: Answer, params: Params) -> Verdict:
    return _check_in_order(answer, params["minimum"], True)


def _amend_rising(text: str, params: Params, filler: str) -> str:
    return with_text(text, " ".join(f"พ.ศ. {2550 + number}" for number in range(params["minimum"])))


def _amend_falling(text: str, params: Params, filler: str) -> str:
    return with_text(text, " ".join(f"พ.ศ. {2560 - number}" for number in range(params["minimum"])))


_SEVERAL = {"minimum": whole_number(minimum=2, maximum=20)}

TYPES = (
    ConstraintType("dates.buddhist_era_only", {}, draw_nothing, _check_buddhist_era_only, _amend_buddhist,
                   rank=1, thai=True),
    ConstraintType("dates.common_era_only", {}, draw_nothing, _check_common_era_only, _amend_common,
                   rank=1, thai=True),
    ConstraintType("dates.both_eras", {}, draw_nothing, _check_both_eras, _amend_both_eras, rank=1, thai=True),
    ConstraintType("dates.year_to_buddhist", {"year": whole_number(1941, 2200)}, _draw_common_year,
                   _check_year_to_buddhist, _amend_to_buddhist, rank=1, thai=True),
    ConstraintType("dates.year_to_common", {"year": whole_number(2484, 2743)}, _draw_buddhist_year,
                   _check_year_to_common, _amend_to_common, rank=1, thai=True),
    ConstraintType("dates.years_rising", _SEVERAL, _draw_minimum, _check_years_rising, _amend_rising,
                   rank=1, weight=0.5, thai=True),
    ConstraintType("dates.years_falling", _SEVERAL, _draw_minimum, _check_years_falling, _amend_falling,
                   rank=1, weight=0.25, thai=True),
)  # fmt: skip
