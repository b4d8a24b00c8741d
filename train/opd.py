"""On-policy distillation: L = (1/N) sum over labelled tokens of D(teacher, student) over the whole vocabulary.

The loop, readable top to bottom: the student answers its share of the step's rows, the teacher scores every labelled
token (its last hidden state is all that is kept), the student is pulled towards it in vocabulary tiles. N counts the
labelled tokens of the whole optimiser step, sampled ones included. Prompts and answers stay token ids throughout.
What is random is a function of (seed, step), so the same seed, data, recipe, device and rank count give the same bits,
interrupted or not.
"""

from __future__ import annotations

import hashlib
import time
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

import torch
from torch import Tensor

from costs.gauge import Gauge
from losses.config import DivergenceSection
from losses.divergence import distillation_loss
from losses.logit_tiles import Head
from models.chat_tokens import Example
from parallel.ranks import sum_gradients, sum_over_ranks
from parallel.sharding import as_forward
from recipes.training import OpdRecipe
from rollouts.engine import Rollout, RolloutEngine
from rollouts.transformers_engine import TransformersRollouts
from rollouts.vllm_engine import VllmRollouts
from train.batches import epoch_order, step_count, step_rows
from train.checkpoint import Cursor, latest_checkpoint, restore_checkpoint, save_checkpoint
from train.held_out import append_held_out, mean_forward_kl
from train.metrics import StepMetrics, append_metrics, keep_metrics_up_to
from train.mixing import answered_by_student, prompt_ids, student_rows
from train.model import hidden_states
from train.normaliser import TokenNormaliser
from train.packing import MicroBatch, micro_batch_of, my_groups
from train.progress import RunProgress
from train.run_folder import RunFolder
from train.sample import Samples
from train.teacher import Teacher
from train.update import build_optimizer, update

__all__ = ["opd_loss_sum", "rollout_seed", "train_opd"]

TeacherPlacing = Callable[[torch.optim.Optimizer], Teacher]


