"""How lists are laid out: bullets, check boxes, items numbered in Arabic or Thai digits or lettered ก. ข. ค.

Looks at plain lines (emphasis off) outside code fences. An item is a line that starts with a list mark and has
text behind it; an item indented by two or more past the outermost one is nested and counts only where the type says
so. An item with another mark than the one asked for (* or • for -, `1)` for `1.`) is an item and a fault. Numbers that
stand in Markdown headings (### 1. ...) are UNDECIDED. Does not judge what items say.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import regex

from constraints.answer import Answer
from constraints.constraint_type import (
    ConstraintType,
    DrawContext,
    Language,
    Params,
    draw_nothing,
    show_values,
    whole_number,
)
from constraints.counting import Unit, at_least, exactly
from constraints.shaping import shown_lines, with_lines
from constraints.text import THAI_DIGITS
from constraints.verdict import PASS, Span, Verdict, fail, undecided

__all__ = ["TYPES", "plain_lines"]

_BULLETS = Unit("bullets", "หัวข้อย่อย", "ข้อ")
_NESTED = Unit("nested bullets under one bullet", "ข้อย่อยใต้ข้อนี้", "ข้อ")
_ITEMS = Unit("items", "รายการ", "ข้อ")
_COMMA_ITEMS = Unit("items between commas", "รายการที่คั่นด้วยจุลภาค", "รายการ")
_BOXES = Unit("check boxes", "ช่องทำเครื่องหมาย", "ช่อง")
_DEFINITIONS = Unit("definition lines", "บรรทัดแบบ คำ: คำอธิบาย", "บรรทัด")

# ฆ is passed over as lists in Thai documents do; ฃ and ฅ are no longer used.
_LETTERS = tuple("กขคงจฉชซฌญ")
_NUMBERS = tuple(str(number) for number in range(1, 100))

_RULE = regex.compile(r"^ {0,3}([-*_])(?:\s*\1){2,}\s*$")  # Markdown's horizontal rule: - - -
_BULLET = regex.compile(r"^(?P<indent>[ \t]*)(?P<mark>[-*+•●○▪◦‣])\s+\S")
_LABELLED = r"^(?P<indent>[ \t]*)(?P<heading>#{1,6}\s+)?(?P<label>%s)(?P<mark>[.)])%s\s*\S"
# "1.5 ล้าน" at a line's start is a number and ก.พ. a month, not items 1 and ก.
_NUMBERED = regex.compile(_LABELLED % ("[0-9]{1,2}", r"(?!\d)"))
_THAI_NUMBERED = regex.compile(_LABELLED % (f"[{THAI_DIGITS}]{{1,2}}", r"(?!\d)"))
_LETTERED = regex.compile(_LABELLED % ("[ก-ฏ]", r"(?![ก-ฮ]{1,3}\.)"))
# Letters need the space here: จ.เชียงใหม่ is a place.
_ANY_ITEM = regex.compile(
    r"^(?P<indent>[ \t]*)(?P<heading>#{1,6}\s+)?(?:[-*+•●○▪◦‣]\s+|[0-9๐-๙]{1,2}[.)](?!\d)\s*|\([0-9๐-๙ก-ฮ]{1,2}\)\s*|[ก-ฮ][.)]\s+)\S"
)
_LIKE_AN_ITEM = regex.compile(r"^\s*(?:[–—·✓✔✅☑👉➤►▶🔹🔸]\s*\S|ข้อ(?:ที่)?\s*[0-9๐-๙])")
_BOX = regex.compile(r"^[ \t]*- \[(?P<tick>[^\[\]\n]?)\]\s+\S")
_DEFINITION = regex.compile(
    r"^\s*(?:[-*+•]\s+|[0-9๐-๙]{1,2}[.)]\s*)?(?=[^:\n]*[\p{L}\p{N}])[^:\n]{1,40}:(?!//)(?!(?<=\d:)\d)\s*\S"
)
_THOUSANDS_APART = regex.compile(r",(?!(?<=\d,)\d{3}(?!\d))")
_COMMA_INSIDE = regex.compile(r'\([^()]*,[^()]*\)|"[^"]*,[^"]*"')
_AND_AT_THE_END = regex.compile(r",[^,]*\sและ[^,]*$")
_ANY_MARK = regex.compile(r"^\s*(?:[-*+•●○▪◦‣–—]\s+|- \[.?\]\s+|\(?[0-9๐-๙ก-ฮ]{1,2}[.)]\s*)+")

Item = tuple[int, regex.Match[str]]
"""Index of the raw line, and what its pattern found there."""


def plain_lines(answer: Answer) -> list[tuple[int, str]]:
    """(index in `raw_lines`, plain line with its indentation) outside code fences, up to the last line with text."""
    lines = answer.text.split("\n")
    lead = answer.raw[: len(answer.raw) - len(answer.raw.lstrip())]
    before = lead.count("\n")
    lines[0] = lead.rpartition("\n")[2] + lines[0]
    known = range(before, before + len(lines))
    return [(number, lines[number - before]) for number, _ in answer.numbered_lines_outside_code if number in known]


def _indent(item: regex.Match[str]) -> int:
    return len(item["indent"].expandtabs(4))


def _items(answer: Answer, pattern: regex.Pattern[str]) -> list[Item]:
    """Items of that kind, nested ones too."""
    return [
        (number, item)
        for number, line in plain_lines(answer)
        if (item := pattern.match(line)) and not _RULE.match(line)
    ]


def _top_items(answer: Answer, pattern: regex.Pattern[str]) -> list[Item]:
    """Items of that kind that are not nested in an item of any kind."""
    margin = min((_indent(item) for _, item in _items(answer, _ANY_ITEM)), default=0)
    return [(number, item) for number, item in _items(answer, pattern) if _indent(item) < margin + 2]


def _with_other_mark(answer: Answer, items: Sequence[Item], mark: str) -> Verdict:
    """FAIL at the first item with another mark."""
    for number, item in items:
        if item["mark"] != mark:
            return fail(
                f"an item is marked {item['mark']}, not {mark}",
                f"ข้อนี้ใช้เครื่องหมาย {item['mark']} ไม่ใช่ {mark}",
                answer.at_raw_line(number),
            )
    return PASS


def _past(answer: Answer, items: Sequence[Item], count: int) -> Span | None:
    """The first item too many."""
    return next((answer.at_raw_line(number) for number, _ in items[count:]), None)


def _draw_number(name: str, low: int, high: int) -> Callable[[random.Random, DrawContext], dict[str, Any]]:
    def draw(rng: random.Random, context: DrawContext) -> dict[str, Any]:
        return {name: rng.randint(low, high)}

    return draw


def _amend_marks(text: str, count: int, filler: str, mark: Callable[[int], str]) -> str:
    """`count` lines, each with the mark of its place, earlier marks off."""
    bare = "\n".join(_ANY_MARK.sub("", line) or filler for line in shown_lines(text))
    return "\n".join(f"{mark(place)} {line}" for place, line in enumerate(with_lines(bare, count, filler).split("\n")))


# bullets


def _check_bullets(answer: Answer, params: Params) -> Verdict:
    bullets = _top_items(answer, _BULLET)
    verdict = _with_other_mark(answer, bullets, "-")
    if not verdict.passed:
        return verdict
    count = exactly(len(bullets), params["count"], _BULLETS, _past(answer, bullets, params["count"]))
    return _nested_alike(answer, count)


def _check_bullets_min(answer: Answer, params: Params) -> Verdict:
    bullets = _top_items(answer, _BULLET)
    verdict = _with_other_mark(answer, bullets, "-")
    if not verdict.passed:
        return verdict
    return _nested_alike(answer, at_least(len(bullets), params["minimum"], _BULLETS))


def _nested_alike(answer: Answer, verdict: Verdict) -> Verdict:
    """The verdict, but for nested bullets of another mark: they do not count, yet the mark - was asked for."""
    if verdict.passed and not _with_other_mark(answer, _items(answer, _BULLET), "-").passed:
        return undecided("nested bullets have another mark", "ข้อย่อยที่ซ้อนอยู่ใช้เครื่องหมายอื่น จึงตัดสินไม่ได้")
    return verdict


def _amend_bullets(text: str, params: Params, filler: str) -> str:
    return _amend_marks(text, params["count"], filler, lambda place: "-")


def _amend_bullets_min(text: str, params: Params, filler: str) -> str:
    count = max(len(shown_lines(text)), params["minimum"])
    return _amend_marks(text, count, filler, lambda place: "-")


def _draw_nested_bullets(rng: random.Random, context: DrawContext) -> dict[str, Any]:
    return {"count": rng.randint(2, 4), "children": rng.randint(2, 3)}


def _check_nested_bullets(answer: Answer, params: Params) -> Verdict:
    bullets = _items(answer, _BULLET)
    verdict = _with_other_mark(answer, bullets, "-")
    if not verdict.passed:
        return verdict
    margin = min((_indent(item) for _, item in bullets), default=0)
    parents: list[tuple[int, list[int]]] = []
    for number, item in bullets:
        depth = _indent(item) - margin
        if depth < 2 or not parents:
            parents.append((number, []))
        elif parents[-1][1] and depth >= parents[-1][1][0] + 2:
            return fail("a bullet is nested three deep", "ข้อนี้ซ้อนลึกเกินสองชั้น", answer.at_raw_line(number))
        else:
            parents[-1][1].append(depth)
    for number, children in parents:
        verdict = exactly(len(children), params["children"], _NESTED, answer.at_raw_line(number))
        if not verdict.passed:
            return verdict
    return exactly(len(parents), params["count"], _BULLETS)


def _amend_nested_bullets(text: str, params: Params, filler: str) -> str:
    each = params["children"] + 1
    lines = _amend_marks(text, params["count"] * each, filler, lambda place: "-" if place % each == 0 else "*")
    return lines.replace("\n*", "\n  -")


def _check_check_boxes(answer: Answer, params: Params) -> Verdict:
    boxes = _items(answer, _BOX)
    for number, box in boxes:
        if box["tick"] != " ":
            return fail(
                "a check box is not written - [ ]", "ช่องทำเครื่องหมายนี้ไม่ได้เขียนเป็น - [ ]", answer.at_raw_line(number)
            )
    return exactly(len(boxes), params["count"], _BOXES, _past(answer, boxes, params["count"]))


def _amend_check_boxes(text: str, params: Params, filler: str) -> str:
    return _amend_marks(text, params["count"], filler, lambda place: "- [ ]")


# items with a number or a letter


def _label(item: Item) -> str:
    label = item[1]["label"]
    return str(int(label)) if label.isdecimal() else label


def _in_order(items: Sequence[Item], order: Sequence[str], fewest: int, most: int) -> bool:
    return fewest <= len(items) <= most and all(map(str.__eq__, map(_label, items), order))


def _labelled_verdict(
    answer: Answer, pattern: regex.Pattern[str], order: Sequence[str], fewest: int, most: int
) -> Verdict:
    """PASS for `fewest` to `most` items, labelled in order and followed by a full stop."""
    items = _top_items(answer, pattern)
    verdict = _with_other_mark(answer, items, ".")
    if not verdict.passed:
        return verdict
    bare = [item for item in items if not item[1]["heading"]]
    if _in_order(bare, order, fewest, most):
        return PASS
    if _in_order(items, order, fewest, most):
        return undecided("the items are Markdown headings", "เลขข้ออยู่ในบรรทัดหัวข้อที่ขึ้นต้นด้วย # จึงตัดสินไม่ได้")
    for item, wanted in zip(bare, order, strict=False):
        if _label(item) != wanted:
            return fail(
                f"an item is labelled {_label(item)} where {wanted} is due",
                f"ข้อนี้ขึ้นต้นด้วย {item[1]['label']} แต่ตามลำดับควรเป็น {wanted}",
                answer.at_raw_line(item[0]),
            )
    if fewest == most:
        return exactly(len(bare), most, _ITEMS, _past(answer, bare, most))
    return at_least(len(bare), fewest, _ITEMS)


def _check_numbered_list(answer: Answer, params: Params) -> Verdict:
    return _labelled_verdict(answer, _NUMBERED, _NUMBERS, params["count"], params["count"])


def _check_numbered_list_min(answer: Answer, params: Params) -> Verdict:
    return _labelled_verdict(answer, _NUMBERED, _NUMBERS, params["minimum"], len(_NUMBERS))


def _check_thai_numbered_list(answer: Answer, params: Params) -> Verdict:
    return _labelled_verdict(answer, _THAI_NUMBERED, _NUMBERS, params["count"], params["count"])


def _check_letter_list(answer: Answer, params: Params) -> Verdict:
    return _labelled_verdict(answer, _LETTERED, _LETTERS, params["count"], params["count"])


def _amend_numbered_list(text: str, params: Params, filler: str) -> str:
    return _amend_marks(text, params["count"], filler, lambda place: f"{place + 1}.")


def _amend_numbered_list_min(text: str, params: Params, filler: str) -> str:
    count = max(len(shown_lines(text)), params["minimum"])
    return _amend_marks(text, count, filler, lambda place: f"{place + 1}.")


def _amend_thai_numbered_list(text: str, params: Params, filler: str) -> str:
    thai = str.maketrans("0123456789", THAI_DIGITS)
    return _amend_marks(text, params["count"], filler, lambda place: f"{place + 1}.".translate(thai))


def _amend_letter_list(text: str, params: Params, filler: str) -> str:
    return _amend_marks(text, params["count"], filler, lambda place: f"{_LETTERS[place]}.")


def _shown_letters(params: Params, lang: Language) -> Mapping[str, str]:
    letters = " ".join(f"{letter}." for letter in _LETTERS[: params["count"]])
    return {**show_values(params, lang), "letters": letters}


# lists in running text, and none at all


def _check_definition_list(answer: Answer, params: Params) -> Verdict:
    return at_least(
        sum(1 for _, line in plain_lines(answer) if _DEFINITION.match(line)), params["minimum"], _DEFINITIONS
    )


def _amend_definition_list(text: str, params: Params, filler: str) -> str:
    missing = params["minimum"] - sum(1 for line in text.split("\n") if _DEFINITION.match(line))
    return text + f"\n{filler}: {filler}" * missing


def _check_comma_list(answer: Answer, params: Params) -> Verdict:
    lines = answer.placed_lines
    if len(lines) != 1:
        return fail(f"{len(lines)} lines, not one", f"มี {len(lines)} บรรทัด ต้องเป็นบรรทัดเดียว", lines[1].at)
    items = _THOUSANDS_APART.split(answer.text)
    if not all(item.strip(" .!") for item in items):
        return fail("an item between commas is empty", "มีรายการว่างระหว่างเครื่องหมายจุลภาค")
    if _COMMA_INSIDE.search(answer.text):  # ข้าว (เจ้า, เหนียว), ปลา: two items or three
        return undecided("a comma stands inside brackets or quotes", "มีจุลภาคอยู่ในวงเล็บหรือเครื่องหมายคำพูด จึงตัดสินไม่ได้")
    verdict = exactly(len(items), params["count"], _COMMA_ITEMS)
    if verdict.passed and _AND_AT_THE_END.search(answer.text):  # ข้าว, ปลา และผัก: two items by commas, three by sense
        return undecided("the last item holds และ", "รายการสุดท้ายมีคำว่า และ จึงอาจนับเป็นสองรายการ")
    if not verdict.passed and answer.text.count(",") + 1 == params["count"]:  # 100,200: one number or two
        return undecided("a comma may belong to a number", "จุลภาคอาจเป็นตัวคั่นหลักพันของตัวเลข จึงตัดสินไม่ได้")
    return verdict


def _amend_comma_list(text: str, params: Params, filler: str) -> str:
    items = [item.strip() for item in text.replace("\n", ",").split(",") if item.strip()]
    return with_lines("\n".join(items), params["count"], filler).replace("\n", ", ")


def _check_no_lists(answer: Answer, params: Params) -> Verdict:
    like = []
    for number, item in _items(answer, _ANY_ITEM):
        if not item["heading"]:
            return fail("a line starts like a list item", "บรรทัดนี้ขึ้นต้นแบบรายการ", answer.at_raw_line(number))
        like.append(number)
    like += [number for number, line in plain_lines(answer) if _LIKE_AN_ITEM.match(line)]
    if len(like) > 1:
        return undecided(
            "lines start with marks that may be list marks", "หลายบรรทัดขึ้นต้นด้วยเครื่องหมายคล้ายรายการ จึงตัดสินไม่ได้",
            answer.at_raw_line(like[0]),
        )  # fmt: skip
    return PASS


def _amend_no_lists(text: str, params: Params, filler: str) -> str:
    return "\n".join(_ANY_MARK.sub("", line) for line in text.split("\n"))


_COUNT = {"count": whole_number(maximum=50)}
_MINIMUM = {"minimum": whole_number(maximum=50)}
_SHAPES_WHOLE = frozenset({"layout", "json", "yaml", "csv", "poetry"})
_ARABIC_DIGITS = frozenset({"numerals.none", "numerals.thai_only"})
_THAI_DIGITS = frozenset({"numerals.none", "numerals.arabic_only"})

TYPES = (
    ConstraintType("layout.bullets", _COUNT, _draw_number("count", 3, 5), _check_bullets, _amend_bullets,
                   weight=1.5, conflicts=_SHAPES_WHOLE),
    ConstraintType("layout.bullets_min", _MINIMUM, _draw_number("minimum", 2, 4), _check_bullets_min,
                   _amend_bullets_min, conflicts=_SHAPES_WHOLE),
    ConstraintType("layout.nested_bullets", {"count": whole_number(maximum=20), "children": whole_number(maximum=10)},
                   _draw_nested_bullets, _check_nested_bullets, _amend_nested_bullets, weight=0.5,
                   conflicts=_SHAPES_WHOLE),
    ConstraintType("layout.check_boxes", _COUNT, _draw_number("count", 3, 6), _check_check_boxes, _amend_check_boxes,
                   weight=0.5, conflicts=_SHAPES_WHOLE),
    ConstraintType("layout.numbered_list", _COUNT, _draw_number("count", 3, 5), _check_numbered_list,
                   _amend_numbered_list, weight=1.5, conflicts=_SHAPES_WHOLE | _ARABIC_DIGITS),
    ConstraintType("layout.numbered_list_min", _MINIMUM, _draw_number("minimum", 2, 4), _check_numbered_list_min,
                   _amend_numbered_list_min, conflicts=_SHAPES_WHOLE | _ARABIC_DIGITS),
    ConstraintType("layout.thai_numbered_list", _COUNT, _draw_number("count", 3, 5), _check_thai_numbered_list,
                   _amend_thai_numbered_list, conflicts=_SHAPES_WHOLE | _THAI_DIGITS, thai=True),
    ConstraintType("layout.letter_list", {"count": whole_number(2, len(_LETTERS))}, _draw_number("count", 3, 6),
                   _check_letter_list, _amend_letter_list, conflicts=_SHAPES_WHOLE, shown=_shown_letters, thai=True),
    ConstraintType("layout.definition_list", _MINIMUM, _draw_number("minimum", 2, 5), _check_definition_list,
                   _amend_definition_list, weight=0.5, conflicts=_SHAPES_WHOLE),
    ConstraintType("layout.comma_list", {"count": whole_number(2, 50)}, _draw_number("count", 3, 8), _check_comma_list,
                   _amend_comma_list, weight=0.5, conflicts=_SHAPES_WHOLE | {"length"}),
    ConstraintType("layout.no_lists", {}, draw_nothing, _check_no_lists, _amend_no_lists,
                   conflicts=frozenset({"layout"})),
)  # fmt: skip
