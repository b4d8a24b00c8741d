"""A step of GRPO here and in TRL's GRPOTrainer: CPU seconds and peak memory, each in a process of its own, by turns.

    python benchmarks/grpo_trl.py [--rounds 3] [--steps 8] [--prompts 8] [--size 8] [--new-tokens 32]

Both sides have the same random Qwen2 (fp32, one thread, no activation checkpointing), the same prompts, group size and
length of answers, `generate` of transformers for the rollouts, the same verdicts as reward, and the same loss (dapo, no
KL, one update a batch). Answers of a random model are never done, so all have the full length; about half of them keep
their one constraint. `computed` is the share of tokens with an advantage: TRL computes the others as well.

Seconds are CPU seconds between the ends of two steps, without the first two; memory is the peak resident set above what
is resident when training begins. Printed is a JSON line a process, and last the median ratio. Ends with 1 unless this
trainer takes less of both.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parent.parent
SYLLABLES = ("กา", "ขาว", "คน", "งาน", "จันทร์", "ดี", "ตา", "ทราย", "นก", "ปลา", "ฝน", "มะ", "ยา", "รัก", "ลม", "สวย")
CHATML = (
    "{% for m in messages %}<|im_start|>{{ m.role }}\n{{ m.content }}<|im_end|>\n{% endfor %}"
    "{% if add_generation_prompt %}<|im_start|>assistant\n{% endif %}"
)


def words(count: int) -> list[str]:
    """Distinct made-up words of one to four syllables."""
    rng, found = random.Random(0), dict[str, None]()
    while len(found) < count:
        found["".join(rng.choices(SYLLABLES, k=rng.choice((1, 2, 3, 4))))] = None
    return list(found)


def prepare(folder: Path, options: argparse.Namespace) -> None:
    """Model, tokenizer and prompts, for both sides."""
    import torch
    from tokenizers import AddedToken
    from tokenizers.pre_tokenizers import ByteLevel
    from transformers import Qwen2Config, Qwen2ForCausalLM, Qwen2Tokenizer

    vocabulary, specials = words(options.ids - 259), ("<|endoftext|>", "<|im_start|>", "<|im_end|>")
    added = [(word, False) for word in vocabulary] + [(special, True) for special in specials]
    build: Any = Qwen2Tokenizer
    tokenizer = build(
        vocab={symbol: n for n, symbol in enumerate(sorted(ByteLevel.alphabet()))},
        merges=[],
        eos_token="<|im_end|>",
        pad_token="<|endoftext|>",
        unk_token=None,
        added_tokens_decoder={
            256 + n: AddedToken(piece, special=special, normalized=False) for n, (piece, special) in enumerate(added)
        },
    )
    tokenizer.chat_template = CHATML
    tokenizer.save_pretrained(folder)
    config: Any = Qwen2Config
    torch.manual_seed(0)
    model = Qwen2ForCausalLM(
        config(
            vocab_size=options.ids,
            hidden_size=options.hidden,
            intermediate_size=3 * options.hidden,
            num_hidden_layers=2,
            num_attention_heads=4,
            num_key_value_heads=4,
            tie_word_embeddings=True,
            attn_implementation="sdpa",
        )
    )
    model.generation_config.eos_token_id = tokenizer.eos_token_id
    model.generation_config.pad_token_id = tokenizer.pad_token_id
    model.save_pretrained(folder)
    rng = random.Random(1)
    lengths = [len("".join(rng.choices(vocabulary, k=options.new_tokens))) for _ in range(201)]
    limit = {"id": "length.characters_max", "params": {"maximum": round(statistics.median(lengths))}}
    rows = [
        {
            "id": f"p{n}",
            "prompt": [{"role": "user", "content": " ".join(rng.choices(vocabulary, k=24))}],
            "constraints": [limit],
        }
        for n in range(options.prompts * options.steps)
    ]
    text = "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows)
    (folder / "prompts.jsonl").write_text(text, encoding="utf-8")


class Clock:
    """CPU seconds at the end of each step, and the peak resident set while it is open."""

    def __enter__(self) -> Clock:
        self.ends, self.begun_mb, self.peak_mb, self._done = (
            [time.process_time()],
            resident_mb(),
            0.0,
            threading.Event(),
        )
        self._thread = threading.Thread(target=self._sample)
        self._thread.start()
        return self

    def _sample(self) -> None:
        while not self._done.wait(0.01):
            self.peak_mb = max(self.peak_mb, resident_mb())

    def __exit__(self, *_: object) -> None:
        self._done.set()
        self._thread.join()

    def tick(self) -> None:
        self.ends.append(time.process_time())

    def told(self) -> dict[str, float]:
        steps = [after - before for before, after in zip(self.ends, self.ends[1:], strict=False)][2:]
        return {
            "s_per_step": round(statistics.median(steps), 3),
            "peak_mb": round(self.peak_mb - self.begun_mb),
            "steps": len(steps),
        }


def resident_mb() -> float:
    with open("/proc/self/statm") as file:
        return int(file.read().split()[1]) * os.sysconf("SC_PAGE_SIZE") / 1e6


def ours(folder: Path, options: argparse.Namespace) -> dict[str, Any]:
    from recipes.training import GrpoRecipe
    from train.metrics import StepMetrics, read_metrics
    from train.progress import RunProgress
    from train.session import run_stage

    clock, out = Clock(), folder / f"ours-{os.getpid()}"

    class Ticking(RunProgress):
        def begin(self, done_steps: int, total_steps: int) -> None:
            clock.__enter__()

        def step(self, metrics: StepMetrics) -> None:
            clock.tick()

    answers = options.prompts * options.size
    recipe = GrpoRecipe.model_validate(
        {
            "out": str(out),
            "model": {"path": str(folder)},
            "data": {"path": str(folder / "prompts.jsonl"), "max_tokens": 200},
            "rewards": {"constraints": {}},
            "rollout": {"max_new_tokens": options.new_tokens, "rows_per_call": answers},
            "group": {"size": options.size},
            "policy": {"clip_high": 0.24},
            "batch": {
                "rows_per_step": options.prompts,
                "tokens_per_micro_batch": (200 + options.new_tokens) * max(1, answers // 4),
                "packing": False,
            },
            "optim": {"lr": 1e-6, "schedule": "constant", "epochs": 1},
            "compute": {"device": "cpu", "threads": 1},
            "checkpoint": {"every_steps": 10_000},
        }
    )
    run_stage(recipe, resume=False, dry_run=False, progress=Ticking())
    clock.__exit__()
    lines = read_metrics(out / "metrics.jsonl")
    return clock.told() | {
        "reward": round(statistics.mean(line.stage["reward"] for line in lines), 3),
        "computed": round(sum(line.stage["computed_tokens"] for line in lines) / sum(m.loss_tokens for m in lines), 3),
    }


def trl(folder: Path, options: argparse.Namespace) -> dict[str, Any]:
    import torch
    from datasets import Dataset
    from transformers import AutoModelForCausalLM, AutoTokenizer, TrainerCallback
    from trl.trainer.grpo_config import GRPOConfig
    from trl.trainer.grpo_trainer import GRPOTrainer

    from constraints.rewards import fraction_satisfied

    torch.set_num_threads(1)
    clock, rewards = Clock(), list[float]()

    class Ticking(TrainerCallback):
        def on_train_begin(self, *_: Any, **__: Any) -> None:
            clock.__enter__()

        def on_step_end(self, *_: Any, **__: Any) -> None:
            clock.tick()

    def verdicts(completions: Any, constraints: Any, **_: Any) -> list[float | None]:
        found = fraction_satisfied(completions, constraints=constraints)
        rewards.extend(value for value in found if value is not None)
        return found

    lines = (folder / "prompts.jsonl").read_text(encoding="utf-8").splitlines()
    rows = [json.loads(line) for line in lines]
    answers = options.prompts * options.size
    config = GRPOConfig(
        output_dir=str(folder / f"trl-{os.getpid()}"),
        per_device_train_batch_size=answers // 4,
        gradient_accumulation_steps=4,
        num_generations=options.size,
        max_completion_length=options.new_tokens,
        temperature=1.0,
        top_p=1.0,
        top_k=0,
        beta=0.0,
        epsilon=0.2,
        epsilon_high=0.24,
        loss_type="dapo",
        learning_rate=1e-6,
        lr_scheduler_type="constant",
        max_steps=options.steps,
        gradient_checkpointing=False,
        bf16=False,
        use_cpu=True,
        report_to="none",
        save_strategy="no",
        logging_strategy="no",
        disable_tqdm=True,
    )
    trainer = GRPOTrainer(
        model=AutoModelForCausalLM.from_pretrained(folder, dtype=torch.float32, attn_implementation="sdpa"),
        processing_class=AutoTokenizer.from_pretrained(folder),
        reward_funcs=verdicts,
        args=config,
        train_dataset=Dataset.from_list(
            [{"prompt": r["prompt"], "constraints": json.dumps(r["constraints"])} for r in rows]
        ),
        callbacks=[Ticking()],
    )
    trainer.train()
    clock.__exit__()
    return clock.told() | {"reward": round(statistics.mean(rewards), 3)}


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--side", choices=["ours", "trl"], help="measure one side in this process")
    parser.add_argument("--folder", type=Path)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--steps", type=int, default=8)
    parser.add_argument("--prompts", type=int, default=8)
    parser.add_argument("--size", type=int, default=8)
    parser.add_argument("--new-tokens", type=int, default=32)
    parser.add_argument("--ids", type=int, default=8192)
    parser.add_argument("--hidden", type=int, default=128)
    options = parser.parse_args()
    if options.side:
        print(json.dumps({"side": options.side} | {"ours": ours, "trl": trl}[options.side](options.folder, options)))
        return
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        prepare(folder, options)
        found: dict[str, list[dict[str, Any]]] = {"ours": [], "trl": []}
        environment = {**os.environ, "PYTHONPATH": str(ROOT), "OMP_NUM_THREADS": "1", "TRL_EXPERIMENTAL_SILENCE": "1"}
        for _ in range(options.rounds):
            for side, measured in found.items():
                command = [sys.executable, *sys.argv, "--side", side, "--folder", str(folder)]
                output = subprocess.run(command, env=environment, stdout=subprocess.PIPE, text=True, check=True).stdout
                measured.append(json.loads(output.splitlines()[-1]))
                print(json.dumps(measured[-1]), flush=True)
    ratios = {
        key: statistics.median(a[key] / b[key] for a, b in zip(found["ours"], found["trl"], strict=True))
        for key in ("s_per_step", "peak_mb")
    }
    print(json.dumps({f"ours / trl, {key}": round(ratio, 3) for key, ratio in ratios.items()}))
    sys.exit(0 if max(ratios.values()) < 1 else 1)


if __name__ == "__main__":
    main()
