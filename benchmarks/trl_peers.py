"""SFT and distillation beside TRL: the same model, rows, batch, dtype and tokens; speed and memory, by turns.

    pip install trl
    python benchmarks/trl_peers.py [--task sft opd] [--rounds 3] [--dtype float32] [--prompt 64] [--answer 64]

Peers: SFTTrainer; for distillation DistillationTrainer (it has tiles, too) and GKDTrainer (dense logits). Everybody
trains the same randomly initialised Qwen2 with 151,936 ids from the same weights on the same rows, with AdamW (fused),
clipping and a constant rate; no activation checkpointing, logging, saving or evaluation. The loss is on the answers,
which are fixed: nobody generates. Distillation is forward KL from a wider teacher. Ends with 1 unless the mean losses
agree: then it was the same training. On CPUs, where TRL runs its torch code and not its Triton kernels.

Each run is a process of its own. Its first steps are a warm-up; counted are wall-clock and CPU seconds from there to
the end of the last step. Memory is the peak resident set of the whole loop above what was there when models and rows
were loaded: gradients, optimiser, activations and loss; `beyond state` is without the 12 bytes a parameter that
everybody needs. Printed are medians, and the ratio of ours to each peer's.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any, cast

import torch
from transformers import PreTrainedTokenizerFast, Qwen2Config, Qwen2ForCausalLM, TrainerCallback

SIDES = {"sft": ("ours", "SFTTrainer"), "opd": ("ours", "DistillationTrainer", "GKDTrainer")}
IDS = 151_936
LR = 1e-4
WARM_UP = 2


class Clock:
    """Times of the ends of steps, and the resident set at the start and at its highest."""

    def __init__(self) -> None:
        self.ends: list[tuple[float, float]] = []
        Path("/proc/self/clear_refs").write_text("5")  # the kernel's record of the peak begins again
        self.before_mb = _status_mb("VmRSS")

    def step(self) -> None:
        self.ends.append((time.perf_counter(), time.process_time()))

    def result(self, loss: float, tokens_per_step: int, state_mb: float) -> dict[str, float]:
        (wall_0, cpu_0), (wall_1, cpu_1) = self.ends[WARM_UP - 1], self.ends[-1]
        tokens = tokens_per_step * (len(self.ends) - WARM_UP)
        peak_mb = _status_mb("VmHWM") - self.before_mb
        return {
            "tokens_per_s": tokens / (wall_1 - wall_0),
            "tokens_per_cpu_s": tokens / (cpu_1 - cpu_0),
            "peak_mb": peak_mb,
            "beyond_state_mb": peak_mb - state_mb,
            "loss": loss,
        }


def _status_mb(key: str) -> float:
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith(f"{key}:")) * 1024 / 1e6


def model_of(hidden: int, layers: int, seed: int) -> Any:
    torch.manual_seed(seed)
    config: Any = Qwen2Config
    model = Qwen2ForCausalLM(
        config(
            vocab_size=IDS,
            hidden_size=hidden,
            intermediate_size=4 * hidden,
            num_hidden_layers=layers,
            num_attention_heads=hidden // 64,
            num_key_value_heads=max(1, hidden // 256),
            tie_word_embeddings=True,
            attn_implementation="sdpa",
        )
    )
    model.config.eos_token_id = model.generation_config.eos_token_id = 0
    model.config.pad_token_id = model.generation_config.pad_token_id = 1
    return model


def rows_of(options: argparse.Namespace) -> list[tuple[list[int], list[int]]]:
    """(prompt, answer) of each row of a step; every step sees these rows, all of one length."""
    generator = torch.Generator().manual_seed(1)
    ids = torch.randint(2, IDS, (options.rows, options.prompt + options.answer), generator=generator).tolist()
    return [(row[: options.prompt], row[options.prompt :]) for row in ids]


def ours(options: argparse.Namespace, folder: Path) -> dict[str, float]:
    import numpy as np

    from costs.gauge import Gauge
    from models.chat_tokens import Example
    from recipes.training import OpdRecipe, SftRecipe
    from train.metrics import StepMetrics
    from train.opd import train_opd
    from train.progress import RunProgress
    from train.run import Run
    from train.run_folder import RunFolder
    from train.sample import Samples
    from train.sft import train_sft
    from train.teacher import ResidentTeacher

    recipe = {
        "out": str(folder),
        "model": {"path": "random"},
        "data": {"path": "random", "max_tokens": options.prompt + options.answer},
        "batch": {
            "rows_per_step": options.rows,
            "tokens_per_micro_batch": options.rows * (options.prompt + options.answer),
            "packing": False,
        },
        "optim": {"lr": LR, "schedule": "constant", "warmup_ratio": 0.0, "epochs": options.steps},
        "compute": {"device": "cpu", "dtype": options.dtype},
        "checkpoint": {"every_steps": 10_000},
    }
    examples = [
        Example(str(n), np.asarray(prompt + answer, np.int32), np.arange(len(prompt + answer)) >= len(prompt))
        for n, (prompt, answer) in enumerate(rows_of(options))
    ]
    losses: list[float] = []

    class Progress(RunProgress):
        def step(self, metrics: StepMetrics) -> None:
            clock.step()
            losses.append(metrics.loss)

    out, progress, cpu = RunFolder(folder), Progress(), torch.device("cpu")
    model = model_of(options.hidden, options.layers, 0)

    def run_of(checked: Any) -> Run:
        return Run(
            checked,
            model,
            valid_ids=IDS,
            pad_id=1,
            folder=out,
            progress=progress,
            gauge=Gauge(checked, cpu, model.config),
            samples=Samples(checked, model, cast(Any, None), out, progress),  # no prompts, so no tokenizer
        )

    if options.task == "sft":
        sft_recipe, clock = SftRecipe.model_validate(recipe), Clock()
        train_sft(sft_recipe, examples, run_of(sft_recipe))
    else:
        recipe |= {"teacher": {"path": "random"}, "rollout": {"share": 0.0}}
        teacher = model_of(options.teacher_hidden, options.layers, 1).requires_grad_(False).eval()
        placed = ResidentTeacher(teacher, cpu, cpu)
        opd_recipe, clock = OpdRecipe.model_validate(recipe), Clock()
        train_opd(opd_recipe, lambda _: placed, examples, [], run_of(opd_recipe))
    return clock.result(statistics.mean(losses), _tokens(options), _state_mb(model))


def peer(options: argparse.Namespace, folder: Path) -> dict[str, float]:
    import datasets
    from transformers.utils import logging as transformers_logging

    transformers_logging.set_verbosity_error()
    transformers_logging.disable_progress_bar()
    datasets.disable_progress_bars()
    rows = rows_of(options) * options.steps
    common: dict[str, Any] = {
        "output_dir": str(folder),
        "per_device_train_batch_size": options.rows,
        "max_steps": options.steps,
        "train_sampling_strategy": "sequential",
        "learning_rate": LR,
        "lr_scheduler_type": "constant",
        "weight_decay": 0.0,
        "max_grad_norm": 1.0,
        "optim": "adamw_torch_fused",
        "gradient_checkpointing": False,
        "bf16": options.dtype == "bfloat16",
        "use_cpu": True,
        "dataloader_pin_memory": False,
        "logging_strategy": "no",
        "save_strategy": "no",
        "report_to": "none",
        "disable_tqdm": True,
        "seed": 0,
    }
    model = model_of(options.hidden, options.layers, 0)
    build = {"SFTTrainer": _sft_trainer, "DistillationTrainer": _distillation_trainer, "GKDTrainer": _gkd_trainer}
    trainer = build[options.side](options, model, rows, common)

    class Ends(TrainerCallback):
        def on_step_end(self, *_: Any, **__: Any) -> None:
            clock.step()

    trainer.add_callback(Ends())
    clock = Clock()
    outcome = trainer.train()
    return clock.result(outcome.training_loss, _tokens(options), _state_mb(model))


def _sft_trainer(options: argparse.Namespace, model: Any, rows: Any, common: dict[str, Any]) -> Any:
    from trl.trainer.sft_config import SFTConfig
    from trl.trainer.sft_trainer import SFTTrainer

    return SFTTrainer(
        model,
        args=SFTConfig(**common, max_length=None),
        train_dataset=_labelled(rows),
        processing_class=_tokenizer(),
    )


def _gkd_trainer(options: argparse.Namespace, model: Any, rows: Any, common: dict[str, Any]) -> Any:
    from transformers import DataCollatorForTokenClassification
    from trl.experimental.gkd import GKDConfig, GKDTrainer

    tokenizer = _tokenizer()
    return GKDTrainer(
        model,
        teacher_model=model_of(options.teacher_hidden, options.layers, 1),
        # beta 0 is forward KL, lmbda 0 takes the rows' own answers.
        args=GKDConfig(**common, beta=0.0, lmbda=0.0, max_length=None),
        data_collator=DataCollatorForTokenClassification(tokenizer),
        train_dataset=_labelled(rows),
        processing_class=tokenizer,
    )


def _distillation_trainer(options: argparse.Namespace, model: Any, rows: Any, common: dict[str, Any]) -> Any:
    from datasets import Dataset
    from trl.trainer.distillation_config import DistillationConfig
    from trl.trainer.distillation_trainer import DistillationTrainer

    answers = {tuple(prompt): answer for prompt, answer in rows}

    class FixedAnswers(DistillationTrainer):
        def _generate_single_turn(self, prompt_ids: Any, *_: Any, **__: Any) -> Any:
            return [answers[tuple(ids)] for ids in prompt_ids]

    return FixedAnswers(
        model,
        teacher_model=model_of(options.teacher_hidden, options.layers, 1),
        args=DistillationConfig(**common, beta=0.0, max_completion_length=options.answer, shuffle_dataset=False),
        train_dataset=Dataset.from_list([{"prompt": " ".join(f"w{n}" for n in prompt)} for prompt, _ in rows]),
        processing_class=_tokenizer(),
    )


def _labelled(rows: Any) -> Any:
    from datasets import Dataset

    return Dataset.from_list(
        [
            {
                "input_ids": prompt + answer,
                "attention_mask": [1] * len(prompt + answer),
                "labels": [-100] * len(prompt) + answer,
            }
            for prompt, answer in rows
        ]
    )


def _tokenizer() -> PreTrainedTokenizerFast:
    """Every id is the word w<id>: prompts that a trainer insists on tokenising come out as they went in."""
    from tokenizers import Tokenizer, models, pre_tokenizers

    vocabulary = {"<end>": 0, "<pad>": 1} | {f"w{n}": n for n in range(2, IDS)}
    words = Tokenizer(models.WordLevel(vocabulary, unk_token="<pad>"))
    words.pre_tokenizer = pre_tokenizers.WhitespaceSplit()
    return PreTrainedTokenizerFast(tokenizer_object=words, eos_token="<end>", pad_token="<pad>", padding_side="left")


def _tokens(options: argparse.Namespace) -> int:
    return options.rows * (options.prompt + options.answer)


def _state_mb(model: Any) -> float:
    return 12 * sum(parameter.numel() for parameter in model.parameters()) / 1e6


def compare(options: argparse.Namespace) -> bool:
    """Every side of each task by turns; do the losses agree?"""
    agree, results = True, []
    for task in options.task:
        runs: dict[str, list[dict[str, float]]] = {side: [] for side in SIDES[task]}
        for turn in range(options.rounds):
            sides = SIDES[task] if turn % 2 == 0 else SIDES[task][::-1]
            for side in sides:
                # The later value of an option given twice counts.
                command = [sys.executable, *sys.argv, "--task", task, "--side", side]
                environment = {**os.environ, "PYTHONPATH": str(Path(__file__).parent.parent), "HF_HUB_OFFLINE": "1"}
                output = subprocess.run(command, check=True, env=environment, stdout=subprocess.PIPE, text=True).stdout
                runs[side].append(json.loads(output.splitlines()[-1]))
        medians = {
            side: {key: statistics.median(run[key] for run in of_side) for key in of_side[0]}
            for side, of_side in runs.items()
        }
        print(f"\n| {task} | tokens/s | tokens a CPU second | peak, MB | beyond state, MB | mean loss |")
        print("|---|--:|--:|--:|--:|--:|")
        mine = medians["ours"]
        for side, of_side in medians.items():
            print(
                f"| {side} | {of_side['tokens_per_s']:.1f} | {of_side['tokens_per_cpu_s']:.1f} | "
                f"{of_side['peak_mb']:.0f} | {of_side['beyond_state_mb']:.0f} | {of_side['loss']:.5f} |"
            )
            agree &= abs(of_side["loss"] - mine["loss"]) <= options.tolerance * abs(mine["loss"])
        for side, of_side in list(medians.items())[1:]:
            ratios = {key: mine[key] / of_side[key] for key in mine if key != "loss"}
            print(f"ours / {side}: " + ", ".join(f"{key} {ratio:.3f}" for key, ratio in ratios.items()), flush=True)
            results.append({"task": task, "peer": side, **{key: round(ratio, 4) for key, ratio in ratios.items()}})
    print(json.dumps({"dtype": options.dtype, "rounds": options.rounds, "ratios": results, "losses_agree": agree}))
    return agree


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--task", nargs="+", choices=list(SIDES), default=list(SIDES))
    parser.add_argument("--side", help="one side of one task, in this process")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--dtype", choices=["float32", "bfloat16"], default="float32")
    parser.add_argument("--hidden", type=int, default=256)
    parser.add_argument("--teacher-hidden", type=int, default=512)
    parser.add_argument("--layers", type=int, default=4)
    parser.add_argument("--rows", type=int, default=4)
    parser.add_argument("--prompt", type=int, default=64)
    parser.add_argument("--answer", type=int, default=64)
    parser.add_argument("--steps", type=int, default=8)
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--tolerance", type=float, default=1e-4, help="relative difference of the mean losses")
    options = parser.parse_args()
    if not options.side:
        sys.exit(0 if compare(options) else 1)
    torch.set_num_threads(options.threads)
    options.task = options.task[0]
    with tempfile.TemporaryDirectory() as folder:
        result = (ours if options.side == "ours" else peer)(options, Path(folder))
    print(json.dumps(result), flush=True)


if __name__ == "__main__":
    main()
