"""Reading prompts: peak memory and speed by format and number of rows, to show that memory does not grow with them.

    python benchmarks/prompt_sources.py [--rows 10000 50000 200000]

Each measurement is a process of its own that reads a generated file (single-turn Thai prompts of about 250 bytes, a
tenth of them with a history), screens every prompt and makes every seed record of one round. `base_mib` is the same
process with 10 rows: interpreter and packages. Prints JSON lines.
"""

from __future__ import annotations

import argparse
import csv
import json
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from typing import Any

import polars as pl

from datagen.config import PromptScreenConfig
from datagen.prompts import Columns, PromptReader, PromptSource
from datagen.stages.prompt_screen import PromptRules
from datagen.stages.seed import seed_records

_SENTENCE = "ช่วยวางแผนเที่ยวจังหวัดที่ {n} สำหรับครอบครัวที่มีเด็กเล็กสองคนและคุณยายที่เดินไม่ค่อยไหว"
_PARQUET_PART = 50_000


def rows(count: int) -> Iterator[dict[str, Any]]:
    for number in range(count):
        history = [{"role": "user", "content": "สวัสดี"}, {"role": "assistant", "content": "สวัสดีค่ะ"}]
        yield {
            "prompt": _SENTENCE.format(n=number),
            "id": f"row-{number}",
            "license": "CC0-1.0",
            "history": history if number % 10 == 0 else [],
        }


def write(path: Path, count: int) -> None:
    if path.suffix == ".parquet":
        stream = rows(count)
        parts = []
        while part := list(islice(stream, _PARQUET_PART)):
            parts.append(pl.DataFrame(part))
        pl.concat(parts).write_parquet(path, row_group_size=_PARQUET_PART)
        return
    with path.open("w", encoding="utf-8", newline="") as file:
        if path.suffix == ".jsonl":
            file.writelines(json.dumps(row, ensure_ascii=False) + "\n" for row in rows(count))
        else:
            writer = csv.DictWriter(file, ["prompt", "id", "license", "history"])
            writer.writeheader()
            writer.writerows(row | {"history": json.dumps(row["history"])} for row in rows(count))


def measure(path: Path, count: int) -> None:
    columns = Columns(text="prompt", id="id", license="license", history="history")
    reader = PromptReader([PromptSource(path=str(path), columns=columns)])
    begun = time.perf_counter()
    reader.begin()
    first_s = time.perf_counter() - begun
    made = sum(1 for _ in seed_records(reader, "th", 1, 1, rules=PromptRules(PromptScreenConfig()), attempts=count))
    took_s = time.perf_counter() - begun
    assert made == count, f"{made} records from {count} rows"
    peak_mib = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(json.dumps({"peak_mib": round(peak_mib), "rows_per_s": round(count / took_s), "first_s": round(first_s, 2)}))


def main() -> None:
    parser = argparse.ArgumentParser(description="Measure the reading of prompts.")
    parser.add_argument("--rows", type=int, nargs="+", default=[10_000, 50_000, 200_000])
    parser.add_argument("--write", type=Path, help=argparse.SUPPRESS)
    parser.add_argument("--measure", type=Path, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.write:
        write(options.write, options.rows[0])
        return
    if options.measure:
        measure(options.measure, options.rows[0])
        return
    with tempfile.TemporaryDirectory() as folder:
        for suffix in (".jsonl", ".csv", ".parquet"):
            found = {}
            for count in (10, *options.rows):
                path = Path(folder) / f"prompts{suffix}"
                # In children both: a child's peak begins at its parent's, so the parent must stay small.
                for step in ("--write", "--measure"):
                    command = [sys.executable, __file__, step, str(path), "--rows", str(count)]
                    done = subprocess.run(command, check=True, capture_output=True, text=True)
                found[count] = json.loads(done.stdout)
                path.unlink()
            for count in options.rows:
                line = {"format": suffix[1:], "rows": count, **found[count], "base_mib": found[10]["peak_mib"]}
                print(json.dumps(line), flush=True)


if __name__ == "__main__":
    main()
