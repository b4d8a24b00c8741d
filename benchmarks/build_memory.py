"""Memory and CPU of whole builds by number of rows: both must not grow with the dataset.

    python benchmarks/build_memory.py [--rows 1000 10000 100000] [--profile FILE]

Each measurement is a build in a process of its own (judge on, 16 requests at a time) against a scripted endpoint
without latency in another process. Prints JSON lines: peak resident memory of the build, rows and requests a second,
and the build's own CPU milliseconds an accepted row and a request. Wall-clock figures depend on who else uses the
machine; CPU and memory hardly do. `--profile` writes a cProfile of the last build (and slows it down).
"""

from __future__ import annotations

import argparse
import json
import os
import tempfile
import time
from pathlib import Path

from build_process import build_command, start
from scripted_endpoint import endpoint

_PROFILED = """
import cProfile, sys
from datagen.cli import main
profile = cProfile.Profile()
try:
    profile.runcall(main)
finally:
    profile.dump_stats({path!r})
"""


def measure(rows: int, folder: Path, settings: list[str], profile: Path | None) -> dict[str, float]:
    with endpoint() as (url, asked):
        options = {"main": _PROFILED.format(path=str(profile))} if profile else {}
        command = build_command(url, folder / "ds", rows, *settings, **options)
        begun = time.perf_counter()
        process = start(command, folder / "log")
        _, status, used = os.wait4(process.pid, 0)
        took_s = time.perf_counter() - begun
        process.returncode = os.waitstatus_to_exitcode(status)
        assert process.returncode == 0, (folder / "log").read_text()
        requests = asked(count=True)
    manifest = json.loads((folder / "ds/manifest.json").read_text())
    assert manifest["rows"] == rows
    cpu_ms = (used.ru_utime + used.ru_stime) * 1000
    return {
        "rows": rows,
        "requests": requests,
        "peak_mib": round(used.ru_maxrss / 1024),
        "rows_per_s": round(rows / took_s, 1),
        "requests_per_s": round(requests / took_s, 1),
        "cpu_ms_per_row": round(cpu_ms / rows, 2),
        "cpu_ms_per_request": round(cpu_ms / requests, 2),
        "wall_s": round(took_s, 1),
    }


def main() -> None:
    parser = argparse.ArgumentParser(description="Measure memory and CPU of builds.")
    parser.add_argument("--rows", type=int, nargs="+", default=[1_000, 10_000, 100_000])
    parser.add_argument("--profile", type=Path, help="write a cProfile of the last build here")
    parser.add_argument("settings", nargs="*", metavar="KEY=VALUE", help="recipe values for the build")
    options = parser.parse_intermixed_args()
    for rows in options.rows:
        with tempfile.TemporaryDirectory() as folder:
            print(json.dumps(measure(rows, Path(folder), options.settings, options.profile)), flush=True)


if __name__ == "__main__":
    main()
