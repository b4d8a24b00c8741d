"""fp32 logits of two models in tiles of tokens x vocabulary ids; [tokens, vocabulary] never exists.

Every tile is computed from hidden states and the rows of the heads it needs, into one buffer that the next tile
overwrites. Logits are never rounded before a softmax: on a GPU a product of two bf16 matrices keeps its fp32
sums (`torch.mm(..., out_dtype=torch.float32)`), everything else is widened to fp32 first, and autocast is off.
Ids >= `valid_ids` (padding of the vocabulary) appear in no tile, so they never get mass, and the two heads
may be padded differently. Vocabulary is the outer loop: a head row is read, widened and given its gradient once.

Shapes: N tokens, C tokens of a tile, H hidden (of the student or of the teacher), V vocabulary with padding,
K ids of a tile.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import torch
from torch import Tensor

__all__ = ["Head", "Tile", "TileShape", "add_product_", "logit_tiles", "target_columns"]


@dataclass(frozen=True, slots=True)
class TileShape:
    """8 MB a buffer at the defaults: it stays in the cache of a CPU, and is a full wave on a GPU."""

    tokens: int = 1024
    ids: int = 2048


@dataclass(frozen=True, slots=True)
class Head:
    """What makes a model's logits: `hidden_NH @ weight_VH.T`."""

    hidden_NH: Tensor
    weight_VH: Tensor


@dataclass(frozen=True, slots=True)
class Tile:
    """Logits of `rows` x `ids`, valid until the next tile, and the student's inputs they were made of."""

    rows: slice
    ids: slice
    student_CK: Tensor
    teacher_CK: Tensor | None
    hidden_CH: Tensor
    weight_KH: Tensor


def logit_tiles(
    student: Head, teacher: Head | None, *, valid_ids: int, temperature: float, shape: TileShape
) -> Iterator[Tile]:
    """Every tile of `logits / temperature`; without a teacher only the student's."""
    student, teacher = _widened(student), teacher and _widened(teacher)
    tokens = student.hidden_NH.shape[0]
    student_buffer, teacher_buffer = (
        None if head is None else _Buffer(min(shape.tokens, tokens) * min(shape.ids, valid_ids), head)
        for head in (student, teacher)
    )
    assert student_buffer is not None
    for first_id in range(0, valid_ids, shape.ids):
        ids = slice(first_id, min(first_id + shape.ids, valid_ids))
        weight_KH = _operand(student.weight_VH[ids], student.hidden_NH)
        teacher_weight_KH = None if teacher is None else _operand(teacher.weight_VH[ids], teacher.hidden_NH)
        for first in range(0, tokens, shape.tokens):
            rows = slice(first, min(first + shape.tokens, tokens))
            hidden_CH = student.hidden_NH[rows]
            teacher_CK = None
            if teacher is not None and teacher_buffer is not None and teacher_weight_KH is not None:
                teacher_CK = teacher_buffer.logits(teacher.hidden_NH[rows], teacher_weight_KH, temperature)
            student_CK = student_buffer.logits(hidden_CH, weight_KH, temperature)
            yield Tile(rows, ids, student_CK, teacher_CK, hidden_CH, weight_KH)


class _Buffer:
    """Room for one tile of logits."""

    def __init__(self, elements: int, head: Head) -> None:
        self.flat = torch.empty(elements, dtype=torch.float32, device=head.hidden_NH.device)

    def logits(self, hidden_CH: Tensor, weight_KH: Tensor, temperature: float) -> Tensor:
        rows, ids = hidden_CH.shape[0], weight_KH.shape[0]
        out_CK = self.flat[: rows * ids].view(rows, ids)
        with torch.autocast(hidden_CH.device.type, enabled=False):
            if hidden_CH.dtype is torch.float32:
                torch.mm(hidden_CH, weight_KH.T, out=out_CK)
            else:
                torch.mm(hidden_CH, weight_KH.T, out_dtype=torch.float32, out=out_CK)
        assert out_CK.dtype is torch.float32, "a softmax over rounded logits gives wrong gradients"
        return out_CK if temperature == 1 else out_CK.div_(temperature)


def target_columns(tile: Tile, target_N: Tensor) -> tuple[Tensor, Tensor]:
    """Whether a token's target is in this tile, and in which column (0 if it is not)."""
    column_C = target_N[tile.rows] - tile.ids.start
    here_C = (column_C >= 0) & (column_C < tile.student_CK.shape[1])
    return here_C, column_C.where(here_C, 0)


def add_product_(total: Tensor, left: Tensor, right: Tensor, scale: float) -> None:
    """total += scale * left @ right, summed in fp32; `left` is fp32, `right` an operand of a tile."""
    with torch.autocast(total.device.type, enabled=False):
        if right.dtype is torch.float32:
            total.addmm_(left, right, alpha=scale)
        else:
            # The difference of two softmaxes is rounded here, never what it is the difference of.
            total.add_(torch.mm(left.to(right.dtype), right, out_dtype=torch.float32), alpha=scale)


def _widened(head: Head) -> Head:
    """Hidden states as the product takes them: bf16 only where bf16 operands keep fp32 sums, on CUDA."""
    if head.hidden_NH.is_cuda and head.hidden_NH.dtype is torch.bfloat16:
        return head
    return Head(head.hidden_NH.float(), head.weight_VH)


def _operand(weight_KH: Tensor, hidden_NH: Tensor) -> Tensor:
    """The rows of a head as the product takes them; a tile of fp32 rows is rounded for a bf16 product, once."""
    return weight_KH.to(hidden_NH.dtype)
