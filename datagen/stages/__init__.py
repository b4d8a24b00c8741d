"""The stages, in the order a record meets them. Every stage is `async (Record) -> Record | Rejection`.

`seed` makes the records; `translate compose respond repair follow_up verify screen judge` work on many at once;
`dedup decontaminate mix` remember what they have seen, so the pipeline feeds them one at a time, in order.
"""

from __future__ import annotations

from typing import Protocol

from datagen.record import Record, Rejection

__all__ = ["Stage"]


class Stage(Protocol):
    """`ordered` stages are called one record at a time, in record order."""

    name: str
    ordered: bool

    async def __call__(self, record: Record) -> Record | Rejection: ...
