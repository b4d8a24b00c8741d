"""The vLLM engine: what is said where it cannot be, and how our arguments are handed over.

A stand-in takes the place of vLLM below. It shows which calls are made with which arguments, and is no proof that
vLLM does what we expect of it: that takes a GPU.
"""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
import torch

from models.errors import MissingExtraError, ModelError
from recipes.training import OpdRecipe
from rollouts.config import RolloutSection
from rollouts.vllm_engine import VllmRollouts
from train.progress import RunProgress
from train.session import run_stage


@pytest.fixture
def recipe(recipe_for, student: Path) -> OpdRecipe:
    tree = recipe_for(batch={"tokens_per_micro_batch": 300}).model_dump(mode="json")
    rollout = {"engine": "vllm", "max_new_tokens": 8}
    return OpdRecipe.model_validate(tree | {"stage": "opd", "teacher": {"path": str(student)}, "rollout": rollout})


def test_without_the_package_and_without_a_gpu_it_is_one_sentence_before_the_run(
    recipe: OpdRecipe, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None if name == "vllm" else object())
    with pytest.raises(MissingExtraError, match="vllm is not installed: pip install vllm, or take engine: transform"):
        run_stage(recipe, resume=False, dry_run=False, progress=RunProgress())
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: object())
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    with pytest.raises(ModelError, match="vllm needs a GPU, and there is none"):
        run_stage(recipe, resume=False, dry_run=False, progress=RunProgress())
    assert not Path(recipe.out).exists()


class StandIn:
    """Notes what it is asked, and "generates" token 65 with log-probability -0.5, and then the end."""

    def __init__(self, **engine: Any) -> None:
        self.asked: list[Any] = [("engine", engine)]
        self.weights: dict[str, torch.Tensor] = {}

    def sleep(self, level: int) -> None:
        self.asked.append(("sleep", level))

    def wake_up(self, tags: list[str]) -> None:
        self.asked.append(("wake", tags))

    def apply_model(self, function: Any) -> None:
        self.asked.append(("weights",))
        function(SimpleNamespace(load_weights=lambda weights: self.weights.update(weights)))

    def generate(self, prompts: list[Any], sampling: list[Any], use_tqdm: bool) -> list[Any]:
        self.asked.append(("generate", prompts, sampling))
        at = [{65: SimpleNamespace(logprob=-0.5)}, {258: SimpleNamespace(logprob=-0.25)}]
        return [
            SimpleNamespace(outputs=[SimpleNamespace(token_ids=[65, 258][:n], logprobs=at[:n])])
            for n, _ in enumerate(prompts, start=1)
        ]


def test_arguments_weights_and_answers_are_handed_over(fresh_model, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "vllm", SimpleNamespace(LLM=StandIn, SamplingParams=dict))
    monkeypatch.setenv("VLLM_ENABLE_V1_MULTIPROCESSING", "1")  # put back afterwards
    student = fresh_model()
    student.generation_config.eos_token_id = [258, 256]
    engine = VllmRollouts(
        student, RolloutSection(temperature=0.7, top_p=0.9, max_new_tokens=2), valid_ids=259, longest=50
    )
    engine.wake()
    first, second = engine.generate([np.array([1, 2], dtype=np.int32), np.array([3])], lambda n: 100 + n)
    engine.sleep()
    stand_in = engine.llm
    assert [asked[0] for asked in stand_in.asked] == [
        "engine", "sleep", "wake", "weights", "wake", "generate", "sleep",
    ]  # fmt: skip
    assert [asked[1] for asked in stand_in.asked if asked[0] == "wake"] == [["weights"], ["kv_cache"]]
    assert stand_in.asked[0][1]["max_model_len"] == 50
    _, prompts, sampling = stand_in.asked[5]
    assert prompts == [{"prompt_token_ids": [1, 2]}, {"prompt_token_ids": [3]}]
    assert [s["seed"] for s in sampling] == [100, 101]
    assert (sampling[0]["temperature"], sampling[0]["top_p"], sampling[0]["max_tokens"]) == (0.7, 0.9, 2)
    assert sampling[0]["stop_token_ids"] == [258, 256]
    assert sorted(sampling[0]["logit_bias"]) == list(range(259, 300))
    assert stand_in.weights.keys() == dict(student.named_parameters()).keys()
    assert {weight.dtype for weight in stand_in.weights.values()} == {torch.bfloat16}
    assert (first.ids_S.tolist(), first.logprobs_S.tolist(), first.truncated) == ([65], [-0.5], True)
    assert (second.ids_S.tolist(), second.logprobs_S.tolist(), second.truncated) == ([65, 258], [-0.5, -0.25], False)
