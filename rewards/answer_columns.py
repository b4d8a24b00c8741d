"""What a row says the right answer is: a text, a number, or several of them that are all right."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

from datagen.errors import DatasetError

__all__ = ["accepted", "cell", "options_of"]


def cell(row: Mapping[str, Any], column: str) -> Any:
    """The value of a column, whose name may have dots (`reward_model.ground_truth`); None where there is none.

    >>> cell({"reward_model": {"ground_truth": "42"}}, "reward_model.ground_truth"), cell({"a": 1}, "b.c")
    ('42', None)
    """
    found: Any = row
    for name in column.split("."):
        if not isinstance(found, Mapping):
            return None
        found = found.get(name)
    return found


def accepted(row: Mapping[str, Any], column: str) -> tuple[str, ...]:
    """All answers that are right, as texts; () where the row has none.

    Raises:
        DatasetError: the column holds something that is no answer.

    >>> [accepted(row, "answer") for row in ({"answer": ["กรุงเทพฯ", "กทม."]}, {"answer": 34.0}, {})]
    [('กรุงเทพฯ', 'กทม.'), ('34',), ()]
    """
    given = cell(row, column)
    if given is None:
        return ()
    several = not isinstance(given, str) and isinstance(given, Sequence)
    texts = tuple(text for each in (given if several else [given]) if (text := _text(each)))
    if not texts or len(texts) != (len(given) if several else 1):
        raise DatasetError(
            f"row {row.get('id')}: column {column!r} must hold the right answer, a text, a number or a list of them "
            f"(given: {str(given)[:80]!r}); mend it or remove the row"
        )
    return texts


def options_of(row: Mapping[str, Any], column: str) -> tuple[int, tuple[str, ...]]:
    """How many options there are, and their texts where the row has them; (0, ()) where it has no options.

    Raises:
        DatasetError: the column holds neither a number of options nor their texts.
    """
    given = cell(row, column)
    if given is None:
        return 0, ()
    if isinstance(given, int) and not isinstance(given, bool) and 2 <= given <= 10:
        return given, ()
    if isinstance(given, Sequence) and not isinstance(given, str) and 2 <= len(given) <= 10:
        texts = tuple(text for each in given if (text := _text(each)))
        if len(texts) == len(given):
            return len(texts), texts
    raise DatasetError(
        f"row {row.get('id')}: column {column!r} must hold 2 to 10 options or their number (given: {str(given)[:80]!r})"
    )


def _text(given: Any) -> str:
    """'' for what is neither a text nor a finite number."""
    if isinstance(given, str):
        return given.strip()
    if isinstance(given, bool) or not isinstance(given, int | float) or not math.isfinite(given):
        return ""
    return str(int(given)) if given == int(given) else repr(given)
