"""benchmarks/gpu_8b.py, whose runs are rare: its path runs on a CPU, and without a GPU it says so."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
import torch

ROOT = Path(__file__).parents[2]


def run(*arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, str(ROOT / "benchmarks" / "gpu_8b.py"), *arguments]
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    return subprocess.run(command, env=environment, capture_output=True, text=True)


def test_every_stage_runs_at_a_tiny_shape_and_is_logged(tmp_path: Path) -> None:
    sizes = ["--tokens", "64", "--row-tokens", "32", "--micro-batches", "2", "--steps", "2"]
    done = run("--device", "cpu", "--shape", "tiny", "--peak-tflops", "0.1", "--out", str(tmp_path), *sizes)
    assert done.returncode == 0, done.stderr
    log = (tmp_path / "tiny_cpu.log").read_text(encoding="utf-8")
    assert re.findall(r"^(\w+): 3 of 3 layers", log, re.MULTILINE) == ["sft", "opd", "rollout"]
    speeds = [float(speed.replace(",", "")) for speed in re.findall(r"^  ([\d,.]+) tokens/s", log, re.MULTILINE)]
    assert len(speeds) == 3
    assert min(speeds) > 0
    assert "rollouts: 128 tokens" in log  # a row of four, 128 tokens each: nothing ends early


@pytest.mark.skipif(torch.cuda.is_available(), reason="says so only where there is none")
def test_without_a_gpu_it_says_so() -> None:
    done = run()
    assert done.returncode == 2
    assert done.stderr.strip() == "there is no CUDA GPU here; --device cpu --shape tiny runs the same path on a CPU"
