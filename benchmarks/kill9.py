"""kill -9 at random moments of a build, then the same command again, until it ends: what is asked twice, what is lost?

    python benchmarks/kill9.py [--rows 2000] [--kills 30] [--seed N]

A scripted endpoint in a process of its own notes every request. One build runs uninterrupted, one is killed at moments
drawn uniformly over the requests of the first (and, one kill in five, while it starts or replays its answers). Checked:
no run asks for an answer that was stored when the run before it died; a question is asked again only as often as it was
in flight at a kill; no row is lost or doubled; the files are byte for byte those of the uninterrupted build. Prints one
JSON line and ends with 1 where any of it fails.
"""

from __future__ import annotations

import argparse
import json
import random
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import polars as pl
from build_process import build_command, dataset_bytes, start, stored_questions
from scripted_endpoint import endpoint

Asked = Callable[..., Any]
_LATENCY_S = 0.005
_WHILE_STARTING = 5  # one kill in so many comes before the first new request


def killed(process: subprocess.Popen[bytes]) -> bool:
    """Whether the kill found the process alive."""
    process.send_signal(signal.SIGKILL)
    process.wait()
    return process.returncode == -signal.SIGKILL


def wait_for(asked: Asked, wanted: int, process: subprocess.Popen[bytes]) -> None:
    while process.poll() is None and asked(count=True) < wanted:
        time.sleep(0.005)


def interrupted(command: list[str], asked: Asked, options: argparse.Namespace, out: Path, total: int) -> dict[str, Any]:
    """Kills `command` again and again, lets it end, and counts."""
    moments = random.Random(options.seed)
    log, begin = out.with_name("log"), asked(count=True)
    targets = sorted(begin + moments.randrange(total) for _ in range(options.kills))
    stored: set[str] = set()
    in_flight: Counter[str] = Counter()
    paid_again, at_once, startup_s = 0, 0, 1.0
    for number, target in enumerate(targets):
        before, begun = asked(count=True), time.monotonic()
        process = start(command, log)
        if number % _WHILE_STARTING == 0:
            time.sleep(moments.random() * startup_s)
        else:
            wait_for(asked, before + 1, process)
            startup_s = time.monotonic() - begun
            wait_for(asked, target, process)
            time.sleep(moments.random() * 0.02)
        assert killed(process), f"kill {number} came too late: {log.read_text()[-500:]}"
        new = asked(before)
        paid_again += len(stored & set(new))
        stored = stored_questions(out)
        unanswered = set(new) - stored
        in_flight.update(unanswered)
        at_once = max(at_once, len(unanswered))
        print(f"kill {number + 1}: {len(new)} new requests, {len(stored)} stored", file=sys.stderr, flush=True)
    before = asked(count=True)
    last = start(command, log)
    assert last.wait() == 0, log.read_text()[-2000:]
    paid_again += len(stored & set(asked(before)))
    times = Counter(asked(begin))
    beyond = sum(max(0, count - 1 - in_flight[each]) for each, count in times.items())
    return {
        "requests": times.total(),
        "stored_answers_asked_again": paid_again,
        "asked_again_beyond_those_in_flight": beyond,
        "in_flight_at_the_kills": in_flight.total(),
        "asked_again": times.total() - len(times),
        "most_in_flight_at_a_kill": at_once,
    }


def rows_of(out: Path) -> list[str]:
    return pl.read_parquet(sorted((out / "data/sft").glob("*.parquet")))["id"].to_list()


def main() -> None:
    parser = argparse.ArgumentParser(description="Kill a build again and again and compare with one left alone.")
    parser.add_argument("--rows", type=int, default=2000)
    parser.add_argument("--kills", type=int, default=30)
    parser.add_argument("--seed", type=int, default=time.time_ns() % 10**9)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder, endpoint(_LATENCY_S) as (url, asked):
        whole, cut = Path(folder) / "whole", Path(folder) / "cut"
        begun = time.monotonic()
        process = start(build_command(url, whole, options.rows), Path(folder) / "log")
        assert process.wait() == 0, (Path(folder) / "log").read_text()
        uninterrupted_s, total = time.monotonic() - begun, asked(count=True)
        print(f"uninterrupted: {total} requests in {uninterrupted_s:.1f} s", file=sys.stderr, flush=True)
        found = interrupted(build_command(url, cut, options.rows), asked, options, cut, total)
        ours, theirs = rows_of(cut), rows_of(whole)
        found |= {
            "rows_lost": len(set(theirs) - set(ours)),
            "rows_doubled": len(ours) - len(set(ours)),
            "byte_identical": dataset_bytes(cut) == dataset_bytes(whole),
        }
        told = {"rows": len(ours), "kills": options.kills, "seed": options.seed, "uninterrupted_requests": total}
        print(json.dumps(told | found), flush=True)
    wrong = found["stored_answers_asked_again"] or found["asked_again_beyond_those_in_flight"]
    sys.exit(1 if wrong or found["rows_lost"] or found["rows_doubled"] or not found["byte_identical"] else 0)


if __name__ == "__main__":
    main()
