"""The Thai letters: consonants and their classes, vowel signs, tone marks, and the first letter of a line.

Covers what is written, not what is heard: the initial consonant of ทราย is ท. A vowel written before its
consonant (เ แ โ ใ ไ) stands aside. Marks and list numbers before a line's first letter are passed over, since the
instructions say so; a Thai letter as a list number (ก. ข.) cannot be told from the first word: both are given.

>>> initials("1. ไข่ไก่"), initials("ก. ไข่"), initials("iPhone")
(('ข',), ('ก', 'ข'), ('i',))
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache

import regex

__all__ = [
    "CONSONANTS",
    "HIGH_CLASS",
    "LEADING_VOWELS",
    "TONE_NAMES",
    "VOWEL_SIGNS",
    "WORD_OF",
    "bodies",
    "initials",
    "last_letter",
    "word_initial",
]

CONSONANTS = "กขฃคฅฆงจฉชซฌญฎฏฐฑฒณดตถทธนบปผฝพฟภมยรลวศษสหฬอฮ"
# A word that begins with the letter and holds it once; letters that begin no common word are left out.
_WORDS = (
    "ก:ไก่ ข:ไข่ ค:ควาย ฆ:ฆ้อง ง:งู จ:จาน ฉ:ฉิ่ง ช:ช้าง ซ:โซ่ ญ:ญาติ ฐ:ฐาน ณ:เณร ด:เด็ก ต:เต่า ถ:ถุง ท:ทะเล ธ:ธง "
    "น:นก บ:ใบไม้ ป:ปลา ผ:ผึ้ง ฝ:ฝา พ:พาน ฟ:ฟัน ภ:ภูเขา ม:ม้า ย:ยา ร:เรือ ล:ลิง ว:วัด ศ:ศาลา ส:เสือ ห:หีบ อ:อ่าง ฮ:ฮูก"
)
WORD_OF: Mapping[str, str] = {pair[0]: pair[2:] for pair in _WORDS.split()}
HIGH_CLASS = "ขฃฉฐถผฝศษสห"
LEADING_VOWELS = "เแโใไ"
VOWEL_SIGNS = "ะัาำิีึืุูเแโใไ"
TONE_NAMES: Mapping[str, str] = {"่": "ไม้เอก", "้": "ไม้โท", "๊": "ไม้ตรี", "๋": "ไม้จัตวา"}

_LIST_MARK = regex.compile(r"[^\p{L}\p{N}]*(?:[0-9๐-๙]+(?:\.[0-9๐-๙]+)*(?:[.):]|\s*[-–])(?![0-9๐-๙])[^\p{L}\p{N}]*)?")
_LETTER_MARK = regex.compile(r"([ก-ฮ])[.)]\s+")
_LETTER = regex.compile(f"[{LEADING_VOWELS}]?([\\p{{L}}--[{LEADING_VOWELS}]])", regex.V1)
_LAST = regex.compile(r"[\p{L}\p{M}\p{N}](?=[^\p{L}\p{M}\p{N}]*$)")


@lru_cache(maxsize=4096)
def initials(line: str) -> tuple[str, ...]:
    """The first letter of a line, a leading vowel aside; two where a letter may be a list number; () where none."""
    found = (word_initial(text) for text in bodies(line))
    return tuple(dict.fromkeys(letter for letter in found if letter))


def bodies(line: str) -> tuple[str, ...]:
    """The line behind marks and a list number; behind a letter as list number, too, where it may be one."""
    mark = _LIST_MARK.match(line)
    body = line[mark.end() :] if mark else line
    numbered = _LETTER_MARK.match(body)
    return (body, body[numbered.end() :]) if numbered else (body,)


def word_initial(word: str) -> str:
    """The first letter of a word, a leading vowel aside; "" where it begins otherwise."""
    found = _LETTER.match(word)
    return found.group(1) if found else ""


def last_letter(line: str) -> tuple[str, int]:
    """The last letter, sign or digit of a line, punctuation aside, and its place; ("", 0) where none."""
    found = _LAST.search(line)
    return (found.group(), found.start()) if found else ("", 0)
