"""Examples -> tensors of one micro-batch, packed or padded, with the same loss and gradients either way.

Packed: documents lie end to end in one row; positions restart at each document, and a block-diagonal causal mask keeps
them apart (`model.hidden_states` makes it as the attention takes it). There is no packing without that mask.
Padded: one document a row, padding on the right, where a causal mask already hides it.

Targets are shifted here, inside each document: `targets[t]` is token t+1 of the same document, or `IGNORED`.
Shapes: B rows, T tokens of a row.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import TypeVar

import numpy as np
import torch
from torch import Tensor

from losses import IGNORED
from models.chat_tokens import Example
from parallel.ranks import my_share, rank_count
from recipes.training import BatchSection
from train.batches import packed_micro_batches, padded_micro_batches

__all__ = [
    "MicroBatch",
    "block_diagonal_causal_mask",
    "micro_batch_groups",
    "micro_batch_of",
    "my_groups",
    "pack",
    "pad",
]

_IDLE = Example("idle", np.zeros(2, dtype=np.int32), np.zeros(2, dtype=bool))

Row = TypeVar("Row", bound=Example)


@dataclass(frozen=True, slots=True)
class MicroBatch:
    """`attention_mask`: bool [B, T] (is a token) when padded; `documents_T`: whose token t is when packed."""

    ids_BT: Tensor
    positions_BT: Tensor
    targets_BT: Tensor
    attention_mask: Tensor | None
    tokens: int  # without padding
    documents_T: Tensor | None = None

    def to(self, device: torch.device) -> MicroBatch:
        return replace(
            self,
            ids_BT=self.ids_BT.to(device),
            positions_BT=self.positions_BT.to(device),
            targets_BT=self.targets_BT.to(device),
            attention_mask=None if self.attention_mask is None else self.attention_mask.to(device),
            documents_T=None if self.documents_T is None else self.documents_T.to(device),
        )


def micro_batch_groups(examples: Sequence[Row], batch: BatchSection) -> list[list[Row]]:
    """Who goes with whom, within the token budget, in the order they have in a micro-batch."""
    lengths = [len(example) for example in examples]
    cut = partial(packed_micro_batches, ranks=rank_count()) if batch.packing else padded_micro_batches
    groups = cut(range(len(examples)), lengths, batch.tokens_per_micro_batch)
    return [[examples[row] for row in group] for group in groups]


def my_groups(examples: Sequence[Example], batch: BatchSection) -> Sequence[list[Example]]:
    """This rank's groups. A rank with fewer has an idle one, nothing of which is in the loss: passes go in lockstep."""
    groups = micro_batch_groups(examples, batch)
    return my_share(groups + [[_IDLE]] * (-len(groups) % rank_count()))


def micro_batch_of(group: Sequence[Example], batch: BatchSection, pad_id: int) -> MicroBatch:
    """The tensors of one group, packed or padded."""
    return pack(group) if batch.packing else pad(group, pad_id)


def pack(examples: Sequence[Example]) -> MicroBatch:
    """All examples in one row, isolated from each other."""
    document_T = torch.from_numpy(np.repeat(np.arange(len(examples)), [len(e) for e in examples]))
    positions_T = np.concatenate([np.arange(len(example)) for example in examples])
    return MicroBatch(
        ids_BT=torch.from_numpy(np.concatenate([e.ids_T for e in examples]).astype(np.int64))[None],
        positions_BT=torch.from_numpy(positions_T)[None],
        targets_BT=torch.from_numpy(np.concatenate([_targets(e) for e in examples]))[None],
        attention_mask=None,
        tokens=_tokens(examples),
        documents_T=document_T,
    )


def pad(examples: Sequence[Example], pad_id: int) -> MicroBatch:
    """One example a row, as long as the longest."""
    rows, longest = len(examples), max(len(example) for example in examples)
    ids_BT = torch.full((rows, longest), pad_id, dtype=torch.int64)
    targets_BT = torch.full((rows, longest), IGNORED, dtype=torch.int64)
    attention_mask = torch.zeros((rows, longest), dtype=torch.bool)
    for row, example in enumerate(examples):
        ids_BT[row, : len(example)] = torch.from_numpy(example.ids_T.astype(np.int64))
        targets_BT[row, : len(example)] = torch.from_numpy(_targets(example))
        attention_mask[row, : len(example)] = True
    positions_BT = torch.arange(longest).expand(rows, longest)
    return MicroBatch(ids_BT, positions_BT, targets_BT, attention_mask, _tokens(examples))


def block_diagonal_causal_mask(document_T: Tensor) -> Tensor:
    """May token i look at token j: same document, and j not after i.

    >>> block_diagonal_causal_mask(torch.tensor([0, 0, 1]))[0, 0].int().tolist()
    [[1, 0, 0], [1, 1, 0], [0, 0, 1]]
    """
    same_TT = document_T[:, None] == document_T[None, :]
    return same_TT.tril()[None, None]


def _tokens(examples: Sequence[Example]) -> int:
    return sum(len(example) for example in examples if example is not _IDLE)


def _targets(example: Example) -> np.ndarray:
    targets_T = np.full(len(example), IGNORED, dtype=np.int64)
    targets_T[:-1] = np.where(example.labelled_T[1:], example.ids_T[1:], IGNORED)
    return targets_T
