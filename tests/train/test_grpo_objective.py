"""The objective against enumeration and against formulas written down again, in float64."""

from __future__ import annotations

import itertools
import math
import statistics
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor

from losses.chosen_tokens import chosen_logprobs
from losses.logit_tiles import Head, TileShape
from recipes.training import PolicySection
from rewards.advantages import advantages_of, no_variance, overlong_penalty
from rollouts.trajectory import Trajectory
from train.grpo.objective import METRICS, PolicyTokens, policy_loss, policy_tokens, sample_weights

CPU = torch.device("cpu")
FREE = PolicySection(clip_low=0.999, clip_high=1e6, importance_cap=None)
EXACT, WRONG = 2e-6, 1e-2

# log-probabilities in tiles


@pytest.mark.parametrize("shape", [TileShape(4, 5), TileShape(100, 100), TileShape(3, 23)])
def test_chosen_logprobs_and_their_gradients_equal_a_dense_log_softmax(shape: TileShape, relative_error: Any) -> None:
    generator = torch.Generator().manual_seed(0)
    hidden_NH, weight_VH = (torch.randn(*s, generator=generator) for s in ((11, 6), (29, 6)))
    target_N, coefficient_N = torch.randint(0, 23, (11,), generator=generator), torch.randn(11, generator=generator)

    def run(dense: bool, dtype: torch.dtype) -> tuple[Tensor, Tensor, list[Tensor]]:
        leaves = [x.to(dtype, copy=True).requires_grad_() for x in (hidden_NH, weight_VH)]
        if dense:
            logp_NK = (leaves[0] @ leaves[1][:23].T).log_softmax(-1)
            logp_N, entropy_N = logp_NK.gather(1, target_N[:, None])[:, 0], -(logp_NK.exp() * logp_NK).sum(-1)
        else:
            logp_N, entropy_N = chosen_logprobs(Head(*leaves), target_N, valid_ids=23, shape=shape)
        (coefficient_N * logp_N).sum().backward()
        return logp_N, entropy_N, [leaf.grad for leaf in leaves if leaf.grad is not None]

    given, wanted = run(False, torch.float32), run(True, torch.float64)
    assert relative_error(given[2], wanted[2]) < EXACT
    assert torch.allclose(given[0], wanted[0], atol=1e-5)
    assert torch.allclose(given[1], wanted[1], atol=1e-5)
    assert not given[1].requires_grad
    with pytest.raises(ValueError, match="23 is not one of the 23 valid ids"):
        chosen_logprobs(Head(hidden_NH, weight_VH), torch.tensor([23] * 11), valid_ids=23)


# Enumeration: a policy with a table of hidden states, three ids of which 0 ends, at most three tokens

IDS, LONGEST, SIZE = 3, 3, 2
ANSWERS = [
    (*head, last)
    for length in range(1, LONGEST + 1)
    for head in itertools.product(range(1, IDS), repeat=length - 1)
    for last in ((0,) if length < LONGEST else range(IDS))
]
PREFIXES = {p: n for n, p in enumerate(sorted({a[:t] for a in ANSWERS for t in range(len(a))}))}


def toy_policy(seed: int, dtype: torch.dtype = torch.float64) -> list[Tensor]:
    generator = torch.Generator().manual_seed(seed)
    tables = [torch.randn(rows, 4, generator=generator).to(dtype) for rows in (len(PREFIXES), IDS)]
    return [table.requires_grad_() for table in tables]


def reward_of(answer: Sequence[int]) -> float:
    return 1.0 * (answer[-1] == 0) + 0.3 * answer.count(2) - 0.2 * (answer[0] == 1)


def log_p(policy: list[Tensor], answer: Sequence[int]) -> Tensor:
    rows = [PREFIXES[tuple(answer[:t])] for t in range(len(answer))]
    logp_TV = (policy[0][rows] @ policy[1].T).log_softmax(-1)
    return logp_TV[range(len(answer)), list(answer)]


def exact_gradient(policy: list[Tensor], objective: Callable[[Sequence[int]], Any]) -> list[Tensor]:
    """The gradient of sum over answers of p(answer) * objective(answer)."""
    value = torch.zeros((), dtype=torch.float64)
    for answer in ANSWERS:
        value = value + log_p(policy, answer).sum().exp() * objective(answer)
    return list(torch.autograd.grad(value, policy))


def trajectory(answer: Sequence[int], advantage: float, logprobs: Tensor, weight: float = 0.0) -> Trajectory:
    ids_T = np.array([9, *answer], dtype=np.int32)
    policy_T = np.arange(len(ids_T)) > 0
    logprobs_S = logprobs.detach().numpy()
    return Trajectory("toy", ids_T, policy_T, logprobs_S, "", advantage=advantage, weight=weight)


