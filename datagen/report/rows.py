"""The rows of a dataset, packed small for the page: an index to search the table by, and the whole rows in chunks.

Everything is JSON, deflated and base64, because a page can hold text alone; browsers inflate it again. Thai letters
go in as one byte each (code page 874, which browsers know as windows-874) and what is not in it as a JSON escape: a
quarter smaller than deflated UTF-8. Rows of tool use repeat the same tools hundreds of times, so these stand once, in
the index. All rows are packed where they fit the budget; of more, as many as do are drawn at random, the same ones
every time, half of them rejected ones. `benchmarks/report.py` prints what 10,000 rows take.
"""

from __future__ import annotations

import json
import math
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import groupby
from typing import Any

from constraints import script_shares
from datagen.dataset import REJECTED, Dataset, Shard
from datagen.offline_page import packed, snippet
from datagen.row_filter import RowFilter, matching, sampled

__all__ = ["PackedRows", "pack_rows"]

PER_CHUNK = 100
_BUDGET = 13_000_000  # characters of base64: the page stays well under 15 MB
_FIRST_TRY = 200_000  # rows; more never fit
_LONGEST_TEXT = 50_000  # characters of one text; more than a person reads in a page
_TOOL_TABLE = 1_000_000  # characters
_OWN_SCRIPTS = ("Thai", "Latin")


@dataclass(frozen=True)
class PackedRows:
    """`index` and `chunks` as base64; `shown` rows of `total`; `scripts`: fate -> script -> rows whose answers have it.

    `answered`: fate -> rows with an answer, of those shown.
    """

    index: str
    chunks: Sequence[str]
    shown: int
    total: int
    scripts: Mapping[str, Mapping[str, int]]
    answered: Mapping[str, int]

    @property
    def size(self) -> int:
        return len(self.index) + sum(map(len, self.chunks))


def pack_rows(dataset: Dataset, budget: int = _BUDGET) -> PackedRows:
    """
    Raises:
        DatasetError: a file of the dataset cannot be read.
    """
    total = sum(len(shard.positions(None)) for shard in dataset.shards)
    limit = min(total, _FIRST_TRY)
    while True:
        done = _attempt(_drawn(dataset, limit, total), total, budget)
        if isinstance(done, PackedRows):
            return done
        limit = max(1, int(limit * min(0.9, 0.95 * done)))


