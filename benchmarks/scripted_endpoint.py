"""A light scripted chat endpoint in a process of its own: it costs little beside the build that is measured.

    with endpoint(latency_s=0.0) as (url, asked): ...

`asked()` returns the questions received so far, in order of arrival; `asked(since=n)` leaves out the first n. A
question is the hash of what identifies a request on both sides of the wire (messages and sampling parameters). Answers
depend on the request alone: Thai word salad that holds the keywords asked for and passes seven checks in eight.
Not covered: faults, streaming, limits (datagen/llm/scripted.py has them, and is heavier).
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import hashlib
import json
import os
import random
import re
import subprocess
import sys
import urllib.request
from collections.abc import Callable, Iterator, Mapping
from typing import Any

__all__ = ["KEYWORD_CONSTRAINTS", "endpoint", "question", "question_of_stored"]

KEYWORD_CONSTRAINTS = ("keywords.include", "keywords.include_all")
"""What the script can follow; draw these alone."""

_WORDS = (
    "แม่ พ่อ ลูก เพื่อน ครู หมอ ชาวนา แม่ค้า ตำรวจ ช่างไม้ เดิน วิ่ง นั่ง นอน กิน ดื่ม ซื้อ ขาย ปลูก ทำงาน อ่าน เขียน "
    "ร้องเพลง เล่น ช่วย สอน เรียน รัก คิดถึง รอ บ้าน ตลาด โรงเรียน วัด ทุ่งนา ภูเขา ทะเล แม่น้ำ สวน ถนน เช้า เย็น "
    "กลางคืน วันนี้ พรุ่งนี้ เมื่อวาน ฤดูฝน ฤดูหนาว ปีใหม่ สงกรานต์ ข้าว ปลา ผัก ผลไม้ น้ำ กาแฟ ขนม แกง ต้มยำ ส้มตำ "
    "อร่อย สวย ใหญ่ เล็ก เก่า ใหม่ ร้อน หนาว เงียบ สงบ แล้ว จึง เพราะ แต่ และ กับ ที่ ใน บน ใกล้ เสมอ บ่อย อีกครั้ง "
    "ด้วยกัน อย่างช้า อย่างตั้งใจ จักรยาน รถไฟ เรือ หนังสือ ดอกไม้ ต้นไม้ นก แมว หมา ช้าง ควาย ฝน ลม แดด ดาว พระจันทร์"
)
_KEYWORD = re.compile(r'"([^"]+)"')
_IGNORED = ("model", "stream", "n", "user")


def question(body: Mapping[str, Any]) -> str:
    """The hash of a request as the server sees it."""
    said = {key: value for key, value in body.items() if key not in _IGNORED}
    return hashlib.sha256(json.dumps(said, ensure_ascii=False, sort_keys=True).encode()).hexdigest()[:24]


def question_of_stored(payload: Mapping[str, Any]) -> str:
    """The same hash of a payload in the answer store."""
    return question(payload["sampling"] | {"messages": payload["messages"]})


def answer(body: Mapping[str, Any]) -> str:
    """Word salad of 40 to 60 words that holds the quoted keywords; one in eight lacks them. A judge's 8 or 3."""
    number = int(question(body), 16)
    last = body["messages"][-1]["content"]
    if "ให้คะแนน" in last:
        return "8" if number % 8 else "3"
    draw = random.Random(number)
    words = draw.choices(_WORDS.split(), k=draw.randint(40, 60))
    if number % 8:
        keywords = _KEYWORD.findall("\n".join(m["content"] for m in body["messages"]).replace("\\", ""))
        words[20:20] = [f" {' และ '.join(keywords)} "]
    return "".join(words)


class _Connection(asyncio.Protocol):
    """Keep-alive HTTP/1.1, one request after the other."""

    def __init__(self, asked: list[str], latency_s: float) -> None:
        self.asked, self.latency_s, self.received = asked, latency_s, b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = transport

    def data_received(self, data: bytes) -> None:
        self.received += data
        while (end := self.received.find(b"\r\n\r\n")) >= 0:
            head = self.received[:end].decode("latin-1")
            length = re.search(r"content-length:\s*(\d+)", head, re.IGNORECASE)
            whole = end + 4 + int(length[1] if length else 0)
            if len(self.received) < whole:
                return
            body, self.received = self.received[end + 4 : whole], self.received[whole:]
            self.reply(head.split(" ", 2)[1], body)

    def reply(self, path: str, body: bytes) -> None:
        if path == "/v1/models":
            self.send({"object": "list", "data": [{"id": "scripted", "object": "model"}]})
        elif path.startswith("/asked/"):
            self.send(self.asked[int(path.rpartition("/")[2]) :])
        elif path == "/count":
            self.send(len(self.asked))
        else:
            request = json.loads(body)
            self.asked.append(question(request))
            if self.latency_s:
                asyncio.get_running_loop().call_later(self.latency_s, self.send, _completion(answer(request)))
            else:
                self.send(_completion(answer(request)))

    def send(self, document: Any) -> None:
        if self.transport.is_closing():
            return
        body = json.dumps(document, ensure_ascii=False).encode()
        head = f"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
        self.transport.write(head.encode() + body)  # pyright: ignore[reportAttributeAccessIssue]


def _completion(text: str) -> dict[str, Any]:
    return {
        "id": "scripted",
        "object": "chat.completion",
        "created": 0,
        "model": "scripted",
        "choices": [{"index": 0, "message": {"role": "assistant", "content": text}, "finish_reason": "stop"}],
        "usage": {"prompt_tokens": 10, "completion_tokens": 20, "total_tokens": 30},
    }


async def _serve(latency_s: float) -> None:
    asked: list[str] = []
    loop = asyncio.get_running_loop()
    server = await loop.create_server(lambda: _Connection(asked, latency_s), "127.0.0.1", 0, backlog=1024)
    print(server.sockets[0].getsockname()[1], flush=True)
    await loop.run_in_executor(None, sys.stdin.read)  # until the parent goes away
    os._exit(0)


@contextlib.contextmanager
def endpoint(latency_s: float = 0.0) -> Iterator[tuple[str, Callable[..., Any]]]:
    """Base URL of a running endpoint, and `asked`; `asked(count=True)` is only their number."""
    command = [sys.executable, __file__, "--latency", str(latency_s)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert process.stdin is not None
        root = f"http://127.0.0.1:{int(process.stdout.readline())}"
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))

        def asked(since: int = 0, *, count: bool = False) -> Any:
            with opener.open(f"{root}/count" if count else f"{root}/asked/{since}") as said:
                return json.load(said)

        try:
            yield f"{root}/v1", asked
        finally:
            process.stdin.close()


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description="Serve scripted answers until standard input closes.")
    parser.add_argument("--latency", type=float, default=0.0)
    asyncio.run(_serve(parser.parse_args().latency))
