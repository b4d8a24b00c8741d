"""The tasks by name. A module a task or a family of them; each has `task(name, **options)`."""

from __future__ import annotations

import difflib
import inspect
from collections.abc import Iterable, Mapping
from importlib import import_module
from typing import Any

from eval.errors import TaskError
from eval.task import Task

__all__ = ["OFFLINE", "TASKS", "task_of", "tasks_of"]

TASKS: dict[str, str] = {
    "thai_if_held_out": "thai_if",
    "thai_code_switch_small": "code_switch",
    "thai_tools_held_out": "tools_held_out",
    "municipal_code_agent": "municipal",
    "ifeval": "ifeval",
    "ifeval_th": "ifeval",
    "ifbench": "ifeval",
    "thai_exam": "multiple_choice",
    "mmlu_prox_th": "multiple_choice",
    "openthaieval": "multiple_choice",
    "nitibench_ccl": "judged",
    "mirage_th": "judged",
    "math500": "maths",
    "math500_th": "maths",
    "live_code_bench": "live_code",
    "hotpotqa_agent": "search_agents",
    "hotpotqa_th_agent": "search_agents",
    "nitibench_ccl_agent": "search_agents",
    "mt_bench": "mt_bench",
    "mt_bench_th": "mt_bench",
    "bfcl": "bfcl",
}
"""Name -> module below `eval.tasks`."""

OFFLINE: tuple[str, ...] = (
    "thai_if_held_out",
    "thai_code_switch_small",
    "thai_tools_held_out",
    "municipal_code_agent",
)
"""Those whose data is shipped; `offline` on the command line stands for all of them."""


def task_of(name: str, options: Mapping[str, Any] | None = None) -> Task:
    """
    Raises:
        TaskError: no task of that name, or one that takes no such option.
    """
    if name not in TASKS:
        nearest = difflib.get_close_matches(name, TASKS, n=1, cutoff=0.5)
        hint = f"; did you mean {nearest[0]}?" if nearest else ""
        raise TaskError(f"unknown task {name!r}{hint} Known: {', '.join(TASKS)}")
    build = import_module(f"eval.tasks.{TASKS[name]}").task
    takes = list(inspect.signature(build).parameters)[1:]
    unknown = sorted((options or {}).keys() - set(takes))
    if unknown:
        raise TaskError(f"task {name} takes no {', '.join(unknown)}; it takes: {', '.join(takes) or 'nothing'}")
    return build(name, **(options or {}))


def tasks_of(names: Iterable[str], options: Mapping[str, Mapping[str, Any]]) -> list[Task]:
    """The tasks of a recipe; `offline` stands for all that are shipped.

    Raises:
        TaskError: a name that is unknown, or options for a task that is not run.
    """
    wanted = list(dict.fromkeys(task for name in names for task in (OFFLINE if name == "offline" else (name,))))
    idle = sorted(options.keys() - set(wanted))
    if idle:
        raise TaskError(f"task_options has {', '.join(idle)}, which is not among the tasks: {', '.join(wanted)}")
    return [task_of(name, options.get(name)) for name in wanted]
