"""`dedup`: an answer that repeats one kept before is not kept again, word for word or with small edits.

Same after normalising (blanks, punctuation and the form of digits aside): `duplicate_answer`. Jaccard index of the
character 5-grams at or above `dedup.threshold`: `near_duplicate_answer`. Each detail names the row it repeats, which a
later stage may have dropped. Does not find paraphrase. Ordered: the first in record order stays, whichever was answered
first.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from datagen.config import DedupConfig
from datagen.near_duplicates import GRAM, Match, SeenTexts
from datagen.record import Record, Rejection

__all__ = ["Dedup", "repeated"]


class Dedup:
    name = "dedup"
    ordered = True

    def __init__(
        self,
        config: DedupConfig,
        file: Path | None = None,
        text_of: Callable[[Record], str] = lambda record: record.answer,
    ) -> None:
        """`file`: where what was seen is kept for a build that resumes; None: a temporary file. `text_of`: what of a
        record must not repeat."""
        self._kept = SeenTexts(config.threshold, file)
        self._text_of = text_of

    async def __call__(self, record: Record) -> Record | Rejection:
        match = self._kept.find_or_add(record.id, self._text_of(record))
        if match is None:
            return record
        return Rejection(record, self.name, *repeated(match, self._kept.threshold))

    def state(self) -> Any:
        return self._kept.state()

    def restore(self, state: Any) -> None:
        self._kept.restore(state)

    def close(self) -> None:
        self._kept.close()


def repeated(match: Match, threshold: float | None) -> tuple[str, str]:
    """Reason and detail of an answer that repeats another."""
    if match.exact:
        return "duplicate_answer", f"same text as {match.name}"
    assert threshold
    detail = f"{match.jaccard:.2f} Jaccard of {GRAM}-grams with {match.name}, below {threshold:g} wanted"
    return "near_duplicate_answer", detail
