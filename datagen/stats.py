"""A dataset in numbers: what was kept and dropped and why, and what the kept rows are like. Plain data, for tables
(stats_view.py) and machines.

Counted shard by shard from the rows themselves; the funnel comes from the manifest, tokens from the answer store,
each where it is there. Memory holds a few numbers a row. Words are counted in 2,000 answers drawn at random (always
the same ones), everything else in all.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from itertools import groupby
from typing import Any

import polars as pl

from constraints.segment import words
from datagen.dataset import REJECTED, Dataset, Shard
from datagen.row_filter import RowFilter, matching, sampled
from datagen.spending import read_spending, total_cost
from datagen.tool_stats import tool_stats
from datagen.yields import by_family, read_yields

__all__ = ["answer_text", "dataset_stats", "prompt_text"]

_WORD_SAMPLE = 2_000
_DECILES = [number / 10 for number in range(11)]


def dataset_stats(dataset: Dataset) -> dict[str, Any]:
    """
    Raises:
        DatasetError: a file of the dataset cannot be read.
    """
    reasons, lengths, prompts, answers = _reasons(dataset), [], [], []
    counts: dict[str, Counter[Any]] = {name: Counter() for name in ("sources", "style", "language", "number")}
    scores: Counter[tuple[str, int]] = Counter()
    for shard in dataset.shards:
        _count_scores(shard, scores)
        if shard.split == REJECTED:
            continue
        _count_sources(shard, counts["sources"])
        _count_turns(shard, counts["style"])
        _count_constraints(shard, counts["language"], counts["number"])
        if "messages" in shard.schema:
            texts = _texts(shard)
            lengths.append(texts["characters"].drop_nulls())
            answers.append(texts["answer"].drop_nulls())
            prompts.append(texts["prompt"].drop_nulls())
    yields, spending = read_yields(dataset), read_spending(dataset.path)
    budget = dataset.manifest.get("recipe", {}).get("budget") or {}
    return {
        "path": str(dataset.path),
        "finished": dataset.finished,
        "rows": {split: _rows(dataset, split) for split in dataset.splits},
        "rejected": sum(sum(found.values()) for found in reasons.values()),
        "funnel": {
            name: {"in": stage["in"], "kept": stage["kept"], "rejected": sum(stage["rejected"].values())}
            for name, stage in dataset.manifest.get("stages", {}).items()
        },
        "reasons": reasons,
        "yields": {
            "types": {name: found.as_dict() for name, found in yields.items()},
            "families": {name: found.as_dict() for name, found in by_family(yields).items()},
        },
        "answers": {"characters": _spread(lengths), "words": _word_spread(dataset)},
        "judge": [
            {"score": score, "kept": scores["kept", score], "rejected": scores[REJECTED, score]}
            for score in sorted({score for _, score in scores})
        ],
        "sources": [
            {"name": name, "license": license_name, "rows": rows}
            for (name, license_name), rows in counts["sources"].most_common()
        ],
        "turns": dict(counts["style"].most_common()),
        "instruction_languages": dict(counts["language"].most_common()),
        "constraints_per_row": {str(number): rows for number, rows in sorted(counts["number"].items())},
        "tool_use": tool_stats(dataset.shards),
        "duplicates": {"answers": _repeated(answers), "prompts": _repeated(prompts)},
        "spending": [
            {"model": s.model, "calls": s.calls, "prompt_tokens": s.prompt_tokens, "answer_tokens": s.completion_tokens}
            for s in spending
        ],
        "cost": total_cost(spending, budget.get("prices") or {}) if spending else None,
        "currency": budget.get("currency", ""),
    }


def _rows(dataset: Dataset, split: str) -> int:
    return sum(len(shard.positions(None)) for shard in dataset.of(split))


def _reasons(dataset: Dataset) -> dict[str, dict[str, int]]:
    """Stage -> reason -> candidates, in the order of the stages where the manifest tells it."""
    counts: Counter[tuple[str, str]] = Counter()
    for shard in dataset.of(REJECTED):
        found = shard.collect(lambda frame: frame.group_by("stage", "reason").len())
        counts.update({(stage, reason): count for stage, reason, count in found.iter_rows()})
    order = {stage: number for number, stage in enumerate(dataset.manifest.get("stages", {}))}
    by_stage: dict[str, dict[str, int]] = {}
    for (stage, reason), count in sorted(counts.items(), key=lambda kv: (order.get(kv[0][0], 99), -kv[1], kv[0])):
        by_stage.setdefault(stage, {})[reason] = count
    return by_stage


def _count_scores(shard: Shard, scores: Counter[tuple[str, int]]) -> None:
    """Judge scores, rounded down, of kept and of rejected candidates."""
    if "judge" not in shard.schema:
        return
    given = pl.col("judge").struct.field("score")
    score = pl.when(given.is_finite()).then(given)  # of anybody's file
    kept = "kept" if shard.split != REJECTED else REJECTED
    found = shard.collect(
        lambda f: f.select(score.floor().cast(pl.Int64).alias("score")).drop_nulls().group_by("score").len()
    )
    scores.update({(kept, value): count for value, count in found.iter_rows()})


def _count_sources(shard: Shard, sources: Counter[tuple[str, str]]) -> None:
    if isinstance(shard.schema.get("source"), pl.Struct):
        found = shard.collect(lambda f: f.select("source").unnest("source").group_by("name", "license").len())
        sources.update({(name, license_name): count for name, license_name, count in found.iter_rows()})


def _count_turns(shard: Shard, styles: Counter[str]) -> None:
    """`1 user turn`, `system + 2 user turns`, ...: by the turns of the prompt."""
    column = next((name for name in ("messages", "prompt") if isinstance(shard.schema.get(name), pl.List)), None)
    if column is None:
        return
    roles = pl.col(column).list.eval(pl.element().struct.field("role"))
    turns = [roles.list.count_matches(role).alias(role) for role in ("system", "user")]
    for system, user, rows in shard.collect(lambda f: f.select(turns).group_by("system", "user").len()).iter_rows():
        styles[("system + " if system else "") + f"{user} user turn{'s' * (user != 1)}"] += rows


def _count_constraints(shard: Shard, languages: Counter[str], numbers: Counter[int]) -> None:
    if not isinstance(shard.schema.get("constraints"), pl.List) or "scenario" in shard.schema:
        return
    column = pl.col("constraints")
    first_language = column.list.first().struct.field("lang").alias("lang")
    found = shard.collect(lambda f: f.select(first_language, column.list.len().alias("n")).group_by("lang", "n").len())
    for language, number, rows in found.iter_rows():
        numbers[number or 0] += rows
        if language:
            languages[language] += rows


def answer_text(column: str) -> pl.Expr:
    """Of a column of messages: the last assistant turn; null where the last turn is another's."""
    last = pl.col(column).list.last()
    return pl.when(last.struct.field("role") == "assistant").then(last.struct.field("content"))


