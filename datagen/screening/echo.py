"""Answers that say the question, an instruction or the teacher's guidance back instead of answering.

Compared by letters and digits alone. A quotation in the prompt may be repeated; the end of the question may not, and an
answer may not be a passage of the prompt and nothing else.
"""

from __future__ import annotations

from collections.abc import Iterable

import regex

from constraints import normalise

__all__ = ["instruction_echo", "prompt_echo"]

_ECHO = 40  # letters of the question's end (or all of a short one) that an answer has no reason to repeat
_INSTRUCTION = 20  # letters below which an instruction is an everyday phrase
_QUOTED = regex.compile(r'"[^"]*"|“[^”]*”')  # a passage the prompt asks about: an answer may well repeat from it
_NOT_TEXT = regex.compile(r"[^\p{L}\p{M}\p{N}]+")


def prompt_echo(answer: str, prompts: Iterable[str]) -> str:
    """What the answer only repeats: the end of a question, or a passage of a prompt and nothing else."""
    answer = _letters(answer)
    for prompt in prompts:
        question = _letters(_QUOTED.sub("", prompt))[-_ECHO:]
        if question and question in answer:
            return question
        if answer and answer in _letters(prompt):
            return answer
    return ""


def instruction_echo(answer: str, instructions: Iterable[str]) -> str:
    """An instruction that stands in the answer as it was given."""
    answer = _letters(answer)
    for instruction in instructions:
        bare = _letters(normalise(instruction))
        if len(bare) >= _INSTRUCTION and bare in answer:
            return instruction
    return ""


def _letters(text: str) -> str:
    return _NOT_TEXT.sub("", text)
