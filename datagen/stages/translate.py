"""`translate`: prompts that are already in the target language pass; any other is rejected, not guessed at.

Translation proper (English prompts to Thai, constraints carried along) is not covered yet. Language is told
by script share, so a Thai prompt with English terms or code in it passes.
"""

from __future__ import annotations

from constraints import script_shares
from datagen.record import Record, Rejection

__all__ = ["Translate"]

_SCRIPT_OF = {"th": "Thai"}
_MIN_SHARE = 0.3


class Translate:
    name = "translate"
    ordered = False

    async def __call__(self, record: Record) -> Record | Rejection:
        share = script_shares(record.prompt_text).get(_SCRIPT_OF[record.lang], 0.0)
        if share >= _MIN_SHARE:
            return record
        return Rejection(record, self.name, "prompt_not_in_language", f"{share:.0%} of its letters are {record.lang}")