def prompt_text(column: str) -> pl.Expr:
    """Of a column of messages: all that no assistant said, as one text."""
    said = pl.when(pl.element().struct.field("role") != "assistant").then(pl.element().struct.field("content"))
    return pl.col(column).list.eval(said).list.join("\n", ignore_nulls=True)


def _texts(shard: Shard) -> pl.DataFrame:
    """Per row: characters and hash of the answer (null where there is none), hash of the prompt."""
    answer = answer_text("messages")
    return shard.collect(
        lambda frame: frame.select(
            pl.when(answer.is_not_null()).then(answer.hash()).alias("answer"),
            prompt_text("messages").hash().alias("prompt"),
            answer.str.len_chars().alias("characters"),
        )
    )


def _word_spread(dataset: Dataset) -> dict[str, Any]:
    """Of the answers in a sample of the kept rows, cut by nlpo3."""
    places = sampled(matching(dataset, RowFilter(kept=True)), _WORD_SAMPLE, seed=0)
    counted = [len(words(answer, "nlpo3")) for answer in _answers(places)]
    return _spread([pl.Series(counted, dtype=pl.Int64)])


def _answers(places: list[tuple[Shard, int]]) -> Iterator[str]:
    for shard, group in groupby(places, key=lambda place: place[0]):
        if "messages" not in shard.schema:
            continue
        for row in shard.rows([position for _, position in group]):
            last = row["messages"][-1] if row["messages"] else {"role": ""}
            if last["role"] == "assistant":
                yield last["content"]


def _spread(parts: list[pl.Series]) -> dict[str, Any]:
    """How many, the median, and the deciles from smallest to largest."""
    values = pl.concat([part.cast(pl.Int64) for part in parts]) if parts else pl.Series([], dtype=pl.Int64)
    if not len(values):
        return {"counted": 0, "median": None, "deciles": []}
    deciles = [values.quantile(share, interpolation="nearest") for share in _DECILES]
    return {"counted": len(values), "median": values.median(), "deciles": [int(value or 0) for value in deciles]}


def _repeated(parts: list[pl.Series]) -> int:
    """Rows whose text stands in an earlier row already."""
    hashes = pl.concat(parts) if parts else pl.Series([], dtype=pl.UInt64)
    return len(hashes) - hashes.n_unique()
