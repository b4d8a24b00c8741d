"""The real distillation on a CPU: teacher 1.5B, student 0.5B, the sample dataset; held-out forward KL over the steps.

    python benchmarks/opd_cpu.py [--out runs/opd_cpu] [--svg docs/opd_cpu.svg] [--seeds 0 1] [KEY=VALUE ...]

Runs the recipe once per seed (on the same held-out rows; a run that was stopped goes on where it was, one that is
finished is only read), draws the curve, and prints it as a Markdown table and, last, one JSON line. Ends with 1 unless
the held-out forward KL falls by at least 20 % for every seed. A seed takes an hour on one core.
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
_WIDTH, _HEIGHT, _LEFT, _TOP, _RIGHT, _BOTTOM = 640, 360, 60, 20, 540, 310  # of the drawing, and of the plot in it
_COLOURS = ("#1f6fb2", "#c2571a", "#3a8a4d", "#8250a8")


def curve(out: Path) -> dict[int, float]:
    """Step -> held-out forward KL."""
    lines = (out / "held_out.jsonl").read_text(encoding="utf-8").splitlines()
    return {line["step"]: line["forward_kl"] for line in map(json.loads, lines)}


def drawing(curves: dict[int, dict[int, float]]) -> str:
    """The curves as an SVG, from zero, with the wanted fall as a dashed line."""
    last = max(max(points) for points in curves.values())
    highest = 1.1 * max(max(points.values()) for points in curves.values())
    begin = max(points[0] for points in curves.values())

    def place(step: float, value: float) -> str:
        x = _LEFT + (_RIGHT - _LEFT) * step / last
        return f"{x:.1f},{_BOTTOM - (_BOTTOM - _TOP) * value / highest:.1f}"

    def text(at: str, words: str, anchor: str = "middle", colour: str = "#333") -> str:
        x, y = at.split(",")
        return f'<text x="{x}" y="{y}" text-anchor="{anchor}" fill="{colour}">{words}</text>'

    def line(points: list[str], colour: str, dashes: str = "none", width: int = 1) -> str:
        return (
            f'<polyline points="{" ".join(points)}" fill="none" stroke="{colour}" stroke-width="{width}" '
            f'stroke-dasharray="{dashes}"/>'
        )

    wanted = (1 - _WANTED_FALL) * begin
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH} {_HEIGHT}" font-family="sans-serif" '
        f'font-size="13"><rect width="{_WIDTH}" height="{_HEIGHT}" fill="white"/>',
        line([place(0, highest), place(0, 0), place(last, 0)], "#333"),
        line([place(0, wanted), place(last, wanted)], "#999", "4 4"),
        text(f"{_LEFT + 6},{_BOTTOM - (_BOTTOM - _TOP) * wanted / highest + 16:.1f}", "20 % less", "start", "#777"),
        text(f"{(_LEFT + _RIGHT) / 2},{_HEIGHT - 8}", "optimiser steps"),
        text(f"{_LEFT + 6},{_TOP + 10}", "held-out forward KL, nats a token", "start"),
    ]
    parts += (text(f"{place(step, 0).split(',')[0]},{_BOTTOM + 18}", str(step)) for step in next(iter(curves.values())))
    for tenth in range(int(highest * 10) + 1):
        y = float(place(0, tenth / 10).split(",")[1]) + 4
        parts.append(text(f"{_LEFT - 8},{y:.1f}", f"{tenth / 10:.1f}", "end"))
    for (seed, points), colour in zip(curves.items(), _COLOURS, strict=False):
        places = [place(step, value) for step, value in sorted(points.items())]
        parts.append(line(places, colour, width=2))
        x_end, y_end = places[-1].split(",")
        lower = 14 * (points[last] < max(other[last] for other in curves.values()))  # the two ends may be close
        parts.append(text(f"{float(x_end) + 6},{float(y_end) + lower:.1f}", f"seed {seed}", "start", colour))
        parts += (f'<circle cx="{at.split(",")[0]}" cy="{at.split(",")[1]}" r="3" fill="{colour}"/>' for at in places)
    return "\n".join([*parts, "</svg>\n"])


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--out", type=Path, default=Path("runs/opd_cpu"))
    parser.add_argument("--svg", type=Path, help="where to draw the curves")
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
    if options.svg:
        options.svg.write_text(drawing(curves), encoding="utf-8")
    falls = {seed: 1 - points[steps[-1]] / points[steps[0]] for seed, points in curves.items()}
    print(json.dumps({"steps": steps[-1], "fall": {seed: round(fall, 4) for seed, fall in falls.items()}}))
    sys.exit(0 if min(falls.values()) >= _WANTED_FALL else 1)


if __name__ == "__main__":
    main()
