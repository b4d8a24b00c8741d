"""Which rows make an optimiser step, and how a step is cut into micro-batches. Pure functions, no torch.

The order of an epoch is a function of (seed, epoch) alone, so a data cursor is one step number and resuming
needs no iterator state. The rows of a step do not depend on the micro-batch budget: changing the budget
changes speed and memory, not the gradient. No row is dropped: an epoch's last step may be smaller.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence

__all__ = ["epoch_order", "packed_micro_batches", "padded_micro_batches", "step_count", "step_rows"]


def epoch_order(rows: int, seed: int, epoch: int) -> list[int]:
    """A permutation of `range(rows)`, the same on every platform and library version.

    >>> epoch_order(6, seed=0, epoch=0) == epoch_order(6, seed=0, epoch=1)
    False
    >>> sorted(epoch_order(6, seed=0, epoch=1))
    [0, 1, 2, 3, 4, 5]
    """
    return sorted(range(rows), key=lambda row: hashlib.sha256(f"{seed}/{epoch}/{row}".encode()).digest())


def step_count(rows: int, rows_per_step: int, epochs: int, max_steps: int | None) -> int:
    """Optimiser steps of the whole run.

    >>> step_count(10, 4, epochs=2, max_steps=None), step_count(10, 4, epochs=2, max_steps=5)
    (6, 5)
    """
    steps = epochs * -(-rows // rows_per_step)
    return steps if max_steps is None else min(steps, max_steps)


def step_rows(order: Sequence[int], rows_per_step: int, index: int) -> list[int]:
    """The rows of step `index` of an epoch in that order."""
    return list(order[index * rows_per_step : (index + 1) * rows_per_step])


def packed_micro_batches(rows: Sequence[int], lengths: Sequence[int], budget: int, ranks: int = 1) -> list[list[int]]:
    """Bins of at most `budget` tokens, as few as a longest-first fill finds, and about equally full.

    Their number is a multiple of `ranks`, or of rows there are fewer: processes work in lockstep, and none shall wait.

    >>> packed_micro_batches([0, 1, 2, 3], [5, 3, 3, 5], budget=8)
    [[0, 1], [3, 2]]
    """
    longest_first = sorted(rows, key=lambda row: (-lengths[row], row))
    bin_count = -(-max(1, sum(lengths[row] for row in rows)) // (budget * ranks)) * ranks
    while True:
        bins = _spread(longest_first, lengths, bin_count, budget)
        if bins is not None:
            return bins
        bin_count += ranks


def _spread(
    longest_first: Sequence[int], lengths: Sequence[int], bin_count: int, budget: int
) -> list[list[int]] | None:
    """Each row into the emptiest bin; None if some row finds no room."""
    bins: list[list[int]] = [[] for _ in range(bin_count)]
    fill = [0] * bin_count
    for row in longest_first:
        emptiest = fill.index(min(fill))
        if fill[emptiest] + lengths[row] > budget:
            if not bins[emptiest]:
                raise AssertionError(f"row {row} alone exceeds the budget of {budget} tokens")
            return None
        bins[emptiest].append(row)
        fill[emptiest] += lengths[row]
    return [rows for rows in bins if rows]


def padded_micro_batches(rows: Sequence[int], lengths: Sequence[int], budget: int) -> list[list[int]]:
    """Groups of similar length such that (rows x longest row) stays within `budget`.

    >>> padded_micro_batches([0, 1, 2, 3], [5, 3, 3, 5], budget=10)
    [[0, 3], [1, 2]]
    """
    groups: list[list[int]] = []
    for row in sorted(rows, key=lambda row: (-lengths[row], row)):
        if groups and (len(groups[-1]) + 1) * lengths[groups[-1][0]] <= budget:
            groups[-1].append(row)
        else:
            groups.append([row])
    return groups
