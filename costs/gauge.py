"""What a step takes of the machine: memory, and the share of the device's arithmetic that it uses (MFU).

MFU counts the products that the model needs (Chowdhery et al. 2022, appendix B): forward and backward of student and
teacher, no recomputation, heads on labelled tokens only, rollouts not at all although their time is in the step's.
"""

from __future__ import annotations

from typing import Any, TypedDict

import torch

from costs.footprint import FAMILIES, work
from models.devices import peak_memory_bytes, peak_tflops
from parallel.ranks import rank_count
from recipes.training import OpdRecipe, StageRecipe

__all__ = ["Gauge"]


class Reading(TypedDict):
    """As `StepMetrics` takes it."""

    memory_gb: float
    mfu: float | None


class Gauge:
    """Reads a device after each step."""

    def __init__(self, recipe: StageRecipe, device: torch.device, model: Any, teacher: Any = None) -> None:
        """`model`, `teacher`: their configs; there is no MFU without them, or of an architecture without formulas."""
        once = recipe.compute.model_copy(update={"activation_checkpointing": False})
        self.recipe, self.configs = recipe.model_copy(update={"compute": once}), (model, teacher)
        self.device, self.peak_tflops = device, recipe.compute.peak_tflops
        if recipe.compute.dtype == "bfloat16":
            self.peak_tflops = self.peak_tflops or peak_tflops(device)
        needed = self.configs if isinstance(recipe, OpdRecipe) else (model,)
        if any(config is None or config.model_type not in FAMILIES for config in needed):
            self.peak_tflops = None

    def read(self, tokens: int, loss_tokens: int, seconds: float) -> Reading:
        """Memory and MFU of a step."""
        mfu = None
        if self.peak_tflops:
            flops, _ = work(self.recipe, *self.configs, tokens, labelled_share=loss_tokens / max(1, tokens))
            mfu = flops / seconds / (1e12 * self.peak_tflops * rank_count())
        return {"memory_gb": peak_memory_bytes(self.device) / 1e9, "mfu": mfu}
