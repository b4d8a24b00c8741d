"""What the loops assume of a model, and the check that a model is so: one that we would get wrong is refused.

Not covered: models whose head is not one plain matrix product.

Shapes: B rows, T tokens, H hidden, V vocabulary with padding.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor
from torch.nn.attention.flex_attention import BlockMask, create_block_mask

from models.chat_tokens import ChatTokenizer
from models.errors import ModelError
from models.loading import device_of
from parallel.sharding import sharded
from recipes.training import ComputeSection
from train.packing import MicroBatch, block_diagonal_causal_mask

__all__ = ["check_model", "check_same_vocabulary", "document_block_mask", "hidden_states", "use_attention"]

# Relative; kernels with and without a mask differ by about 1e-6 in fp32 and by about 1e-2 in bf16.
_TOLERANCE = {torch.float32: 1e-3, torch.bfloat16: 5e-2}


def hidden_states(model: Any, batch: MicroBatch, *, bf16: bool = False) -> Tensor:
    """[B, T, H] before the head; products in bf16 if wanted. The head belongs to the loss, which never makes [T, V]."""
    device = batch.ids_BT.device.type
    # Casts of parts that were gathered for a moment would be kept until the end of the pass.
    with torch.autocast(device, torch.bfloat16, enabled=bf16, cache_enabled=not sharded(model)):
        return model.base_model(
            input_ids=batch.ids_BT,
            position_ids=batch.positions_BT,
            attention_mask=_attention_mask(batch, model.config._attn_implementation),
            use_cache=False,
        ).last_hidden_state


def _attention_mask(batch: MicroBatch, attention: str) -> Any:
    """SDPA visits all T*T bytes, flex the blocks that hold something; flash finds documents by position."""
    documents_T = batch.documents_T
    if batch.attention_mask is not None or documents_T is None:
        return batch.attention_mask
    if "flash" in attention:
        return None
    if attention == "flex_attention":
        return document_block_mask(documents_T)
    return block_diagonal_causal_mask(documents_T)


def document_block_mask(documents_T: Tensor) -> BlockMask:
    """`block_diagonal_causal_mask` as flex attention takes it."""

    def may_look(_row: Tensor, _head: Tensor, i: Tensor, j: Tensor) -> Tensor:
        return (documents_T[i] == documents_T[j]) & (i >= j)

    tokens = documents_T.shape[0]
    return create_block_mask(may_look, None, None, tokens, tokens, device=documents_T.device.type)


def use_attention(model: Any, compute: ComputeSection, packing: bool, say: Callable[[str], None]) -> None:
    """The attention that the recipe asks for, or SDPA where the model or the machine has it not."""
    wanted = compute.attention
    if wanted == "auto":
        wanted = "flex_attention" if packing and device_of(compute.device).type == "cuda" else "sdpa"
    try:
        model.set_attn_implementation(wanted)
    except (ImportError, ValueError) as exc:
        say(f"attention: {str(exc).splitlines()[0]}")
    if (used := model.config._attn_implementation) != wanted:
        say(f"attention: {wanted} is not to be had for {type(model).__name__}; {used} in its place")


@torch.no_grad()
def check_model(model: Any, chat: ChatTokenizer, *, packing: bool) -> None:
    """Two small probes: the head is a plain product, and packed documents do not see each other.

    Raises:
        ModelError: the model is one that this trainer would train wrongly.
    """
    head = model.get_output_embeddings()
    if head.weight.shape[0] < len(chat.tokenizer):
        raise ModelError(
            f"the model has {head.weight.shape[0]} ids and its tokenizer {len(chat.tokenizer)}: "
            "they do not belong together"
        )
    was_training, tolerance = model.training, _TOLERANCE[head.weight.dtype]
    model.eval()
    ids_T = torch.arange(7, device=head.weight.device)
    alone_H = model.base_model(input_ids=ids_T[None, 3:], use_cache=False).last_hidden_state[0, -1]
    logits_V = model(input_ids=ids_T[None, 3:], use_cache=False).logits[0, -1]
    if getattr(head, "bias", None) is not None or _distance(head.weight @ alone_H, logits_V) > tolerance:
        raise ModelError(
            f"{type(model).__name__} does more than one matrix product in its head (bias, scaling or "
            "soft-capping), which the chunked loss does not know; use another architecture"
        )
    if packing:
        packed = MicroBatch(
            ids_BT=ids_T[None],
            positions_BT=torch.tensor([[0, 1, 2, 0, 1, 2, 3]], device=ids_T.device),
            targets_BT=ids_T[None],
            attention_mask=None,
            tokens=7,
            documents_T=(ids_T >= 3).int(),
        )
        if _distance(hidden_states(model, packed)[0, -1], alone_H) > tolerance:
            raise ModelError(f"{type(model).__name__} lets packed documents see each other; use batch.packing=false")
    model.train(was_training)


def check_same_vocabulary(student: ChatTokenizer, teacher: ChatTokenizer) -> None:
    """A teacher's distribution means something to the student only over the same ids.

    Raises:
        ModelError: naming the first token that the two tokenizers do not share.
    """
    of_student, of_teacher = student.tokenizer.get_vocab(), teacher.tokenizer.get_vocab()
    if of_student == of_teacher:
        return
    token, number = min(of_student.items() ^ of_teacher.items(), key=lambda item: (item[1], item[0]))
    raise ModelError(
        f"teacher and student do not share a tokenizer ({len(of_teacher)} and {len(of_student)} tokens; the first "
        f"difference is {token!r}, id {number}); take a teacher of the student's family"
    )


def _distance(given: Tensor, wanted: Tensor) -> float:
    return float((given.float() - wanted.float()).norm() / wanted.float().norm())
