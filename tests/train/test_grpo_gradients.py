"""One gradient however an update is cut, and InK's sum of two; what the policy did not produce is in neither."""

from __future__ import annotations

import json
import math
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest
import torch

from datagen.errors import DatasetError
from models.chat_tokens import Example
from models.conversation import Conversation
from models.loading import load_tokenizer
from models.source import ModelSection
from models.text_corpus import read_texts, text_windows
from recipes.training import BatchSection, GroupSection, GrpoRecipe, InkSection
from rewards.reward import Reward, Sample, Score, Total, WeighedRewards
from rollouts.trajectory import Prompt, Trajectory
from train.grpo.gradients import Forward, add_ink_gradient, add_policy_gradient, cut
from train.grpo.groups import Collector, Group, Rollouts, training_samples
from train.grpo.ink import Ink
from train.packing import pack
from train.sft import sft_loss_sum

VALID, PAD, CPU = 259, 256, torch.device("cpu")
FORWARD = Forward(VALID, False, CPU)
EXACT, WRONG = 1e-6, 1e-2


@pytest.fixture
def trajectories(ragged_examples: list[Example]) -> list[Trajectory]:
    """Ragged samples with tool tokens in their midst, off policy, advantages of both signs and one of zero."""
    rng, found = np.random.default_rng(3), []
    for n, example in enumerate(e for e in ragged_examples if e.labelled_T.any()):
        engine_S = rng.uniform(-7, -4, int(example.labelled_T.sum())).astype(np.float32)
        advantage = 0.0 if n == 1 else float(rng.normal())
        found.append(Trajectory(example.id, example.ids_T, example.labelled_T, engine_S, "", advantage=advantage))
    return found


def gradients(model: Any, samples: Sequence[Trajectory], recipe: GrpoRecipe, **batch: Any) -> tuple[Any, list[Any]]:
    recipe = recipe.model_copy(update={"batch": BatchSection.model_validate({"tokens_per_micro_batch": 400, **batch})})
    model.zero_grad()
    parts = cut(samples, recipe, PAD, CPU)
    if recipe.policy.passes > 1:  # another old policy than the present one
        other = type(model)(model.config)
        other.load_state_dict({k: v * 0.9 for k, v in model.state_dict().items()})
        parts = [part.scored(other, "old_N", FORWARD) for part in parts]
    found = add_policy_gradient(model, parts, recipe.policy, FORWARD)
    return found, [parameter.grad.clone() for parameter in model.parameters()]


@pytest.mark.parametrize("aggregation", ["dapo", "dr_grpo", "grpo"])
@pytest.mark.parametrize("passes", [1, 2])
def test_any_cut_packed_or_padded_is_one_gradient(
    grpo_recipe_for, fresh_model, trajectories, relative_error, aggregation: str, passes: int
) -> None:
    recipe, model = grpo_recipe_for(policy={"aggregation": aggregation, "passes": passes}), fresh_model()
    (loss, tokens, line), wanted = gradients(model, trajectories, recipe)
    for packing in (True, False):
        for budget in (33, 60):
            found, given = gradients(model, trajectories, recipe, packing=packing, tokens_per_micro_batch=budget)
            # Old log-probabilities that were measured in another cut round once more.
            assert relative_error(given, wanted) < EXACT * passes
            assert found[:2] == (pytest.approx(loss, rel=1e-6), tokens)
            assert found[2] == pytest.approx(line, rel=1e-5)
    # The twin: weights taken from each half for itself, as if a micro-batch were an update.
    halves = [gradients(model, part, recipe)[1] for part in (trajectories[:2], trajectories[2:])]
    mean = [(a + b) / 2 for a, b in zip(*halves, strict=True)]
    assert relative_error(mean, wanted) > WRONG


