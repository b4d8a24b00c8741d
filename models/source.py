"""Where a model comes from, as a section of a recipe."""

from __future__ import annotations

from typing import Any, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

__all__ = ["ModelSection", "Section", "TinySection"]


class Section(BaseModel):
    """One block of a recipe: frozen, and unknown keys are errors."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class TinySection(Section):
    """The shape of a randomly initialised Qwen2: for tests and demonstrations, it knows nothing."""

    hidden_size: int = Field(default=64, ge=8)
    intermediate_size: int = Field(default=192, ge=8)
    layers: int = Field(default=2, ge=1)
    heads: int = Field(default=4, ge=1)
    kv_heads: int = Field(default=2, ge=1)

    @model_validator(mode="after")
    def _heads_divide(self) -> Self:
        if self.hidden_size % (2 * self.heads) or self.heads % self.kv_heads:
            raise ValueError("hidden_size must be a multiple of 2 * heads, and heads a multiple of kv_heads")
        return self


class ModelSection(Section):
    """One model: `name` of a GGUF model known by hash (or a .gguf path), or `path` of a folder or hub id.

    With `tiny`, only the tokenizer is taken from there and the weights are random. `shape` holds keys of config.json,
    for `plan` on a machine that has no such file.
    """

    name: str | None = None
    path: str | None = None
    tiny: TinySection | None = None
    shape: dict[str, Any] | None = None

    @model_validator(mode="after")
    def _one_source(self) -> Self:
        if (self.name is None) == (self.path is None):
            raise ValueError("give either name (a known GGUF model) or path (a folder or a hub id)")
        return self
