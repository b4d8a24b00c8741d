"""CPython in namespaces of its own, by bubblewrap (bwrap): the interpreter that programs were written for.

What a program finds: this Python's standard library, read-only, and an otherwise empty, read-only root. What it lacks:
network, other processes, the user's files, environment variables, a place to write, more than `memory_mb` a process
and 64 processes (for root the kernel counts none: run as a user). Time is CPU time, so that a busy machine fails
nobody; three times that on the clock ends a program that sleeps. It dies with us.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import subprocess
import sys
import tempfile
from functools import cache
from typing import IO

from eval.programs.running import Ran

__all__ = ["Bubblewrap"]

_OUTPUT = 16 << 20
_ERROR_SHOWN = 200
_MODULES = (
    "string", "re", "datetime", "collections", "heapq", "bisect", "copy", "math", "random", "statistics", "itertools",
    "functools", "operator", "io", "sys", "json",
)  # fmt: skip
# What programs of contests count on, builtins last so that pow and open are themselves.
_PRELUDE = "\n".join(
    [*(f"from {name} import *" for name in _MODULES), "from builtins import *", "from typing import *"]
    + [f"import {name}" for name in _MODULES]
)
_LAUNCH = f"""
import resource, signal, sys
from math import ceil
cpu, memory, output = float(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3])
resource.setrlimit(resource.RLIMIT_AS, (memory, memory))
resource.setrlimit(resource.RLIMIT_CPU, (ceil(cpu), ceil(cpu)))
resource.setrlimit(resource.RLIMIT_FSIZE, (output, output))
resource.setrlimit(resource.RLIMIT_NPROC, (64, 64))
resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
sys.setrecursionlimit(50000)
names = {{"__name__": "__main__"}}
exec({_PRELUDE!r}, names)
sys.argv[:] = ["program.py"]
exec(compile(open("/program.py", encoding="utf-8").read(), "program.py", "exec"), names)
"""


class Bubblewrap:
    name = "bubblewrap"

    def __init__(self, memory_mb: int = 2048) -> None:
        self.memory_mb = memory_mb

    @staticmethod
    @cache
    def trouble() -> str:
        """Why it does not work here, with the way out; "" where it does."""
        if shutil.which("bwrap") is None:
            return "bwrap is not installed (apt install bubblewrap)"
        tried = Bubblewrap().run("print(6 * 7)", "", 20.0)
        if tried.output.strip() == "42":
            return ""
        return f"bwrap does not start a program ({tried.unknown or tried.error}); are user namespaces allowed?"

    def run(self, program: str, stdin: str, timeout_s: float) -> Ran:
        with _sealed(program) as source, tempfile.TemporaryFile() as given, _files() as (output, errors):
            given.write(stdin.encode("utf-8", "replace"))
            given.seek(0)
            try:
                process = subprocess.Popen(
                    self._command(source, timeout_s),
                    stdin=given,
                    stdout=output,
                    stderr=errors,
                    pass_fds=[source],
                    env={},
                    start_new_session=True,
                )
            except OSError as exc:
                return Ran(unknown=f"bwrap cannot be started: {exc.strerror or exc}")
            try:
                code = process.wait(3 * timeout_s + 5)
            except subprocess.TimeoutExpired:
                with contextlib.suppress(ProcessLookupError):
                    os.killpg(process.pid, signal.SIGKILL)
                process.wait()
                return Ran(error="timeout")
            return _told(code, _text(output), _text(errors))

    def _command(self, source: int, timeout_s: float) -> list[str]:
        base = os.path.realpath(sys.base_prefix)
        shown = [folder for folder in dict.fromkeys(("/usr", "/lib", "/lib64", base)) if os.path.isdir(folder)]
        return [
            shutil.which("bwrap") or "bwrap",
            *("--unshare-all", "--die-with-parent", "--new-session", "--clearenv", "--cap-drop", "ALL"),
            *(part for folder in shown for part in ("--ro-bind", folder, folder)),
            *("--ro-bind-data", str(source), "/program.py", "--proc", "/proc", "--dev", "/dev"),
            *("--remount-ro", "/", "--chdir", "/", "--"),
            os.path.join(base, "bin", f"python{sys.version_info[0]}.{sys.version_info[1]}"),
            *("-I", "-S", "-X", "utf8", "-c", _LAUNCH),
            *(str(timeout_s), str(self.memory_mb << 20), str(_OUTPUT)),
        ]


@contextlib.contextmanager
def _sealed(program: str):
    """The program's text in memory, as a file descriptor."""
    handle = os.memfd_create("program")
    try:
        with open(os.dup(handle), "wb") as file:
            file.write(program.encode("utf-8", "replace"))
        os.lseek(handle, 0, os.SEEK_SET)
        yield handle
    finally:
        os.close(handle)


@contextlib.contextmanager
def _files():
    with tempfile.TemporaryFile() as output, tempfile.TemporaryFile() as errors:
        yield output, errors


def _text(file: IO[bytes]) -> str:
    file.seek(0)
    return file.read(_OUTPUT).decode("utf-8", "replace")


def _told(code: int, output: str, errors: str) -> Ran:
    last = (errors.strip().splitlines() or [""])[-1][:_ERROR_SHOWN]
    if code == 0:
        return Ran(output)
    if code < 0 or code - 128 in (signal.SIGXCPU, signal.SIGKILL):  # what the CPU limit sends, soft and hard
        return Ran(output, error="timeout")
    if last.startswith("bwrap:"):
        return Ran(unknown=last)
    return Ran(output, error=last or f"exit code {code}")