def test_the_gradient_is_that_of_a_dense_loss_document_by_document(
    grpo_recipe_for, fresh_model, trajectories, relative_error
) -> None:
    """On policy, token mean over the update: -(1/N) sum of weight * advantage * log p, through the model's own head."""
    model = fresh_model()
    _, given = gradients(model, trajectories, grpo_recipe_for())
    model.zero_grad()
    total, count = torch.zeros((), dtype=torch.float64), sum(len(t.logprobs_S) for t in trajectories)
    for one in trajectories:
        ids = torch.from_numpy(one.ids_T).long()
        logp_T = model(input_ids=ids[None]).logits[0, :-1, :VALID].double().log_softmax(-1)
        logp_S = logp_T.gather(1, ids[1:, None])[:, 0][torch.from_numpy(one.labelled_T[1:])]
        weight_S = (logp_S.detach() - torch.from_numpy(one.logprobs_S).double()).exp().clamp(max=2.0)
        total = total - (weight_S * one.advantage * logp_S).sum() / count
    total.backward()
    wanted = [parameter.grad.clone() for parameter in model.parameters()]
    assert relative_error(given, wanted) < 5e-6


def test_perturbed_tool_tokens_change_nothing_but_what_they_are_read_as(
    grpo_recipe_for, fresh_model, trajectories
) -> None:
    """As targets they do not count, whatever they are: the last ones, which nothing reads, change not one bit."""
    recipe, model, [one] = grpo_recipe_for(), fresh_model(), trajectories[2:3]
    policy_T = one.labelled_T.copy()
    policy_T[-6:] = False
    logprobs_S = one.logprobs_S[: int(policy_T.sum())]
    before = replace(one, labelled_T=policy_T, logprobs_S=logprobs_S)
    ids_T = one.ids_T.copy()
    ids_T[-6:] = (ids_T[-6:] + 7) % VALID
    after = replace(before, ids_T=ids_T)
    (first, one_way), (second, other_way) = (gradients(model, [sample], recipe) for sample in (before, after))
    assert first == second
    assert all(torch.equal(a, b) for a, b in zip(one_way, other_way, strict=True))
    # The twin: one of them in the loss.
    policy_T = policy_T.copy()
    policy_T[-3] = True
    leak = replace(after, labelled_T=policy_T, logprobs_S=np.append(logprobs_S, np.float32(-5)))
    assert gradients(model, [leak], recipe)[0] != second


def test_a_sample_without_advantage_counts_and_is_not_computed(
    grpo_recipe_for, fresh_model, trajectories, relative_error
) -> None:
    recipe, model = grpo_recipe_for(), fresh_model()
    assert trajectories[1].advantage == 0
    (loss, tokens, _), with_zero = gradients(model, trajectories, recipe)
    assert tokens == sum(len(t.logprobs_S) for t in trajectories if t.advantage)
    (other, _, _), without = gradients(model, [t for t in trajectories if t.advantage], recipe)
    share = tokens / sum(len(t.logprobs_S) for t in trajectories)
    assert loss == pytest.approx(other * share, rel=1e-6)
    assert relative_error(with_zero, [gradient * share for gradient in without]) < EXACT


# InK


def ink_for(texts: Sequence[Example], seed: int = 0, **section: Any) -> Ink:
    return Ink(InkSection.model_validate({"corpus": "-", "rows_per_step": 3, **section}), texts, seed)


def test_the_gradient_is_the_sum_with_lambda_exactly_and_the_cosine_is_the_angle(
    grpo_recipe_for, fresh_model, trajectories, ragged_examples, relative_error
) -> None:
    recipe, model = grpo_recipe_for(), fresh_model()
    _, policy = gradients(model, trajectories, recipe)
    ink = ink_for(ragged_examples, rho=1.0)
    model.zero_grad()
    texts = ink.batch(0)
    (sft_loss_sum(model, pack(texts), valid_ids=VALID) / sum(int(t.labelled_T.sum()) for t in texts)).backward()
    text = [parameter.grad.clone() for parameter in model.parameters()]
    flat = [torch.cat([g.flatten().double() for g in part]) for part in (policy, text)]
    cosine = float(flat[0] @ flat[1] / flat[0].norm() / flat[1].norm())
    for every in (None, 1):
        ink = ink_for(ragged_examples, rho=1.0, angle_every_steps=every)
        gradients(model, trajectories, recipe)
        batch = BatchSection(tokens_per_micro_batch=40)
        added, _, line = add_ink_gradient(model, ink, 0, batch, PAD, FORWARD)
        given = [parameter.grad.clone() for parameter in model.parameters()]
        wanted = [p + 0.1 * t for p, t in zip(policy, text, strict=True)]
        assert relative_error(given, wanted) < EXACT
        assert added == pytest.approx(0.1 * line["ce_loss"], rel=1e-12)
        assert relative_error(given, [p + 0.11 * t for p, t in zip(policy, text, strict=True)]) > 1e-3  # the twin
        assert line.get("gradient_cosine") == (None if every is None else pytest.approx(cosine, abs=1e-6))


