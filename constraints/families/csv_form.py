"""Answers that are CSV: a header row with given columns and so many data rows, read by Python's csv parser, strictly.

The answer is read as a machine reads it: raw, with its Markdown marks and its quotes as they were written. A single
Markdown code fence around the table is accepted, text beside it is not. White space around a field and blank
lines between rows do not count. A Markdown table is not CSV: its outer bars make empty fields. Does not judge
what the fields say.
"""

from __future__ import annotations

import csv
import io
import random
from collections.abc import Callable
from functools import lru_cache
from typing import Any, NamedTuple

import regex

from constraints.answer import Answer
from constraints.constraint_type import (
    ConstraintType,
    DrawContext,
    Language,
    Params,
    show_values,
    text_value,
    texts_value,
    whole_number,
)
from constraints.counting import Unit, exactly
from constraints.families.json_form import WHOLE_ANSWER
from constraints.text import arabic_digits, normalise
from constraints.verdict import PASS, Verdict, fail

__all__ = ["TYPES"]

_FENCED = regex.compile(
    r"```[ \t]*(?:csv|tsv|text|txt|plaintext)?[ \t]*\n(.*)\n[ \t]*```", regex.DOTALL | regex.IGNORECASE
)
_NUMBER = regex.compile(r"[-+]?[0-9]+(?:\.[0-9]+)?")
_FIELD = r'"[^"]*+(?:""[^"]*+)*+"'
_QUOTED_FIELDS = regex.compile(rf"{_FIELD}(?:(?:, *|\s*\n\s*){_FIELD})*\s*")
_ROWS = Unit("data rows", "ข้อมูล", "แถว")
_COUNTING_COLUMN = "ลำดับ"
_DELIMITERS = {"comma": ",", "semicolon": ";", "pipe": "|", "tab": "\t"}

_normal = lru_cache(maxsize=4096)(normalise)


class _Row(NamedTuple):
    """One row that holds something: its fields, stripped, and the raw line that it ends in."""

    fields: list[str]
    line: int


def _content(answer: Answer) -> str:
    """The raw answer without a fence around it. Tabs at the end stay: they divide fields."""
    fenced = _FENCED.fullmatch(answer.raw.strip())
    return fenced.group(1) if fenced else answer.raw.strip("\n ")


def _lines_above(answer: Answer, text: str) -> int:
    """How many raw lines stand above the content."""
    return answer.raw.count("\n", 0, answer.raw.index(text))


def _judged(
    answer: Answer, columns: list[str], judge: Callable[[list[_Row]], Verdict], delimiter: str = ","
) -> Verdict:
    """The verdict of `judge` on the data rows; FAIL where the header is another or a row is not filled."""
    text = _content(answer)
    # A blank after the delimiter is no part of a field, or a quote after it would not count as one.
    reader = csv.reader(io.StringIO(text), delimiter=delimiter, skipinitialspace=True, strict=True)
    above = _lines_above(answer, text)
    rows: list[_Row] = []
    try:
        for fields in reader:
            if any(fields) or len(fields) > 1:
                rows.append(_Row([field.strip() for field in fields], above + reader.line_num - 1))
    except csv.Error as exc:
        at = answer.at_raw_line(above + reader.line_num - 1)
        return fail(f"not CSV: {exc}", "ไม่ใช่ CSV ที่ถูกต้อง เครื่องหมายคำพูดตั้งแต่แถวนี้ไม่ครบคู่", at)
    fault = _table_fault(answer, rows, columns)
    return judge(rows[1:]) if fault is None else fault


