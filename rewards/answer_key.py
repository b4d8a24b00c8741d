"""Whether the answer is the one that a question of `environments` has: 1, 0, or None where it cannot be told.

The row is such a question (environments/question.py: `question`, `answer`, `accepted`, `kind`); numbers, times and
dates are compared as values, and nobody is fooled by listing (environments/answers.py).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from datagen.errors import DatasetError
from environments.answers import matches
from environments.corpus import CorpusError
from environments.question import Question
from rewards.reward import Sample, Score

__all__ = ["AnswerKey"]


class AnswerKey:
    name = "answer_key"

    def applies(self, row: Mapping[str, Any]) -> bool:
        if not {"question", "answer", "kind"} <= row.keys():
            return False
        try:
            Question.from_dict(row, f"row {row.get('id')}")
        except CorpusError as exc:
            raise DatasetError(f"{exc}; mend the question or remove it") from exc
        return True

    async def score(self, samples: Sequence[Sample]) -> list[Score]:
        return [self._score(sample) for sample in samples]

    def _score(self, sample: Sample) -> Score:
        right = matches(sample.answer, sample.row)
        if right is None:
            return Score(
                None, "it says the right answer beside another, and which is meant cannot be told", "ambiguous"
            )
        return Score(float(right), "" if right else f"the answer is {sample.row['answer']}")
