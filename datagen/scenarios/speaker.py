"""The person who asks: polite particle and greeting, the same through a whole conversation.

A woman ends a question with คะ and everything else with ค่ะ; whether a request is a question is told by its last
words. Some people use no particle at all.
"""

from __future__ import annotations

import random
import re
from collections.abc import Sequence
from dataclasses import dataclass

__all__ = ["Speaker", "drawn_speaker"]

_QUESTION = re.compile(
    r"ไหม|มั้ย|มั๊ย|หรือยัง|หรือเปล่า|หรือไม่|เท่าไร|เท่าไหร่|เมื่อไร|เมื่อไหร่|อะไร|ยังไง|อย่างไร|ไหน|ใคร|กี่|ล่ะ$|ทำไม|รึเปล่า"
)
_SAID_ALREADY = re.compile(r"(?:ครับ|ค่ะ|คะ|จ้ะ|จ้า|[?!])\s*$")
_THAI_END = re.compile(r"[ก-ฮะ-ฺเ-ๅ็-๎]$")
_AS_MAN = re.compile(r"(?<!ตัด)(?<!เส้น)(?<!สระ)(?<!ทำ)(?<!แต่ง)(?<!ดัด)(?<!ย้อม)(?:^|\s)ผม|กระผม|ของผม|ให้ผม|ว่าผม")
_AS_WOMAN = re.compile(r"ดิฉัน|(?:^|\s)หนู|ของหนู|ให้หนู")
_STATEMENT_END = re.compile("(?:ด้วย|หน่อย|ให้ที|เลย|มาก|ก่อน)$")
_LAST_WORDS = 8  # characters, at least, in which a question word makes the request a question
_GREETINGS = {
    True: ("สวัสดี{p} ", "รบกวนหน่อย{p} ", "สอบถามหน่อย{p} "),
    False: ("สวัสดี ", "ถามหน่อย ", "รบกวนหน่อย "),
}


@dataclass(frozen=True, slots=True)
class Speaker:
    """`particle`: ครับ, ค่ะ or ""; `greeting` stands before the first request."""

    particle: str
    greeting: str = ""

    def says(self, text: str, *, first: bool = False) -> str:
        """`text` as this person types it."""
        return (self.greeting if first else "") + self._ended(text)

    def thanks(self) -> str:
        return f"ขอบคุณ{self.particle} "

    def _ended(self, text: str) -> str:
        if not self.particle or _SAID_ALREADY.search(text):
            return text
        particle = "คะ" if self.particle == "ค่ะ" and _is_question(text) else self.particle
        return f"{text}{'' if _THAI_END.search(text) else ' '}{particle}"


def _is_question(text: str) -> bool:
    """By its last words: "... จองร้านไหนก็ได้ ขอโต๊ะริมน้ำ" asks nothing."""
    if _STATEMENT_END.search(text):
        return False
    phrases = text.split()
    last = phrases.pop() if phrases else ""
    while phrases and len(last) < _LAST_WORDS:
        last = f"{phrases.pop()} {last}"
    return bool(_QUESTION.search(last))


def drawn_speaker(rng: random.Random, requests: Sequence[str]) -> Speaker:
    """Somebody who can have said these requests: whoever calls himself ผม does not say ค่ะ."""
    said = " ".join(requests)
    particle = rng.choice(("ครับ", "ครับ", "ค่ะ", "ค่ะ", ""))
    if _AS_MAN.search(said):
        particle = "ครับ"
    elif _AS_WOMAN.search(said):
        particle = "ค่ะ"
    greeting = rng.choice(_GREETINGS[bool(particle)]) if rng.random() < 0.35 else ""
    return Speaker(particle, greeting.format(p=particle))
