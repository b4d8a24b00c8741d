"""Words to draw orthography constraints from, and which parameters of theirs make sense.

Abbreviations with their full forms, words that are often misspelled, loanwords in the Royal Society's spelling with the
usual other one, and words that everyday Thai doubles. Chosen so that a wrong form is wrong in every context.
"""

from __future__ import annotations

from constraints.constraint_type import Params
from constraints.text import normalise, plain

__all__ = [
    "ABBREVIATIONS",
    "DOUBLED",
    "LOANWORDS",
    "MISSPELLINGS",
    "SPELLINGS",
    "different_spellings",
    "no_mark_in_it",
    "two_forms",
]

ABBREVIATIONS = (
    ("พ.ร.บ.", "พระราชบัญญัติ"), ("พ.ร.ก.", "พระราชกำหนด"), ("กทม.", "กรุงเทพมหานคร"), ("รพ.", "โรงพยาบาล"),
    ("ผอ.", "ผู้อำนวยการ"), ("อบต.", "องค์การบริหารส่วนตำบล"), ("อบจ.", "องค์การบริหารส่วนจังหวัด"),
    ("ธปท.", "ธนาคารแห่งประเทศไทย"), ("ททท.", "การท่องเที่ยวแห่งประเทศไทย"), ("รฟท.", "การรถไฟแห่งประเทศไทย"),
    ("กฟผ.", "การไฟฟ้าฝ่ายผลิตแห่งประเทศไทย"), ("สพฐ.", "สำนักงานคณะกรรมการการศึกษาขั้นพื้นฐาน"), ("สนง.", "สำนักงาน"),
    ("ผวจ.", "ผู้ว่าราชการจังหวัด"), ("กก.", "กิโลกรัม"), ("กม.", "กิโลเมตร"), ("ชม.", "ชั่วโมง"), ("ซม.", "เซนติเมตร"),
)  # fmt: skip
SPELLINGS = (
    ("อนุญาต", "อนุญาติ"), ("สังเกต", "สังเกตุ"), ("กะเพรา", "กะเพา"), ("ปรากฏ", "ปรากฎ"), ("กฎหมาย", "กฏหมาย"), ("โอกาส", "โอกาศ"),
    ("กะทันหัน", "กระทันหัน"), ("ผัดไทย", "ผัดไท"), ("สร้างสรรค์", "สร้างสรร"), ("ผลลัพธ์", "ผลลัพท์"), ("พะแนง", "พแนง"),
    ("มาตรฐาน", "มาตราฐาน"), ("บุคลากร", "บุคคลากร"), ("ลายเซ็น", "ลายเซ็นต์"), ("ขะมักเขม้น", "ขมักเขม้น"), ("ศีรษะ", "ศรีษะ"),
    ("ประสบการณ์", "ประสพการณ์"), ("รสชาติ", "รสชาด"), ("จัดสรร", "จัดสรรค์"), ("ดำรง", "ดำรงค์"), ("เบญจเพส", "เบญจเพศ"),
    ("เครื่องสำอาง", "เครื่องสำอางค์"), ("สับปะรด", "สัปปะรด"), ("ผูกพัน", "ผูกพันธ์"), ("อานิสงส์", "อานิสงค์"),
)  # fmt: skip
LOANWORDS = (
    ("อินเทอร์เน็ต", "อินเตอร์เน็ต"), ("คลินิก", "คลีนิค"), ("เว็บไซต์", "เว็บไซท์"), ("อีเมล", "อีเมล์"), ("ดิจิทัล", "ดิจิตอล"),
    ("อัปเดต", "อัพเดท"), ("แอปพลิเคชัน", "แอพพลิเคชั่น"), ("แพลตฟอร์ม", "แพลทฟอร์ม"), ("กราฟิก", "กราฟฟิค"), ("ลิฟต์", "ลิฟท์"),
    ("คลิก", "คลิ๊ก"), ("โน้ต", "โน๊ต"), ("เปอร์เซ็นต์", "เปอร์เซนต์"), ("ช็อกโกแลต", "ช็อคโกแลต"), ("ไอศกรีม", "ไอศครีม"),
    ("แซนด์วิช", "แซนวิช"), ("บุฟเฟต์", "บุฟเฟ่ต์"), ("แท็กซี่", "แท๊กซี่"), ("วิดีโอ", "วีดีโอ"), ("มอเตอร์ไซค์", "มอเตอร์ไซด์"),
    ("ซอฟต์แวร์", "ซอฟท์แวร์"), ("พลาสติก", "พลาสติค"), ("แก๊ส", "แก็ส"), ("กีตาร์", "กีต้าร์"), ("เทคโนโลยี", "เทคโนโลยี่"), ("เกม", "เกมส์"),
)  # fmt: skip
DOUBLED = (
    "เด็ก", "เพื่อน", "พี่", "ง่าย", "บ่อย", "ต่าง", "เบา", "ใกล้", "สั้น", "ใหญ่", "เล็ก", "สด", "เรื่อย", "จริง", "หลาย",
)  # fmt: skip

MISSPELLINGS = tuple(wrong for right, wrong in (*SPELLINGS, *LOANWORDS) if wrong not in right and " " not in wrong)
"""Wrong forms that stand in no right word of the tables."""


def _literal(text: str) -> str:
    return plain(normalise(text))


def two_forms(params: Params) -> str | None:
    """The consistency of an abbreviation and its full form.

    >>> two_forms({"short": "กทม.", "full": "กรุงเทพมหานคร"})
    >>> two_forms({"short": "ไทย", "full": "ประเทศไทย"})
    "field 'short': 'ไทย' and the full form 'ประเทศไทย' hold one another"
    >>> two_forms({"short": "ประเทศไทย", "full": "ไทย"})
    "field 'short': 'ประเทศไทย' and the full form 'ไทย' hold one another"
    """
    short, full = _literal(params["short"]), _literal(params["full"])
    if short in full or full in short:
        return f"field 'short': {params['short']!r} and the full form {params['full']!r} hold one another"
    return None


def different_spellings(params: Params) -> str | None:
    """The consistency of a right and a wrong form.

    >>> different_spellings({"right": "อนุญาต", "wrong": "อนุญาติ"})
    >>> different_spellings({"right": "คลินิก", "wrong": "คลินิก"})
    "field 'wrong': 'คลินิก' is the right spelling too; nothing can keep both"
    """
    if _literal(params["right"]) == _literal(params["wrong"]):
        return f"field 'wrong': {params['wrong']!r} is the right spelling too; nothing can keep both"
    return None


def no_mark_in_it(params: Params) -> str | None:
    """The consistency of a word to be doubled.

    >>> no_mark_in_it({"word": "เด็ก"})
    >>> no_mark_in_it({"word": "เด็ก ๆ"})
    "field 'word': 'เด็ก ๆ' holds ๆ already; give the word alone"
    """
    if "ๆ" in params["word"]:
        return f"field 'word': {params['word']!r} holds ๆ already; give the word alone"
    return None
