"""The harness: order, bounds, conservation, cancellation and errors, with stages made for the purpose."""

from __future__ import annotations

import asyncio
import random
from itertools import count

import pytest

from datagen.ledger import Ledger
from datagen.pipeline import run_pipeline
from datagen.record import Message, Record, Rejection, Source


def records():
    for number in count():
        yield Record(str(number), str(number), 0, "th", Source("s", "p", "x"), (Message("user", "ก"),))


class Slow:
    """Finishes in a random order; rejects every third record."""

    name, ordered = "slow", False

    def __init__(self) -> None:
        self.started = self.finished = self.peak = 0

    async def __call__(self, record: Record) -> Record | Rejection:
        self.started += 1
        self.peak = max(self.peak, self.started - self.finished)
        await asyncio.sleep(random.random() * 0.01)
        self.finished += 1
        return Rejection(record, self.name, "third") if int(record.id) % 3 == 2 else record


class Remembering:
    """Rejects what does not come in order."""

    name, ordered = "remembering", True

    def __init__(self) -> None:
        self.seen = -1

    async def __call__(self, record: Record) -> Record | Rejection:
        assert int(record.id) > self.seen
        self.seen = int(record.id)
        return record


def run(stages, ledger, **bounds):
    async def collect():
        return [result async for result in run_pipeline(records(), stages, ledger, **bounds)]

    return asyncio.run(collect())


def test_results_leave_in_record_order_and_every_record_is_counted():
    slow, ledger = Slow(), Ledger(["slow", "remembering"])
    results = run([slow, Remembering()], ledger, rows=20, attempts=1000, window=lambda: 7)
    names = [r.id if isinstance(r, Record) else r.record.id for r in results]
    assert names == [str(number) for number in range(len(results))]
    assert sum(isinstance(result, Record) for result in results) == 20
    ledger.require_balance(20)
    assert ledger.as_dict()["slow"] == {"in": 29, "kept": 20, "rejected": {"third": 9}}
    assert slow.peak <= 7


def test_attempts_are_a_bound():
    ledger = Ledger(["slow", "remembering"])
    results = run([Slow(), Remembering()], ledger, rows=20, attempts=9, window=lambda: 4)
    assert len(results) == 9
    ledger.require_balance(6)


def test_an_error_in_a_stage_cancels_the_rest_and_is_raised():
    class Broken(Slow):
        async def __call__(self, record: Record) -> Record | Rejection:
            if record.id == "5":
                raise OSError("the wire is cut")
            return await super().__call__(record)

    with pytest.raises(OSError, match="the wire is cut"):
        run([Broken()], Ledger(["slow"]), rows=100, attempts=100, window=lambda: 4)


def test_a_lost_record_stops_the_run():
    ledger = Ledger(["slow", "remembering"])
    run([Slow(), Remembering()], ledger, rows=5, attempts=100, window=lambda: 3)
    with pytest.raises(AssertionError, match="4 were exported"):
        ledger.require_balance(4)
    ledger.entered("remembering")
    with pytest.raises(AssertionError, match="the stage before kept"):
        ledger.require_balance(5)


def test_ordered_stages_come_last():
    with pytest.raises(AssertionError, match="ordered stages come last"):
        run([Remembering(), Slow()], Ledger(["remembering", "slow"]), rows=1, attempts=1, window=lambda: 1)
