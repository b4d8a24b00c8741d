"""Supervised fine-tuning: L = (1/N) sum over labelled tokens of -log p(y_t | y_<t, same document).

The loop, readable top to bottom. N counts the labelled tokens of the whole optimiser step. Parameters and
optimiser state are fp32; with `compute.dtype: bfloat16` the matrix products of the body run in bf16 and the head
and softmax stay in fp32. The same seed, data, recipe, device and rank count give the same bits, interrupted or not.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import Any

from torch import Tensor

from costs.gauge import Gauge
from losses.cross_entropy import chunked_cross_entropy
from models.chat_tokens import Example
from parallel.ranks import sum_gradients, sum_over_ranks
from parallel.sharding import as_forward
from recipes.training import BatchSection, SftRecipe
from train.batches import epoch_order, step_count, step_rows
from train.checkpoint import Cursor, latest_checkpoint, restore_checkpoint, save_checkpoint
from train.metrics import StepMetrics, append_metrics, keep_metrics_up_to
from train.model import hidden_states
from train.normaliser import TokenNormaliser
from train.packing import MicroBatch, micro_batch_of, my_groups
from train.progress import RunProgress
from train.run_folder import RunFolder
from train.sample import Samples
from train.update import build_optimizer, update

__all__ = ["micro_batches_of", "sft_loss_sum", "train_sft"]


def train_sft(
    recipe: SftRecipe,
    model: Any,
    examples: Sequence[Example],
    *,
    valid_ids: int,
    pad_id: int,
    folder: RunFolder,
    progress: RunProgress,
    gauge: Gauge,
    samples: Samples,
) -> Cursor:
    """Train `model` in place, from the latest checkpoint in `folder` if there is one.

    Raises:
        DivergedError: loss or gradient is not finite; the last checkpoint is still good.
    """
    optim, batch = recipe.optim, recipe.batch
    optimizer = build_optimizer(model, optim)
    total_steps = step_count(len(examples), batch.rows_per_step, optim.epochs, optim.max_steps)
    steps_per_epoch = step_count(len(examples), batch.rows_per_step, 1, None)
    cursor = Cursor(step=0, epoch=0, index=0)
    if checkpoint := latest_checkpoint(folder.checkpoints):
        cursor = restore_checkpoint(checkpoint, model, optimizer)
        progress.say(f"continuing after step {cursor.step}")
    keep_metrics_up_to(folder.metrics, cursor.step)
    samples.keep_up_to(cursor.step)
    order = epoch_order(len(examples), recipe.seed, cursor.epoch)
    device = next(model.parameters()).device
    model.train()
    progress.begin(cursor.step, total_steps)

    while cursor.step < total_steps:
        started_s = time.perf_counter()
        rows = step_rows(order, batch.rows_per_step, cursor.index)
        micro_batches = micro_batches_of([examples[row] for row in rows], batch, pad_id)
        normaliser = TokenNormaliser.of_step(micro.targets_BT for micro in micro_batches)

        loss = 0.0
        for micro in micro_batches:
            share = normaliser.share(
                sft_loss_sum(model, micro.to(device), valid_ids=valid_ids, bf16=recipe.compute.dtype == "bfloat16")
            )
            share.backward()
            loss += share.item()

        loss = sum_over_ranks(loss)
        sum_gradients(model.parameters())
        lr, grad_norm = update(model, optimizer, optim, cursor.step, total_steps, loss)

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
            **gauge.read(tokens, normaliser.tokens, seconds),
        )
        append_metrics(folder.metrics, metrics)
        progress.step(metrics)

        epoch, index = divmod(cursor.step + 1, steps_per_epoch)
        if epoch != cursor.epoch:
            order = epoch_order(len(examples), recipe.seed, epoch)
        cursor = Cursor(cursor.step + 1, epoch, index)
        samples.take(cursor.step, total_steps)
        if cursor.step % recipe.checkpoint.every_steps == 0 and cursor.step < total_steps:
            save_checkpoint(folder.checkpoints, cursor, model, optimizer, recipe)
    return cursor


@as_forward
def sft_loss_sum(model: Any, batch: MicroBatch, *, valid_ids: int, bf16: bool = False) -> Tensor:
    """Sum of -log p over the labelled tokens of a micro-batch, an fp32 scalar."""
    hidden_BTH = hidden_states(model, batch, bf16=bf16)
    return chunked_cross_entropy(
        hidden_BTH.flatten(0, 1),
        model.get_output_embeddings().weight,
        batch.targets_BT.flatten(),
        valid_ids=valid_ids,
    )


def micro_batches_of(examples: Sequence[Example], batch: BatchSection, pad_id: int) -> list[MicroBatch]:
    """This rank's micro-batches, within the token budget, of the rows of one optimiser step."""
    return [micro_batch_of(group, batch, pad_id) for group in my_groups(examples, batch)]
