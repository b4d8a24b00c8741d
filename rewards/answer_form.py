"""How an answer is written, whatever it says: JSON of a schema, between tags, in Thai, of the right length. 0 to 1."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Literal

import regex

from constraints.answer import Answer
from constraints.families.json_form import judged_json
from constraints.families.json_schema import judged_by_schema, schema_fault
from constraints.language import foreign_letters, latin_share
from constraints.text import normalise, without_code
from constraints.verdict import Outcome
from datagen.errors import DatasetError
from rewards.answer_columns import cell
from rewards.final_answer import after_thoughts, final_answer, without_tags
from rewards.reward import Sample, Score

__all__ = ["AnswerLength", "FormatTags", "JsonSchema", "ThaiPurity"]

_FENCED = regex.compile(r"^```[ \t]*(?:json)?[ \t]*\n(?:.*?\n)?[ \t]*```[ \t]*$", regex.DOTALL | regex.MULTILINE)
_LETTER = regex.compile(r"[\p{L}\p{M}]")
_LATIN_TERM = regex.compile(r"[A-Za-z][A-Za-z0-9'’._-]*")


class JsonSchema:
    """The final answer is JSON that keeps a schema: 1 or 0. It is all of it, or the only fenced block in it.

    The schema is the recipe's, or the row's column `column`.
    """

    name = "json_schema"

    def __init__(self, schema: Mapping[str, Any] | None, column: str = "schema") -> None:
        self.schema, self.column = schema, column

    def applies(self, row: Mapping[str, Any]) -> bool:
        schema = self._of(row)
        if schema is None:
            return False
        fault = schema_fault({"schema": schema}) if isinstance(schema, Mapping | bool) else "it is no object"
        if fault:
            raise DatasetError(f"row {row.get('id')}: its JSON Schema cannot be used ({fault}); mend it")
        return True

    async def score(self, samples: Sequence[Sample]) -> list[Score]:
        return [self._score(sample) for sample in samples]

    def _of(self, row: Mapping[str, Any]) -> Any:
        return self.schema if self.schema is not None else cell(row, self.column)

    def _score(self, sample: Sample) -> Score:
        schema, said = self._of(sample.row), final_answer(sample.answer)
        blocks = _FENCED.findall(said)
        if len(blocks) > 1:
            return Score(0.0, f"it has {len(blocks)} fenced blocks, and one is wanted")
        verdict = judged_json(Answer(blocks[0] if blocks else said), lambda value: judged_by_schema(value, schema))
        if verdict.outcome is Outcome.UNDECIDED:
            return Score(None, verdict.reason, "undecided")
        return Score(float(verdict.passed), verdict.reason)


class FormatTags:
    """Each tag once, in order, around something, and nothing outside: <think>...</think><answer>...</answer>.

    `opened`: the prompt ends with the first tag, as chat templates of thinking models do, so the answer lacks it.
    """

    name = "format"

    def __init__(self, tags: Sequence[str] = ("think", "answer"), opened: bool = False) -> None:
        self.tags, self.opened = tuple(tags), opened
        whole = r"\s*".join(rf"<{tag}>(.+)</{tag}>" for tag in self.tags)
        self._whole = regex.compile(rf"\s*{whole}\s*", regex.DOTALL)

    def applies(self, row: Mapping[str, Any]) -> bool:
        return True

    async def score(self, samples: Sequence[Sample]) -> list[Score]:
        return [self._score(sample.answer) for sample in samples]

    def _score(self, said: str) -> Score:
        said = f"<{self.tags[0]}>{said}" if self.opened else said
        for mark in (mark for tag in self.tags for mark in (f"<{tag}>", f"</{tag}>")):
            if (times := said.count(mark)) != 1:
                return Score(0.0, f"{mark} stands there {times} times, not once")
        found = self._whole.fullmatch(said)
        if found is None:
            return Score(0.0, f"it is not <{'>, <'.join(self.tags)}> in this order with nothing outside")
        empty = [tag for tag, held in zip(self.tags, found.groups(), strict=True) if not held.strip()]
        return Score(0.0, f"<{empty[0]}> holds nothing") if empty else Score(1.0)


class ThaiPurity:
    """1 for Thai without leaks of other scripts and with no more English than the quota; less, down to 0, beyond.

    Letters of a third script (Han, Lao, Cyrillic, ...) that the prompt does not have are leaks: 0 from `leak_most` on,
    as a share of all letters. English counts outside code, addresses and terms of the prompt: 1 up to `english_quota`
    of the letters, 0 from `english_most` on. The lower of the two is the score.
    """

    name = "thai_purity"

    def __init__(
        self, english_quota: float = 0.2, english_most: float = 0.5, leak_most: float = 0.0, thoughts: bool = False
    ) -> None:
        self.quota, self.most, self.leak_most, self.thoughts = english_quota, english_most, leak_most, thoughts

    def applies(self, row: Mapping[str, Any]) -> bool:
        return True

    async def score(self, samples: Sequence[Sample]) -> list[Score]:
        return [self._score(sample) for sample in samples]

    def _score(self, sample: Sample) -> Score:
        said = sample.answer if self.thoughts else after_thoughts(sample.answer)
        said = normalise(without_tags(said))
        if not said.strip():
            return Score(0.0, "it says nothing")
        prompt = normalise("\n".join(str(message.get("content") or "") for message in sample.prompt))
        leaked = foreign_letters(without_code(said), allowed_from=prompt)
        leak = len(leaked) / max(1, len(_LETTER.findall(without_code(said))))
        english = latin_share(_without_terms(without_code(said), prompt))
        clean = _down(leak, 0.0, self.leak_most)
        thai = _down(english, self.quota, self.most)
        told = [f"other scripts: {leaked[:20]} ({leak:.0%} of the letters)"] if leaked else []
        told += [f"{english:.0%} English, {self.quota:.0%} at most"] if thai < 1 else []
        return Score(min(clean, thai), "; ".join(told))


class AnswerLength:
    """1 from `least` to `most` units, and 0 from `slope` units outside on, linear between.

    Units: `characters` and `words` (of one named engine) of the final answer as it is read aloud, `tokens` of all that
    the policy produced, thoughts included.
    """

    name = "length"

    def __init__(
        self,
        unit: Literal["characters", "words", "tokens"],
        least: int = 0,
        most: int | None = None,
        slope: int = 0,
        engine: Literal["newmm", "nlpo3"] = "newmm",
    ) -> None:
        self.unit, self.least, self.most, self.slope, self.engine = unit, least, most, slope, engine

    def applies(self, row: Mapping[str, Any]) -> bool:
        return True

    async def score(self, samples: Sequence[Sample]) -> list[Score]:
        return [self._score(sample) for sample in samples]

    def _score(self, sample: Sample) -> Score:
        length = self._length(sample)
        if length is None:
            return Score(None, "how many tokens it has is not known here", "not_counted")
        outside = max(self.least - length, length - self.most if self.most is not None else 0, 0)
        band = f"{self.least} to {self.most}" if self.most is not None else f"at least {self.least}"
        return Score(_down(outside, 0, self.slope), f"{length} {self.unit}, {band} wanted" if outside else "")

    def _length(self, sample: Sample) -> int | None:
        if self.unit == "tokens":
            return sample.tokens
        answer = Answer(final_answer(sample.answer))
        return len(answer.words(self.engine)) if self.unit == "words" else len(answer.text)


def _down(value: float, one: float, zero: float) -> float:
    """1 up to `one`, 0 from `zero` on, linear between; where both are the same, a step behind it.

    >>> [_down(x, 0.25, 0.75) for x in (0.1, 0.25, 0.5, 0.75, 0.9)], [_down(x, 0, 0) for x in (0, 1)]
    ([1.0, 1.0, 0.5, 0.0, 0.0], [1.0, 0.0])
    """
    if value <= one:
        return 1.0
    return 0.0 if value >= zero else (zero - value) / (zero - one)


def _without_terms(said: str, prompt: str) -> str:
    """`said` without the Latin words that the prompt has too."""
    terms = {term.casefold() for term in _LATIN_TERM.findall(prompt)}
    return _LATIN_TERM.sub(lambda word: " " if word[0].casefold() in terms else word[0], said)
