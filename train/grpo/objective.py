"""The clipped policy objective: what each token that the policy produced adds to the loss, and what is counted there.

Three streams of log-probabilities stay apart. The ratio that is clipped is policy now / policy before the first update
of the batch (both by the trainer, in its own dtype); the policy before it / rollout engine weighs the token, truncated
from above (TIS). k3 is reported, k2 is differentiated: the gradient of k2 = (log p - log p_ref)^2 / 2 is that of the
KL divergence where tokens come from p, the gradient of k3 is not. A token's weight holds the whole normaliser, that of
the optimiser step over all ranks, so a loss is a plain sum over tokens.

Shapes: N tokens that the policy produced, in the order of a micro-batch's targets.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import torch
from torch import Tensor

from models.chat_tokens import Example
from recipes.training import PolicySection
from rollouts.trajectory import Trajectory

__all__ = ["PolicyTokens", "policy_loss", "policy_tokens", "sample_weights"]


@dataclass(frozen=True, slots=True)
class PolicyTokens:
    """[N] each, fp64. Without `old_N` the policy has had no update since the rollout, and is its own old policy."""

    advantage_N: Tensor
    weight_N: Tensor
    engine_N: Tensor
    old_N: Tensor | None = None
    reference_N: Tensor | None = None


def sample_weights(lengths: Sequence[int], aggregation: str, limit: int) -> list[float]:
    """What a token of each sample weighs; `lengths` are those of all samples of an optimiser step.

    >>> sample_weights([1, 3], "dapo", 8), sample_weights([1, 3], "grpo", 8), sample_weights([1, 3], "dr_grpo", 8)
    ([0.25, 0.25], [0.5, 0.16666666666666666], [0.0625, 0.0625])
    """
    tokens, samples = sum(lengths), len(lengths)
    per_sample = {"dapo": tokens, "dr_grpo": samples * limit}
    return [1 / (samples * length if aggregation == "grpo" else per_sample[aggregation]) for length in lengths]


def policy_tokens(group: Sequence[Example], device: torch.device) -> PolicyTokens:
    """The tokens of a micro-batch, sample by sample; the rows of an idle one are no trajectories and have none."""
    samples = [row for row in group if isinstance(row, Trajectory)]
    lengths = np.array([len(sample.logprobs_S) for sample in samples], dtype=int)
    columns = (
        np.repeat([sample.advantage for sample in samples], lengths),
        np.repeat([sample.weight for sample in samples], lengths),
        np.concatenate([np.empty(0), *(sample.logprobs_S for sample in samples)]),
    )
    return PolicyTokens(*(torch.from_numpy(column.astype(np.float64)).to(device) for column in columns))


def policy_loss(
    logprobs_N: Tensor, entropy_N: Tensor, tokens: PolicyTokens, policy: PolicySection
) -> tuple[Tensor, Tensor]:
    """The weighed sum over tokens, fp64, and [M] sums over tokens of what `METRICS` names, without gradient."""
    now_N = logprobs_N.detach()
    if tokens.old_N is None:
        tokens = replace(tokens, old_N=now_N)
    assert tokens.old_N is not None
    ratio_N = (logprobs_N - tokens.old_N).exp()
    clipped_N = ratio_N.clamp(1 - policy.clip_low, 1 + policy.clip_high)
    raw_N = (tokens.old_N - tokens.engine_N).exp()
    importance_N = torch.ones_like(raw_N) if policy.importance_cap is None else raw_N.clamp(max=policy.importance_cap)
    loss_N = -importance_N * torch.minimum(ratio_N * tokens.advantage_N, clipped_N * tokens.advantage_N)
    k3_N = torch.zeros_like(now_N)
    if tokens.reference_N is not None:
        loss_N = loss_N + policy.kl_weight * (logprobs_N - tokens.reference_N).square() / 2
        k3_N = _k3(tokens.reference_N - now_N)
    ratio_N = ratio_N.detach()
    measured = {
        "ratio": ratio_N,
        "clip_low_share": (ratio_N < 1 - policy.clip_low) & (tokens.advantage_N < 0),
        "clip_high_share": (ratio_N > 1 + policy.clip_high) & (tokens.advantage_N > 0),
        "importance_raw": raw_N,
        "importance": importance_N,
        "importance_cut_share": importance_N < raw_N,
        "mismatch_kl": _k3(tokens.old_N - tokens.engine_N),
        "entropy": entropy_N,
        "kl": k3_N,
    }
    assert tuple(measured) == METRICS
    return (tokens.weight_N * loss_N).sum(), torch.stack([value_N.double().sum() for value_N in measured.values()])


METRICS = (
    "ratio",
    "clip_low_share",
    "clip_high_share",
    "importance_raw",
    "importance",
    "importance_cut_share",
    "mismatch_kl",
    "entropy",
    "kl",
)


def _k3(log_ratio_N: Tensor) -> Tensor:
    """r - 1 - log r with r = q / p: unbiased for KL(p || q) where tokens come from p, and never negative (Schulman)."""
    return log_ratio_N.expm1() - log_ratio_N
