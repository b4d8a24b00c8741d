"""Every format of prompts with every kind of broken row: what happens, as one table.

    python benchmarks/bad_input.py [--json]

Each case is a file with three good rows and one fault in the middle, read once with `skip` and once with `stop`. A cell
says the counted reason of the one row that is left out (`skip` keeps the three good ones, `stop` names the fault's
place), `read` where it is no fault in that format, or `refused` where the file as a whole ends in one sentence.
Ends with 1 where a row is lost, a place is not named or anything but our own error comes out.
"""

from __future__ import annotations

import argparse
import csv
import json
import sys
import tempfile
from collections.abc import Callable
from io import StringIO
from pathlib import Path
from typing import Any

import polars as pl
from rich.console import Console
from rich.table import Table

from datagen.errors import PromptFileError
from datagen.prompts import BadRow, Columns, OnBadRow, PromptReader, PromptSource

FORMATS = ("jsonl", "csv", "parquet", "hub parquet", "hub jsonl")
_LONGEST_SENTENCE = 700
_GOOD = [{"prompt": f"ช่วยแนะนำอาหารเช้าแบบที่ {number} หน่อย", "id": f"good-{number}"} for number in range(3)]
_ROWS: dict[str, dict[str, Any]] = {
    "empty": {"prompt": "", "id": "x"},
    "only blanks": {"prompt": " \t\u00a0", "id": "x"},
    "null": {"prompt": None, "id": "x"},
    "wrong type": {"prompt": ["ก", "ข"], "id": "x"},
    "1 MB prompt": {"prompt": "ก" * 350_000, "id": "x"},
    "5 MB prompt": {"prompt": "ก" * 1_700_000, "id": "x"},
    "control character": {"prompt": "สวัสดี\x00ครับ", "id": "x"},
    "missing column": {"id": "x"},
    "id seen before": {"prompt": "สวัสดีครับ", "id": "good-0"},
}
_BYTES: dict[str, Callable[[str], bytes]] = {
    "bad JSON": lambda kind: b'{"prompt": "x"' if kind == "jsonl" else b"",
    "cells too many": lambda kind: "ก,x,ข".encode() if kind == "csv" else b"",
    "quote never closed": lambda kind: '"สวัสดี,x'.encode() if kind == "csv" else b"",
    "binary": lambda kind: b"\x7fELF\x02\x01\x00\xff\xfe\x90,x",
    "TIS-620 among UTF-8": lambda kind: ('{"prompt": "สวัสดีครับ", "id": "x"}' if kind == "jsonl" else "สวัสดีครับ,x").encode(
        "tis-620"
    ),
    "half a surrogate pair": lambda kind: b'{"prompt": "a\\ud83d", "id": "x"}' if kind == "jsonl" else b"",
}
_FILES: dict[str, Callable[[bytes], bytes]] = {
    "byte order mark": lambda whole: b"\xef\xbb\xbf" + whole,
    "UTF-16": lambda whole: whole.decode().encode("utf-16"),
    "no rows": lambda whole: b"",
    "cut in half": lambda whole: whole[: len(whole) // 2],
    "not of its format": lambda whole: b"PK\x03\x04" + bytes(range(256)),
}


def lines(kind: str, rows: list[dict[str, Any]]) -> list[bytes]:
    if kind == "jsonl":
        return [json.dumps(row, ensure_ascii=False).encode() for row in rows]
    text = StringIO()
    writer = csv.DictWriter(text, ["prompt", "id"], lineterminator="\x1e")
    writer.writerows({name: "" if value is None else value for name, value in row.items()} for row in rows)
    return [line.encode() for line in text.getvalue().split("\x1e")[:-1]]


def table(rows: list[dict[str, Any]]) -> pl.DataFrame:
    """As parquet holds it: one type a column, so a wrong type is the whole column's."""
    if any(isinstance(row.get("prompt"), list) for row in rows):
        rows = [row | {"prompt": row["prompt"] if isinstance(row["prompt"], list) else [row["prompt"]]} for row in rows]
    return pl.DataFrame([{"prompt": row.get("prompt"), "id": row["id"]} for row in rows])


def written(folder: Path, kind: str, fault: str) -> PromptSource | None:
    """The case's file; None where the format cannot hold the fault."""
    hub, ours = kind.startswith("hub"), kind.rpartition(" ")[2]
    rows = [*_GOOD[:2], _ROWS[fault], _GOOD[2]] if fault in _ROWS else _GOOD
    path = folder / f"p.{ours}"
    if ours == "parquet":
        if fault in _BYTES or fault in ("byte order mark", "UTF-16"):
            return None
        frame = table(rows)
        (frame.drop("prompt") if fault == "missing column" else frame).write_parquet(path)
    else:
        if ours == "csv" and fault == "missing column":
            rows = [{"id": row["id"]} for row in rows]
        if ours == "csv" and fault == "wrong type":
            return None
        content = lines(ours, rows)
        if fault in _BYTES:
            if not (broken := _BYTES[fault](ours)):
                return None
            content.insert(2, broken)
        header = [] if ours == "jsonl" else [b"id" if fault == "missing column" else b"prompt,id"]
        if ours == "csv" and fault == "missing column":
            content = [line.lstrip(b",") for line in content]
        path.write_bytes(b"\n".join([*header, *content]) + b"\n")
    if fault in _FILES:
        path.write_bytes(_FILES[fault](path.read_bytes()))
    columns = Columns(text="prompt", id="id")
    if hub:
        return PromptSource(hub=str(folder), columns=columns)
    return PromptSource(path=str(path), columns=columns)


def read(source: PromptSource, on_bad_row: OnBadRow) -> tuple[list[Any], str]:
    """The items, or the sentence that ended the reading."""
    reader = PromptReader([source], on_bad_row)
    try:
        reader.begin()
        return list(reader), ""
    except PromptFileError as exc:
        return [], str(exc)


def outcome(kind: str, fault: str) -> tuple[str, str]:
    """What the cell says, and what is wrong with it ("" where nothing is)."""
    with tempfile.TemporaryDirectory() as folder:
        source = written(Path(folder), kind, fault)
        if source is None:
            return "-", ""
        items, refused = read(source, "skip")
        _, stopped = read(source, "stop")
    for sentence in (refused, stopped):
        if len(sentence) > _LONGEST_SENTENCE or (sentence and Path(folder).name not in sentence):
            return "refused", f"the sentence does not name the file or is too long: {sentence[:200]}"
    if refused:
        return "refused", "" if stopped else "stop reads what skip refuses"
    bad = [item for item in items if isinstance(item, BadRow)]
    good = len(items) - len(bad)
    if not bad:
        return "read", "" if good in (3, 4) and not stopped else f"{good} rows read, stop said {stopped!r}"
    reasons = ", ".join(sorted({row.reason for row in bad}))
    every = fault == "wrong type" and kind.endswith("parquet")  # a column has one type
    wrong = ""
    if fault not in _FILES and (len(bad), good) != ((4, 0) if every else (1, 3)):
        wrong = f"{good} good and {len(bad)} bad rows of 3 and 1"
    elif bad[0].place not in stopped or "--on-bad-row skip" not in stopped:
        wrong = f"stop does not name the place and the way out: {stopped[:200]}"
    return reasons, wrong


def main() -> None:
    parser = argparse.ArgumentParser(description="Broken prompt rows by format.")
    parser.add_argument("--json", action="store_true", help="print JSON in place of a table")
    options = parser.parse_args()
    found = {fault: {kind: outcome(kind, fault) for kind in FORMATS} for fault in (*_ROWS, *_BYTES, *_FILES)}
    wrong = [(fault, kind, why) for fault, row in found.items() for kind, (_, why) in row.items() if why]
    if options.json:
        print(json.dumps({fault: {kind: cell for kind, (cell, _) in row.items()} for fault, row in found.items()}))
    else:
        shown = Table("fault", *FORMATS)
        for fault, row in found.items():
            shown.add_row(fault, *(cell for cell, _ in row.values()))
        Console(width=110).print(shown)
    for fault, kind, why in wrong:
        print(f"{kind}, {fault}: {why}", file=sys.stderr)
    sys.exit(1 if wrong else 0)


if __name__ == "__main__":
    main()
