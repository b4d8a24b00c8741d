"""`decontaminate`: rows whose prompt shares a long passage with a held-out prompt are dropped.

A passage is 40 consecutive characters of letters and digits (about eight Thai words), or the whole held-out
prompt where it is shorter. Held-out prompts come from JSONL files with a `prompt` key.
"""

from __future__ import annotations

import regex

from constraints import normalise
from constraints.text import arabic_digits
from datagen.prompts import Prompt
from datagen.record import Record, Rejection

__all__ = ["Decontaminate"]

_PASSAGE = 40
_NOT_TEXT = regex.compile(r"[^\p{L}\p{M}\p{N}]+")


class Decontaminate:
    name = "decontaminate"
    ordered = True

    def __init__(self, held_out: list[Prompt]) -> None:
        self._passages: dict[str, str] = {}
        self._short: dict[str, str] = {}
        for prompt in held_out:
            text = _squeeze(prompt.text)
            if len(text) < _PASSAGE:
                self._short[text] = prompt.id
            self._passages |= {passage: prompt.id for passage in _windows(text)}

    async def __call__(self, record: Record) -> Record | Rejection:
        text = _squeeze(record.prompt_text)
        for passage in _windows(text):
            if passage in self._passages:
                return Rejection(record, self.name, "held_out_prompt", self._passages[passage])
        for short, prompt_id in self._short.items():
            if short in text:
                return Rejection(record, self.name, "held_out_prompt", prompt_id)
        return record


def _squeeze(text: str) -> str:
    return _NOT_TEXT.sub("", arabic_digits(normalise(text)).casefold())


def _windows(text: str) -> list[str]:
    return [text[start : start + _PASSAGE] for start in range(len(text) - _PASSAGE + 1)]
