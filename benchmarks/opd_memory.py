"""Peak memory and time of the distillation loss, tiled and dense.

    python benchmarks/opd_memory.py [--part memory|time|all] [--device cuda] [--kl forward] [--rounds 5]

memory: a process of its own per variant, forward and backward at 4,096 tokens, H=1,024, V=151,936. Printed is the
peak above what stays allocated anyway: inputs, and the two gradients that any exact method must return. On a CPU it
is the peak resident set (sampled by the kernel); on a GPU the allocator's own peak. Dense runs only where it fits
(five matrices of [tokens, V] in fp32).
time: at a size where dense fits, both variants in one process, taking turns; medians of CPU seconds (or GPU
milliseconds), because others may use the machine too.
"""

from __future__ import annotations

import argparse
import json
import resource
import statistics
import subprocess
import sys
import threading
import time
from collections.abc import Callable

import torch
from torch import Tensor

from train.config import DivergenceSection
from train.losses.divergence import distillation_loss
from train.losses.logit_tiles import Head


class Problem:
    """Random hidden states and heads of a student and a teacher of the same shape."""

    def __init__(self, tokens: int, hidden: int, ids: int, device: str, dtype: torch.dtype) -> None:
        torch.manual_seed(0)
        self.leaves = [
            torch.randn(*shape, device=device).mul_(scale).to(dtype).requires_grad_()
            for shape, scale in (((tokens, hidden), 1.0), ((ids, hidden), 3 / hidden**0.5))
        ]
        self.teacher = Head(*(leaf.detach() + 0.01 for leaf in self.leaves))
        self.target = torch.zeros(tokens, dtype=torch.int64, device=device)

    def tiled(self, kl: str) -> Tensor:
        section = DivergenceSection.model_validate({"kl": kl})
        return distillation_loss(
            Head(*self.leaves), self.teacher, self.target, section, valid_ids=self.leaves[1].shape[0]
        )

    def dense(self, kl: str) -> Tensor:
        """As plainly as torch allows: fp32 logits, two log-softmaxes, one product of probabilities and log-ratios."""
        hidden, weight = self.leaves
        log_s = (hidden.float() @ weight.float().T).log_softmax(-1)
        with torch.no_grad():
            log_t = (self.teacher.hidden_NH.float() @ self.teacher.weight_VH.float().T).log_softmax(-1)
        if kl == "forward":
            return torch.nn.functional.kl_div(log_s, log_t, reduction="sum", log_target=True)
        if kl == "reverse":
            return (log_s.exp() * (log_s - log_t)).sum()
        raise SystemExit(f"no dense variant of {kl} here; take forward or reverse")

    def run(self, loss: Callable[[str], Tensor], kl: str) -> float:
        value = loss(kl)
        value.backward()
        return value.item()


def resident_mb() -> float:
    with open("/proc/self/statm") as file:
        return int(file.read().split()[1]) * resource.getpagesize() / 1e6


class PeakResident:
    """Samples the resident set every 2 ms while it is open."""

    def __enter__(self) -> PeakResident:
        self.peak_mb = resident_mb()
        self._done = threading.Event()
        self._thread = threading.Thread(target=self._sample)
        self._thread.start()
        return self

    def _sample(self) -> None:
        while not self._done.wait(0.002):
            self.peak_mb = max(self.peak_mb, resident_mb())

    def __exit__(self, *_: object) -> None:
        self._done.set()
        self._thread.join()


def memory(options: argparse.Namespace) -> None:
    """One variant in this process: a warm-up at a small size, then the real one."""
    device, dtype = options.device, getattr(torch, options.dtype)
    warm = Problem(64, options.hidden, 4096, device, dtype)
    warm.run(getattr(warm, options.variant), options.kl)
    problem = Problem(options.tokens, options.hidden, options.ids, device, dtype)
    gradients_mb = sum(leaf.numel() * leaf.element_size() for leaf in problem.leaves) / 1e6
    started_s = time.perf_counter()
    if device == "cpu":
        before_mb = resident_mb()
        with PeakResident() as peak:
            value = problem.run(getattr(problem, options.variant), options.kl)
        peak_mb = peak.peak_mb - before_mb
    else:
        torch.cuda.reset_peak_memory_stats()
        before_mb = torch.cuda.memory_allocated() / 1e6
        value = problem.run(getattr(problem, options.variant), options.kl)
        torch.cuda.synchronize()
        peak_mb = torch.cuda.max_memory_allocated() / 1e6 - before_mb
    print(
        json.dumps(
            {
                "variant": options.variant,
                "kl": options.kl,
                "tokens": options.tokens,
                "gradients_mb": round(gradients_mb),
                "peak_mb": round(peak_mb),
                "extra_mb": round(peak_mb - gradients_mb),
                "loss_per_token": round(value / options.tokens, 6),
                "wall_s": round(time.perf_counter() - started_s, 1),
            }
        ),
        flush=True,
    )


def timing(options: argparse.Namespace) -> None:
    """Tiled and dense by turns, on the same problem."""
    device, dtype = options.device, getattr(torch, options.dtype)
    problem = Problem(options.time_tokens, options.hidden, options.ids, device, dtype)
    taken: dict[str, list[float]] = {"tiled": [], "dense": []}
    for turn in range(options.rounds + 1):
        for variant, times in taken.items():
            for leaf in problem.leaves:
                leaf.grad = None
            if device == "cpu":
                begun = time.process_time()
                problem.run(getattr(problem, variant), options.kl)
                spent = time.process_time() - begun
            else:
                torch.cuda.synchronize()
                begun = time.perf_counter()
                problem.run(getattr(problem, variant), options.kl)
                torch.cuda.synchronize()
                spent = time.perf_counter() - begun
            if turn:  # the first is a warm-up
                times.append(spent)
    medians = {variant: statistics.median(times) for variant, times in taken.items()}
    ratios = [t / d for t, d in zip(taken["tiled"], taken["dense"], strict=True)]
    print(
        json.dumps(
            {
                "kl": options.kl,
                "tokens": options.time_tokens,
                "tiled_s": round(medians["tiled"], 3),
                "dense_s": round(medians["dense"], 3),
                "ratio": round(statistics.median(ratios), 3),
                "ratios": [round(ratio, 3) for ratio in ratios],
                "clock": "CPU seconds" if device == "cpu" else "seconds",
            }
        ),
        flush=True,
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--part", choices=["memory", "time", "all"], default="all")
    parser.add_argument("--variant", choices=["tiled", "dense"], help="measure one variant's memory in this process")
    parser.add_argument("--kl", default="forward")
    parser.add_argument("--device", default="cpu")
    parser.add_argument("--dtype", choices=["float32", "bfloat16"], default="float32")
    parser.add_argument("--tokens", type=int, default=4096)
    parser.add_argument("--time-tokens", type=int, default=1024)
    parser.add_argument("--hidden", type=int, default=1024)
    parser.add_argument("--ids", type=int, default=151_936)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--threads", type=int, default=0)
    parser.add_argument("--without-dense", action="store_true", help="do not measure the memory of the dense variant")
    options = parser.parse_args()
    if options.threads:
        torch.set_num_threads(options.threads)
    if options.variant:
        memory(options)
        return
    if options.part in ("memory", "all"):
        for variant in ["tiled"] if options.without_dense else ["tiled", "dense"]:
            subprocess.run([sys.executable, *sys.argv, "--variant", variant], check=True)
    if options.part in ("time", "all"):
        timing(options)


if __name__ == "__main__":
    main()
