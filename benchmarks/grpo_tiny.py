"""GRPO on a tiny model, on a CPU: from under 10 % to over 90 % of answers that keep their Thai format, for three seeds.

    python benchmarks/grpo_tiny.py [--out runs/grpo_tiny] [--seeds 0 1 2] [--steps 100]

The model is a Qwen2 of two layers with a vocabulary of its own: bytes, and one id for each of 24 Thai words. SFT first
teaches it to answer in one or two lines, the last of which ends with one of eight particles, all equally often; asked
for are two lines that end with ครับ, so about 1 answer in 16 is right. GRPO then rewards answers whose two constraints
both hold, by the checkers of `constraints`, and nothing else. Printed are the mean reward of the answers sampled in
each step, before that step's update, as a Markdown table, and one JSON line. Ends with 1 unless every seed begins under
10 % and ends over 90 % (mean of the last five steps).
"""

from __future__ import annotations

import argparse
import json
import random
import statistics
import sys
import time
from pathlib import Path
from typing import Any

import torch

from models.loading import quiet_transformers
from recipes.training import GrpoRecipe, SftRecipe
from train.metrics import read_metrics
from train.progress import RunProgress
from train.run_folder import RunFolder
from train.session import run_stage

ENDINGS = ("ครับ", "ค่ะ", "จ้ะ", "นะ", "เลย", "จัง", "แล้ว", "ด้วย")
WORDS = ("ฝนตก", "แดดออก", "ลมแรง", "อากาศดี", "รถติด", "ข้าวอร่อย", "แมวนอน", "ดอกไม้บาน")
TOPICS = ("อากาศ", "อาหาร", "จราจร", "สัตว์", "ดอกไม้", "วันหยุด", "ตลาด", "โรงเรียน")
WANTED = [
    {"id": "length.lines", "params": {"count": 2}},
    {"id": "keywords.ends_with", "params": {"phrase": "ครับ"}},
]
CHATML = (
    "{% for m in messages %}<|im_start|>{{ m.role }}\n{{ m.content }}<|im_end|>\n{% endfor %}"
    "{% if add_generation_prompt %}<|im_start|>assistant\n{% endif %}"
)


def write_model(folder: Path) -> None:
    """A tokenizer with an id for each word, and a random model."""
    from tokenizers import AddedToken
    from tokenizers.pre_tokenizers import ByteLevel
    from transformers import Qwen2Config, Qwen2ForCausalLM, Qwen2Tokenizer

    specials = ("<|endoftext|>", "<|im_start|>", "<|im_end|>")
    pieces = [(p, False) for p in (*TOPICS, *ENDINGS, *WORDS)] + [(s, True) for s in specials]
    build: Any = Qwen2Tokenizer
    tokenizer = build(
        vocab={symbol: n for n, symbol in enumerate(sorted(ByteLevel.alphabet()))},
        merges=[],
        eos_token="<|im_end|>",
        pad_token="<|endoftext|>",
        unk_token=None,
        added_tokens_decoder={
            256 + n: AddedToken(piece, special=special, normalized=False) for n, (piece, special) in enumerate(pieces)
        },
    )
    tokenizer.chat_template = CHATML
    tokenizer.save_pretrained(folder)
    config: Any = Qwen2Config
    torch.manual_seed(0)
    Qwen2ForCausalLM(
        config(
            vocab_size=320,
            hidden_size=64,
            intermediate_size=128,
            num_hidden_layers=2,
            num_attention_heads=4,
            num_key_value_heads=4,
            tie_word_embeddings=True,
            attn_implementation="sdpa",
        )
    ).save_pretrained(folder)


