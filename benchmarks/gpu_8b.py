"""An 8B-shaped model on one GPU: tokens/s, MFU, and the peak of memory against the formulas of costs/footprint.py.

    python benchmarks/gpu_8b.py [--stage sft opd rollout] [--layers N] [--tokens 4096] [--steps 5]
    python benchmarks/gpu_8b.py --device cpu --shape tiny --out /tmp      # the same path, small, on any machine

The student has the shape of recipes/typhoon_s_8b.yaml and random weights: full fine-tuning with fp32 master weights and
activation checkpointing. The teacher has the student's shape, in bf16, on the same GPU. `sft` and `opd` train on rows
given in full; in `rollout` the student answers a quarter of the rows. Without --layers there are as many of the 36
layers as the formulas let fit, which the log says: state is 16 bytes a parameter, so all of them need about 140 GB.

MFU is the work of costs/footprint.py, without what checkpointing makes again, over the GPU's dense bf16 peak (known by
name, else --peak-tflops; measured on a CPU). Rollouts are left out of tokens/s and MFU and have a line of their own.
Peak is the allocator's; on a CPU it is the growth of the resident set, which says little about a tiny model.
Everything printed is written to OUT/SHAPE_DEVICE.log.
"""

from __future__ import annotations

import argparse
import gc
import os
import platform
import statistics
import sys
import tempfile
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any, cast

import numpy as np
import torch
from transformers import AutoConfig, AutoModelForCausalLM

from costs.footprint import memory, parameters, work
from costs.gauge import Gauge
from datagen.recipe import shipped_recipes
from models.chat_tokens import Example
from recipes.stages import load_stages
from recipes.training import OpdRecipe, SftRecipe, StageRecipe
from train.metrics import StepMetrics
from train.opd import train_opd
from train.plan import measured
from train.progress import RunProgress
from train.run import Run
from train.run_folder import RunFolder
from train.sample import Samples
from train.sft import train_sft
from train.teacher import ResidentTeacher

STAGES = ("sft", "opd", "rollout")
DENSE_BF16_TFLOPS = {"H200": 989, "H100": 989, "A100": 312}  # the makers' data sheets, without sparsity
FITS = 0.94  # of the device; the rest is for workspaces and fragmentation
NEW_TOKENS = 128
TINY = {"hidden_size": 64, "intermediate_size": 192, "num_attention_heads": 4, "num_key_value_heads": 2, "head_dim": 16}
TINY |= {"num_hidden_layers": 3, "vocab_size": 4096}


class Log:
    """Lines for the eyes, kept for the file."""

    def __init__(self) -> None:
        self.lines: list[str] = []

    def say(self, line: str) -> None:
        print(line, flush=True)
        self.lines.append(line)


def recipe_of(stage: str, options: argparse.Namespace, folder: str) -> StageRecipe:
    row = options.row_tokens
    keys: dict[str, Any] = {
        "out": folder,
        "model": {"path": "random"},
        "data": {"path": "random", "max_tokens": row},
        "batch": {
            "rows_per_step": options.tokens // row * options.micro_batches,
            "tokens_per_micro_batch": options.tokens + (NEW_TOKENS if stage == "rollout" else 0),
        },
        "optim": {"lr": 1e-6, "schedule": "constant", "warmup_ratio": 0.0, "epochs": options.steps},
        "compute": {"device": options.device, "dtype": "bfloat16", "activation_checkpointing": True},
        "checkpoint": {"every_steps": 10_000},
    }
    if stage == "sft":
        return SftRecipe.model_validate(keys)
    rollout = {"share": 0.25 if stage == "rollout" else 0.0, "max_new_tokens": NEW_TOKENS}
    return OpdRecipe.model_validate(keys | {"teacher": {"path": "random"}, "rollout": rollout})


def config_of(options: argparse.Namespace, layers: int | None) -> Any:
    student = load_stages(shipped_recipes()["typhoon_s_8b"])[0].model.shape
    assert student is not None, "the recipe has the shape for `plan`"
    shape: dict[str, Any] = student | (TINY if options.shape == "tiny" else {})
    config = AutoConfig.for_model(**shape, attn_implementation="sdpa")
    config.num_hidden_layers = layers or config.num_hidden_layers
    return config


