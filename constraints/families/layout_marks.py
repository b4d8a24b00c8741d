"""Markdown marks in an answer: headings, bold, tables, code blocks, quotes, links, brackets, or none of them.

Headings, quotes and tables are read on plain lines outside code fences; bold and links on raw text, code left
out. Tables follow GitHub's rules: a header line, a line of dashes with as many cells, then rows. A table that stands in
a code fence is UNDECIDED. Does not look at HTML, at underlined headings or at fences of ~~~.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from functools import lru_cache
from itertools import takewhile
from typing import Any, NamedTuple

import regex

from constraints.answer import Answer
from constraints.constraint_type import (
    ConstraintType,
    DrawContext,
    Params,
    draw_nothing,
    text_value,
    texts_value,
    whole_number,
)
from constraints.counting import Unit, at_least, exactly
from constraints.families.layout_lists import plain_lines
from constraints.text import normalise, plain
from constraints.verdict import PASS, Span, Verdict, fail, undecided

__all__ = ["TYPES"]

_HEADINGS = Unit("headings of ##", "หัวข้อที่ขึ้นต้นด้วย ##", "หัวข้อ")
_TITLES = Unit("headings of one #", "หัวข้อที่ขึ้นต้นด้วย # ตัวเดียว", "หัวข้อ")
_COLUMNS = Unit("cells in a row", "ช่องในแถวนี้", "ช่อง")
_ROWS = Unit("rows below the header", "แถวข้อมูล", "แถว")
_BOLD_PIECES = Unit("bold pieces", "ข้อความตัวหนา", "แห่ง")
_BLOCKS = Unit("code blocks", "บล็อกโค้ด", "บล็อก")
_QUOTES = Unit("lines that start with >", "บรรทัดที่ขึ้นต้นด้วย >", "บรรทัด")
_LINKS = Unit("Markdown links", "ลิงก์", "ลิงก์")
_BLANKS = Unit("placeholders in square brackets", "ช่องให้เติมข้อความ", "แห่ง")
_BRACKETED = Unit("pieces in round brackets", "ข้อความในวงเล็บ", "แห่ง")

_HEADING_1 = regex.compile(r"^ {0,3}#\s+\S")
_HEADING_2 = regex.compile(r"^ {0,3}##(?!#)\s*\S")
_SPACED_HEADING_2 = regex.compile(r"^ {0,3}##\s+\S")
_FENCE = regex.compile(r"^[ \t]*```+[ \t]*(?P<language>[^\s`]*)[^`]*$")
_DASHES = regex.compile(r"^\s*(?=[^|]*\|)\|?\s*:?-+:?\s*(?:\|\s*:?-+:?\s*)*\|?\s*$")
_CELL_BORDER = regex.compile(r"(?<!\\)\|")
_CODE_SPAN = regex.compile(r"`[^`\n]+`")
_BOLD = regex.compile(r"(?<!\*)\*{2,3}(?=[^\s*])(?:[^*\n]|(?<!\*)\*(?!\*))+?(?<=[^\s*])\*{2,3}(?!\*)")
_QUOTE = regex.compile(r"^[ \t]*>[ \t>]*[^\s>]")
_LINK = regex.compile(
    r"""(?<!!)\[(?=[^\[\]\n]*[^\s\[\]])[^\[\]\n]+\]\(https?://[^\s()]+(?:\([^\s()]*\)[^\s()]*)*(?: +["“'][^"”\n]*["”'])?\)"""
)
# Not a check box, a footnote, a citation [1, 2] or a link.
_PLACEHOLDER = regex.compile(r"\[(?!\s*[xX✓]?\s*\]|\^|[\d\s,–-]+\])[^\[\]\n]+\](?!\()")
_IN_BRACKETS = regex.compile(r"(?<!\])[(（](?=[^()（）\n]*[\p{L}\p{N}])[^()（）\n]+[)）]")
_BRACKETED_LABEL = regex.compile(r"^\s*[(（]\s*(?:\p{N}{1,2}|\p{L})\s*[)）]", regex.MULTILINE)
_MARKDOWN = regex.compile(
    r"^ {0,3}#{1,6}[ \t]+\S"  # heading
    r"|^[ \t]*[-*+][ \t]+\S"  # bullet
    r"|^[ \t]*>[ \t>]*[^\s>]"  # quote
    r"|^[ \t]*\|.*\|[ \t]*$|^[ \t]*:?-+:?[ \t]*\|[-|: \t]+$"  # table
    r"|^ {0,3}(?:-[ \t]*){3,}$|^ {0,3}(?:\*[ \t]*){3,}$|^ {0,3}(?:_[ \t]*){3,}$"  # rule
    r"|`[^`\n]+`|^[ \t]*```"  # code
    r"|\[[^\[\]\n]+\]\([^()\s]+\)"  # link or picture
    r"|(?<![\d*])\*{1,3}(?=[^\s*])[^*\n]*(?<=[^\s*])\*"  # emphasis; 5*3*2 is a product
    r"|(?<![\p{L}\p{M}\p{N}_^])_{1,3}(?=[^\s_])[^_\n]*(?<=[^\s_])_+(?![\p{L}\p{M}\p{N}_^])"  # not ^_^
    r"|~~(?=[^\s~])[^~\n]+~~",
    regex.MULTILINE,
)
_MARKS = regex.compile(r"^[ \t]*(?:[-+>][ \t]+|#+[ \t]+|---+$)|[*_`~|]|\]\([^()\n]*\)|\[", regex.MULTILINE)


