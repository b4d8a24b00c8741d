"""Answers that end in the middle, whatever the endpoint said of it (`finish_reason` is read in `respond`).

Thai has no full stop, so the end of a sentence cannot be asked for. What is looked at is what no finished text ends in:
a code fence, bracket or bold mark left open, a vowel that waits for its consonant, a list mark without an item, a colon
or comma, a conjunction.
"""

from __future__ import annotations

import regex

from constraints.segment import tokens

__all__ = ["cut_off"]

_FENCE = regex.compile(r"^[ \t]*(```|~~~)", regex.MULTILINE)
_WAITING_VOWEL = regex.compile(r"[เแโใไ]$|[ก-ฮ][่-๋]?[ัื][่-๋]?$")
_BARE_ITEM = regex.compile(r"(?:^|\n)[ \t]*(?:[-*+•]|(?:[\d๐-๙]{1,3}|[ก-ฮ])[.)]|#{1,6})[ \t]*$")
_OPEN_MARK = regex.compile(r"[,:(\[{“«‘]$|[:,]\*{1,2}$|\s[-–—]$")
_EMOTICON = regex.compile(r"[:;=][-']?[()\[\]|/DPp3]$")
# No sentence ends in these; what may (ที่ ของ ให้ ว่า ก็ หรือ) is left out.
_DANGLING = frozenset(
    {"และ", "เพราะ", "เพราะว่า", "เนื่องจาก", "อันเนื่องมาจาก", "ซึ่ง", "ซึ่งเป็น", "เช่น", "ได้แก่", "โดย", "โดยที่", "เพื่อ", "เพื่อให้"}
    | {"คือ", "ถ้า", "หาก", "ระหว่าง", "สำหรับ", "ตลอดจน", "รวมถึง", "ด้วยการ", "จนกระทั่ง", "the", "and", "of", "because"}
)
_LAST_WORD = regex.compile(r"[\p{L}\p{M}]+$")
_TAIL = 60  # characters from which the last word is read


def cut_off(text: str) -> str:
    """What the answer breaks off at; "" where its end may be one.

    >>> cut_off("ต้มน้ำให้เดือด ใส่เส้นลงไป แล้วเติมเครื่องปรุง เช่น"), cut_off("ต้มน้ำให้เดือด แล้วใส่เส้นลงไป")
    ('เช่น', '')
    """
    text = text.rstrip()
    if len(_FENCE.findall(text)) % 2:
        return "a code fence that is not closed"
    last_line = text.rpartition("\n")[2]
    if last_line.lstrip().startswith(("```", "~~~")):
        return ""  # ends in code, and closes it
    if found := _WAITING_VOWEL.search(text) or _BARE_ITEM.search(text):
        return found[0].strip()
    if (found := _OPEN_MARK.search(text)) and not _EMOTICON.search(text):
        return found[0].strip()
    if last_line.count("**") % 2:
        return "** that is not closed"
    return _open_bracket(last_line) or _dangling_word(last_line)


def _open_bracket(line: str) -> str:
    """An opening mark of the last line that nothing closes."""
    for opening, closing in (("(", ")"), ("“", "”"), ("[", "]")):
        start = line.rfind(opening)
        if start >= 0 and closing not in line[start:] and not _EMOTICON.search(line[: start + 1]):
            return f"{opening} that is not closed"
    return ""


def _dangling_word(line: str) -> str:
    """The last word, where both word engines see one that joins on to something."""
    tail = _LAST_WORD.search(line[-_TAIL:])
    if not tail or not tail[0].casefold().endswith(tuple(_DANGLING)):
        return ""  # nearly every answer: the engines need not read their dictionaries for it
    word = tokens(tail[0], "nlpo3")[-1]  # asked first: its dictionary loads in a tenth of the time
    return word if word.casefold() in _DANGLING and tokens(tail[0], "newmm")[-1] == word else ""