def layers_that_fit(stage: str, options: argparse.Namespace, device_bytes: float) -> int:
    """All of them, or the largest number whose predicted peak leaves room."""
    most = config_of(options, None).num_hidden_layers
    for layers in range(options.layers or most, 0, -1):
        if options.layers or predicted(stage, options, config_of(options, layers))[1] <= FITS * device_bytes:
            return layers
    sys.exit(
        f"not even one layer of {stage} fits into {device_bytes / 1e9:.0f} GB by the formulas; give fewer --tokens"
    )


def predicted(stage: str, options: argparse.Namespace, config: Any) -> tuple[str, int]:
    """The phase with the highest peak, and its bytes."""
    recipe = recipe_of(stage, options, "unused")
    parts = memory(recipe, config, config, options.tokens * options.micro_batches)
    peaks = {name.removeprefix("peak: "): size for name, size in parts.items() if name.startswith("peak: ")}
    phase = max(peaks, key=lambda name: peaks[name])
    return phase, peaks[phase]


def rows_of(options: argparse.Namespace, ids: int) -> list[Example]:
    """The rows of one step, which every step sees: random ids, everything after the first eighth in the loss."""
    rng, row = np.random.default_rng(0), options.row_tokens
    rows = options.tokens // row * options.micro_batches
    labelled_T = np.arange(row) >= row // 8
    return [Example(str(n), rng.integers(2, ids, row).astype(np.int32), labelled_T) for n in range(rows)]


def model_of(config: Any, device: torch.device, dtype: torch.dtype, seed: int) -> Any:
    torch.manual_seed(seed)
    with device:
        model = AutoModelForCausalLM.from_config(config, dtype=dtype)
    # An end token that does not exist: a rollout always has its full length.
    model.generation_config.eos_token_id, model.generation_config.pad_token_id = [config.vocab_size], 0
    return model


def run(stage: str, options: argparse.Namespace, log: Log) -> None:
    device = torch.device(options.device)
    total = torch.cuda.get_device_properties(0).total_memory if device.type == "cuda" else float("inf")
    config = config_of(options, layers_that_fit(stage, options, total))
    phase, expected = predicted(stage, options, config)
    whole = config_of(options, None).num_hidden_layers
    log.say(
        f"{stage}: {config.num_hidden_layers} of {whole} layers, {parameters(config) / 1e9:.3f}B parameters, "
        f"{options.tokens * options.micro_batches} tokens a step in rows of {options.row_tokens}"
    )
    with tempfile.TemporaryDirectory() as folder:
        recipe = recipe_of(stage, options, folder)
        before = _allocated(device)
        steps = train(recipe, config, rows_of(options, config.vocab_size), device, Path(folder))
        peak = _peak(device) - before
    report(stage, options, log, config, steps[1:], peak, (phase, expected))
    gc.collect()
    if device.type == "cuda":
        torch.cuda.empty_cache()


def train(recipe: StageRecipe, config: Any, examples: list[Example], device: torch.device, folder: Path) -> Any:
    """The stage's own loop -> metrics of its steps."""
    steps: list[StepMetrics] = []

    class Steps(RunProgress):
        def step(self, metrics: StepMetrics) -> None:
            steps.append(metrics)

        def begin(self, done_steps: int, total_steps: int) -> None:
            pass

    student = model_of(config, device, torch.float32, 0)
    student.activation_checkpointing_enable()
    out, progress, unused = RunFolder(folder), Steps(), cast(Any, None)  # a tokenizer: there is nothing to read
    run = Run(
        recipe,
        student,
        valid_ids=config.vocab_size,
        pad_id=0,
        folder=out,
        progress=progress,
        gauge=Gauge(recipe, device, config, config),
        samples=Samples(recipe, student, unused, out, progress),
    )
    if isinstance(recipe, SftRecipe):
        train_sft(recipe, examples, run)
    else:
        assert isinstance(recipe, OpdRecipe)
        teacher = model_of(config, device, torch.bfloat16, 1).requires_grad_(False).eval()
        placed = ResidentTeacher(teacher, device, device)
        train_opd(recipe, lambda _: placed, examples, [], run)
    return steps


