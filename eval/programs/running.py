"""What running a program tells, and which sandbox runs it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, Protocol

from eval.errors import TaskError

__all__ = ["SANDBOXES", "Ran", "Runner", "Sandboxes", "runner_of"]

Sandboxes = Literal["auto", "bubblewrap", "interpreter"]
SANDBOXES: tuple[str, ...] = ("auto", "bubblewrap", "interpreter")


@dataclass(frozen=True, slots=True)
class Ran:
    """`output`: what it printed. `error`: "" or what the program did wrong, such as `timeout` or an exception.
    `unknown`: "" or why this run says nothing about the program."""

    output: str = ""
    error: str = ""
    unknown: str = ""


class Runner(Protocol):
    """`name` is told in the results: two sandboxes need not agree on what is too slow."""

    name: str

    def run(self, program: str, stdin: str, timeout_s: float) -> Ran:
        """One run of a whole program; safe to call from several threads. Never raises for what a program does."""
        ...


def runner_of(sandbox: str) -> Runner:
    """`auto`: bubblewrap where it works, else the interpreter.

    Raises:
        TaskError: no sandbox of that name, or bubblewrap was asked for and does not work here.
    """
    from eval.programs.bubblewrap import Bubblewrap
    from eval.programs.interpreter import Interpreter

    if sandbox not in SANDBOXES:
        raise TaskError(f"sandbox {sandbox!r} is none of {', '.join(SANDBOXES)}")
    if sandbox == "interpreter":
        return Interpreter()
    trouble = Bubblewrap.trouble()
    if not trouble:
        return Bubblewrap()
    if sandbox == "bubblewrap":
        raise TaskError(f"programs cannot run in bubblewrap here: {trouble}; or take sandbox: interpreter")
    return Interpreter()
