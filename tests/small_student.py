"""A student small enough for tests: byte-level tokenizer with a chat template, random Qwen2 of 70k parameters.

Fixtures, for each conftest that needs them to import.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from models.chat_tokens import ChatTokenizer, Example
from models.loading import load_tokenizer, quiet_transformers
from models.source import ModelSection

__all__ = ["_modest", "fresh_model", "ragged_examples", "real_chat", "relative_error", "small_model", "student"]

VOCAB_WITH_PADDING = 300  # the byte tokenizer has 259 ids: the rest is padding, as in the real students
CHATML = (
    "{% for m in messages %}<|im_start|>{{ m.role }}\n{{ m.content }}<|im_end|>\n{% endfor %}"
    "{% if add_generation_prompt %}<|im_start|>assistant\n{% endif %}"
)


@pytest.fixture(scope="session", autouse=True)
def _modest() -> None:
    torch.set_num_threads(1)
    quiet_transformers()


@pytest.fixture(scope="session")
def real_chat() -> ChatTokenizer:
    """The tokenizer of the shipped student, converted once into the cache folder."""
    return load_tokenizer(ModelSection(name="qwen2.5-coder-0.5b"), lambda _: None)


@pytest.fixture(scope="session")
def student(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A Hugging Face folder with a byte-level tokenizer and a random model."""
    from tokenizers import AddedToken
    from tokenizers.pre_tokenizers import ByteLevel
    from transformers import Qwen2Tokenizer

    folder = tmp_path_factory.mktemp("student")
    specials = ["<|endoftext|>", "<|im_start|>", "<|im_end|>"]
    build: Any = Qwen2Tokenizer
    tokenizer = build(
        vocab={symbol: i for i, symbol in enumerate(sorted(ByteLevel.alphabet()))},
        merges=[],
        eos_token="<|im_end|>",
        pad_token="<|endoftext|>",
        unk_token=None,
        added_tokens_decoder={256 + n: AddedToken(t, special=True, normalized=False) for n, t in enumerate(specials)},
    )
    tokenizer.chat_template = CHATML
    tokenizer.save_pretrained(folder)
    small_model().save_pretrained(folder)
    return folder


def small_model(seed: int = 0) -> Any:
    from transformers import Qwen2Config, Qwen2ForCausalLM

    build: Any = Qwen2Config
    config = build(
        vocab_size=VOCAB_WITH_PADDING,
        hidden_size=32,
        intermediate_size=64,
        num_hidden_layers=2,
        num_attention_heads=4,
        num_key_value_heads=2,
        tie_word_embeddings=True,
        attn_implementation="sdpa",
        initializer_range=0.2,  # far from uniform predictions, so that a wrong mask shows
    )
    with torch.random.fork_rng():
        torch.manual_seed(seed)
        return Qwen2ForCausalLM(config)


@pytest.fixture
def fresh_model() -> Callable[..., Any]:
    """`fresh_model(seed)`: the same random model every time."""
    return small_model


@pytest.fixture
def ragged_examples() -> list[Example]:
    """Eight documents of 5 to 33 tokens; the third has no token in the loss."""
    rng = np.random.default_rng(7)
    examples = []
    for n, length in enumerate([17, 5, 9, 33, 12, 8, 25, 6]):
        labelled_T = rng.random(length) < 0.6
        labelled_T[0] = False
        if n == 2:
            labelled_T[:] = False
        examples.append(Example(f"row {n}", rng.integers(0, 259, length).astype(np.int32), labelled_T))
    return examples


@pytest.fixture
def relative_error() -> Callable[[Sequence[torch.Tensor], Sequence[torch.Tensor]], float]:
    """|a - b| / |b| over all tensors of two lists, as one number."""

    def measure(given: Sequence[torch.Tensor], wanted: Sequence[torch.Tensor]) -> float:
        assert len(given) == len(wanted) > 0
        difference = sum(float((a.double() - b.double()).square().sum()) for a, b in zip(given, wanted, strict=True))
        return (difference / sum(float(b.double().square().sum()) for b in wanted)) ** 0.5

    return measure
