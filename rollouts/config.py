"""The recipe's section `rollout`, without torch: how answers are sampled, and by which engine."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from models.source import Section

__all__ = ["RolloutSection", "SamplingSection"]


class SamplingSection(Section):
    """How answers are sampled."""

    max_new_tokens: int = Field(default=512, ge=1)
    temperature: float = Field(default=1.0, gt=0)
    top_p: float = Field(default=1.0, gt=0, le=1)
    rows_per_call: int = Field(default=16, ge=1, description="answers generated at once")


class RolloutSection(SamplingSection):
    """Answers sampled from the student in place of the dataset's, for `share` of the rows of each step."""

    share: float = Field(default=0.25, ge=0, le=1)
    top_p: float = Field(default=0.95, gt=0, le=1)
    engine: Literal["transformers", "vllm"] = Field(default="transformers", description="vllm: on a GPU, optional")
