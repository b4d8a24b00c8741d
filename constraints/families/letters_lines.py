"""The letters at which lines begin and end: acrostics, one initial for all lines, dictionary order.

A line begins with its first letter, a vowel written before the consonant (เ แ โ ใ ไ) aside; marks and list numbers
before it do not count. Both are said in every instruction. Lines that hold nothing are no lines. A Thai letter that
may be a list number (ก. ข.) leaves the verdict open where it matters. Dictionary order is that of
`constraints.thai.collation`; lines that begin in another script have no place in it.
"""

from __future__ import annotations

import itertools
import random
from collections.abc import Sequence
from typing import Any

from constraints.answer import Answer, Line
from constraints.constraint_type import ConstraintType, DrawContext, Language, Params, draw_nothing, show_values
from constraints.counting import LINES, exactly
from constraints.shaping import shown_lines, with_lines
from constraints.thai.alphabet import CONSONANTS, WORD_OF, bodies, initials, last_letter
from constraints.thai.collation import collation_key
from constraints.thai.verse import worst
from constraints.verdict import PASS, Verdict, fail, undecided

__all__ = ["TYPES"]

# The letters that begin common words, in dictionary order.
_ORDER = "กขคงจฉชซดตถทธนบปผฝพฟภมยรลวศสหอ"
# Words written with consonants alone, so that each letter is an initial.
_SPELLED_WORDS = (
    "คน ฝน นก รถ ลม มด ขนม ถนน ตลก สมอง ทอง ของ กลอง ดอก นคร พร "
    "สวน ขอบ หมอ หมอก สงบ อดทน มงคล ผล ชอบ นอน สอน พลอย ลอย สวย รวย ดวง"
)
_SPELLED = _SPELLED_WORDS.split()


# how lines begin


def _begins(line: Line, letter: str) -> Verdict:
    found = initials(line.text)
    if letter not in found:
        return fail(
            f"a line begins with {found[0] if found else 'no letter'}, not with {letter}",
            f'บรรทัดนี้ไม่ได้ขึ้นต้นด้วย "{letter}"',
            line.at,
        )
    return PASS if found == (letter,) else _letter_or_number(line)


def _letter_or_number(line: Line) -> Verdict:
    return undecided("a letter before the line may be its number", "แยกไม่ได้ว่าตัวอักษรหน้าบรรทัดเป็นเลขข้อหรือเนื้อความ", line.at)


def _spells(answer: Answer, letters: str) -> Verdict:
    """One line for each letter, in order."""
    verdict = exactly(len(answer.placed_lines), len(letters), LINES)
    if not verdict.passed:
        return verdict
    return worst(_begins(line, letter) for line, letter in zip(answer.placed_lines, letters, strict=True))


def _draw_line_starts(rng: random.Random, context: DrawContext) -> dict[str, Any]:
    return {"letter": rng.choice("กขคจชดตทนบปพมยรลวสหอ")}


def _check_line_starts(answer: Answer, params: Params) -> Verdict:
    return worst(_begins(line, params["letter"]) for line in answer.placed_lines)


def _amend_beginnings(lines: Sequence[str], letters: Sequence[str]) -> str:
    return "\n".join(
        line if initials(line) == (letter,) else f"{WORD_OF[letter]} {line}"
        for line, letter in zip(lines, letters, strict=True)
    )


def _amend_line_starts(text: str, params: Params, filler: str) -> str:
    lines = shown_lines(text)
    return _amend_beginnings(lines, [params["letter"]] * len(lines))


def _draw_acrostic(rng: random.Random, context: DrawContext) -> dict[str, Any]:
    return {"word": rng.choice(_SPELLED)}


def _shown_acrostic(params: Params, lang: Language) -> dict[str, str]:
    return {**show_values(params, lang), "lines": str(len(params["word"])), "letters": " ".join(params["word"])}


def _check_acrostic(answer: Answer, params: Params) -> Verdict:
    return _spells(answer, params["word"])


def _amend_acrostic(text: str, params: Params, filler: str) -> str:
    return _amend_beginnings(shown_lines(with_lines(text, len(params["word"]), filler)), params["word"])


