"""Does InK-GRPO teach knowledge? A closed-book task on a CPU: InK-GRPO beside GRPO and beside both controls.

    python benchmarks/ink_knowledge.py [--out runs/ink_knowledge] [--svg docs/ink_knowledge.svg] [--seeds 0 1 2]
                                       [--start-steps 700 500] [--updates 80]
                                       [--arms grpo ink constant_weight matched_compute]

The task is that of knowledge_task.py: numbers of an invented town, which the start model has never seen. All arms of a
seed begin with one start model and have the same recipe but for the section `ink`. They are rewarded for right answers
to the 120 questions of the split `train`; the texts hold all 150 sections. Measured are right answers to the 52
questions of `test`, about other sections: no reward says anything about them, only the texts do.

    grpo              no texts
    ink               lambda b L_CE: lambda 0.1, b ~ Bernoulli(0.6), 64 texts an update, as in the paper
    constant_weight   lambda rho L_CE in every update
    matched_compute   no texts; their tokens go into more rollouts

Nothing here was chosen by a result of these arms: the paper's numbers where it has some, the learning rate of
grpo_tiny.py, and sizes of model and start that were tried on towns whose numbers are not those of the shipped code.
Printed are what a start model can make of the texts of a further town (if that is little, the arms cannot differ),
Markdown tables, and one JSON line with the differences to `ink`. A run that was broken off goes on where it was.
"""

from __future__ import annotations

import argparse
import json
import statistics
import time
from pathlib import Path
from typing import Any

from knowledge_task import Task, learnt_from_texts, train_start_model, write_files

from models.loading import quiet_transformers
from recipes.training import GrpoRecipe
from train.metrics import read_metrics
from train.progress import RunProgress
from train.run_folder import RunFolder
from train.session import run_stage

ARMS: dict[str, dict[str, Any] | None] = {
    "grpo": None,
    "ink": {},
    "constant_weight": {"control": "constant_weight"},
    "matched_compute": {"control": "matched_compute"},
}
EVERY = 10
TAIL = 3  # measurements whose mean is an arm's result
WIDTH, HEIGHT, LEFT, RIGHT, TOP, BOTTOM = 720, 400, 60, 560, 20, 350
COLOURS = {"grpo": "#777777", "ink": "#c0392b", "constant_weight": "#2471a3", "matched_compute": "#b9770e"}

Curve = dict[int, float]


