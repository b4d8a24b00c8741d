"""The spine of every loop: where a run stands, and what happens around the gradients of its steps.

A loop says what its loss is and adds the gradients up. Here the latest checkpoint is restored, the rows of a step are
named, the optimiser steps, the step is written down and shown, samples are looked at, and checkpoints are written.
Parameters and optimiser state are fp32; a run that was interrupted goes on with the same bits.
"""

from __future__ import annotations

import time
from dataclasses import asdict, replace
from typing import Any

from costs.gauge import Gauge
from parallel.ranks import sum_over_ranks
from recipes.training import StageRecipe
from train.batches import epoch_order, step_count, step_rows
from train.checkpoint import Cursor, latest_checkpoint, restore_checkpoint, save_checkpoint
from train.metrics import StepMetrics, append_line, keep_metrics_up_to
from train.progress import RunProgress
from train.run_folder import RunFolder
from train.sample import Samples
from train.update import build_optimizer, update

__all__ = ["Run"]


class Run:
    """One stage under way. A step is one optimiser step; a batch is the rows that one or several steps are made of."""

    def __init__(
        self,
        recipe: StageRecipe,
        model: Any,
        *,
        valid_ids: int,
        pad_id: int,
        folder: RunFolder,
        progress: RunProgress,
        gauge: Gauge,
        samples: Samples,
    ) -> None:
        self.recipe, self.model, self.valid_ids, self.pad_id = recipe, model, valid_ids, pad_id
        self.folder, self.progress, self.gauge, self.samples = folder, progress, gauge, samples
        self.optimizer = build_optimizer(model, recipe.optim)
        self.device, self.bf16 = next(model.parameters()).device, recipe.compute.dtype == "bfloat16"
        self.cursor, self.total_steps = Cursor(step=0, epoch=0, index=0), 0
        self._rows, self._batch_began_at = 0, 0
        self._order: tuple[int, list[int]] = (-1, [])  # of this epoch

    def begin(self, rows: int, total_steps: int) -> None:
        """From the latest checkpoint in the folder, if there is one; what was written after it is removed.

        `rows`: how many an epoch goes through.
        """
        self._rows, self.total_steps = rows, total_steps
        if checkpoint := latest_checkpoint(self.folder.checkpoints):
            self.cursor = restore_checkpoint(checkpoint, self.model, self.optimizer)
            self.progress.say(f"continuing after step {self.cursor.step}")
        keep_metrics_up_to(self.folder.metrics, self.cursor.step)
        self.samples.keep_up_to(self.cursor.step)
        self._batch_began_at = self.cursor.step
        self.model.train()
        self.progress.begin(self.cursor.step, total_steps)

    @property
    def unfinished(self) -> bool:
        return self.cursor.step < self.total_steps

    def rows(self) -> list[int]:
        """Those of the batch at the cursor."""
        if self._order[0] != self.cursor.epoch:
            self._order = (self.cursor.epoch, epoch_order(self._rows, self.recipe.seed, self.cursor.epoch))
        return step_rows(self._order[1], self.recipe.batch.rows_per_step, self.cursor.index)

    def update(
        self, loss: float, tokens: int, loss_tokens: int, started_s: float, stage: dict[str, float] | None = None
    ) -> None:
        """One optimiser step from the gradients in place, written down and shown.

        `loss`, `loss_tokens`: of all ranks; `tokens`: what went through the model on this one; `stage`: what only this
        stage measures.

        Raises:
            DivergedError: loss or gradient is not finite; the last checkpoint is still good.
        """
        optim, cursor = self.recipe.optim, self.cursor
        lr, grad_norm = update(self.model, self.optimizer, optim, cursor.step, self.total_steps, loss)
        tokens, seconds = sum_over_ranks(tokens), time.perf_counter() - started_s
        metrics = StepMetrics(
            step=cursor.step + 1,
            epoch=cursor.epoch,
            loss=loss,
            tokens=tokens,
            loss_tokens=loss_tokens,
            lr=lr,
            grad_norm=grad_norm,
            tokens_per_s=tokens / seconds,
            seconds=seconds,
            stage=stage or {},
            **self.gauge.read(tokens, loss_tokens, seconds),
        )
        append_line(self.folder.metrics, asdict(metrics))
        self.progress.step(metrics)
        self.cursor = replace(cursor, step=cursor.step + 1)

    def look(self) -> None:
        """At samples, if it is time to."""
        self.samples.take(self.cursor.step, self.total_steps)

    def next_batch(self) -> None:
        """Done with these rows: the cursor goes to the next ones, and a checkpoint is written where one is due."""
        per_epoch = step_count(self._rows, self.recipe.batch.rows_per_step, 1, None)
        done = self.cursor.epoch * per_epoch + self.cursor.index + 1
        self.cursor = Cursor(self.cursor.step, *divmod(done, per_epoch))
        every, first = self.recipe.checkpoint.every_steps, self._batch_began_at
        self._batch_began_at = self.cursor.step
        if first // every < self.cursor.step // every and self.unfinished:
            save_checkpoint(self.folder.checkpoints, self.cursor, self.model, self.optimizer, self.recipe)
