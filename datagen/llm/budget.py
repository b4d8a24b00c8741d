"""What a dataset may cost, in tokens or money: over all its runs, counted from what is stored.

A question is let go only if everything stored, everything under way at its worst (prompt estimate plus
`max_tokens`) and itself fit; so the budget is never passed by more than an estimate errs. Requests that failed are
not counted: no endpoint says what it bills for them.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from typing import Any

from pydantic import BaseModel, ConfigDict, Field, model_validator

from datagen.errors import BudgetError
from datagen.llm.usage import Price

__all__ = ["Budget", "BudgetConfig", "estimated_tokens", "worst_completion"]

_UNSTATED_MAX_TOKENS = 1024


class BudgetConfig(BaseModel):
    """`max_tokens`: prompt and answer tokens together; `max_cost` in `currency`; `prices` per million tokens."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    max_tokens: int | None = Field(default=None, ge=1)
    max_cost: float | None = Field(default=None, gt=0.0)
    currency: str = "USD"
    prices: dict[str, Price] = Field(default_factory=dict, description="model: {input, output} per million tokens")

    @model_validator(mode="after")
    def _priced(self) -> BudgetConfig:
        if self.max_cost is not None and not self.prices:
            raise ValueError("max_cost needs budget.prices: {MODEL: {input: ..., output: ...}} per million tokens")
        return self


class Budget:
    """`reserve` before asking, `settle` after; `spent` starts with what earlier runs stored, as tokens by model."""

    def __init__(self, config: BudgetConfig, spent: Mapping[str, tuple[int, int]]) -> None:
        self.config = config
        self.tokens = sum(prompt + completion for prompt, completion in spent.values())
        self.cost = sum(self._price(model).of(*tokens) for model, tokens in spent.items()) if self._costs else 0.0
        self._reserved_tokens, self._reserved_cost = 0, 0.0
        self._under_way = 0
        self._waiting: list[asyncio.Future[None]] = []

    @property
    def _costs(self) -> bool:
        return self.config.max_cost is not None

    def _price(self, model: str) -> Price:
        try:
            return self.config.prices[model]
        except KeyError:
            raise BudgetError(
                f"budget.max_cost is set and the model {model!r} has no price; add budget.prices: "
                f"{{{model}: {{input: ..., output: ...}}}} per million tokens"
            ) from None

    def worst_case(self, model: str, prompt_tokens: int, completion_tokens: int) -> tuple[int, float]:
        cost = self._price(model).of(prompt_tokens, completion_tokens) if self._costs else 0.0
        return prompt_tokens + completion_tokens, cost

    async def reserve(self, worst: tuple[int, float]) -> None:
        """Raises:
        BudgetError: it does not fit, and nothing under way can change that.
        """
        while not self._fits(worst):
            if not self._under_way:
                raise BudgetError(self._words())
            self._waiting.append(turn := asyncio.get_running_loop().create_future())
            await turn
        self._under_way += 1
        self._reserved_tokens += worst[0]
        self._reserved_cost += worst[1]

    def _fits(self, worst: tuple[int, float]) -> bool:
        tokens, cost = self.config.max_tokens, self.config.max_cost
        return (tokens is None or self.tokens + self._reserved_tokens + worst[0] <= tokens) and (
            cost is None or self.cost + self._reserved_cost + worst[1] <= cost
        )

    def settle(self, worst: tuple[int, float], model: str, prompt_tokens: int, completion_tokens: int) -> None:
        """What a reservation came to; zero tokens where it brought no answer."""
        self._under_way -= 1
        self._reserved_tokens -= worst[0]
        self._reserved_cost -= worst[1]
        self.tokens += prompt_tokens + completion_tokens
        if self._costs:
            self.cost += self._price(model).of(prompt_tokens, completion_tokens)
        waiting, self._waiting = self._waiting, []
        for turn in waiting:
            if not turn.done():
                turn.set_result(None)

    def _words(self) -> str:
        tokens, cost = self.config.max_tokens, self.config.max_cost
        used_of_tokens = self.tokens / tokens if tokens else 0.0
        if cost is None or used_of_tokens > self.cost / cost:
            spent, key = f"{self.tokens:,} of {tokens:,} tokens", "budget.max_tokens"
        else:
            spent, key = f"{self.cost:.4g} of {cost:g} {self.config.currency}", "budget.max_cost"
        return (
            f"the budget is spent: {spent} used, and the next answer may not fit; raise {key} and run the same command "
            "again: every answer so far is stored and is not paid for twice"
        )


def estimated_tokens(messages: Sequence[Mapping[str, Any]]) -> int:
    """A cautious guess of prompt tokens: one a letter outside ASCII, one for three ASCII characters, 8 a message.

    >>> estimated_tokens([{"role": "user", "content": "สวัสดี ok"}])
    15
    """
    total = 0
    for message in messages:
        text = str(message.get("content") or "")
        ascii_count = len(text.encode("ascii", "ignore"))
        total += len(text) - ascii_count - (-ascii_count // 3) + 8
    return total


def worst_completion(sampling: Mapping[str, Any]) -> int:
    """The answer tokens one request may cost."""
    return sampling.get("max_completion_tokens") or sampling.get("max_tokens") or _UNSTATED_MAX_TOKENS
