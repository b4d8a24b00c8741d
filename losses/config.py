"""The recipe's section `divergence`, without torch."""

from __future__ import annotations

from typing import Literal, Self

from pydantic import Field, model_validator

from models.source import Section

__all__ = ["DivergenceSection"]


class DivergenceSection(Section):
    """What the student is pulled towards the teacher by; `losses` has the formulas and the convention.

    forward is KL(teacher || student), reverse KL(student || teacher), jsd their mixture with `beta` the teacher's
    weight, top_k forward KL over the teacher's `top_k` ids and one bucket for the rest, sampled the policy gradient
    of the reverse KL on the sampled token alone.
    """

    kl: Literal["forward", "reverse", "jsd", "top_k", "sampled"] = "forward"
    beta: float = Field(default=0.5, gt=0, lt=1)
    top_k: int = Field(default=10, ge=1)
    temperature: float = Field(default=1.0, gt=0, description="of both distributions in the loss")

    @model_validator(mode="after")
    def _no_idle_option(self) -> Self:
        for key, kl in (("beta", "jsd"), ("top_k", "top_k")):
            if self.kl != kl and getattr(self, key) != type(self).model_fields[key].default:
                raise ValueError(f"{key} has no effect with kl: {self.kl}; it belongs to kl: {kl}")
        return self
