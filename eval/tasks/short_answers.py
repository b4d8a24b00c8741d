"""Short answers compared as SQuAD and HotpotQA compare them: without case, articles and punctuation.

Thai has no articles and no spaces between words: there white space goes too, and F1 is over Thai words.

>>> exact("The Ping River.", "ping river"), exact("แม่น้ำ ปิง", "แม่น้ำปิง"), exact("Ping", "ping river")
(True, True, False)
>>> round(overlap("the river Ping in Thailand", "Ping river"), 2), overlap("no", "yes")
(0.67, 0.0)
>>> told_answer("I read it.\\nAnswer: **Ping**"), told_answer("อ่านแล้ว\\nคำตอบ: ปิง"), told_answer("Ping")
('Ping', 'ปิง', 'Ping')
"""

from __future__ import annotations

from collections import Counter

import regex

from constraints.segment import words
from constraints.text import arabic_digits, normalise

__all__ = ["exact", "overlap", "told_answer"]

_LABEL = regex.compile(
    r"(?:^|\n)[\s*_#]*(?:final answer|answer|คำตอบ(?:สุดท้าย|คือ)?)[\s*_]*[::][\s*_]*", regex.IGNORECASE
)
_ARTICLES = regex.compile(r"\b(?:a|an|the)\b")
_MARKS = regex.compile(r"[\p{P}\p{S}]")
_THAI = regex.compile(r"\p{Thai}")
_WHOLE = frozenset({"yes", "no", "noanswer", "ใช่", "ไม่ใช่"})


def told_answer(reply: str) -> str:
    """What stands behind the last label, to the end of its line; the whole reply where there is none."""
    text = reply.rpartition("</think>")[2]
    labels = list(_LABEL.finditer(text))
    return (text[labels[-1].end() :].partition("\n")[0] if labels else text).strip(" \n*_")


def exact(said: str, reference: str) -> bool:
    left, right = _bare(said), _bare(reference)
    if _THAI.search(reference):
        left, right = left.replace(" ", ""), right.replace(" ", "")
    return left == right != ""


def overlap(said: str, reference: str) -> float:
    """F1 of the words that both have; yes and no are right or wrong as a whole."""
    left, right = _bare(said), _bare(reference)
    if left != right and (left in _WHOLE or right in _WHOLE):
        return 0.0
    a, b = (Counter(words(text, "nlpo3") if _THAI.search(text) else text.split()) for text in (left, right))
    shared = sum((a & b).values())
    return 2 * shared / (a.total() + b.total()) if shared else 0.0


def _bare(text: str) -> str:
    lower = _MARKS.sub("", arabic_digits(normalise(text)).lower())
    return " ".join(_ARTICLES.sub(" ", lower).split())
