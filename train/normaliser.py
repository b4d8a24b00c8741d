"""The one place where a loss is divided.

Every objective is (sum over labelled tokens) / (labelled tokens of the whole optimiser step). The count is
an exact integer taken from the final masks before the first backward pass, so gradients are the same for any
split into micro-batches, any padding and any packing. A mean of micro-batch means is not: it weighs a token
of a short answer more than one of a long answer. The count is that of all processes, summed before anything is divided.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import torch
from torch import Tensor

from losses import IGNORED
from parallel.ranks import sum_over_ranks

__all__ = ["TokenNormaliser"]


@dataclass(frozen=True, slots=True)
class TokenNormaliser:
    """`tokens`: labelled tokens of one whole optimiser step."""

    tokens: int

    @classmethod
    def of_step(cls, targets: Iterable[Tensor]) -> TokenNormaliser:
        """Count the targets that are not `IGNORED`: this rank's in all its micro-batches, and the other ranks'.

        >>> TokenNormaliser.of_step([torch.tensor([3, -100]), torch.tensor([1, 2])]).tokens
        3
        """
        return cls(sum_over_ranks(sum(int((target != IGNORED).sum(dtype=torch.int64)) for target in targets)))

    def share(self, loss_sum: Tensor) -> Tensor:
        """What a micro-batch with this sum adds to the step's mean; zero when nothing is labelled."""
        return loss_sum / max(1, self.tokens)
