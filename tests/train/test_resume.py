"""Interrupted and resumed equals uninterrupted, bit for bit; kill -9 loses at most the steps since a checkpoint."""

from __future__ import annotations

import json
import random
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from typing import Any

import pytest
import torch
import yaml
from safetensors.torch import load_file

from datagen.errors import OutputError
from recipes.training import SftRecipe
from train.checkpoint import latest_checkpoint
from train.metrics import StepMetrics, read_metrics
from train.progress import RunProgress
from train.run_folder import RunFolder
from train.session import run_stage

STEPS = 12  # 12 rows, 4 a step, 4 epochs


@pytest.fixture
def recipe_for(recipe_for: Callable[..., SftRecipe]) -> Callable[..., SftRecipe]:
    """The shared recipe with a checkpoint every other step."""
    return lambda out="run", **sections: recipe_for(out, **{"checkpoint": {"every_steps": 2}, **sections})


class Stopped(Exception):
    pass


class StopAfter(RunProgress):
    """Breaks off right after a step, as a crash would."""

    def __init__(self, step: int) -> None:
        super().__init__()
        self.last_step = step

    def step(self, metrics: StepMetrics) -> None:
        if metrics.step == self.last_step:
            raise Stopped


def timeless(path: Path) -> list[dict[str, Any]]:
    """The metrics without the wall clock and the memory."""
    clock = ("seconds", "tokens_per_s", "memory_gb")
    return [{k: v for k, v in asdict(m).items() if k not in clock} for m in read_metrics(path)]


def assert_same_run(given: RunFolder, wanted: RunFolder) -> None:
    assert timeless(given.metrics) == timeless(wanted.metrics)
    a, b = (load_file(folder.final / "model.safetensors") for folder in (given, wanted))
    assert a.keys() == b.keys()
    assert all(torch.equal(a[name], b[name]) for name in a)


def optimizer_state(folder: RunFolder) -> dict[str, Any]:
    checkpoint = latest_checkpoint(folder.checkpoints)
    assert checkpoint is not None
    return torch.load(checkpoint / "state.pt", weights_only=True)


@pytest.mark.parametrize("stop_after", [1, 5, 6, 9])
def test_resumed_equals_uninterrupted(recipe_for, stop_after: int) -> None:
    whole, broken = recipe_for("whole"), recipe_for("broken")
    run_stage(whole, resume=False, dry_run=False, progress=RunProgress())
    with pytest.raises(Stopped):
        run_stage(broken, resume=False, dry_run=False, progress=StopAfter(stop_after))
    assert len(read_metrics(RunFolder(broken.out).metrics)) == stop_after
    torch.manual_seed(stop_after)  # whatever the new process does first must not matter
    run_stage(broken, resume=True, dry_run=False, progress=RunProgress())
    assert_same_run(RunFolder(broken.out), RunFolder(whole.out))
    one, other = optimizer_state(RunFolder(broken.out)), optimizer_state(RunFolder(whole.out))
    assert one["cursor"] == other["cursor"] == {"step": 10, "epoch": 3, "index": 1}
    assert one["optimizer"]["state"].keys() == other["optimizer"]["state"].keys()
    for index, moments in one["optimizer"]["state"].items():
        assert all(torch.equal(moments[k], other["optimizer"]["state"][index][k]) for k in moments)


def test_a_resume_that_forgets_the_optimiser_is_another_run(recipe_for) -> None:
    """The twin: the comparison above notices one lost piece of state."""
    whole, broken = recipe_for("whole"), recipe_for("broken")
    run_stage(whole, resume=False, dry_run=False, progress=RunProgress())
    with pytest.raises(Stopped):
        run_stage(broken, resume=False, dry_run=False, progress=StopAfter(7))
    checkpoint = latest_checkpoint(RunFolder(broken.out).checkpoints)
    assert checkpoint is not None
    state = torch.load(checkpoint / "state.pt", weights_only=True)
    for moments in state["optimizer"]["state"].values():
        moments["exp_avg"].zero_()
    torch.save(state, checkpoint / "state.pt")
    run_stage(broken, resume=True, dry_run=False, progress=RunProgress())
    with pytest.raises(AssertionError):
        assert_same_run(RunFolder(broken.out), RunFolder(whole.out))


