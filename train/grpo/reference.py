"""The policy as it was at the beginning, for the KL term: with adapters the model without them, else a frozen copy.

At first B of W + alpha/r B A is zero, so the base is the policy at the beginning, and there is no second model. A copy
is cut into the same parts as the policy; make it before a checkpoint is restored.
"""

from __future__ import annotations

import copy
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from parallel.sharding import shard, sharded, whole_copy
from recipes.training import GrpoRecipe

__all__ = ["Reference"]


class Reference:
    """Scores nothing itself: `model` lends it to whoever does."""

    def __init__(self, policy: Any, recipe: GrpoRecipe) -> None:
        self.policy, self.copy = policy, None
        if recipe.lora:
            return
        if sharded(policy):
            device = next(policy.parameters()).device
            self.copy = whole_copy(policy, device="cpu").eval()
            shard(self.copy, device)
        else:
            self.copy = copy.deepcopy(policy).requires_grad_(False).eval()

    @contextmanager
    def model(self) -> Iterator[Any]:
        """The reference; the policy is itself again afterwards."""
        if self.copy is not None:
            yield self.copy
            return
        from peft.helpers import rescale_adapter_scale

        with rescale_adapter_scale(self.policy, 0.0):
            yield self.policy
