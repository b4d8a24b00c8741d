"""The process in which episodes run: started by workers.py as `python -m environments.worker_process`.

Messages both ways are JSON behind four bytes of length (datagen/own_tools/worker_child.py). The first names the
environment; each later one describes it, opens an episode, steps or closes one. What an environment prints never gets
into the messages. The process ends when its parent does, even while a call hangs.
"""

from __future__ import annotations

import contextlib
import importlib
import os
import threading
import time
from collections.abc import Callable, Mapping
from typing import Any

from datagen.own_tools.worker_child import read_message, write_message
from environments.environment import Environment

__all__ = ["load_environment"]


def load_environment(reference: str) -> Callable[..., Environment]:
    """The class that `module:Class` names. Raises ValueError or what importing it raises."""
    module, _, name = reference.partition(":")
    if not module or not name:
        raise ValueError(f"{reference!r} must be written module:Class")
    found = getattr(importlib.import_module(module), name)
    if not (isinstance(found, type) and issubclass(found, Environment)):
        raise ValueError(f"{reference!r} must be a subclass of environments.environment.Environment")
    return found


def main() -> None:
    incoming, outgoing = os.fdopen(os.dup(0), "rb"), os.fdopen(os.dup(1), "wb")
    os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
    os.dup2(2, 1)
    threading.Thread(target=_end_with, args=(os.getppid(),), daemon=True).start()
    start = read_message(incoming)
    _limit_memory(start["memory_mb"])
    episodes = _Episodes(start["environment"], start["settings"])
    while (asked := read_message(incoming)) is not None:
        try:
            reply = episodes.answer(asked)
        except (Exception, SystemExit) as exc:  # noqa: BLE001  whatever it is, the pool is told
            reply = {"failed": f"{type(exc).__name__}: {str(exc)[:300]}"}
        write_message(outgoing, reply)


class _Episodes:
    """The environments of one process, one an episode."""

    def __init__(self, reference: str, settings: Mapping[str, Any]) -> None:
        self.reference, self.settings = reference, settings
        self.open: dict[str, Environment] = {}

    def answer(self, asked: Mapping[str, Any]) -> dict[str, Any]:
        match asked["do"]:
            case "describe":
                one = self._made()
                return {"tools": one.tools(), "system": one.system(), "stateless": one.stateless}
            case "open":
                one = self._made()
                prompt = one.reset(asked["question"])
                self.open[asked["episode"]] = one
                return {"prompt": prompt}
            case "step":
                seen = self.open[asked["episode"]].step(asked["tool"], asked["arguments"])
                return {"content": seen.content, "code": seen.code}
            case _:
                self.open.pop(asked["episode"], None)
                return {}

    def _made(self) -> Environment:
        return load_environment(self.reference)(**self.settings)


def _limit_memory(megabytes: int) -> None:
    with contextlib.suppress(ImportError, OSError, ValueError):
        import resource

        resource.setrlimit(resource.RLIMIT_AS, (megabytes << 20, megabytes << 20))


def _end_with(parent: int) -> None:
    while os.getppid() == parent:
        time.sleep(0.5)
    os._exit(1)


if __name__ == "__main__":
    main()