def test_killed_at_random_moments_and_resumed_equals_uninterrupted(recipe_for, tmp_path: Path) -> None:
    optim, every = {"epochs": 30, "lr": 1e-3}, {"every_steps": 7}
    whole = recipe_for("whole", optim=optim, checkpoint=every)
    killed = recipe_for("killed", optim=optim, checkpoint=every)
    run_stage(whole, resume=False, dry_run=False, progress=RunProgress())
    path = tmp_path / "killed.yaml"
    path.write_text(yaml.safe_dump(killed.model_dump(mode="json"), allow_unicode=True), encoding="utf-8")
    folder, seed = RunFolder(killed.out), time.time_ns() % 10_000
    moments = random.Random(seed)
    command = [sys.executable, "-c", "from train.cli import main; main()", "run", str(path), "--resume"]
    for enough_steps in (2, 20):
        with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as process:
            while process.poll() is None and not _steps_reached(folder, enough_steps):
                time.sleep(0.005)
            time.sleep(moments.uniform(0, 0.3))
            process.send_signal(signal.SIGKILL)
        assert process.returncode == -signal.SIGKILL, f"seed {seed}: it ended before it was killed"
        assert folder.status() == "running"
    run_stage(killed, resume=True, dry_run=False, progress=RunProgress())
    assert_same_run(folder, RunFolder(whole.out))


def _steps_reached(folder: RunFolder, steps: int) -> bool:
    return folder.metrics.exists() and folder.metrics.read_bytes().count(b"\n") >= steps


def test_only_the_last_checkpoints_are_kept_and_latest_names_the_newest(recipe_for) -> None:
    recipe = recipe_for(checkpoint={"every_steps": 2, "keep": 3})
    run_stage(recipe, resume=False, dry_run=False, progress=RunProgress())
    folder = RunFolder(recipe.out).checkpoints
    assert sorted(p.name for p in folder.iterdir()) == ["latest", "step-000006", "step-000008", "step-000010"]
    assert (folder / "latest").read_text() == "step-000010\n"


def test_leftovers_of_a_killed_save_are_swept_and_never_loaded(recipe_for) -> None:
    recipe = recipe_for()
    with pytest.raises(Stopped):
        run_stage(recipe, resume=False, dry_run=False, progress=StopAfter(5))
    folder = RunFolder(recipe.out)
    leftover = folder.checkpoints / ".step-000006.partial-x"
    leftover.mkdir()
    (leftover / "state.pt").write_bytes(b"half")
    with folder.metrics.open("a") as file:
        file.write('{"step": 6, "lo')
    run_stage(recipe, resume=True, dry_run=False, progress=RunProgress())
    assert not leftover.exists()
    assert [m.step for m in read_metrics(folder.metrics)] == list(range(1, STEPS + 1))


def test_a_damaged_checkpoint_is_an_error_not_a_fresh_start(recipe_for) -> None:
    recipe = recipe_for()
    with pytest.raises(Stopped):
        run_stage(recipe, resume=False, dry_run=False, progress=StopAfter(5))
    state = RunFolder(recipe.out).checkpoints / "step-000004" / "state.pt"
    state.write_bytes(state.read_bytes()[:1000])
    with pytest.raises(OutputError, match="cannot be read"):
        run_stage(recipe, resume=True, dry_run=False, progress=RunProgress())


def test_resume_refuses_another_recipe_or_other_data(recipe_for) -> None:
    recipe = recipe_for()
    with pytest.raises(Stopped):
        run_stage(recipe, resume=False, dry_run=False, progress=StopAfter(3))
    with pytest.raises(OutputError, match=r"optim\.lr=0\.1 \(was 0\.005\)"):
        run_stage(recipe_for(optim={"lr": 0.1}), resume=True, dry_run=False, progress=RunProgress())
    data = Path(recipe.data.path)
    row = {"messages": [{"role": "user", "content": "x"}, {"role": "assistant", "content": "y"}]}
    data.write_text(data.read_text(encoding="utf-8") + json.dumps(row) + "\n", encoding="utf-8")
    with pytest.raises(OutputError, match="dataset has changed"):
        run_stage(recipe, resume=True, dry_run=False, progress=RunProgress())
