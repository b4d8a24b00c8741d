"""The embedded teacher: a real instruct model served by llama.cpp in a child process on loopback.

Covered: starting (model file, package, port, memory), an OpenAI-compatible `base_url` on 127.0.0.1 that
needs a random key, noticing that the child died, and a child that stops however this process ends.
A start takes 1-3 s once the model file is in the cache.

Not covered: Windows, GPUs (serve the model yourself and use `--base-url`), a context beyond
`context_tokens` per request (the server answers 400). One seed does not reproduce an answer when requests
run side by side: reproducibility comes from stored answers, which is why `identity` names the file's hash
and neither the port nor the key.

OMP_WAIT_POLICY=PASSIVE is set for the child because llama.cpp's spinning threads cost a factor of 40 on
two virtual cores (0.4 against 17 tokens/s).
"""

from __future__ import annotations

import atexit
import contextlib
import http.client
import importlib.util
import json
import os
import secrets
import select
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import IO, Self
from urllib.parse import urlsplit

from datagen.errors import TeacherError
from datagen.llm.gguf import DEFAULT_MODEL, find_model, silent

__all__ = ["LocalTeacher", "usable_cores"]

_SERVER_FILE = Path(__file__).with_name("local_server.py")
_STOP_GRACE_S = 5.0
_LOG_TAIL_BYTES = 4000
_LOG_TAIL_LINES = 6


def usable_cores() -> int:
    """The cores this process may run on (a container's CPU quota is not seen: pass `threads` then)."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


class LocalTeacher:
    """A running teacher; `start` makes one, `close` (or leaving the `with` block) ends it.

    `base_url`, `api_key` and `model` are what an OpenAI client needs; `identity` stands for the model in
    stored answers; `pid` is the child's process id.
    """

    def __init__(self, process: subprocess.Popen[bytes], log: IO[bytes], model: str, sha256: str, key: str):
        self._process = process
        self._log = log
        self._owner_pid = os.getpid()
        self._closed = False
        self.model = model
        self.identity = f"local:sha256:{sha256[:16]}"
        self.api_key = key
        self.base_url = ""
        self.pid = process.pid
        atexit.register(self.close)

    @classmethod
    def start(
        cls,
        model: str = DEFAULT_MODEL,
        *,
        parallel: int = 4,
        context_tokens: int = 2048,
        port: int = 0,
        threads: int | None = None,
        deadline_s: float = 120.0,
        say: Callable[[str], None] = silent,
    ) -> Self:
        """Serve `model` (a known name or a GGUF path) and return once it is healthy.

        `context_tokens` is per request, `port=0` lets the system choose. Raises TeacherError.
        """
        threads = usable_cores() if threads is None else threads
        _require_positive(parallel=parallel, context_tokens=context_tokens, threads=threads)
        _require_package()
        _require_free_port(port)
        file = find_model(model, say=say)
        settings = {
            "model_path": str(file.path),
            "alias": model if model == file.name else file.path.stem,
            "api_key": secrets.token_urlsafe(24),
            "port": port,
            "parallel": parallel,
            "context_tokens": context_tokens,
            "threads": threads,
            "parent_pid": os.getpid(),
        }
        say(f"starting {settings['alias']} on {threads} threads, {parallel} requests at a time")
        begun = time.monotonic()
        process, log = _launch(settings)
        teacher = cls(process, log, settings["alias"], file.sha256, settings["api_key"])
        with contextlib.ExitStack() as undo:
            undo.callback(teacher.close)
            teacher._wait_until_healthy(begun + deadline_s)
            undo.pop_all()
        say(f"{teacher.model} answers at {teacher.base_url} after {time.monotonic() - begun:.1f} s")
        return teacher

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def poll(self) -> int | None:
        """The child's exit code, or None while it runs."""
        return self._process.poll()

    def crashed(self) -> str | None:
        """One sentence if the child died by itself, else None (also after `close`)."""
        if self._closed or self.poll() is None:
            return None
        return f"the embedded teacher died ({_exit_reason(self._process.returncode)}): {_tail(self._log)}"

    def close(self) -> None:
        """Stop the child: SIGTERM, then SIGKILL after 5 s. Safe to call twice, and at exit of a fork."""
        if self._closed or os.getpid() != self._owner_pid:
            return
        self._closed = True
        atexit.unregister(self.close)
        self._process.terminate()
        try:
            self._process.wait(_STOP_GRACE_S)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        for stream in (self._process.stdin, self._process.stdout, self._log):
            if stream is not None:
                stream.close()

    def _wait_until_healthy(self, deadline: float) -> None:
        address = self._read_address(deadline)
        self.base_url = f"{address}/v1"
        netloc = urlsplit(address).netloc
        while not _is_healthy(netloc):
            self._require_running()
            if time.monotonic() > deadline:
                raise self._too_slow()
            time.sleep(0.05)

    def _read_address(self, deadline: float) -> str:
        pipe = self._process.stdout
        assert pipe is not None
        line = b""
        while not line.endswith(b"\n"):
            ready, _, _ = select.select([pipe], [], [], max(0.0, deadline - time.monotonic()))
            if not ready:
                raise self._too_slow()
            chunk = os.read(pipe.fileno(), 4096)
            if not chunk:
                with contextlib.suppress(subprocess.TimeoutExpired):
                    self._process.wait(_STOP_GRACE_S)
                self._require_running()
                raise self._too_slow()
            line += chunk
        return json.loads(line)["address"]

    def _require_running(self) -> None:
        if self.poll() is not None:
            raise TeacherError(
                f"the embedded teacher {self.model} could not start "
                f"({_exit_reason(self._process.returncode)}): {_tail(self._log)}; "
                "check the GGUF file and the free memory, or use another endpoint with --base-url"
            )

    def _too_slow(self) -> TeacherError:
        return TeacherError(
            f"the embedded teacher {self.model} was not ready before the deadline: {_tail(self._log)}; "
            "take a smaller model, or use another endpoint with --base-url"
        )


