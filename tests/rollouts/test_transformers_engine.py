"""Rollouts: the policy's own log-probabilities, ids that exist, a function of the seed alone."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch
from transformers import GenerationConfig

from rollouts.config import RolloutSection
from rollouts.engine import Rollout
from rollouts.transformers_engine import TransformersRollouts

VALID, PAD, END = 259, 256, 258


def engine_for(model: Any, *, bf16: bool = False, valid_ids: int = VALID, **options: Any) -> TransformersRollouts:
    model.generation_config = GenerationConfig(eos_token_id=[END, PAD], pad_token_id=PAD)
    section = RolloutSection.model_validate({"max_new_tokens": 20, "rows_per_call": 3, **options})
    engine = TransformersRollouts(model, section, valid_ids=valid_ids, bf16=bf16)
    engine.wake()
    return engine


@pytest.fixture
def prompts() -> list[np.ndarray]:
    rng = np.random.default_rng(1)
    return [rng.integers(0, 256, length).astype(np.int32) for length in (5, 3, 9, 3, 17)]


def trainer_logprobs(model: Any, prompt: np.ndarray, rollout: Rollout, valid_ids: int = VALID) -> np.ndarray:
    """What a forward pass over the whole sequence, without a cache, gives to the sampled tokens."""
    ids = torch.from_numpy(np.concatenate([prompt, rollout.ids_S])).long()
    with torch.no_grad():
        logp = model(input_ids=ids[None]).logits[0, :, :valid_ids].log_softmax(-1)
    return logp[len(prompt) - 1 : -1].gather(1, ids[len(prompt) :, None])[:, 0].numpy()


@pytest.mark.parametrize("options", [{}, {"temperature": 2.0, "top_p": 0.5}, {"temperature": 0.7}])
def test_log_probabilities_are_the_policys_own_whatever_it_was_sampled_with(fresh_model, prompts, options) -> None:
    model = fresh_model()
    rollouts = engine_for(model, **options).generate(prompts, lambda call: call)
    for prompt, rollout in zip(prompts, rollouts, strict=True):
        wanted = trainer_logprobs(model, prompt, rollout)
        assert np.abs(rollout.logprobs_S - wanted).max() < 1e-4
        # The twin: the same tokens after another prompt.
        assert np.abs(rollout.logprobs_S - trainer_logprobs(model, prompt[:-1], rollout)).max() > 1e-2


def test_padded_ids_are_never_drawn_and_have_no_mass(fresh_model, prompts) -> None:
    model = fresh_model()
    rollouts = engine_for(model, valid_ids=40, top_p=1.0).generate(prompts, lambda call: call)
    assert max(int(rollout.ids_S.max()) for rollout in rollouts) < 40
    wanted = trainer_logprobs(model, prompts[0], rollouts[0], valid_ids=40)
    assert np.abs(rollouts[0].logprobs_S - wanted).max() < 1e-4


def test_answers_end_at_an_end_token_or_are_truncated(fresh_model, prompts) -> None:
    model = fresh_model()
    with torch.no_grad():  # an end token often enough
        model.lm_head.weight[END] *= 3
    rollouts = engine_for(model, max_new_tokens=12, top_p=1.0).generate(prompts * 6, lambda call: call)
    assert {rollout.truncated for rollout in rollouts} == {True, False}
    for rollout in rollouts:
        ends = [n for n, token in enumerate(rollout.ids_S) if token in (END, PAD)]
        assert ends == ([] if rollout.truncated else [len(rollout.ids_S) - 1])
        assert len(rollout.ids_S) == len(rollout.logprobs_S) <= 12
        assert rollout.truncated == (len(ends) == 0)


def test_a_call_is_a_function_of_its_seed_and_leaves_the_generators_alone(fresh_model, prompts) -> None:
    engine = engine_for(fresh_model())
    before = torch.get_rng_state()
    first, again, other = (engine.generate(prompts, lambda call, seed=seed: seed + call) for seed in (0, 0, 50))
    assert torch.equal(before, torch.get_rng_state())
    assert [r.ids_S.tolist() for r in first] == [r.ids_S.tolist() for r in again]
    assert [r.ids_S.tolist() for r in first] != [r.ids_S.tolist() for r in other]
    torch.manual_seed(77)
    assert [r.ids_S.tolist() for r in engine.generate(prompts, lambda call: call)] == [r.ids_S.tolist() for r in first]


def test_the_student_samples_as_often_as_it_believes(fresh_model) -> None:
    """Frequencies of the first token against its probabilities, at temperature 1 and top_p 1."""
    model, prompt = fresh_model(), np.array([7, 8, 9], dtype=np.int32)
    with torch.no_grad():
        wanted = model(input_ids=torch.tensor([[7, 8, 9]])).logits[0, -1, :VALID].softmax(-1).numpy()

    def distance(**options: Any) -> float:
        """Total variation; sampling error alone is about 0.04."""
        engine = engine_for(model, max_new_tokens=1, rows_per_call=4000, **options)
        drawn = np.array([int(rollout.ids_S[0]) for rollout in engine.generate([prompt] * 20_000, lambda call: call)])
        return float(np.abs(np.bincount(drawn, minlength=VALID) / len(drawn) - wanted).sum() / 2)

    assert distance(top_p=1.0) < 0.06
    assert distance(top_p=0.8) > 0.15  # the twins
    assert distance(top_p=1.0, temperature=0.7) > 0.15


def test_the_bf16_copy_follows_the_student_and_goes_away(fresh_model, prompts) -> None:
    model = fresh_model()
    engine = engine_for(model, bf16=True)
    copy = engine._copy
    assert {p.dtype for p in copy.parameters()} == {torch.bfloat16}
    assert {p.dtype for p in model.parameters()} == {torch.float32}
    assert copy.lm_head.weight is copy.model.embed_tokens.weight
    before = engine.generate(prompts, lambda call: call)
    with torch.no_grad():
        for parameter in model.parameters():
            parameter.mul_(-0.5)
    stale = engine.generate(prompts, lambda call: call)
    assert [r.ids_S.tolist() for r in before] == [r.ids_S.tolist() for r in stale]
    engine.sync()
    fresh = engine.generate(prompts, lambda call: call)
    assert [r.ids_S.tolist() for r in before] != [r.ids_S.tolist() for r in fresh]
    engine.sleep()
    assert engine._copy is None
    assert model.training  # generation borrowed nothing
