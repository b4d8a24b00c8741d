"""Rows of a prompt file, one at a time: JSONL, CSV and parquet. Memory holds one row (parquet: 5,000) at a time.

A row that cannot be read is yielded as a `RowFault` at its place; a file that cannot be read is a PromptFileError.
CSV is UTF-8 with a header; its cells are texts. Places name the line (JSONL, CSV) or the row (parquet), from 1.
"""

from __future__ import annotations

import csv
import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, BinaryIO

import polars as pl
from polars.exceptions import PolarsError

from datagen.errors import PromptFileError
from datagen.prompts.prompt import RowFault
from datagen.prompts.source import FILE_FORMATS

__all__ = ["MAX_LINE_BYTES", "Row", "kept_by", "read_rows_of"]

MAX_LINE_BYTES = 4_000_000
_PARQUET_SLICE = 5000
Row = tuple[str, int, Mapping[str, Any] | RowFault]
"""Place, number of the row, and what it holds or what is wrong with it."""


def read_rows_of(path: Path) -> Iterator[Row]:
    """All rows of the file, in order.

    Raises:
        PromptFileError: missing, unreadable, not of a known format, damaged as a whole.
    """
    if path.suffix not in FILE_FORMATS:
        raise PromptFileError(f"{path} must end in one of {', '.join(FILE_FORMATS)} for its format to be known")
    try:
        if path.suffix == ".parquet":
            yield from _parquet(path)
        else:
            with path.open("rb") as file:
                _refuse_utf16(file, path)
                yield from _jsonl(file, path) if path.suffix == ".jsonl" else _csv(file, path)
    except OSError as exc:
        raise PromptFileError(f"cannot read the prompt file {path}: {exc.strerror or exc}") from exc


def kept_by(where: Mapping[str, Any], row: Mapping[str, Any]) -> bool:
    """Whether each column named in `where` has its value, or one of its values.

    Raises:
        RowFault: the row lacks such a column, so nobody can tell.
    """
    for column, wanted in where.items():
        if column not in row:
            raise RowFault("missing_column", f"there is no {column!r} to filter by")
        if row[column] not in (wanted if isinstance(wanted, list) else [wanted]):
            return False
    return True


def _refuse_utf16(file: BinaryIO, path: Path) -> None:
    """Past a UTF-8 byte order mark; a file in another encoding is no file of bad rows but one bad file."""
    start = file.read(4)
    if start.startswith((b"\xff\xfe", b"\xfe\xff")):
        raise PromptFileError(f"{path} is UTF-16; save it as UTF-8")
    file.seek(3 if start.startswith(b"\xef\xbb\xbf") else 0)


def _lines(file: BinaryIO) -> Iterator[tuple[int, bytes | RowFault]]:
    """Lines with their numbers, none longer than MAX_LINE_BYTES in memory."""
    number = 0
    while line := file.readline(MAX_LINE_BYTES + 1):
        number += 1
        if len(line) <= MAX_LINE_BYTES:
            yield number, line
            continue
        while not line.endswith(b"\n") and (line := file.readline(MAX_LINE_BYTES)):
            pass
        yield number, RowFault("oversized", f"the line has more than {MAX_LINE_BYTES:,} bytes")


def _jsonl(file: BinaryIO, path: Path) -> Iterator[Row]:
    for number, line in _lines(file):
        if isinstance(line, RowFault) or line.strip():
            yield f"{path}:{number}", number, line if isinstance(line, RowFault) else _object(line)


def _object(line: bytes) -> Mapping[str, Any] | RowFault:
    try:
        entry = json.loads(line.decode("utf-8"))
    except UnicodeDecodeError as exc:
        return RowFault("not_utf8", f"not UTF-8 (byte {exc.object[exc.start]:#04x} at position {exc.start + 1})")
    except json.JSONDecodeError as exc:
        return RowFault("bad_json", f"not valid JSON ({exc.msg} at column {exc.colno})")
    except (RecursionError, ValueError) as exc:  # nested too deeply; a number of thousands of digits
        return RowFault("bad_json", f"not usable JSON ({type(exc).__name__})")
    if not isinstance(entry, dict):
        return RowFault("bad_json", f'a line must be an object like {{"prompt": "..."}}, not {type(entry).__name__}')
    return entry


def _csv(file: BinaryIO, path: Path) -> Iterator[Row]:
    if csv.field_size_limit() < MAX_LINE_BYTES:
        csv.field_size_limit(MAX_LINE_BYTES)
    oversized: list[int] = []

    def texts() -> Iterator[str]:
        for number, line in _lines(file):
            if isinstance(line, RowFault):
                oversized.append(number)
                yield "\n"
            else:
                yield line.decode("utf-8", errors="surrogateescape")

    reader, header = csv.reader(texts(), strict=True), None
    begin = 1
    while True:
        try:
            cells = next(reader)
        except StopIteration:
            return
        except csv.Error as exc:
            raise PromptFileError(
                f"{path}:{begin}: not valid CSV ({exc}); a quote that is never closed looks like this, and nothing "
                "after it can be told apart"
            ) from exc
        place, number, begin = f"{path}:{begin}", begin, reader.line_num + 1
        if oversized:
            yield place, oversized.pop(0), RowFault("oversized", f"the line has more than {MAX_LINE_BYTES:,} bytes")
        elif not cells:
            continue
        elif header is None:
            header = _header(cells, path)
        else:
            yield place, number, _cells(cells, header)


def _header(cells: list[str], path: Path) -> list[str]:
    if len(set(cells)) < len(cells):
        raise PromptFileError(f"{path}:1: the header names a column twice: {', '.join(cells)[:200]}")
    return cells


def _cells(cells: list[str], header: list[str]) -> Mapping[str, Any] | RowFault:
    if len(cells) != len(header):
        return RowFault("wrong_columns", f"{len(cells)} cells, but the header has {len(header)}")
    try:
        for cell in cells:
            cell.encode()
    except UnicodeEncodeError:
        return RowFault("not_utf8", "not UTF-8: save the file as UTF-8")
    return dict(zip(header, cells, strict=True))


def _parquet(path: Path) -> Iterator[Row]:
    try:
        frame = pl.scan_parquet(path)
        total, number = frame.select(pl.len()).collect().item(), 0
        for start in range(0, total, _PARQUET_SLICE):
            for row in frame.slice(start, _PARQUET_SLICE).collect().iter_rows(named=True):
                number += 1
                yield f"{path}, row {number}", number, row
    except PolarsError as exc:
        raise PromptFileError(f"{path} cannot be read as parquet: {str(exc)[:200]}") from exc
