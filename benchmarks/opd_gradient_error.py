"""Gradient error of the distillation loss against float64, beside the variant that rounds its logits to bf16.

    python benchmarks/opd_gradient_error.py [--device cuda] [--tokens 256] [--hidden 512] [--ids 32000]

Weights and hidden states are bf16 for everybody, so that what differs is the arithmetic alone. The teacher is the
student with a perturbed head, scaled until the forward KL is the wanted number of nats a token. Printed: relative L2
error of the gradient of the head and of the hidden states, for our tiles (fp32 logits) and for logits rounded to bf16
before an fp32 softmax, which is what autocast and bf16 heads do. Gradients come back in bf16, which alone is 0.17 %.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable

import torch
from torch import Tensor

from losses.config import DivergenceSection
from losses.divergence import distillation_loss
from losses.logit_tiles import Head


def dense_loss(student_TV: Tensor, teacher_TV: Tensor, kl: str) -> Tensor:
    """The formula on whole matrices, in their dtype."""
    log_s, log_t = student_TV.log_softmax(-1), teacher_TV.log_softmax(-1)
    if kl == "forward":
        return (log_t.exp() * (log_t - log_s)).sum()
    if kl == "reverse":
        return (log_s.exp() * (log_s - log_t)).sum()
    log_m = torch.logaddexp(log_s, log_t) - torch.tensor(2.0).log().item()
    return 0.5 * (log_t.exp() * (log_t - log_m)).sum() + 0.5 * (log_s.exp() * (log_s - log_m)).sum()


def gradients(
    loss: Callable[[Tensor, Tensor], Tensor], hidden: Tensor, weight: Tensor, dtype: torch.dtype
) -> list[Tensor]:
    """Of the head and of the hidden states, with respect to leaves of that dtype."""
    leaves = [tensor.to(dtype).requires_grad_() for tensor in (weight, hidden)]
    return list(torch.autograd.grad(loss(leaves[1], leaves[0]), leaves))


def error(given: Tensor, wanted: Tensor) -> float:
    return float((given.double() - wanted).norm() / wanted.norm())


def at_kl(nats: float, hidden: Tensor, weight: Tensor, noise: Tensor) -> tuple[Tensor, float]:
    """A teacher's bf16 head such that the forward KL is about `nats` a token, and what it is."""
    student = hidden.double() @ weight.double().T
    scale, head, kl = 0.05, weight, 0.0
    for _ in range(12):
        head = (weight.float() + scale * noise).bfloat16()
        kl = float(dense_loss(student, hidden.double() @ head.double().T, "forward")) / hidden.shape[0]
        scale *= (nats / kl) ** 0.5
    return head, kl


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--device", default="cpu")
    parser.add_argument("--tokens", type=int, default=256)
    parser.add_argument("--hidden", type=int, default=512)
    parser.add_argument("--ids", type=int, default=32_000)
    options = parser.parse_args()
    generator = torch.Generator().manual_seed(0)
    hidden = torch.randn(options.tokens, options.hidden, generator=generator)
    # Logits spread like those of a trained model: a standard deviation of 3, a likeliest token of 13 or so.
    weight = torch.randn(options.ids, options.hidden, generator=generator) * 3 / options.hidden**0.5
    noise = torch.randn(options.ids, options.hidden, generator=generator) / options.hidden**0.5
    hidden, weight = hidden.bfloat16().to(options.device), weight.bfloat16().to(options.device)
    noise, target = noise.to(options.device), torch.zeros(options.tokens, dtype=torch.int64, device=options.device)
    print(
        f"{options.tokens} tokens, hidden {options.hidden}, {options.ids:,} ids, {options.device}; head | hidden states"
    )
    for nats in (0.1, 0.01, 0.001, 0.0003):
        head, kl = at_kl(nats, hidden, weight, noise)
        for name in ("forward", "reverse", "jsd"):
            section = DivergenceSection.model_validate({"kl": name})

            def exact(h: Tensor, w: Tensor, head: Tensor = head, name: str = name) -> Tensor:
                return dense_loss(h @ w.T, h.detach() @ head.double().T, name)

            def tiled(h: Tensor, w: Tensor, head: Tensor = head, section: DivergenceSection = section) -> Tensor:
                # Back to bf16 storage: on a GPU this is the product of two bf16 matrices with fp32 sums.
                student, teacher = Head(h.bfloat16(), w.bfloat16()), Head(hidden, head)
                return distillation_loss(student, teacher, target, section, valid_ids=options.ids)

            def rounded(h: Tensor, w: Tensor, head: Tensor = head, name: str = name) -> Tensor:
                student = h.bfloat16() @ w.bfloat16().T
                return dense_loss(student.float(), (hidden @ head.T).float(), name)

            wanted = gradients(exact, hidden, weight, torch.float64)
            ours, theirs = (
                [error(g, w) for g, w in zip(gradients(loss, hidden, weight, torch.float32), wanted, strict=True)]
                for loss in (tiled, rounded)
            )
            print(
                f"forward KL {kl:.5f} nats  {name:8}  fp32 logits {ours[0]:8.3%} | {ours[1]:8.3%}    "
                f"logits rounded to bf16 {theirs[0]:8.2%} | {theirs[1]:8.2%}",
                flush=True,
            )


if __name__ == "__main__":
    main()
