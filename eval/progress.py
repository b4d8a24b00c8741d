"""What a person sees of an evaluation: a bar a task on a terminal, a line a task anywhere."""

from __future__ import annotations

from types import TracebackType
from typing import Self

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn, TimeRemainingColumn

from eval.runner import Watch
from eval.task import Transcript

__all__ = ["ConsoleWatch"]


class ConsoleWatch(Watch):
    """Prints to `console`; the bar disappears when the evaluation ends."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self._failed = 0
        self._bar = Progress(
            TextColumn("{task.description}"),
            BarColumn(),
            MofNCompleteColumn(),
            TimeElapsedColumn(),
            TimeRemainingColumn(),
            console=console,
            transient=True,
            disable=not console.is_terminal,
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, exc: BaseException | None, tb: TracebackType | None) -> None:
        self._bar.stop()

    def say(self, text: str) -> None:
        self._console.print(text, markup=False)

    def begin(self, task: str, items: int) -> None:
        for old in self._bar.task_ids:
            self._bar.remove_task(old)
        self._failed = 0
        self._bar.add_task(task, total=items)
        self._bar.start()
        self.say(f"{task}: {items} items")

    def done(self, transcript: Transcript) -> None:
        self._failed += transcript.failed
        for task in self._bar.task_ids:
            self._bar.advance(task)
        if transcript.failed and self._failed == 1:
            self.say("an answer failed: the endpoint gave it up after all retries; failed answers are counted apart")
