"""How near the chat client comes to what a server allows, with and without faults.

    python benchmarks/client_speed.py                    # all jobs, 5,000 rows: about two minutes
    python benchmarks/client_speed.py --job faults --rows 1000

One JSON line a job. The server (chat_server.py) is a process of its own; answers go through the store as in a build.
`ideal_s` for a plain job is rows x latency / slots. For faults it is the time an ideal client needs that works off the
same draws of faults with all slots, no wait between tries and no cost of its own: a fault takes the slot for as long
as it takes the server to make it (429: at once, hung: `timeout_s`, the rest: the latency). `cpu_ms` is the client
process's CPU time a row, beside the wall-clock figures because it does not depend on who else uses the machine.
"""

from __future__ import annotations

import argparse
import asyncio
import heapq
import json
import random
import resource
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections import Counter
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from datagen.llm.answers import AnswerStore
from datagen.llm.client import ChatClient, Endpoint, Limits

SERVER = Path(__file__).with_name("chat_server.py")
FAULTS = {"429": 0.05, "500": 0.02, "hang": 0.01, "truncated": 0.01, "broken": 0.01}


@dataclass(frozen=True)
class Job:
    name: str
    latency_s: float
    slots: int = 256
    adaptive: bool = True
    faults: dict[str, float] = field(default_factory=dict)
    timeout_s: float = 60.0
    wanted_share: float | None = None


JOBS = [
    Job("steady", 1.0, wanted_share=0.95),
    Job("steady_fixed", 1.0, adaptive=False, wanted_share=0.95),
    Job("faults", 1.0, faults=FAULTS, timeout_s=3.0, wanted_share=0.85),
    Job("faults_fixed", 1.0, adaptive=False, faults=FAULTS, timeout_s=3.0, wanted_share=0.85),
    Job("fast", 0.02),
]


@contextmanager
def chat_server(job: Job, seed: int) -> Iterator[str]:
    """The base URL of a server for `job`."""
    command = [sys.executable, str(SERVER), "--latency", str(job.latency_s), "--slots", str(job.slots)]
    command += ["--faults", json.dumps(job.faults), "--seed", str(seed)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as server:
        assert server.stdin
        assert server.stdout
        try:
            yield server.stdout.readline().strip()
        finally:
            server.stdin.close()


def stats(base_url: str) -> dict[str, Any]:
    with urllib.request.urlopen(base_url.removesuffix("/v1") + "/stats") as response:
        return json.load(response)


async def ask_all(client: ChatClient, rows: int, window: int) -> Counter[str]:
    """Asks `rows` questions, `window` of them at a time as the pipeline does."""
    outcomes: Counter[str] = Counter()
    numbers = iter(range(rows))

    async def worker() -> None:
        for number in numbers:
            question = [{"role": "user", "content": f"คำถามที่ {number}: เมืองหลวงของประเทศไทยอยู่ที่ไหน " * 4}]
            answer = await client.chat("bench", question, temperature=0.5, max_tokens=300, seed=number)
            outcomes["failed" if answer.failed else "answered"] += 1

    await asyncio.gather(*(worker() for _ in range(window)))
    return outcomes


def measure(job: Job, rows: int, seed: int) -> dict[str, Any]:
    with (
        tempfile.TemporaryDirectory() as folder,
        chat_server(job, seed) as base_url,
        closing(AnswerStore(Path(folder) / "answers.sqlite")) as store,
    ):
        limits = Limits(job.slots, job.timeout_s, 8, adaptive=job.adaptive)

        async def connect() -> Endpoint:
            return Endpoint(base_url, "bench")

        async def run() -> tuple[ChatClient, Counter[str]]:
            client = ChatClient(store, "bench", connect, limits=limits)
            try:
                return client, await ask_all(client, rows, 2 * job.slots)
            finally:
                await client.close()

        begun, cpu = time.perf_counter(), time.process_time()
        client, outcomes = asyncio.run(run())
        elapsed, cpu = time.perf_counter() - begun, time.process_time() - cpu
        served = stats(base_url)
        stored = len(store.payloads())
    usage = client.usage
    ideal = ideal_s(job, rows, seed)
    return {
        "job": job.name,
        "rows": rows,
        "seconds": round(elapsed, 2),
        "ideal_s": round(ideal, 2),
        "share_of_ideal": round(ideal / elapsed, 3),
        "requests_per_s": round(rows / elapsed, 1),
        "cpu_ms": round(1000 * cpu / rows, 3),
        "server_cpu_ms": round(1000 * served["cpu_s"] / rows, 3),
        "peak_mib": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024,
        "asked": usage.asked,
        "answered": usage.answered,
        "failed": usage.failed,
        "stored": stored,
        "requests": usage.requests,
        "served": sum(served["served"].values()),
        "faults": dict(sorted(usage.faults.items())),
        "exact": usage.asked == usage.answered + usage.failed == rows == outcomes.total()
        and usage.answered == outcomes["answered"] == stored
        and usage.requests == usage.succeeded + usage.faults.total() == sum(served["served"].values()),
    }


def ideal_s(job: Job, rows: int, seed: int) -> float:
    """Seconds an ideal client needs: `slots` workers, each trying its row until it is answered."""
    if not job.faults:
        return rows * job.latency_s / job.slots
    rng = random.Random(seed)
    free_at = [0.0] * job.slots
    last = 0.0
    for _ in range(rows):
        now = heapq.heappop(free_at)
        while (kind := _draw(rng, job.faults)) != "fine":
            now += {"429": 0.0, "hang": job.timeout_s}.get(kind, job.latency_s)
        now += job.latency_s
        heapq.heappush(free_at, now)
        last = max(last, now)
    return last


def _draw(rng: random.Random, faults: dict[str, float]) -> str:
    at = rng.random()
    for kind, share in faults.items():
        if at < share:
            return kind
        at -= share
    return "fine"


def main() -> None:
    parser = argparse.ArgumentParser(description="Share of the ideal speed, faults and CPU of the chat client.")
    parser.add_argument("--rows", type=int, default=5000)
    parser.add_argument("--job", choices=[job.name for job in JOBS])
    parser.add_argument("--seed", type=int, default=7)
    given = parser.parse_args()
    good = True
    for job in JOBS:
        if given.job in (None, job.name):
            result = measure(job, given.rows, given.seed)
            print(json.dumps(result), flush=True)
            good &= result["exact"] and result["share_of_ideal"] >= (job.wanted_share or 0.0)
    sys.exit(not good)


if __name__ == "__main__":
    main()
