"""The two gradients of an update, added up in place: the policy's from its micro-batches, and that of in-domain text.

Samples whose advantage is zero have no gradient, so unless a KL term needs them they count in the normaliser and are
not computed; a whole update of them leaves the parameters as they are.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import torch
from torch import Tensor

from losses import IGNORED
from losses.chosen_tokens import chosen_logprobs
from losses.logit_tiles import Head
from parallel.ranks import sum_gradients, sum_over_ranks
from parallel.sharding import as_forward, whole
from recipes.training import BatchSection, GrpoRecipe, PolicySection
from rollouts.trajectory import Trajectory
from train.grpo.ink import Ink
from train.grpo.objective import METRICS, PolicyTokens, policy_loss, policy_tokens, sample_weights
from train.model import hidden_states
from train.normaliser import TokenNormaliser
from train.packing import MicroBatch, micro_batch_of, my_groups
from train.sft import micro_batches_of, sft_loss_sum

__all__ = ["Forward", "Part", "add_ink_gradient", "add_policy_gradient", "cut"]


@dataclass(frozen=True, slots=True)
class Forward:
    """What a forward pass needs besides a model and a micro-batch."""

    valid_ids: int
    bf16: bool
    device: torch.device

    def logprobs(self, model: Any, micro: MicroBatch) -> tuple[Tensor, Tensor]:
        """[N] fp64 each: log p of the tokens in the loss, and the entropy where they were chosen."""
        return _logprobs(model, micro.to(self.device), self.valid_ids, self.bf16)


@as_forward
def _logprobs(model: Any, micro: MicroBatch, valid_ids: int, bf16: bool) -> tuple[Tensor, Tensor]:
    hidden_BTH = hidden_states(model, micro, bf16=bf16)
    labelled_BT = micro.targets_BT != IGNORED
    hidden_NH = hidden_BTH[labelled_BT]
    if bf16 and hidden_NH.is_cuda:
        hidden_NH = hidden_NH.bfloat16()  # as in `train.opd`: bf16 operands, fp32 sums
    head = Head(hidden_NH, model.get_output_embeddings().weight)
    return chosen_logprobs(head, micro.targets_BT[labelled_BT], valid_ids=valid_ids)


@dataclass(frozen=True, slots=True)
class Part:
    """A micro-batch, and what is known of its tokens beforehand."""

    micro: MicroBatch
    tokens: PolicyTokens

    @torch.no_grad()
    def scored(self, model: Any, name: str, forward: Forward) -> Part:
        """The same with what `model` gives to its tokens, as `old_N` or `reference_N`."""
        return replace(self, tokens=replace(self.tokens, **{name: forward.logprobs(model, self.micro)[0]}))


def cut(samples: Sequence[Trajectory], recipe: GrpoRecipe, pad_id: int, device: torch.device) -> list[Part]:
    """This rank's parts of an update on `samples`."""
    lengths = [len(sample.logprobs_S) for sample in samples]
    weights = sample_weights(lengths, recipe.policy.aggregation, recipe.answer_tokens)
    weighed = [replace(sample, weight=weight) for sample, weight in zip(samples, weights, strict=True)]
    computed = [sample for sample in weighed if sample.advantage or recipe.policy.kl_weight]
    return [
        Part(micro_batch_of(group, recipe.batch, pad_id), policy_tokens(group, device))
        for group in my_groups(computed, recipe.batch)
    ]


def add_policy_gradient(
    model: Any, parts: Sequence[Part], policy: PolicySection, forward: Forward
) -> tuple[float, int, dict[str, float]]:
    """(loss, tokens computed, metrics as means over these tokens, if there are any) of all ranks."""
    loss, sums_M = 0.0, torch.zeros(len(METRICS), dtype=torch.float64)
    for part in parts:
        share, part_M = policy_loss(*forward.logprobs(model, part.micro), part.tokens, policy)
        share.backward()
        loss, sums_M = loss + share.item(), sums_M + part_M.cpu()
    loss, tokens = sum_over_ranks(loss), sum_over_ranks(sum(len(part.tokens.weight_N) for part in parts))
    sums = {name: sum_over_ranks(part) for name, part in zip(METRICS, sums_M.tolist(), strict=True)}
    # Where nothing was computed there is no mean, and no number in its place.
    return loss, tokens, {"policy_loss": loss} | {name: part / tokens for name, part in sums.items() if tokens}


def add_ink_gradient(
    model: Any, ink: Ink, update: int, batch: BatchSection, pad_id: int, forward: Forward
) -> tuple[float, int, dict[str, float]]:
    """(what it adds to the loss, tokens of this rank that went through the model, metrics), gradients of all ranks.

    The policy's gradient, in place already, is summed over the ranks here as well.
    """
    weight, parameters, apart = ink.weight(update), list(model.parameters()), ink.measures_angle(update)
    first: list[Tensor | None] = []
    if apart:
        sum_gradients(parameters)
        first = [parameter.grad for parameter in parameters]
        model.zero_grad(set_to_none=True)
    micro_batches = micro_batches_of(ink.batch(update), batch, pad_id) if weight else []
    normaliser, loss = TokenNormaliser.of_step(micro.targets_BT for micro in micro_batches), 0.0
    for micro in micro_batches:
        sums = sft_loss_sum(model, micro.to(forward.device), valid_ids=forward.valid_ids, bf16=forward.bf16)
        share = normaliser.share(sums)
        (weight * share).backward()
        loss += share.item()
    sum_gradients(parameters)
    loss = sum_over_ranks(loss)
    line = ink.metrics(update) | ({"ce_loss": loss} if weight else {})
    if apart and (cosine := _cosine_and_sum(parameters, first)) is not None:
        line["gradient_cosine"] = cosine
    return weight * loss, sum(micro.tokens for micro in micro_batches), line


def _cosine_and_sum(parameters: Sequence[torch.nn.Parameter], first: Sequence[Tensor | None]) -> float | None:
    """The cosine between the gradients `first` and those in place, which become the sum; None without both."""
    dot = first_square = second_square = 0.0
    for parameter, one in zip(parameters, first, strict=True):
        other = parameter.grad
        first_square += 0.0 if one is None else _dot(one, one)
        second_square += 0.0 if other is None else _dot(other, other)
        if one is not None and other is not None:
            dot += _dot(one, other)
            other += one
        elif one is not None:
            parameter.grad = one
    return dot / (first_square * second_square) ** 0.5 if first_square and second_square else None


def _dot(one: Tensor, other: Tensor) -> float:
    return whole((one.double() * other.double()).sum()).item()
