"""Several processes, one result: what each does of a step, and where their sums meet.

Every rank holds the whole model and optimiser, or its part of them (`sharding`). The micro-batches of a step, and the
calls of its rollouts, are dealt out; token counts and gradients are then summed over the ranks, so one process and many
take the same steps up to the order of fp32 sums. Gradients are never averaged: the normaliser has counted the tokens
of all ranks. The first rank alone writes, and all see its files. Without `torchrun` everything here does nothing.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from datetime import timedelta
from typing import Any, TypeVar

import torch
import torch.distributed as dist
from torch.distributed.tensor import DTensor

__all__ = [
    "first_rank",
    "from_first_rank",
    "joined_ranks",
    "merged",
    "my_share",
    "rank_count",
    "sum_gradients",
    "sum_over_ranks",
    "wait",
]

Item = TypeVar("Item")
Number = TypeVar("Number", int, float)


@contextmanager
def joined_ranks() -> Iterator[None]:
    """Join the processes that `torchrun` started along with this one, if it did."""
    join = int(os.environ.get("WORLD_SIZE", "1")) > 1 and not dist.is_initialized()
    if join:
        # All ranks wait while the first one fills a spool or saves; that one of them died is for torchrun to notice.
        dist.init_process_group(timeout=timedelta(days=1))
    yield
    if join:
        dist.destroy_process_group()


def rank_count() -> int:
    """The number of processes."""
    return dist.get_world_size() if dist.is_initialized() else 1


def first_rank() -> bool:
    """Whether this is the process that writes and speaks."""
    return not dist.is_initialized() or dist.get_rank() == 0


def my_share(items: Sequence[Item]) -> Sequence[Item]:
    """What this rank does of a list that all ranks have in the same order."""
    return items[dist.get_rank() :: dist.get_world_size()] if dist.is_initialized() else items


def sum_over_ranks(number: Number) -> Number:
    """Exact for integers (int64); fp64 otherwise."""
    if rank_count() == 1:
        return number
    total = torch.tensor(number, dtype=torch.int64 if isinstance(number, int) else torch.float64)
    dist.all_reduce(total)
    return type(number)(total.item())


def wait() -> None:
    """Come back once every rank is here."""
    sum_over_ranks(0)


def merged(mine: dict[Any, Item]) -> dict[Any, Item]:
    """The entries of all ranks."""
    parts = [mine] * rank_count()
    if rank_count() > 1:
        dist.all_gather_object(parts, mine)
    return {key: item for part in parts for key, item in part.items()}


def from_first_rank(item: Item) -> Item:
    """What the first rank has, on all of them."""
    items = [item]
    if rank_count() > 1:
        dist.broadcast_object_list(items, src=0)
    return items[0]


def sum_gradients(parameters: Iterable[torch.nn.Parameter]) -> None:
    """Give every rank the sum of all ranks' gradients, in place.

    A parameter that none of them used keeps no gradient, and is left alone by the optimiser as with one process.
    """
    if rank_count() == 1:
        return
    # Those that are sharded were summed on their way to the rank that holds a part of them.
    trained = [p for p in parameters if p.requires_grad and not isinstance(p, DTensor)]
    used = torch.tensor([parameter.grad is not None for parameter in trained], dtype=torch.int32)
    dist.all_reduce(used)
    for parameter, ranks in zip(trained, used.tolist(), strict=True):
        if ranks:
            parameter.grad = torch.zeros_like(parameter) if parameter.grad is None else parameter.grad
            dist.all_reduce(parameter.grad)
