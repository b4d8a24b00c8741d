"""The loop, readable top to bottom: roll out a batch of groups, score them, and take one or several updates on it.

L = sum over tokens of weight * loss + lambda * b * L_CE; both terms are normalised over the whole update and all ranks,
each by its own count. What is random is a function of (seed, batch) or (seed, update), and checkpoints lie between
batches: the same seed, data, recipe, device and rank count give the same bits, interrupted or not.
"""

from __future__ import annotations

import time
from dataclasses import replace
from typing import Any

from costs.gauge import Gauge
from parallel.ranks import sum_gradients, sum_over_ranks
from recipes.training import GrpoRecipe
from train.batches import epoch_order, step_count, step_rows
from train.checkpoint import Cursor, latest_checkpoint, restore_checkpoint, save_checkpoint
from train.grpo.gradients import Forward, add_ink_gradient, add_policy_gradient, cut
from train.grpo.groups import Collector, rollout_metrics, training_samples
from train.grpo.held_out import HeldOut
from train.grpo.ink import Ink
from train.grpo.reference import Reference
from train.metrics import StepMetrics, append_metrics, keep_metrics_up_to
from train.progress import RunProgress
from train.run_folder import RunFolder
from train.sample import Samples
from train.update import build_optimizer, update

__all__ = ["train_grpo", "update_count"]


def update_count(recipe: GrpoRecipe, prompts: int) -> int:
    """Updates of the whole run."""
    per_batch = recipe.policy.mini_batches * recipe.policy.passes
    updates = per_batch * step_count(prompts, recipe.batch.rows_per_step, recipe.optim.epochs, None)
    return min(updates, recipe.optim.max_steps or updates)


def train_grpo(
    recipe: GrpoRecipe,
    model: Any,
    collector: Collector,
    ink: Ink | None,
    held_out: HeldOut,
    *,
    valid_ids: int,
    pad_id: int,
    folder: RunFolder,
    progress: RunProgress,
    gauge: Gauge,
    samples: Samples,
) -> Cursor:
    """Train `model` in place, from the latest checkpoint in `folder` if there is one. A step is one update.

    Raises:
        DivergedError: loss or gradient is not finite; the last checkpoint is still good.
    """
    batch, policy, prompts = recipe.batch, recipe.policy, len(collector.prompts)
    forward = Forward(valid_ids, recipe.compute.dtype == "bfloat16", next(model.parameters()).device)
    reference = Reference(model, recipe) if policy.kl_weight else None
    optimizer = build_optimizer(model, recipe.optim)
    total_steps, per_batch = update_count(recipe, prompts), policy.mini_batches * policy.passes
    batches_per_epoch = step_count(prompts, batch.rows_per_step, 1, None)
    cursor = Cursor(step=0, epoch=0, index=0)
    if checkpoint := latest_checkpoint(folder.checkpoints):
        cursor = restore_checkpoint(checkpoint, model, optimizer)
        progress.say(f"continuing after step {cursor.step}")
    keep_metrics_up_to(folder.metrics, cursor.step)
    samples.keep_up_to(cursor.step)
    held_out.keep_up_to(cursor.step)
    model.train()
    progress.begin(cursor.step, total_steps)
    if cursor.step == 0:
        held_out.take(0, total_steps)

    while cursor.step < total_steps:
        started_s, first_step, number = time.perf_counter(), cursor.step, cursor.step // per_batch
        rows = step_rows(epoch_order(prompts, recipe.seed, cursor.epoch), batch.rows_per_step, cursor.index)
        rollouts = collector.collect(number, rows, ink.extra_tokens(first_step, per_batch) if ink else 0)
        stage = rollout_metrics(rollouts) | {"rollout_seconds": time.perf_counter() - started_s}

        # Whole groups go into a mini-batch, and every pass takes the same ones.
        groups = training_samples(rollouts.groups, recipe.group)
        dealt = [groups[n :: policy.mini_batches] for n in range(policy.mini_batches)]
        answers = [[sample for group in mine for sample in group] for mine in dealt]
        mini_batches = [cut(each, recipe, pad_id, forward.device) for each in answers]
        if per_batch > 1:
            mini_batches = [[part.scored(model, "old_N", forward) for part in parts] for parts in mini_batches]
        if reference is not None:
            with reference.model() as as_before:
                mini_batches = [
                    [part.scored(as_before, "reference_N", forward) for part in parts] for parts in mini_batches
                ]

        for parts, of in list(zip(mini_batches, answers, strict=True)) * policy.passes:
            if cursor.step == total_steps:
                break
            loss, computed, line = add_policy_gradient(model, parts, policy, forward)
            tokens = sum(part.micro.tokens for part in parts)
            if ink:
                ink_loss, ink_tokens, ink_line = add_ink_gradient(model, ink, cursor.step, batch, pad_id, forward)
                loss, tokens, line = loss + ink_loss, tokens + ink_tokens, line | ink_line
            else:
                sum_gradients(model.parameters())
            lr, grad_norm = update(model, optimizer, recipe.optim, cursor.step, total_steps, loss)

            tokens, now_s = sum_over_ranks(tokens), time.perf_counter()
            loss_tokens = sum(len(sample.logprobs_S) for sample in of)
            metrics = StepMetrics(
                step=cursor.step + 1,
                epoch=cursor.epoch,
                loss=loss,
                tokens=tokens,
                loss_tokens=loss_tokens,
                lr=lr,
                grad_norm=grad_norm,
                tokens_per_s=tokens / (now_s - started_s),
                seconds=now_s - started_s,
                stage=stage | {"computed_tokens": computed} | line,
                **gauge.read(tokens, loss_tokens, now_s - started_s),
            )
            append_metrics(folder.metrics, metrics)
            progress.step(metrics)
            cursor = replace(cursor, step=cursor.step + 1)
            held_out.take(cursor.step, total_steps)
            samples.take(cursor.step, total_steps)
            started_s = time.perf_counter()

        cursor, every = Cursor(cursor.step, *divmod(number + 1, batches_per_epoch)), recipe.checkpoint.every_steps
        if first_step // every < cursor.step // every and cursor.step < total_steps:
            save_checkpoint(folder.checkpoints, cursor, model, optimizer, recipe)
    return cursor
