"""One optimiser step's gradients on the audited rows: the trainer's way, and one document at a time.

Shapes: B rows, T tokens, N labelled tokens, H hidden, V valid ids.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

from losses.config import DivergenceSection
from losses.logit_tiles import Head
from models.chat_tokens import Example
from parity.dense import dense_cross_entropy, dense_divergence
from recipes.training import BatchSection, OpdRecipe, StageRecipe
from train import opd, sft
from train.normaliser import TokenNormaliser
from train.packing import MicroBatch, micro_batch_groups, micro_batch_of

__all__ = ["Audited", "Gradients", "distance", "fingerprint", "reference_step", "trainer_step"]

Gradients = list[Tensor]


@dataclass(frozen=True, slots=True)
class Audited:
    """What is looked at. `teacher`: each row's hidden states, scored alone, and the head; none in SFT."""

    recipe: StageRecipe
    model: Any
    rows: Sequence[Example]
    valid_ids: int
    pad_id: int
    teacher: tuple[dict[str, Tensor], Tensor] | None = None

    @property
    def divergence(self) -> DivergenceSection | None:
        return self.recipe.divergence if isinstance(self.recipe, OpdRecipe) else None

    def loss_sum(self, group: Sequence[Example], micro: MicroBatch) -> Tensor:
        """The trainer's loss of a micro-batch, with fp32 products."""
        if self.teacher is None or self.divergence is None:
            return sft.sft_loss_sum(self.model, micro, valid_ids=self.valid_ids)
        hidden, head_VH = self.teacher
        teacher = Head(torch.cat([hidden[example.id] for example in group]), head_VH)
        return opd.opd_loss_sum(self.model, micro, teacher, self.divergence, valid_ids=self.valid_ids)


def trainer_step(audited: Audited, budget: int, *, packing: bool) -> tuple[float, Gradients, int]:
    """Loss, gradients of all parameters and number of micro-batches, of one step over all rows."""
    batch = BatchSection(tokens_per_micro_batch=budget, packing=packing)
    groups = micro_batch_groups(audited.rows, batch)
    micro_batches = [micro_batch_of(group, batch, audited.pad_id) for group in groups]
    normaliser = TokenNormaliser.of_step(micro.targets_BT for micro in micro_batches)

    def backward() -> float:
        loss = 0.0
        for group, micro in zip(groups, micro_batches, strict=True):
            share = normaliser.share(audited.loss_sum(group, micro.to(_device(audited.model))))
            share.backward()
            loss += share.item()
        return loss

    return *_gradients(audited.model, backward), len(groups)


def reference_step(audited: Audited) -> tuple[float, Gradients]:
    """The same step, a document at a time through its own head, dense in fp64 from the logits on, divided once."""
    tokens = sum(int(example.labelled_T[1:].sum()) for example in audited.rows)

    def backward() -> float:
        loss = 0.0
        for example in audited.rows:
            ids_T = torch.from_numpy(example.ids_T).long().to(_device(audited.model))
            # A token is predicted one position earlier.
            before_T = torch.from_numpy(example.labelled_T[1:]).to(ids_T.device)
            logits_TV = audited.model(input_ids=ids_T[None], use_cache=False).logits[0, :-1, : audited.valid_ids]
            logits_NV, target_N = logits_TV[before_T].double(), ids_T[1:][before_T]
            if audited.teacher is None or audited.divergence is None:
                total = dense_cross_entropy(logits_NV, target_N)
            else:
                hidden, head_VH = audited.teacher
                teacher_NV = hidden[example.id].float() @ head_VH[: audited.valid_ids].float().T
                total = dense_divergence(logits_NV, teacher_NV.double(), target_N, audited.divergence)
            (total / tokens).backward()
            loss += total.item() / tokens
        return loss

    return _gradients(audited.model, backward)


def distance(given: Gradients, wanted: Gradients) -> float:
    """|a - b| / |b| over all parameters at once."""
    square = lambda tensors: sum(float(t.double().square().sum()) for t in tensors)  # noqa: E731
    return (square(a - b for a, b in zip(given, wanted, strict=True)) / max(square(wanted), 1e-300)) ** 0.5


def fingerprint(loss: float, gradients: Gradients) -> str:
    """A hash of every bit."""
    digest = hashlib.sha256(loss.hex().encode())
    for gradient in gradients:
        digest.update(gradient.cpu().contiguous().view(torch.uint8).numpy().tobytes())
    return digest.hexdigest()


def _gradients(model: Any, backward: Callable[[], float]) -> tuple[float, Gradients]:
    model.zero_grad(set_to_none=True)
    loss = backward()
    parameters = [parameter for parameter in model.parameters() if parameter.requires_grad]
    gradients = [torch.zeros_like(p) if p.grad is None else p.grad for p in parameters]
    model.zero_grad(set_to_none=True)
    return loss, gradients


def _device(model: Any) -> torch.device:
    return next(model.parameters()).device
