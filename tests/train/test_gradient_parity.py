"""One step has one gradient, however it is cut: split, packed or padded. Compared on parameter gradients."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
import torch
import torch.nn.functional as F

from losses import IGNORED
from recipes.training import BatchSection
from train.normaliser import TokenNormaliser
from train.packing import MicroBatch, pack, pad
from train.sft import micro_batches_of, sft_loss_sum

VALID = 259
EXACT = 2e-5  # fp32, another order of sums
WRONG = 1e-2


def step_gradients(model: Any, batches: list[MicroBatch]) -> tuple[float, list[torch.Tensor]]:
    normaliser = TokenNormaliser.of_step(batch.targets_BT for batch in batches)
    loss = 0.0
    model.zero_grad()
    for batch in batches:
        share = normaliser.share(sft_loss_sum(model, batch, valid_ids=VALID))
        share.backward()
        loss += share.item()
    return loss, [parameter.grad.clone() for parameter in model.parameters()]


def reference_gradients(model: Any, examples) -> tuple[float, list[torch.Tensor]]:
    """Dense logits of one document at a time, log-probabilities picked by hand."""
    model.zero_grad()
    total, count = torch.zeros(()), 0
    for example in examples:
        ids_T = torch.from_numpy(example.ids_T).long()
        logp_TV = F.log_softmax(model(input_ids=ids_T[None]).logits[0, :, :VALID], dim=-1)
        for t in range(1, len(example)):
            if example.labelled_T[t]:
                total = total - logp_TV[t - 1, ids_T[t]]
                count += 1
    (total / count).backward()
    return total.item() / count, [parameter.grad.clone() for parameter in model.parameters()]


@pytest.mark.parametrize("packing", [True, False])
@pytest.mark.parametrize("budget", [33, 60, 1000])
def test_any_split_packed_or_padded_equals_documents_one_by_one(
    fresh_model, ragged_examples, relative_error, packing: bool, budget: int
) -> None:
    model = fresh_model()
    wanted_loss, wanted = reference_gradients(model, ragged_examples)
    batch = BatchSection(rows_per_step=8, tokens_per_micro_batch=budget, packing=packing)
    batches = micro_batches_of(ragged_examples, batch, pad_id=256)
    assert (len(batches) == 1) == (budget == 1000)
    loss, given = step_gradients(model, batches)
    assert loss == pytest.approx(wanted_loss, rel=1e-5)
    assert relative_error(given, wanted) < EXACT


def test_mean_of_micro_batch_means_is_another_gradient(fresh_model, ragged_examples, relative_error) -> None:
    """The twin of the normaliser: what accumulating per-batch means gives."""
    model = fresh_model()
    _, wanted = reference_gradients(model, ragged_examples)
    batches = [pack(ragged_examples[:4]), pack(ragged_examples[4:])]
    assert relative_error(step_gradients(model, batches)[1], wanted) < EXACT
    model.zero_grad()
    for batch in batches:
        own = TokenNormaliser.of_step([batch.targets_BT])
        (own.share(sft_loss_sum(model, batch, valid_ids=VALID)) / len(batches)).backward()
    assert relative_error([p.grad for p in model.parameters()], wanted) > WRONG


@pytest.mark.parametrize("mutation", ["no mask", "no position restart", "targets across documents"])
def test_packing_without_isolation_is_another_gradient(
    fresh_model, ragged_examples, relative_error, mutation: str
) -> None:
    model = fresh_model()
    packed = pack(ragged_examples)
    _, wanted = step_gradients(model, [pad(ragged_examples, pad_id=256)])
    assert relative_error(step_gradients(model, [packed])[1], wanted) < EXACT
    tokens = packed.tokens
    causal = torch.ones(tokens, tokens, dtype=torch.bool).tril()[None, None]
    shifted = torch.full_like(packed.targets_BT, IGNORED)
    shifted[:, :-1] = packed.ids_BT[:, 1:]
    broken = {
        "no mask": replace(packed, attention_mask=causal),
        # Rotary positions are relative, so a document moved as a whole sees nothing; a jump inside one does.
        "no position restart": replace(packed, positions_BT=packed.positions_BT.roll(3)),
        "targets across documents": replace(packed, targets_BT=shifted),
    }[mutation]
    assert relative_error(step_gradients(model, [broken])[1], wanted) > WRONG


def test_a_micro_batch_without_labels_adds_exactly_nothing(fresh_model, ragged_examples) -> None:
    model = fresh_model()
    silent = pack([ragged_examples[2]])
    loss, gradients = step_gradients(model, [silent])
    assert loss == 0.0
    assert all(torch.count_nonzero(gradient) == 0 for gradient in gradients)
    speaking = pack(ragged_examples[3:5])
    alone, both = step_gradients(model, [speaking]), step_gradients(model, [speaking, silent])
    assert alone[0] == both[0]
    assert all(torch.equal(a, b) for a, b in zip(alone[1], both[1], strict=True))


def test_padding_tokens_do_not_matter(fresh_model, ragged_examples) -> None:
    model = fresh_model()
    first, second = (step_gradients(model, [pad(ragged_examples, pad_id)]) for pad_id in (256, 65))
    assert first[0] == pytest.approx(second[0], rel=1e-6)
    assert all(torch.allclose(a, b, atol=1e-6) for a, b in zip(first[1], second[1], strict=True))


def test_bf16_compute_stays_near_the_fp32_gradient(fresh_model, ragged_examples, relative_error) -> None:
    model = fresh_model()
    _, wanted = step_gradients(model, [pack(ragged_examples)])
    model.zero_grad()
    loss_sum = sft_loss_sum(model, pack(ragged_examples), valid_ids=VALID, bf16=True)
    assert loss_sum.dtype is torch.float32
    TokenNormaliser.of_step([pack(ragged_examples).targets_BT]).share(loss_sum).backward()
    gradients = [parameter.grad for parameter in model.parameters()]
    assert {gradient.dtype for gradient in gradients} == {torch.float32}
    assert 1e-4 < relative_error(gradients, wanted) < 0.05