@lru_cache(maxsize=4096)
def _as_read(text: str) -> str:
    """A parameter as it stands in the plain view, letter case apart."""
    return plain(normalise(text)).casefold()


def _outside_code(answer: Answer) -> str:
    """Raw text, code fences and code spans left out."""
    return _CODE_SPAN.sub(" ", "\n".join(answer.lines_outside_code))


def _draw_number(name: str, low: int, high: int) -> Callable[[random.Random, DrawContext], dict[str, Any]]:
    def draw(rng: random.Random, context: DrawContext) -> dict[str, Any]:
        return {name: rng.randint(low, high)}

    return draw


def _amend_with_pieces(text: str, missing: int, piece: str) -> str:
    return text + f" {piece}" * missing


# headings, quotes


def _starting_with(answer: Answer, pattern: regex.Pattern[str]) -> list[int]:
    return [number for number, line in plain_lines(answer) if pattern.match(line)]


def _past(answer: Answer, numbers: Sequence[int], count: int) -> Span | None:
    """The first line too many."""
    return next((answer.at_raw_line(number) for number in numbers[count:]), None)


def _check_headings(answer: Answer, params: Params) -> Verdict:
    found = _starting_with(answer, _HEADING_2)
    return exactly(len(found), params["count"], _HEADINGS, _past(answer, found, params["count"]))


def _amend_headings(text: str, params: Params, filler: str) -> str:
    missing = params["count"] - sum(1 for line in text.split("\n") if _HEADING_2.match(line))
    return text + f"\n## {filler}\n{filler}" * missing


def _check_heading_levels(answer: Answer, params: Params) -> Verdict:
    titles = _starting_with(answer, _HEADING_1)
    verdict = exactly(len(titles), 1, _TITLES, _past(answer, titles, 1))
    if not verdict.passed:
        return verdict
    return at_least(len(_starting_with(answer, _SPACED_HEADING_2)), params["minimum"], _HEADINGS)


def _amend_heading_levels(text: str, params: Params, filler: str) -> str:
    text = text if any(_HEADING_1.match(line) for line in text.split("\n")) else f"# {filler}\n{text}"
    return _amend_headings(text, {"count": params["minimum"]}, filler)


def _check_blockquote_min(answer: Answer, params: Params) -> Verdict:
    return at_least(len(_starting_with(answer, _QUOTE)), params["minimum"], _QUOTES)


def _amend_blockquote_min(text: str, params: Params, filler: str) -> str:
    missing = params["minimum"] - sum(1 for line in text.split("\n") if _QUOTE.match(line))
    return text + f"\n> {filler}" * missing


# tables


class _Table(NamedTuple):
    line: int  # index of the raw header line
    headers: list[str]
    rows: list[tuple[int, list[str]]]


def _cells(line: str) -> list[str]:
    return [cell.strip() for cell in _CELL_BORDER.split(line.strip().removeprefix("|").removesuffix("|"))]


def _tables(lines: Sequence[tuple[int, str]]) -> list[_Table]:
    found: list[_Table] = []
    rows_end = 1
    for index in range(1, len(lines)):
        number, header = lines[index - 1]
        dashes = lines[index][1]
        if index < rows_end or not _DASHES.match(dashes) or len(_cells(header)) != len(_cells(dashes)):
            continue
        rows = list(takewhile(lambda row: "|" in row[1], lines[index + 1 :]))
        found.append(_Table(number, _cells(header), [(row, _cells(line)) for row, line in rows]))
        rows_end = index + len(rows) + 1
    return found


