"""The harness: records through stages, many at once, out in order, every one counted.

Each record is a task that goes through the unordered stages; finished tasks leave in record order through
the ordered stages. Order of arrival therefore never shows: same answers, same dataset. Memory is bounded by
`window()` records. A row can be exported while later ones are still being answered.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import AsyncGenerator, Callable, Iterator, Sequence
from itertools import islice

from datagen.ledger import Ledger
from datagen.record import Record, Rejection
from datagen.stages import Stage

__all__ = ["run_pipeline"]


async def run_pipeline(
    records: Iterator[Record],
    stages: Sequence[Stage],
    ledger: Ledger,
    *,
    rows: int,
    attempts: int,
    window: Callable[[], int],
) -> AsyncGenerator[Record | Rejection]:
    """Accepted records and rejections, in record order, until `rows` are accepted or `attempts` records are used up.

    Records still under way when the last wanted row is accepted are cancelled and not counted: a later run
    takes them up again from the answer store. An error in any stage cancels the rest and is raised.
    """
    unordered = [stage for stage in stages if not stage.ordered]
    ordered = [stage for stage in stages if stage.ordered]
    assert list(stages) == unordered + ordered, "ordered stages come last"
    source = islice(records, attempts)
    under_way: deque[asyncio.Task[tuple[Record | Rejection, int]]] = deque()
    accepted = 0
    try:
        while accepted < rows:
            for record in islice(source, max(0, window() - len(under_way))):
                under_way.append(asyncio.create_task(_through(record, unordered)))
            if not under_way:
                return
            result, passed = await under_way.popleft()
            _count(ledger, unordered, result, passed)
            if isinstance(result, Record):
                result, passed = await _through(result, ordered)
                _count(ledger, ordered, result, passed)
            accepted += isinstance(result, Record)
            yield result
    finally:
        for task in under_way:
            task.cancel()
        await asyncio.gather(*under_way, return_exceptions=True)


async def _through(record: Record, stages: Sequence[Stage]) -> tuple[Record | Rejection, int]:
    """The record after all stages with their number, or its rejection with the number of stages it passed."""
    for passed, stage in enumerate(stages):
        result = await stage(record)
        if isinstance(result, Rejection):
            assert result.stage == stage.name, f"{stage.name} signed a rejection as {result.stage}"
            return result, passed
        record = result
    return record, len(stages)


def _count(ledger: Ledger, stages: Sequence[Stage], result: Record | Rejection, passed: int) -> None:
    for stage in stages[:passed]:
        ledger.entered(stage.name)
        ledger.kept(stage.name)
    if isinstance(result, Rejection):
        ledger.entered(result.stage)
        ledger.rejected(result.stage, result.reason)
