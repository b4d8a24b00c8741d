"""Order and cutting of an epoch: nothing lost, nothing twice, nothing over budget."""

from __future__ import annotations

from collections import Counter

from hypothesis import given
from hypothesis import strategies as st

from train.batches import (
    epoch_order,
    packed_micro_batches,
    padded_micro_batches,
    step_count,
    step_rows,
)

BUDGET = 50
lengths_of_rows = st.lists(st.integers(min_value=1, max_value=BUDGET), min_size=1, max_size=40)


@given(st.integers(1, 200), st.integers(1, 9), st.integers(0, 3), st.integers(0, 5))
def test_an_epoch_sees_every_row_once(rows: int, rows_per_step: int, seed: int, epoch: int) -> None:
    order = epoch_order(rows, seed, epoch)
    steps = step_count(rows, rows_per_step, 1, None)
    seen = [row for index in range(steps) for row in step_rows(order, rows_per_step, index)]
    assert Counter(seen) == Counter(range(rows))
    assert step_rows(order, rows_per_step, steps) == []


def test_order_depends_on_seed_and_epoch_and_is_fixed_forever() -> None:
    assert epoch_order(8, seed=0, epoch=0) == [4, 2, 6, 0, 7, 5, 1, 3]
    assert len({tuple(epoch_order(50, seed, epoch)) for seed in range(3) for epoch in range(3)}) == 9


@given(lengths_of_rows)
def test_packed_bins_hold_all_rows_within_budget(lengths: list[int]) -> None:
    bins = packed_micro_batches(range(len(lengths)), lengths, BUDGET)
    assert Counter(row for rows in bins for row in rows) == Counter(range(len(lengths)))
    assert all(sum(lengths[row] for row in rows) <= BUDGET for rows in bins)
    assert len(bins) <= 2 * -(-sum(lengths) // BUDGET)


@given(lengths_of_rows)
def test_padded_groups_hold_all_rows_within_budget(lengths: list[int]) -> None:
    groups = padded_micro_batches(range(len(lengths)), lengths, BUDGET)
    assert Counter(row for rows in groups for row in rows) == Counter(range(len(lengths)))
    assert all(len(rows) * max(lengths[row] for row in rows) <= BUDGET for rows in groups)


def test_bins_are_about_equally_full() -> None:
    lengths = [30, 20, 10, 10, 10, 10, 5, 5]
    fills = [sum(lengths[row] for row in rows) for rows in packed_micro_batches(range(8), lengths, BUDGET)]
    assert fills == [50, 50]


@given(lengths_of_rows, st.integers(2, 8))
def test_each_rank_has_as_many_bins_and_no_row_is_lost(lengths: list[int], ranks: int) -> None:
    bins = packed_micro_batches(range(len(lengths)), lengths, BUDGET, ranks)
    assert Counter(row for rows in bins for row in rows) == Counter(range(len(lengths)))
    assert all(sum(lengths[row] for row in rows) <= BUDGET for rows in bins)
    assert len(bins) % ranks == 0 or len(bins) == len(lengths)
