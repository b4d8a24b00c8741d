"""Which part of what a policy said is its answer: without its thoughts, and between <answer> tags where it has them.

>>> final_answer("<think>34 หรือ 27</think> <answer>๓๔ บาท</answer>"), final_answer("๓๔ บาท"), final_answer("<think>34")
('๓๔ บาท', '๓๔ บาท', '')
>>> without_tags("<think>คิด</think><answer>ตอบ</answer>")
'คิด ตอบ'
"""

from __future__ import annotations

import regex

__all__ = ["after_thoughts", "final_answer", "without_tags"]

_TAGGED = regex.compile(r"<answer>((?:(?!<answer>).)*?)</answer>", regex.DOTALL)
_TAG = regex.compile(r"</?(?:think|answer)>")


def after_thoughts(said: str) -> str:
    """What follows the last </think>; what stands before <think> where the thoughts never end."""
    if "</think>" in said:
        return said.rpartition("</think>")[2].strip()
    return said.partition("<think>")[0].strip()


def final_answer(said: str) -> str:
    """The last <answer>...</answer> behind the thoughts, else all that is behind them."""
    told = after_thoughts(said)
    tagged = _TAGGED.findall(told)
    return tagged[-1].strip() if tagged else told


def without_tags(said: str) -> str:
    """All of it but for the tags themselves."""
    return " ".join(part for part in map(str.strip, _TAG.split(said)) if part)
