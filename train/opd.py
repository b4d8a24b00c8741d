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
from train.batches import step_count
from train.checkpoint import Cursor
from train.held_out import append_held_out, mean_forward_kl
from train.metrics import keep_metrics_up_to
from train.mixing import answered_by_student, prompt_ids, student_rows
from train.model import hidden_states
from train.normaliser import TokenNormaliser
from train.packing import MicroBatch, micro_batch_of, my_groups
from train.run import Run
from train.teacher import Teacher

__all__ = ["opd_loss_sum", "rollout_seed", "train_opd"]

TeacherPlacing = Callable[[torch.optim.Optimizer], Teacher]


def train_opd(
    recipe: OpdRecipe,
    place_teacher: TeacherPlacing,
    examples: Sequence[Example],
    held_out: Sequence[Example],
    run: Run,
) -> Cursor:
    """Train the student, the model of `run`, in place, from its latest checkpoint if there is one.

    `place_teacher` gets the optimiser because a swapped teacher moves its state out of the way.

    Raises:
        DivergedError: loss or gradient is not finite; the last checkpoint is still good.
    """
    optim, batch, student = recipe.optim, recipe.batch, run.model
    run.begin(len(examples), step_count(len(examples), batch.rows_per_step, optim.epochs, optim.max_steps))
    keep_metrics_up_to(run.folder.held_out, run.cursor.step if run.cursor.step else -1)
    teacher, engine = place_teacher(run.optimizer), engine_of(recipe, run)
    known = {"valid_ids": run.valid_ids, "pad_id": run.pad_id}
    if held_out and run.cursor.step == 0:
        say_held_out(run, mean_forward_kl(student, teacher, held_out, batch, **known))

    while run.unfinished:
        started_s = time.perf_counter()
        answered, stage = answered_in_part(engine, examples, run.rows(), recipe, run.cursor.step)
        groups = my_groups(answered, batch)
        micro_batches = [micro_batch_of(group, batch, run.pad_id) for group in groups]
        normaliser = TokenNormaliser.of_step(micro.targets_BT for micro in micro_batches)

        loss, how = 0.0, {"valid_ids": run.valid_ids, "bf16": run.bf16}
        scored = teacher.hidden_of_step(groups, micro_batches)
        for micro, teacher_NH in zip(micro_batches, scored, strict=True):
            of_teacher = Head(teacher_NH, teacher.head_VH)
            share = normaliser.share(opd_loss_sum(student, micro.to(run.device), of_teacher, recipe.divergence, **how))
            share.backward()
            loss += share.item()

        sum_gradients(student.parameters())
        tokens = sum(micro.tokens for micro in micro_batches)
        run.update(sum_over_ranks(loss), tokens, normaliser.tokens, started_s, stage)
        if held_out and (run.cursor.step % recipe.held_out.every_steps == 0 or not run.unfinished):
            say_held_out(run, mean_forward_kl(student, teacher, held_out, batch, **known))
        run.look()
        run.next_batch()
    return run.cursor


def engine_of(recipe: OpdRecipe, run: Run) -> RolloutEngine:
    """Whoever generates for the student."""
    if recipe.rollout.engine == "vllm":
        longest = recipe.data.max_tokens + recipe.rollout.max_new_tokens
        return VllmRollouts(run.model, recipe.rollout, valid_ids=run.valid_ids, longest=longest)
    return TransformersRollouts(run.model, recipe.rollout, valid_ids=run.valid_ids, bf16=run.bf16)


def answered_in_part(
    engine: RolloutEngine, examples: Sequence[Example], rows: Sequence[int], recipe: OpdRecipe, step: int
) -> tuple[list[Example], dict[str, float]]:
    """The examples of a step, its share of them with the student's own answers, and what these were like."""
    started_s = time.perf_counter()
    unanswered = {row for row in rows if examples[row].unanswered}
    own_rows = student_rows(rows, recipe.rollout.share, recipe.seed, step, unanswered)
    prompts = [prompt_ids(examples[row], recipe.seed, step) for row in own_rows]
    answers: list[Rollout] = []
    if prompts:
        engine.wake()
        answers = engine.generate(prompts, partial(rollout_seed, recipe.seed, step))
        engine.sleep()
    stage = rollout_metrics(answers, time.perf_counter() - started_s)
    sampled = {
        row: answered_by_student(examples[row], prompt, answer.ids_S)
        for row, prompt, answer in zip(own_rows, prompts, answers, strict=True)
    }
    return [sampled.get(row, examples[row]) for row in rows], stage


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


def say_held_out(run: Run, kl: float) -> None:
    """The forward KL after the steps so far, on disk and for the eyes."""
    said = f"forward KL {kl:.5f} nats a token"
    append_held_out(run.folder, run.progress, run.cursor.step, {"forward_kl": kl}, said)
