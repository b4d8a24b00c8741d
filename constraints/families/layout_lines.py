"""What every line must look like: the same mark before or behind it, deeper indentation, rules, no blank lines.

Lines that hold nothing are passed over, except where blank lines are the point. Marks are looked for on plain lines
(emphasis off), lines in code fences included: the instruction speaks of every line. Lines that are too long for a
screen and wrap there are one line.
"""

from __future__ import annotations

import random
from collections.abc import Callable
from itertools import pairwise
from typing import Any

import regex

from constraints.answer import Answer, Line
from constraints.constraint_type import ConstraintType, DrawContext, Params, draw_nothing, text_value, whole_number
from constraints.counting import Unit, exactly
from constraints.shaping import each_line, shown_lines
from constraints.text import normalise
from constraints.verdict import PASS, Verdict, fail

__all__ = ["TYPES"]

_RULE = "---"
_RULES = Unit("lines of --- alone", "บรรทัดที่มีเพียง ---", "เส้น")
_FENCE = regex.compile(r"^\s*```[^`]*$")


def _draw_mark(*marks: str) -> Callable[[random.Random, DrawContext], dict[str, Any]]:
    def draw(rng: random.Random, context: DrawContext) -> dict[str, Any]:
        return {"mark": rng.choice(marks)}

    return draw


def _without_mark(answer: Answer, marked: Callable[[Line], bool], english: str, thai: str) -> Verdict:
    for line in answer.placed_lines:
        if not marked(line):
            return fail(english, thai, line.at)
    return PASS


def _check_line_prefix(answer: Answer, params: Params) -> Verdict:
    mark = normalise(params["mark"]).strip()
    return _without_mark(
        answer, lambda line: line.text.startswith(mark),
        f"a line does not start with {mark}", f"บรรทัดนี้ไม่ได้ขึ้นต้นด้วย {mark}",
    )  # fmt: skip


def _amend_line_prefix(text: str, params: Params, filler: str) -> str:
    return each_line(text, prefix=f"{params['mark'].strip()} ")


def _check_line_suffix(answer: Answer, params: Params) -> Verdict:
    mark = normalise(params["mark"]).strip()
    return _without_mark(
        answer, lambda line: line.text.endswith(mark),
        f"a line does not end with {mark}", f"บรรทัดนี้ไม่ได้ลงท้ายด้วย {mark}",
    )  # fmt: skip


def _amend_line_suffix(text: str, params: Params, filler: str) -> str:
    return each_line(text, suffix=params["mark"].strip())


def _check_indented_steps(answer: Answer, params: Params) -> Verdict:
    lines = [
        (number, len(line) - len(line.lstrip()))
        for number, line in enumerate(map(str.expandtabs, answer.raw_lines))
        if line.strip() and not _FENCE.match(line)  # models put such text in a code fence to keep its spaces
    ]
    if len(lines) < 2:
        return fail("a single line cannot be a step", "มีเพียงบรรทัดเดียว ต้องมีอย่างน้อย 2 บรรทัด")
    for (_, before), (number, after) in pairwise(lines):
        if after <= before:
            return fail(
                f"a line indented by {after} follows one indented by {before}",
                f"บรรทัดนี้เยื้อง {after} ช่อง ไม่มากกว่าบรรทัดก่อนหน้าที่เยื้อง {before} ช่อง",
                answer.at_raw_line(number),
            )
    return PASS


def _amend_indented_steps(text: str, params: Params, filler: str) -> str:
    lines = shown_lines(text)
    lines += [filler] * (2 - len(lines))
    return "\n".join(" " * 2 * number + line.strip() for number, line in enumerate(lines))


def _check_single_block(answer: Answer, params: Params) -> Verdict:
    if "\n\n" not in answer.text:
        return PASS
    blank = answer.text.index("\n\n")
    return fail("there is a blank line", "มีบรรทัดว่าง", (blank, blank + 2))


def _amend_single_block(text: str, params: Params, filler: str) -> str:
    return "\n".join(shown_lines(text))


def _draw_horizontal_rules(rng: random.Random, context: DrawContext) -> dict[str, Any]:
    return {"count": rng.randint(1, 3)}


def _check_horizontal_rules(answer: Answer, params: Params) -> Verdict:
    rules = [line.at for line in answer.placed_lines if line.text == _RULE]
    return exactly(len(rules), params["count"], _RULES, next(iter(rules[params["count"] :]), None))


def _amend_horizontal_rules(text: str, params: Params, filler: str) -> str:
    missing = params["count"] - sum(1 for line in shown_lines(text) if line.strip() == _RULE)
    return text + f"\n\n{_RULE}\n\n{filler}" * missing


_MARK = {"mark": text_value(20)}
_SHAPES_WHOLE = frozenset({"layout", "json", "yaml", "csv", "poetry"})

TYPES = (
    ConstraintType("layout.line_prefix", _MARK, _draw_mark(">>", "★", "→", "✓", "~", "#"), _check_line_prefix,
                   _amend_line_prefix, rank=4, weight=0.5, conflicts=_SHAPES_WHOLE),
    ConstraintType("layout.line_suffix", _MARK, _draw_mark("!", ";", "//", "★", "~", "<<"), _check_line_suffix,
                   _amend_line_suffix, rank=4, weight=0.5, conflicts=_SHAPES_WHOLE),
    ConstraintType("layout.indented_steps", {}, draw_nothing, _check_indented_steps, _amend_indented_steps,
                   rank=4, weight=0.25, conflicts=_SHAPES_WHOLE),
    ConstraintType("layout.single_block", {}, draw_nothing, _check_single_block, _amend_single_block,
                   conflicts=_SHAPES_WHOLE),
    ConstraintType("layout.horizontal_rules", {"count": whole_number(maximum=20)}, _draw_horizontal_rules,
                   _check_horizontal_rules, _amend_horizontal_rules, weight=0.5, conflicts=_SHAPES_WHOLE),
)  # fmt: skip
