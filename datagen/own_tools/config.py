"""The recipe's section `tools.own`."""

from __future__ import annotations

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

__all__ = ["OwnToolsConfig"]


class OwnToolsConfig(BaseModel):
    """Own tools beside the shipped ones. `allow`: their functions may run, their servers may be started and called.

    `timeout_s` and `memory_mb`: what one call of a Python function may take, and what one call of a server may wait.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    files: list[str] = Field(default_factory=list, description="tools files or OpenAPI files, YAML or JSON")
    allow: bool = False
    timeout_s: Annotated[float, Field(gt=0, le=600)] = 30.0
    memory_mb: Annotated[int, Field(ge=64)] = 2048
