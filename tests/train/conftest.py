"""A student small enough for tests: byte-level tokenizer with a chat template, random Qwen2 of 70k parameters."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from models.chat_tokens import ChatTokenizer, Example
from models.loading import load_tokenizer, quiet_transformers
from models.source import ModelSection
from train.config import GrpoRecipe, SftRecipe

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


CHATS = [
    ("สวัสดี", "สวัสดีครับ"),
    ("เมืองหลวงของไทย", "กรุงเทพมหานคร"),
    ("แนะนำอาหารไทย", "ต้มยำกุ้ง"),
    ("บวก 1 กับ 2", "เท่ากับ 3 ครับ"),
    ("อากาศวันนี้", "ฝนตกหนักมาก"),
    ("ผลไม้", "มะม่วงสุก"),
]


@pytest.fixture
def chats_path(tmp_path: Path) -> Path:
    """Twelve short Thai chats as .jsonl."""
    path = tmp_path / "chats.jsonl"
    rows = [
        {"id": f"r{n}", "messages": [{"role": "user", "content": q}, {"role": "assistant", "content": a}]}
        for n, (q, a) in enumerate(CHATS * 2)
    ]
    path.write_text("".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows), encoding="utf-8")
    return path


@pytest.fixture
def recipe_for(student: Path, chats_path: Path, tmp_path: Path) -> Callable[..., SftRecipe]:
    """`recipe_for(out="x", optim={...})`: a recipe for the small student and the twelve chats."""

    def make(out: str = "run", **sections: Any) -> SftRecipe:
        tree: dict[str, Any] = {
            "out": str(tmp_path / out),
            "model": {"path": str(student)},
            "data": {"path": str(chats_path), "max_tokens": 256},
            "batch": {"rows_per_step": 4, "tokens_per_micro_batch": 256},
            "optim": {"lr": 5e-3, "epochs": 4},
            "compute": {"device": "cpu", "threads": 1},
        }
        for name, section in sections.items():
            tree[name] = {**tree.get(name, {}), **section} if isinstance(section, dict) else section
        return SftRecipe.model_validate(tree)

    return make


@pytest.fixture
def grpo_recipe_for(recipe_for: Callable[..., SftRecipe], tmp_path: Path) -> Callable[..., GrpoRecipe]:
    """`grpo_recipe_for("x", ink={...})`: eight Thai prompts, four a batch, four answers of at most 12 tokens each."""
    prompts, corpus = tmp_path / "prompts.jsonl", tmp_path / "corpus.jsonl"
    constraints = [
        [{"id": "length.characters_max", "params": {"maximum": 6}}, {"id": "numerals.none", "params": {}}],
        [{"id": "length.characters_max", "params": {"maximum": 8}}],
    ]
    rows = [
        {"id": f"p{n}", "prompt": [{"role": "user", "content": q}], "constraints": constraints[n % 2]}
        for n, (q, _) in enumerate((CHATS * 2)[:8])
    ]
    texts = [{"text": f"{q} {a} " * (1 + n)} for n, (q, a) in enumerate(CHATS)]
    for path, lines in ((prompts, rows), (corpus, texts)):
        path.write_text("".join(json.dumps(line, ensure_ascii=False) + "\n" for line in lines), encoding="utf-8")

    def make(out: str = "run", **sections: Any) -> GrpoRecipe:
        tree: dict[str, Any] = recipe_for(out).model_dump(mode="json") | {
            "stage": "grpo",
            "data": {"path": str(prompts), "max_tokens": 100},
            "batch": {"rows_per_step": 4, "tokens_per_micro_batch": 280},
            "optim": {"lr": 3e-3, "epochs": 3},
            "checkpoint": {"every_steps": 2},
            "rollout": {"max_new_tokens": 12, "rows_per_call": 8},
            "group": {"size": 4},
            "rewards": {"constraints": {}},
        }
        for name, section in sections.items():
            tree[name] = {**(tree.get(name) or {}), **section} if isinstance(section, dict) else section
        if "ink" in sections:
            tree["ink"] = {"corpus": str(corpus), "rows_per_step": 3, "max_tokens": 120, **sections["ink"]}
        return GrpoRecipe.model_validate(tree)

    return make
