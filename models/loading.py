"""A model and its tokenizer, from any of the three sources that a recipe can name.

Covers: known GGUF models (converted once, see `gguf_model`), folders and hub ids, and a tiny random Qwen2
with a real tokenizer. Not covered: quantised models.
"""

from __future__ import annotations

import contextlib
import os
from collections.abc import Callable, Iterator
from typing import Any

import torch

from datagen.errors import UserError
from models.chat_tokens import ChatTokenizer
from models.errors import ModelError
from models.gguf_model import model_folder, tokenizer_folder
from models.source import ModelSection, TinySection

__all__ = ["device_of", "load_model", "load_tokenizer", "quiet_transformers", "tiny_config"]


def device_of(wanted: str) -> torch.device:
    """The device of `auto`, `cpu` or `cuda`, which exists; of several GPUs the one that torchrun gave us."""
    gpus, local_rank = torch.cuda.device_count(), int(os.environ.get("LOCAL_RANK", "0"))
    if wanted == "cpu" or (wanted == "auto" and not gpus):
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


def quiet_transformers() -> None:
    """No progress bars and no advice from transformers: the command line prints its own lines."""
    from transformers.utils import logging

    logging.disable_progress_bar()
    logging.set_verbosity_error()
