"""Refusals, and answers that talk of themselves as a model: by how they open, not by what they mention.

An answer is a refusal where its first sentence says that the speaker cannot or will not answer (help, inform, write,
comply), and little else follows. A letter that declines an invitation, a text about refusing, a hedge before a full
answer are none. The lists are curated by hand; what they do not know passes.
"""

from __future__ import annotations

import regex

__all__ = ["refusal", "self_reference"]

_ENOUGH = 160  # characters after a "but" that make an answer of a refusal

_I_TH = r"(?:ผม|ฉัน|ดิฉัน|เรา|หนู|ทางเรา|ระบบ|แอดมิน|ข้าพเจ้า)?(?:เอง)?\s*"
_SORRY_TH = (
    r"(?:(?:ต้อง)?(?:กราบ)?(?:ขออภัย|ขอโทษ|เสียใจ)(?:เป็นอย่างยิ่ง|เป็นอย่างสูง|จริง\s*ๆ|อย่างมาก|ด้วย|ที่)?"
    r"(?:นะ)?\s*(?:ครับ|ค่ะ|คะ|จ้ะ)?[\s,!.]*(?:แต่)?\s*)"
)
_ACTS_TH = (
    r"(?:ให้(?:ความช่วยเหลือ|ข้อมูล|คำแนะนำ|คำปรึกษา|คำตอบ|ความเห็น|บริการ)|ช่วย(?:เหลือ|ตอบ|เรื่อง|ใน|เขียน|สร้าง|คุณ|ทำ)?"
    r"|ตอบ(?:คำถาม|คำขอ|สนอง)?|ทำตาม|ดำเนินการ|ปฏิบัติตาม|สร้างเนื้อหา|เขียน(?:เนื้อหา|บทความ|ข้อความ)|สนับสนุน"
    r"|แนะนำ|พูดคุย|เปิดเผย|แบ่งปัน|ประมวลผล)"
)
_CANNOT_TH = r"(?:ไม่สามารถ(?:ที่จะ)?|ไม่ได้รับอนุญาตให้|ไม่อาจ(?:จะ)?|ขอไม่|ขอปฏิเสธ(?:ที่จะ)?(?:การ)?|คงไม่สามารถ)"
_POLITE_TH = r"(?:ครับ|ค่ะ|คะ)?[\s,]*"
_SOURCELESS_TH = r"(?:ไม่มีข้อมูล(?:เพียงพอ)?(?:ที่จะ|สำหรับ|ใน)(?:การ)?ตอบ|ไม่สามารถเข้าถึง(?:ข้อมูล|อินเทอร์เน็ต))"
_OPENING_TH = regex.compile(
    rf"(?:{_SORRY_TH}{{0,2}}{_I_TH}(?:{_CANNOT_TH}\s*{_ACTS_TH}|{_SOURCELESS_TH})"
    rf"|{_SORRY_TH}{_I_TH}(?:คำขอ|คำถาม|เนื้อหา|เรื่อง)(?:นี้|ของคุณ)[^\n]{{0,40}}?(?:ขัดต่อ|ผิด|ไม่เหมาะสม|ไม่สามารถ))"
)
_OPENING_EN = regex.compile(
    r"(?:(?:i['’]m|i am|we['’]re|we are)?\s*(?:really |very |so )?(?:sorry|afraid)[,.]?\s*(?:but|that)?\s*"
    r"|unfortunately[,]?\s*|i apologi[sz]e[,.]?\s*(?:but)?\s*|my apologies[,.]?\s*(?:but)?\s*)?"
    r"(?:i|we)\s*(?:can(?:no|['’])t|cannot|can not|won['’]t|will not|am not able to|['’]m not able to|am unable to"
    r"|['’]m unable to|must decline to|have to decline to)\s*"
    r"(?:help|assist|answer|provide|comply|fulfil|fulfill|respond|write|create|generate|do that|share|discuss|support"
    r"|offer|engage|complete)",
    regex.IGNORECASE,
)
_BUT = regex.compile(r"แต่(?!ง|ละ)|อย่างไรก็(?:ตาม|ดี)|ทั้งนี้|\b(?:but|however|instead)\b", regex.IGNORECASE)
_DRESSING = regex.compile(r"^[\s*_#>\-–—]*(?:สวัสดี(?:ครับ|ค่ะ|คะ)?[\s,!]*)?")

_AI_TH = r"(?:โมเดลภาษา|แบบจำลองภาษา|ปัญญาประดิษฐ์|เอไอ|AI|แชตบอต|แชทบอท|บอท|ผู้ช่วย\s*AI|โปรแกรมคอมพิวเตอร์)"
_SELF = regex.compile(
    rf"(?:ในฐานะ(?:ที่)?(?:เป็น)?\s*{_AI_TH}"
    rf"|(?:ผม|ฉัน|ดิฉัน|เรา|หนู)\s*(?:เป็น(?:เพียง|แค่)?|คือ)\s*{_AI_TH}"
    r"|\bas an? (?:AI|artificial intelligence|large language model|language model)\b"
    r"|\bI(?:['’]m| am) (?:just |only )?an? (?:AI|artificial intelligence|(?:large )?language model|chatbot)\b)",
    regex.IGNORECASE,
)
_ASKED_OF_AI = regex.compile(rf"{_AI_TH}|\bchatbot\b|language model|artificial intelligence", regex.IGNORECASE)


def refusal(text: str) -> str:
    """The words by which an answer refuses; "" where it does not.

    >>> refusal("ขออภัยค่ะ ดิฉันไม่สามารถช่วยเรื่องนี้ได้")
    'ขออภัยค่ะ ดิฉันไม่สามารถช่วยเรื่อง'
    >>> refusal("ขออภัยครับ ผมไม่สามารถไปร่วมงานวันเสาร์ได้ เพราะติดสอบ")
    ''
    """
    opening = _DRESSING.sub("", text, count=1)
    found = _OPENING_TH.match(opening) or _OPENING_EN.match(opening)
    if not found:
        return ""
    rest = opening[found.end() :]
    but = _BUT.search(rest)
    if but and len(rest) - but.end() >= _ENOUGH:
        return ""
    return found[0]


def self_reference(text: str, prompt: str) -> str:
    """Where an answer says that a model wrote it, although nobody asked about models; "" where it does not."""
    found = _SELF.search(text)
    return found[0] if found and not _ASKED_OF_AI.search(prompt) else ""
