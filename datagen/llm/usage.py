"""What a run used: questions, requests, faults, tokens, money. One live object, shown while it changes.

Exact at every moment: `asked == answered + failed + in_flight` (questions, one answer each) and
`requests == succeeded + sum(faults.values()) + cancelled + requests under way` (HTTP requests, retries included).
"""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from pydantic import BaseModel, ConfigDict, Field

if TYPE_CHECKING:
    from datagen.llm.budget import Budget  # budget.py stands above: it counts with the prices here

__all__ = ["Price", "Usage"]


class Price(BaseModel):
    """What a model costs, per million tokens."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    input: float = Field(ge=0.0)
    output: float = Field(ge=0.0)

    def of(self, prompt_tokens: int, completion_tokens: int) -> float:
        return (prompt_tokens * self.input + completion_tokens * self.output) / 1e6


@dataclass
class Usage:
    """What this run asked for, and what the store spared it (`from_store`).

    A question is `asked` once, however often it is retried; it is `answered`, `failed` (given up; nothing is stored)
    or `in_flight`. `faults` counts requests that brought no answer, by kind (wire.py names them). `cost` is None
    until every model used has a price.
    """

    asked: int = 0
    answered: int = 0
    failed: int = 0
    in_flight: int = 0
    from_store: int = 0
    requests: int = 0
    succeeded: int = 0
    cancelled: int = 0
    retries: int = 0
    faults: Counter[str] = field(default_factory=Counter)
    prompt_tokens: int = 0
    completion_tokens: int = 0
    tokens_by_model: dict[str, tuple[int, int]] = field(default_factory=dict)
    prices: Mapping[str, Price] = field(default_factory=dict)
    price_currency: str = "USD"
    started: float | None = None
    budget: Budget | None = None

    def count_tokens(self, model: str, prompt_tokens: int, completion_tokens: int) -> None:
        self.prompt_tokens += prompt_tokens
        self.completion_tokens += completion_tokens
        prompt, completion = self.tokens_by_model.get(model, (0, 0))
        self.tokens_by_model[model] = (prompt + prompt_tokens, completion + completion_tokens)

    @property
    def cost(self) -> float | None:
        """In `currency`, of this run alone; None where a price is missing."""
        if not self.prices or any(model not in self.prices for model in self.tokens_by_model):
            return None
        return sum(self.prices[model].of(*tokens) for model, tokens in self.tokens_by_model.items())

    @property
    def currency(self) -> str | None:
        return self.price_currency if self.prices else None

    @property
    def tokens_per_s(self) -> float:
        elapsed = time.monotonic() - self.started if self.started else 0.0
        return self.completion_tokens / elapsed if elapsed else 0.0
