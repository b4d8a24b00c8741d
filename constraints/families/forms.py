"""Thai forms of writing: addresses, names with titles, formal letters, memos, filled-in forms, receipts.

What is checked is the order and the fixed words, not whether a place or person exists. Parts of an address are
known by their words (ตำบล, อำเภอ, จังหวัด or ต. อ. จ.; แขวง, เขต in Bangkok). A line's fixed word may be followed by a colon or
not. Numbers (ids, phones, prices, hashtags) are in `forms_numbers`.
"""

from __future__ import annotations

import itertools
import random
from collections.abc import Mapping
from decimal import Decimal
from typing import Any

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
from constraints.shaping import shown_lines, with_text
from constraints.text import normalise
from constraints.thai.identifiers import POSTCODES, find_addresses, find_bangkok_addresses
from constraints.verdict import PASS, Verdict, fail, undecided

__all__ = ["TYPES"]

_ITEMS = Unit("lines of items", "รายการ", "รายการ")
_NAME_LINE = regex.compile(
    r"ชื่อ[ ]?[-–][ ]?(?P<long>นาม)?สกุล[ ]*:[ ]*(?:นางสาว|นาง|นาย)(?!สาว)"
    r"[\p{Thai}--[ฯๆ๐-๙]]{2,} (?:ณ )?[\p{Thai}--[ฯๆ๐-๙]]{2,}",
    regex.V1,
)
_POSTCODE_AFTER = regex.compile(r"\s{1,2}(\d{5})(?!\d)")
_AMOUNT = regex.compile(r"(?<![\d.,])(?P<amount>\d+(?:,\d{3})*(?:\.\d{1,2})?)[ ]*บาท(?:ถ้วน)?[.]?$")
_CLOSING = "ขอแสดงความนับถือ"


# places


def _draw_province(rng: random.Random, context: DrawContext) -> dict[str, Any]:
    return {"province": rng.choice(sorted(POSTCODES))}


def _shown_province(params: Params, lang: Language) -> Mapping[str, str]:
    return {"province": params["province"], "prefix": POSTCODES[params["province"]]}


def _check_province_postcode(answer: Answer, params: Params) -> Verdict:
    province = params["province"]
    wrong = None
    for before in itertools.islice(regex.finditer(regex.escape(province), answer.text), 100):
        match = _POSTCODE_AFTER.match(answer.text, before.end())
        if match is not None:
            if str(int(match[1])).startswith(POSTCODES[province]):
                return PASS
            wrong = match.span(1)
    return fail(
        f"no postcode of {province} after its name",
        f"ไม่พบรหัสไปรษณีย์ที่ขึ้นต้นด้วย {POSTCODES[province]} ต่อท้าย {province}",
        wrong,
    )


def _amend_province_postcode(text: str, params: Params, filler: str) -> str:
    return with_text(text, f"{params['province']} {POSTCODES[params['province']]}000")


def _check_address(answer: Answer, params: Params) -> Verdict:
    if next(find_addresses(answer.text), None) is not None:
        return PASS
    return fail("no whole address in the asked order", "ไม่พบที่อยู่ที่มีครบทุกส่วนตามลำดับที่กำหนด")


def _amend_address(text: str, params: Params, filler: str) -> str:
    return with_text(text, "บ้านเลขที่ 1 ตำบลมะม่วง อำเภอเมือง จังหวัดเชียงใหม่ 50000")


def _check_bangkok_address(answer: Answer, params: Params) -> Verdict:
    for postcode in find_bangkok_addresses(answer.text):
        if postcode.startswith("10"):
            return PASS
    return fail("no whole address of Bangkok", "ไม่พบที่อยู่ในกรุงเทพมหานครที่มีครบทุกส่วนตามลำดับที่กำหนด")


def _amend_bangkok_address(text: str, params: Params, filler: str) -> str:
    return with_text(text, "บ้านเลขที่ 1 แขวงมะม่วง เขตส้มโอ กรุงเทพมหานคร 10000")


# names


def _check_full_name_line(answer: Answer, params: Params) -> Verdict:
    labelled_otherwise = None
    for line in answer.placed_lines:
        match = _NAME_LINE.fullmatch(line.text)
        if match is not None and match["long"] is None:
            return PASS
        if match is not None:
            labelled_otherwise = line.at
    if labelled_otherwise is not None:
        return undecided(
            "the line begins with ชื่อ-นามสกุล", 'บรรทัดนี้ขึ้นต้นด้วย "ชื่อ-นามสกุล" ไม่ใช่ "ชื่อ-สกุล"', labelled_otherwise
        )
    return fail("no line with title, first name and surname", 'ไม่พบบรรทัด "ชื่อ-สกุล:" ที่มีคำนำหน้า ชื่อ และนามสกุลครบ')


