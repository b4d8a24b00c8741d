"""Where prompts come from: the bundled Thai set, the user's files (JSONL, CSV, parquet), or the Hugging Face Hub.

`PromptReader` reads them as they are needed; `read_prompts` reads a few files whole. A line of our own JSONL holds
`prompt` (required) and optionally `id`, `level`, `keywords`, `avoid`, `license`, `source`, `history`, `constraints`;
any other table needs to be told which column holds what (source.py). Licence, source and row id travel with every
record.
"""

from __future__ import annotations

from collections.abc import Sequence
from importlib.resources import files
from pathlib import Path

from datagen.prompts.prompt import BadRow, Prompt
from datagen.prompts.reading import BLOCK, Census, OnBadRow, PromptReader
from datagen.prompts.source import Columns, PromptSource, presets

__all__ = [
    "BLOCK",
    "BUNDLED_LICENSE",
    "BadRow",
    "Census",
    "Columns",
    "OnBadRow",
    "Prompt",
    "PromptReader",
    "PromptSource",
    "bundled_path",
    "open_prompts",
    "presets",
    "read_prompts",
]

BUNDLED_LICENSE = "CC0-1.0"


def bundled_path(lang: str) -> Path:
    return Path(str(files("datagen.prompts").joinpath(f"{lang}.jsonl")))


def open_prompts(lang: str, sources: Sequence[PromptSource], on_bad_row: OnBadRow = "stop") -> PromptReader:
    """A reader over the sources (none given: the bundled prompts for `lang`), its first block read.

    Raises:
        PromptFileError: a source that cannot be read; with `stop`, a bad row among the first.
    """
    bundled = PromptSource(path=str(bundled_path(lang)), name=f"typhoon-data-prompts-{lang}", license=BUNDLED_LICENSE)
    reader = PromptReader(sources or [bundled], on_bad_row)
    reader.begin()
    return reader


def read_prompts(lang: str, paths: Sequence[str]) -> list[Prompt]:
    """All prompts of the given files (none given: the bundled ones for `lang`), in file order, in memory.

    Raises:
        PromptFileError: unreadable file, malformed line (file and line named), two prompts of one id, no prompts.
    """
    sources = [PromptSource.model_validate(path) for path in paths]
    return [item for item in open_prompts(lang, sources) if isinstance(item, Prompt)]
