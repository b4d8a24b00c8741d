"""What a device has: the arithmetic of a known GPU at its best, and the most memory that was used so far."""

from __future__ import annotations

import resource
import sys

import torch

__all__ = ["peak_memory_bytes", "peak_tflops"]

# Dense bf16 TFLOP/s of the data sheets; the first name that the device's name holds counts.
_PEAK_TFLOPS = {"H200": 989, "H100 PCIe": 756, "H100": 989, "A100": 312, "L40S": 362, "L4": 121, "A10": 125}


def peak_tflops(device: torch.device) -> float | None:
    """In bf16; None for a CPU and for a GPU that is not known."""
    if device.type != "cuda":
        return None
    name = torch.cuda.get_device_name(device)
    return next((tflops for known, tflops in _PEAK_TFLOPS.items() if known in name), None)


def peak_memory_bytes(device: torch.device) -> int:
    """Of this GPU's memory, as torch allocated it; else of this process."""
    if device.type == "cuda":
        return torch.cuda.max_memory_allocated(device)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak if sys.platform == "darwin" else 1024 * peak
