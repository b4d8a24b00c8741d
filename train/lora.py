"""Low-rank adapters (Hu et al. 2021, arXiv 2106.09685) through peft: W + alpha/r B A, and only A and B are trained.

They are put into the model in place, so head, decoder and `generate` stay where they are. A and B are fp32, the frozen
base is in `compute.dtype`. At first B is zero: the model is the base. What is exported is both the adapters as peft
keeps them and a plain checkpoint with W + alpha/r B A in the base's dtype.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import torch
from peft import LoraConfig
from peft.tuners.lora import LoraLayer
from torch import nn

from models.errors import ModelError
from parallel.ranks import rank_count
from recipes.training import StageRecipe

__all__ = ["add_adapters", "save_with_adapters"]


def add_adapters(model: Any, recipe: StageRecipe) -> None:
    """Freeze the model and put the adapters of `recipe.lora` into it.

    Raises:
        ModelError: a target that the model has not, or that is its head; dropout that would differ between processes.
    """
    section = recipe.lora
    assert section is not None
    head = model.get_output_embeddings()
    products = {n.split(".")[-1] for n, m in model.named_modules() if isinstance(m, nn.Linear) and m is not head}
    if unknown := sorted({*section.target_modules} - products):
        raise ModelError(
            f"lora.target_modules names {', '.join(unknown)}, no matrix of a layer; "
            f"there are {', '.join(sorted(products))}"
        )
    if section.dropout and rank_count() > 1:
        raise ModelError("lora.dropout draws other numbers in each process; use 0, or one process")
    config = LoraConfig(
        r=section.r,
        lora_alpha=section.alpha,  # pyright: ignore[reportArgumentType] (it is only divided)
        lora_dropout=section.dropout,
        target_modules=list(section.target_modules),
        task_type="CAUSAL_LM",
    )
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(recipe.seed)
        model.add_adapter(config)
    config.base_model_name_or_path = recipe.model.path or recipe.model.name
    for name, parameter in model.named_parameters():
        parameter.requires_grad_("lora_" in name)
        if parameter.requires_grad:
            parameter.data = parameter.data.float()


def save_with_adapters(model: Any, folder: Path) -> None:
    """FOLDER/adapter, then the merged checkpoint in FOLDER; the model has no adapters afterwards."""
    model.save_pretrained(folder / "adapter")
    for name, module in list(model.named_modules()):
        if isinstance(module, LoraLayer):
            module.merge()
            model.set_submodule(name, module.get_base_layer())
    model._hf_peft_config_loaded = False
    model.save_pretrained(folder)
