"""How an answer is laid out: bullets, numbered and Thai-numbered lists, headings, titles, dividers, quotes.

Looks at the Markdown view line by line, outside code fences. Nested list items (indented by two or more) do
not count as items of their own. An item that starts with another mark than the one asked for (* or • for -,
`1)` for `1.`) is an item and a fault. Does not judge what the items say.
"""

from __future__ import annotations

import random
from collections.abc import Callable
from typing import Any

import regex

from constraints.answer import Answer
from constraints.constraint_type import (
    ConstraintType,
    DrawContext,
    Language,
    Params,
    count_verdict,
    draw_nothing,
    whole_number,
)
from constraints.text import THAI_DIGITS, arabic_digits
from constraints.verdict import PASS, Verdict, fail, undecided

__all__ = ["TYPES"]

_DIVIDER = "***"
_POSTSCRIPT = "ป.ล."
_BULLET = regex.compile(r"^ ?([-*•+])\s+\S")
_RULE = regex.compile(r"^ {0,3}([-*_])(?:\s*\1){2,}\s*$")  # Markdown's horizontal rule: - - -
# "1.5 ล้าน" at a line's start is a number, not item 1.
_NUMBERED = regex.compile(r"^ ?(?:\*\*|__)?([0-9]{1,2})([.)])(?!\d)[*_]*\s*\S")
_THAI_NUMBERED = regex.compile(rf"^ ?(?:\*\*|__)?([{THAI_DIGITS}]{{1,2}})([.)])(?!\d)[*_]*\s*\S")
_HEADING = regex.compile(r"^##\s+\S")
_TITLE = regex.compile(r"<<(?=[^<>\n]*\w)[^<>\n]+>>")
# Not a check box, a footnote, a citation [1, 2] or a link.
_PLACEHOLDER = regex.compile(r"\[(?!\s*[xX✓]?\s*\]|\^|[\d\s,–-]+\])[^\[\]\n]+\](?!\()")
_FENCE = regex.compile(r"^\s*```[^`]*$")


def _lines_outside_code(answer: Answer) -> list[str]:
    kept, in_code = [], False
    for line in answer.raw_lines:
        if _FENCE.match(line):
            in_code = not in_code
        elif not in_code:
            kept.append(line)
    return kept


def _count_draw(low: int, high: int) -> Callable[[random.Random, DrawContext], dict[str, Any]]:
    def draw(rng: random.Random, context: DrawContext) -> dict[str, Any]:
        return {"count": rng.randint(low, high)}

    return draw


def _minimum_draw(low: int, high: int) -> Callable[[random.Random, DrawContext], dict[str, Any]]:
    def draw(rng: random.Random, context: DrawContext) -> dict[str, Any]:
        return {"minimum": rng.randint(low, high)}

    return draw


def _describe_bullets(params: Params, lang: Language) -> str:
    if lang == "th":
        return f"ตอบเป็นรายการหัวข้อย่อย {params['count']} ข้อพอดี โดยขึ้นต้นแต่ละข้อด้วยเครื่องหมาย -"
    return f"Answer with exactly {params['count']} bullet points, each line starting with a - mark."


def _bullet_marks(answer: Answer) -> list[str]:
    lines = [line for line in _lines_outside_code(answer) if not _RULE.match(line)]
    return [match.group(1) for line in lines if (match := _BULLET.match(line))]


def _check_bullets(answer: Answer, params: Params) -> Verdict:
    marks = _bullet_marks(answer)
    if any(mark != "-" for mark in marks):
        return fail("a bullet starts with another mark than -")
    return count_verdict(len(marks), params["count"], "bullets")


def _describe_bullets_min(params: Params, lang: Language) -> str:
    if lang == "th":
        return f"ตอบเป็นรายการหัวข้อย่อยอย่างน้อย {params['minimum']} ข้อ โดยขึ้นต้นแต่ละข้อด้วยเครื่องหมาย -"
    return f"Answer with at least {params['minimum']} bullet points, each line starting with a - mark."


def _check_bullets_min(answer: Answer, params: Params) -> Verdict:
    marks = _bullet_marks(answer)
    if any(mark != "-" for mark in marks):
        return fail("a bullet starts with another mark than -")
    return PASS if len(marks) >= params["minimum"] else fail(f"{len(marks)} bullets, at least {params['minimum']}")