def _only_table(answer: Answer) -> _Table | Verdict:
    tables = _tables(plain_lines(answer))
    if len(tables) == 1:
        return tables[0]
    if not tables and _tables(list(enumerate(answer.raw_lines))):
        return undecided("the table stands in a code fence", "ตารางอยู่ในบล็อกโค้ด จึงตัดสินไม่ได้")
    at = answer.at_raw_line(tables[-1].line) if tables else None
    return fail(
        f"{len(tables)} Markdown tables, wanted one", f"มีตารางแบบ Markdown {len(tables)} ตาราง ต้องการ 1 ตาราง", at
    )


def _draw_table(rng: random.Random, context: DrawContext) -> dict[str, Any]:
    return {"columns": rng.randint(2, 4), "rows": rng.randint(3, 5)}


def _check_table(answer: Answer, params: Params) -> Verdict:
    table = _only_table(answer)
    if isinstance(table, Verdict):
        return table
    for line, cells in [(table.line, table.headers), *table.rows]:
        verdict = exactly(len(cells), params["columns"], _COLUMNS, answer.at_raw_line(line))
        if not verdict.passed:
            return verdict
    return exactly(len(table.rows), params["rows"], _ROWS)


def _amend_table(text: str, params: Params, filler: str) -> str:
    return text if "|--" in text else f"{text}\n\n{_amend_rows([filler] * params['columns'], params['rows'], filler)}"


def _amend_rows(headers: Sequence[str], rows: int, filler: str) -> str:
    row = "|" + f" {filler} |" * len(headers)
    return "\n".join(["| " + " | ".join(headers) + " |", "|" + "---|" * len(headers), *[row] * rows])


_HEADERS = (
    ("หัวข้อ", "รายละเอียด"), ("ข้อดี", "ข้อเสีย"), ("ลำดับ", "รายการ", "เหตุผล"), ("ประเด็น", "คำอธิบาย", "ตัวอย่าง"),
    ("ทางเลือก", "จุดเด่น", "จุดด้อย"), ("ขั้นตอน", "สิ่งที่ต้องทำ", "เวลา"), ("ชื่อ", "ประเภท", "ประโยชน์", "ข้อควรระวัง"),
)  # fmt: skip


def _draw_table_headers(rng: random.Random, context: DrawContext) -> dict[str, Any]:
    return {"headers": list(rng.choice(_HEADERS))}


def _check_table_headers(answer: Answer, params: Params) -> Verdict:
    table = _only_table(answer)
    if isinstance(table, Verdict):
        return table
    if [header.casefold() for header in table.headers] != [_as_read(header) for header in params["headers"]]:
        shown = ", ".join(table.headers)
        return fail(f"the header cells are {shown}", f"หัวตารางคือ {shown} ไม่ตรงกับที่กำหนด", answer.at_raw_line(table.line))
    return PASS


def _amend_table_headers(text: str, params: Params, filler: str) -> str:
    return text if "|--" in text else f"{text}\n\n{_amend_rows(params['headers'], 2, filler)}"


# code, bold, links, brackets


def _draw_code_block(rng: random.Random, context: DrawContext) -> dict[str, Any]:
    return {"language": rng.choice(("python", "javascript", "html", "sql", "bash", "java", "text"))}