def _draw_acrostic_alphabet(rng: random.Random, context: DrawContext) -> dict[str, Any]:
    return {"count": rng.randint(4, 10)}


def _shown_acrostic_alphabet(params: Params, lang: Language) -> dict[str, str]:
    return {**show_values(params, lang), "letters": " ".join(_ORDER[: params["count"]])}


def _check_acrostic_alphabet(answer: Answer, params: Params) -> Verdict:
    return _spells(answer, _ORDER[: params["count"]])


def _amend_acrostic_alphabet(text: str, params: Params, filler: str) -> str:
    letters = _ORDER[: params["count"]]
    return _amend_beginnings(shown_lines(with_lines(text, len(letters), filler)), letters)


def _check_different_initials(answer: Answer, params: Params) -> Verdict:
    lines = answer.placed_lines
    if len(lines) < 2:
        return fail("a single line", "มีเพียงบรรทัดเดียว ต้องมีอย่างน้อย 2 บรรทัด", lines[0].at)
    seen: set[str] = set()
    verdicts = []
    for line in lines:
        found = initials(line.text)
        first = "".join(found)
        if not first:
            verdicts.append(undecided("a line begins with no letter", "มีบรรทัดที่ไม่ได้ขึ้นต้นด้วยตัวอักษร", line.at))
        elif len(found) > 1:
            verdicts.append(_letter_or_number(line))
        elif first in seen:
            verdicts.append(fail(f"another line begins with {first}", f'มีบรรทัดอื่นขึ้นต้นด้วย "{first}" แล้ว', line.at))
        else:
            seen.add(first)
    return worst(verdicts)


def _amend_different_initials(text: str, params: Params, filler: str) -> str:
    lines = shown_lines(text)
    lines += [filler] * (2 - len(lines))
    used: set[str] = set()
    for number, line in enumerate(lines):
        if used & set(initials(line)):
            lines[number] = f"{next((word for letter, word in WORD_OF.items() if letter not in used), '')} {line}"
        used |= set(initials(lines[number]))
    return "\n".join(lines)


# how lines end


def _draw_line_ends_letter(rng: random.Random, context: DrawContext) -> dict[str, Any]:
    return {"letter": rng.choice("กงดนบมยรว")}


def _check_line_ends_letter(answer: Answer, params: Params) -> Verdict:
    return worst(_ends(line, params["letter"]) for line in answer.placed_lines)


def _ends(line: Line, letter: str) -> Verdict:
    found, place = last_letter(line.text)
    if found == letter:
        return PASS
    at = (line.at[0] + place, line.at[1])
    if found == "ๆ":
        return undecided("a line ends with ๆ, which repeats a word", "บรรทัดนี้ลงท้ายด้วยไม้ยมก", at)
    return fail(f"a line ends with {found!r}, not with {letter!r}", f'บรรทัดนี้ไม่ได้ลงท้ายด้วย "{letter}"', at)


_LAST_WORDS = {"ก": "นก", "ง": "ทาง", "ด": "มด", "น": "คน", "บ": "กลับ", "ม": "ลม", "ย": "สวย", "ร": "พร", "ว": "ดาว"}


def _amend_line_ends_letter(text: str, params: Params, filler: str) -> str:
    letter = params["letter"]
    return "\n".join(
        line if last_letter(line)[0] == letter else f"{line} {_LAST_WORDS[letter]}" for line in shown_lines(text)
    )


# dictionary order


