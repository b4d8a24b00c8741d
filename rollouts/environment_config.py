"""The recipe's section `environment`, without torch: which environment with tools, and what an episode may cost."""

from __future__ import annotations

from typing import Any

from pydantic import Field

from models.source import Section

__all__ = ["EnvironmentSection"]


class EnvironmentSection(Section):
    """The policy answers in several turns, with tools. `name`: a shipped environment or `module:Class`, made with
    `settings` (of search_read: `corpus`, a .jsonl of sections, and `hits`). The prompts are the questions of
    `data.path`: a .jsonl, or `municipal_code`; of one `split` where it is named.

    A turn has at most `rollout.max_new_tokens`. A worker process takes one call at a time, of at most `call_s` seconds.
    """

    name: str = "search_read"
    settings: dict[str, Any] = Field(default_factory=dict)
    split: str | None = None
    max_turns: int = Field(default=5, ge=1, description="of the policy; the last must be its answer")
    max_tokens: int = Field(default=4096, ge=1, description="behind the prompt, observations included")
    max_calls_per_turn: int = Field(default=4, ge=1)
    max_observation_characters: int = Field(default=4000, ge=100)
    workers: int = Field(default=2, ge=1)
    call_s: float = Field(default=10.0, gt=0)
    start_s: float = Field(default=60.0, gt=0)
    memory_mb: int = Field(default=4096, ge=64)
