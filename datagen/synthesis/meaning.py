"""Steps 4 and 5: the function told back in words, and whether these words ask for the same as the rule did.

`entail` needs a yes in both directions; a no in any is `contradict`; all else is `unclear`, which is UNDECIDED and
not kept. Before a model is asked, what can be told for certain is: other numbers or other quoted words are another
rule.
"""

from __future__ import annotations

import asyncio
from collections import Counter

import regex

from constraints.text import arabic_digits, normalise
from datagen.llm.answers import Answer
from datagen.synthesis.nli import NliProgram
from datagen.synthesis.prompts import back_chat, judge_chat
from datagen.synthesis.reading import label_in, line_in
from datagen.synthesis.teacher import Asker, fault_of_answer

__all__ = ["Comparer", "back_translated", "difference", "numbers_in", "quoted_in"]

_TOKENS_BACK, _TOKENS_LABEL = 80, 8
_LABELS = {"same": "entail", "different": "contradict", "unclear": "unclear"}
_NUMBER = regex.compile(r"\d+")
_QUOTED = regex.compile(r"\"([^\"]+)\"|“([^”]+)”|(?<![\p{L}])'([^']+)'(?![\p{L}])|`([^`]+)`")
_ENGLISH = ("two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve")
_NUMBER_WORDS = {name: str(number) for number, name in enumerate(_ENGLISH, 2)}
_NUMBER_WORDS |= {"twice": "2", "thrice": "3", "สอง": "2", "สาม": "3", "สี่": "4", "ห้า": "5", "สิบ": "10"}
_SAID_WITHOUT = ("0", "1")  # "a question mark" has a one that nobody writes, "no comma" a zero


async def back_translated(asker: Asker, source: str) -> tuple[str, Answer]:
    """What the function checks, in one English sentence, told from its source alone."""
    answer = await asker.decide(back_chat(source), _TOKENS_BACK)
    return line_in(answer.content), answer


def numbers_in(text: str) -> Counter[str]:
    """The numbers a rule states, in digits or in words; none that is left unsaid as often as not.

    >>> numbers_in("at least two lines of ๑๐ words, a title") == numbers_in("2 lines, 10 words, 1 title")
    True
    """
    text = arabic_digits(normalise(text))
    words = (_NUMBER_WORDS.get(word) for word in regex.findall(r"\p{L}[\p{L}\p{M}]*", text.casefold()))
    found = Counter([*(str(int(digits)) for digits in _NUMBER.findall(text)), *filter(None, words)])
    return Counter({number: count for number, count in found.items() if number not in _SAID_WITHOUT})


def quoted_in(text: str) -> set[str]:
    """What stands in quotes and holds a letter (quoted marks are told by name as often)."""
    found = {next(filter(None, groups)).casefold() for groups in _QUOTED.findall(normalise(text))}
    return {quoted for quoted in found if regex.search(r"\p{L}{2}|\p{Thai}", quoted)}


def difference(rule: str, other: str) -> str | None:
    """Why the two cannot be the same rule; None where that takes a reader."""
    if set(numbers_in(rule)) != set(numbers_in(other)):
        return f"numbers {sorted(numbers_in(rule))} against {sorted(numbers_in(other))}"
    lost = [word for word in quoted_in(rule) if word not in normalise(other).casefold()]
    lost += [word for word in quoted_in(other) if word not in normalise(rule).casefold()]
    return f"only one of them names {sorted(lost)[0]!r}" if lost else None


def _same_words(one: str, other: str) -> bool:
    """Word for word and mark for mark; only case, blanks and a full stop at the end may differ."""
    first, second = (" ".join(normalise(text).casefold().split()).rstrip(" .") for text in (one, other))
    return first == second


class Comparer:
    """Whether two instructions ask for the same: by an NLI program where one is given, else by the judge model."""

    def __init__(self, judge: Asker, nli: NliProgram | None) -> None:
        self.judge, self.nli = judge, nli

    async def compare(self, one: str, other: str) -> tuple[str, str]:
        """(entail, contradict or unclear; why)."""
        if _same_words(one, other):
            return "entail", "word for word"
        if told := difference(one, other):
            return "contradict", told
        labels = await asyncio.gather(self._label(one, other), self._label(other, one))
        who = "the NLI program" if self.nli else "the judge"
        told = f"{who} said {labels[0]} and, the other way round, {labels[1]}"
        if "contradict" in labels:
            return "contradict", told
        return ("entail" if labels == ["entail", "entail"] else "unclear"), told

    async def _label(self, one: str, other: str) -> str:
        if self.nli:
            return await self.nli.label(one, other)
        answer = await self.judge.decide(judge_chat(one, other), _TOKENS_LABEL)
        if answer.refused or fault_of_answer(answer) == ("empty_answer", ""):
            return "unclear"
        label = label_in(answer.content, tuple(_LABELS))
        return _LABELS[label] if label else "unclear"