def estimate(
    policy: list[Tensor],
    group: Sequence[Sequence[int]],
    engine: list[Tensor],
    section: PolicySection,
    rewards: Callable[[Sequence[int]], float] = reward_of,
) -> list[Tensor]:
    """The trainer's gradient on one group, through its own pieces."""
    [advantages] = advantages_of([[rewards(answer) for answer in group]], "none", 0, 0.0)
    weights = sample_weights([len(answer) for answer in group], section.aggregation, LONGEST)
    members = [
        trajectory(answer, advantage or 0.0, log_p(engine, answer), weight)
        for answer, advantage, weight in zip(group, advantages, weights, strict=True)
    ]
    rows = [PREFIXES[tuple(answer[:t])] for answer in group for t in range(len(answer))]
    target_N = torch.tensor([token for answer in group for token in answer])
    logp_N, entropy_N = chosen_logprobs(Head(policy[0][rows], policy[1]), target_N, valid_ids=IDS)
    loss, _ = policy_loss(logp_N, entropy_N, policy_tokens(members, CPU), section)
    return list(torch.autograd.grad(loss, policy))


def expected(
    policy: list[Tensor], engine: list[Tensor], answers: Sequence[Sequence[int]], section: PolicySection
) -> list[Tensor]:
    """The mean of the estimates over every group that the engine can sample, by their probabilities."""
    total = [torch.zeros_like(table, dtype=torch.float64) for table in policy]
    for group in itertools.product(answers, repeat=SIZE):
        probability = math.prod(log_p(engine, answer).sum().exp().item() for answer in group)
        for sum_, part in zip(total, estimate(policy, group, engine, section), strict=True):
            sum_ += probability * part.double()
    return total


def test_the_mean_estimate_is_the_gradient_of_the_expected_reward(relative_error: Any) -> None:
    """A baseline that holds the sample itself shrinks it by (n - 1) / n; dr_grpo divides by the longest answer."""
    exact = [-g * (SIZE - 1) / SIZE / LONGEST for g in exact_gradient(toy_policy(1), reward_of)]
    policy = toy_policy(1, torch.float32)
    given = expected(policy, toy_policy(1), ANSWERS, FREE.model_copy(update={"aggregation": "dr_grpo"}))
    assert sum(log_p(toy_policy(1), answer).sum().exp().item() for answer in ANSWERS) == pytest.approx(1)
    assert relative_error(given, exact) < EXACT
    # The twin: a mean over each answer's tokens favours short ones, and is the gradient of something else.
    biased = expected(policy, toy_policy(1), ANSWERS, FREE.model_copy(update={"aggregation": "grpo"}))
    assert relative_error([b / LONGEST for b in biased], exact) > WRONG


@pytest.mark.parametrize(("cap", "error"), [(1e9, (0, EXACT)), (None, (WRONG, 10)), (1.05, (WRONG, 10))])
def test_importance_weights_make_up_for_an_engine_that_differs(
    cap: float | None, error: tuple[float, float], relative_error: Any
) -> None:
    """Answers of one token, drawn from another distribution: unbiased with weights that nothing cuts."""
    answers = [(token,) for token in range(IDS)]
    value = torch.zeros((), dtype=torch.float64)
    exact_policy, policy, engine = toy_policy(2), toy_policy(2, torch.float32), toy_policy(2)
    engine[0] = (engine[0] * 0.5).detach()
    drawn = [log_p(engine, answer).exp().item() for answer in answers]
    mean = sum(p * reward_of(answer) for p, answer in zip(drawn, answers, strict=True))
    for answer in answers:  # half of each advantage is the reward, half the mean of the other sample
        value = value + log_p(exact_policy, answer).sum().exp() * (reward_of(answer) - mean) / 2
    exact = [-g for g in torch.autograd.grad(value, exact_policy)]
    given = expected(policy, engine, answers, FREE.model_copy(update={"aggregation": "grpo", "importance_cap": cap}))
    assert error[0] <= relative_error(given, exact) <= error[1]


