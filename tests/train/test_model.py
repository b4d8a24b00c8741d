"""Models the trainer would get wrong are refused; the real student converts into what its authors published."""

from __future__ import annotations

from typing import Any

import pytest
import torch

from models.chat_tokens import ChatTokenizer
from models.errors import ModelError
from models.loading import load_model, load_tokenizer
from models.source import ModelSection
from train.model import check_model


@pytest.fixture
def small_chat(student) -> ChatTokenizer:
    return load_tokenizer(ModelSection(path=str(student)), lambda _: None)


def test_a_plain_model_passes_the_probes(fresh_model, small_chat: ChatTokenizer) -> None:
    check_model(fresh_model(), small_chat, packing=True)


def test_a_model_that_ignores_the_mask_may_not_be_packed(fresh_model, small_chat: ChatTokenizer) -> None:
    model = fresh_model()
    inner = model.model.forward

    def unmasked(*args: Any, attention_mask: Any = None, **options: Any) -> Any:
        positions = torch.arange(options["input_ids"].shape[1])[None]
        return inner(*args, **{**options, "position_ids": positions}, attention_mask=None)

    model.model.forward = unmasked
    check_model(model, small_chat, packing=False)
    with pytest.raises(ModelError, match="packing=false"):
        check_model(model, small_chat, packing=True)


def test_a_head_that_scales_its_logits_is_refused(fresh_model, small_chat: ChatTokenizer) -> None:
    model = fresh_model()
    model.lm_head.register_forward_hook(lambda _module, _inputs, logits: 30 * torch.tanh(logits / 30))
    with pytest.raises(ModelError, match="soft-capping"):
        check_model(model, small_chat, packing=False)


def test_a_tokenizer_larger_than_the_model_is_refused(fresh_model, small_chat: ChatTokenizer) -> None:
    model = fresh_model()
    model.resize_token_embeddings(100)
    with pytest.raises(ModelError, match="do not belong together"):
        check_model(model, small_chat, packing=False)


@pytest.mark.model
def test_the_converted_student_is_tied_and_ends_its_answers() -> None:
    section = ModelSection(name="qwen2.5-coder-0.5b")
    chat = load_tokenizer(section, lambda _: None)
    model = load_model(section, chat, 0, lambda _: None)
    assert sum(p.numel() for p in model.parameters()) == 494_032_768  # as published, with tied embeddings
    inputs = chat.tokenizer.apply_chat_template(
        [{"role": "user", "content": "Reply with the single word: hello"}],
        add_generation_prompt=True,
        return_tensors="pt",
    )
    output_BT = model.generate(**inputs, max_new_tokens=12, do_sample=False)
    answer = chat.tokenizer.decode(output_BT[0, inputs["input_ids"].shape[1] :])
    assert answer.lower().startswith("hello")
    assert answer.endswith("<|im_end|>")
