"""False-accept and false-reject rates of every checker, on Thai responses labelled by reading.

    python benchmarks/labelled.py [--files benchmarks/labelled/*.jsonl] [--list]

Each line of benchmarks/labelled/*.jsonl is one verdict: `id`, `params`, the `instruction` the labeller read, a
`response` and the `label` (PASS or FAIL) that a reader gave it; README.md there says who labelled and how. A false
accept is a FAIL that the checker passes, a false reject a PASS that it fails; UNDECIDED is neither and stands apart.
Prints a line a type, then the totals as JSON; exit code 1 where a rate of the
totals reaches 1 %, one of a type 5 %, or 5 % are undecided.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections import Counter
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from constraints import Outcome, build, types

_FOLDER = Path(__file__).with_name("labelled")
_MOST_OVERALL, _MOST_A_TYPE, _MOST_UNDECIDED = 0.01, 0.05, 0.05


def main() -> int:
    parser = argparse.ArgumentParser(description="False accepts and false rejects of every checker.")
    parser.add_argument("--files", nargs="*", type=Path, default=sorted(_FOLDER.glob("*.jsonl")))
    parser.add_argument("--list", action="store_true", help="show every disagreement and every UNDECIDED in full")
    options = parser.parse_args()
    rows = [row for file in options.files for row in read_labels(file)]
    counts, disagreements = count(rows)
    print(f"{'type':42} {'pass':>5} {'fail':>5} {'false accept':>13} {'false reject':>13} {'undecided':>10}")
    for constraint_id, found in sorted(counts.items()):
        print(
            f"{constraint_id:42} {found['PASS']:5} {found['FAIL']:5} {_share(found, 'accept', 'FAIL'):>13} "
            f"{_share(found, 'reject', 'PASS'):>13} {found['undecided']:10}"
        )
    if options.list:
        for row in disagreements:
            print(json.dumps(row, ensure_ascii=False, indent=1))
    result = summary(counts)
    print(json.dumps(result, indent=2))
    return 0 if result["within_limits"] else 1


def read_labels(file: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in file.read_text(encoding="utf-8").splitlines() if line.strip()]


def count(rows: Iterable[Mapping[str, Any]]) -> tuple[dict[str, Counter[str]], list[dict[str, Any]]]:
    """Per type: labels (PASS, FAIL), accept and reject errors, undecided; and each row the checker disagrees on."""
    counts: dict[str, Counter[str]] = {}
    disagreements = []
    for row in rows:
        if row["label"] not in ("PASS", "FAIL"):
            raise ValueError(f"{row['id']}: label {row['label']!r} is neither PASS nor FAIL")
        verdict = build(row["id"], row["params"]).check(row["response"])  # a bad row must not pass for UNDECIDED
        found = counts.setdefault(row["id"], Counter())
        found[row["label"]] += 1
        if verdict.outcome == row["label"]:
            continue
        if verdict.outcome is Outcome.UNDECIDED:
            found["undecided"] += 1
            found[f"undecided {row['label']}"] += 1
        else:
            found["accept" if verdict.passed else "reject"] += 1
        disagreements.append({**row, "checker": str(verdict.outcome), "reason": verdict.reason})
    return counts, disagreements


def summary(counts: Mapping[str, Counter[str]]) -> dict[str, Any]:
    """Totals; a rate is errors among the decided verdicts of that label."""
    total = sum(counts.values(), Counter())
    undecided = total["undecided"] / max(total["PASS"] + total["FAIL"], 1)
    accept, reject = _rate(total, "accept", "FAIL"), _rate(total, "reject", "PASS")
    over = [
        constraint_id
        for constraint_id, found in sorted(counts.items())
        if max(_rate(found, "accept", "FAIL"), _rate(found, "reject", "PASS")) > _MOST_A_TYPE
    ]
    missing = sorted(set(types()) - set(counts))
    return {
        "verdicts": total["PASS"] + total["FAIL"],
        "labelled_pass": total["PASS"],
        "labelled_fail": total["FAIL"],
        "false_accepts": total["accept"],
        "false_accept_rate": round(accept, 4),
        "false_rejects": total["reject"],
        "false_reject_rate": round(reject, 4),
        "undecided": total["undecided"],
        "undecided_rate": round(undecided, 4),
        "types": len(counts),
        "types_without_labels": missing,
        "types_over_5_percent": over,
        "within_limits": max(accept, reject) < _MOST_OVERALL
        and undecided < _MOST_UNDECIDED
        and not over
        and not missing,
    }


def _rate(found: Mapping[str, int], error: str, label: str) -> float:
    decided = found[label] - found[f"undecided {label}"]
    return found[error] / decided if decided else 0.0


def _share(found: Mapping[str, int], error: str, label: str) -> str:
    return f"{found[error]} ({100 * _rate(found, error, label):.0f} %)" if found[error] else "0"


if __name__ == "__main__":
    sys.exit(main())
