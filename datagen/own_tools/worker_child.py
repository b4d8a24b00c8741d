"""The process in which users' functions run. Started by worker.py as a script; needs nothing but Python to start.

Messages both ways are JSON behind four bytes of length. The first one says where modules are looked for and how much
memory there is; each later one asks for a function to be loaded, or to be called. What a function prints goes to
standard error, never into the messages. The process ends when its parent does, even while a function hangs.
"""

from __future__ import annotations

import contextlib
import importlib
import importlib.util
import inspect
import json
import os
import sys
import threading
import time
from collections.abc import Callable
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import IO, Any

__all__ = ["MAX_REPLY", "load_function", "read_message", "write_message"]

MAX_REPLY = 2_000_000
"""Bytes of a result with the world's state."""


def read_message(stream: IO[bytes]) -> Any:
    """The next message; None at the end."""
    head = stream.read(4)
    return json.loads(stream.read(int.from_bytes(head))) if len(head) == 4 else None


def write_message(stream: IO[bytes], message: Any) -> None:
    data = json.dumps(message, ensure_ascii=False, allow_nan=False).encode()
    if len(data) > MAX_REPLY:
        code = {"code": "result_too_large", "message": f"{len(data):,} bytes of result, at most {MAX_REPLY:,}"}
        data = json.dumps({"error": code}).encode()
    stream.write(len(data).to_bytes(4) + data)
    stream.flush()


def main() -> None:
    incoming, outgoing = os.fdopen(os.dup(0), "rb"), os.fdopen(os.dup(1), "wb")
    os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
    os.dup2(2, 1)
    threading.Thread(target=_end_with, args=(os.getppid(),), daemon=True).start()
    start = read_message(incoming)
    sys.path[:] = start["path"]
    _limit_memory(start["memory_mb"])
    while (asked := read_message(incoming)) is not None:
        try:
            write_message(outgoing, _answer(asked))
        except (TypeError, ValueError, RecursionError) as exc:
            write_message(outgoing, _failed(f"the result is no JSON: {str(exc)[:200]}"))


def _answer(asked: dict[str, Any]) -> dict[str, Any]:
    try:
        function = load_function(asked["function"], asked["folder"])
        if "arguments" not in asked:
            return {"accepts": _accepted(function)}
        world = _world(asked["world"])
        extra = {"world": world} if _wants_world(function) else {}
        value = function(**asked["arguments"], **extra)
        return {"value": value, "state": asked["world"]["state"] if world is None else world.state}
    except (Exception, SystemExit) as exc:  # noqa: BLE001  whatever it is, the caller is told
        if type(exc).__name__ == "ToolError" and len(exc.args) and hasattr(exc, "code"):
            return {"error": {"code": str(getattr(exc, "code", ""))[:80], "message": str(exc)[:1_000]}}
        return _failed(f"{type(exc).__name__}: {str(exc)[:300]}")


def _failed(message: str) -> dict[str, Any]:
    return {"error": {"code": "tool_failed", "message": message}}


@cache
def load_function(reference: str, folder: str) -> Callable[..., Any]:
    """`module:name`, or `file.py:name` with the file beside the tools file."""
    place, _, name = reference.rpartition(":")
    if place.endswith(".py"):
        path = Path(folder, place)
        spec = importlib.util.spec_from_file_location(f"own_tools_{path.stem}", path)
        assert spec is not None
        assert spec.loader is not None
        module = importlib.util.module_from_spec(spec)
        sys.modules[spec.name] = module
        spec.loader.exec_module(module)
    else:
        module = importlib.import_module(place)
    function = getattr(module, name)
    if not callable(function):
        raise TypeError(f"{reference} is no function")
    return function


def _accepted(function: Callable[..., Any]) -> list[str] | None:
    """The names of the arguments it takes; None where it takes any."""
    parameters = inspect.signature(function).parameters.values()
    if any(each.kind is each.VAR_KEYWORD for each in parameters):
        return None
    return [each.name for each in parameters if each.kind in (each.POSITIONAL_OR_KEYWORD, each.KEYWORD_ONLY)]


@cache
def _wants_world(function: Callable[..., Any]) -> bool:
    return "world" in inspect.signature(function).parameters


def _world(given: dict[str, Any]) -> Any:
    """The same world as shipped tools see; None where this Python lacks the package."""
    try:
        from datagen.tools.world import World
    except ImportError:
        return None
    return World(given["seed"], datetime.fromisoformat(given["now"]), (), given["state"])


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
