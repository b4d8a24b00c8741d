"""Rows that are never trained on; for distillation, the student's mean forward KL to the teacher on their answers.

The rows are drawn by the hash of their ids alone: two seeds, or two recipes, are compared on the same ones. The
measure is KL(teacher || student) at temperature 1 whatever divergence is trained, on the dataset's answers.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from typing import Any, TypeVar

import torch

from datagen.errors import DatasetError
from losses.config import DivergenceSection
from losses.divergence import distillation_loss
from losses.logit_tiles import Head
from models.chat_tokens import Example
from parallel.ranks import sum_over_ranks
from parallel.sharding import as_forward
from recipes.training import BatchSection
from train.metrics import append_line
from train.model import hidden_states
from train.normaliser import TokenNormaliser
from train.packing import MicroBatch, micro_batch_of, my_groups
from train.progress import RunProgress
from train.run_folder import RunFolder
from train.teacher import Teacher

__all__ = ["append_held_out", "by_hash", "hold_out", "mean_forward_kl"]

Item = TypeVar("Item")


def hold_out(examples: Sequence[Example], rows: int) -> tuple[list[Example], list[Example]]:
    """(for training, held out), each in the given order. Only rows that have an answer are held out.

    Raises:
        DatasetError: nothing would be left to train on.
    """
    answered = [example for example in examples if not example.unanswered]
    if rows > len(answered) or rows == len(examples):
        raise DatasetError(
            f"held_out.rows is {rows}, and of the {len(examples)} usable rows {len(answered)} have an answer; "
            "hold out fewer, or give more data"
        )
    drawn = {id(example) for example in by_hash(answered, lambda example: example.id)[:rows]}
    return [e for e in examples if id(e) not in drawn], [e for e in examples if id(e) in drawn]


def by_hash(items: Sequence[Item], name: Callable[[Item], str]) -> list[Item]:
    """In the order of the hashes of their names."""
    return sorted(items, key=lambda item: hashlib.sha256(f"held out/{name(item)}".encode()).digest())


def append_held_out(folder: RunFolder, progress: RunProgress, step: int, numbers: dict[str, float], said: str) -> None:
    """One line of held_out.jsonl, and one for the eyes."""
    append_line(folder.held_out, {"step": step, **numbers})
    progress.measured(step, {f"held_out/{name}": number for name, number in numbers.items()})
    progress.say(f"held out after step {step}: {said}")


@torch.no_grad()
def mean_forward_kl(
    student: Any, teacher: Teacher, examples: Sequence[Example], batch: BatchSection, *, valid_ids: int, pad_id: int
) -> float:
    """Nats a labelled token."""
    groups = my_groups(examples, batch)
    micro_batches = [micro_batch_of(group, batch, pad_id) for group in groups]
    normaliser = TokenNormaliser.of_step(micro.targets_BT for micro in micro_batches)
    device = next(student.parameters()).device
    was_training, total = student.training, 0.0
    student.eval()
    for micro, teacher_NH in zip(micro_batches, teacher.hidden_of_step(groups, micro_batches), strict=True):
        loss_sum = _forward_kl_sum(student, micro.to(device), Head(teacher_NH, teacher.head_VH), valid_ids)
        total += normaliser.share(loss_sum).item()
    student.train(was_training)
    return sum_over_ranks(total)


@as_forward
def _forward_kl_sum(student: Any, micro: MicroBatch, teacher: Head, valid_ids: int) -> torch.Tensor:
    return distillation_loss(
        Head(hidden_states(student, micro).flatten(0, 1), student.get_output_embeddings().weight),
        teacher,
        micro.targets_BT.flatten(),
        DivergenceSection(kl="forward"),
        valid_ids=valid_ids,
    )