def report(
    stage: str, options: argparse.Namespace, log: Log, config: Any, steps: Any, peak: float, expected: Any
) -> None:
    """Medians over the steps after the first, and the peak beside the formula's."""
    seconds = statistics.median(step.seconds - step.stage.get("rollout_seconds", 0.0) for step in steps)
    tokens = statistics.median(step.tokens for step in steps)
    recipe = recipe_of("opd" if stage == "rollout" else stage, options, "unused")
    plain = recipe.model_copy(update={"compute": recipe.compute.model_copy(update={"activation_checkpointing": False})})
    flops = work(plain, config, config, tokens)[0]
    mfu = flops / seconds / 1e12 / peak_tflops(options)
    log.say(f"  {tokens / seconds:,.1f} tokens/s, {seconds:.3f} s a step, MFU {mfu:.1%}")
    if stage == "rollout":
        sampled = statistics.median(step.stage["student_tokens"] for step in steps)
        rollout_s = statistics.median(step.stage["rollout_seconds"] for step in steps)
        log.say(f"  rollouts: {sampled:.0f} tokens in {rollout_s:.2f} s, {sampled / rollout_s:,.1f} tokens/s")
    phase, size = expected
    log.say(f"  peak {peak / 1e9:.3f} GB; by the formulas {size / 1e9:.3f} GB ({phase}), {peak / size - 1:+.1%}")


def peak_tflops(options: argparse.Namespace) -> float:
    if options.peak_tflops is None:
        name = torch.cuda.get_device_name(0) if options.device == "cuda" else ""
        known = next((peak for key, peak in DENSE_BF16_TFLOPS.items() if key in name), None)
        options.peak_tflops = known or measured(recipe_of("sft", options, "unused").compute, "m @ m")
    return options.peak_tflops


def _allocated(device: torch.device) -> float:
    if device.type == "cuda":
        torch.cuda.reset_peak_memory_stats()
        return torch.cuda.memory_allocated()
    Path("/proc/self/clear_refs").write_text("5")  # the kernel's record of the peak begins again
    return _resident("VmRSS")


def _peak(device: torch.device) -> float:
    return torch.cuda.max_memory_allocated() if device.type == "cuda" else _resident("VmHWM")


def _resident(key: str) -> float:
    lines = Path("/proc/self/status").read_text(encoding="utf-8").splitlines()
    return next(int(line.split()[1]) * 1024 for line in lines if line.startswith(f"{key}:"))


def machine(options: argparse.Namespace) -> str:
    cpu = next(
        (
            line.split(":")[1].strip()
            for line in Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
            if line.startswith("model name")
        ),
        platform.machine(),
    )
    name = f"{cpu}, {os.cpu_count()} CPUs"
    if options.device == "cuda":
        properties = torch.cuda.get_device_properties(0)
        name = f"{properties.name}, {properties.total_memory / 2**30:.0f} GiB; {name}"
    return f"{name}; torch {torch.__version__}, transformers {version('transformers')}"


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--stage", nargs="+", choices=STAGES, default=list(STAGES))
    parser.add_argument("--device", choices=["cuda", "cpu"], default="cuda")
    parser.add_argument("--shape", choices=["8b", "tiny"], default="8b")
    parser.add_argument("--layers", type=int, help="of the student and the teacher; none: as many as fit")
    parser.add_argument("--tokens", type=int, default=4096, help="of a micro-batch")
    parser.add_argument("--row-tokens", type=int, default=1024)
    parser.add_argument("--micro-batches", type=int, default=4, help="of an optimiser step")
    parser.add_argument("--steps", type=int, default=5, help="the first is a warm-up")
    parser.add_argument("--peak-tflops", type=float, help="dense bf16, of the device")
    parser.add_argument("--out", type=Path, default=Path(__file__).parent / "results")
    options = parser.parse_args()
    if options.steps < 2 or options.tokens % options.row_tokens:
        parser.error("--steps must be 2 or more, and --tokens a multiple of --row-tokens")
    if options.device == "cuda" and not torch.cuda.is_available():
        print("there is no CUDA GPU here; --device cpu --shape tiny runs the same path on a CPU", file=sys.stderr)
        sys.exit(2)
    log = Log()
    log.say(f"{datetime.now(UTC):%Y-%m-%d} {machine(options)}")
    log.say("python benchmarks/gpu_8b.py " + " ".join(sys.argv[1:]))
    for stage in options.stage:
        run(stage, options, log)
    device = torch.cuda.get_device_name(0) if options.device == "cuda" else "cpu"
    options.out.mkdir(parents=True, exist_ok=True)
    file = options.out / f"{options.shape}_{'_'.join(device.lower().split())}.log"
    file.write_text("\n".join(log.lines) + "\n", encoding="utf-8")
    print(f"written to {file}")


if __name__ == "__main__":
    main()
