"""The child process of the embedded teacher: one llama.cpp server on loopback that cannot outlive its parent.

Started by `datagen.llm.local` as a file, so it imports nothing of ours. Settings, the API key among them,
come as one JSON line on stdin (never argv, environment or disk), and the address goes back as one JSON
line on stdout. The end of stdin is the order to stop, and the kernel gives it even when the parent is
killed with SIGKILL.

Measured: xllamacpp holds the GIL for the whole of the load (1-2 s for 0.5 GB, longer for big files) and
never while generating (worst stall 22 ms), so only the load needs the kernel's own parent-death signal.
"""

from __future__ import annotations

import ctypes
import importlib
import json
import os
import signal
import sys
import threading
import time
from typing import Any, BinaryIO

_PR_SET_PDEATHSIG = 1


def _stop_when_the_pipe_ends(stdin: BinaryIO) -> None:
    while stdin.read(4096):
        pass
    os._exit(0)


def _die_with_parent(signal_number: int) -> None:
    """Linux: ask for this signal when the *thread* that started us ends; 0 takes the request back."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal_number)


def _serve(settings: dict[str, Any]) -> Any:
    xllamacpp: Any = importlib.import_module("xllamacpp")  # compiled, without type stubs
    params = xllamacpp.CommonParams()
    params.model.path = settings["model_path"]
    params.model_alias = {settings["alias"]}
    params.hostnames = ["127.0.0.1"]
    params.port = settings["port"]
    params.api_keys = [settings["api_key"]]
    params.n_parallel = settings["parallel"]
    params.n_ctx = settings["parallel"] * settings["context_tokens"]
    params.fit_params = False  # keep the context that was asked for, whatever the free memory
    params.cpuparams.n_threads = params.cpuparams_batch.n_threads = settings["threads"]
    params.n_gpu_layers = 0
    params.warmup = False
    params.cache_idle_slots = False
    params.cache_ram_mib = 0  # its default keeps up to 8 GiB of old prompts
    params.verbosity = 2  # warnings: a line per request would grow the log with the dataset
    # Nothing for browsers: no page, no origin may read an answer, no view into other requests.
    params.ui = False
    params.cors_origins = params.cors_methods = params.cors_headers = ""
    params.cors_origins_explicit = True
    params.cors_credentials = False
    params.endpoint_slots = False
    return xllamacpp.Server(params)


def main() -> None:
    # Native code may print: keep the real stdout for the address and send everything else to the log.
    answer_handle = os.dup(1)
    os.dup2(2, 1)
    # Unbuffered: a thread that waits inside sys.stdin's lock would abort an orderly exit of the interpreter.
    stdin = open(0, "rb", buffering=0, closefd=False)  # noqa: SIM115 - open as long as the process
    settings = json.loads(stdin.readline())
    threading.Thread(target=_stop_when_the_pipe_ends, args=(stdin,), daemon=True).start()
    _die_with_parent(signal.SIGKILL)
    try:
        server = _serve(settings)
    except RuntimeError as exc:
        raise SystemExit(f"xllamacpp: {exc}") from exc
    # The parent's starting thread may end long before the parent does.
    _die_with_parent(0)
    with os.fdopen(answer_handle, "w") as answer:
        answer.write(json.dumps({"address": server.listening_address}) + "\n")
    # A second sign of a dead parent: a process it forked may still hold the other end of our stdin.
    while os.getppid() == settings["parent_pid"]:
        time.sleep(2)
    os._exit(0)


if __name__ == "__main__":
    main()
