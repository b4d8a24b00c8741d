"""Stands between us and an MCP server that we start: python mcp_guard.py MAX_LINE COMMAND [ARGUMENT]...

Passes both streams on. An answer longer than MAX_LINE bytes, which would fill our memory, is replaced by an error. When
we are gone (our end of the pipe closes, even when we were killed), the server is ended with all that it started. Needs
nothing but Python.
"""

from __future__ import annotations

import contextlib
import os
import re
import signal
import subprocess
import sys
import threading

__all__ = ["TOO_LARGE"]

TOO_LARGE = -32_099
"""The error code of an answer that was too long."""
_GRACE_S = 1.0
_PART = 65_536


def main() -> int:
    limit, command = int(sys.argv[1]), sys.argv[2:]
    try:
        server = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, start_new_session=True)
    except OSError as exc:
        print(f"{command[0]}: {exc.strerror or exc}", file=sys.stderr)
        return 127
    signal.signal(signal.SIGTERM, lambda *_: _end(server))
    threading.Thread(target=_pass_requests, args=(server,), daemon=True).start()
    _pass_answers(server, limit)
    _end(server)
    return 0


def _pass_requests(server: subprocess.Popen[bytes]) -> None:
    assert server.stdin is not None
    with contextlib.suppress(OSError):
        while part := os.read(0, _PART):
            server.stdin.write(part)
            server.stdin.flush()
    with contextlib.suppress(OSError):
        server.stdin.close()
    try:
        server.wait(_GRACE_S)
    except subprocess.TimeoutExpired:
        _end(server)


def _pass_answers(server: subprocess.Popen[bytes], limit: int) -> None:
    """Line by line; one that is too long becomes an error with its id, so that only that call fails."""
    assert server.stdout is not None
    line, too_long = bytearray(), False
    with contextlib.suppress(OSError):
        while part := os.read(server.stdout.fileno(), _PART):
            *ended, rest = part.split(b"\n")
            for end in ended:
                if not too_long:
                    _write(bytes(line + end) if len(line) + len(end) <= limit else _refusal(line + end, limit))
                line.clear()
                too_long = False
            if not too_long:
                line += rest
                if len(line) > limit:
                    _write(_refusal(line, limit))
                    line.clear()
                    too_long = True


def _refusal(line: bytearray, limit: int) -> bytes:
    """The answer to the call that the line answers; where its id cannot be seen, none."""
    found = re.search(rb'"id"\s*:\s*(\d+|"[^"\\]*")', line[:400])
    if not found:
        return b""
    code = f'{{"code":{TOO_LARGE},"message":"more than {limit} bytes"}}'.encode()
    return b'{"jsonrpc":"2.0","id":' + found[1] + b',"error":' + code + b"}"


def _write(line: bytes) -> None:
    data = line + b"\n" if line else b""
    while data:
        data = data[os.write(1, data) :]


def _end(server: subprocess.Popen[bytes]) -> None:
    """The server and whatever it started, then ourselves."""
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(server.pid, signal.SIGKILL)
    server.wait()
    os._exit(0)


if __name__ == "__main__":
    sys.exit(main())
