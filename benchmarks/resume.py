"""How fast a killed build with many stored answers goes on: from its checkpoint, and by replaying the whole store.

    python benchmarks/resume.py [--answers 100000]

A build against a scripted endpoint in another process is killed (kill -9) when it has so many answers stored. Then the
same command is started twice. "Starts" is the time from the start of the process to its first new request reaching the
endpoint: the build is past everything it had and pays for something new. The first start goes on from the checkpoint
that the kill left; for the second that is removed, so that every stored answer is replayed through every stage. Prints
a JSON line each, with the CPU seconds the process had used by then: they do not depend on who else uses the machine.
"""

from __future__ import annotations

import argparse
import json
import shutil
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import psutil
from build_process import build_command, start, stored_questions
from scripted_endpoint import endpoint

_ENDLESS = 10_000_000


def started(command: list[str], log: Path, asked: Callable[..., Any]) -> dict[str, float]:
    """Seconds and CPU seconds to the first new request; the process is killed then."""
    before, begun = asked(count=True), time.monotonic()
    process = start(command, log)
    used = psutil.Process(process.pid)
    while asked(count=True) == before:
        assert process.poll() is None, log.read_text()[-2000:]
        time.sleep(0.01)
    took_s, cpu = time.monotonic() - begun, used.cpu_times()
    process.kill()
    process.wait()
    return {"to_first_new_request_s": round(took_s, 2), "cpu_s": round(cpu.user + cpu.system, 2)}


def main() -> None:
    parser = argparse.ArgumentParser(description="Measure how fast a killed build goes on.")
    parser.add_argument("--answers", type=int, default=100_000)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder, endpoint() as (url, asked):
        out, log = Path(folder) / "ds", Path(folder) / "log"
        command = build_command(url, out, _ENDLESS, f"max_attempts={_ENDLESS}")
        process = start(command, log)
        while (count := asked(count=True)) < options.answers:
            assert process.poll() is None, log.read_text()[-2000:]
            print(f"{count} answers", file=sys.stderr)
            time.sleep(max(0.05, min(10.0, (options.answers - count) / 1000)))
        process.kill()
        process.wait()
        staging = out / ".typhoon/staging"
        records = json.loads((staging / "checkpoint.json").read_text())["records"]
        answers = len(stored_questions(out))
        print(
            json.dumps({"start": "from the checkpoint", "answers": answers} | started(command, log, asked)), flush=True
        )
        shutil.rmtree(staging)
        replay = started(command, log, asked)
        rates = {
            "records_per_s": round(records / replay["to_first_new_request_s"]),
            "answers_per_s": round(answers / replay["to_first_new_request_s"]),
            "cpu_ms_per_record": round(1000 * replay["cpu_s"] / records, 2),
        }
        print(json.dumps({"start": "by replaying the store", "answers": answers} | replay | rates), flush=True)


if __name__ == "__main__":
    main()
