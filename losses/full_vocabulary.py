"""Divergences over the whole vocabulary, from tiles: forward and reverse KL in one pass, JSD in two.

t is the teacher's distribution, s the student's, d = log s - log t, z the student's logits (over the temperature):

    forward   KL(t||s) = E_t[log t - log s]                      d/dz = s - t
    reverse   KL(s||t) = E_s[log s - log t]                      d/dz = s * (d - KL(s||t))
    jsd       b KL(t||m) + (1-b) KL(s||m),  m = b t + (1-b) s    d/dz = (1-b) * s * (log s - log m - KL(s||m))

b -> 0 turns jsd / b into forward, b -> 1 turns jsd / (1-b) into reverse (Agarwal et al. 2024, eq. 1, whose P is the
teacher). Log-ratios are taken as a difference of logits minus a difference of log-sums: where student and teacher
agree both are small, and nothing cancels. All three give exactly the same tiles back for the same two models.

Shapes: N tokens, C tokens of a tile, K ids of a tile.
"""

from __future__ import annotations

import math

import torch
import torch.nn.functional as F
from torch import Tensor

from losses.logit_tiles import Tile
from losses.online import OnlineSoftmax, row_sums

__all__ = ["ForwardKL", "JensenShannon", "ReverseKL"]


class ForwardKL:
    """KL(teacher || student): the student must cover whatever the teacher might say."""

    passes = 1
    teacher_in_backward = True

    def __init__(self, tokens: int, device: torch.device) -> None:
        self.student, self.teacher = OnlineSoftmax(tokens, device), OnlineSoftmax(tokens, device)

    def observe(self, _number: int, tile: Tile) -> None:
        assert tile.teacher_CK is not None
        self.teacher.add(tile.rows, tile.teacher_CK, tile.teacher_CK - tile.student_CK)
        self.student.add(tile.rows, tile.student_CK)

    def value(self) -> Tensor:
        return self.teacher.mean() - self.teacher.log_sum() + self.student.log_sum()

    def gradient_(self, tile: Tile) -> Tensor:
        assert tile.teacher_CK is not None
        student_CK, student_inverse_C1 = self.student.unnormalised_(tile.rows, tile.student_CK)
        teacher_CK, teacher_inverse_C1 = self.teacher.unnormalised_(tile.rows, tile.teacher_CK)
        return student_CK.mul_(student_inverse_C1).addcmul_(teacher_CK, teacher_inverse_C1, value=-1.0)


class ReverseKL:
    """KL(student || teacher): the student must not say what the teacher would not."""

    passes = 1
    teacher_in_backward = True

    def __init__(self, tokens: int, device: torch.device) -> None:
        self.student, self.teacher = OnlineSoftmax(tokens, device), OnlineSoftmax(tokens, device)

    def observe(self, _number: int, tile: Tile) -> None:
        assert tile.teacher_CK is not None
        self.student.add(tile.rows, tile.student_CK, tile.student_CK - tile.teacher_CK)
        self.teacher.add(tile.rows, tile.teacher_CK)

    def value(self) -> Tensor:
        return self.student.mean() - self.student.log_sum() + self.teacher.log_sum()

    def gradient_(self, tile: Tile) -> Tensor:
        assert tile.teacher_CK is not None
        # d - KL(s||t) without the log-sums, which are in both.
        centred_CK = tile.teacher_CK.neg_().add_(tile.student_CK).sub_(self.student.mean()[tile.rows, None].float())
        student_CK, inverse_C1 = self.student.unnormalised_(tile.rows, tile.student_CK)
        return student_CK.mul_(inverse_C1).mul_(centred_CK)


class JensenShannon:
    """The generalised Jensen-Shannon divergence: bounded, between forward and reverse."""

    passes = 2
    teacher_in_backward = True

    def __init__(self, tokens: int, device: torch.device, beta: float) -> None:
        self.beta = beta
        self.student, self.teacher = OnlineSoftmax(tokens, device), OnlineSoftmax(tokens, device)
        self.student_excess_N = torch.zeros(tokens, dtype=torch.float64, device=device)  # E_s[excess]
        self.teacher_excess_N = torch.zeros_like(self.student_excess_N)  # E_t[excess + d]

    def observe(self, number: int, tile: Tile) -> None:
        assert tile.teacher_CK is not None
        if number == 0:
            self.student.add(tile.rows, tile.student_CK)
            self.teacher.add(tile.rows, tile.teacher_CK)
            return
        ratio_CK, excess_CK = self._ratio_and_excess(tile.rows, tile.student_CK, tile.teacher_CK)
        student_CK, student_inverse_C1 = self.student.unnormalised_(tile.rows, tile.student_CK)
        teacher_CK, teacher_inverse_C1 = self.teacher.unnormalised_(tile.rows, tile.teacher_CK)
        self.student_excess_N[tile.rows] += row_sums(student_CK.mul_(student_inverse_C1).mul_(excess_CK))
        self.teacher_excess_N[tile.rows] += row_sums(teacher_CK.mul_(teacher_inverse_C1).mul_(excess_CK.add_(ratio_CK)))

    def value(self) -> Tensor:
        mean_N = self.beta * self.teacher_excess_N + (1 - self.beta) * self.student_excess_N
        return -(mean_N + math.log1p(-self.beta))

    def gradient_(self, tile: Tile) -> Tensor:
        assert tile.teacher_CK is not None
        _, excess_CK = self._ratio_and_excess(tile.rows, tile.student_CK, tile.teacher_CK)
        student_CK, inverse_C1 = self.student.unnormalised_(tile.rows, tile.student_CK)
        centred_CK = excess_CK.sub_(self.student_excess_N[tile.rows, None].float())
        return student_CK.mul_(inverse_C1 * (self.beta - 1)).mul_(centred_CK)

    def _ratio_and_excess(self, rows: slice, student_CK: Tensor, teacher_CK: Tensor) -> tuple[Tensor, Tensor]:
        """d, and log(m / s) - log(1 - b) = log(1 + b / (1 - b) * exp(-d)): tiny where s rules, so it is kept apart
        from the constant, which would swallow it."""
        offset_N = self.student.log_sum()[rows] - self.teacher.log_sum()[rows]
        ratio_CK = (student_CK - teacher_CK).sub_(offset_N[:, None].float())
        return ratio_CK, F.softplus(math.log(self.beta / (1 - self.beta)) - ratio_CK)