def test_k2_has_the_gradient_of_the_divergence_and_k3_its_value(relative_error: Any) -> None:
    """Token by token, over every prefix: the divergence of what follows it."""
    policy, reference = toy_policy(3), [table.detach() for table in toy_policy(4)]
    logp_NV, ref_NV = ((table @ head.T).log_softmax(-1) for table, head in (policy, reference))
    exact = (logp_NV.exp() * (logp_NV - ref_NV)).sum()
    wanted = torch.autograd.grad(exact, policy, retain_graph=True)
    p_N, now_N, ref_N = logp_NV.detach().exp().flatten(), logp_NV.flatten(), ref_NV.flatten()
    tokens = PolicyTokens(0 * p_N, p_N, now_N.detach(), None, ref_N)
    loss, _ = policy_loss(now_N, p_N, tokens, FREE.model_copy(update={"kl_weight": 1.0}))
    assert relative_error(torch.autograd.grad(loss, policy, retain_graph=True), wanted) < EXACT
    k3 = sum(p * measured(n, r)["kl"] for p, n, r in zip(p_N.tolist(), now_N.tolist(), ref_N.tolist(), strict=True))
    assert k3 == pytest.approx(exact.item(), rel=1e-9)
    # The twin: k3 differentiated is the gradient of something else.
    twin = (p_N * ((ref_N - now_N).expm1() - (ref_N - now_N))).sum()
    assert relative_error(torch.autograd.grad(twin, policy), wanted) > WRONG


def measured(now: float, reference: float) -> dict[str, float]:
    """What is reported of a single token."""
    now_N, one_N = torch.tensor([now], dtype=torch.float64), torch.ones(1, dtype=torch.float64)
    tokens = PolicyTokens(one_N, one_N, now_N, None, torch.tensor([reference], dtype=torch.float64))
    return dict(zip(METRICS, policy_loss(now_N, one_N, tokens, FREE)[1].tolist(), strict=True))


# Formulas


def random_batch(seed: int) -> tuple[list[Trajectory], list[list[float]], Tensor]:
    """Five samples of 1 to 9 tokens with old and engine log-probabilities, and the present ones as a leaf."""
    rng = np.random.default_rng(seed)
    samples, old, now = [], [], []
    for length in (4, 1, 9, 2, 6):
        engine_S = rng.uniform(-3, -0.1, length)
        old.append((engine_S + rng.normal(0, 0.3, length)).tolist())
        now += (np.array(old[-1]) + rng.normal(0, 0.4, length)).tolist()
        samples.append(trajectory([1] * length, float(rng.normal()), torch.from_numpy(engine_S)))
    return samples, old, torch.tensor(now, dtype=torch.float64, requires_grad=True)


def by_hand(
    samples: Sequence[Trajectory], old: list[list[float]], now: Sequence[float], p: PolicySection
) -> tuple[float, list[float]]:
    """(loss, its derivative by each log-probability), sample by sample and token by token in plain Python."""
    n, values, slopes = 0, [], []
    for sample, old_S in zip(samples, old, strict=True):
        value, slope = [], []
        for t in range(len(old_S)):
            ratio, a = math.exp(now[n] - old_S[t]), sample.advantage
            weight = min(math.exp(old_S[t] - sample.logprobs_S[t]), p.importance_cap or math.inf)
            weight = 1.0 if p.importance_cap is None else weight
            low, high = 1 - p.clip_low, 1 + p.clip_high
            outside = ratio > high if a > 0 else ratio < low
            bounded = min(max(ratio, low), high)
            value.append(-weight * a * (bounded if outside else ratio))
            slope.append(0.0 if outside else -weight * a * ratio)
            n += 1
        values.append(value)
        slopes.append(slope)
    lengths = [len(v) for v in values]
    if p.aggregation == "dapo":
        scale = [1 / sum(lengths)] * len(lengths)
    elif p.aggregation == "grpo":
        scale = [1 / len(lengths) / length for length in lengths]
    else:
        scale = [1 / len(lengths) / 12] * len(lengths)
    loss = sum(s * sum(v) for s, v in zip(scale, values, strict=True))
    return loss, [s * d for s, slope in zip(scale, slopes, strict=True) for d in slope]


@pytest.mark.parametrize("aggregation", ["dapo", "dr_grpo", "grpo"])
@pytest.mark.parametrize("cap", [None, 1.2])
def test_loss_and_slope_equal_those_by_hand(aggregation: str, cap: float | None) -> None:
    section = PolicySection.model_validate(
        {"aggregation": aggregation, "clip_low": 0.2, "clip_high": 0.28, "importance_cap": cap}
    )
    samples, old, now_N = random_batch(0)
    weights = sample_weights([len(s.logprobs_S) for s in samples], aggregation, 12)
    weighed = [
        trajectory([1] * len(s.logprobs_S), s.advantage, torch.from_numpy(s.logprobs_S), w)
        for s, w in zip(samples, weights, strict=True)
    ]
    tokens = policy_tokens(weighed, CPU)
    old_N = torch.tensor([x for part in old for x in part], dtype=torch.float64)
    tokens = PolicyTokens(tokens.advantage_N, tokens.weight_N, tokens.engine_N, old_N)
    loss, sums_M = policy_loss(now_N, torch.zeros_like(now_N), tokens, section)
    loss.backward()
    wanted, slopes = by_hand(samples, old, now_N.tolist(), section)
    assert loss.item() == pytest.approx(wanted, rel=1e-12)
    assert now_N.grad is not None
    assert now_N.grad.tolist() == pytest.approx(slopes, rel=1e-12, abs=1e-15)
    counted = dict(zip(METRICS, sums_M.tolist(), strict=True))
    assert slopes.count(0.0) == counted["clip_low_share"] + counted["clip_high_share"]
    assert counted["clip_low_share"] > 0
    assert counted["clip_high_share"] > 0
    # The twin: a symmetric clip is another loss.
    other, _ = by_hand(samples, old, now_N.tolist(), section.model_copy(update={"clip_high": 0.2}))
    assert abs(other - wanted) > 1e-4


