"""Sums over a vocabulary that is only ever seen a tile at a time.

A softmax needs its maximum before its sum. `OnlineSoftmax` keeps both running (the sum is rescaled whenever a
tile raises the maximum), and lets others keep a weighted sum beside it. Logits are fp32 and sums fp64: the mean
log-ratio of a confident student is almost that of its first choice, and the gradient is what is left between them.

Shapes: N tokens, C tokens of a tile, K ids of a tile.
"""

from __future__ import annotations

import torch
from torch import Tensor

__all__ = ["OnlineSoftmax", "OnlineTopK", "row_sums"]


class OnlineSoftmax:
    """Maximum, sum of exp(logit - maximum), and a sum of exp(logit - maximum) * x, for each token."""

    def __init__(self, tokens: int, device: torch.device) -> None:
        self.max_N = torch.full((tokens,), -torch.inf, device=device)
        self.sum_N = torch.zeros(tokens, dtype=torch.float64, device=device)
        self.weighted_N = torch.zeros_like(self.sum_N)

    def add(self, rows: slice, logits_CK: Tensor, weighed_CK: Tensor | None = None) -> None:
        """Take in one tile. `weighed_CK`, if given, is what `mean` averages; it is overwritten."""
        before_C = self.max_N[rows]
        maximum_C = torch.maximum(before_C, logits_CK.amax(dim=1))
        shift_C = maximum_C.nan_to_num(neginf=0.0)  # nothing but -inf so far: the sum stays zero
        rescale_C = (before_C - shift_C).double().exp()
        exp_CK = (logits_CK - shift_C[:, None]).exp_()
        self.max_N[rows] = maximum_C
        self.sum_N[rows] = self.sum_N[rows] * rescale_C + row_sums(exp_CK)
        if weighed_CK is not None:
            self.weighted_N[rows] = self.weighted_N[rows] * rescale_C + row_sums(weighed_CK.mul_(exp_CK))

    def log_sum(self) -> Tensor:
        """[N] fp64, log of the sum of exp(logit)."""
        return self.max_N + self.sum_N.log()

    def mean(self) -> Tensor:
        """[N] fp64, the expectation of what was weighed."""
        return self.weighted_N / self.sum_N

    def unnormalised_(self, rows: slice, logits_CK: Tensor) -> tuple[Tensor, Tensor]:
        """exp(logit - maximum) written over the tile, and [C, 1] what to multiply it by to get probabilities.

        Subtracting a maximum is almost exact where it matters; subtracting a rounded log-sum would shift a whole row.
        """
        inverse_C1 = self.sum_N[rows].reciprocal()[:, None].float()
        return logits_CK.sub_(self.max_N[rows, None]).exp_(), inverse_C1


class OnlineTopK:
    """The teacher's k largest logits of each token, what the student has there, and both sums over the tail.

    The tail is added up from ids outside the top k, never as 1 - (mass of the top k), which would lose a small
    tail to rounding.
    """

    def __init__(self, tokens: int, k: int, device: torch.device) -> None:
        self.k = k
        self.ids_Nk = torch.full((tokens, k), -1, dtype=torch.int64, device=device)
        self.teacher_Nk = torch.full((tokens, k), -torch.inf, device=device)
        self.student_Nk = torch.full((tokens, k), -torch.inf, device=device)
        self.teacher_tail = OnlineSoftmax(tokens, device)
        self.student_tail = OnlineSoftmax(tokens, device)

    def add(self, rows: slice, first_id: int, student_CK: Tensor, teacher_CK: Tensor) -> None:
        """Take in one tile; both buffers are overwritten."""
        found = min(self.k, teacher_CK.shape[1])
        top_Cf, column_Cf = teacher_CK.topk(found, dim=1)
        candidates = (
            torch.cat([self.teacher_Nk[rows], top_Cf], dim=1),
            torch.cat([self.student_Nk[rows], student_CK.gather(1, column_Cf)], dim=1),
            torch.cat([self.ids_Nk[rows], column_Cf + first_id], dim=1),
        )
        order_Cm = candidates[0].argsort(dim=1, descending=True, stable=True)
        teacher_Cm, student_Cm, ids_Cm = (candidate.gather(1, order_Cm) for candidate in candidates)
        self.teacher_Nk[rows], self.student_Nk[rows] = teacher_Cm[:, : self.k], student_Cm[:, : self.k]
        self.ids_Nk[rows] = ids_Cm[:, : self.k]
        # Whoever is in neither top goes to the tail from the tile, whoever dropped out of one from the candidates.
        for tail, logits_CK, dropped_Cf in (
            (self.teacher_tail, teacher_CK, teacher_Cm[:, self.k :]),
            (self.student_tail, student_CK, student_Cm[:, self.k :]),
        ):
            logits_CK.scatter_(1, column_Cf, -torch.inf)
            tail.add(rows, torch.cat([logits_CK, dropped_Cf], dim=1))


def row_sums(tile_CK: Tensor) -> Tensor:
    """[C] fp64. Widened before it is summed: torch's sum with a dtype is three times slower on a CPU."""
    return tile_CK.double().sum(dim=1)