def _numbers(answer: Answer, pattern: regex.Pattern[str]) -> list[int] | Verdict:
    """The items' numbers in order of appearance, or FAIL where one is followed by another mark than a full stop."""
    matches = [match for line in _lines_outside_code(answer) if (match := pattern.match(line))]
    if any(match.group(2) != "." for match in matches):
        return fail("a number is followed by another mark than a full stop")
    return [int(arabic_digits(match.group(1))) for match in matches]


def _numbered_verdict(answer: Answer, pattern: regex.Pattern[str], wanted: int, unit: str) -> Verdict:
    """Exactly `wanted` items, numbered 1, 2, 3 ... in order."""
    numbers = _numbers(answer, pattern)
    if isinstance(numbers, Verdict):
        return numbers
    if len(numbers) == wanted and numbers == list(range(1, len(numbers) + 1)):
        return PASS
    return fail(f"{unit} numbered {numbers}, wanted 1 to {wanted}")


def _describe_numbered_min(params: Params, lang: Language) -> str:
    if lang == "th":
        return f"ตอบเป็นรายการอย่างน้อย {params['minimum']} ข้อ โดยขึ้นต้นแต่ละข้อด้วยเลขลำดับ 1. 2. 3. ตามลำดับ"
    return f"Answer as a numbered list of at least {params['minimum']} items (1. 2. 3. ...)."


def _check_numbered_min(answer: Answer, params: Params) -> Verdict:
    numbers = _numbers(answer, _NUMBERED)
    if isinstance(numbers, Verdict):
        return numbers
    if len(numbers) >= params["minimum"] and numbers == list(range(1, len(numbers) + 1)):
        return PASS
    return fail(f"items numbered {numbers}, wanted at least 1 to {params['minimum']}")


def _describe_numbered(params: Params, lang: Language) -> str:
    if lang == "th":
        return f"ตอบเป็นรายการ {params['count']} ข้อพอดี โดยขึ้นต้นแต่ละข้อด้วยเลขลำดับ 1. 2. 3. ตามลำดับ"
    return f"Answer as a numbered list of exactly {params['count']} items (1. 2. 3. ...)."


def _check_numbered(answer: Answer, params: Params) -> Verdict:
    return _numbered_verdict(answer, _NUMBERED, params["count"], "items")


def _describe_thai_numbered(params: Params, lang: Language) -> str:
    if lang == "th":
        return f"ตอบเป็นรายการ {params['count']} ข้อพอดี โดยขึ้นต้นแต่ละข้อด้วยเลขไทย ๑. ๒. ๓. ตามลำดับ"
    return f"Answer as a list of exactly {params['count']} items numbered with Thai digits (๑. ๒. ๓. ...)."


def _check_thai_numbered(answer: Answer, params: Params) -> Verdict:
    return _numbered_verdict(answer, _THAI_NUMBERED, params["count"], "Thai-numbered items")


def _describe_headings(params: Params, lang: Language) -> str:
    if lang == "th":
        return f"แบ่งคำตอบเป็น {params['count']} ส่วนพอดี แต่ละส่วนมีหัวข้อที่ขึ้นต้นบรรทัดด้วย ##"
    return f"Use exactly {params['count']} Markdown headings, each line starting with ##."


def _check_headings(answer: Answer, params: Params) -> Verdict:
    found = sum(1 for line in _lines_outside_code(answer) if _HEADING.match(line))
    return count_verdict(found, params["count"], "headings")


def _describe_title(params: Params, lang: Language) -> str:
    if lang == "th":
        return "บรรทัดแรกต้องเป็นชื่อเรื่องที่อยู่ในเครื่องหมาย << และ >>"
    return "Make the first line a title wrapped in << and >>."


def _check_title(answer: Answer, params: Params) -> Verdict:
    first = answer.lines[0].lstrip("# ") if answer.lines else ""
    return PASS if _TITLE.fullmatch(first) else fail(f"the first line is {first[:30]!r}, not a <<title>>")


def _describe_dividers(params: Params, lang: Language) -> str:
    if lang == "th":
        return f"แบ่งคำตอบเป็น {params['count']} ส่วนพอดี โดยคั่นระหว่างส่วนด้วยบรรทัดที่มีเพียง {_DIVIDER}"
    return f"Write exactly {params['count']} parts, with a line holding only {_DIVIDER} between parts."


def _check_dividers(answer: Answer, params: Params) -> Verdict:
    parts, current = [], ""
    for line in answer.raw_lines:
        if line.strip() == _DIVIDER:
            parts.append(current)
            current = ""
        else:
            current += line
    parts.append(current)
    if not all(part.strip() for part in parts):
        return fail("a part between dividers is empty")
    return count_verdict(len(parts), params["count"], "parts")


