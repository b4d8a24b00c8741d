"""Peak memory and time of the distillation loss, tiled and dense.

    python benchmarks/opd_memory.py [--part memory|time|all] [--kl forward jsd ...] [--device cuda] [--rounds 5]

memory: a process of its own for each divergence, forward and backward at 4,096 tokens, H=1,024, V=151,936, and one for
the dense loss at `--time-tokens`, where it fits. Printed is the peak above what stays allocated anyway: inputs, and the
two gradients that any exact method must return. On a CPU it is the peak resident set (sampled by the kernel); on a GPU
the allocator's own peak.
time: at `--time-tokens`, both variants in one process, taking turns; medians of CPU seconds (or GPU seconds), because
others may use the machine too.
Ends with 1 if a peak of the tiles is 400 MB or more at the full size, or if they take more than 1.6 times as long.
"""

from __future__ import annotations

import argparse
import json
import math
import resource
import statistics
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor

from losses.config import DivergenceSection
from losses.divergence import distillation_loss
from losses.logit_tiles import Head

KINDS = ("forward", "reverse", "jsd", "top_k", "sampled")
LIMIT_MB, LIMIT_RATIO = 400, 1.6


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
        match kl:
            case "forward":
                return F.kl_div(log_s, log_t, reduction="sum", log_target=True)
            case "reverse":
                return F.kl_div(log_t, log_s, reduction="sum", log_target=True)
            case "jsd":
                log_m = torch.logaddexp(log_s, log_t) - math.log(2)
                from_m = (F.kl_div(log_m, log_p, reduction="sum", log_target=True) for log_p in (log_s, log_t))
                return 0.5 * sum(from_m, start=torch.zeros((), device=log_m.device))
            case "top_k":
                top_t, ids = log_t.topk(DivergenceSection(kl="top_k").top_k, dim=-1)
                return F.kl_div(_with_tail(log_s.gather(-1, ids)), _with_tail(top_t), reduction="sum", log_target=True)
            case _:
                # Its value is the log-ratio of the drawn token; its gradient is that of the score times the log-ratio.
                score_N = log_s.gather(-1, self.target[:, None])[:, 0]
                ratio_N = score_N.detach() - log_t.gather(-1, self.target[:, None])[:, 0]
                return (ratio_N + ratio_N * (score_N - score_N.detach())).sum()

    def run(self, loss: Callable[[str], Tensor], kl: str) -> float:
        value = loss(kl)
        value.backward()
        return value.item()


def _with_tail(log_p_Nk: Tensor) -> Tensor:
    """[N, k + 1]: log-probabilities and that of everything else."""
    return torch.cat([log_p_Nk, torch.log1p(-log_p_Nk.exp().sum(-1, keepdim=True).clamp(max=1 - 1e-7))], dim=-1)


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


def memory(options: argparse.Namespace) -> dict[str, Any]:
    """One divergence and variant in this process: a warm-up at a small size, then the real one."""
    device, dtype, (kl,) = options.device, getattr(torch, options.dtype), options.kl
    warm = Problem(64, options.hidden, 4096, device, dtype)
    warm.run(getattr(warm, options.variant), kl)
    problem = Problem(options.tokens, options.hidden, options.ids, device, dtype)
    gradients_mb = sum(leaf.numel() * leaf.element_size() for leaf in problem.leaves) / 1e6
    if device == "cpu":
        before_mb = resident_mb()
        with PeakResident() as peak:
            value = problem.run(getattr(problem, options.variant), kl)
        peak_mb = peak.peak_mb - before_mb
    else:
        torch.cuda.reset_peak_memory_stats()
        before_mb = torch.cuda.memory_allocated() / 1e6
        value = problem.run(getattr(problem, options.variant), kl)
        torch.cuda.synchronize()
        peak_mb = torch.cuda.max_memory_allocated() / 1e6 - before_mb
    return {
        "kl": kl,
        "variant": options.variant,
        "tokens": options.tokens,
        "gradients_mb": round(gradients_mb),
        "peak_mb": round(peak_mb),
        "extra_mb": round(peak_mb - gradients_mb),
        "loss_per_token": round(value / options.tokens, 6),
    }


