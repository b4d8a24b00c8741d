"""`screen`: what no answer may be, whatever its constraints: another language, leaking scripts, looping, echo.

Cheap and deterministic. Does not judge whether the answer is right: that is the judge's second opinion.
"""

from __future__ import annotations

import regex

from constraints import foreign_letters, latin_share, main_language, normalise
from datagen.config import ScreenConfig
from datagen.record import Record, Rejection

__all__ = ["Screen", "distinct_share"]

_WINDOW = 10  # characters: about two Thai words
_ECHO = 40  # letters of the question's end (or all of a short one) that an answer has no reason to repeat
_REFUSALS = (
    "ในฐานะโมเดลภาษา", "ในฐานะปัญญาประดิษฐ์", "ฉันเป็นเพียง AI", "ผมไม่สามารถช่วย", "ฉันไม่สามารถช่วย",
    "ขออภัย ฉันไม่สามารถ", "ขอโทษ ฉันไม่สามารถ", "ขออภัยครับ ผมไม่สามารถ", "ขออภัยค่ะ ดิฉันไม่สามารถ",
    "As an AI", "I'm sorry, but I can",
)  # fmt: skip
_LATIN_WORD = regex.compile(r"[A-Za-z][A-Za-z0-9_.+#-]*")
_QUOTED = regex.compile(r'"[^"]*"|“[^”]*”')  # a passage the prompt asks about: an answer may well repeat from it
_NOT_TEXT = regex.compile(r"[^\p{L}\p{M}\p{N}]+")
_BROKEN = regex.compile("\ufffd|[\u0e30-\u0e3a\u0e47-\u0e4e]{4,}")


class Screen:
    name = "screen"
    ordered = False

    def __init__(self, config: ScreenConfig) -> None:
        self.config = config

    async def __call__(self, record: Record) -> Record | Rejection:
        text, prompt = normalise(record.answer), normalise(record.prompt_text)
        for reason, detail in self._faults(record, text, prompt):
            if detail:
                return Rejection(record, self.name, reason, detail)
        return record

    def _faults(self, record: Record, text: str, prompt: str) -> list[tuple[str, str]]:
        """(reason, what was seen) for every rule; what was seen is "" where the rule is kept."""
        config = self.config
        language = main_language(text)
        latin = latin_share(text, tuple(set(_LATIN_WORD.findall(prompt))))
        distinct = distinct_share(text)
        echoed = [c.instruction for c in record.constraints if normalise(c.instruction) in text]
        refusals = [phrase for phrase in _REFUSALS if phrase in text]
        broken = _BROKEN.search(text)
        return [
            ("too_short", f"{len(text)} characters" if len(text) < config.min_characters else ""),
            ("script_leak", foreign_letters(text, prompt)[:20]),
            ("wrong_language", str(language) if language != record.lang else ""),
            ("code_switching", f"{latin:.0%} Latin letters" if latin > config.max_latin_share else ""),
            ("repetitive", f"{distinct:.0%} distinct" if distinct < config.min_distinct_share else ""),
            ("broken_text", repr(broken.group()) if broken else ""),
            ("instruction_echo", echoed[0] if echoed else ""),
            ("prompt_echo", _echo(text, normalise(record.prompt))),
            ("refusal", refusals[0] if refusals else ""),
        ]


def _echo(answer: str, prompt: str) -> str:
    """What the answer only repeats: the end of the question, or a passage of the prompt and nothing else."""
    answer = _NOT_TEXT.sub("", answer)
    question = _NOT_TEXT.sub("", _QUOTED.sub("", prompt))[-_ECHO:]
    if question and question in answer:
        return question
    return answer if answer in _NOT_TEXT.sub("", prompt) else ""


def distinct_share(text: str) -> float:
    """Distinct 10-character windows as a share of all: near 1 for prose, near 0 for a loop.

    >>> distinct_share("ก" * 100) < 0.02, distinct_share("สวัสดี")
    (True, 1.0)
    """
    windows = [text[start : start + _WINDOW] for start in range(len(text) - _WINDOW + 1)]
    return len(set(windows)) / len(windows) if windows else 1.0
