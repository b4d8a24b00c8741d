"""What a person sees of a run: plain lines anywhere, and a bar below them on a terminal."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import asdict
from datetime import timedelta
from types import TracebackType
from typing import Any, Self

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from parallel.ranks import first_rank
from train.metrics import StepMetrics

__all__ = ["RunProgress"]

_LINES_PER_RUN = 100


class RunProgress:
    """Prints lines; inside `with`, once `begin` is called, also a bar."""

    def __init__(self, console: Console | None = None) -> None:
        self._console = console or Console(highlight=False, soft_wrap=True, quiet=not first_rank())
        self._bar = Progress(
            TextColumn("training"),
            BarColumn(),
            MofNCompleteColumn(),
            TextColumn("{task.description}"),
            TimeRemainingColumn(),
            console=self._console,
            transient=True,
            disable=not self._console.is_terminal,
        )
        self._first_step, self._begun_s, self._total_steps = 0, time.perf_counter(), 0
        self.log: Callable[..., Any] | None = None  # a tracker's

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, exc: BaseException | None, tb: TracebackType | None) -> None:
        self._bar.stop()

    def say(self, text: str) -> None:
        """One line."""
        self._console.print(text, markup=False)

    def begin(self, done_steps: int, total_steps: int) -> None:
        """Show the bar at `done_steps`."""
        self._first_step, self._begun_s, self._total_steps = done_steps, time.perf_counter(), total_steps
        self._bar.add_task("", total=total_steps, completed=done_steps)
        self._bar.start()

    def step(self, metrics: StepMetrics) -> None:
        """One step is done: at most about a hundred lines a run, however long it is."""
        self.measured(metrics.step, {f"train/{key}": value for key, value in _numbers(metrics).items()})
        # The time of the steps so far, with whatever happened between them.
        seconds = (time.perf_counter() - self._begun_s) / max(1, metrics.step - self._first_step)
        left_s = seconds * (self._total_steps - metrics.step)
        for task in self._bar.task_ids:
            self._bar.update(task, completed=metrics.step, description=f"loss {metrics.loss:.4f} {_speed(metrics)}")
        every = max(1, self._total_steps // _LINES_PER_RUN)
        if metrics.step % every == 0 or metrics.step in (1, self._total_steps):
            self.say(step_line(metrics, self._total_steps, left_s))

    def measured(self, step: int, numbers: dict[str, float]) -> None:
        """Hand numbers to the tracker, if there is one."""
        if self.log:
            self.log(numbers, step=step)


def step_line(metrics: StepMetrics, total_steps: int, left_s: float) -> str:
    """One step in words.

    >>> step_line(StepMetrics(3, 0, 2.5, 900, 400, 2e-5, 1.25, 300.0, 3.0, memory_gb=1.25), 40, 3725.0)
    'step  3/40  loss 2.5000  lr 2.00e-05  grad 1.250  300 tokens/s  1.2 GB  1:02:05 left'
    """
    width = len(str(total_steps))
    reward = f"  reward {metrics.stage['reward']:.3f}" if "reward" in metrics.stage else ""
    return (
        f"step {metrics.step:{width}}/{total_steps}{reward}  loss {metrics.loss:.4f}  lr {metrics.lr:.2e}  "
        f"grad {metrics.grad_norm:.3f}  {_speed(metrics)}  {timedelta(seconds=round(left_s))} left"
    )


def _speed(metrics: StepMetrics) -> str:
    used = "" if metrics.mfu is None else f"  MFU {metrics.mfu:.1%}"
    return f"{metrics.tokens_per_s:,.0f} tokens/s{used}  {metrics.memory_gb:.1f} GB"


def _numbers(metrics: StepMetrics) -> dict[str, float]:
    flat = asdict(metrics)
    return {key: value for key, value in {**flat, **flat.pop("stage")}.items() if isinstance(value, int | float)}
