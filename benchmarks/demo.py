"""The demo's claims, measured: time, yield, why candidates were dropped, and that every row verifies.

    .venv/bin/python benchmarks/demo.py [--rows 8] [--model qwen2.5-coder-1.5b]

Runs the same commands as `make demo` in a fresh folder and prints one JSON object. Wall-clock time depends on the
machine and on what else runs there; on 2 virtual cores the model gives about 12-20 tokens/s in all.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

PROGRAM = Path(sys.executable).with_name("typhoon-data")


def main() -> int:
    parser = argparse.ArgumentParser(description="Measure the demo.")
    parser.add_argument("--rows", type=int, default=8)
    parser.add_argument("--model", default="qwen2.5-coder-1.5b")
    options = parser.parse_args()
    environment = {name: value for name, value in os.environ.items() if name != "OPENAI_BASE_URL"}
    with tempfile.TemporaryDirectory() as folder:
        out = Path(folder) / "demo"
        size = ["--rows", str(options.rows), "--model", options.model]
        command = [PROGRAM, "build", "--lang", "th", *size, "--out", out]
        begun = time.monotonic()
        built = subprocess.run(command, env=environment)
        seconds = time.monotonic() - begun
        verified = subprocess.run([PROGRAM, "verify", out, "--json"], capture_output=True, text=True)
        manifest = json.loads((out / "manifest.json").read_text(encoding="utf-8"))
    reasons = {
        f"{stage}: {reason}": count
        for stage, counts in manifest["stages"].items()
        for reason, count in counts["rejected"].items()
    }
    result = {
        "model": options.model,
        "seconds": round(seconds),
        "rows": manifest["rows"],
        "candidates": manifest["attempts"],
        "accepted_share": round(manifest["rows"] / manifest["attempts"], 3),
        "rejected": dict(sorted(reasons.items(), key=lambda item: -item[1])),
        "verify_exit_code": verified.returncode,
        "rows_verified": json.loads(verified.stdout)["rows"],
    }
    print(json.dumps(result, ensure_ascii=False, indent=2))
    return built.returncode or verified.returncode


if __name__ == "__main__":
    sys.exit(main())
