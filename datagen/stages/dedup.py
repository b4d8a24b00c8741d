"""`dedup`: an answer that was already kept is not kept again.

Exact after normalising (case, white space, punctuation and digits' form aside); 16 bytes of memory a row.
Does not find near duplicates.
"""

from __future__ import annotations

import hashlib

import regex

from constraints import normalise
from constraints.text import arabic_digits
from datagen.record import Record, Rejection

__all__ = ["Dedup"]

_NOT_TEXT = regex.compile(r"[^\p{L}\p{M}\p{N}]+")


class Dedup:
    name = "dedup"
    ordered = True

    def __init__(self) -> None:
        self._kept: set[bytes] = set()

    async def __call__(self, record: Record) -> Record | Rejection:
        text = _NOT_TEXT.sub("", arabic_digits(normalise(record.answer)).casefold())
        digest = hashlib.blake2b(text.encode(), digest_size=16).digest()
        if digest in self._kept:
            return Rejection(record, self.name, "duplicate_answer")
        self._kept.add(digest)
        return record
