"""The recipe of an evaluation: which model, which tasks, how it is asked."""

from __future__ import annotations

from typing import Annotated, Any, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

__all__ = ["EvalRecipe", "JudgeSection", "ModelSection", "SamplingSection"]


class _Section(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class ModelSection(_Section):
    """The model under test: at `base_url` an endpoint's name; without one a checkpoint folder or hub id, or an
    embedded GGUF model (a known name or a .gguf path).

    `key`: the name of the API key in the environment or keyring, never the key. `calling`: how tools are told;
    auto asks once. `batch_size`, `device` and `dtype` are of a checkpoint.
    """

    name: str
    base_url: str | None = None
    key: str | None = None
    calling: Literal["auto", "native", "prompted"] = "auto"
    concurrency: Annotated[int, Field(ge=1, le=4096)] = 4
    timeout_s: Annotated[float, Field(gt=0)] = 300.0
    max_retries: Annotated[int, Field(ge=0, le=20)] = 4
    context_tokens: Annotated[int, Field(ge=512)] = 4096
    batch_size: Annotated[int, Field(ge=1)] = 8
    device: Literal["auto", "cpu", "cuda"] = "auto"
    dtype: Literal["auto", "float32", "bfloat16"] = "auto"


class JudgeSection(_Section):
    """Who marks the tasks that need a judge: another endpoint, or an embedded model."""

    name: str
    base_url: str | None = None
    key: str | None = None
    concurrency: Annotated[int, Field(ge=1, le=4096)] = 4
    timeout_s: Annotated[float, Field(gt=0)] = 300.0
    max_retries: Annotated[int, Field(ge=0, le=20)] = 4
    max_tokens: Annotated[int, Field(ge=16)] = 1024


class SamplingSection(_Section):
    """Greedy unless said otherwise; `max_tokens` none: each task's own."""

    temperature: Annotated[float, Field(ge=0.0, le=2.0)] = 0.0
    top_p: Annotated[float, Field(gt=0.0, le=1.0)] = 1.0
    max_tokens: Annotated[int, Field(ge=1)] | None = None
    seed: int = 0


class EvalRecipe(_Section):
    """One evaluation. `limit`: the first items of each task by a seeded order, said in the results."""

    out: str
    tasks: tuple[str, ...] = Field(min_length=1)
    model: ModelSection
    judge: JudgeSection | None = None
    sampling: SamplingSection = SamplingSection()
    limit: Annotated[int, Field(ge=1)] | None = None
    task_options: dict[str, dict[str, Any]] = Field(
        default_factory=dict, description="by task: what it takes, such as another revision or a file"
    )

    @model_validator(mode="after")
    def _tasks_once(self) -> Self:
        twice = sorted({task for task in self.tasks if self.tasks.count(task) > 1})
        if twice:
            raise ValueError(f"tasks names {', '.join(twice)} twice")
        return self