def train_opd(
    recipe: OpdRecipe,
    student: Any,
    place_teacher: TeacherPlacing,
    examples: Sequence[Example],
    held_out: Sequence[Example],
    *,
    valid_ids: int,
    pad_id: int,
    folder: RunFolder,
    progress: RunProgress,
    gauge: Gauge,
    samples: Samples,
) -> Cursor:
    """Train `student` in place, from the latest checkpoint in `folder` if there is one.

    `place_teacher` gets the optimiser because a swapped teacher moves its state out of the way.

    Raises:
        DivergedError: loss or gradient is not finite; the last checkpoint is still good.
    """
    optim, batch, rollout = recipe.optim, recipe.batch, recipe.rollout
    bf16 = recipe.compute.dtype == "bfloat16"
    optimizer = build_optimizer(student, optim)
    total_steps = step_count(len(examples), batch.rows_per_step, optim.epochs, optim.max_steps)
    steps_per_epoch = step_count(len(examples), batch.rows_per_step, 1, None)
    cursor = Cursor(step=0, epoch=0, index=0)
    if checkpoint := latest_checkpoint(folder.checkpoints):
        cursor = restore_checkpoint(checkpoint, student, optimizer)
        progress.say(f"continuing after step {cursor.step}")
    keep_metrics_up_to(folder.metrics, cursor.step)
    samples.keep_up_to(cursor.step)
    keep_metrics_up_to(folder.held_out, cursor.step if cursor.step else -1)
    teacher = place_teacher(optimizer)
    engine: RolloutEngine = TransformersRollouts(student, rollout, valid_ids=valid_ids, bf16=bf16)
    if rollout.engine == "vllm":
        longest = recipe.data.max_tokens + rollout.max_new_tokens
        engine = VllmRollouts(student, rollout, valid_ids=valid_ids, longest=longest)
    order = epoch_order(len(examples), recipe.seed, cursor.epoch)
    unanswered = {row for row, example in enumerate(examples) if example.unanswered}
    device = next(student.parameters()).device

    def say_held_out(step: int) -> None:
        kl = mean_forward_kl(student, teacher, held_out, batch, valid_ids=valid_ids, pad_id=pad_id)
        append_held_out(folder, progress, step, {"forward_kl": kl}, f"forward KL {kl:.5f} nats a token")

    student.train()
    progress.begin(cursor.step, total_steps)
    if held_out and cursor.step == 0:
        say_held_out(0)

    while cursor.step < total_steps:
        started_s = time.perf_counter()
        rows = step_rows(order, batch.rows_per_step, cursor.index)
        own_rows = student_rows(rows, rollout.share, recipe.seed, cursor.step, unanswered)
        prompts = [prompt_ids(examples[row], recipe.seed, cursor.step) for row in own_rows]
        answers: list[Rollout] = []
        if prompts:
            engine.wake()
            answers = engine.generate(prompts, partial(rollout_seed, recipe.seed, cursor.step))
            engine.sleep()
        rollout_s = time.perf_counter() - started_s

        sampled = {
            row: answered_by_student(examples[row], prompt, answer.ids_S)
            for row, prompt, answer in zip(own_rows, prompts, answers, strict=True)
        }
        groups = my_groups([sampled.get(row, examples[row]) for row in rows], batch)
        micro_batches = [micro_batch_of(group, batch, pad_id) for group in groups]
        normaliser = TokenNormaliser.of_step(micro.targets_BT for micro in micro_batches)

        loss = 0.0
        scored = teacher.hidden_of_step(groups, micro_batches)
        for micro, teacher_NH in zip(micro_batches, scored, strict=True):
            share = normaliser.share(
                opd_loss_sum(
                    student,
                    micro.to(device),
                    Head(teacher_NH, teacher.head_VH),
                    recipe.divergence,
                    valid_ids=valid_ids,
                    bf16=bf16,
                )
            )
            share.backward()
            loss += share.item()
        loss = sum_over_ranks(loss)
        sum_gradients(student.parameters())
        lr, grad_norm = update(student, optimizer, optim, cursor.step, total_steps, loss)

        seconds = time.perf_counter() - started_s
        tokens = sum_over_ranks(sum(micro.tokens for micro in micro_batches))
        metrics = StepMetrics(
            step=cursor.step + 1,
            epoch=cursor.epoch,
            loss=loss,
            tokens=tokens,
            loss_tokens=normaliser.tokens,
            lr=lr,
            grad_norm=grad_norm,
            tokens_per_s=tokens / seconds,
            seconds=seconds,
            stage=rollout_metrics(answers, rollout_s),
            **gauge.read(tokens, normaliser.tokens, seconds),
        )
        append_metrics(folder.metrics, metrics)
        progress.step(metrics)

        epoch, index = divmod(cursor.step + 1, steps_per_epoch)
        if epoch != cursor.epoch:
            order = epoch_order(len(examples), recipe.seed, epoch)
        cursor = Cursor(cursor.step + 1, epoch, index)
        if held_out and (cursor.step % recipe.held_out.every_steps == 0 or cursor.step == total_steps):
            say_held_out(cursor.step)
        samples.take(cursor.step, total_steps)
        if cursor.step % recipe.checkpoint.every_steps == 0 and cursor.step < total_steps:
            save_checkpoint(folder.checkpoints, cursor, student, optimizer, recipe)
    return cursor


@as_forward
def opd_loss_sum(
    student: Any, batch: MicroBatch, teacher: Head, divergence: DivergenceSection, *, valid_ids: int, bf16: bool = False
) -> Tensor:
    """Sum of the divergence over the labelled tokens of a micro-batch, an fp32 scalar.

    `teacher.hidden_NH` holds the labelled tokens of the batch, row by row.
    """
    hidden_BTH = hidden_states(student, batch, bf16=bf16)
    if bf16 and hidden_BTH.is_cuda:
        # A norm with fp32 weights hands over fp32; in bf16 the head's product runs on the tensor cores, with fp32 sums.
        hidden_BTH = hidden_BTH.bfloat16()
    return distillation_loss(
        Head(hidden_BTH.flatten(0, 1), student.get_output_embeddings().weight),
        teacher,
        batch.targets_BT.flatten(),
        divergence,
        valid_ids=valid_ids,
    )


def rollout_seed(seed: int, step: int, call: int) -> int:
    """The seed of one call of a step's rollouts.

    >>> rollout_seed(0, 5, 0) == rollout_seed(0, 5, 0) != rollout_seed(0, 5, 1)
    True
    """
    return int.from_bytes(hashlib.sha256(f"{seed}/rollout/{step}/{call}".encode()).digest()[:7])


def rollout_metrics(answers: Sequence[Rollout], seconds: float) -> dict[str, float]:
    """What the student's answers of one step were like; nothing without any."""
    if not answers:
        return {}
    tokens = sum(len(answer.ids_S) for answer in answers)
    return {
        "student_rows": len(answers),
        "student_tokens": tokens,
        "truncated_share": sum(answer.truncated for answer in answers) / len(answers),
        "mean_logprob": sum(float(answer.logprobs_S.sum(dtype="float64")) for answer in answers) / tokens,
        "rollout_seconds": seconds,
    }
