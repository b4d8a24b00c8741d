"""Whether the answer is the right one: word for word, as a number, as an option, as mathematics. 1, 0, or None.

Each reads the row's answer from `column` and judges the final answer alone (rewards/final_answer.py). A reply that
says two things is not right; where it cannot be told which of the two is meant, there is no score.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from typing import Any

import regex

from constraints.text import arabic_digits, normalise, plain
from datagen.errors import DatasetError
from environments.answers import matches, told
from environments.choices import LETTERS, chosen, letter_of
from environments.question import Question
from rewards.answer_columns import accepted, options_of
from rewards.final_answer import final_answer
from rewards.maths_check import MathsCheck
from rewards.reward import Sample, Score

__all__ = ["ChoiceAnswer", "ExactAnswer", "MathsAnswer", "NumberAnswer", "same_text"]

# What a Thai reply may end with and says nothing, with นะ or without: ชนะครับ ends with the one, ดีนะครับ with both.
_PARTICLES = [regex.compile(rf"{before}(?:ครับ|คับ|ค่ะ|คะ|จ้ะ|จ้า)(?:ผม)?\Z") for before in ("", "(?:นะ|น่ะ)")]
_ENDS = regex.compile(r"^[\s\"'`*.,:;!?()\[\]]+|[\s\"'`*.,:;!?()\[\]]+$")


def same_text(said: str, wanted: str, *, case: bool = False) -> bool:
    """Whether two texts are the same to a reader: form of letters, digits, blanks, quotes and emphasis, and the
    particle at the end, do not matter.

    >>> same_text("**กรุงเทพมหานคร**ครับ", "กรุงเทพมหานคร"), same_text("ปี ๒๕๖๘", "ปี  2568."), same_text("ไม่ใช่ ก", "ก")
    (True, True, False)
    """
    return not _forms(said, case).isdisjoint(_forms(wanted, case))


def _forms(text: str, case: bool) -> set[str]:
    """The text in one form, with and without the particles at its end; what is empty is no form."""
    text = _ENDS.sub("", " ".join(arabic_digits(plain(normalise(text))).split()))
    found = {text, *(_ENDS.sub("", particles.sub("", text)) for particles in _PARTICLES)} - {""}
    return found if case else {form.casefold() for form in found}


class ExactAnswer:
    """The final answer is one of those accepted, word for word; behind คำตอบ: where the reply has it."""

    name = "exact"

    def __init__(self, column: str = "answer", case: bool = False) -> None:
        self.column, self.case = column, case

    def applies(self, row: Mapping[str, Any]) -> bool:
        return bool(accepted(row, self.column))

    async def score(self, samples: Sequence[Sample]) -> list[Score]:
        return [self._score(sample) for sample in samples]

    def _score(self, sample: Sample) -> Score:
        wanted = accepted(sample.row, self.column)
        said = told(final_answer(sample.answer))
        right = any(same_text(said, each, case=self.case) for each in wanted)
        return _scored(right, f"it says {said[:80]!r}, not {' or '.join(wanted)}")


class NumberAnswer:
    """The final answer says the number, and no other that could be meant (environments/answers.py).

    Thai and Arabic digits, words, separators, and units that can be changed into one another are all one.
    """

    name = "number"

    def __init__(self, column: str = "answer") -> None:
        self.column = column

    def applies(self, row: Mapping[str, Any]) -> bool:
        if not (wanted := accepted(row, self.column)):
            return False
        for each in wanted:
            if not matches(each, _question("number", "", wanted)):
                raise DatasetError(f"row {row.get('id')}: column {self.column!r} holds {each!r}, which is no number")
        return True

    async def score(self, samples: Sequence[Sample]) -> list[Score]:
        return [self._score(sample) for sample in samples]

    def _score(self, sample: Sample) -> Score:
        wanted = accepted(sample.row, self.column)
        right = matches(final_answer(sample.answer), _question("number", _asked(sample), wanted))
        return _scored(right, f"it does not say {' or '.join(wanted)}, or something else too")


class ChoiceAnswer:
    """The final answer chooses the right option: by its letter (ก or A, ๒ or 2), else by its words.

    The row's answer is a letter, Latin or Thai, or the words of an option; `options` has the options or their number.
    """

    name = "choice"

    def __init__(self, column: str = "answer", options: str = "options") -> None:
        self.column, self.options = column, options

    def applies(self, row: Mapping[str, Any]) -> bool:
        if not accepted(row, self.column) or not options_of(row, self.options)[0]:
            return False
        self._right(row)
        return True

    async def score(self, samples: Sequence[Sample]) -> list[Score]:
        return [self._score(sample) for sample in samples]

    def _right(self, row: Mapping[str, Any]) -> str:
        """The right letter, A for the first option."""
        wanted, (count, texts) = accepted(row, self.column), options_of(row, self.options)
        by_words = {LETTERS[n] for n, text in enumerate(texts) if any(same_text(each, text) for each in wanted)}
        by_letter = {letter for each in wanted if len(each) == 1 and (letter := letter_of(each, count))}
        found = by_words or by_letter
        if len(found) != 1:
            raise DatasetError(
                f"row {row.get('id')}: its answer {' or '.join(wanted)!r} is not one of its {count} options, by letter "
                "or by words; mend it or remove the row"
            )
        return found.pop()

    def _score(self, sample: Sample) -> Score:
        right, (count, texts) = self._right(sample.row), options_of(sample.row, self.options)
        said = final_answer(sample.answer)
        letter = chosen(said, count)
        if letter is not None:
            return _scored(letter == right, f"it chooses {letter}, not {right}")
        if not texts:
            return Score(0.0, "it chooses no one letter")
        answer = texts[LETTERS.index(right)]
        question = Question("", "", answer, (answer,), "choice", (), "", texts)
        return _scored(matches(said, question), f"it chooses no one letter, and does not say {answer}")


class MathsAnswer:
    """The final answer equals the row's as mathematics, by math-verify in a process that can be killed."""

    name = "maths"

    def __init__(self, column: str = "answer", timeout_s: float = 10.0, workers: int = 1) -> None:
        self.column = column
        self._check = MathsCheck(timeout_s, workers)
        self._turns = asyncio.Semaphore(workers)  # no more threads wait than there are processes

    def applies(self, row: Mapping[str, Any]) -> bool:
        return bool(accepted(row, self.column))

    async def score(self, samples: Sequence[Sample]) -> list[Score]:
        return await asyncio.gather(*(self._score(sample) for sample in samples))

    async def _score(self, sample: Sample) -> Score:
        wanted, said = accepted(sample.row, self.column), final_answer(sample.answer)
        if not said:
            return Score(0.0, "it says nothing")
        unsure = False
        for each in wanted:
            async with self._turns:
                found = await self._check.find(each, said)
            if found == "equal":
                return Score(1.0)
            unsure = unsure or found is None
        if unsure:
            return Score(None, f"comparing it with {' or '.join(wanted)} took too long or broke down", "took_too_long")
        return Score(0.0, f"it does not equal {' or '.join(wanted)}")

    async def aclose(self) -> None:
        self._check.close()


def _question(kind: str, asked: str, wanted: tuple[str, ...]) -> Question:
    return Question("", asked, wanted[0], wanted, kind, (), "")


def _asked(sample: Sample) -> str:
    """What was asked last: numbers that the question mentions are not the reply's own."""
    return next((str(m.get("content") or "") for m in reversed(sample.prompt) if m.get("role") == "user"), "")


def _scored(right: bool | None, wrong: str) -> Score:
    if right is None:
        return Score(None, "it says the right answer beside another, and which is meant cannot be told", "ambiguous")
    return Score(float(right), "" if right else wrong)