def test_a_ratio_is_clipped_only_on_the_side_where_it_would_gain() -> None:
    section = PolicySection(clip_low=0.2, clip_high=0.3)
    ratios, advantages = [0.7, 0.7, 0.9, 1.2, 1.4, 1.4], [-1.0, 1.0, -1.0, 1.0, 1.0, -1.0]
    now_N = torch.tensor(ratios, dtype=torch.float64).log().requires_grad_()
    zero_N, one_N = torch.zeros(6, dtype=torch.float64), torch.ones(6, dtype=torch.float64)
    tokens = PolicyTokens(torch.tensor(advantages, dtype=torch.float64), one_N, zero_N, zero_N)
    loss, sums_M = policy_loss(now_N, zero_N, tokens, section)
    loss.backward()
    assert now_N.grad is not None
    assert [g == 0 for g in now_N.grad.tolist()] == [True, False, False, False, True, False]
    counted = dict(zip(METRICS, sums_M.tolist(), strict=True))
    assert (counted["clip_low_share"], counted["clip_high_share"]) == (1, 1)
    assert counted["ratio"] == pytest.approx(sum(ratios))


def test_the_first_update_is_on_policy_without_a_second_forward_pass() -> None:
    samples, old, now_N = random_batch(6)
    tokens = policy_tokens(samples, CPU)
    own = PolicyTokens(tokens.advantage_N, torch.ones_like(now_N), tokens.engine_N, now_N.detach())
    implied = PolicyTokens(own.advantage_N, own.weight_N, own.engine_N)
    for given, wanted in ((implied, own),):
        slopes = [
            torch.autograd.grad(policy_loss(now_N, 0 * now_N, t, PolicySection())[0], now_N)[0] for t in (given, wanted)
        ]
        assert torch.equal(*slopes)
    assert len(old) == 5


# Advantages


def test_advantages_equal_those_of_the_statistics_module() -> None:
    groups = [[1.0, 0.0, 0.5, None], [2.0, None, 2.5], [0.3, 0.3, 0.3], [None, 1.0]]
    known = [[r for r in group if r is not None] for group in groups]
    everything = [r for group in known for r in group]
    for ddof, std in ((0, statistics.pstdev), (1, statistics.stdev)):
        for kind in ("none", "group", "batch"):
            for group, mine, given in zip(groups, known, advantages_of(groups, kind, ddof, 1e-3), strict=True):  # type: ignore[arg-type]
                mean = statistics.mean(mine)
                scale = {"none": 1.0, "batch": std(everything) + 1e-3}.get(kind)
                if len(set(mine)) < 2:
                    wanted = [None if r is None else 0.0 for r in group]
                else:
                    scale = std(mine) + 1e-3 if scale is None else scale
                    wanted = [None if r is None else (r - mean) / scale for r in group]
                assert given == [None if w is None else pytest.approx(w, rel=1e-12) for w in wanted]


def test_a_reward_that_is_missing_is_not_a_zero() -> None:
    with_none, with_zero = (advantages_of([[1.0, 0.5, x]], "group", 1, 0.0)[0] for x in (None, 0.0))
    assert with_none[:2] == advantages_of([[1.0, 0.5]], "group", 1, 0.0)[0]
    assert with_none[:2] != with_zero[:2]
    assert no_variance([0.1 + 0.2, None]) and not no_variance([0.0, 1.0])  # noqa: PT018
    # Rewards that are equal are exactly zero advantages, whatever a mean of them rounds to.
    assert advantages_of([[0.1] * 3], "group", 1, 0.0) == [[0.0] * 3]


def test_the_overlong_penalty_is_flat_then_linear() -> None:
    found = [overlong_penalty(n, limit=10, buffer=4) for n in range(11)]
    assert found == [0.0] * 7 + [-0.25, -0.5, -0.75, -1.0]
