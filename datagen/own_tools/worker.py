"""Calls of users' functions, each in a process of its own that is killed when its time is up.

One process serves call after call, so that modules are imported once; after a kill or a crash the next call starts
another. It sees no environment but what any program needs: no API keys.
"""

from __future__ import annotations

import contextlib
import json
import os
import select
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from datagen.own_tools import worker_child
from datagen.own_tools.worker_child import MAX_REPLY, write_message
from datagen.tools.tool import ToolError

__all__ = ["Worker", "end_process", "minimal_environment", "received"]

_PASSED_ON = (
    "PATH", "HOME", "USER", "LOGNAME", "SHELL", "TERM", "LANG", "LC_ALL", "LC_CTYPE", "TZ", "TMPDIR", "VIRTUAL_ENV",
    "SYSTEMROOT", "TEMP", "USERPROFILE", "APPDATA",
)  # fmt: skip
_START_S = 60.0


def minimal_environment(extra: Iterable[str] = ()) -> dict[str, str]:
    """What a program needs of our environment, and the variables that the user names."""
    return {name: os.environ[name] for name in (*_PASSED_ON, *extra) if name in os.environ}


class Worker:
    """Runs functions for any number of tools, one call at a time; `close` at the end."""

    def __init__(self, timeout_s: float, memory_mb: int) -> None:
        self.timeout_s, self.memory_mb = timeout_s, memory_mb
        self._process: subprocess.Popen[bytes] | None = None
        self._turn = threading.Lock()

    def accepted(self, function: str, folder: Path) -> list[str] | None:
        """Loads a function: the names of the arguments it takes, None for any. Raises ToolError where it cannot be."""
        return self._asked({"function": function, "folder": str(folder)}, max(_START_S, self.timeout_s))["accepts"]

    def call(
        self, function: str, folder: Path, arguments: Mapping[str, Any], world: Mapping[str, Any]
    ) -> tuple[Any, dict[str, Any]]:
        """Its result and the state it leaves. Raises ToolError: timeout, tool_failed, result_too_large, or its own."""
        asked = {"function": function, "folder": str(folder), "arguments": arguments, "world": world}
        reply = self._asked(asked, self.timeout_s)
        return reply["value"], reply["state"]

    def _asked(self, message: Mapping[str, Any], timeout_s: float) -> dict[str, Any]:
        with self._turn:
            process = self._started()
            try:
                assert process.stdin is not None
                write_message(process.stdin, message)
                reply = received(process, time.monotonic() + timeout_s)
            except TimeoutError as exc:
                self._kill()
                raise ToolError("timeout", f"the function did not end within {timeout_s:g} s") from exc
            except (OSError, ValueError) as exc:
                self._kill()
                raise ToolError("tool_failed", "the function ended its process") from exc
        if error := reply.get("error"):
            raise ToolError(error["code"], error["message"])
        return reply

    def _started(self) -> subprocess.Popen[bytes]:
        if self._process is None or self._process.poll() is not None:
            self._process = subprocess.Popen(
                [sys.executable, worker_child.__file__],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                env=minimal_environment(),
                start_new_session=True,  # so that what a function starts can be killed with it
            )
            assert self._process.stdin is not None
            path = [os.getcwd(), *(part for part in sys.path if part)]
            write_message(self._process.stdin, {"path": path, "memory_mb": self.memory_mb})
        return self._process

    def _kill(self) -> None:
        process, self._process = self._process, None
        if process is not None:
            end_process(process)

    def close(self) -> None:
        with self._turn:
            self._kill()


def end_process(process: subprocess.Popen[bytes]) -> None:
    """Kills a process that leads its own session, with all that it started."""
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()
    for stream in (process.stdin, process.stdout):
        if stream is not None:
            with contextlib.suppress(OSError):
                stream.close()


def received(process: subprocess.Popen[bytes], until: float) -> dict[str, Any]:
    """Its next message. Raises TimeoutError at `until` (time.monotonic), OSError or ValueError where none can come."""
    assert process.stdout is not None
    length = int.from_bytes(_bytes(process.stdout.fileno(), 4, until))
    if length > MAX_REPLY:
        raise ValueError(f"a reply of {length:,} bytes")
    return json.loads(_bytes(process.stdout.fileno(), length, until))


def _bytes(handle: int, wanted: int, until: float) -> bytes:
    """Exactly so many bytes from a pipe. Raises TimeoutError, or OSError where it ended."""
    data = bytearray()
    while len(data) < wanted:
        if not select.select([handle], [], [], max(0.0, until - time.monotonic()))[0]:
            raise TimeoutError
        part = os.read(handle, wanted - len(data))
        if not part:
            raise OSError("the process ended")
        data += part
    return bytes(data)
