"""Attention over packed rows: the block mask of flex attention is the dense mask, and so are its outputs.

Forward only, and uncompiled: the kernels of flex and flash on CUDA are not run here.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
import torch
from torch.nn.attention.flex_attention import create_mask, flex_attention
from transformers.integrations import flex_attention as of_transformers

from models.chat_tokens import Example
from recipes.training import ComputeSection
from train.model import document_block_mask, hidden_states, use_attention
from train.packing import block_diagonal_causal_mask, pack


@pytest.fixture
def said() -> list[str]:
    return []


def test_the_block_mask_is_the_dense_mask() -> None:
    documents_T = torch.repeat_interleave(torch.arange(4), torch.tensor([100, 1, 156, 60]))
    blocks, dense = document_block_mask(documents_T), block_diagonal_causal_mask(documents_T)
    assert torch.equal(create_mask(blocks.mask_mod, None, None, 317, 317, device="cpu"), dense)
    padded = torch.nn.functional.pad(dense[0, 0], (0, 67, 0, 67)).view(3, 128, 3, 128)
    assert torch.equal(blocks.to_dense()[0, 0].bool(), padded.any(3).any(1))  # no block is left out, none too many


@pytest.mark.filterwarnings("ignore:flex_attention called without torch.compile")
def test_hidden_states_are_those_of_the_dense_mask(
    fresh_model: Callable[..., Any],
    ragged_examples: list[Example],
    relative_error: Callable[..., float],
    monkeypatch: pytest.MonkeyPatch,
    said: list[str],
) -> None:
    def uncompiled(query: Any, key: Any, value: Any, training: bool = False, **options: Any) -> Any:
        options["kernel_options"] = None
        return flex_attention(query, key, value, **options)

    monkeypatch.setattr(of_transformers, "compile_friendly_flex_attention", uncompiled)
    packed = pack(ragged_examples)
    hidden: dict[str, list[torch.Tensor]] = {}
    one_document = replace(packed, documents_T=torch.zeros_like(packed.ids_BT[0]))
    for name, batch in (("sdpa", packed), ("flex_attention", packed), ("flex_attention, one document", one_document)):
        model, attention = fresh_model(), name.split(",")[0]
        use_attention(model, ComputeSection.model_validate({"attention": attention}), True, said.append)
        with torch.no_grad():  # flex has no backward pass on a CPU
            hidden[name] = [hidden_states(model, batch)]
    assert not said
    assert relative_error(hidden["flex_attention"], hidden["sdpa"]) < 1e-5
    assert relative_error(hidden["flex_attention, one document"], hidden["sdpa"]) > 1e-2


def test_attention_that_is_not_to_be_had_is_said(fresh_model: Callable[..., Any], said: list[str]) -> None:
    model = fresh_model()
    use_attention(model, ComputeSection(device="cpu", attention="flash_attention_2"), True, said.append)
    assert model.config._attn_implementation == "sdpa"
    assert said[-1] == "attention: flash_attention_2 is not to be had for Qwen2ForCausalLM; sdpa in its place"
    use_attention(model, ComputeSection(device="cpu"), True, said.append)
    assert len(said) == 2
