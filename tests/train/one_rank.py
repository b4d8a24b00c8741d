"""Processes that run the jobs of `test_ranks` together: `python one_rank.py FOLDER`, phase after phase of phases.json.

They are forks, so that torch is imported once; they find each other through a file and talk over loopback.
"""

from __future__ import annotations

import json
import os
import sys
import traceback
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
import torch
import torch.distributed as dist
from torch.distributed.fsdp import FSDPModule
from torch.distributed.tensor import DTensor

from parallel.ranks import first_rank, rank_count, wait
from parallel.sharding import whole
from recipes.stages import STAGES
from train import normaliser, opd, sft
from train import run as spine
from train.cli import tasks_of
from train.grpo import gradients, ink, loop
from train.metrics import StepMetrics
from train.progress import RunProgress
from train.session import run_stage
from train.teacher import ResidentTeacher


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
    right_sum, right_update = sft.sum_gradients, spine.update

    def sum_gradients(parameters: Any) -> None:
        parameters = list(parameters)
        right_sum(parameters)
        if job.get("mutation") == "mean of gradients":
            for parameter in parameters:
                if not isinstance(parameter.grad, DTensor):
                    parameter.grad /= rank_count()

    def update(model: Any, optimizer: Any, optim: Any, step: int, *rest: Any) -> tuple[float, float]:
        if step == 0:
            gradients = [whole(parameter.grad) for parameter in model.parameters() if parameter.requires_grad]
            if first_rank():
                torch.save([gradient.clone() for gradient in gradients], job["gradients"])
        return right_update(model, optimizer, optim, step, *rest)

    right_teacher = ResidentTeacher.__init__

    def teacher(self: Any, model: Any, *given: Any) -> None:
        right_teacher(self, model, *given)
        parts = [p.to_local() if isinstance(p, DTensor) else p for p in self.model.parameters()]
        held = {"teacher": sum(p.nbytes for p in parts), "teacher: head beside it": self.head_VH.nbytes}
        if first_rank():
            Path(f"{recipe.out}.teacher.json").write_text(json.dumps(held), encoding="utf-8")

    with pytest.MonkeyPatch.context() as patch, suppress(Stopped):
        patch.setattr(ResidentTeacher, "__init__", teacher)
        for module in (sft, opd, loop, gradients):
            patch.setattr(module, "sum_gradients", sum_gradients)
        patch.setattr(spine, "update", update)
        if job.get("mutation") == "mean of gradients":
            patch.setattr(FSDPModule, "set_gradient_divide_factor", lambda *_: None)  # a mean is its default
        if job.get("mutation") == "own gate":
            patch.setattr(ink.Ink, "gate", lambda _self, _update: first_rank())
        if job.get("mutation") == "own normaliser":
            patch.setattr(normaliser, "sum_over_ranks", lambda number: number)
        progress = StopAfter(job.get("stop_after", 0))
        tasks = tasks_of(recipe)
        run_stage(recipe, resume=job.get("resume", False), dry_run=False, progress=progress, tasks=tasks)


def run_rank(rank: int, ranks: int, jobs: list[dict[str, Any]], store: Path) -> None:
    torch.set_num_threads(1)
    if ranks > 1:
        dist.init_process_group("gloo", init_method=f"file://{store}", rank=rank, world_size=ranks)
    for job in jobs:
        run_job(job)
    if ranks > 1:
        wait()  # the others may still be receiving, and a connection that closes under them is an error
        dist.destroy_process_group()


def main(folder: Path) -> None:
    for phase, (ranks, jobs) in enumerate(json.loads((folder / "phases.json").read_text(encoding="utf-8"))):
        children = []
        for rank in range(ranks):
            if child := os.fork():
                children.append(child)
                continue
            code = 1
            try:
                run_rank(rank, ranks, jobs, folder / f"store {phase}")
                code = 0
            finally:
                traceback.print_exc() if code else None
                sys.stdout.flush()
                os._exit(code)
        codes = [os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) for child in children]
        if any(codes):
            sys.exit(f"phase {phase}: the exit codes of its ranks are {codes}")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