def test_the_gate_is_bernoulli_rho_and_a_function_of_seed_and_update(ragged_examples) -> None:
    for seed in range(3):
        for rho in (0.1, 0.6, 1.0):
            ink = ink_for(ragged_examples, seed, rho=rho)
            gates = [ink.gate(update) for update in range(1000)]
            assert abs(np.mean(gates) - rho) <= 3 * math.sqrt(rho * (1 - rho) / 1000)
            assert [ink.weight(update) for update in range(1000)] == [0.1 * b for b in gates]
            again = ink_for(ragged_examples, seed, rho=rho)
            assert [again.gate(update) for update in reversed(range(1000))] == gates[::-1]
    one, other = ([ink_for(ragged_examples, seed).gate(u) for u in range(100)] for seed in (0, 1))
    assert one != other


def test_every_text_comes_once_an_epoch_whatever_the_gate_does(ragged_examples) -> None:
    ink = ink_for(ragged_examples, rho=0.4)
    batches = [batch for update in range(60) if (batch := ink.batch(update))]
    assert all(not ink.batch(update) for update in range(60) if not ink.gate(update))
    per_epoch = 3  # eight texts, three at a time
    for epoch in range(len(batches) // per_epoch):
        seen = [text.id for batch in batches[epoch * per_epoch : (epoch + 1) * per_epoch] for text in batch]
        assert sorted(seen) == sorted(text.id for text in ragged_examples)


def test_controls_are_constant_or_spend_the_tokens_elsewhere(ragged_examples) -> None:
    constant, matched = (ink_for(ragged_examples, control=c) for c in ("constant_weight", "matched_compute"))
    plain = ink_for(ragged_examples)
    assert all(constant.weight(update) == pytest.approx(0.06) for update in range(50))
    assert all(matched.weight(update) == 0 for update in range(50))
    spent = [sum(len(text) for text in plain.batch(update)) for update in range(50)]
    assert [matched.extra_tokens(update, 1) for update in range(50)] == spent
    assert matched.extra_tokens(3, 4) == sum(spent[3:7])
    assert plain.extra_tokens(0, 50) == constant.extra_tokens(0, 50) == 0


def test_texts_are_read_from_lines_parquet_and_folders_and_every_token_is_predicted_once(
    tmp_path: Path, student: Path
) -> None:
    chat, texts = load_tokenizer(ModelSection(path=str(student)), lambda _: None), ["กขคง\u2028จ", "ฉชซ"]
    (tmp_path / "a.jsonl").write_text("".join(json.dumps({"text": t}, ensure_ascii=False) + "\n" for t in texts))
    pl.DataFrame({"text": texts, "n": [1, 2]}).write_parquet(tmp_path / "a.parquet")
    folder = tmp_path / "folder"
    folder.mkdir()
    for n, text in enumerate(texts):
        (folder / f"{n}.txt").write_text(text, encoding="utf-8")
    for source in (tmp_path / "a.jsonl", tmp_path / "a.parquet", folder):
        corpus = read_texts(source)
        assert [text for _, text in corpus.texts] == texts
        windows = text_windows(chat, corpus, 7)
        assert all(2 <= len(w) <= 7 for w in windows)
        predicted = [w.ids_T[w.labelled_T].tolist() for w in windows]
        ids = [[*chat.tokenizer.encode(text), 256] for text in texts]
        assert sum(predicted, []) == ids[0][1:] + ids[1][1:]  # noqa: RUF017
    for broken, says in (("{", "is not JSON"), ('{"txt": "x"}', "has no text")):
        (tmp_path / "b.jsonl").write_text(broken)
        with pytest.raises(DatasetError, match=f"b.jsonl:1 {says}"):
            read_texts(tmp_path / "b.jsonl")
    (tmp_path / "c.pdf").write_bytes(b"x")
    for wrong, says in ((tmp_path / "c.pdf", "is no corpus"), (tmp_path / "none", "there is no corpus at")):
        with pytest.raises(DatasetError, match=says):
            read_texts(wrong)


# Groups


class Scripted:
    """Answers of four tokens; prompt n's reward is drawn from `rewards[n]`, in turn."""

    name = "scripted"

    def __init__(self, rewards: dict[str, list[float | None]]) -> None:
        self.rewards, self.asked, self.seeds = rewards, list[str](), list[int]()

    def trajectories(self, prompts: Sequence[Prompt], seed_of_call: Any) -> list[Trajectory]:
        self.asked += [prompt.conversation.id for prompt in prompts]
        self.seeds.append(seed_of_call(0))
        ids, mask = np.arange(6, dtype=np.int32), np.array([0, 0, 1, 1, 1, 1], dtype=bool)
        return [
            Trajectory(p.conversation.id, ids, mask, np.zeros(4, np.float32), str(n)) for n, p in enumerate(prompts)
        ]

    def applies(self, row: Any) -> bool:
        return True

    async def score(self, samples: Sequence[Sample]) -> list[Score]:
        count: dict[str, int] = {}
        scores = []
        for sample in samples:
            name = str(sample.row["id"])
            scores.append(Score(self.rewards[name][count.setdefault(name, 0)]))
            count[name] += 1
        return scores


def collector_for(rewards: dict[str, list[float | None]], **section: Any) -> tuple[Collector, Scripted]:
    scripted = Scripted(rewards)
    prompts = [Prompt(np.arange(2), Conversation(name, (), row={"id": name})) for name in rewards]
    parts: list[tuple[float, Reward]] = [(1.0, scripted)]
    group = GroupSection.model_validate({"size": 2, **section})
    return Collector(prompts, scripted, WeighedRewards(parts), group, 0, 10), scripted


def collected(collector: Collector, rows: Sequence[int]) -> Rollouts:
    with collector.rewards:
        return collector.collect(0, rows)


FLAT: list[float | None] = [1.0, 1.0]
MIXED: list[float | None] = [1.0, 0.0]


def test_groups_that_teach_nothing_are_replaced_up_to_the_bound() -> None:
    rewards = {"a": FLAT, "b": MIXED, **{f"more {n}": MIXED if n % 2 else FLAT for n in range(8)}}
    collector, scripted = collector_for(rewards, refills=6)
    found = collected(collector, [0, 1])
    assert len(found.groups) == 2
    assert all(set(group.rewards) == {0.0, 1.0} for group in found.groups)
    assert len(found.skipped) == found.refills == len(scripted.seeds) - 1 >= 1
    assert len(set(scripted.seeds)) == len(scripted.seeds)
    assert len(scripted.asked) == len({*scripted.asked}) * 2  # no prompt twice, two answers each
    everything, _ = collector_for(dict.fromkeys(rewards, FLAT), refills=3)
    found = collected(everything, [0, 1])
    assert (found.groups, len(found.skipped), found.refills) == ([], 8, 3)
    never, scripted = collector_for(rewards)
    found = collected(never, [0, 1])
    assert (len(found.groups), found.skipped, len(scripted.seeds)) == (2, [], 1)


def test_a_truncated_answer_counts_in_the_mean_and_is_masked_if_asked() -> None:
    ids, mask = np.arange(3, dtype=np.int32), np.array([0, 1, 1], dtype=bool)
    members = [Trajectory(str(n), ids, mask, np.zeros(2, np.float32), "", truncated=n == 0) for n in range(3)]
    group = Group(members, [Total(None, {})] * 3, [1.0, 0.0, None])
    for masked, names in ((False, ["0", "1"]), (True, ["1"])):
        [kept] = training_samples([group], GroupSection(std="none", mask_truncated=masked))
        assert [sample.id for sample in kept] == names
        assert kept[-1].advantage == -0.5


def test_overlong_answers_pay_in_the_reward_and_a_missing_one_stays_missing() -> None:
    collector, _ = collector_for({"a": [1.0, None]}, overlong_buffer=8, overlong_weight=0.5)
    [group] = collected(collector, [0]).groups
    assert group.rewards == [1.0 + 0.5 * (10 - 8 - 4) / 8, None]
