"""What a judge model says of the answer by a guideline, as a share of its scale: 0 for the lowest score, 1 for the top.

The judge (judges/) is shown the conversation, the reference where the row has one, and the final answer without its
thoughts, all of it as sealed data. A judgement that could not be had has no score, and its fault is the reason under
which it is counted. An answer without a word gets the lowest score, and costs no question.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from judges.endpoint import EndpointSettings, JudgeEndpoint
from judges.fence import Part
from judges.guideline import Guideline, conversation_parts
from judges.judge import Judge
from rewards.answer_columns import accepted
from rewards.final_answer import final_answer
from rewards.reward import Sample, Score

__all__ = ["LlmJudge"]


class LlmJudge:
    """`reference`: the column with right answers that the judge is shown; it then applies to rows that have one."""

    name = "judge"

    def __init__(
        self, guideline: Guideline, endpoint: EndpointSettings, reference: str | None = None, structured: bool = True
    ) -> None:
        self.reference = reference
        self.endpoint = JudgeEndpoint(endpoint)
        self.judge = Judge(self.endpoint.ask, guideline, structured=structured)

    def applies(self, row: Mapping[str, Any]) -> bool:
        return self.reference is None or bool(accepted(row, self.reference))

    async def score(self, samples: Sequence[Sample]) -> list[Score]:
        said = [n for n, sample in enumerate(samples) if final_answer(sample.answer)]
        found = await self.endpoint.judge_all(self.judge, [self._case(samples[n]) for n in said])
        scores = [Score(0.0, "it says nothing")] * len(samples)
        for n, judgement in zip(said, found, strict=True):
            if judgement.score is None:
                scores[n] = Score(None, judgement.detail, judgement.fault)
            else:
                scores[n] = Score(self.judge.guideline.scale.share(judgement.score), judgement.reason)
        return scores

    def _case(self, sample: Sample) -> list[Part]:
        wanted = accepted(sample.row, self.reference) if self.reference else ()
        return [
            *conversation_parts(sample.prompt),
            *(Part("reference", text) for text in wanted),
            Part("answer", final_answer(sample.answer)),
        ]

    async def aclose(self) -> None:
        await self.endpoint.aclose()