def _amend_full_name_line(text: str, params: Params, filler: str) -> str:
    line = "ชื่อ-สกุล: นายมะม่วง ส้มโอ"
    return text if line in shown_lines(text) else f"{text}\n{line}"


_TITLES = ("นาย", "นาง", "นางสาว", "คุณ", "ครู", "หมอ", "ลุง", "ป้า", "พี่", "น้อง")
_NAMES = ("มะยมชิด", "ส้มจี๊ด", "ลูกตาล", "มะปราง", "น้อยหน่า", "แตงไทย", "มะเฟือง", "ชมพู่")


def _draw_title(rng: random.Random, context: DrawContext) -> dict[str, Any]:
    return {"title": rng.choice(_TITLES), "name": rng.choice(_NAMES)}


def _check_title(answer: Answer, params: Params) -> Verdict:
    title, name = normalise(params["title"]), normalise(params["name"])
    start, found = 0, 0
    while (at := answer.find(name, start)) is not None:
        found, start = found + 1, at[1]
        if not answer.text.endswith(title, 0, at[0]):
            return fail(f"{name} stands without {title} before it", f"มีชื่อ {name} ที่ไม่มีคำว่า {title} ติดอยู่ข้างหน้า", at)
    return PASS if found else fail(f"{title}{name} is missing", f"ไม่พบ {title}{name}")


def _amend_title(text: str, params: Params, filler: str) -> str:
    whole = params["title"] + params["name"]
    return with_text(text.replace(whole, params["name"]).replace(params["name"], whole), whole)


# letters and forms of fixed lines


_MEMO = ("ส่วนราชการ", "ที่", "วันที่", "เรื่อง", "เรียน")
_LABELLED = {word: regex.compile(rf"{word}[ :]+[^ :]") for word in _MEMO}
"""A fixed word, a blank or colon, and something after it."""


def _check_formal_letter(answer: Answer, params: Params) -> Verdict:
    lines = iter(answer.placed_lines)  # each search goes on where the last one stopped
    for word in ("เรื่อง", "เรียน"):
        if not any(_LABELLED[word].match(line.text) for line in lines):
            return fail(f"no line begins with {word} where it should", f'ไม่พบบรรทัดที่ขึ้นต้นด้วย "{word}" ตามลำดับ')
    between = list(itertools.takewhile(lambda line: not line.text.startswith(_CLOSING), lines))
    if not between:
        return fail("the letter says nothing", 'ไม่มีเนื้อความหลังบรรทัด "เรียน"')
    if between[-1] is answer.placed_lines[-1]:
        return fail("the closing line is missing", 'ไม่มีบรรทัด "ขอแสดงความนับถือ" หลังเนื้อความ')
    return PASS


def _amend_formal_letter(text: str, params: Params, filler: str) -> str:
    if text.startswith("เรื่อง "):
        return text
    return f"เรื่อง {filler}\nเรียน {filler}\n{text}\nขอแสดงความนับถือ"


def _check_memo_header(answer: Answer, params: Params) -> Verdict:
    first, *rest = answer.placed_lines
    if first.text != "บันทึกข้อความ":
        return fail("the first line is not บันทึกข้อความ", 'บรรทัดแรกไม่ใช่ "บันทึกข้อความ"', first.at)
    for word, line in itertools.zip_longest(_MEMO, rest[: len(_MEMO)]):
        if line is None:
            return fail(f"the line {word} is missing", f'ไม่มีบรรทัด "{word}"')
        if _LABELLED[word].match(line.text) is None:
            return fail(f"no line {word} in its place", f'บรรทัดนี้ไม่ได้ขึ้นต้นด้วย "{word}" แล้วตามด้วยข้อความ', line.at)
    if rest[len(_MEMO) :]:
        return PASS
    return fail("nothing follows the heading lines", "ไม่มีเนื้อความต่อจากส่วนหัว")


def _amend_memo_header(text: str, params: Params, filler: str) -> str:
    if text.startswith("บันทึกข้อความ"):
        return text
    return "\n".join(["บันทึกข้อความ", *(f"{word} {filler}" for word in _MEMO), text])


_FORMS = (
    ("ชื่อ", "อาชีพ", "เหตุผล"),
    ("หัวข้อ", "สรุป", "ข้อเสนอแนะ"),
    ("ปัญหา", "สาเหตุ", "วิธีแก้"),
    ("ส่วนผสม", "วิธีทำ"),
    ("สถานที่", "เวลา", "ผู้เข้าร่วม", "หมายเหตุ"),
    ("จุดเด่น", "จุดด้อย", "คะแนน"),
    ("คำถาม", "คำตอบ"),
    ("เป้าหมาย", "ขั้นตอน", "อุปกรณ์", "ข้อควรระวัง"),
)


def _draw_fields(rng: random.Random, context: DrawContext) -> dict[str, Any]:
    return {"fields": list(rng.choice(_FORMS))}


