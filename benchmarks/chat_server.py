"""A chat server for speed measurements: fixed latency, a fixed number of slots, faults at given rates.

    python benchmarks/chat_server.py --latency 1 --slots 256 --faults '{"429": 0.05, "hang": 0.01}' --seed 7

Prints its base URL, then serves until stdin closes. One thread, one asyncio.Protocol a connection and prepared bytes:
about 0.04 ms of CPU a request, so that it is not what limits a client. Requests beyond the slots wait in line.
`GET /stats` tells what was served, the CPU seconds used and the most requests side by side. The fault of the k-th
chat request depends on the seed and k alone. Kinds: an HTTP status, `hang` (silence, holding its slot until the client
leaves), `truncated` (a body shorter than its Content-Length), `broken` (half a JSON document).
"""

from __future__ import annotations

import argparse
import asyncio
import json
import random
import sys
import time
from collections import Counter, deque
from contextlib import suppress

ANSWER = "กรุงเทพมหานครเป็นเมืองหลวงของประเทศไทย ตั้งอยู่ริมแม่น้ำเจ้าพระยา " * 4


def _response(status: int, document: object, *extra: str) -> bytes:
    body = json.dumps(document, ensure_ascii=False).encode()
    lines = [f"HTTP/1.1 {status} {'OK' if status == 200 else 'Fault'}", "Content-Type: application/json"]
    return "\r\n".join([*lines, f"Content-Length: {len(body)}", *extra, "", ""]).encode() + body


def _completion(choices: int = 1) -> dict[str, object]:
    message = {"role": "assistant", "content": ANSWER}
    usage = {"prompt_tokens": 50, "completion_tokens": 100 * choices, "total_tokens": 50 + 100 * choices}
    return {
        "id": "chatcmpl-0",
        "object": "chat.completion",
        "created": 0,
        "model": "bench",
        "choices": [
            {"index": i, "message": message, "finish_reason": "stop", "logprobs": None} for i in range(choices)
        ],
        "usage": usage,
    }


FINE = _response(200, _completion())
MODELS = _response(200, {"object": "list", "data": [{"id": "bench", "object": "model", "owned_by": "bench"}]})


class Desk:
    """The slots, the line before them, the faults and the counts."""

    def __init__(self, latency_s: float, slots: int, faults: dict[str, float], seed: int) -> None:
        self.latency_s, self.free, self.faults = latency_s, slots, faults
        self.rng, self.served, self.peak, self.busy = random.Random(seed), Counter[str](), 0, 0
        self.line: deque[Connection] = deque()

    def draw(self) -> str:
        at = self.rng.random()
        for kind, share in self.faults.items():
            if at < share:
                return kind
            at -= share
        return "fine"

    def enter(self, connection: Connection) -> None:
        if self.free:
            self.free -= 1
            self.busy += 1
            self.peak = max(self.peak, self.busy)
            connection.serve()
        else:
            self.line.append(connection)

    def leave(self) -> None:
        self.free += 1
        self.busy -= 1
        while self.line and self.free:
            waiting = self.line.popleft()
            if not waiting.transport.is_closing():
                self.enter(waiting)


class Connection(asyncio.Protocol):
    def __init__(self, desk: Desk) -> None:
        self.desk, self.buffer, self.holds, self.kind = desk, b"", False, ""
        self.transport: asyncio.Transport

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self.transport = transport

    def connection_lost(self, exc: Exception | None) -> None:
        if self.holds:
            self.holds = False
            self.desk.leave()

    def data_received(self, data: bytes) -> None:
        self.buffer += data
        head, end, rest = self.buffer.partition(b"\r\n\r\n")
        if not end:
            return
        lower = head.lower()
        at = lower.find(b"content-length:")
        length = int(lower[at + 15 :].split(b"\r\n", 1)[0]) if at >= 0 else 0
        if len(rest) < length:
            return
        self.buffer = b""
        if head.startswith(b"GET"):
            self.transport.write(self.looked_up(head))
        else:
            self.arrived()

    def looked_up(self, head: bytes) -> bytes:
        if b"/stats" not in head.split(b"\r\n", 1)[0]:
            return MODELS
        return _response(200, {"served": self.desk.served, "cpu_s": time.process_time(), "peak": self.desk.peak})

    def arrived(self) -> None:
        self.kind = self.desk.draw()
        self.desk.served[self.kind] += 1
        if self.kind.isdigit() and self.kind.startswith("4"):
            self.transport.write(_response(int(self.kind), {"error": {"message": "scripted"}}))  # refused at the door
        else:
            self.desk.enter(self)

    def serve(self) -> None:
        self.holds = True
        if self.kind != "hang":
            asyncio.get_running_loop().call_later(self.desk.latency_s, self.finish)

    def finish(self) -> None:
        if not self.holds:
            return
        self.holds = False
        if self.kind == "fine":
            self.transport.write(FINE)
        elif self.kind == "truncated":
            self.transport.write(FINE[: len(FINE) - 200])
            self.transport.close()
        elif self.kind == "broken":
            body = b'{"id": "chatcmpl-0", "choices": [{"ind'
            head = f"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
            self.transport.write(head.encode() + body)
        else:
            self.transport.write(_response(int(self.kind), {"error": {"message": "scripted"}}))
        self.desk.leave()


async def serve(desk: Desk) -> None:
    loop = asyncio.get_running_loop()
    server = await loop.create_server(lambda: Connection(desk), "127.0.0.1", 0, backlog=4096)
    print(f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/v1", flush=True)
    await loop.run_in_executor(None, sys.stdin.read)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--latency", type=float, default=1.0)
    parser.add_argument("--slots", type=int, default=256)
    parser.add_argument("--faults", type=json.loads, default={})
    parser.add_argument("--seed", type=int, default=7)
    given = parser.parse_args()
    with suppress(KeyboardInterrupt):
        asyncio.run(serve(Desk(given.latency, given.slots, given.faults, given.seed)))


if __name__ == "__main__":
    main()