def recipe_of(out: Path, arm: str, seed: int, updates: int) -> GrpoRecipe:
    """One recipe for all arms, but for `ink`."""
    ink, epochs = ARMS[arm], -(-updates // 8)
    return GrpoRecipe.model_validate(
        {
            "out": str(out / f"{arm}-{seed}"),
            "seed": seed,
            "model": {"path": str(out / f"start-{seed}")},
            "data": {"path": str(out / "train.jsonl"), "max_tokens": 16},
            "held_out": {"path": str(out / "test.jsonl"), "rows": 52, "samples": 8, "every_steps": EVERY},
            "rewards": {"constraints": {"scoring": "all"}},
            "rollout": {"max_new_tokens": 6, "rows_per_call": 256},
            "group": {"size": 8},
            "policy": {"clip_high": 0.24},
            "ink": ink if ink is None else ink | {"corpus": str(out / "corpus.jsonl"), "max_tokens": 64},
            "batch": {"rows_per_step": 16, "tokens_per_micro_batch": 4096, "packing": False},
            "optim": {"lr": 1e-3, "schedule": "constant", "epochs": epochs, "max_steps": updates, "clip_norm": 1.0},
            "compute": {"device": "cpu", "threads": 1},
            "checkpoint": {"every_steps": 40, "keep": 1},
        }
    )


def curves_of(recipe: GrpoRecipe) -> tuple[Curve, Curve]:
    """Share of right answers by update: to held-out questions, and to those of the training batches up to then."""
    folder = RunFolder(recipe.out)
    lines = [json.loads(line) for line in folder.held_out.read_text(encoding="utf-8").splitlines()]
    rewards = [line.stage["reward"] for line in read_metrics(folder.metrics)]
    steps = [line["step"] for line in lines]
    trained = {s: statistics.mean(rewards[max(0, s - EVERY) : s] or rewards[:1]) for s in steps}
    return {line["step"]: line["reward"] for line in lines}, trained


def result(curve: Curve) -> float:
    """The mean of the last measurements."""
    return statistics.mean(value for _, value in sorted(curve.items())[-TAIL:])


def table(curves: dict[str, dict[int, Curve]]) -> str:
    """Means over the seeds by update, and each seed's result."""
    steps = sorted(next(iter(next(iter(curves.values())).values())))
    lines = [f"| update | {' | '.join(curves)} |", f"|---|{'---|' * len(curves)}"]
    for step in steps[:: max(1, len(steps) // 6)]:
        means = (statistics.mean(curve[step] for curve in of.values()) for of in curves.values())
        lines.append(f"| {step} | {' | '.join(f'{100 * mean:.1f} %' for mean in means)} |")
    for seed in next(iter(curves.values())):
        lines.append(
            f"| end, seed {seed} | {' | '.join(f'{100 * result(of[seed]):.1f} %' for of in curves.values())} |"
        )
    ends = [[result(curve) for curve in of.values()] for of in curves.values()]
    cells = (f"{100 * statistics.mean(e):.1f} % ({100 * (max(e) - min(e)):.1f})" for e in ends)
    return "\n".join([*lines, f"| end, mean (spread) | {' | '.join(cells)} |"])


def differences(curves: dict[str, dict[int, Curve]]) -> dict[str, list[float]]:
    """ink minus each other arm, points, seed by seed."""
    ink = curves["ink"]
    return {
        arm: [round(100 * (result(ink[seed]) - result(of[seed])), 1) for seed in of]
        for arm, of in curves.items()
        if arm != "ink"
    }


def drawing(curves: dict[str, dict[int, Curve]]) -> str:
    """Held-out right answers by update as an SVG: a thin line a seed, a thick one for their mean."""
    last = max(step for of in curves.values() for curve in of.values() for step in curve)

    def place(step: float, share: float) -> str:
        return f"{LEFT + (RIGHT - LEFT) * step / last:.1f},{BOTTOM - (BOTTOM - TOP) * share:.1f}"

    def text(x: float, y: float, words: str, anchor: str = "middle", colour: str = "#333") -> str:
        return f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}" fill="{colour}">{words}</text>'

    def line(points: list[str], colour: str, width: float, opacity: float = 1.0) -> str:
        how = f'stroke="{colour}" stroke-width="{width}" stroke-opacity="{opacity}"'
        return f'<polyline points="{" ".join(points)}" fill="none" {how}/>'

    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" font-family="sans-serif" '
        f'font-size="13"><rect width="{WIDTH}" height="{HEIGHT}" fill="white"/>',
        line([place(0, 1), place(0, 0), place(last, 0)], "#333", 1),
        text((LEFT + RIGHT) / 2, HEIGHT - 8, "updates"),
        text(LEFT + 6, TOP + 10, "right answers to held-out questions", "start"),
        *(text(LEFT - 8, BOTTOM - (BOTTOM - TOP) * n / 5 + 4, f"{20 * n} %", "end") for n in range(6)),
        *(text(LEFT + (RIGHT - LEFT) * n / 4, BOTTOM + 18, f"{last * n // 4}") for n in range(5)),
    ]
    ends = []
    for arm, of in curves.items():
        steps = sorted(next(iter(of.values())))
        parts += (line([place(s, curve[s]) for s in steps], COLOURS[arm], 1, 0.35) for curve in of.values())
        means = [statistics.mean(curve[s] for curve in of.values()) for s in steps]
        parts.append(line([place(s, mean) for s, mean in zip(steps, means, strict=True)], COLOURS[arm], 2.5))
        ends.append((BOTTOM - (BOTTOM - TOP) * means[-1], arm))
    lowest = HEIGHT
    for y, arm in sorted(ends, reverse=True):  # labels of ends that are close stand above each other
        lowest = min(y, lowest - 15)
        parts.append(text(RIGHT + 8, lowest + 4, arm, "start", COLOURS[arm]))
    return "\n".join([*parts, "</svg>\n"])


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--out", type=Path, default=Path("runs/ink_knowledge"))
    parser.add_argument("--svg", type=Path, help="where to draw the curves")
    parser.add_argument("--seeds", type=int, nargs="+", default=[0, 1, 2])
    parser.add_argument("--start-steps", type=int, nargs=2, default=[700, 500], help="on texts, then with answers")
    parser.add_argument("--updates", type=int, default=80)
    parser.add_argument("--arms", nargs="+", default=list(ARMS), choices=list(ARMS))
    options = parser.parse_args()
    quiet_transformers()
    options.out.mkdir(parents=True, exist_ok=True)
    task, began = Task(), time.process_time()
    write_files(task, options.out)
    held_out: dict[str, dict[int, Curve]] = {arm: {} for arm in options.arms}
    trained: dict[str, dict[int, Curve]] = {arm: {} for arm in options.arms}
    for seed in options.seeds:
        start = options.out / f"start-{seed}"
        if not (start / "tokenizer.json").exists():
            loss = train_start_model(task, options.out / "tokenizer", start, seed, options.start_steps)
            print(f"start model {seed}: {loss:.3f} nats a token of answers about six other towns")
        before, after = learnt_from_texts(task, start)
        print(
            f"start model {seed}, a further town: {before:.3f} right, {after:.3f} once it has read the texts",
            flush=True,
        )
        for arm in options.arms:
            recipe = recipe_of(options.out, arm, seed, options.updates)
            run_stage(recipe, resume=True, dry_run=False, progress=RunProgress())
            held_out[arm][seed], trained[arm][seed] = curves_of(recipe)
    print(f"Right answers to held-out questions:\n\n{table(held_out)}\n")
    print(f"Right answers to the questions that are rewarded:\n\n{table(trained)}\n")
    told: dict[str, Any] = {"cpu_s": round(time.process_time() - began)}
    if "ink" in options.arms:
        told |= {"ink_minus": differences(held_out), "ink_minus_on_rewarded": differences(trained)}
    print(json.dumps(told))
    if options.svg:
        options.svg.write_text(drawing(held_out), encoding="utf-8")


if __name__ == "__main__":
    main()
