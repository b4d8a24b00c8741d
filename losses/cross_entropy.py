"""Sum of -log p(target) straight from hidden states; the [tokens, vocabulary] matrix never exists.

Logits are made for a chunk of labelled tokens at a time, in fp32 (autocast is off, inputs are widened first,
and the dtype is asserted), and their gradient is taken at once, so the forward pass does all the work: three
matrix products a chunk, nothing is recomputed. Peak extra memory: two chunks of logits (2 x 156 MB at 256
tokens and 151,936 ids, against 10 GB for 16k tokens at once) and one fp32 gradient of the head.
Ids >= `valid_ids` (padding of the vocabulary) never get probability mass. The head runs in fp32 on every
device: exact, and slower than a bf16 product with fp32 output would be on a GPU. First derivatives only.

Shapes: T tokens, N labelled tokens, C tokens of a chunk, H hidden, V vocabulary with padding, K valid ids.
"""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor

from losses import IGNORED

__all__ = ["chunked_cross_entropy"]


def chunked_cross_entropy(
    hidden_TH: Tensor, weight_VH: Tensor, target_T: Tensor, *, valid_ids: int, chunk_tokens: int = 256
) -> Tensor:
    """The sum over labelled tokens (target != IGNORED), an fp32 scalar; exactly zero if there are none."""
    if not 0 < valid_ids <= weight_VH.shape[0]:
        raise ValueError(f"valid_ids must be 1 to {weight_VH.shape[0]} (rows of the head), not {valid_ids}")
    labelled_T = target_T != IGNORED
    target_N = target_T[labelled_T]
    if target_N.numel() and int(target_N.max()) >= valid_ids:
        raise ValueError(f"target id {int(target_N.max())} is not one of the {valid_ids} valid ids")
    loss = _ChunkedCrossEntropy.apply(hidden_TH[labelled_T], weight_VH, target_N, valid_ids, chunk_tokens)
    assert isinstance(loss, Tensor)
    return loss


class _ChunkedCrossEntropy(torch.autograd.Function):
    @staticmethod
    def forward(
        ctx: Any, hidden_NH: Tensor, weight_VH: Tensor, target_N: Tensor, valid_ids: int, chunk_tokens: int
    ) -> Tensor:
        hidden_needed, weight_needed = ctx.needs_input_grad[:2]
        grad_hidden_NH = torch.zeros_like(hidden_NH, dtype=torch.float32) if hidden_needed else None
        grad_weight_VH = torch.zeros_like(weight_VH, dtype=torch.float32) if weight_needed else None
        total = torch.zeros((), dtype=torch.float64, device=hidden_NH.device)
        with torch.autocast(hidden_NH.device.type, enabled=False):
            weight_KH = weight_VH[:valid_ids].float()
            for start in range(0, hidden_NH.shape[0], chunk_tokens):
                chunk = slice(start, start + chunk_tokens)
                hidden_CH = hidden_NH[chunk].float()
                logits_CK = hidden_CH @ weight_KH.T
                assert logits_CK.dtype is torch.float32, "a softmax over rounded logits gives wrong gradients"
                loss_C, grad_CK = _loss_and_grad(logits_CK, target_N[chunk])
                total += loss_C.sum(dtype=torch.float64)
                if grad_hidden_NH is not None:
                    torch.mm(grad_CK, weight_KH, out=grad_hidden_NH[chunk])
                if grad_weight_VH is not None:
                    grad_weight_VH[:valid_ids].addmm_(grad_CK.T, hidden_CH)
        ctx.grads = (grad_hidden_NH, grad_weight_VH)
        ctx.dtypes = (hidden_NH.dtype, weight_VH.dtype)
        return total.float()

    @staticmethod
    def backward(ctx: Any, *grad_outputs: Tensor) -> tuple[Tensor | None, Tensor | None, None, None, None]:
        assert ctx.grads is not None, "the gradient buffers are scaled in place, so backward runs once"
        grads, ctx.grads = ctx.grads, None
        hidden, weight = (
            None if grad is None else grad.mul_(grad_outputs[0]).to(dtype)
            for grad, dtype in zip(grads, ctx.dtypes, strict=True)
        )
        return hidden, weight, None, None, None


def _loss_and_grad(logits_CK: Tensor, target_C: Tensor) -> tuple[Tensor, Tensor]:
    """-log softmax at the target, and softmax - onehot written over the logits."""
    index_C1 = target_C[:, None]
    log_sum_C1 = torch.logsumexp(logits_CK, dim=1, keepdim=True)
    loss_C1 = log_sum_C1 - logits_CK.gather(1, index_C1)
    grad_CK = logits_CK.sub_(log_sum_C1).exp_()
    grad_CK.scatter_add_(1, index_C1, torch.full_like(index_C1, -1.0, dtype=torch.float32))
    return loss_C1[:, 0], grad_CK
