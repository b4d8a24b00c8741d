"""A known GGUF file -> a Hugging Face tokenizer and model, converted once into the cache folder.

The cache key is the file's sha256 and the version of this conversion. Three things are put right on the way:
- Padding of the vocabulary ([PAD151665] ... in the file) is left out of the tokenizer, so that
  `len(tokenizer)` tells real ids from padding, and the tokenizer gets the official pipeline of its class;
- the file may hold the tied embedding twice, at two quantisations (0.5B: 5 and 8 bits, 4 % apart): the finer
  copy serves for both, as in the official model, which saves 136M parameters of optimiser state;
- generation ends at the end of a turn and at the end of text.

Not covered: architectures other than Qwen2; weights are what the quantised file holds, as fp32.
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import torch

from datagen.llm.gguf import cache_dir, find_model
from models.errors import ModelError
from models.folders import whole_folder

__all__ = ["model_folder", "tokenizer_folder"]

_VERSION = 1
_NORMAL, _CONTROL, _USER_DEFINED = 1, 3, 4  # llama.cpp's token types
_SAME_MATRIX = 0.1  # relative distance of two quantisations of one matrix is 0.04, of two matrices above 1


def tokenizer_folder(name: str, say: Callable[[str], None]) -> Path:
    """The converted tokenizer of a model (about 12 s the first time)."""
    file = find_model(name, say=say)
    target = _home(file.sha256) / "tokenizer"
    if not target.exists():
        say(f"converting the tokenizer of {name} (once)")
        with whole_folder(target) as partial:
            _tokenizer_from(file.path).save_pretrained(partial)
    return target


def model_folder(name: str, say: Callable[[str], None]) -> Path:
    """The converted model, tokenizer included (the better part of a minute the first time)."""
    file = find_model(name, say=say)
    target = _home(file.sha256) / "model"
    if not target.exists():
        tokenizer = tokenizer_folder(name, say)
        say(f"converting {name} into a torch model (once, about a minute)")
        with whole_folder(target) as partial:
            _convert(file.path, tokenizer, partial)
    return target


def _home(sha256: str) -> Path:
    return cache_dir() / "torch" / f"{sha256[:16]}-v{_VERSION}"


def _tokenizer_from(path: Path) -> Any:
    from gguf import GGUFReader
    from tokenizers import AddedToken
    from transformers import Qwen2Tokenizer

    fields = GGUFReader(path).fields
    architecture = fields["general.architecture"].contents()
    if architecture != "qwen2":
        raise ModelError(f"{path} holds a {architecture} model; only qwen2 is converted, give model.path instead")
    tokens = fields["tokenizer.ggml.tokens"].contents()
    types = fields["tokenizer.ggml.token_type"].contents()
    merges = fields["tokenizer.ggml.merges"].contents()
    build: Any = Qwen2Tokenizer  # its annotations are narrower than what it takes
    tokenizer = build(
        vocab={token: i for i, token in enumerate(tokens) if types[i] == _NORMAL},
        merges=[tuple(merge.split(" ")) for merge in merges],
        eos_token=tokens[fields["tokenizer.ggml.eos_token_id"].contents()],
        pad_token=tokens[fields["tokenizer.ggml.padding_token_id"].contents()],
        unk_token=None,
        bos_token=None,
        added_tokens_decoder={
            i: AddedToken(token, special=types[i] == _CONTROL, normalized=False)
            for i, token in enumerate(tokens)
            if types[i] in (_CONTROL, _USER_DEFINED)
        },
    )
    wrong = [t for i, t in enumerate(tokens[: len(tokenizer)]) if tokenizer.convert_tokens_to_ids(t) != i]
    if wrong:
        raise ModelError(f"{path}: {len(wrong)} tokens change their id in conversion, the first is {wrong[0]!r}")
    tokenizer.chat_template = fields["tokenizer.chat_template"].contents()
    return tokenizer


def _convert(path: Path, tokenizer_path: Path, target: Path) -> None:
    from transformers import AutoModelForCausalLM, AutoTokenizer, GgufConfig

    with tempfile.TemporaryDirectory(dir=target.parent) as folder:
        # transformers wants a folder, and the cache folder may hold other models beside this one.
        (Path(folder) / "model.gguf").symlink_to(path)
        model = AutoModelForCausalLM.from_pretrained(
            folder,
            gguf_file="model.gguf",
            quantization_config=GgufConfig(dequantize=True),
            dtype=torch.float32,
        )
    _tie_twice_stored_embedding(model)
    tokenizer = AutoTokenizer.from_pretrained(tokenizer_path)
    model.config.name_or_path = ""
    model.save_pretrained(target)
    tokenizer.save_pretrained(target)


def _tie_twice_stored_embedding(model: Any) -> None:
    embedding, head = model.get_input_embeddings(), model.get_output_embeddings()
    if embedding.weight is head.weight:
        return
    distance = (embedding.weight - head.weight).norm() / head.weight.norm()
    if distance < _SAME_MATRIX:
        # llama.cpp's mixes keep the output matrix at the higher precision.
        embedding.weight = head.weight
        model.config.tie_word_embeddings = True
        model.tie_weights()
