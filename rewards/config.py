"""The recipe's section `rewards`: one field per kind of reward, absent unless the recipe names it.

rewards:
  constraints: {weight: 0.9, scoring: fraction}
"""

from __future__ import annotations

from abc import abstractmethod
from typing import Literal, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from rewards.constraint_verdicts import ConstraintVerdicts
from rewards.reward import Reward, WeighedRewards

__all__ = ["ConstraintSettings", "RewardSettings", "RewardsSection"]


class RewardSettings(BaseModel):
    """Settings of one reward; `build` makes it."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    weight: float = Field(default=1.0, gt=0)

    @abstractmethod
    def build(self) -> Reward:
        """The reward with these settings."""


class ConstraintSettings(RewardSettings):
    """The verdicts on the row's constraints: the share that passes, or all or nothing."""

    scoring: Literal["fraction", "all"] = "fraction"

    def build(self) -> Reward:
        return ConstraintVerdicts(self.scoring)


class RewardsSection(BaseModel):
    """Which rewards, and with what weight: the total is the sum of weight * value."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    constraints: ConstraintSettings | None = None

    @model_validator(mode="after")
    def _any(self) -> Self:
        if not self.named():
            raise ValueError(f"name at least one reward: {', '.join(type(self).model_fields)}")
        return self

    def named(self) -> dict[str, RewardSettings]:
        """The rewards that the recipe names, in the order of the fields."""
        given = {name: getattr(self, name) for name in type(self).model_fields}
        return {name: settings for name, settings in given.items() if settings is not None}

    def build(self) -> WeighedRewards:
        """All of them as one."""
        return WeighedRewards([(settings.weight, settings.build()) for settings in self.named().values()])