def write_data(folder: Path) -> None:
    """Answers in every format, and the questions with what is wanted of an answer."""
    rng, chats = random.Random(0), []
    for n in range(512):
        lines = [rng.choice(WORDS) for _ in range(rng.choice((1, 2)))]
        messages = [
            {"role": "user", "content": rng.choice(TOPICS)},
            {"role": "assistant", "content": "\n".join(lines) + rng.choice(ENDINGS)},
        ]
        chats.append({"id": f"c{n}", "messages": messages})
    prompts = [
        {"id": f"p{n}", "prompt": [{"role": "user", "content": topic}], "constraints": WANTED}
        for n, topic in enumerate(TOPICS)
    ]
    for name, rows in (("chats", chats), ("prompts", prompts)):
        text = "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows)
        (folder / f"{name}.jsonl").write_text(text, encoding="utf-8")


def recipes(out: Path, seed: int, steps: int) -> tuple[SftRecipe, GrpoRecipe]:
    """Every format, once; then the wanted one by its reward."""
    common = {"compute": {"device": "cpu", "threads": 1}, "checkpoint": {"every_steps": 10_000, "keep": 1}}
    sft = SftRecipe.model_validate(
        common
        | {
            "out": str(out / "sft"),
            "model": {"path": str(out / "model")},
            "data": {"path": str(out / "chats.jsonl"), "max_tokens": 96},
            "batch": {"rows_per_step": 64, "tokens_per_micro_batch": 1024, "packing": False},
            "optim": {"lr": 5e-3, "epochs": 6},
        }
    )
    grpo = GrpoRecipe.model_validate(
        common
        | {
            "out": str(out / f"grpo-{seed}"),
            "seed": seed,
            "model": {"path": str(out / "sft" / "final")},
            "data": {"path": str(out / "prompts.jsonl"), "max_tokens": 96},
            "rewards": {"constraints": {"scoring": "all"}},
            "rollout": {"max_new_tokens": 8, "rows_per_call": 256},
            "group": {"size": 32},
            "policy": {"clip_high": 0.24},
            "batch": {"rows_per_step": 8, "tokens_per_micro_batch": 4096, "packing": False},
            "optim": {"lr": 1e-3, "schedule": "constant", "epochs": steps, "clip_norm": 1.0},
        }
    )
    return sft, grpo


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--out", type=Path, default=Path("runs/grpo_tiny"))
    parser.add_argument("--seeds", type=int, nargs="+", default=[0, 1, 2])
    parser.add_argument("--steps", type=int, default=100)
    options = parser.parse_args()
    quiet_transformers()
    options.out.mkdir(parents=True, exist_ok=True)
    if not (options.out / "model").exists():
        write_model(options.out / "model")
        write_data(options.out)
    curves, spent = {}, {}
    for seed in options.seeds:
        began = time.process_time()
        for recipe in recipes(options.out, seed, options.steps):
            run_stage(recipe, resume=True, dry_run=False, progress=RunProgress())
        spent[seed] = round(time.process_time() - began)
        lines = read_metrics(RunFolder(options.out / f"grpo-{seed}").metrics)
        curves[seed] = [line.stage["reward"] for line in lines]
    print(
        f"| step | {' | '.join(f'seed {seed}' for seed in curves)} | mean | spread |\n|---|{'---|' * (len(curves) + 2)}"
    )
    marks = sorted({n for n in (0, 4, 9, *range(9, options.steps, 10), options.steps - 1) if n < options.steps})
    for step in marks:
        values = [curve[step] for curve in curves.values()]
        row = " | ".join(f"{100 * value:.1f} %" for value in values)
        print(
            f"| {step + 1} | {row} | {100 * statistics.mean(values):.1f} % | {100 * (max(values) - min(values)):.1f} |"
        )
    before, after = ([statistics.mean(c[part]) for c in curves.values()] for part in (slice(0, 1), slice(-5, None)))
    told = {
        "before": [round(v, 4) for v in before],
        "after": [round(v, 4) for v in after],
        "cpu_s": list(spent.values()),
    }
    print(json.dumps(told))
    sys.exit(0 if max(before) < 0.1 and min(after) > 0.9 else 1)


if __name__ == "__main__":
    main()
