"""Cheaper relatives of the full-vocabulary divergences; the teacher is read in the forward pass only.

    top_k     forward KL over k + 1 outcomes: the teacher's k likeliest ids, and everything else as one bucket
    sampled   log s(y) - log t(y) of the token y that is there. With y drawn from the student it is an unbiased
              estimate of the reverse KL, and its gradient (log s(y) - log t(y)) * d log s(y)/dz one of the
              reverse KL's gradient. That is a policy gradient, not the derivative of the printed value, whose
              expectation is zero.

The tail bucket keeps top_k honest: without it a student could give all its mass to ids the teacher never ranks.

Shapes: N tokens, C tokens of a tile, K ids of a tile, k the top.
"""

from __future__ import annotations

import torch
from torch import Tensor

from losses.logit_tiles import Tile, target_columns
from losses.online import OnlineSoftmax, OnlineTopK

__all__ = ["SampledToken", "TopK"]


class TopK:
    """KL(teacher || student) over the teacher's top k and a tail."""

    passes = 1
    teacher_in_backward = False

    def __init__(self, tokens: int, device: torch.device, k: int) -> None:
        self.top = OnlineTopK(tokens, k, device)

    def observe(self, _number: int, tile: Tile) -> None:
        assert tile.teacher_CK is not None
        self.top.add(tile.rows, tile.ids.start, tile.student_CK, tile.teacher_CK)

    def value(self) -> Tensor:
        (teacher_Nm, _), (student_Nm, _) = self._log_outcomes()
        terms_Nm = teacher_Nm.exp() * (teacher_Nm - student_Nm)
        return terms_Nm.where(teacher_Nm > -torch.inf, 0.0).sum(dim=1)

    def gradient_(self, tile: Tile) -> Tensor:
        (teacher_Nm, _), (student_Nm, student_log_sum_N) = self._log_outcomes()
        rows, k = tile.rows, self.top.k
        # In the tail: s * (1 - t(tail) / s(tail)). In the top: s - t.
        tail_C = 1 - (teacher_Nm[rows, k] - student_Nm[rows, k]).exp()
        tail_C = tail_C.where(teacher_Nm[rows, k] > -torch.inf, 1.0)
        grad_CK = tile.student_CK.sub_(student_log_sum_N[rows, None]).exp_()
        ids_Ck = self.top.ids_Nk[rows] - tile.ids.start
        here_Ck = (ids_Ck >= 0) & (ids_Ck < grad_CK.shape[1])
        top_Ck = student_Nm[rows, :k].exp() - teacher_Nm[rows, :k].exp()
        grad_CK.mul_(tail_C[:, None].float())
        row_Ck = torch.arange(grad_CK.shape[0], device=grad_CK.device)[:, None].expand_as(ids_Ck)
        grad_CK[row_Ck[here_Ck], ids_Ck[here_Ck]] = top_Ck[here_Ck].float()
        return grad_CK

    def _log_outcomes(self) -> tuple[tuple[Tensor, Tensor], tuple[Tensor, Tensor]]:
        """Log-probabilities [N, k + 1] fp64, the tail last, and the log-sum they are relative to; teacher, student."""
        top = self.top
        outcomes = []
        for logits_Nk, tail in ((top.teacher_Nk, top.teacher_tail), (top.student_Nk, top.student_tail)):
            all_Nm = torch.cat([logits_Nk.double(), tail.log_sum()[:, None]], dim=1)
            log_sum_N = all_Nm.logsumexp(dim=1)
            outcomes.append((all_Nm - log_sum_N[:, None], log_sum_N))
        return outcomes[0], outcomes[1]


class SampledToken:
    """log student(y) - log teacher(y) of the token that is there, with the policy gradient."""

    passes = 1
    teacher_in_backward = False

    def __init__(self, tokens: int, device: torch.device, target_N: Tensor) -> None:
        self.target_N = target_N
        self.student, self.teacher = OnlineSoftmax(tokens, device), OnlineSoftmax(tokens, device)
        self.at_target_N2 = torch.zeros((tokens, 2), dtype=torch.float64, device=device)

    def observe(self, _number: int, tile: Tile) -> None:
        assert tile.teacher_CK is not None
        here_C, column_C = target_columns(tile, self.target_N)
        for side, logits_CK in enumerate((tile.student_CK, tile.teacher_CK)):
            picked_C = logits_CK.gather(1, column_C[:, None])[:, 0]
            self.at_target_N2[tile.rows, side] += picked_C.where(here_C, 0.0)
        self.student.add(tile.rows, tile.student_CK)
        self.teacher.add(tile.rows, tile.teacher_CK)

    def value(self) -> Tensor:
        student_N, teacher_N = self.at_target_N2.unbind(dim=1)
        return (student_N - teacher_N) - (self.student.log_sum() - self.teacher.log_sum())

    def gradient_(self, tile: Tile) -> Tensor:
        here_C, column_C = target_columns(tile, self.target_N)
        student_CK, inverse_C1 = self.student.unnormalised_(tile.rows, tile.student_CK)
        grad_CK = student_CK.mul_(-inverse_C1)
        grad_CK.scatter_add_(1, column_C[:, None], here_C[:, None].float())
        return grad_CK.mul_(self.value()[tile.rows, None].float())
