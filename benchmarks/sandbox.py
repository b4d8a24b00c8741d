"""The sandbox for model-written checkers, measured: milliseconds a call, and what every hostile checker came to.

    python benchmarks/sandbox.py [--calls 300]

Runs tests/constraints/hostile_checkers.yaml, each followed by a good checker in the same pool. Prints a line a hostile
checker (outcome, milliseconds, reason), then JSON: the median milliseconds of a good call and of a host call for Thai
words, the slowest hostile call against the kill limit, and whether every good call between was right (exit code 1
where one was not).
"""

from __future__ import annotations

import argparse
import json
import statistics
import sys
import time
from pathlib import Path

import yaml

from constraints.sandbox import Limits, Sandbox

_HOSTILE = Path(__file__).parents[1] / "tests" / "constraints" / "hostile_checkers.yaml"
_PLAIN = "def evaluate(response):\n    return len(response.split('\\n')) == 1"
_THAI_WORDS = "def evaluate(response):\n    return len(thai_words(response)) == 3"
_RESPONSE = "แมวกินปลา"
_BUILT = {
    "nested_brackets": "x = " + "[" * 5000 + "]" * 5000 + "\ndef evaluate(response): return True",
    "huge_code": "def evaluate(response):\n    return True\n" + "# long\n" * 100_000,
}


def main() -> int:
    parser = argparse.ArgumentParser(description="Measure the sandbox.")
    parser.add_argument("--calls", type=int, default=300)
    options = parser.parse_args()
    hostile = yaml.safe_load(_HOSTILE.read_text(encoding="utf-8"))
    right, slowest_s = True, 0.0
    with Sandbox() as sandbox:
        plain_ms = _median_ms(sandbox, _PLAIN, options.calls)
        words_ms = _median_ms(sandbox, _THAI_WORDS, options.calls)
        for name, found in hostile.items():
            code = found if isinstance(found, str) else found.get("code") or _BUILT[found["build"]]
            begun = time.perf_counter()
            verdict = sandbox.run(code, _RESPONSE)
            took_s = time.perf_counter() - begun
            slowest_s = max(slowest_s, took_s)
            right &= sandbox.run(_THAI_WORDS, _RESPONSE).passed
            print(f"{name:36} {verdict.outcome:10} {1000 * took_s:7.1f} ms  {verdict.reason[:90]}")
    result = {
        "hostile_checkers": len(hostile),
        "good_calls_between_all_right": right,
        "slowest_hostile_call_s": round(slowest_s, 2),
        "kill_after_s": Limits().kill_after_s,
        "median_ms_a_call": plain_ms,
        "median_ms_a_call_with_thai_words": words_ms,
    }
    print(json.dumps(result, indent=2))
    return 0 if right else 1


def _median_ms(sandbox: Sandbox, code: str, calls: int) -> float:
    times = []
    for _ in range(calls):
        begun = time.perf_counter()
        sandbox.run(code, _RESPONSE)
        times.append(time.perf_counter() - begun)
    return round(1000 * statistics.median(times), 2)


if __name__ == "__main__":
    sys.exit(main())