def timing(options: argparse.Namespace, kl: str) -> dict[str, Any]:
    """Tiled and dense by turns, on the same problem."""
    device, dtype = options.device, getattr(torch, options.dtype)
    problem = Problem(options.time_tokens, options.hidden, options.ids, device, dtype)
    taken: dict[str, list[float]] = {"tiled": [], "dense": []}
    values: dict[str, float] = {}
    for turn in range(options.rounds + 1):
        for variant, times in taken.items():
            for leaf in problem.leaves:
                leaf.grad = None
            if device == "cpu":
                begun = time.process_time()
                values[variant] = problem.run(getattr(problem, variant), kl)
                spent = time.process_time() - begun
            else:
                torch.cuda.synchronize()
                begun = time.perf_counter()
                values[variant] = problem.run(getattr(problem, variant), kl)
                torch.cuda.synchronize()
                spent = time.perf_counter() - begun
            if turn:  # the first is a warm-up
                times.append(spent)
    ratios = [t / d for t, d in zip(taken["tiled"], taken["dense"], strict=True)]
    return {
        "kl": kl,
        "tokens": options.time_tokens,
        "tiled_s": round(statistics.median(taken["tiled"]), 3),
        "dense_s": round(statistics.median(taken["dense"]), 3),
        "ratio": round(statistics.median(ratios), 3),
        "ratios": [round(ratio, 3) for ratio in ratios],
        "loss_per_token": {variant: round(value / options.time_tokens, 6) for variant, value in values.items()},
    }


def memory_table(options: argparse.Namespace) -> bool:
    """A process for each row; is every peak of the tiles within the limit?"""
    sizes = [(kl, "tiled", options.tokens) for kl in options.kl]
    sizes += [(options.kl[0], variant, options.time_tokens) for variant in ("tiled", "dense")]
    print("| | tokens | beyond the two gradients, MB | two fp32 logit matrices, MB |\n|---|--:|--:|--:|")
    within = True
    for kl, variant, tokens in sizes:
        one = ["--variant", variant, "--kl", kl, "--tokens", str(tokens)]  # of options given twice the last counts
        output = subprocess.run([sys.executable, *sys.argv, *one], check=True, stdout=subprocess.PIPE, text=True).stdout
        row = json.loads(output.splitlines()[-1])
        print(
            f"| {kl}, {variant} | {tokens} | {row['extra_mb']} | {2 * 4 * tokens * options.ids / 1e6:.0f} |", flush=True
        )
        within &= variant == "dense" or row["extra_mb"] < LIMIT_MB
    return within


def time_table(options: argparse.Namespace) -> bool:
    """Every divergence by turns with its dense form; is none slower than the limit?"""
    clock = "CPU seconds" if options.device == "cpu" else "seconds"
    print(f"| | tokens | tiled, {clock} | dense | ratio | nats a token, tiled and dense |\n|---|--:|--:|--:|--:|--:|")
    within = True
    for kl in options.kl:
        row = timing(options, kl)
        values = " ".join(f"{value:.6f}" for value in row["loss_per_token"].values())
        print(
            f"| {kl} | {row['tokens']} | {row['tiled_s']} | {row['dense_s']} | {row['ratio']} "
            f"({min(row['ratios'])} to {max(row['ratios'])}) | {values} |",
            flush=True,
        )
        within &= row["ratio"] <= LIMIT_RATIO
    return within


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--part", choices=["memory", "time", "all"], default="all")
    parser.add_argument("--variant", choices=["tiled", "dense"], help="measure one variant's memory in this process")
    parser.add_argument("--kl", nargs="+", choices=KINDS, default=list(KINDS))
    parser.add_argument("--device", default="cpu")
    parser.add_argument("--dtype", choices=["float32", "bfloat16"], default="float32")
    parser.add_argument("--tokens", type=int, default=4096)
    parser.add_argument("--time-tokens", type=int, default=512)
    parser.add_argument("--hidden", type=int, default=1024)
    parser.add_argument("--ids", type=int, default=151_936)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--threads", type=int, default=0)
    options = parser.parse_args()
    if options.threads:
        torch.set_num_threads(options.threads)
    if options.variant:
        print(json.dumps(memory(options)), flush=True)
        return
    within = True
    if options.part in ("memory", "all"):
        within &= memory_table(options)
    if options.part in ("time", "all"):
        within &= time_table(options)
    print(f"under {LIMIT_MB} MB and at most {LIMIT_RATIO} times as long: {'yes' if within else 'no'}")
    sys.exit(0 if within else 1)


if __name__ == "__main__":
    main()
