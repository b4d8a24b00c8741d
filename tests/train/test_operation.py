"""What is seen of a run while it runs and afterwards: progress, memory, MFU, trackers, the state of the code."""

from __future__ import annotations

import importlib.util
import io
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import torch
from rich.console import Console

import datagen.code_state as code_state_module
from costs import gauge as gauge_module
from costs.footprint import parameters
from costs.gauge import Gauge
from datagen.code_state import code_state
from models.errors import MissingExtraError
from train.metrics import StepMetrics, read_metrics
from train.progress import RunProgress
from train.run_folder import RunFolder
from train.session import run_stage
from train.tracker import tracking

CPU = torch.device("cpu")


def run(recipe: Any) -> RunFolder:
    run_stage(recipe, resume=False, dry_run=False, progress=RunProgress())
    return RunFolder(recipe.out)


def test_memory_is_in_the_metrics_and_near_what_the_system_says(recipe_for) -> None:
    last = read_metrics(run(recipe_for(optim={"max_steps": 2})).metrics)[-1]
    status = Path("/proc/self/status").read_text()
    now_gb = int(next(line.split()[1] for line in status.splitlines() if line.startswith("VmRSS"))) * 1024 / 1e9
    assert 0.5 * now_gb < last.memory_gb < 2 * now_gb
    assert last.mfu is None


def test_mfu_is_six_flops_a_parameter_over_the_peak(recipe_for, fresh_model, monkeypatch: pytest.MonkeyPatch) -> None:
    config = fresh_model().config
    recipe = recipe_for(compute={"peak_tflops": 2e-6, "activation_checkpointing": True})
    tokens, labelled, seconds = 200, 50, 4.0
    attention = 12 * config.num_hidden_layers * config.hidden_size * tokens
    flops = tokens * (6 * parameters(config, active=True) + attention)
    flops += labelled * 6 * config.hidden_size * config.vocab_size
    assert Gauge(recipe, CPU, config).read(tokens, labelled, seconds)["mfu"] == pytest.approx(flops / seconds / 2e6)
    monkeypatch.setattr(gauge_module, "rank_count", lambda: 2)
    assert Gauge(recipe, CPU, config).read(tokens, labelled, seconds)["mfu"] == pytest.approx(flops / seconds / 4e6)
    unknown = SimpleNamespace(model_type="mamba")
    assert Gauge(recipe, CPU, unknown).read(tokens, labelled, seconds)["mfu"] is None


@pytest.mark.parametrize(
    ("name", "tflops"), [("NVIDIA H100 80GB HBM3", 989), ("NVIDIA H100 PCIe", 756), ("NVIDIA H200", 989), ("T4", None)]
)
def test_the_peak_of_a_gpu_is_known_by_its_name(
    recipe_for, fresh_model, monkeypatch: pytest.MonkeyPatch, name: str, tflops: float | None
) -> None:
    monkeypatch.setattr(torch.cuda, "get_device_name", lambda _device: name)
    gpu, config = torch.device("cuda"), fresh_model().config
    assert Gauge(recipe_for(compute={"dtype": "bfloat16"}), gpu, config).peak_tflops == tflops
    assert Gauge(recipe_for(compute={"dtype": "float32"}), gpu, config).peak_tflops is None


def test_lines_say_speed_memory_and_time_left_without_a_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    said = io.StringIO()
    progress = RunProgress(Console(file=said, soft_wrap=True))
    monkeypatch.setattr("train.progress.time.perf_counter", iter([100.0, 160.0, 220.0]).__next__)
    progress.begin(10, 40)
    for step in (11, 12):
        progress.step(StepMetrics(step, 0, 1.0, 9, 9, 1e-5, 1.0, 300.0, 3.0, memory_gb=7.25, mfu=0.314))
    assert said.getvalue().splitlines()[-1].endswith("300 tokens/s  MFU 31.4%  7.2 GB  0:28:00 left")


