"""log p of the tokens that are there, one a token and with its gradient, straight from hidden states in tiles.

As in `divergence`, nothing of size [tokens, vocabulary] exists: the forward pass keeps a few numbers a token, the
backward pass makes the tiles again. The entropy of the same distributions falls out of the forward pass.

Shapes: N tokens, H hidden, V vocabulary with padding, C tokens and K ids of a tile.
"""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor

from losses.logit_tiles import Head, TileShape, add_product_, logit_tiles, target_columns
from losses.online import OnlineSoftmax

__all__ = ["chosen_logprobs"]


def chosen_logprobs(
    head: Head,
    target_N: Tensor,
    *,
    valid_ids: int,
    shape: TileShape = TileShape(),  # noqa: B008 (frozen)
) -> tuple[Tensor, Tensor]:
    """[N] fp64 log p(target), with gradients for hidden states and head; [N] fp64 entropy in nats, without.

    Ids >= `valid_ids` are padding and have no mass.
    """
    if target_N.numel() and int(target_N.max()) >= valid_ids:
        raise ValueError(f"target id {int(target_N.max())} is not one of the {valid_ids} valid ids")
    logprobs_N, entropy_N = _ChosenTokens.apply(head.hidden_NH, head.weight_VH, target_N, valid_ids, shape)
    return logprobs_N, entropy_N


class _ChosenTokens(torch.autograd.Function):
    @staticmethod
    def forward(
        ctx: Any, hidden_NH: Tensor, weight_VH: Tensor, target_N: Tensor, valid_ids: int, shape: TileShape
    ) -> tuple[Tensor, Tensor]:
        softmax = OnlineSoftmax(target_N.shape[0], hidden_NH.device)
        chosen_N = torch.zeros_like(target_N, dtype=torch.float64)
        ctx.tiles = {"valid_ids": valid_ids, "temperature": 1.0, "shape": shape}
        for tile in logit_tiles(Head(hidden_NH, weight_VH), None, **ctx.tiles):
            here_C, column_C = target_columns(tile, target_N)
            chosen_N[tile.rows] += tile.student_CK.gather(1, column_C[:, None])[:, 0].where(here_C, 0.0)
            softmax.add(tile.rows, tile.student_CK, tile.student_CK.clone())
        ctx.save_for_backward(hidden_NH, weight_VH, target_N)
        ctx.softmax = softmax
        entropy_N = softmax.log_sum() - softmax.mean()
        ctx.mark_non_differentiable(entropy_N)
        return chosen_N - softmax.log_sum(), entropy_N

    @staticmethod
    def backward(ctx: Any, *grad_outputs: Tensor) -> tuple[Tensor | None, ...]:
        """d log p(target) / d logits = onehot(target) - softmax."""
        hidden_NH, weight_VH, target_N = ctx.saved_tensors
        hidden_needed, weight_needed = ctx.needs_input_grad[:2]
        grad_hidden_NH = torch.zeros_like(hidden_NH, dtype=torch.float32) if hidden_needed else None
        grad_weight_VH = torch.zeros_like(weight_VH, dtype=torch.float32) if weight_needed else None
        grad_N = grad_outputs[0].float()
        for tile in logit_tiles(Head(hidden_NH, weight_VH), None, **ctx.tiles):
            here_C, column_C = target_columns(tile, target_N)
            grad_C1 = grad_N[tile.rows, None]
            grad_CK, inverse_C1 = ctx.softmax.unnormalised_(tile.rows, tile.student_CK)
            grad_CK.mul_(-grad_C1 * inverse_C1).scatter_add_(1, column_C[:, None], grad_C1 * here_C[:, None])
            if grad_hidden_NH is not None:
                add_product_(grad_hidden_NH[tile.rows], grad_CK, tile.weight_KH, 1.0)
            if grad_weight_VH is not None:
                add_product_(grad_weight_VH[tile.ids], grad_CK.T, tile.hidden_CH, 1.0)
        return (
            None if grad_hidden_NH is None else grad_hidden_NH.to(hidden_NH.dtype),
            None if grad_weight_VH is None else grad_weight_VH.to(weight_VH.dtype),
            *[None] * 3,
        )
