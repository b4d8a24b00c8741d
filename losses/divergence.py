"""Distillation losses straight from two models' hidden states: the sum over labelled tokens of a divergence.

The forward pass streams both models' logits in tiles (`logit_tiles`), and keeps a few numbers a token; the backward
pass makes the tiles again and adds their gradients up in fp32. Nothing of size [tokens, vocabulary] exists for
student or teacher, and no logit is rounded before a softmax. What this costs: two more products with each head than
a dense loss (6 instead of 4 for two models of one width), against 4 to 6 matrices of 2.5 GB for 4,096 tokens and
151,936 ids. The teacher's payload is its hidden state: 74 times smaller than its logits.

Covers forward, reverse, jsd, top_k and sampled (`full_vocabulary`, `partial_vocabulary` have the formulas), and
one temperature on both sides, without the factor temperature**2. The teacher gets no gradient. First derivatives only.

Shapes: T tokens, N labelled tokens, H hidden, V vocabulary with padding.
"""

from __future__ import annotations

from typing import Any, Protocol

import torch
from torch import Tensor

from losses import IGNORED
from losses.config import DivergenceSection
from losses.full_vocabulary import ForwardKL, JensenShannon, ReverseKL
from losses.logit_tiles import Head, Tile, TileShape, add_product_, logit_tiles
from losses.partial_vocabulary import SampledToken, TopK

__all__ = ["Divergence", "distillation_loss", "explain_divergence"]


class Divergence(Protocol):
    """One number a token, from tiles. Both methods may overwrite the tile's logits."""

    passes: int
    teacher_in_backward: bool

    def observe(self, number: int, tile: Tile, /) -> None:
        """Take in a tile of pass `number`."""

    def value(self) -> Tensor:
        """[N] fp64, once every pass is done."""
        ...

    def gradient_(self, tile: Tile, /) -> Tensor:
        """The derivative with respect to the tile's logits (over the temperature), fp32."""
        ...


def distillation_loss(
    student: Head,
    teacher: Head,
    target_T: Tensor,
    section: DivergenceSection,
    *,
    valid_ids: int,
    shape: TileShape = TileShape(),  # noqa: B008 (frozen)
) -> Tensor:
    """The sum over labelled tokens (target != IGNORED), an fp32 scalar; exactly zero if there are none.

    Args:
        student: hidden states [T, H] and head [V, H]; both get gradients if they want them.
        teacher: hidden states of the labelled tokens [N, H_t], or of all [T, H_t], and head [V_t, H_t].
        target_T: the token each position predicts; only `sampled` looks at its value.
        valid_ids: ids that exist; the rest of either head is padding and gets no mass.
    """
    for name, head in (("student", student), ("teacher", teacher)):
        if not 0 < valid_ids <= head.weight_VH.shape[0]:
            raise ValueError(
                f"valid_ids must be 1 to {head.weight_VH.shape[0]} (rows of the {name}'s head), not {valid_ids}"
            )
    labelled_T = target_T != IGNORED
    target_N = target_T[labelled_T]
    teacher_NH = teacher.hidden_NH
    if teacher_NH.shape[0] == target_T.shape[0]:
        teacher_NH = teacher_NH[labelled_T]
    if teacher_NH.shape[0] != target_N.shape[0]:
        raise ValueError(f"{teacher_NH.shape[0]} hidden states of the teacher for {target_N.shape[0]} labelled tokens")
    if target_N.numel() and int(target_N.max()) >= valid_ids:
        raise ValueError(f"target id {int(target_N.max())} is not one of the {valid_ids} valid ids")
    loss = _Distillation.apply(
        student.hidden_NH[labelled_T],
        student.weight_VH,
        teacher_NH,
        teacher.weight_VH,
        target_N,
        section,
        valid_ids,
        shape,
    )
    assert isinstance(loss, Tensor)
    return loss


def explain_divergence(section: DivergenceSection) -> str:
    """The convention in words: which side is first, and what beta weighs."""
    match section.kl:
        case "forward":
            return "forward KL(teacher || student) over the whole vocabulary"
        case "reverse":
            return "reverse KL(student || teacher) over the whole vocabulary"
        case "jsd":
            b = f"{section.beta:g}"
            return f"JSD {b} KL(teacher || m) + (1 - {b}) KL(student || m), m = {b} teacher + (1 - {b}) student"
        case "top_k":
            return (
                f"forward KL(teacher || student) over the teacher's {section.top_k} likeliest ids and one tail bucket"
            )
        case "sampled":
            return "policy gradient of reverse KL(student || teacher) on the sampled token"


def _divergence(section: DivergenceSection, target_N: Tensor, valid_ids: int) -> Divergence:
    tokens, device = target_N.shape[0], target_N.device
    match section.kl:
        case "forward":
            return ForwardKL(tokens, device)
        case "reverse":
            return ReverseKL(tokens, device)
        case "jsd":
            return JensenShannon(tokens, device, section.beta)
        case "top_k":
            return TopK(tokens, device, min(section.top_k, valid_ids))
        case "sampled":
            return SampledToken(tokens, device, target_N)


class _Distillation(torch.autograd.Function):
    @staticmethod
    def forward(
        ctx: Any,
        hidden_NH: Tensor,
        weight_VH: Tensor,
        teacher_hidden_NH: Tensor,
        teacher_weight_VH: Tensor,
        target_N: Tensor,
        section: DivergenceSection,
        valid_ids: int,
        shape: TileShape,
    ) -> Tensor:
        divergence = _divergence(section, target_N, valid_ids)
        student, teacher = Head(hidden_NH, weight_VH), Head(teacher_hidden_NH, teacher_weight_VH)
        ctx.tiles = {"valid_ids": valid_ids, "temperature": section.temperature, "shape": shape}
        for number in range(divergence.passes):
            for tile in logit_tiles(student, teacher, **ctx.tiles):
                divergence.observe(number, tile)
        ctx.save_for_backward(hidden_NH, weight_VH, teacher_hidden_NH, teacher_weight_VH)
        ctx.divergence = divergence
        return divergence.value().sum().float()

    @staticmethod
    def backward(ctx: Any, *grad_outputs: Tensor) -> tuple[Tensor | None, ...]:
        hidden_NH, weight_VH, teacher_hidden_NH, teacher_weight_VH = ctx.saved_tensors
        divergence: Divergence = ctx.divergence
        hidden_needed, weight_needed = ctx.needs_input_grad[:2]
        grad_hidden_NH = torch.zeros_like(hidden_NH, dtype=torch.float32) if hidden_needed else None
        grad_weight_VH = torch.zeros_like(weight_VH, dtype=torch.float32) if weight_needed else None
        scale = float(grad_outputs[0]) / ctx.tiles["temperature"]
        teacher = Head(teacher_hidden_NH, teacher_weight_VH) if divergence.teacher_in_backward else None
        for tile in logit_tiles(Head(hidden_NH, weight_VH), teacher, **ctx.tiles):
            grad_CK = divergence.gradient_(tile)
            if grad_hidden_NH is not None:
                add_product_(grad_hidden_NH[tile.rows], grad_CK, tile.weight_KH, scale)
            if grad_weight_VH is not None:
                add_product_(grad_weight_VH[tile.ids], grad_CK.T, tile.hidden_CH, scale)
        return (
            None if grad_hidden_NH is None else grad_hidden_NH.to(hidden_NH.dtype),
            None if grad_weight_VH is None else grad_weight_VH.to(weight_VH.dtype),
            *[None] * 6,
        )