def _shown_fields(params: Params, lang: Language) -> Mapping[str, str]:
    return {"fields": quoted_list(params["fields"], ", " if lang == "en" else " ")}


def _check_fields(answer: Answer, params: Params) -> Verdict:
    lines = answer.placed_lines
    if len(lines) != len(params["fields"]):
        return exactly(len(lines), len(params["fields"]), Unit("lines", "", "บรรทัด"))
    for field, line in zip(params["fields"], lines, strict=True):
        label, _, value = line.text.partition(":")
        if label.rstrip() != field:
            return fail(f"the line does not begin with {field}:", f'บรรทัดนี้ไม่ได้ขึ้นต้นด้วย "{field}:"', line.at)
        if not value.strip():
            return fail(f"nothing stands after {field}:", f'ไม่มีข้อความหลัง "{field}:"', line.at)
    return PASS


def _amend_fields(text: str, params: Params, filler: str) -> str:
    fields = params["fields"]
    lines = shown_lines(text)
    lines = [*lines[: len(fields) - 1], " ".join(lines[len(fields) - 1 :])] if len(lines) > len(fields) else lines
    lines += [filler] * (len(fields) - len(lines))
    return "\n".join(
        line if line.startswith(f"{field}:") else f"{field}: {line}" for field, line in zip(fields, lines, strict=True)
    )


def _draw_items(rng: random.Random, context: DrawContext) -> dict[str, Any]:
    return {"items": rng.randint(2, 5)}


def _check_receipt(answer: Answer, params: Params) -> Verdict:
    amounts = []
    for line in answer.placed_lines:
        match = _AMOUNT.search(line.text)
        if match is None or not line.text[: match.start()].strip(" :-"):
            return fail(
                "a line has no name or does not end in an amount of baht",
                "บรรทัดนี้ไม่ได้มีชื่อรายการและลงท้ายด้วยจำนวนเงินเป็นบาท",
                line.at,
            )
        amounts.append(Decimal(match["amount"].replace(",", "")))
    last = answer.placed_lines[-1]
    if not last.text.startswith("รวม"):
        return fail("the last line does not begin with รวม", 'บรรทัดสุดท้ายไม่ได้ขึ้นต้นด้วย "รวม"', last.at)
    *items, total = amounts
    if sum(items) != total:
        return fail(
            f"the items come to {sum(items)}, not {total}", f"ยอดรวมที่ถูกต้องคือ {sum(items)} บาท ไม่ใช่ {total} บาท", last.at
        )
    return exactly(len(items), params["items"], _ITEMS)


def _amend_receipt(text: str, params: Params, filler: str) -> str:
    names = [line.removesuffix(" 10 บาท") for line in shown_lines(text)][: params["items"]]
    names += [filler] * (params["items"] - len(names))
    return "\n".join([*(f"{name} 10 บาท" for name in names), f"รวม {10 * params['items']} บาท"])


_WHOLE = frozenset({"layout", "json", "yaml", "csv", "poetry", "length.divided_sentences", "dates.week_lines"})

TYPES = (
    ConstraintType("forms.province_postcode", {"province": {"enum": sorted(POSTCODES)}}, _draw_province,
                   _check_province_postcode, _amend_province_postcode, rank=1, weight=0.5, shown=_shown_province,
                   thai=True),
    ConstraintType("forms.address", {}, draw_nothing, _check_address, _amend_address, rank=1, weight=0.5, thai=True),
    ConstraintType("forms.bangkok_address", {}, draw_nothing, _check_bangkok_address, _amend_bangkok_address,
                   rank=1, weight=0.5, thai=True),
    ConstraintType("forms.full_name_line", {}, draw_nothing, _check_full_name_line, _amend_full_name_line,
                   weight=0.5, conflicts=_WHOLE, thai=True),
    ConstraintType("forms.title", {"title": text_value(20), "name": text_value(40)}, _draw_title, _check_title,
                   _amend_title, rank=1, weight=0.5, thai=True),
    ConstraintType("forms.formal_letter", {}, draw_nothing, _check_formal_letter, _amend_formal_letter,
                   rank=3, conflicts=_WHOLE, thai=True),
    ConstraintType("forms.memo_header", {}, draw_nothing, _check_memo_header, _amend_memo_header,
                   rank=3, weight=0.5, conflicts=_WHOLE, thai=True),
    ConstraintType("forms.fields", {"fields": texts_value(2, 8)}, _draw_fields, _check_fields, _amend_fields,
                   conflicts=_WHOLE, shown=_shown_fields),
    ConstraintType("forms.receipt", {"items": whole_number(maximum=20)}, _draw_items, _check_receipt, _amend_receipt,
                   weight=0.5, conflicts=_WHOLE | {"length"}, thai=True),
)  # fmt: skip
