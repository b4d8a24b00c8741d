"""Emoji in an answer: none, so many, at the ends of lines.

One emoji is what a reader sees as one picture: a family joined by zero-width joiners, a flag of two letters, a keycap
and a hand with a skin tone count once. Signs that stand between text and picture (❤ ☀ ✔ without the emoji selector) look
like emoji on some screens only: where the verdict depends on one it is UNDECIDED. © ™ → ★ ✓ are text.
"""

from __future__ import annotations

import random
from collections.abc import Iterable
from typing import Any

import regex

from constraints.answer import Answer, Line
from constraints.constraint_type import ConstraintType, DrawContext, Params, draw_nothing, whole_number
from constraints.counting import Unit, at_least, at_most, exactly, in_doubt
from constraints.shaping import shown_lines
from constraints.verdict import PASS, Verdict, fail, undecided

__all__ = ["TYPES"]

_PICTURE = (
    "(?:[[\\p{Emoji_Presentation}--\\p{Regional_Indicator}][\\U0001f000-\\U0001faff&&\\p{Emoji}--\\p{Regional_Indicator}]]"
    "(?!\ufe0e)\ufe0f?\\p{Emoji_Modifier}?"
    "|[\\p{Emoji}&&\\p{Extended_Pictographic}]\ufe0f|[\\p{Emoji_Modifier_Base}]\\p{Emoji_Modifier})"
)
_EMOJI = (
    f"(?P<emoji>\\p{{Regional_Indicator}}{{1,2}}|[0-9#*]\ufe0f?\u20e3"
    f"|{_PICTURE}[\\U000e0020-\\U000e007f]*+(?:\u200d(?:{_PICTURE}|\\p{{Extended_Pictographic}}))*+)"
)
_SIGN = "(?P<sign>[[\u2600-\u27bf\u2b1b\u2b1c\u2b50\u2b55]&&\\p{Emoji}](?!\ufe0e))"
_EMOJI_OR_SIGN = regex.compile(f"{_EMOJI}|{_SIGN}", regex.V1)
_LETTER_OR_DIGIT = regex.compile(r"[\p{L}\p{N}]")
_EMOJI_UNIT = Unit("emoji", "อีโมจิ", "ตัว")


def _counts(answer: Answer) -> tuple[int, int]:
    """Emoji that everybody counts, and with the signs that somebody may count."""
    found = [match.lastgroup for match in _EMOJI_OR_SIGN.finditer(answer.text)]
    return found.count("emoji"), len(found)


def _check_no_emoji(answer: Answer, params: Params) -> Verdict:
    doubt = PASS
    for match in _EMOJI_OR_SIGN.finditer(answer.text):
        if match.group("emoji"):
            return fail(f"found {match.group()}", f"พบอีโมจิ {match.group()}", match.span())
        doubt = undecided(
            f"{match.group()} is an emoji on some screens only",
            f"{match.group()} แสดงเป็นอีโมจิเฉพาะในบางอุปกรณ์ จึงตัดสินไม่ได้",
            match.span(),
        )
    return doubt


def _amend_no_emoji(text: str, params: Params, filler: str) -> str:
    return _EMOJI_OR_SIGN.sub("", text)


def _draw_emoji_count(rng: random.Random, context: DrawContext) -> dict[str, Any]:
    return {"count": rng.randint(1, 5)}


def _check_emoji_count(answer: Answer, params: Params) -> Verdict:
    return in_doubt(*_counts(answer), lambda found: exactly(found, params["count"], _EMOJI_UNIT))


_AMENDED_EMOJI = "😊🌟🎉👍🌸"


def _amend_emoji_count(text: str, params: Params, filler: str) -> str:
    found = list(_EMOJI_OR_SIGN.finditer(text))
    for match in reversed(found[params["count"] :]):
        text = text[: match.start()] + text[match.end() :]
    return _amended_emoji(text, params["count"] - len(found))


