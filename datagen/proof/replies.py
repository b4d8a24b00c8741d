"""A reply does its part: asks for what is missing, says that no tool helps, tells of a failure. No scaffold in it.

Words decide, as a Thai reader would take them; English ones for conversations in English. An answer may not
call a failure what did not fail; what it must state is in `values`.
"""

from __future__ import annotations

import re

import regex

from datagen.proof.arguments import compact
from datagen.proof.played import MAX_REPLY, Played, PlayedTurn
from datagen.proof.reasons import Finding
from datagen.scenarios.scenario import Scenario, Turn
from datagen.screening.residue import residue

__all__ = ["does_its_part", "scaffold"]

_ASKS = regex.compile(
    r"[?？]|ไหม|มั้ย|อะไร|ไหน|เมื่อไร|เมื่อไหร่|กี่|เท่าไร|เท่าไหร่|เท่าใด|ใคร|ใด|ยังไง|อย่างไร|หรือเปล่า|หรือไม่|หรือยัง|คะ(?!\p{Thai})"
    r"|ขอทราบ|ขอ(?:ชื่อ|เลข|หมายเลข|รหัส|วันที่|ข้อมูล|รายละเอียด|จำนวน|ถาม)|รบกวน|กรุณา|โปรด|ช่วย(?:บอก|แจ้ง|ระบุ|ยืนยัน)|(?:บอก|แจ้ง|ระบุ)"
    r"|(?:ต้องการ|อยาก|จำเป็นต้อง)(?:ทราบ|รู้)"
    r"|\b(?:what|which|when|where|who|how|could you|can you|please)\b",
    regex.IGNORECASE,
)
_CANNOT = regex.compile(
    r"ไม่(?:สามารถ|มี(?:เครื่องมือ|ข้อมูล|ระบบ|ฟังก์ชัน|บริการ|ช่องทาง|ความสามารถ|สิทธิ์|แหล่งข้อมูล|ตัวช่วย|ส่วนที่)|รองรับ|ครอบคลุม|อยู่ใน(?:ขอบเขต|ความสามารถ))"
    r"|(?:ไม่|ยังไม่|คงไม่)ได้(?=\s|$|ครับ|ค่ะ|คะ|นะ|จริง|เลย|โดยตรง|ใน|เพราะ|เนื่อง|แต่|[.,!])|ไม่ได้รองรับ|ไม่ได้มี|ไม่อาจ|ยังไม่มี|ไม่ไหว|นอกเหนือ|เกินขอบเขต|เกินความสามารถ"
    r"|ทำให้ไม่ได้|ช่วย[^\n]{0,40}ไม่ได้|(?:ดู|เช็ก|เช็ค|ตรวจสอบ|ค้นหา|ค้น|หา|จอง|สั่ง|บอก|ให้ข้อมูล|เข้าถึง|ทำ|ทราบ|จัดการ|ดำเนินการ)[^\n]{0,50}ไม่ได้"
    r"|\b(?:can(?:no|['’])t|cannot|unable|not able|don['’]t have|do not have|no tool)\b",
    regex.IGNORECASE,
)
_FAILED = regex.compile(
    r"ไม่(?:พบ|เจอ|มี(?!ปัญหา|ค่า)|สามารถ|สำเร็จ|ได้|ว่าง|ตอบสนอง|ถูกต้อง|พอ|ตรง|อยู่|ผ่าน|รองรับ|เปิด|ให้บริการ|พร้อม|รู้จัก|ทราบ|เพียงพอ|ครบ|คืน|อนุญาต|ทัน|เหลือ|รับ|ขาย|แลก|ซื้อ|ใช่|เข้า|แสดง)"
    r"|ขัดข้อง|ผิดพลาด|ล้มเหลว|เต็ม(?!ที่|ใจ)|(?<!ทั้ง)หมด(?!จด)|(?<!หาก|ถ้า)เกิน|(?<!ไม่มี|หากมี|ถ้ามี)ปัญหา|ปิด(?:อยู่|ทำการ|ให้บริการ|ปรับปรุง)|นอก(?:ช่วง|เวลา)|ซ้ำ|ยกเลิกไปแล้ว|เสีย(?:ใจ|ดาย)|ล่ม|หลุด"
    r"|(?:รับ|จอง|ให้)ได้(?:สูงสุด|ไม่เกิน|เฉพาะ)|ได้ไม่เกิน|เฉพาะ"
    r"|\b(?:not|no|couldn['’]t|failed|error|unavailable|unable|sold out|full)\b",
    regex.IGNORECASE,
)
_NO_TOOL = regex.compile(r"ไม่มีเครื่องมือ|\bno (?:suitable )?tool\b", regex.IGNORECASE)
_SUCCESS = regex.compile(
    r"(?:จอง|สั่งซื้อ|สั่ง|บันทึก|ยกเลิก|โอน|นัด|ดำเนินการ)(?:[^\n]{0,30})(?:เรียบร้อย|สำเร็จ)(?:แล้ว)?(?:ครับ|ค่ะ|คะ|นะ|\s|$)"
)
_DENIED = regex.compile(r"ไม่\p{Thai}{0,12}\Z|ยังไม่[^\n]{0,30}\Z|หาก|เมื่อ|ถ้า")
_FAILURE = regex.compile(
    r"(?:ยกเลิก|ชำระ|จอง|สั่งซื้อ|บันทึก|โอน|ลบ|เลื่อน|เพิ่ม|แจ้ง|นัด|ดำเนินการ|ทำรายการ)[^\n]{0,30}?ไม่(?:สำเร็จ|ผ่าน(?=\s|ครับ|ค่ะ|คะ|นะ|$))"
)
_MAY_FAIL = regex.compile(r'"error"|ไม่สำเร็จ|ไม่ผ่าน')
_SUPPOSED = regex.compile(r"หาก|ถ้า|เมื่อ|กรณี|ป้องกัน|เคย|ก่อนหน้า|รอบแรก|ครั้งแรก")
_JSON = regex.compile(r"[{\[]\s*[\"']?\w+[\"']?\s*[:=]|\"(?:name|arguments|parameters|function)\"\s*:")
_SNAKE = regex.compile(r"(?<![\w./@-])[a-z]+(?:_[a-z0-9]+)+(?![\w@-])")
_SUSPECT = re.compile("[A-Za-z<>{}\\[\\]#:：|｜`]")
_MARKS = regex.compile(r"</?tool|<\|?function|\[TOOL|tool_calls?\b|function_call|```", regex.IGNORECASE)


