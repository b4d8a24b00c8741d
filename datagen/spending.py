"""What the answers of a build took: calls and tokens per model, read from its answer store without touching it."""

from __future__ import annotations

import contextlib
import sqlite3
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import quote

from datagen.errors import DatasetError

__all__ = ["ModelSpending", "money", "read_spending", "total_cost"]

_BY_MODEL = """
SELECT json_extract(payload, '$.model'), count(*),
       total(json_extract(answer, '$.prompt_tokens')), total(json_extract(answer, '$.completion_tokens'))
FROM answers GROUP BY 1 ORDER BY 1
"""


@dataclass(frozen=True, slots=True)
class ModelSpending:
    model: str
    calls: int
    prompt_tokens: int
    completion_tokens: int


def read_spending(out: Path) -> list[ModelSpending]:
    """Per model, of every answer stored for `out`; [] where the dataset came without its store.

    Raises:
        DatasetError: the store is damaged.
    """
    path = out / ".typhoon" / "answers.sqlite"
    if not path.is_file():
        return []
    # Without a log beside it nobody writes, and SQLite must not make one: a copy may lie on a read-only disk.
    mode = "mode=ro" if path.with_name(path.name + "-wal").exists() else "mode=ro&immutable=1"
    try:
        return [ModelSpending(str(m), calls, int(p), int(c)) for m, calls, p, c in _query(path, mode)]
    except sqlite3.Error as exc:
        raise DatasetError(f"the answer store {path} cannot be read: {exc}; move it away to go on without it") from exc


def total_cost(spending: Iterable[ModelSpending], prices: Mapping[str, Any]) -> float | None:
    """By a recipe's price table (`input` and `output` per million tokens); None where a model has no price.

    >>> total_cost([ModelSpending("m", 2, 1_000_000, 500_000)], {"m": {"input": 1.0, "output": 4.0}})
    3.0
    """
    cost = 0.0
    for spent in spending:
        if (price := prices.get(spent.model)) is None:
            return None
        cost += (spent.prompt_tokens * price["input"] + spent.completion_tokens * price["output"]) / 1e6
    return cost


def money(amount: float, currency: str | None) -> str:
    """
    >>> money(0.00123, "USD"), money(12.5, ""), money(0.0, "THB")
    ('0.0012 USD', '12.50', '0.00 THB')
    """
    return f"{amount:,.{2 if amount >= 1 or amount == 0 else 4}f} {currency or ''}".rstrip()


def _query(path: Path, mode: str) -> Iterable[tuple[str, int, float, float]]:
    with contextlib.closing(sqlite3.connect(f"file:{quote(str(path))}?{mode}", uri=True)) as store:
        if not store.execute("SELECT 1 FROM sqlite_master WHERE name = 'answers'").fetchall():
            return []  # a build that was killed before its first answer
        return store.execute(_BY_MODEL).fetchall()
