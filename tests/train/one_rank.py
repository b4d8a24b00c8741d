"""One of several processes that run the jobs of `test_ranks` together: `python one_rank.py RANK RANKS FOLDER`.

They find each other through a file and talk over the loopback interface.
"""

from __future__ import annotations

import json
import sys
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
import torch
import torch.distributed as dist

from train import normaliser, opd, sft
from train.grpo import gradients, ink, loop
from train.metrics import StepMetrics
from train.progress import RunProgress
from train.ranks import first_rank, rank_count
from train.session import run_stage
from train.stages import STAGES


class Stopped(Exception):
    pass


class StopAfter(RunProgress):
    """Breaks off right after a step, as a crash would; never with 0."""

    def __init__(self, step: int) -> None:
        super().__init__()
        self.last_step = step

    def step(self, metrics: StepMetrics) -> None:
        if metrics.step == self.last_step:
            raise Stopped


def run_job(job: dict[str, Any]) -> None:
    """A stage with the gradients of its first step saved, and one thing broken if the job says so."""
    recipe = STAGES[job["recipe"]["stage"]].model_validate(job["recipe"])
    right_sum, right_update = sft.sum_gradients, sft.update

    def sum_gradients(parameters: Any) -> None:
        parameters = list(parameters)
        right_sum(parameters)
        if job.get("mutation") == "mean of gradients":
            for parameter in parameters:
                parameter.grad /= rank_count()

    def update(model: Any, optimizer: Any, optim: Any, step: int, *rest: Any) -> tuple[float, float]:
        if step == 0 and first_rank():
            torch.save([parameter.grad.clone() for parameter in model.parameters()], job["gradients"])
        return right_update(model, optimizer, optim, step, *rest)

    with pytest.MonkeyPatch.context() as patch, suppress(Stopped):
        for module in (sft, opd, loop, gradients):
            patch.setattr(module, "sum_gradients", sum_gradients)
        for module in (sft, opd, loop):
            patch.setattr(module, "update", update)
        if job.get("mutation") == "own gate":
            patch.setattr(ink.Ink, "gate", lambda _self, _update: first_rank())
        if job.get("mutation") == "own normaliser":
            patch.setattr(normaliser, "sum_over_ranks", lambda number: number)
        progress = StopAfter(job.get("stop_after", 0))
        run_stage(recipe, resume=job.get("resume", False), dry_run=False, progress=progress)


def main(rank: int, ranks: int, folder: Path) -> None:
    torch.set_num_threads(1)
    if ranks > 1:
        dist.init_process_group("gloo", init_method=f"file://{folder / 'store'}", rank=rank, world_size=ranks)
    for job in json.loads((folder / "jobs.json").read_text(encoding="utf-8")):
        run_job(job)


if __name__ == "__main__":
    main(int(sys.argv[1]), int(sys.argv[2]), Path(sys.argv[3]))
