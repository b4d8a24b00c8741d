"""Marks that a chat template, a reasoning block or a training prompt left in an answer, and talk of a repair.

What the prompt itself shows is no residue, nor is what stands in code. Role names count at the start of a line and in
English only with a colon; Thai ones (ผู้ใช้: ผู้ช่วย:) only where both occur, since each alone is a fair label.
"""

from __future__ import annotations

import regex

from constraints.text import without_code

__all__ = ["repair_talk", "residue"]

_MARKS = regex.compile(
    r"<[|｜][^<>\n]{1,40}[|｜]>"  # <|im_end|>, <|eot_id|>, <｜end▁of▁sentence｜>
    r"|</?(?:think|thinking|reasoning|reflection|scratchpad|tool_call|tool_response|answer|final_answer)>"
    r"|\[/?INST\]|<</?SYS>>|\[/?(?:SYSTEM_PROMPT|AVAILABLE_TOOLS|TOOL_CALLS|TOOL_RESULTS)\]"
    r"|<(?:start|end)_of_(?:turn|image)>|<(?:bos|eos|pad|unk|sep|mask)>|<s>|</s>|\[(?:BOS|EOS|PAD|UNK|SEP|CLS)\]"
    r"|<0x[0-9A-F]{2}>"
)
_SECTIONS = regex.compile(
    r"^[ \t]*(?:#{2,4}[ \t]*(?:(?:Response|Instruction|คำตอบของผู้ช่วย)[ \t]*:?"
    r"|(?:Input|Output|Human|Assistant|User|System):)"
    r"|Below is an instruction that describes a task)[ \t]*$",
    regex.MULTILINE | regex.IGNORECASE,
)
_ROLES = regex.compile(
    r"^[ \t*_]*(?:Human|User|Assistant|ASSISTANT|USER|HUMAN|SYSTEM)[ \t]*(?:\*\*)?[:：]", regex.MULTILINE
)
_BARE_ROLES = regex.compile(r"^(?:assistant|user|system)[ \t]*$", regex.MULTILINE)
_THAI_USER = regex.compile(r"^[ \t*_]*(?:ผู้ใช้|ผู้ใช้งาน|มนุษย์)[ \t]*(?:\*\*)?[:：]", regex.MULTILINE)
_THAI_ASSISTANT = regex.compile(r"^[ \t*_]*(?:ผู้ช่วย|ผู้ช่วย AI|บอท)[ \t]*(?:\*\*)?[:：]", regex.MULTILINE)

_REPAIR_TALK = regex.compile(
    r"คำตอบ(?:ใหม่)?(?:ที่|ซึ่ง)?(?:ได้รับการ|ผ่านการ)?(?:แก้ไข|ปรับปรุง|ปรับแก้)(?:ใหม่)?(?:แล้ว|ตามข้อกำหนด|ตามที่|ให้)"
    r"|(?:แก้ไข|ปรับ|เขียนใหม่)(?:คำตอบ)?(?:ให้)?ตาม(?:ข้อกำหนด|เงื่อนไข|คำแนะนำ)"
    r"|(?:ขออภัย|ขอโทษ)(?:ใน|สำหรับ|ที่)(?:ความ|คำตอบ|ข้อผิดพลาด)[^\n]{0,40}(?:ก่อน|เมื่อสักครู่|เดิม|สับสน|ผิดพลาด)"
    r"|ตามที่(?:คุณ)?(?:แจ้ง|ท้วง|ทักท้วง)|here is the (?:revised|corrected|updated) answer|i apologi[sz]e for the",
    regex.IGNORECASE,
)


def residue(text: str, prompt: str) -> str:
    """The first mark that a template left in the answer; "" where there is none.

    >>> residue("ขอบคุณครับ<|im_end|>", "ช่วยหน่อย"), residue("ใช้ `<s>` เปิดข้อความ", "ช่วยหน่อย")
    ('<|im_end|>', '')
    """
    text = without_code(text)
    for pattern in (_MARKS, _SECTIONS, _ROLES, _BARE_ROLES):
        for found in pattern.finditer(text):
            if (mark := found[0].strip()) not in prompt:
                return mark
    user, assistant = _THAI_USER.search(text), _THAI_ASSISTANT.search(text)
    if user and assistant and not ("ผู้ใช้" in prompt or "ผู้ช่วย" in prompt or "บทสนทนา" in prompt):
        return user[0].strip()
    return ""


def repair_talk(text: str) -> str:
    """Where a repaired answer speaks of the repair, which its reader never sees; looked for at both ends only."""
    for part in (text[:200], text[-200:]):
        if found := _REPAIR_TALK.search(part):
            return found[0]
    return ""