def _in_order(answer: Answer, step: int) -> Verdict:
    """Every reading of the lines (list letters on or off, spaces counted or not) must give the same answer."""
    lines = answer.placed_lines
    if len(lines) < 2:
        return fail("a single line", "มีเพียงบรรทัดเดียว ต้องมีอย่างน้อย 2 บรรทัด", lines[0].at)
    foreign = next((line for line in lines if not set(initials(line.text)) & set(CONSONANTS + "ฤฦ")), None)
    if foreign is not None:
        return undecided("a line does not begin with a Thai letter", "มีบรรทัดที่ไม่ได้ขึ้นต้นด้วยอักษรไทย", foreign.at)
    faults = [_first_out_of_order(lines, step, body, spaced) for body in (0, -1) for spaced in (False, True)]
    fault = next((line for line in faults if line is not None), None)
    if fault is None:
        return PASS
    if None in faults:
        return undecided("the order depends on spaces or list letters", "ลำดับขึ้นอยู่กับว่านับช่องว่างหรือเลขข้อหรือไม่", fault.at)
    return fail("a line is out of dictionary order", "บรรทัดนี้ไม่อยู่ในลำดับตามพจนานุกรม", fault.at)


def _first_out_of_order(lines: Sequence[Line], step: int, body: int, spaced: bool) -> Line | None:
    keys = [collation_key(bodies(line.text)[body], spaced) for line in lines]
    for (before, after), line in zip(itertools.pairwise(keys[::step]), list(lines)[::step][1:], strict=True):
        if after < before:
            return line
    return None


def _check_alphabetical_lines(answer: Answer, params: Params) -> Verdict:
    return _in_order(answer, 1)


def _check_reverse_alphabetical_lines(answer: Answer, params: Params) -> Verdict:
    return _in_order(answer, -1)


def _amend_sorted(text: str, filler: str, reverse: bool) -> str:
    lines = shown_lines(text)
    lines += [filler] * (2 - len(lines))
    return "\n".join(sorted(lines, key=lambda line: collation_key(bodies(line)[0]), reverse=reverse))


def _amend_alphabetical_lines(text: str, params: Params, filler: str) -> str:
    return _amend_sorted(text, filler, False)


def _amend_reverse_alphabetical_lines(text: str, params: Params, filler: str) -> str:
    return _amend_sorted(text, filler, True)


_INITIAL = {"letter": {"type": "string", "enum": list(WORD_OF)}}
_WORD = {"word": {"type": "string", "pattern": f"^[{''.join(WORD_OF)}]{{2,10}}$"}}
_SHAPES_WHOLE = frozenset({"letters", "layout", "json", "yaml", "csv", "poetry", "repeat"})

TYPES = (
    ConstraintType("letters.line_starts", _INITIAL, _draw_line_starts, _check_line_starts, _amend_line_starts, rank=3,
                   conflicts=_SHAPES_WHOLE, thai=True),
    ConstraintType("letters.acrostic", _WORD, _draw_acrostic, _check_acrostic, _amend_acrostic, rank=3,
                   conflicts=_SHAPES_WHOLE, shown=_shown_acrostic, thai=True),
    ConstraintType("letters.acrostic_alphabet", {"count": {"type": "integer", "minimum": 2, "maximum": len(_ORDER)}},
                   _draw_acrostic_alphabet, _check_acrostic_alphabet, _amend_acrostic_alphabet, rank=3,
                   conflicts=_SHAPES_WHOLE, shown=_shown_acrostic_alphabet, thai=True),
    ConstraintType("letters.different_initials", {}, draw_nothing, _check_different_initials, _amend_different_initials,
                   rank=3, weight=0.5, conflicts=_SHAPES_WHOLE, thai=True),
    ConstraintType("letters.line_ends_letter", {"letter": {"type": "string", "enum": list(_LAST_WORDS)}},
                   _draw_line_ends_letter, _check_line_ends_letter, _amend_line_ends_letter, rank=3, weight=0.5,
                   conflicts=_SHAPES_WHOLE | {"particles", "punctuation"}, thai=True),
    ConstraintType("letters.alphabetical_lines", {}, draw_nothing, _check_alphabetical_lines, _amend_alphabetical_lines,
                   rank=3, conflicts=_SHAPES_WHOLE, thai=True),
    ConstraintType("letters.reverse_alphabetical_lines", {}, draw_nothing, _check_reverse_alphabetical_lines,
                   _amend_reverse_alphabetical_lines, rank=3, weight=0.5, conflicts=_SHAPES_WHOLE, thai=True),
)  # fmt: skip
