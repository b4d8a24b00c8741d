"""In-domain text -> token windows for a next-token loss: JSON lines, parquet, or a folder of text files.

A text is encoded without a chat template, ends with the tokenizer's end of text (Qwen's <|endoftext|>, which is its
padding token; else its end of sequence), and is cut into windows of at most `max_tokens`. All tokens but the first of
a window are in the loss. Not covered: languages that need segmenting first, texts that do not fit into memory.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import polars as pl

from datagen.errors import DatasetError
from models.chat_tokens import ChatTokenizer, Example

__all__ = ["TextCorpus", "read_texts", "text_windows"]

_SUFFIXES = (".txt", ".md")


@dataclass(frozen=True, slots=True)
class TextCorpus:
    """(place, text) in the order of files and rows; `sha256` over the bytes they were read from."""

    texts: tuple[tuple[str, str], ...]
    sha256: str


def read_texts(path: str | Path) -> TextCorpus:
    """Column `text` of a .jsonl or .parquet file, or the .txt and .md files below a folder, sorted by name.

    Raises:
        DatasetError: naming the file and row, what is wrong with it and the way out.
    """
    source = Path(path)
    if not source.exists():
        raise DatasetError(f"there is no corpus at {source}; give a .jsonl, a .parquet or a folder of text files")
    files = sorted(f for f in source.rglob("*") if f.suffix in _SUFFIXES) if source.is_dir() else [source]
    digest = hashlib.sha256()
    found: list[tuple[str, str]] = []
    try:
        for file in files:
            digest.update(hashlib.sha256(file.read_bytes()).digest())
            found += ((place, text) for place, text in _texts(file) if text.strip())
    except (OSError, UnicodeDecodeError, pl.exceptions.PolarsError) as exc:
        raise DatasetError(f"cannot read the corpus {source}: {str(exc).splitlines()[0]}; mend or remove it") from exc
    if not found:
        raise DatasetError(f"{source} holds no text; give a column `text`, or files that end in .txt or .md")
    return TextCorpus(tuple(found), digest.hexdigest())


def text_windows(chat: ChatTokenizer, corpus: TextCorpus, max_tokens: int) -> list[Example]:
    """The corpus as examples of 2 to `max_tokens` tokens."""
    tokenizer = chat.tokenizer
    # Of a chat tokenizer the end of sequence is often the end of a turn, which raw text has none of.
    end = tokenizer.pad_token_id if tokenizer.pad_token == "<|endoftext|>" else tokenizer.eos_token_id
    windows: list[Example] = []
    for place, text in corpus.texts:
        ids_T = np.asarray([*tokenizer.encode(text, add_special_tokens=False), end], dtype=np.int32)
        # The last token of a window is the first of the next, so that each token is predicted once.
        for first in range(0, len(ids_T) - 1, max_tokens - 1):
            window_T = ids_T[first : first + max_tokens]
            windows.append(Example(f"{place}@{first}", window_T, np.arange(len(window_T)) > 0))
    return windows


def _texts(file: Path) -> Iterator[tuple[str, str]]:
    if file.suffix in _SUFFIXES:
        yield str(file), file.read_text(encoding="utf-8")
    elif file.suffix == ".jsonl":
        for number, line in enumerate(file.read_text(encoding="utf-8").split("\n"), start=1):
            if line.strip():
                yield f"{file}:{number}", _text_of(line, f"{file}:{number}")
    elif file.suffix == ".parquet":
        if "text" not in (columns := pl.read_parquet_schema(file)):
            raise DatasetError(f"{file} has no column `text` (it has: {', '.join(columns)})")
        for number, text in enumerate(pl.read_parquet(file, columns=["text"])["text"], start=1):
            yield f"{file} row {number}", text or ""
    else:
        raise DatasetError(f"{file} is no corpus: give a .jsonl, a .parquet or a folder of .txt and .md files")


def _text_of(line: str, place: str) -> str:
    try:
        row = json.loads(line)
    except json.JSONDecodeError as exc:
        raise DatasetError(f"{place} is not JSON ({exc.msg}); mend or remove the line") from exc
    if not isinstance(row, dict) or not isinstance(row.get("text"), str):
        raise DatasetError(f'{place} has no text; a line looks like {{"text": "..."}}')
    return row["text"]