def _launch(settings: dict[str, object]) -> tuple[subprocess.Popen[bytes], IO[bytes]]:
    # A file without a name: the kernel removes it, however we end.
    log = tempfile.TemporaryFile()  # noqa: SIM115 - closed by LocalTeacher.close
    process = subprocess.Popen(
        [sys.executable, "-P", str(_SERVER_FILE)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=log,
        bufsize=0,
        env={**os.environ, "OMP_WAIT_POLICY": "PASSIVE"},
        start_new_session=True,  # Ctrl-C is ours to handle: running requests may still be stored
    )
    assert process.stdin is not None
    with contextlib.suppress(BrokenPipeError):  # a child that is gone already is reported by its exit code
        process.stdin.write(json.dumps(settings).encode() + b"\n")
    return process, log


def _is_healthy(netloc: str) -> bool:
    # Not urllib: a proxy in the environment must not be asked about loopback.
    connection = http.client.HTTPConnection(netloc, timeout=5)
    try:
        connection.request("GET", "/health")
        return connection.getresponse().status == 200
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()


def _tail(log: IO[bytes]) -> str:
    start = max(0, os.fstat(log.fileno()).st_size - _LOG_TAIL_BYTES)
    # pread: the child writes at the offset it shares with us, so it must not be moved.
    text = os.pread(log.fileno(), _LOG_TAIL_BYTES, start).decode(errors="replace")
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    return " | ".join(lines[-_LOG_TAIL_LINES:]) or "it said nothing"


def _exit_reason(code: int) -> str:
    return f"exit code {code}" if code >= 0 else f"signal {-code}"


def _require_positive(**values: int) -> None:
    for name, value in values.items():
        if value < 1:
            raise TeacherError(f"embedded teacher: {name} is {value}; it must be at least 1")


def _require_package() -> None:
    if importlib.util.find_spec("xllamacpp") is None:
        raise TeacherError(
            "the embedded teacher needs the package xllamacpp: run pip install 'typhoon-data[local]', "
            "or name an endpoint with --base-url"
        )


def _require_free_port(port: int) -> None:
    """Fail before a model is loaded; the child's own failure covers a port taken in between."""
    if not 0 <= port <= 65535:
        raise TeacherError(f"embedded teacher: port {port} does not exist; take 0 (any free port) to 65535")
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError as exc:
            raise TeacherError(
                f"embedded teacher: port {port} cannot be used ({exc.strerror}); stop the program that "
                "listens there, choose another port, or take 0 for any free one"
            ) from exc
