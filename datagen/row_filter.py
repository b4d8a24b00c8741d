"""Which rows to look at: options of the command line as one polars condition per shard.

A shard without the column an option asks about (a kept row has no reason) has no matching rows. Texts are found in
any case and however the vowel ำ is typed, in arguments of calls, too; a constraint is named by id (`length.lines`) or
family (`length`).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import reduce
from operator import and_, or_

import polars as pl

from datagen.dataset import REJECTED, Dataset, Shard
from datagen.rng import rng_for

__all__ = ["RowFilter", "called", "matching", "sampled"]

_TONES = "\u0e48-\u0e4b"
_SARA_AM = re.compile(f"([{_TONES}]?)(?:\u0e33|\u0e4d([{_TONES}]?)\u0e32)")
_TEXT_COLUMNS = ("messages", "prompt", "detail")


@dataclass(frozen=True)
class RowFilter:
    """`kept` and `rejected`: which of the two, both where neither is set. Every other option narrows further."""

    kept: bool = False
    rejected: bool = False
    split: str | None = None
    stage: str | None = None
    reason: str | None = None
    constraint: str | None = None
    source: str | None = None
    search: str | None = None
    id: str | None = None
    scenario: str | None = None
    domain: str | None = None
    tool: str | None = None

    def shards(self, dataset: Dataset) -> list[Shard]:
        """The files that can hold matching rows."""
        wants_rejected = self.rejected or not self.kept
        wants_kept = (self.kept or not self.rejected) and not (self.stage or self.reason)
        return [
            shard
            for shard in dataset.shards
            if (wants_rejected if shard.split == REJECTED else wants_kept) and self.split in (None, shard.split)
        ]

    def condition(self, schema: Mapping[str, pl.DataType]) -> pl.Expr | None:
        """What a row of a shard with `schema` must meet; None where every row does."""
        parts = [
            _where(schema, ("stage",), lambda name: pl.col(name) == self.stage) if self.stage else None,
            _where(schema, ("reason",), lambda name: _contains(pl.col(name), self.reason)) if self.reason else None,
            _where(schema, ("constraints",), lambda name: _has_constraint(name, self.constraint or ""))
            if self.constraint
            else None,
            _where(schema, ("source",), lambda name: _contains(_source_text(name, schema), self.source))
            if self.source
            else None,
            _where(schema, ("scenario",), lambda name: _json(name, "kind") == self.scenario) if self.scenario else None,
            _where(schema, ("scenario",), lambda name: _json(name, "domain") == self.domain) if self.domain else None,
            _where(schema, ("messages",), lambda name: _calls_tool(name, schema, self.tool or ""))
            if self.tool
            else None,
            _where(schema, ("id",), lambda name: pl.col(name).str.starts_with(self.id or "")) if self.id else None,
            _where(schema, _TEXT_COLUMNS, lambda name: _contains(_texts(name, schema), self.search))
            if self.search
            else None,
        ]
        wanted = [part for part in parts if part is not None]
        return reduce(and_, wanted) if wanted else None


def _where(schema: Mapping[str, pl.DataType], names: tuple[str, ...], test: Callable[[str], pl.Expr]) -> pl.Expr:
    """Any of the columns that are there meets the test; where none is there, no row does."""
    tests = [test(name).fill_null(False) for name in names if name in schema]
    return reduce(or_, tests) if tests else pl.lit(False)


def _contains(text: pl.Expr, wanted: str | None) -> pl.Expr:
    return text.str.contains(_pattern(wanted or ""))


def _pattern(wanted: str) -> str:
    """A regular expression for `wanted` in any case, with ำ typed as one letter or two, before or after its tone.

    >>> bool(re.search(_pattern("น้ำ"), "น\u0e4d\u0e49าใส")), bool(re.search(_pattern("n.a"), "nba"))
    (True, False)
    """
    parts, end = [], 0
    for found in _SARA_AM.finditer(wanted):
        tone = re.escape(found.group(1) or found.group(2) or "")
        parts.append(re.escape(wanted[end : found.start()]))
        parts.append(f"(?:{tone}\u0e33|\u0e33{tone}|{tone}\u0e4d\u0e32|\u0e4d{tone}\u0e32)")
        end = found.end()
    return "(?i)" + "".join([*parts, re.escape(wanted[end:])])


def _texts(name: str, schema: Mapping[str, pl.DataType]) -> pl.Expr:
    """Everything a person would read in the column: a text, or the contents of all turns."""
    if not isinstance(schema[name], pl.List):
        return pl.col(name).cast(pl.String)
    said = pl.col(name).list.eval(pl.element().struct.field("content")).list.join("\n", ignore_nulls=True)
    if not _has_calls(schema[name]):
        return said
    arguments = called(name, "arguments").list.join("\n", ignore_nulls=True)
    return pl.concat_str(said, arguments, separator="\n", ignore_nulls=True)


def _has_calls(column: pl.DataType) -> bool:
    return isinstance(column, pl.List) and "tool_calls" in dict(getattr(column.inner, "to_schema", dict)())


def called(column: str, part: str) -> pl.Expr:
    """Of every call in a column of messages: its `name`, or its `arguments` as they were written."""
    calls = pl.col(column).list.eval(pl.element().struct.field("tool_calls").explode())
    return calls.list.eval(pl.element().struct.field("function").struct.field(part)).list.drop_nulls()


def _calls_tool(name: str, schema: Mapping[str, pl.DataType], tool: str) -> pl.Expr:
    return called(name, "name").list.contains(tool) if _has_calls(schema[name]) else pl.lit(False)


def _json(name: str, key: str) -> pl.Expr:
    return pl.col(name).str.json_path_match(f"$.{key}")


def _source_text(name: str, schema: Mapping[str, pl.DataType]) -> pl.Expr:
    column = pl.col(name)
    return column.struct.field("name") if isinstance(schema[name], pl.Struct) else column.cast(pl.String)


def _has_constraint(name: str, wanted: str) -> pl.Expr:
    ids = pl.col(name).list.eval(pl.element().struct.field("id"))
    return ids.list.eval((pl.element() == wanted) | pl.element().str.starts_with(f"{wanted}.")).list.any()


def matching(dataset: Dataset, wanted: RowFilter) -> Iterator[tuple[Shard, int]]:
    """Where the matching rows lie, in the order of the dataset; each file is looked at when its turn comes."""
    for shard in wanted.shards(dataset):
        for position in shard.positions(wanted.condition(shard.schema)):
            yield shard, position


def sampled(places: Iterator[tuple[Shard, int]], limit: int, seed: int) -> list[tuple[Shard, int]]:
    """`limit` of the places drawn at random (all where there are fewer), still in order."""
    rng, chosen = rng_for(seed, "inspect", "sample"), []
    for number, place in enumerate(places):  # reservoir: holds `limit` places, however many there are
        if number < limit:
            chosen.append((number, place))
        elif (slot := rng.randrange(number + 1)) < limit:
            chosen[slot] = (number, place)
    return [place for _, place in sorted(chosen, key=lambda item: item[0])]
