"""A look at a saved checkpoint: it is loaded the way anybody would load it, and answers a few prompts."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import torch

__all__ = ["complete"]


@torch.inference_mode()
def complete(checkpoint: Path, prompts: Sequence[str], max_new_tokens: int) -> Iterator[tuple[str, str]]:
    """(prompt, greedy answer) for each prompt as a single user turn."""
    if not prompts:
        return
    from transformers import AutoModelForCausalLM, AutoTokenizer

    tokenizer: Any = AutoTokenizer.from_pretrained(checkpoint)
    model: Any = AutoModelForCausalLM.from_pretrained(checkpoint).eval()
    for prompt in prompts:
        inputs = tokenizer.apply_chat_template(
            [{"role": "user", "content": prompt}], add_generation_prompt=True, return_tensors="pt"
        )
        output_BT = model.generate(**inputs, max_new_tokens=max_new_tokens, do_sample=False)
        answer_T = output_BT[0, inputs["input_ids"].shape[1] :]
        yield prompt, tokenizer.decode(answer_T, skip_special_tokens=True)
