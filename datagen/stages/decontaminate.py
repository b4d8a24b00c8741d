"""`decontaminate`: rows whose prompt is, holds or nearly repeats a held-out evaluation prompt are dropped.

Three tests, each with its reason: the same text (`held_out_exact`); so many of the shorter text's character n-grams
shared (`held_out_passage`); a near duplicate (`held_out_near_duplicate`). Every detail names file, row and id of the
prompt that was hit. The prompt is looked at bare, as rendered, and in the language it was translated from. Spacing,
punctuation, case and the form of digits do not count.

Does not look at answers, and does not find paraphrase. Held-out prompts shorter than one n-gram (13 characters, about
three Thai words) are found only where they are the whole prompt: as passages they are everyday phrases.
"""

from __future__ import annotations

import hashlib
from typing import Any

from datagen.config import DecontaminateConfig
from datagen.held_out import read_held_out
from datagen.near_duplicates import GRAM, SeenTexts
from datagen.record import Record, Rejection
from datagen.shared_passages import Passages

__all__ = ["Decontaminate"]


class Decontaminate:
    """Reads all held-out prompts when made.

    Raises:
        PromptFileError: a source cannot be read.
    """

    name = "decontaminate"
    ordered = True

    def __init__(self, config: DecontaminateConfig) -> None:
        self.config = config
        self._texts = SeenTexts(config.threshold)
        self._passages = Passages(config.ngram)
        held_out_hash = hashlib.sha256()
        self.held_out_prompts = 0
        for source in config.against:
            for held_out in read_held_out(source):
                self.held_out_prompts += 1
                held_out_hash.update(f"{held_out.name}\x1f{held_out.text}\x1e".encode())
                self._texts.add(held_out.name, held_out.text)
                if config.ngram_share:
                    self._passages.add(held_out.name, held_out.text)
        self.held_out_sha256 = held_out_hash.hexdigest()

    @property
    def held_out(self) -> dict[str, Any] | None:
        """How many evaluation prompts there are and the hash of all, for the manifest; None where none were given."""
        if not self.config.against:
            return None
        return {"prompts": self.held_out_prompts, "sha256": self.held_out_sha256}

    def state(self) -> Any:
        """Nothing: what it knows are the held-out prompts, and `held_out_sha256` tells whether they changed."""
        return None

    def restore(self, state: Any) -> None:
        pass

    async def __call__(self, record: Record) -> Record | Rejection:
        if self.config.against:
            for text in prompts_of(record):
                if hit := self._hit(text):
                    return Rejection(record, self.name, *hit)
        return record

    def _hit(self, text: str) -> tuple[str, str] | None:
        """(reason, detail), or None where the text is clean."""
        same = self._texts.find(text)
        if same and same.exact:
            return "held_out_exact", f"{same.name}: same text"
        if share := self.config.ngram_share:
            overlap = self._passages.closest(text)
            if overlap and overlap.share >= share:
                return (
                    "held_out_passage",
                    f"{overlap.name}: {overlap.share:.0%} of its {self.config.ngram}-grams shared",
                )
        if same:
            return "held_out_near_duplicate", f"{same.name}: {same.jaccard:.2f} Jaccard of {GRAM}-grams"
        return None


def prompts_of(record: Record) -> tuple[str, ...]:
    """The prompt bare, as rendered and as it stood before translation; each once."""
    return tuple(dict.fromkeys(filter(None, (record.prompt, record.prompt_text, record.original))))
