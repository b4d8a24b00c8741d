"""Reading a score from 0 to 10 out of what a judge said: JSON, "8/10", "**Score: 8**", "8.5", "คะแนน ๘ เต็ม ๑๐".

A score is read or it is not; it is never made up. What holds no score, a score out of range or on another scale, or
two different ones, has a fault instead, and the caller counts it. Of several readings the median counts.

>>> [read_score(t) for t in ("8", "8/10", "**Score: 8**", "คะแนน: ๘", "7.5 out of 10", "ได้ 8 จากคะแนนเต็ม 10")]
[8.0, 8.0, 8.0, 8.0, 7.5, 8.0]
>>> [reading(t).fault for t in ("88", "ดีมาก", "3 หรือ 8", "")]
['unreadable', 'unreadable', 'ambiguous', 'unreadable']
"""

from __future__ import annotations

import json
import statistics
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import regex

from constraints.text import arabic_digits

__all__ = ["Reading", "json_object", "json_reading", "median_reading", "read_score", "reading"]

HIGHEST = 10

_N = r"(?<![\d.,/\-−–])(\d{1,3}(?:\.\d+)?)(?![\d]|[.,]\d|\s*%)"
_OTHER_SCALE = r"(?!\s*(?:/|out\s+of|จาก(?:คะแนน)?(?:เต็ม)?|เต็ม)\s*\d)"
_OF_TEN = regex.compile(
    rf"{_N}\s*(?:คะแนน|points?)?\s*(?:/|out\s+of|(?:จาก)?(?:คะแนน)?เต็ม|จาก)\s*10(?:\.0+)?(?![\d.]*\d)", regex.IGNORECASE
)
# The scale itself, wherever it is named without a score before it.
_SCALE = regex.compile(
    r"(?:จาก)?(?:คะแนน)?เต็ม\s*10(?:\s*คะแนน)?|(?:0|1)\s*(?:[-–—]|ถึง|to)\s*10|(?:out\s+of|/)\s*10|"
    r"scale\s+of\s+(?:(?:0|1)\s*(?:to|-)\s*)?10",
    regex.IGNORECASE,
)
_RANGE = regex.compile(r"(?<![\d.])\d{1,2}(?:\.\d+)?\s*(?:[-–—]|ถึง|to)\s*\d{1,2}(?:\.\d+)?(?![\d.])", regex.IGNORECASE)
_LABELLED = regex.compile(  # "คะแนนรวมที่ได้คือ 8", or "ให้ 8 คะแนน"
    rf"(?:\b(?:score|rating|grade)\b|คะแนน)(?:[\s:=()\[\]\"']|[-–—]\s|คือ|เป็น|อยู่ที่|ที่ได้|ที่ให้|ได้|รวม|สุทธิ|ในช่วง|\bis\b|\bof\b)*"
    rf"{_N}{_OTHER_SCALE}|(?:ให้|ได้|^)\s*{_N}{_OTHER_SCALE}\s*(?:คะแนน|points?)",
    regex.IGNORECASE | regex.MULTILINE,
)
_ALONE = regex.compile(rf"^\W*{_N}[^\w/]*$", regex.MULTILINE)
_OPENS = regex.compile(rf"^\W*{_N}\s*(?:[-–—:;(,.\n]|เพราะ|เนื่องจาก|because)", regex.IGNORECASE)
_GIVEN = regex.compile(rf"(?:ให้|give it|rate it)\s*{_N}(?=\s*(?:$|เพราะ|เนื่องจาก|แต่|because|[.,;]))", regex.IGNORECASE)
_ANY = regex.compile(_N)
_SHORT = 20  # characters of an answer in which two numbers are two scores


@dataclass(frozen=True, slots=True)
class Reading:
    """A score, or why there is none (`unreadable`, `ambiguous`); `reason` is what the judge gave as its own."""

    score: float | None
    fault: str = ""
    reason: str = ""


def read_score(text: str) -> float | None:
    """The one score in `text`; None where there is none or more than one."""
    return reading(text).score


def reading(text: str) -> Reading:
    """The one score that `text` gives, by the clearest spelling that it uses."""
    given = json_object(text)
    if given is not None and "score" in given:
        return _json_score(given)
    text = regex.sub(r"[*_`]+", "", arabic_digits(text.strip()))
    if (scores := _found(_OF_TEN, text)) is not None:
        # A judge that quotes "10/10" from the answer and then gives its own number has given two.
        return _one(scores | (_found(_LABELLED, _SCALE.sub(" ", _OF_TEN.sub(" ", text))) or set()))
    bare = _SCALE.sub(" ", text)
    if _RANGE.search(bare):
        return Reading(None, "ambiguous")
    for spelling in (_LABELLED, _ALONE, _GIVEN, _OPENS):
        if (scores := _found(spelling, bare)) is not None:
            return _one(scores)
    return Reading(None, "ambiguous" if len(bare) <= _SHORT and len(_ANY.findall(bare)) > 1 else "unreadable")


def json_reading(text: str) -> Reading:
    """The score of an answer that was asked for as JSON; what is not JSON is unreadable, whatever numbers it holds."""
    given = json_object(text)
    return Reading(None, "unreadable") if given is None else _json_score(given)


def median_reading(readings: Sequence[Reading]) -> Reading:
    """The median of the scores; the first fault where more than half of the readings have none."""
    scores = [found.score for found in readings if found.score is not None]
    if 2 * len(scores) <= len(readings):
        return next(found for found in readings if found.score is None)
    middle = statistics.median(scores)
    nearest = min((r for r in readings if r.score is not None), key=lambda r: abs((r.score or 0.0) - middle))
    return Reading(middle, "", nearest.reason)


def json_object(text: str) -> dict[str, Any] | None:
    """The JSON object that the text is, a fence around it aside; one that gives a key twice says two things.

    >>> json_object('{"score": 7}'), json_object('{"score": 9, "score": 2}'), json_object('8')
    ({'score': 7}, None, None)
    """
    fenced = regex.fullmatch(r"\s*```(?:json)?\s*(\{.*\})\s*```\s*", text, regex.DOTALL)
    try:
        given = json.loads(fenced[1] if fenced else text, object_pairs_hook=_each_key_once)
    except (ValueError, RecursionError):
        return None
    return given if isinstance(given, dict) else None


def _each_key_once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    if len(given := dict(pairs)) < len(pairs):
        raise ValueError("a key is given twice")
    return given


def _json_score(given: dict[str, Any]) -> Reading:
    score, reason = given.get("score"), given.get("reason")
    if isinstance(score, str):  # an endpoint that loosens the schema
        return reading(score) if score.strip() and json_object(score) is None else Reading(None, "unreadable")
    if isinstance(score, bool) or not isinstance(score, int | float) or not 0 <= score <= HIGHEST:
        return Reading(None, "unreadable")
    return Reading(float(score), "", reason.strip() if isinstance(reason, str) else "")


def _found(spelling: regex.Pattern[str], text: str) -> set[float] | None:
    """The scores so spelt; None where the text does not use this spelling."""
    numbers = (next(group for group in found.groups() if group) for found in spelling.finditer(text))
    return {float(number) for number in numbers} or None


def _one(scores: set[float]) -> Reading:
    if len(scores) > 1:
        return Reading(None, "ambiguous")
    score = scores.pop()
    return Reading(score) if score <= HIGHEST else Reading(None, "unreadable")
