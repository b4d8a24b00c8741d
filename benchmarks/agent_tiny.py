"""GRPO with tools on a tiny model, on a CPU: it learns to search, to read what it found, and to answer from that.

    python benchmarks/agent_tiny.py [--out runs/agent_tiny] [--svg docs/agent_tiny.svg] [--seeds 0 1 2] [--steps 60]

The world is that of `agent_world.py`: 48 market stalls, whose fees stand in sections that have to be found and read.
SFT first shows a Qwen2 of two layers five ways to behave, of which one in ten is right. GRPO then rewards the right fee
and nothing else, on the questions about 36 stalls; neither a search nor a read earns anything by itself. Printed are,
of the trajectories sampled in each step, before that step's update, the mean reward and the share that read a section
after a search; then the same for the questions about the other 12 stalls, before and after; and one JSON line. Ends
with 1 unless for every seed the reward begins under 20 % and ends over 90 %, the share of search and read begins under
40 % and ends over 90 % (means of the last five steps). What is right of the other questions is printed, not demanded.
"""

from __future__ import annotations

import argparse
import json
import statistics
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from agent_world import SETTINGS, write_model, write_world

from models.loading import load_model, load_tokenizer, quiet_transformers
from models.source import ModelSection
from recipes.training import GrpoRecipe, SftRecipe
from rewards.reward import Sample
from rollouts.agent_metrics import agent_metrics
from rollouts.agentic import AgentTrajectory, trajectory_source
from rollouts.questions import question_dataset
from rollouts.trajectory import Prompt
from rollouts.transformers_engine import TransformersRollouts
from train.metrics import read_metrics
from train.progress import RunProgress
from train.run_folder import RunFolder
from train.session import run_stage

_SHOWN = {"reward": "#1f6fb2", "search_then_read_share": "#c2571a"}
_WIDTH, _HEIGHT, _LEFT, _TOP, _RIGHT, _BOTTOM = 640, 340, 60, 20, 500, 290
_TEST_SAMPLES = 16  # of every question that was not trained on


def recipes(out: Path, seed: int, steps: int) -> tuple[SftRecipe, GrpoRecipe]:
    """Five ways to behave; then the right one by its reward."""
    common = {"compute": {"device": "cpu", "threads": 1}, "checkpoint": {"every_steps": 10_000, "keep": 1}}
    sft = SftRecipe.model_validate(
        common
        | {
            "out": str(out / "sft"),
            "model": {"path": str(out / "model")},
            "data": {"path": str(out / "demonstrations.jsonl"), "max_tokens": 128},
            "batch": {"rows_per_step": 64, "tokens_per_micro_batch": 4096, "packing": False},
            "optim": {"lr": 4e-3, "epochs": 6},
        }
    )
    grpo = GrpoRecipe.model_validate(
        common
        | {
            "out": str(out / f"grpo-{seed}"),
            "seed": seed,
            "model": {"path": str(out / "sft" / "final")},
            "data": {"path": str(out / "questions.jsonl"), "max_tokens": 32},
            "environment": {
                "settings": {"corpus": str(out / "corpus.jsonl"), **SETTINGS},
                "split": "train",
                "max_turns": 4,
                "max_tokens": 120,
            },
            "rewards": {"answer_key": {}},
            "rollout": {"max_new_tokens": 8, "rows_per_call": 256},
            "group": {"size": 16},
            "policy": {"clip_high": 0.24},
            "batch": {"rows_per_step": 12, "tokens_per_micro_batch": 4096, "packing": False},
            "optim": {"lr": 1e-3, "schedule": "constant", "epochs": steps, "max_steps": steps},
        }
    )
    return sft, grpo


def on_other_questions(recipe: GrpoRecipe, model: str) -> dict[str, float]:
    """Reward and shares on the questions of the split `test`, sampled as in training; None counts as no reward."""
    chat = load_tokenizer(ModelSection(path=model), lambda _: None)
    environment = recipe.environment
    assert environment is not None
    asked = question_dataset(recipe.data.path, environment.model_copy(update={"split": "test"})).conversations
    prompts = []
    for said in asked:
        given = chat.given(said)
        ids = chat.render(given.messages, given.tools, generation_prompt=True)
        prompts += [Prompt(np.asarray(ids, dtype=np.int32), said)] * _TEST_SAMPLES
    policy = load_model(ModelSection(path=model), chat, 0, lambda _: None)
    engine = TransformersRollouts(policy, recipe.rollout, valid_ids=len(chat.tokenizer), bf16=False)
    with trajectory_source(environment, engine, chat) as source, recipe.rewards.build() as rewards:
        found = [each for each in source.trajectories(prompts, lambda call: call) if isinstance(each, AgentTrajectory)]
        samples = [
            Sample(each.conversation.messages, one.answer, each.conversation.row)
            for each, one in zip(prompts, found, strict=True)
        ]
        known = [total.value for total in rewards.score(samples) if total.value is not None]
    return {"reward": statistics.fmean(known), **agent_metrics(found)}


