"""All prompts of a recipe's sources, read as they are needed: good rows as `Prompt`, bad ones as `BadRow`.

A bad row (bad JSON, wrong type, empty, oversized, binary, not UTF-8, missing column, an id that was there before)
stops the reading with its place, or is yielded and counted: `on_bad_row` says which. Sources that fit in one block
(10,000 rows) are read once and kept; larger ones are read again for each round, so that memory holds one block: peak
RSS at 10,000 and 200,000 rows is printed by benchmarks/prompt_sources.py.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict
from itertools import chain, islice
from pathlib import Path
from typing import Any, Literal

from datagen.errors import PromptFileError
from datagen.prompts.hub import read_hub
from datagen.prompts.prompt import BadRow, Defaults, Prompt, RowFault, prompt_of
from datagen.prompts.rows import Row, kept_by, read_rows_of
from datagen.prompts.seen import Seen
from datagen.prompts.source import OUR_COLUMNS, PromptSource
from datagen.record import canonical_json

__all__ = ["BLOCK", "Census", "PromptReader"]

BLOCK = 10_000
"""Prompts that are held, and shuffled, together."""

OnBadRow = Literal["stop", "skip"]


class PromptReader:
    """Iterate as often as you like; every round is the same. `begin()` first reads the first block.

    Raises (while iterating):
        PromptFileError: a source that cannot be read or holds no rows; with `stop`, the first bad row.
    """

    def __init__(self, sources: Sequence[PromptSource], on_bad_row: OnBadRow = "stop", block: int = BLOCK) -> None:
        self.sources = [source.resolved() for source in sources]
        self.on_bad_row, self.block = on_bad_row, block
        self._seen = Seen()
        self._whole: list[Prompt | BadRow] | None = None
        self._begun: tuple[list[Prompt | BadRow], Iterator[Prompt | BadRow]] | None = None

    def begin(self) -> None:
        """Read the first block, so that what is wrong at the start is said before anything else happens."""
        reading = self._read()
        head = list(islice(reading, self.block + 1))
        if len(head) <= self.block:
            self._whole = head
            self._seen.close()
        else:
            self._begun = head, reading

    def __iter__(self) -> Iterator[Prompt | BadRow]:
        if self._whole is not None:
            return iter(self._whole)
        if self._begun is not None:
            (head, rest), self._begun = self._begun, None
            return chain(_emptying(head), rest)
        return self._read()

    def _read(self) -> Iterator[Prompt | BadRow]:
        for source in self.sources:
            empty = True
            for item in self._one_source(source):
                empty = False
                yield item
            if empty:
                kept = " that `where` keeps" if source.where else ""
                raise PromptFileError(
                    f"{source.path or source.hub} holds no prompts{kept}; "
                    'a JSONL line should be like {"prompt": "..."}'
                )

    def _one_source(self, source: PromptSource) -> Iterator[Prompt | BadRow]:
        rows = read_hub(source) if source.hub else read_rows_of(Path(source.path or ""))
        return islice(self._checked(source, rows), source.limit)

    def _checked(self, source: PromptSource, rows: Iterator[Row]) -> Iterator[Prompt | BadRow]:
        strict = source.columns is None and (source.path or "").endswith(".jsonl")
        columns = source.columns or OUR_COLUMNS
        first = True
        for place, number, row in rows:
            try:
                if isinstance(row, RowFault):
                    raise row
                if first and not strict:
                    _require_columns(place, row, columns.named if source.columns else columns.text_columns)
                first = False
                if not kept_by(source.where, row):
                    continue
                defaults = Defaults(f"{source.label}-{number:05d}", source.label, source.license or "unknown")
                prompt = prompt_of(row, columns, defaults, strict=strict)
                if other := self._seen.before(prompt.id, place):
                    raise RowFault("duplicate_id", f"the prompt id {prompt.id!r} is also at {other}; ids must differ")
                yield prompt
            except RowFault as fault:
                yield self._bad(place, fault, source)

    def _bad(self, place: str, fault: RowFault, source: PromptSource) -> BadRow:
        if self.on_bad_row == "stop":
            raise PromptFileError(
                f"{place}: {fault}; mend the row, or pass --on-bad-row skip to leave such rows out and count them"
            ) from fault
        return BadRow(place, fault.reason, str(fault), source.label, source.license or "unknown")


def _emptying(items: list[Prompt | BadRow]) -> Iterator[Prompt | BadRow]:
    """The items, none held longer than needed."""
    items.reverse()
    while items:
        yield items.pop()


def _require_columns(place: str, row: Mapping[str, Any], named: Sequence[str]) -> None:
    """A column that the first row of a table lacks is not a bad row: no row has it."""
    for name in named:
        if name not in row:
            raise PromptFileError(
                f"{place}: there is no column {name!r}; it has {', '.join(map(str, row))[:200]}. "
                "Say which to read: prompts: [{path: ..., columns: {text: ...}}]"
            )


class Census:
    """What the prompts said, block by block, so that a build counts only the blocks its rows came from."""

    def __init__(self) -> None:
        self._hash = hashlib.sha256(b"[")
        self._count = 0
        self._blocks: list[tuple[int, int, Any]] = []

    def block(self, first_record: int, items: Iterable[Prompt | BadRow]) -> None:
        """A block whose first record is the `first_record`-th of all."""
        for prompt in items:
            if isinstance(prompt, Prompt):
                said = {
                    key: value
                    for key, value in asdict(prompt).items()
                    if key not in ("history", "constraints") or value
                }
                self._hash.update(("," * (self._count > 0) + canonical_json(said)).encode())
                self._count += 1
        self._blocks.append((first_record, self._count, self._hash.copy()))

    def summary(self, records: int) -> dict[str, Any]:
        """Count and SHA-256 of the prompts in the blocks that the first `records` records came from.

        Of what the prompts say, wherever their files lie; one block: of all prompts.
        """
        reached = [block for block in self._blocks if block[0] < records] or self._blocks[:1]
        if not reached:
            return {"count": 0, "sha256": hashlib.sha256(b"[]").hexdigest()}
        _, count, digest = reached[-1]
        digest = digest.copy()
        digest.update(b"]")
        return {"count": count, "sha256": digest.hexdigest()}