def _table_fault(answer: Answer, rows: list[_Row], columns: list[str]) -> Verdict | None:
    """Why this is no table with just these columns and no empty field."""
    wanted = [_normal(column).strip() for column in columns]
    if not rows:
        return fail("nothing but blanks", "ไม่มีข้อมูลในตาราง")
    if rows[0].fields != wanted:
        return fail(
            f"the header is {rows[0].fields!s:.200}", "แถวหัวคอลัมน์ไม่ตรงกับที่กำหนด", answer.at_raw_line(rows[0].line)
        )
    for row in rows[1:]:
        if len(row.fields) != len(wanted):
            return fail(
                f"a row of {len(row.fields)} fields under {len(wanted)} columns",
                f"แถวนี้มี {len(row.fields)} ช่อง ต้องมี {len(wanted)} ช่องเท่าหัวคอลัมน์",
                answer.at_raw_line(row.line),
            )
        if not all(row.fields):
            return fail("an empty field", "แถวนี้มีช่องว่างเปล่า", answer.at_raw_line(row.line))
    return None


def _counted(count: int) -> Callable[[list[_Row]], Verdict]:
    return lambda rows: exactly(len(rows), count, _ROWS)


def _amend_table(header: list[str], rows: list[list[str]], delimiter: str = ",", quoted: bool = False) -> str:
    mark = '"' if quoted else ""
    return "\n".join(delimiter.join(f"{mark}{_amend_field(field)}{mark}" for field in row) for row in [header, *rows])


def _amend_field(text: str) -> str:
    """A field that holds no mark of any delimiter and no quote."""
    return regex.sub(r'[\s,;|"]+', " ", text).strip()


def _amend_rows(text: str, params: Params, filler: str) -> list[list[str]]:
    rows = [[filler] * len(params["columns"]) for _ in range(params["rows"])]
    rows[0][0] = text
    return rows


# tables

_COLUMNS = (
    ("ชื่อ", "คำอธิบาย"), ("หัวข้อ", "รายละเอียด"), ("ขั้นตอน", "สิ่งที่ต้องทำ", "เวลา"), ("รายการ", "จำนวน", "หน่วย"),
    ("คำถาม", "คำตอบ"), ("ชื่อ", "ข้อดี", "ข้อเสีย"), ("สถานที่", "จุดเด่น", "จังหวัด"), ("หัวข้อ", "คำอธิบาย", "ตัวอย่าง"),
    ("name", "description"), ("วัน", "กิจกรรม", "หมายเหตุ"),
)  # fmt: skip


def _draw_table(rng: random.Random, context: DrawContext) -> dict[str, Any]:
    return {"columns": list(rng.choice(_COLUMNS)), "rows": rng.randint(2, 6)}


def _check_table(answer: Answer, params: Params) -> Verdict:
    return _judged(answer, params["columns"], _counted(params["rows"]))


def _amend_to_table(text: str, params: Params, filler: str) -> str:
    return _amend_table(params["columns"], _amend_rows(text, params, filler))


def _check_quoted(answer: Answer, params: Params) -> Verdict:
    verdict = _judged(answer, params["columns"], _counted(params["rows"]))
    text = _content(answer)
    quoted = _QUOTED_FIELDS.match(text)
    if not verdict.passed or (quoted and quoted.end() == len(text)):
        return verdict
    line = text.count("\n", 0, quoted.end()) if quoted else 0
    return fail(
        "a field without quotes", "มีช่องที่ไม่ได้ครอบด้วยเครื่องหมายคำพูด", answer.at_raw_line(_lines_above(answer, text) + line)
    )


def _amend_to_quoted(text: str, params: Params, filler: str) -> str:
    return _amend_table(params["columns"], _amend_rows(text, params, filler), quoted=True)


def _draw_delimiter(rng: random.Random, context: DrawContext) -> dict[str, Any]:
    return {**_draw_table(rng, context), "delimiter": rng.choice(["semicolon", "pipe", "tab"])}


def _check_delimiter(answer: Answer, params: Params) -> Verdict:
    return _judged(answer, params["columns"], _counted(params["rows"]), _DELIMITERS[params["delimiter"]])


def _amend_to_delimiter(text: str, params: Params, filler: str) -> str:
    return _amend_table(params["columns"], _amend_rows(text, params, filler), _DELIMITERS[params["delimiter"]])