def _amended_emoji(text: str, missing: int) -> str:
    """More emoji after the middle line: the first and the last line may have to stay as they are."""
    lines = text.split("\n")
    more = "".join(_AMENDED_EMOJI[number % len(_AMENDED_EMOJI)] for number in range(missing))
    shown = [number for number, line in enumerate(lines) if line.strip()] or [0]
    lines[shown[len(shown) // 2]] += f" {more}" if more else ""
    return "\n".join(lines)


def _draw_emoji_min(rng: random.Random, context: DrawContext) -> dict[str, Any]:
    return {"minimum": rng.randint(1, 5)}


def _check_emoji_min(answer: Answer, params: Params) -> Verdict:
    return in_doubt(*_counts(answer), lambda found: at_least(found, params["minimum"], _EMOJI_UNIT))


def _amend_emoji_min(text: str, params: Params, filler: str) -> str:
    return _amended_emoji(text, params["minimum"] - _counts(Answer(text))[0])


def _draw_emoji_max(rng: random.Random, context: DrawContext) -> dict[str, Any]:
    return {"maximum": rng.randint(1, 4)}


def _check_emoji_max(answer: Answer, params: Params) -> Verdict:
    return in_doubt(*_counts(answer), lambda found: at_most(found, params["maximum"], _EMOJI_UNIT))


def _amend_emoji_max(text: str, params: Params, filler: str) -> str:
    for match in reversed(list(_EMOJI_OR_SIGN.finditer(text))[params["maximum"] :]):
        text = text[: match.start()] + text[match.end() :]
    return text


# lines


def _check_emoji_each_line(answer: Answer, params: Params) -> Verdict:
    return _first_doubt_or_fault((line, _at_end(line.text)) for line in answer.placed_lines)


def _at_end(line: str) -> regex.Match[str] | None:
    """The emoji or sign that ends the line."""
    last = None
    for match in _EMOJI_OR_SIGN.finditer(line):
        last = match
    return last if last is not None and last.end() == len(line) else None


def _check_emoji_line_start(answer: Answer, params: Params) -> Verdict:
    return _first_doubt_or_fault((line, _EMOJI_OR_SIGN.match(line.text)) for line in answer.placed_lines)


def _first_doubt_or_fault(lines: Iterable[tuple[Line, regex.Match[str] | None]]) -> Verdict:
    """FAIL for a line of words without an emoji in its place; UNDECIDED for a divider, or a sign in its place."""
    doubt = PASS
    for line, match in lines:
        if match is None and _LETTER_OR_DIGIT.search(line.text):
            return fail(f"no emoji in its place: {line.text[:40]!r}", "บรรทัดนี้ไม่มีอีโมจิในตำแหน่งที่กำหนด", line.at)
        if match is None or match.group("sign"):
            doubt = undecided(
                "a divider, or a sign that may be no emoji",
                "เป็นเส้นคั่น หรือเป็นสัญลักษณ์ที่อาจไม่ใช่อีโมจิ จึงตัดสินไม่ได้",
                line.at,
            )
    return doubt


def _amend_emoji_each_line(text: str, params: Params, filler: str) -> str:
    blocks = text.split("\n\n")
    return "\n\n".join(
        "\n".join(line if _at_end(line) else f"{line} 😊" for line in shown_lines(block)) for block in blocks
    )


def _amend_emoji_line_start(text: str, params: Params, filler: str) -> str:
    blocks = text.split("\n\n")
    return "\n\n".join(
        "\n".join(line if _EMOJI_OR_SIGN.match(line) else f"🌟 {line}" for line in shown_lines(block))
        for block in blocks
    )


_DATA = frozenset({"json", "yaml", "csv"})
_SHAPES = _DATA | {"layout", "poetry"}

TYPES = (
    ConstraintType("script.no_emoji", {}, draw_nothing, _check_no_emoji, _amend_no_emoji, weight=0.25),
    ConstraintType("script.emoji_count", {"count": whole_number(maximum=100)}, _draw_emoji_count, _check_emoji_count,
                   _amend_emoji_count, rank=3, weight=0.5, conflicts=_DATA | {"repeat.lines_doubled"}),
    ConstraintType("script.emoji_min", {"minimum": whole_number(maximum=100)}, _draw_emoji_min, _check_emoji_min,
                   _amend_emoji_min, weight=0.5, conflicts=_DATA),
    ConstraintType("script.emoji_max", {"maximum": whole_number(maximum=100)}, _draw_emoji_max, _check_emoji_max,
                   _amend_emoji_max, weight=0.25),
    ConstraintType("script.emoji_each_line", {}, draw_nothing, _check_emoji_each_line, _amend_emoji_each_line, rank=3,
                   weight=0.5, conflicts=_SHAPES | {"keywords.ends_with", "particles", "punctuation", "repeat"}),
    ConstraintType("script.emoji_line_start", {}, draw_nothing, _check_emoji_line_start, _amend_emoji_line_start,
                   rank=3, weight=0.5, conflicts=_SHAPES | {"keywords.starts_with", "punctuation", "repeat"}),
)  # fmt: skip
