"""Reference losses as in a textbook: whole [tokens, vocabulary] matrices, differentiated by torch.

Written apart from `losses`, so that one mistake is not made twice. Shapes: N labelled tokens, H hidden,
V valid ids.
"""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor

from losses.config import DivergenceSection

__all__ = ["dense_cross_entropy", "dense_divergence"]


def dense_cross_entropy(logits_NV: Tensor, target_N: Tensor) -> Tensor:
    """Sum of -log softmax at the target."""
    return -torch.log_softmax(logits_NV, -1).gather(1, target_N[:, None]).sum()


def dense_divergence(student_NV: Tensor, teacher_NV: Tensor, target_N: Tensor, section: DivergenceSection) -> Tensor:
    """Sum of the recipe's divergence over the tokens; `sampled` has its value and the policy gradient."""
    log_s, log_t = (torch.log_softmax(logits / section.temperature, -1) for logits in (student_NV, teacher_NV))
    match section.kl:
        case "forward":
            return (log_t.exp() * (log_t - log_s)).sum()
        case "reverse":
            return (log_s.exp() * (log_s - log_t)).sum()
        case "jsd":
            b = torch.tensor(section.beta, dtype=log_s.dtype, device=log_s.device)
            log_m = torch.logaddexp(log_t + b.log(), log_s + (1 - b).log())
            return (b * log_t.exp() * (log_t - log_m) + (1 - b) * log_s.exp() * (log_s - log_m)).sum()
        case "top_k":
            top = log_t.topk(min(section.top_k, log_t.shape[1])).indices
            t, s = (_with_tail(log_p.exp(), top) for log_p in (log_t, log_s))
            return torch.where(t > 0, t * (t.log() - s.log()), 0.0).sum()
        case "sampled":
            at_s, at_t = (log_p.gather(1, target_N[:, None]) for log_p in (log_s, log_t))
            ratio = (at_s - at_t).detach()
            return (ratio * at_s - (ratio * at_s).detach() + ratio).sum()


def _with_tail(p_NV: Tensor, top: Any) -> Tensor:
    rest = torch.ones_like(p_NV).scatter(1, top, 0.0)
    return torch.cat([p_NV.gather(1, top), (p_NV * rest).sum(1, keepdim=True)], 1)