_SHOWN_DELIMITERS = {
    "th": {"semicolon": "เครื่องหมายอัฒภาค (;)", "pipe": "เครื่องหมายขีดตั้ง (|)", "tab": "แท็บ (อักขระแท็บจริง ไม่ใช่เว้นวรรค)"},
    "en": {
        "semicolon": "a semicolon (;)",
        "pipe": "a vertical bar (|)",
        "tab": "a tab (a real tab character, not spaces)",
    },
}


def _shown_delimiter(params: Params, lang: Language) -> dict[str, str]:
    return {**show_values(params, lang), "delimiter": _SHOWN_DELIMITERS[lang][params["delimiter"]]}


# what stands in one column


def _column_is_known(params: Params) -> str | None:
    unknown = {params["column"]}.difference(params["columns"])
    return f"field 'column': {params['column']!r} is none of the columns" if unknown else None


def _judged_column(answer: Answer, params: Params, fault: Callable[[str], bool], reason: str, thai: str) -> Verdict:
    """FAIL where a field of the one column has the fault, or no row has a field at all."""
    number = params["columns"].index(params["column"])

    def judge(rows: list[_Row]) -> Verdict:
        if not rows:
            return fail("no data row", "ไม่มีแถวข้อมูล")
        wrong = next((row for row in rows if fault(row.fields[number])), None)
        return (
            PASS
            if wrong is None
            else fail(f"{wrong.fields[number][:60]!r} {reason}", thai, answer.at_raw_line(wrong.line))
        )

    return _judged(answer, params["columns"], judge)


def _amend_column(text: str, params: Params, filler: str, value: str) -> str:
    fields = [value if column == params["column"] else filler for column in params["columns"]]
    first = next((number for number, column in enumerate(params["columns"]) if column != params["column"]), None)
    if first is not None:
        fields[first] = text
    return _amend_table(params["columns"], [fields])


_CHOICES = (
    (("หัวข้อ", "รายละเอียด", "ระดับ"), "ระดับ", ("สูง", "กลาง", "ต่ำ")), (("งาน", "ความสำคัญ"), "ความสำคัญ", ("มาก", "ปานกลาง", "น้อย")),
    (("ขั้นตอน", "ความยาก", "หมายเหตุ"), "ความยาก", ("ง่าย", "ปานกลาง", "ยาก")), (("รายการ", "จำเป็นหรือไม่"), "จำเป็นหรือไม่", ("จำเป็น", "ไม่จำเป็น")),
    (("ชื่อ", "ประเภท", "คำอธิบาย"), "ประเภท", ("ข้อดี", "ข้อเสีย")), (("กิจกรรม", "ช่วงเวลา"), "ช่วงเวลา", ("เช้า", "บ่าย", "เย็น")),
    (("คำแนะนำ", "เหมาะกับ", "เหตุผล"), "เหมาะกับ", ("เด็ก", "ผู้ใหญ่", "ทุกวัย")),
)  # fmt: skip


def _draw_column_choices(rng: random.Random, context: DrawContext) -> dict[str, Any]:
    columns, column, choices = rng.choice(_CHOICES)
    return {"columns": list(columns), "column": column, "choices": list(choices)}


def _check_column_choices(answer: Answer, params: Params) -> Verdict:
    choices = {_normal(choice).strip() for choice in params["choices"]}
    return _judged_column(
        answer, params, lambda field: field not in choices, "is none of the choices", "ค่าในแถวนี้ไม่อยู่ในตัวเลือก"
    )


def _amend_column_choices(text: str, params: Params, filler: str) -> str:
    return _amend_column(text, params, filler, params["choices"][0])


_NUMBER_COLUMNS = (
    (("รายการ", "จำนวน", "หมายเหตุ"), "จำนวน"), (("ขั้นตอน", "เวลาเป็นนาที"), "เวลาเป็นนาที"), (("หัวข้อ", "คะแนน"), "คะแนน"),
    (("ทางเลือก", "คะแนน", "เหตุผล"), "คะแนน"), (("ข้อดี", "ความสำคัญเต็มสิบ"), "ความสำคัญเต็มสิบ"), (("สิ่งที่ต้องใช้", "ราคาเป็นบาท"), "ราคาเป็นบาท"),
)  # fmt: skip


