"""What a step takes of the machine: memory, and the share of the device's arithmetic that it uses (MFU).

MFU counts the products that the model needs (Chowdhery et al. 2022, appendix B): forward and backward of student and
teacher, no recomputation, heads on labelled tokens only, rollouts not at all although their time is in the step's.
"""

from __future__ import annotations

import resource
import sys
from typing import Any

import torch

from train.config import ComputeSection, OpdRecipe, StageRecipe
from train.footprint import FAMILIES, work
from train.ranks import rank_count

__all__ = ["Gauge"]

# Dense bf16 TFLOP/s of the data sheets; the first name that the device's name holds counts.
_PEAK_TFLOPS = {"H200": 989, "H100 PCIe": 756, "H100": 989, "A100": 312, "L40S": 362, "L4": 121, "A10": 125}


class Gauge:
    """Reads a device after each step."""

    def __init__(self, recipe: StageRecipe, device: torch.device, model: Any, teacher: Any = None) -> None:
        """`model`, `teacher`: their configs; there is no MFU without them, or of an architecture without formulas."""
        compute = recipe.compute.model_copy(update={"activation_checkpointing": False})
        self.recipe, self.device, self.configs = (
            recipe.model_copy(update={"compute": compute}),
            device,
            (model, teacher),
        )
        needed = self.configs if isinstance(recipe, OpdRecipe) else (model,)
        known = all(config is not None and config.model_type in FAMILIES for config in needed)
        self.peak_tflops = _peak_tflops(recipe.compute, device) if known else None

    def read(self, tokens: int, loss_tokens: int, seconds: float) -> dict[str, float | None]:
        """`memory_gb` and `mfu` of a step, as `StepMetrics` takes them."""
        mfu = None
        if self.peak_tflops:
            flops, _ = work(self.recipe, *self.configs, tokens, labelled_share=loss_tokens / max(1, tokens))
            mfu = flops / seconds / (1e12 * self.peak_tflops * rank_count())
        return {"memory_gb": _peak_memory_bytes(self.device) / 1e9, "mfu": mfu}


def _peak_tflops(compute: ComputeSection, device: torch.device) -> float | None:
    if compute.peak_tflops or device.type != "cuda" or compute.dtype != "bfloat16":
        return compute.peak_tflops
    name = torch.cuda.get_device_name(device)
    return next((tflops for known, tflops in _PEAK_TFLOPS.items() if known in name), None)


def _peak_memory_bytes(device: torch.device) -> int:
    """The most there has been: of this GPU's memory, or of this process's."""
    if device.type == "cuda":
        return torch.cuda.max_memory_allocated(device)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak if sys.platform == "darwin" else 1024 * peak
