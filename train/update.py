"""What every stage does once its gradients are there: clip, refuse what is not finite, set the rate, step."""

from __future__ import annotations

import math
from typing import Any

import torch

from parallel.sharding import whole
from recipes.training import OptimSection
from train.errors import DivergedError
from train.schedule import learning_rate

__all__ = ["build_optimizer", "update"]


def build_optimizer(model: Any, optim: OptimSection) -> torch.optim.AdamW:
    """AdamW; weight decay on matrices only, not on norms and biases."""
    parameters = [parameter for parameter in model.parameters() if parameter.requires_grad]
    groups = [
        {"params": [p for p in parameters if p.ndim >= 2], "weight_decay": optim.weight_decay},
        {"params": [p for p in parameters if p.ndim < 2], "weight_decay": 0.0},
    ]
    return torch.optim.AdamW(groups, lr=optim.lr, betas=(optim.beta1, optim.beta2), eps=optim.eps, fused=True)


def update(
    model: Any, optimizer: torch.optim.Optimizer, optim: OptimSection, step: int, total_steps: int, loss: float
) -> tuple[float, float]:
    """One optimiser step from the gradients in place, which are gone afterwards -> (rate, norm before clipping).

    Raises:
        DivergedError: loss or gradient is not finite; the parameters are untouched.
    """
    clip_norm = float("inf") if optim.clip_norm is None else optim.clip_norm
    grad_norm = whole(torch.nn.utils.clip_grad_norm_(model.parameters(), clip_norm)).item()
    if not (math.isfinite(loss) and math.isfinite(grad_norm)):
        raise DivergedError(f"step {step + 1}: loss {loss}, gradient norm {grad_norm}; lower optim.lr and start again")
    lr = learning_rate(optim, step, total_steps)
    for group in optimizer.param_groups:
        group["lr"] = lr
    optimizer.step()
    optimizer.zero_grad(set_to_none=True)
    return lr, grad_norm
