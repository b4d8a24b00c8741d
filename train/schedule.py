"""The learning rate as a pure function of the step: nothing to save, nothing to restore."""

from __future__ import annotations

import math

from recipes.training import OptimSection

__all__ = ["learning_rate"]


def learning_rate(optim: OptimSection, step: int, total_steps: int) -> float:
    """The rate of step `step` (from 0): linear warm-up, then the chosen curve down to `min_lr_ratio`.

    >>> optim = OptimSection(lr=1.0, schedule="linear", warmup_ratio=0.25)
    >>> [round(learning_rate(optim, step, 8), 2) for step in range(8)]
    [0.5, 1.0, 1.0, 0.83, 0.67, 0.5, 0.33, 0.17]
    """
    warmup_steps = math.ceil(optim.warmup_ratio * total_steps)
    if step < warmup_steps:
        return optim.lr * (step + 1) / warmup_steps
    if optim.schedule == "constant":
        return optim.lr
    done = (step - warmup_steps) / max(1, total_steps - warmup_steps)
    left = 1 - done if optim.schedule == "linear" else 0.5 * (1 + math.cos(math.pi * done))
    return optim.lr * (optim.min_lr_ratio + (1 - optim.min_lr_ratio) * left)