def scaffold(scenario: Scenario, played: Played) -> Finding | None:
    """The first piece of a tool call or of a template that stands in something the assistant said."""
    for turn in played.turns:
        for text in (*turn.asides, turn.reply or ""):
            text = text[:MAX_REPLY]
            if not _SUSPECT.search(text):
                continue  # Thai words and numbers only
            if found := _MARKS.search(text) or _JSON.search(text):
                return Finding("markup_in_reply", f"{found[0]!r} stands in a reply")
            for name in _SNAKE.findall(text):
                if not any(name in said.user for said in scenario.turns):
                    return Finding("markup_in_reply", f"{name!r} stands in a reply")
            if mark := residue(text, scenario.system):
                return Finding("markup_in_reply", f"{mark!r} stands in a reply")
    return None


def does_its_part(scenario: Scenario, played: Played) -> Finding | None:
    """The first reply that is not what its turn wants."""
    for turn, made in zip(scenario.turns, played.turns, strict=False):
        if made.reply is None:
            continue
        if finding := _PARTS[turn.reply.kind](turn, made.reply[:MAX_REPLY]):
            return finding
        if turn.reply.kind == "answer" and (finding := _denies(made)):
            return finding
    return None


def _answer(turn: Turn, reply: str) -> Finding | None:
    return None


def _denies(made: PlayedTurn) -> Finding | None:
    """ยกเลิกไม่สำเร็จ, where every call of the turn had its result and none tells of such a thing."""
    if not made.calls or made.reply is None or "ไม่" not in made.reply:
        return None
    if any(call.result is None or _MAY_FAIL.search(call.result) for call in made.calls):
        return None
    for found in _FAILURE.finditer(made.reply[:MAX_REPLY]):
        line = made.reply[made.reply.rfind("\n", 0, found.start()) + 1 : found.start()]
        if not _SUPPOSED.search(line):
            return Finding("failure_told", f"{found[0]!r} is said, and no call failed")
    return None


def _ask(turn: Turn, reply: str) -> Finding | None:
    if not _ASKS.search(reply):
        return Finding("not_a_question", f"{reply[:80]!r} asks nothing")
    text = compact(reply)
    for group in turn.reply.words:
        if not any(compact(word) in text for word in group):
            return Finding("asks_for_something_else", f"none of {', '.join(group)[:120]} stands in {reply[:80]!r}")
    return None


def _decline(turn: Turn, reply: str) -> Finding | None:
    if _CANNOT.search(reply) and not _claims_success(reply):
        return None
    return Finding("not_declined", f"{reply[:80]!r} does not say that it cannot")


def _report(turn: Turn, reply: str) -> Finding | None:
    if _NO_TOOL.search(reply):
        return Finding("error_not_told", f"{reply[:80]!r} says there is no tool, where one was called and failed")
    if _FAILED.search(reply) and not _claims_success(reply):
        return None
    return Finding("error_not_told", f"{reply[:80]!r} does not say that it did not work")


def _claims_success(reply: str) -> bool:
    """จองให้เรียบร้อยแล้ว, unless the same line says that it is not so."""
    for found in _SUCCESS.finditer(reply):
        line = reply[reply.rfind("\n", 0, found.start()) + 1 : found.start()]
        if "ไม่" not in found[0] and not _DENIED.search(line[-40:]):
            return True
    return False


_PARTS = {"answer": _answer, "ask": _ask, "decline": _decline, "report_error": _report}
