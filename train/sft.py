"""Supervised fine-tuning: L = (1/N) sum over labelled tokens of -log p(y_t | y_<t, same document).

The loop, readable top to bottom; `train.run` has what surrounds it in every stage. N counts the labelled tokens of the
whole optimiser step. With `compute.dtype: bfloat16` the matrix products of the body run in bf16, head and softmax stay
in fp32. The same seed, data, recipe, device and rank count give the same bits, interrupted or not.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import Any

from torch import Tensor

from losses.cross_entropy import chunked_cross_entropy
from models.chat_tokens import Example
from parallel.ranks import sum_gradients, sum_over_ranks
from parallel.sharding import as_forward
from recipes.training import BatchSection, SftRecipe
from train.batches import step_count
from train.checkpoint import Cursor
from train.model import hidden_states
from train.normaliser import TokenNormaliser
from train.packing import MicroBatch, micro_batch_of, my_groups
from train.run import Run

__all__ = ["micro_batches_of", "sft_loss_sum", "train_sft"]


def train_sft(recipe: SftRecipe, examples: Sequence[Example], run: Run) -> Cursor:
    """Train the model of `run` in place, from its latest checkpoint if there is one.

    Raises:
        DivergedError: loss or gradient is not finite; the last checkpoint is still good.
    """
    optim, batch, model = recipe.optim, recipe.batch, run.model
    run.begin(len(examples), step_count(len(examples), batch.rows_per_step, optim.epochs, optim.max_steps))

    while run.unfinished:
        started_s = time.perf_counter()
        micro_batches = micro_batches_of([examples[row] for row in run.rows()], batch, run.pad_id)
        normaliser = TokenNormaliser.of_step(micro.targets_BT for micro in micro_batches)

        loss = 0.0
        for micro in micro_batches:
            share = normaliser.share(sft_loss_sum(model, micro.to(run.device), valid_ids=run.valid_ids, bf16=run.bf16))
            share.backward()
            loss += share.item()

        sum_gradients(model.parameters())
        tokens = sum(micro.tokens for micro in micro_batches)
        run.update(sum_over_ranks(loss), tokens, normaliser.tokens, started_s)
        run.look()
        run.next_batch()
    return run.cursor


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
