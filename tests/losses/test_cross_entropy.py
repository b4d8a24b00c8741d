"""The chunked loss against the dense one of torch, in values and gradients."""

from __future__ import annotations

import math

import pytest
import torch
import torch.nn.functional as F
from torch.utils._python_dispatch import TorchDispatchMode

from losses import IGNORED
from losses.cross_entropy import chunked_cross_entropy

TOKENS, HIDDEN, VOCAB, VALID = 37, 16, 131, 120


@pytest.fixture
def problem() -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    generator = torch.Generator().manual_seed(3)
    hidden_TH = torch.randn(TOKENS, HIDDEN, generator=generator, requires_grad=True)
    weight_VH = torch.randn(VOCAB, HIDDEN, generator=generator, requires_grad=True)
    target_T = torch.randint(VALID, (TOKENS,), generator=generator)
    target_T[::3] = IGNORED
    return hidden_TH, weight_VH, target_T


def dense(hidden_TH, weight_VH, target_T, *, masked: bool = True) -> torch.Tensor:
    logits_TV = hidden_TH.double() @ weight_VH.double().T
    if masked:
        logits_TV = logits_TV.masked_fill(torch.arange(VOCAB) >= VALID, -math.inf)
    return F.cross_entropy(logits_TV, target_T, ignore_index=IGNORED, reduction="sum")


@pytest.mark.parametrize("chunk_tokens", [1, 7, 24, 1000])
def test_chunked_equals_dense_in_value_and_gradients(problem, relative_error, chunk_tokens: int) -> None:
    hidden, weight, target = problem
    given = 0.25 * chunked_cross_entropy(hidden, weight, target, valid_ids=VALID, chunk_tokens=chunk_tokens)
    wanted = 0.25 * dense(hidden, weight, target)
    assert given.item() == pytest.approx(wanted.item(), rel=1e-6)
    wanted_grads = torch.autograd.grad(wanted, (hidden, weight))
    assert relative_error(torch.autograd.grad(given, (hidden, weight)), wanted_grads) < 1e-6


def test_padded_ids_get_no_mass_and_no_gradient(problem, relative_error) -> None:
    hidden, weight, target = problem
    loss = chunked_cross_entropy(hidden, weight, target, valid_ids=VALID, chunk_tokens=8)
    grads = torch.autograd.grad(loss, (hidden, weight))
    assert torch.count_nonzero(grads[1][VALID:]) == 0
    # The twin: without the mask the padded ids take mass, and both loss and gradients are visibly off.
    unmasked = dense(hidden, weight, target, masked=False)
    assert unmasked.item() > 1.01 * loss.item()
    assert relative_error(torch.autograd.grad(unmasked, (hidden, weight)), grads) > 0.01


def test_nothing_labelled_is_exactly_zero_without_nan(problem) -> None:
    hidden, weight, _ = problem
    loss = chunked_cross_entropy(hidden, weight, torch.full((TOKENS,), IGNORED), valid_ids=VALID)
    loss.backward()
    assert loss.item() == 0.0
    assert torch.count_nonzero(hidden.grad) == 0
    assert torch.count_nonzero(weight.grad) == 0
    # The twin: torch's mean over no tokens.
    assert torch.isnan(F.cross_entropy(torch.zeros(2, 3), torch.full((2,), IGNORED), ignore_index=IGNORED))


def test_bf16_inputs_under_autocast_still_meet_an_fp32_softmax(problem, relative_error) -> None:
    hidden, weight, target = problem
    hidden = hidden.detach().bfloat16().requires_grad_()
    with torch.autocast("cpu", dtype=torch.bfloat16):
        given = chunked_cross_entropy(hidden, weight, target, valid_ids=VALID, chunk_tokens=8)
        rounded_TV = F.linear(hidden, weight)  # the twin: what autocast makes of the head
    assert rounded_TV.dtype is torch.bfloat16
    wanted = dense(hidden, weight, target)
    twin = F.cross_entropy(rounded_TV[:, :VALID].float(), target, ignore_index=IGNORED, reduction="sum")
    (wanted_grad,) = torch.autograd.grad(wanted, weight)
    assert given.item() == pytest.approx(wanted.item(), rel=1e-6)
    assert relative_error(torch.autograd.grad(given, weight), [wanted_grad]) < 1e-6
    assert relative_error(torch.autograd.grad(twin, weight), [wanted_grad]) > 1e-3


class LargestTensor(TorchDispatchMode):
    """Remembers the most elements any operation returned."""

    def __init__(self) -> None:
        super().__init__()
        self.elements = 0

    def __torch_dispatch__(self, func, types, args=(), kwargs=None):
        result = func(*args, **(kwargs or {}))
        if isinstance(result, torch.Tensor):
            self.elements = max(self.elements, result.numel())
        return result


def test_tokens_by_vocabulary_never_exists() -> None:
    hidden, weight = torch.randn(400, 4, requires_grad=True), torch.randn(500, 4, requires_grad=True)
    target = torch.arange(400)
    with LargestTensor() as chunked:
        chunked_cross_entropy(hidden, weight, target, valid_ids=500, chunk_tokens=10).backward()
    with LargestTensor() as whole:
        F.cross_entropy(hidden @ weight.T, target).backward()
    assert chunked.elements <= 10 * 500
    assert whole.elements >= 400 * 500


@pytest.mark.parametrize(("valid_ids", "target"), [(0, 0), (VOCAB + 1, 0), (VALID, VALID)])
def test_ids_outside_the_vocabulary_are_refused(problem, valid_ids: int, target: int) -> None:
    hidden, weight, _ = problem
    with pytest.raises(ValueError, match="valid"):
        chunked_cross_entropy(hidden, weight, torch.full((TOKENS,), target), valid_ids=valid_ids)