def _draw_numeric_column(rng: random.Random, context: DrawContext) -> dict[str, Any]:
    columns, column = rng.choice(_NUMBER_COLUMNS)
    return {"columns": list(columns), "column": column}


def _check_numeric_column(answer: Answer, params: Params) -> Verdict:
    def no_number(field: str) -> bool:
        return _NUMBER.fullmatch(arabic_digits(field)) is None

    return _judged_column(answer, params, no_number, "is not a bare number", "ค่าในแถวนี้ไม่ใช่ตัวเลขล้วน")


def _amend_numeric_column(text: str, params: Params, filler: str) -> str:
    return _amend_column(text, params, filler, "5")


_NUMBERED = (
    ("ขั้นตอน",), ("หัวข้อ", "รายละเอียด"), ("ชื่อ", "เหตุผล"), ("คำแนะนำ", "ประโยชน์"), ("กิจกรรม", "เวลา"), ("คำถาม", "คำตอบ"),
    ("สถานที่", "จุดเด่น"),
)  # fmt: skip


def _draw_numbered(rng: random.Random, context: DrawContext) -> dict[str, Any]:
    return {"columns": list(rng.choice(_NUMBERED)), "rows": rng.randint(3, 6)}


def _check_numbered(answer: Answer, params: Params) -> Verdict:
    def judge(rows: list[_Row]) -> Verdict:
        for number, row in enumerate(rows, 1):
            if arabic_digits(row.fields[0]) != str(number):
                return fail(
                    f"{row.fields[0][:60]!r} stands where {number} should",
                    f"ลำดับของแถวนี้ต้องเป็น {number}",
                    answer.at_raw_line(row.line),
                )
        return exactly(len(rows), params["rows"], _ROWS)

    return _judged(answer, [_COUNTING_COLUMN, *params["columns"]], judge)


def _amend_numbered(text: str, params: Params, filler: str) -> str:
    rows = [[str(number), *row] for number, row in enumerate(_amend_rows(text, params, filler), 1)]
    return _amend_table([_COUNTING_COLUMN, *params["columns"]], rows)


def _counts_once(params: Params) -> str | None:
    twice = {_COUNTING_COLUMN}.intersection(params["columns"])
    return f"field 'columns': {_COUNTING_COLUMN!r} stands before all columns already; leave it out" if twice else None


_SHAPE = {"columns": texts_value(2, 12), "rows": whole_number(maximum=200)}

TYPES = (
    ConstraintType("csv.table", _SHAPE, _draw_table, _check_table, _amend_to_table, rank=4, conflicts=WHOLE_ANSWER),
    ConstraintType("csv.quoted", _SHAPE, _draw_table, _check_quoted, _amend_to_quoted, rank=4, weight=0.5, conflicts=WHOLE_ANSWER),
    ConstraintType("csv.delimiter", {**_SHAPE, "delimiter": {"enum": ["semicolon", "pipe", "tab"]}}, _draw_delimiter,
                   _check_delimiter, _amend_to_delimiter, rank=4, weight=0.5, conflicts=WHOLE_ANSWER, shown=_shown_delimiter),
    ConstraintType("csv.column_choices",
                   {"columns": texts_value(2, 12), "column": text_value(), "choices": texts_value(2, 10)},
                   _draw_column_choices, _check_column_choices, _amend_column_choices, rank=4, weight=0.5,
                   conflicts=WHOLE_ANSWER, consistent=_column_is_known),
    ConstraintType("csv.numeric_column", {"columns": texts_value(2, 12), "column": text_value()}, _draw_numeric_column,
                   _check_numeric_column, _amend_numeric_column, rank=4, weight=0.5, conflicts=WHOLE_ANSWER | {"numerals"},
                   consistent=_column_is_known),
    ConstraintType("csv.numbered", {"columns": texts_value(1, 12), "rows": whole_number(maximum=200)}, _draw_numbered,
                   _check_numbered, _amend_numbered, rank=4, weight=0.5, conflicts=WHOLE_ANSWER, consistent=_counts_once),
)  # fmt: skip