def _describe_quoted(params: Params, lang: Language) -> str:
    if lang == "th":
        return 'ใส่เครื่องหมายอัญประกาศคู่ " ครอบคำตอบทั้งหมด'
    return 'Wrap the whole answer in double quotation marks (").'


def _check_quoted(answer: Answer, params: Params) -> Verdict:
    text = answer.text
    inside = text[1:-1].strip()
    if not (inside and text.startswith('"') and text.endswith('"')):
        return fail("the answer is not wrapped in double quotation marks")
    if '"' in inside:  # "ก" และ "ข" looks the same as a quotation within the quotation
        return undecided("double quotation marks inside the answer")
    return PASS


def _describe_postscript(params: Params, lang: Language) -> str:
    if lang == "th":
        return f"ปิดท้ายคำตอบด้วยปัจฉิมลิขิตหนึ่งบรรทัด ที่ขึ้นต้นด้วย {_POSTSCRIPT}"
    return f"End with a one-line postscript starting with {_POSTSCRIPT}"


def _check_postscript(answer: Answer, params: Params) -> Verdict:
    last = answer.lines[-1] if answer.lines else ""
    if not last.startswith(_POSTSCRIPT):
        return fail(f"the last line does not start with {_POSTSCRIPT}")
    if not last.removeprefix(_POSTSCRIPT).strip():
        return fail("the postscript is empty")
    return PASS if len(answer.lines) > 1 else fail("there is nothing but the postscript")


def _describe_placeholders(params: Params, lang: Language) -> str:
    if lang == "th":
        return f"ต้องมีช่องให้เติมข้อความอย่างน้อย {params['count']} แห่ง ในวงเล็บเหลี่ยม เช่น [ชื่อ]"
    return f"Use at least {params['count']} placeholders in square brackets, such as [ชื่อ]."


def _check_placeholders(answer: Answer, params: Params) -> Verdict:
    found = len(_PLACEHOLDER.findall("\n".join(_lines_outside_code(answer))))
    return PASS if found >= params["count"] else fail(f"{found} placeholders, at least {params['count']}")


_COUNT = {"count": whole_number(maximum=50)}
_MINIMUM = {"minimum": whole_number(maximum=50)}
_SHAPES_WHOLE = frozenset({"layout", "json"})

TYPES = (
    ConstraintType("layout.bullets", _COUNT, _count_draw(3, 5), _describe_bullets, _check_bullets,
                   weight=1.5, conflicts=_SHAPES_WHOLE),
    ConstraintType("layout.bullets_min", _MINIMUM, _minimum_draw(2, 3), _describe_bullets_min, _check_bullets_min,
                   weight=1.0, conflicts=_SHAPES_WHOLE),
    ConstraintType("layout.numbered_list", _COUNT, _count_draw(3, 5), _describe_numbered, _check_numbered,
                   weight=1.5, conflicts=_SHAPES_WHOLE | {"numerals.none", "numerals.thai_only"}),
    ConstraintType("layout.numbered_list_min", _MINIMUM, _minimum_draw(2, 3), _describe_numbered_min,
                   _check_numbered_min, weight=1.0,
                   conflicts=_SHAPES_WHOLE | {"numerals.none", "numerals.thai_only"}),
    ConstraintType("layout.thai_numbered_list", _COUNT, _count_draw(3, 4), _describe_thai_numbered,
                   _check_thai_numbered, conflicts=_SHAPES_WHOLE | {"numerals.none", "numerals.arabic_only"}),
    ConstraintType("layout.headings", _COUNT, _count_draw(2, 3), _describe_headings, _check_headings,
                   conflicts=_SHAPES_WHOLE),
    ConstraintType("layout.title", {}, draw_nothing, _describe_title, _check_title, conflicts=_SHAPES_WHOLE),
    ConstraintType("layout.dividers", _COUNT, _count_draw(2, 3), _describe_dividers, _check_dividers,
                   weight=0.5, conflicts=_SHAPES_WHOLE),
    ConstraintType("layout.quoted", {}, draw_nothing, _describe_quoted, _check_quoted,
                   conflicts=_SHAPES_WHOLE | {"particles.ends_polite"}),
    ConstraintType("layout.postscript", {}, draw_nothing, _describe_postscript, _check_postscript,
                   conflicts=_SHAPES_WHOLE | {"particles.ends_polite"}),
    ConstraintType("layout.placeholders", _COUNT, _count_draw(2, 3), _describe_placeholders, _check_placeholders,
                   weight=0.5, conflicts=_SHAPES_WHOLE),
)  # fmt: skip