def _drawn(dataset: Dataset, limit: int, total: int) -> list[tuple[Shard, int]]:
    """The places of at most `limit` rows in the order of the dataset, half of them rejected where there are so many."""
    kept, rejected = (
        list(matching(dataset, RowFilter(kept=fate == "kept", rejected=fate != "kept"))) for fate in ("kept", REJECTED)
    )
    if limit >= total:
        return kept + rejected
    for_rejected = min(len(rejected), max(limit // 2, limit - len(kept)))
    return [
        *sampled(iter(kept), min(len(kept), limit - for_rejected), seed=0),
        *sampled(iter(rejected), for_rejected, seed=0),
    ]


def _attempt(places: Sequence[tuple[Shard, int]], total: int, budget: int) -> PackedRows | float:
    """The rows at `places`, or the share of them that the budget would hold."""
    index, chunks, size = _Index(), [], 0
    rows = _rows(places)
    while chunk := [index.add(row, split) for row, split in _first(rows, PER_CHUNK)]:
        chunks.append(packed(chunk))
        size += len(chunks[-1])
        if size > budget and len(places) > 1:
            return len(index.columns["id"]) / len(places)
    head = packed(index.as_dict())
    if size + len(head) > budget and len(places) > 1:
        return budget / (size + len(head))
    return PackedRows(head, chunks, len(places), total, index.scripts, index.answered)


def _rows(places: Sequence[tuple[Shard, int]]) -> Iterator[tuple[dict[str, Any], str]]:
    for shard, group in groupby(places, key=lambda place: place[0]):
        for row in shard.rows([position for _, position in group]):
            yield row, shard.split


def _first(rows: Iterator[Any], number: int) -> Iterator[Any]:
    for _, row in zip(range(number), rows, strict=False):
        yield row


_NAMES = ("fate", "stage", "reason", "type", "source", "kind", "domain", "script", "tool")
_COLUMNS = (
    "id", "fate", "stage", "reason", "types", "source", "kind", "domain", "scripts", "score", "prompt", "characters"
)  # fmt: skip


@dataclass
class _Index:
    """What the table knows of every row without its chunk; texts that repeat are numbers of their place in a list."""

    names: dict[str, dict[str, int]] = field(default_factory=lambda: {kind: {} for kind in _NAMES})
    columns: dict[str, list[Any]] = field(default_factory=lambda: {name: [] for name in _COLUMNS})
    specs: list[Any] = field(default_factory=list)
    scripts: dict[str, Counter[str]] = field(default_factory=lambda: {"kept": Counter(), REJECTED: Counter()})
    answered: Counter[str] = field(default_factory=Counter)
    _spec_text: dict[str, int] = field(default_factory=dict)
    _spec_size: int = 0

    def as_dict(self) -> dict[str, Any]:
        return {
            "perChunk": PER_CHUNK,
            "names": {kind: list(names) for kind, names in self.names.items()},
            "columns": self.columns,
            "specs": self.specs,
        }

    def add(self, row: dict[str, Any], split: str) -> dict[str, Any]:
        """Takes the row into the index; what belongs into its chunk."""
        row = {name: _shortened(value) for name, value in row.items() if value not in (None, "", [])}
        turns = _turns(row)
        answers = [str(turn.get("content") or "") for turn in turns if turn.get("role") == "assistant"]
        scenario, source = _read(row.get("scenario")), row.get("source")
        scenario = scenario if isinstance(scenario, Mapping) else {}
        cells = {
            "id": str(row.get("id", "")),
            "fate": self._name("fate", split),
            "stage": self._name("stage", row.get("stage")),
            "reason": self._name("reason", row.get("reason")),
            "types": [self._name("type", each) for each in _types(row)],
            "source": self._name("source", source.get("name") if isinstance(source, Mapping) else source),
            "kind": self._name("kind", scenario.get("kind")),
            "domain": self._name("domain", scenario.get("domain")),
            "scripts": self._scripts(answers, split),
            "score": _score(row),
            "prompt": snippet(next((str(t.get("content") or "") for t in turns if t.get("role") == "user"), "")),
            "characters": len(answers[-1]) if answers else 0,
        }
        for name, value in cells.items():
            self.columns[name].append(value)
        return self._with_tools(row) | {"split": split}

    def _name(self, kind: str, value: Any) -> int:
        """The place of a name in its list; -1 of none."""
        names = self.names[kind]
        return -1 if value in (None, "") else names.setdefault(str(value), len(names))

    def _scripts(self, answers: Sequence[str], split: str) -> list[int]:
        """Writing systems of the answers beside Thai and Latin; counts all of them."""
        if not answers:
            return []
        fate = REJECTED if split == REJECTED else "kept"
        found = script_shares("\n".join(answers))
        self.answered[fate] += 1
        self.scripts[fate].update(found.keys())
        return [self._name("script", name) for name in found if name not in _OWN_SCRIPTS]

    def _with_tools(self, row: dict[str, Any]) -> dict[str, Any]:
        """The row with places in the list of tools instead of the tools."""
        specs = _read(row.get("tools"))
        if not isinstance(specs, list) or self._spec_size > _TOOL_TABLE:
            return row
        places = []
        for spec in specs:
            text = json.dumps(spec, sort_keys=True)
            if text not in self._spec_text:
                self._spec_text[text] = len(self.specs)
                self._spec_size += len(text)
                self.specs.append(spec)
                name = spec.get("function", {}).get("name") if isinstance(spec, Mapping) else None
                self._name("tool", name)
            places.append(self._spec_text[text])
        others = {name: value for name, value in row.items() if name != "tools"}
        return others | {"toolPlaces": places} if places else others


def _turns(row: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    turns = row.get("messages") or row.get("prompt") or []
    if isinstance(turns, str):
        return [{"role": "user", "content": turns}]
    return [turn for turn in turns if isinstance(turn, Mapping)] if isinstance(turns, list) else []


def _types(row: Mapping[str, Any]) -> list[str]:
    """Ids of its constraints; of tool use, of the checks that did not pass."""
    found: list[Any] = row.get("constraints") or [
        verdict for verdict in row.get("verdicts") or [] if verdict.get("outcome") != "PASS"
    ]
    return list(dict.fromkeys(str(each.get("id")) for each in found if isinstance(each, Mapping)))


def _score(row: Mapping[str, Any]) -> float | None:
    judge = row.get("judge")
    score = judge.get("score") if isinstance(judge, Mapping) else None
    return score if isinstance(score, int | float) and math.isfinite(score) else None


def _shortened(value: Any) -> Any:
    """Texts cut where nobody reads on; the whole is in the dataset."""
    if isinstance(value, str) and len(value) > _LONGEST_TEXT:
        return f"{value[:_LONGEST_TEXT]}… ({len(value):,} characters, whole in the dataset)"
    if isinstance(value, Mapping):
        return {key: _shortened(each) for key, each in value.items() if each not in (None, "", [])}
    return [_shortened(each) for each in value] if isinstance(value, list) else value


def _read(text: Any) -> Any:
    try:
        return json.loads(text) if isinstance(text, str) else text
    except (ValueError, RecursionError):
        return text