def _check_code_block(answer: Answer, params: Params) -> Verdict:
    fences = [(number, fence) for number, line in enumerate(answer.raw_lines) if (fence := _FENCE.match(line))]
    if len(fences) % 2 == 1:
        return fail("a code fence is not closed", "บล็อกโค้ดไม่มีเครื่องหมาย ``` ปิด", answer.at_raw_line(fences[-1][0]))
    if len(fences) != 2:
        return exactly(len(fences) // 2, 1, _BLOCKS, _past(answer, [number for number, _ in fences], 2))
    (start, opening), (end, _) = fences
    if opening["language"].casefold() != params["language"].casefold():
        return fail(
            f"the code block is marked {opening['language']!r}, not {params['language']!r}",
            f"บล็อกโค้ดไม่ได้ระบุภาษา {params['language']}",
            answer.at_raw_line(start),
        )
    if not any(line.strip() for line in answer.raw_lines[start + 1 : end]):
        return fail("the code block is empty", "บล็อกโค้ดว่างเปล่า", answer.at_raw_line(start))
    return PASS


def _amend_code_block(text: str, params: Params, filler: str) -> str:
    return text if "```" in text else f"{text}\n```{params['language']}\n{filler}\n```"


def _check_bold_min(answer: Answer, params: Params) -> Verdict:
    return at_least(len(_BOLD.findall(_outside_code(answer))), params["minimum"], _BOLD_PIECES)


def _amend_bold_min(text: str, params: Params, filler: str) -> str:
    return _amend_with_pieces(text, params["minimum"] - len(_BOLD.findall(text)), f"**{filler}**")


def _check_links_min(answer: Answer, params: Params) -> Verdict:
    return at_least(len(_LINK.findall(_outside_code(answer))), params["minimum"], _LINKS)


def _amend_links_min(text: str, params: Params, filler: str) -> str:
    return _amend_with_pieces(text, params["minimum"] - len(_LINK.findall(text)), f"[{filler}](https://example.com)")


def _check_placeholders(answer: Answer, params: Params) -> Verdict:
    return at_least(len(_PLACEHOLDER.findall(_outside_code(answer))), params["count"], _BLANKS)


def _amend_placeholders(text: str, params: Params, filler: str) -> str:
    return _amend_with_pieces(text, params["count"] - len(_PLACEHOLDER.findall(text)), f"[{filler}]")


# no Markdown at all


def _check_no_markdown(answer: Answer, params: Params) -> Verdict:
    found = _MARKDOWN.search(answer.raw)
    if found is None:
        return PASS
    shown = found.group().strip()[:20]
    at = answer.at_raw_line(answer.raw.count("\n", 0, found.start()))
    return fail(f"Markdown marks: {shown!r}", f"บรรทัดนี้มีเครื่องหมาย Markdown: {shown}", at)


def _amend_no_markdown(text: str, params: Params, filler: str) -> str:
    return _MARKS.sub("", text)


_COUNT = {"count": whole_number(maximum=50)}
_MINIMUM = {"minimum": whole_number(maximum=50)}
_LANGUAGE = {"language": {"type": "string", "pattern": "^[a-z][a-z0-9+#-]*$", "maxLength": 20}}
# A cell of a Markdown table holds neither | nor a line break.
_CELL = {**text_value(40), "not": {"pattern": r"[|\n\r]"}}
_HEADER_CELLS = {"headers": {**texts_value(2, 8), "items": _CELL}}
_SHAPES_WHOLE = frozenset({"layout", "json", "yaml", "csv", "poetry"})
_NOT_IN_DATA = frozenset({"layout", "json", "yaml", "csv"})

TYPES = (
    ConstraintType("layout.headings", _COUNT, _draw_number("count", 2, 4), _check_headings, _amend_headings,
                   conflicts=_SHAPES_WHOLE),
    ConstraintType("layout.heading_levels", _MINIMUM, _draw_number("minimum", 2, 4), _check_heading_levels,
                   _amend_heading_levels, weight=0.5, conflicts=_SHAPES_WHOLE),
    ConstraintType("layout.blockquote_min", _MINIMUM, _draw_number("minimum", 1, 3), _check_blockquote_min,
                   _amend_blockquote_min, weight=0.5, conflicts=_SHAPES_WHOLE),
    ConstraintType("layout.table", {"columns": whole_number(2, 20), "rows": whole_number(maximum=50)}, _draw_table,
                   _check_table, _amend_table, conflicts=_SHAPES_WHOLE),
    ConstraintType("layout.table_headers", _HEADER_CELLS, _draw_table_headers, _check_table_headers,
                   _amend_table_headers, weight=0.5, conflicts=_SHAPES_WHOLE),
    ConstraintType("layout.code_block", _LANGUAGE, _draw_code_block, _check_code_block, _amend_code_block,
                   weight=0.25, conflicts=_SHAPES_WHOLE),
    ConstraintType("layout.bold_min", _MINIMUM, _draw_number("minimum", 2, 5), _check_bold_min, _amend_bold_min,
                   conflicts=_NOT_IN_DATA),
    ConstraintType("layout.links_min", _MINIMUM, _draw_number("minimum", 1, 3), _check_links_min, _amend_links_min,
                   weight=0.25, conflicts=_NOT_IN_DATA),
    ConstraintType("layout.placeholders", _COUNT, _draw_number("count", 2, 4), _check_placeholders,
                   _amend_placeholders, weight=0.5, conflicts=_SHAPES_WHOLE),
    ConstraintType("layout.no_markdown", {}, draw_nothing, _check_no_markdown, _amend_no_markdown,
                   conflicts=frozenset({"layout"})),
)  # fmt: skip
