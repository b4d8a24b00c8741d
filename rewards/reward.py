"""What a reward is: samples in, scores out, and how several are weighed into one.

A kind of reward is a class with `name`, `applies` and `score`, and a field of `rewards.config.RewardsSection` that
holds its settings. One that keeps a connection open also has `async def aclose(self)`.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import TracebackType
from typing import Any, Protocol, Self

from datagen.errors import DatasetError

__all__ = ["Message", "Reward", "Sample", "Score", "Total", "WeighedRewards"]

Message = Mapping[str, Any]
"""As the OpenAI API has it: role, content, and `tool_calls` or `tool_call_id` where there are any."""


@dataclass(frozen=True, slots=True)
class Sample:
    """One answer of the policy and what it answers.

    `answer` is the last thing the policy said, decoded, without control tokens. `row` is the row of the dataset with
    all its columns (constraints, answer key, ...). `trajectory` holds what followed the prompt of an agentic rollout,
    calls and observations included and the answer last; it is empty where the answer is all there is. `tokens`: what
    the policy produced, where that is known.
    """

    prompt: Sequence[Message]
    answer: str
    row: Mapping[str, Any]
    truncated: bool = False
    tools: Sequence[Mapping[str, Any]] = ()
    trajectory: Sequence[Message] = ()
    tokens: int | None = None


@dataclass(frozen=True, slots=True)
class Score:
    """`value`: larger is better; None: it could not be computed, `detail` says why, and `fault` is the reason's name,
    one of few, under which such samples are counted."""

    value: float | None
    detail: str = ""
    fault: str = ""


class Reward(Protocol):
    """One kind of reward."""

    name: str

    def applies(self, row: Mapping[str, Any]) -> bool:
        """Whether this row has what the reward needs. Asked of every row before a run begins.

        Raises:
            DatasetError: the row has it, and it is malformed.
        """
        ...

    async def score(self, samples: Sequence[Sample]) -> list[Score]:
        """One score a sample, in order. What goes wrong with one sample is a Score of None, not an exception."""
        ...


@dataclass(frozen=True, slots=True)
class Total:
    """The weighed sum of `parts`; None if one of them could not be computed."""

    value: float | None
    parts: Mapping[str, Score]


class WeighedRewards:
    """Several rewards as one: sum of weight * value over those that apply to the row.

    Use it in a `with` block: rewards may keep connections open between two calls of `score`.
    """

    def __init__(self, parts: Sequence[tuple[float, Reward]]) -> None:
        self.parts = tuple(parts)
        self._runner = asyncio.Runner()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, exc: BaseException | None, tb: TracebackType | None) -> None:
        for _, part in self.parts:
            if (close := getattr(part, "aclose", None)) is not None:
                self._runner.run(close())
        self._runner.close()

    def check(self, row: Mapping[str, Any], place: str) -> None:
        """Raise DatasetError unless at least one reward applies to the row."""
        if not any(part.applies(row) for _, part in self.parts):
            raise DatasetError(
                f"{place}: none of the rewards {', '.join(part.name for _, part in self.parts)} applies to it "
                f"(it has: {', '.join(sorted(row))}); remove the row, or add a reward that does"
            )

    def score(self, samples: Sequence[Sample]) -> list[Total]:
        """One total a sample, in order."""
        return self._runner.run(self._score(samples))

    async def _score(self, samples: Sequence[Sample]) -> list[Total]:
        asked = [[n for n, s in enumerate(samples) if part.applies(s.row)] for _, part in self.parts]
        answers = await asyncio.gather(
            *(part.score([samples[n] for n in rows]) for (_, part), rows in zip(self.parts, asked, strict=True))
        )
        found: list[dict[str, Score]] = [{} for _ in samples]
        for (_, part), rows, scores in zip(self.parts, asked, answers, strict=True):
            for n, score in zip(rows, scores, strict=True):
                found[n][part.name] = score
        return [self._total(parts) for parts in found]

    def _total(self, parts: Mapping[str, Score]) -> Total:
        value = 0.0
        for weight, part in self.parts:
            if (score := parts.get(part.name)) is None:
                continue
            if score.value is None:
                return Total(None, parts)
            value += weight * score.value
        return Total(value if parts else None, parts)
