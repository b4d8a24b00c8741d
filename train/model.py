"""The student and its tokenizer, from any of the three sources a recipe can name.

Covers: known GGUF models (converted once, see `gguf_model`), folders and hub ids, and a tiny random Qwen2
with a real tokenizer. A student's parameters are fp32 whatever the compute dtype. Before training, `check_model`
compares the model with what the loop assumes of it: an architecture we would get wrong is refused, not trained.
Not covered: adapters, quantised training, models whose head is not one plain matrix product.

Shapes: B rows, T tokens, H hidden, V vocabulary with padding.
"""

from __future__ import annotations

import contextlib
import os
from collections.abc import Callable, Iterator
from typing import Any

import torch
from torch import Tensor

from datagen.errors import UserError
from train.chat_tokens import ChatTokenizer
from train.config import ComputeSection, ModelSection, TinySection
from train.errors import ModelError
from train.gguf_model import model_folder, tokenizer_folder
from train.packing import MicroBatch, block_diagonal_causal_mask

__all__ = [
    "check_model",
    "check_same_vocabulary",
    "device_of",
    "hidden_states",
    "load_model",
    "load_tokenizer",
    "quiet_transformers",
    "tiny_config",
]

# Relative; kernels with and without a mask differ by about 1e-6 in fp32 and by about 1e-2 in bf16.
_TOLERANCE = {torch.float32: 1e-3, torch.bfloat16: 5e-2}


def device_of(compute: ComputeSection) -> torch.device:
    """The device of the recipe, checked to exist; of several GPUs the one that torchrun gave to this process."""
    gpus, local_rank = torch.cuda.device_count(), int(os.environ.get("LOCAL_RANK", "0"))
    if compute.device == "cpu" or (compute.device == "auto" and not gpus):
        return torch.device("cpu")
    if local_rank >= gpus:
        raise ModelError(f"process {local_rank + 1} has no GPU, torch sees {gpus} here; use compute.device=cpu")
    torch.cuda.set_device(local_rank)
    return torch.device("cuda", local_rank)


def load_tokenizer(section: ModelSection, say: Callable[[str], None]) -> ChatTokenizer:
    """The tokenizer of `name` or `path`."""
    from transformers import AutoTokenizer

    with _readable(section):
        source = tokenizer_folder(section.name, say) if section.name else str(section.path)
        return ChatTokenizer(AutoTokenizer.from_pretrained(source))


def load_model(
    section: ModelSection,
    chat: ChatTokenizer,
    seed: int,
    say: Callable[[str], None],
    dtype: torch.dtype = torch.float32,
) -> Any:
    """The causal language model, with a generation config that stops at the end of a turn."""
    from transformers import AutoModelForCausalLM, GenerationConfig

    with _readable(section):
        if section.tiny:
            with torch.random.fork_rng(devices=[]):
                torch.manual_seed(seed)
                model = AutoModelForCausalLM.from_config(tiny_config(section.tiny, chat)).to(dtype)
        else:
            source = model_folder(section.name, say) if section.name else str(section.path)
            model = AutoModelForCausalLM.from_pretrained(source, dtype=dtype, attn_implementation="sdpa")
    tokenizer = chat.tokenizer
    ends = [chat.end_of_turn_id, tokenizer.eos_token_id, tokenizer.pad_token_id]
    model.generation_config = GenerationConfig(
        eos_token_id=[token for token in dict.fromkeys(ends) if token is not None],
        pad_token_id=chat.pad_id,
    )
    return model


@contextlib.contextmanager
def _readable(section: ModelSection) -> Iterator[None]:
    try:
        yield
    except UserError:
        raise
    except (OSError, ValueError) as exc:  # transformers' own errors for a bad folder, hub id or architecture
        reason = str(exc).strip().splitlines()[0]
        raise ModelError(f"cannot load model {section.name or section.path}: {reason}") from exc


def tiny_config(tiny: TinySection, chat: ChatTokenizer) -> Any:
    """A Qwen2 of that shape."""
    from transformers import Qwen2Config

    build: Any = Qwen2Config  # its annotations leave out the attention implementation
    return build(
        # Padded like the real students, so that the demonstration meets the same masking of unused ids.
        vocab_size=-(-len(chat.tokenizer) // 256) * 256 + 256,
        hidden_size=tiny.hidden_size,
        intermediate_size=tiny.intermediate_size,
        num_hidden_layers=tiny.layers,
        num_attention_heads=tiny.heads,
        num_key_value_heads=tiny.kv_heads,
        max_position_embeddings=32768,
        tie_word_embeddings=True,
        eos_token_id=chat.end_of_turn_id,
        attn_implementation="sdpa",
    )


def hidden_states(model: Any, batch: MicroBatch) -> Tensor:
    """[B, T, H] before the head. The head belongs to the loss, which never makes [T, V]."""
    return model.base_model(
        input_ids=batch.ids_BT,
        position_ids=batch.positions_BT,
        attention_mask=batch.attention_mask,
        use_cache=False,
    ).last_hidden_state


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
            attention_mask=block_diagonal_causal_mask((ids_T >= 3).int()),
            tokens=7,
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


def quiet_transformers() -> None:
    """No progress bars and no advice from transformers: the command line prints its own lines."""
    from transformers.utils import logging

    logging.disable_progress_bar()
    logging.set_verbosity_error()
