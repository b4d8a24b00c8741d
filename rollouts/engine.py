"""What an engine of rollouts is: prompt ids in, sampled ids and their log-probabilities out.

Four verbs, so that one engine can stand in for another: `generate`, `sync` (take over the student's weights), `sleep`
(give the memory back), `wake`. Ids go in and ids come out; nothing is decoded and encoded again. Log-probabilities are
the policy's own (temperature 1, no top-p, over ids that exist), whatever it was sampled with.

Shapes: S sampled tokens.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np

__all__ = ["Rollout", "RolloutEngine"]


@dataclass(frozen=True, slots=True)
class Rollout:
    """`ids_S` int32 with the end token, unless the answer was `truncated`; `logprobs_S` fp32."""

    ids_S: np.ndarray
    logprobs_S: np.ndarray
    truncated: bool


class RolloutEngine(Protocol):
    """Whoever generates for the student."""

    def generate(self, prompts: Sequence[np.ndarray], seed_of_call: Callable[[int], int]) -> list[Rollout]:
        """One answer a prompt, in order. `seed_of_call(n)` seeds the n-th batch of prompts."""
        ...

    def sync(self) -> None:
        """Take over the student's weights as they are now."""

    def sleep(self) -> None:
        """Give back all memory that only generation needs."""

    def wake(self) -> None:
        """Be ready to generate with the student's present weights."""
