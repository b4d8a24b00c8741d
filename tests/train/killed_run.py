"""Runs that kill themselves, as nobody can catch: `python killed_run.py RECIPE.yaml PLACE NUMBER [RECIPE ...]`.

PLACE is where: at the end of the NUMBER-th call of the rollout engine, before the NUMBER-th update is applied, or
halfway through writing the NUMBER-th checkpoint. Printed is the signal that ended each. They are forked from here, so
that torch is imported once.
"""

from __future__ import annotations

import os
import signal
import sys
from pathlib import Path
from typing import Any

import torch

from models.loading import quiet_transformers
from recipes.stages import load_stages
from rollouts.transformers_engine import TransformersRollouts
from train import run as spine
from train.progress import RunProgress
from train.session import run_stage


def run(recipe: Path, place: str, number: int) -> None:
    calls = {"rollout": 0, "update": 0, "save": 0}
    right_call, right_update, right_save = TransformersRollouts._call, spine.update, torch.save

    def reached(name: str) -> bool:
        calls[name] += 1
        return name == place and calls[name] == number

    def die() -> None:
        os.kill(os.getpid(), signal.SIGKILL)

    def call(self: Any, *given: Any) -> Any:
        answers = right_call(self, *given)
        if reached("rollout"):
            die()
        return answers

    def update(*given: Any) -> Any:
        if reached("update"):
            die()
        return right_update(*given)

    def save(state: Any, path: Path) -> None:
        right_save(state, path)
        if reached("save"):
            path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
            die()

    for owner, name, replacement in (
        (TransformersRollouts, "_call", call),
        (spine, "update", update),
        (torch, "save", save),
    ):
        setattr(owner, name, replacement)
    [stage] = load_stages(recipe)
    run_stage(stage, resume=True, dry_run=False, progress=RunProgress())


def main(jobs: list[str]) -> None:
    torch.set_num_threads(1)
    quiet_transformers()
    for n in range(0, len(jobs), 3):
        sys.stdout.flush()
        if (child := os.fork()) == 0:
            run(Path(jobs[n]), jobs[n + 1], int(jobs[n + 2]))
            os._exit(0)
        _, status = os.waitpid(child, 0)
        print(f"signal {os.WTERMSIG(status)}", flush=True)


if __name__ == "__main__":
    main(sys.argv[1:])
