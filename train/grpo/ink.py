"""InK: what is added to the policy loss, lambda * b * L_CE on in-domain text, with its own normaliser.

b ~ Bernoulli(rho) is a function of (seed, update), so all ranks toss the same coin and a resumed run goes on with it;
the texts of an update follow from how often b was 1 before it. Nothing here has state that a checkpoint must hold.
"""

from __future__ import annotations

from collections.abc import Sequence

from models.chat_tokens import Example
from recipes.training import InkSection
from train.batches import epoch_order, step_rows
from train.mixing import draw

__all__ = ["Ink"]


class Ink:
    """The gate, the weight and the texts of each update (counted from 0)."""

    def __init__(self, section: InkSection, texts: Sequence[Example], seed: int) -> None:
        self.section, self.texts, self.seed = section, texts, seed
        self._drawn: list[bool] = []

    def gate(self, update: int) -> bool:
        """b. The constant-weight control tosses no coin."""
        if self.section.control == "constant_weight":
            return True
        while len(self._drawn) <= update:
            self._drawn.append(draw(self.seed, "ink", len(self._drawn)) < self.section.rho)
        return self._drawn[update]

    def weight(self, update: int) -> float:
        """lambda_eff: lambda * b, lambda * rho for constant_weight, 0 for matched_compute."""
        if self.section.control == "matched_compute":
            return 0.0
        scale = self.section.rho if self.section.control == "constant_weight" else 1.0
        return self.section.weight * scale * self.gate(update)

    def batch(self, update: int) -> list[Example]:
        """The texts of an update whose gate is open, each once an epoch; none where it is shut."""
        if not self.gate(update):
            return []
        per_epoch = -(-len(self.texts) // self.section.rows_per_step)
        epoch, index = divmod(sum(self.gate(before) for before in range(update)), per_epoch)
        order = epoch_order(len(self.texts), self.seed, epoch)
        return [self.texts[row] for row in step_rows(order, self.section.rows_per_step, index)]

    def measures_angle(self, update: int) -> bool:
        """Whether the two gradients of this update are kept apart until their angle is known."""
        every = self.section.angle_every_steps
        return every is not None and update % every == 0 and self.weight(update) > 0

    def extra_tokens(self, first_update: int, updates: int) -> int:
        """What matched_compute is to spend on more rollouts for these updates: the tokens of their texts."""
        if self.section.control != "matched_compute":
            return 0
        return sum(len(text) for n in range(updates) for text in self.batch(first_update + n))

    def metrics(self, update: int) -> dict[str, float]:
        return {
            "lambda_eff": self.weight(update),
            "gate": float(self.gate(update)),
            "gate_mean": sum(self.gate(before) for before in range(update + 1)) / (update + 1),
            "ink_tokens": sum(len(text) for text in self.batch(update)),
        }