def table(lines: dict[int, list[dict[str, float]]], steps: int) -> str:
    """Reward and share of search and read, seed by seed."""
    heads = [f"seed {seed}: {name}" for seed in lines for name in ("reward", "search, read")]
    rows = [f"| step | {' | '.join(heads)} |", "|---|" + "---|" * len(heads)]
    for step in sorted({n for n in (0, 4, *range(9, steps, 10), steps - 1) if n < steps}):
        values = [f"{100 * found[step].get(name, 0):.1f} %" for found in lines.values() for name in _SHOWN]
        rows.append(f"| {step + 1} | {' | '.join(values)} |")
    return "\n".join(rows)


def drawing(lines: dict[int, list[dict[str, float]]]) -> str:
    """The two curves of every seed as an SVG, from 0 to 100 %."""
    last = max(len(found) for found in lines.values())

    def line(values: Sequence[tuple[float, float]], colour: str, width: float) -> str:
        points = " ".join(
            f"{_LEFT + (_RIGHT - _LEFT) * x / last:.1f},{_BOTTOM - (_BOTTOM - _TOP) * y:.1f}" for x, y in values
        )
        return f'<polyline points="{points}" fill="none" stroke="{colour}" stroke-width="{width}"/>'

    def text(x: float, y: float, words: str, anchor: str, colour: str = "#333") -> str:
        return f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}" fill="{colour}">{words}</text>'

    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH} {_HEIGHT}" font-family="sans-serif" '
        f'font-size="13"><rect width="{_WIDTH}" height="{_HEIGHT}" fill="white"/>',
        line([(0, 1), (0, 0), (last, 0)], "#333", 1),
        text((_LEFT + _RIGHT) / 2, _HEIGHT - 10, "updates", "middle"),
    ]
    for share in (0, 0.5, 1):
        parts.append(text(_LEFT - 8, _BOTTOM - (_BOTTOM - _TOP) * share + 4, f"{share:.0%}", "end"))
    for step in range(0, last + 1, max(1, last // 4)):
        parts.append(text(_LEFT + (_RIGHT - _LEFT) * step / last, _BOTTOM + 18, str(step), "middle"))
    for place, (name, colour) in enumerate(_SHOWN.items()):
        for found in lines.values():
            parts.append(line([(n + 1, each.get(name, 0)) for n, each in enumerate(found)], colour, 1.5))
        parts.append(
            text(_RIGHT + 8, _TOP + 20 * (place + 1), name.replace("_share", "").replace("_", " "), "start", colour)
        )
    return "\n".join([*parts, "</svg>\n"])


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--out", type=Path, default=Path("runs/agent_tiny"))
    parser.add_argument("--svg", type=Path, help="where to draw the curves")
    parser.add_argument("--seeds", type=int, nargs="+", default=[0, 1, 2])
    parser.add_argument("--steps", type=int, default=60)
    options = parser.parse_args()
    quiet_transformers()
    options.out.mkdir(parents=True, exist_ok=True)
    if not (options.out / "model").exists():
        write_world(options.out)
        write_model(options.out / "model")
    lines: dict[int, list[dict[str, float]]] = {}
    tested: dict[str, dict[str, float]] = {}
    spent: dict[int, int] = {}
    for seed in options.seeds:
        began = time.process_time()
        sft, grpo = recipes(options.out, seed, options.steps)
        for recipe in (sft, grpo):
            run_stage(recipe, resume=True, dry_run=False, progress=RunProgress())
        spent[seed] = round(time.process_time() - began)
        lines[seed] = [line.stage for line in read_metrics(RunFolder(grpo.out).metrics)]
        tested.setdefault("before", on_other_questions(grpo, str(RunFolder(sft.out).final)))
        tested[f"seed {seed}"] = on_other_questions(grpo, str(RunFolder(grpo.out).final))
    print(table(lines, options.steps))
    print("\n| other questions | reward | search, read | turns | answered |\n|---|---|---|---|---|")
    for name, line in tested.items():
        shares = [f"{100 * line[key]:.1f} %" for key in _SHOWN]
        print(f"| {name} | {' | '.join(shares)} | {line['turns']:.2f} | {100 * line['answered_share']:.1f} % |")
    if options.svg:
        options.svg.write_text(drawing(lines), encoding="utf-8")
    told, passed = _told(lines, tested, spent)
    print(json.dumps(told))
    sys.exit(0 if passed else 1)


def _told(
    lines: dict[int, list[dict[str, float]]], tested: dict[str, dict[str, float]], spent: dict[int, int]
) -> tuple[dict[str, Any], bool]:
    """What is printed last, and whether it is what the module promises."""

    def means(name: str, part: slice) -> list[float]:
        return [round(statistics.fmean(line.get(name, 0.0) for line in found[part]), 4) for found in lines.values()]

    told = {name: {"before": means(name, slice(0, 1)), "after": means(name, slice(-5, None))} for name in _SHOWN}
    others = [round(line["reward"], 4) for name, line in tested.items() if name != "before"]
    reward, share = told.values()
    passed = max(reward["before"]) < 0.2 and min(reward["after"]) > 0.9
    passed = passed and max(share["before"]) < 0.4 and min(share["after"]) > 0.9
    return told | {"other_questions": others, "cpu_s": list(spent.values())}, passed


if __name__ == "__main__":
    main()
