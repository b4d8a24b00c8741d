"""The real distillation on a CPU: teacher 1.5B, student 0.5B, the sample dataset; held-out forward KL over the steps.

    python benchmarks/opd_cpu.py [--out runs/opd_cpu] [--seeds 0 1] [--recipe qwen_0.5b_cpu] [KEY=VALUE ...]

Runs the recipe once per seed (on the same held-out rows; a run that was stopped goes on where it was), and prints the
curve as a Markdown table and, last, one JSON line. Ends with 1 unless the held-out forward KL falls by at least 20 %
for every seed. Two seeds take hours on two cores; nothing else should run beside it.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parent.parent
_WANTED_FALL = 0.2


def curve(out: Path) -> dict[int, float]:
    """Step -> held-out forward KL."""
    lines = (out / "held_out.jsonl").read_text(encoding="utf-8").splitlines()
    return {line["step"]: line["forward_kl"] for line in map(json.loads, lines)}


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--out", type=Path, default=Path("runs/opd_cpu"))
    parser.add_argument("--seeds", type=int, nargs="+", default=[0, 1])
    parser.add_argument("--recipe", default="qwen_0.5b_cpu")
    parser.add_argument("--data", default=str(ROOT / "samples" / "th"))
    parser.add_argument("settings", nargs="*", metavar="KEY=VALUE", help="recipe values for both runs")
    options = parser.parse_intermixed_args()
    curves: dict[int, dict[int, float]] = {}
    for seed in options.seeds:
        out = options.out / f"seed-{seed}"
        main_of = [sys.executable, "-c", "from train.cli import main; main()", "run", options.recipe, "--resume"]
        settings = [f"seed={seed}", f"out={out}", f"data.path={options.data}", "sample.prompts=[]", *options.settings]
        environment = {**os.environ, "PYTHONPATH": str(ROOT)}
        subprocess.run([*main_of, *settings], check=True, env=environment)
        curves[seed] = curve(out)
    steps = sorted(set.intersection(*(set(points) for points in curves.values())))
    print(f"| step | {' | '.join(f'seed {seed}' for seed in curves)} |\n|---|{'---|' * len(curves)}")
    for step in steps:
        print(f"| {step} | {' | '.join(f'{points[step]:.5f}' for points in curves.values())} |")
    falls = {seed: 1 - points[steps[-1]] / points[steps[0]] for seed, points in curves.items()}
    print(json.dumps({"steps": steps[-1], "fall": {seed: round(fall, 4) for seed, fall in falls.items()}}))
    sys.exit(0 if min(falls.values()) >= _WANTED_FALL else 1)


if __name__ == "__main__":
    main()