@pytest.mark.skipif(importlib.util.find_spec("trackio") is None, reason="trackio is not installed")
def test_trackio_holds_what_metrics_jsonl_holds(recipe_for, tmp_path: Path) -> None:
    """In a process of its own: trackio reads TRACKIO_DIR when it is imported, and starts threads."""
    recipe = recipe_for(
        tracker="trackio", optim={"max_steps": 3}, sample={"prompts": ["สวัสดี"], "every_steps": 2, "max_new_tokens": 4}
    )
    path = tmp_path / "recipe.json"
    path.write_text(recipe.model_dump_json(), encoding="utf-8")
    secret = "hf_thisIsASecretToken"
    environment = os.environ | {
        "TRACKIO_DIR": str(tmp_path / "trackio"),
        "HF_HUB_OFFLINE": "1",
        "HF_TOKEN": secret,
        "OPENAI_API_KEY": secret,
    }
    command = [sys.executable, "-c", "from train.cli import main; main()", "run", str(path)]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=200)
    assert done.returncode == 0, done.stderr
    read = (
        "import json, trackio\n"
        "[run] = trackio.Api().runs('typhoon-train')\n"
        "from trackio.sqlite_storage import SQLiteStorage\n"
        "print(json.dumps([run.name, run.config, SQLiteStorage.get_logs('typhoon-train', run.name)], default=str))\n"
    )
    seen = subprocess.run([sys.executable, "-c", read], env=environment, capture_output=True, text=True, check=True)
    name, config, logs = json.loads(seen.stdout.splitlines()[-1])
    folder = RunFolder(recipe.out)
    assert name == "-".join(folder.path.parts[-2:])
    assert config["recipe"] == recipe.model_dump(mode="json")
    assert config["data"]["sha256"] == folder.card()["data"]["sha256"]
    tracked = {log["step"]: log["train/loss"] for log in logs if "train/loss" in log}
    assert tracked == {metrics.step: metrics.loss for metrics in read_metrics(folder.metrics)}
    assert [log["step"] for log in logs if "samples/script_leak_share" in log] == [2, 3]
    written = [file for root in (tmp_path / "trackio", folder.path) for file in root.rglob("*") if file.is_file()]
    assert len(written) > 3
    assert not any(secret.encode() in file.read_bytes() for file in written)


def test_a_tracker_that_is_not_installed_is_said_before_the_run(recipe_for, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    recipe = recipe_for(tracker="wandb")
    with pytest.raises(MissingExtraError, match=r"tracker: wandb is not installed: pip install wandb, or set tracker"):
        run(recipe)
    assert not Path(recipe.out).exists()


def test_wandb_is_asked_to_stay_offline(recipe_for, monkeypatch: pytest.MonkeyPatch) -> None:
    """Of the mapping only: a stand-in takes the arguments, wandb itself is not here."""
    asked: list[dict[str, Any]] = []
    logged: list[tuple[dict[str, float], int]] = []
    stand_in = SimpleNamespace(
        init=lambda **given: asked.append(given),
        Settings=lambda **given: given,
        log=lambda numbers, step: logged.append((numbers, step)),
        finish=lambda: asked.append({"finished": True}),
    )
    monkeypatch.setitem(sys.modules, "wandb", stand_in)
    monkeypatch.delenv("WANDB_MODE", raising=False)
    folder, progress = run(recipe_for(optim={"max_steps": 1})), RunProgress()
    with tracking("wandb", folder, progress):
        progress.measured(3, {"x": 1.0})
    assert (asked[0]["mode"], asked[0]["settings"]) == ("offline", {"disable_git": True, "disable_code": True})
    assert asked[0]["config"].keys() == {"recipe", "code", "versions", "data"}
    assert logged == [({"x": 1.0}, 3)]
    assert asked[-1] == {"finished": True}


def git(folder: Path, *arguments: str) -> str:
    identity = ["-c", "user.name=t", "-c", "user.email=t@t"]
    return subprocess.run(
        ["git", "-C", str(folder), *identity, *arguments], check=True, capture_output=True, text=True
    ).stdout.strip()


def test_the_card_names_the_code(recipe_for) -> None:
    code = run(recipe_for(optim={"max_steps": 1})).card()["code"]
    assert code == code_state()
    assert len(code["sources_sha256"]) == 64


def test_commit_and_changes_of_a_checkout_are_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    home = tmp_path / "checkout"
    (home / "datagen").mkdir(parents=True)
    file = home / "datagen" / "code_state.py"
    shutil.copy(code_state_module.__file__, file)
    monkeypatch.setattr(code_state_module, "_HOME", home)
    monkeypatch.setattr(code_state_module, "__file__", str(file))
    outside = code_state()
    assert (outside["commit"], outside["dirty"]) == (None, None)
    git(home, "init", "-q")
    # A checkout of somebody else's, below which this package happens to lie.
    assert code_state()["commit"] is None
    git(home, "add", ".")
    git(home, "commit", "-qm", "x")
    clean = code_state()
    assert (clean["commit"], clean["dirty"]) == (git(home, "rev-parse", "HEAD"), False)
    file.write_text(file.read_text() + "# changed\n")
    dirty = code_state()
    assert (dirty["commit"], dirty["dirty"]) == (clean["commit"], True)
    assert dirty["sources_sha256"] != clean["sources_sha256"] == outside["sources_sha256"]
    monkeypatch.setenv("PATH", str(tmp_path))
    assert code_state()["commit"] is None
