"""metrics.jsonl: one line per optimiser step, appended at once, cut back on resume.

After a kill the file may hold steps later than the checkpoint, or half a line. They are removed before the
run goes on, so that the file always tells one uninterrupted story. Of several processes the first one writes.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from datagen.errors import OutputError
from models.folders import replace_file
from parallel.ranks import first_rank

__all__ = ["StepMetrics", "append_line", "keep_metrics_up_to", "read_metrics"]


@dataclass(frozen=True, slots=True)
class StepMetrics:
    """`loss`: mean over `loss_tokens`; `tokens`: all that went through the model; `grad_norm`: before clipping.

    `stage`: what only this stage measures; `memory_gb`: the most so far, of the process or on its GPU (`costs.gauge`).
    """

    step: int
    epoch: int
    loss: float
    tokens: int
    loss_tokens: int
    lr: float
    grad_norm: float
    tokens_per_s: float
    seconds: float
    stage: dict[str, float] = field(default_factory=dict)
    memory_gb: float = 0.0
    mfu: float | None = None


def append_line(path: Path, line: dict[str, Any]) -> None:
    """Add one line to a file of lines that each belong to a `step`."""
    if not first_rank():
        return
    try:
        with path.open("a", encoding="utf-8") as file:
            file.write(json.dumps(line) + "\n")
    except OSError as exc:
        raise OutputError(f"cannot write {path}: {exc}; make room, then continue with --resume") from exc


def keep_metrics_up_to(path: Path, step: int) -> None:
    """Remove the lines of later steps and a torn last line."""
    if not path.exists() or not first_rank():
        return
    whole = [line for line in path.read_text(encoding="utf-8").splitlines(keepends=True) if line.endswith("\n")]
    replace_file(path, "".join(line for line in whole if json.loads(line)["step"] <= step))


def read_metrics(path: Path) -> list[StepMetrics]:
    """Every step of a run, in order."""
    return [StepMetrics(**json.loads(line)) for line in path.read_text(encoding="utf-8").splitlines()]
