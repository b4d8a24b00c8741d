"""Answers made of parts: titles and postscripts, dividers, labelled and numbered parts, tags, given choices.

A label may stand in a Markdown heading or in bold; behind a bullet or a list number it is UNDECIDED whether it
stands at the line's start. Thai and Arabic digits are one. A part holds something when a letter or a digit stands
behind its label or on the lines below it, code included. Does not judge whether a part says what its label promises.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache
from typing import Any, NamedTuple

import regex

from constraints.answer import Answer
from constraints.constraint_type import (
    ConstraintType,
    DrawContext,
    Language,
    Params,
    draw_nothing,
    quoted_list,
    text_value,
    texts_value,
    whole_number,
)
from constraints.counting import Unit, exactly
from constraints.families.layout_lists import plain_lines
from constraints.shaping import shown_lines, with_lines
from constraints.text import normalise, plain
from constraints.verdict import PASS, Span, Verdict, fail, undecided

__all__ = ["TYPES"]

_DIVIDER = "***"
_TWO_ANSWERS = "******"
_POSTSCRIPT = "ป.ล."
_STEP = "ขั้นตอนที่"
_PAIR = ("ถาม", "ตอบ")
_NO_MORE = "จุดจบของคำตอบ"
_PARTS = Unit("parts", "", "ส่วน")
_ANSWERS = Unit("answers", "", "คำตอบ")

_TITLE = regex.compile(r"<<(?=[^\n]*\w)(?:(?!<<|>>)[^\n])+>>")  # a single > may stand in a title
_LINE_LEAD = regex.compile(r"^\s*(?:#{1,6}\s+)?")
_LIST_LEAD = regex.compile(r"^\s*(?:#{1,6}\s+)?(?:(?:[-*+•>]\s+|[0-9๐-๙]{1,2}[.)]\s*)(?:\[.?\]\s+)?)?")
_COLON = regex.compile(r"\s*[:：]")
_PART_NUMBER = regex.compile(r"\s*([0-9๐-๙]{1,3})(?!\.?\d)")
_SAYS_SOMETHING = regex.compile(r"[\p{L}\p{N}]")
_NOT_SAID = regex.compile(r"[^\p{L}\p{M}\p{N}]+")
_TAG = regex.compile(r"</?[^<>\n]+>")
_AROUND_A_CHOICE = " \n\"'.!"
_POLITE_ENDING = regex.compile(r"\s*(?:ครับ|ค่ะ)$")

Head = tuple[str, str]
"""What a line is labelled with, and the rest of it."""


class _Part(NamedTuple):
    line: int  # index of the raw line
    name: str
    says: bool


@lru_cache(maxsize=4096)
def _as_read(text: str) -> str:
    """A parameter as it stands in the plain view."""
    return plain(normalise(text))


# what stands at the start and at the end


def _check_title(answer: Answer, params: Params) -> Verdict:
    first = answer.placed_lines[0]
    if _TITLE.fullmatch(first.text.lstrip("# ")):
        return PASS
    return fail(
        f"the first line is {first.text[:30]!r}, not a <<title>>",
        "บรรทัดแรกไม่ใช่ชื่อเรื่องที่อยู่ในเครื่องหมาย << และ >>",
        first.at,
    )


def _amend_title(text: str, params: Params, filler: str) -> str:
    return text if text.startswith("<<") else f"<<{filler}>>\n{text}"


def _check_postscript(answer: Answer, params: Params) -> Verdict:
    last = answer.placed_lines[-1]
    if not last.text.startswith(_POSTSCRIPT):
        return fail(f"the last line does not start with {_POSTSCRIPT}", f"บรรทัดสุดท้ายไม่ได้ขึ้นต้นด้วย {_POSTSCRIPT}", last.at)
    if not _SAYS_SOMETHING.search(last.text.removeprefix(_POSTSCRIPT)):
        return fail("the postscript is empty", f"ไม่มีข้อความหลัง {_POSTSCRIPT}", last.at)
    if len(answer.placed_lines) == 1:
        return fail("there is nothing but the postscript", "มีแต่ปัจฉิมลิขิต ไม่มีเนื้อหา", last.at)
    return PASS


def _amend_postscript(text: str, params: Params, filler: str) -> str:
    return text if text.split("\n")[-1].startswith(_POSTSCRIPT) else f"{text}\n{_POSTSCRIPT} {filler}"


def _check_quoted(answer: Answer, params: Params) -> Verdict:
    text = answer.text
    inside = text[1:-1].strip()
    if not (inside and text.startswith('"') and text.endswith('"')):
        return fail("the answer is not wrapped in double quotation marks", "ไม่มีเครื่องหมายอัญประกาศคู่ครอบคำตอบทั้งหมด")
    if '"' in inside:  # "ก" และ "ข" looks the same as a quotation within the quotation
        return undecided("double quotation marks inside the answer", "มีเครื่องหมายอัญประกาศคู่อยู่ในคำตอบด้วย จึงตัดสินไม่ได้")
    return PASS


def _amend_quoted(text: str, params: Params, filler: str) -> str:
    return '"' + text.replace('"', "") + '"'


# parts with a divider between them


def _draw_count(low: int, high: int) -> Callable[[random.Random, DrawContext], dict[str, Any]]:
    def draw(rng: random.Random, context: DrawContext) -> dict[str, Any]:
        return {"count": rng.randint(low, high)}

    return draw


def _divided(answer: Answer, divider: str) -> list[str]:
    """The parts between lines that hold only the divider."""
    parts = [""]
    for line in answer.text.split("\n"):
        if line.strip() == divider:
            parts.append("")
        else:
            parts[-1] += f"{line}\n"
    return parts


def _check_dividers(answer: Answer, params: Params) -> Verdict:
    parts = _divided(answer, _DIVIDER)
    if not all(part.strip() for part in parts):
        return fail("a part between dividers is empty", f"มีส่วนที่ว่างเปล่าก่อนหรือหลังบรรทัด {_DIVIDER}")
    return exactly(len(parts), params["count"], _PARTS)


def _amend_dividers(text: str, params: Params, filler: str) -> str:
    blocks = [line for line in shown_lines(text) if line.strip() != _DIVIDER]
    return with_lines("\n".join(blocks), params["count"], filler).replace("\n", f"\n{_DIVIDER}\n")


def _check_two_answers(answer: Answer, params: Params) -> Verdict:
    parts = _divided(answer, _TWO_ANSWERS)
    verdict = exactly(len(parts), 2, _ANSWERS)
    if not verdict.passed:
        return verdict
    first, second = (_NOT_SAID.sub("", part).casefold() for part in parts)
    if not first or not second:
        return fail("one of the two answers is empty", f"ไม่มีคำตอบก่อนหรือหลังบรรทัด {_TWO_ANSWERS}")
    return PASS if first != second else fail("the two answers are the same", "คำตอบทั้งสองเหมือนกัน")


def _amend_two_answers(text: str, params: Params, filler: str) -> str:
    return text if _TWO_ANSWERS in text else f"{text}\n{_TWO_ANSWERS}\n{filler} {filler}"


# parts with a label


def _behind(lead: regex.Pattern[str], line: str) -> str:
    found = lead.match(line)
    return line[found.end() :] if found else line


def _parts(answer: Answer, lead: regex.Pattern[str], head_of: Callable[[str], Head | None]) -> list[_Part]:
    """The parts that start at lines for which `head_of` knows a label, `lead` taken off."""
    heads = [
        (number, *head) for number, line in plain_lines(answer) if (head := head_of(_behind(lead, line))) is not None
    ]
    ends = [number for number, _, _ in heads[1:]] + [len(answer.raw_lines)]
    return [
        _Part(number, name, bool(_SAYS_SOMETHING.search("\n".join([rest, *answer.raw_lines[number + 1 : end]]))))
        for (number, name, rest), end in zip(heads, ends, strict=False)
    ]


def _in_order(answer: Answer, parts: Sequence[_Part], wanted: Sequence[str]) -> Verdict:
    """Just the wanted parts, in order, each with something in it."""
    for part, name in zip(parts, [*wanted, _NO_MORE], strict=False):
        if part.name != name:
            return _misplaced(part, name, answer.at_raw_line(part.line))
        if not part.says:
            return fail(f"part {part.name} is empty", f"ส่วน {part.name} ไม่มีเนื้อหา", answer.at_raw_line(part.line))
    missing = wanted[len(parts) :]
    return fail(f"missing {', '.join(missing)}", f"ขาดส่วน {', '.join(missing)}") if missing else PASS


def _misplaced(part: _Part, due: str, at: Span) -> Verdict:
    return fail(f"a part is labelled {part.name} where {due} is due", f"ตรงนี้ควรเป็น {due} แต่พบ {part.name}", at)


def _labelled_verdict(answer: Answer, head_of: Callable[[str], Head | None], wanted: Sequence[str]) -> Verdict:
    verdict = _in_order(answer, _parts(answer, _LINE_LEAD, head_of), wanted)
    if not verdict.passed and _in_order(answer, _parts(answer, _LIST_LEAD, head_of), wanted).passed:
        return undecided("labels stand behind list marks", "ป้ายกำกับอยู่หลังเครื่องหมายรายการ ไม่ได้อยู่ต้นบรรทัด จึงตัดสินไม่ได้")
    return verdict


def _starts_with(line: str, label: str) -> bool:
    return line[: len(label)].casefold() == label.casefold()


def _numbered_verdict(answer: Answer, label: str, count: int) -> Verdict:
    """Parts that start with the label and 1, 2, 3 ..., Thai digits or Arabic."""

    def head_of(line: str) -> Head | None:
        number = _PART_NUMBER.match(line, len(label)) if _starts_with(line, label) else None
        return (f"{label} {int(number[1])}", line[number.end() :]) if number else None

    return _labelled_verdict(answer, head_of, [f"{label} {number}" for number in range(1, count + 1)])


def _draw_sections(rng: random.Random, context: DrawContext) -> dict[str, Any]:
    return {"label": rng.choice(("ส่วนที่", "ตอนที่", "บทที่", "ประเด็นที่", "หัวข้อที่")), "count": rng.randint(2, 4)}


def _check_sections(answer: Answer, params: Params) -> Verdict:
    return _numbered_verdict(answer, _as_read(params["label"]), params["count"])


def _amend_sections(text: str, params: Params, filler: str) -> str:
    labels = [f"{params['label']} {number}" for number in range(1, params["count"] + 1)]
    return _amend_labels(text, labels, filler)


def _amend_labels(text: str, labels: Sequence[str], filler: str) -> str:
    """One line a label, each with its label before it where it lacks it."""
    lines = with_lines(text, len(labels), filler).split("\n")
    return "\n".join(
        line if line.startswith(f"{label}:") else f"{label}: {line}" for label, line in zip(labels, lines, strict=True)
    )


def _check_steps(answer: Answer, params: Params) -> Verdict:
    return _numbered_verdict(answer, _STEP, params["count"])


def _amend_steps(text: str, params: Params, filler: str) -> str:
    return _amend_sections(text, {**params, "label": _STEP}, filler)


_LABELS = (
    ("ข้อดี", "ข้อเสีย", "สรุป"), ("ปัญหา", "สาเหตุ", "วิธีแก้"), ("ภาพรวม", "รายละเอียด", "ข้อควรระวัง"),
    ("คำตอบ", "เหตุผล"), ("ใจความสำคัญ", "ตัวอย่าง", "ข้อคิด"), ("เป้าหมาย", "สิ่งที่ต้องเตรียม", "วิธีทำ", "ผลที่คาดหวัง"),
)  # fmt: skip


def _draw_labelled_parts(rng: random.Random, context: DrawContext) -> dict[str, Any]:
    return {"labels": list(rng.choice(_LABELS))}


def _labelled_head(labels: Sequence[str]) -> Callable[[str], Head | None]:
    def head_of(line: str) -> Head | None:
        for label in labels:
            colon = _COLON.match(line, len(label)) if _starts_with(line, label) else None
            if colon:
                return label, line[colon.end() :]
        return None

    return head_of


def _check_labelled_parts(answer: Answer, params: Params) -> Verdict:
    labels = [_as_read(label) for label in params["labels"]]
    return _labelled_verdict(answer, _labelled_head(labels), labels)


def _amend_labelled_parts(text: str, params: Params, filler: str) -> str:
    return _amend_labels(text, params["labels"], filler)


def _shown_labels(params: Params, lang: Language) -> Mapping[str, str]:
    return {"labels": quoted_list([f"{label}:" for label in params["labels"]], ", ")}


def _check_question_answer_pairs(answer: Answer, params: Params) -> Verdict:
    return _labelled_verdict(answer, _labelled_head(_PAIR), _PAIR * params["count"])


def _amend_question_answer_pairs(text: str, params: Params, filler: str) -> str:
    return _amend_labels(text, _PAIR * params["count"], filler)


# the whole answer in a given form


def _draw_tags(rng: random.Random, context: DrawContext) -> dict[str, Any]:
    names = (
        ("คำตอบ", "เหตุผล"),
        ("สรุป", "รายละเอียด"),
        ("thinking", "answer"),
        ("answer",),
        ("summary", "reasons", "advice"),
    )
    return {"names": list(rng.choice(names))}


def _check_tags(answer: Answer, params: Params) -> Verdict:
    text, start = answer.text, 0
    for name in map(_as_read, params["names"]):
        opening, closing = f"<{name}>", f"</{name}>"
        if not text.startswith(opening, start):
            return fail(f"{opening} is due", f"ตรงนี้ควรเป็น {opening}", (start, len(text)))
        if closing not in text[start:]:
            return fail(f"{closing} is missing", f"ไม่มี {closing}", (start, len(text)))
        end = text.index(closing, start)
        if not _SAYS_SOMETHING.search(text, start + len(opening), end):
            return fail(f"nothing stands in {opening}", f"ไม่มีข้อความใน {opening}", (start, end))
        start = end + len(closing)
        start += len(text[start:]) - len(text[start:].lstrip())
    if text[start:]:
        return fail("text stands behind the last tag", "มีข้อความต่อท้ายแท็กสุดท้าย", (start, len(text)))
    return PASS


def _amend_tags(text: str, params: Params, filler: str) -> str:
    lines = with_lines(_TAG.sub("", text), len(params["names"]), filler).split("\n")
    return "\n".join(f"<{name}>{line}</{name}>" for name, line in zip(params["names"], lines, strict=True))


def _shown_tags(params: Params, lang: Language) -> Mapping[str, str]:
    return {"names": quoted_list([f"<{name}>...</{name}>" for name in params["names"]], " ")}


_CHOICES = (
    ("ใช่", "ไม่ใช่"), ("ใช่", "ไม่ใช่", "ไม่แน่ใจ"), ("จริง", "เท็จ"), ("เห็นด้วย", "ไม่เห็นด้วย", "เป็นกลาง"), ("ควรทำ", "ไม่ควรทำ"),
    ("คำตอบของฉันคือใช่", "คำตอบของฉันคือไม่ใช่", "คำตอบของฉันคืออาจจะ"), ("ได้", "ไม่ได้", "แล้วแต่กรณี"),
)  # fmt: skip


def _draw_choice(rng: random.Random, context: DrawContext) -> dict[str, Any]:
    return {"options": list(rng.choice(_CHOICES))}


def _check_choice(answer: Answer, params: Params) -> Verdict:
    said = answer.folded.strip(_AROUND_A_CHOICE)
    options = [_as_read(option).casefold().strip(_AROUND_A_CHOICE) for option in params["options"]]
    if said in options or _POLITE_ENDING.sub("", said).strip(_AROUND_A_CHOICE) in options:
        return PASS
    return fail("the answer is none of the options", "คำตอบไม่ใช่ตัวเลือกที่กำหนดเพียงตัวเดียว", (0, len(answer.text)))


def _amend_choice(text: str, params: Params, filler: str) -> str:
    return params["options"][0]


_COUNT = {"count": whole_number(maximum=50)}
_SHAPES_WHOLE = frozenset({"layout", "json", "yaml", "csv", "poetry"})
_POLITE_END = frozenset({"particles.ends_polite"})
_DIGITS = frozenset({"numerals.none"})
_TAG_NAME = {**text_value(30), "not": {"pattern": r"[\s<>/&\"'=*~]"}}
_TAG_NAMES = {"names": {"type": "array", "items": _TAG_NAME, "minItems": 1, "maxItems": 6, "uniqueItems": True}}

TYPES = (
    ConstraintType("layout.title", {}, draw_nothing, _check_title, _amend_title, rank=3, conflicts=_SHAPES_WHOLE),
    ConstraintType("layout.postscript", {}, draw_nothing, _check_postscript, _amend_postscript, rank=3,
                   conflicts=_SHAPES_WHOLE | _POLITE_END, thai=True),
    ConstraintType("layout.quoted", {}, draw_nothing, _check_quoted, _amend_quoted, rank=4,
                   conflicts=_SHAPES_WHOLE | _POLITE_END),
    ConstraintType("layout.dividers", _COUNT, _draw_count(2, 4), _check_dividers, _amend_dividers, weight=0.5,
                   conflicts=_SHAPES_WHOLE),
    ConstraintType("layout.two_answers", {}, draw_nothing, _check_two_answers, _amend_two_answers, weight=0.5,
                   conflicts=_SHAPES_WHOLE),
    ConstraintType("layout.sections", {"label": text_value(40), **_COUNT}, _draw_sections, _check_sections,
                   _amend_sections, conflicts=_SHAPES_WHOLE | _DIGITS),
    ConstraintType("layout.steps", _COUNT, _draw_count(3, 5), _check_steps, _amend_steps,
                   conflicts=_SHAPES_WHOLE | _DIGITS, thai=True),
    ConstraintType("layout.labelled_parts", {"labels": texts_value(2, 8)}, _draw_labelled_parts,
                   _check_labelled_parts, _amend_labelled_parts, conflicts=_SHAPES_WHOLE, shown=_shown_labels),
    ConstraintType("layout.question_answer_pairs", {"count": whole_number(maximum=20)}, _draw_count(2, 4),
                   _check_question_answer_pairs, _amend_question_answer_pairs, weight=0.5, conflicts=_SHAPES_WHOLE,
                   thai=True),
    ConstraintType("layout.tags", _TAG_NAMES, _draw_tags, _check_tags, _amend_tags, rank=4, weight=0.5,
                   conflicts=_SHAPES_WHOLE | _POLITE_END, shown=_shown_tags),
    ConstraintType("layout.choice", {"options": texts_value(2, 8)}, _draw_choice, _check_choice, _amend_choice,
                   rank=1, weight=0.25, conflicts=_SHAPES_WHOLE | {"length", "keywords", "repeat", "forms"}),
)  # fmt: skip
