"""Adapters: gradients by the chain rule, a base in which no bit moves, exports that agree, a resume that goes on."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from peft.tuners.lora import LoraLayer
from safetensors.torch import load_file
from transformers import AutoModelForCausalLM

from costs.footprint import adapter_parameters, memory
from models.chat_tokens import ChatTokenizer, Example
from models.errors import ModelError
from models.loading import load_tokenizer
from models.source import ModelSection
from recipes.training import OpdRecipe, SftRecipe
from train import lora
from train.checkpoint import latest_checkpoint
from train.grpo.reference import Reference
from train.lora import add_adapters
from train.metrics import StepMetrics
from train.model import check_model, hidden_states
from train.packing import micro_batch_of
from train.progress import RunProgress
from train.run_folder import RunFolder
from train.session import run_stage
from train.sft import sft_loss_sum

VALID, PAD = 259, 256
LORA: dict[str, Any] = {"r": 3, "alpha": 5}


class Stopped(Exception):
    pass


class StopAfterFive(RunProgress):
    """Breaks off right after the fifth step, as a crash would."""

    def step(self, metrics: StepMetrics) -> None:
        if metrics.step == 5:
            raise Stopped


@pytest.fixture
def adapted(fresh_model: Callable[..., Any], recipe_for: Callable[..., SftRecipe]) -> Any:
    """The small model with adapters that have learnt something."""
    model = fresh_model()
    add_adapters(model, recipe_for(lora=LORA))
    with torch.no_grad():
        for parameter in model.parameters():
            if parameter.requires_grad:
                parameter += 0.1 * torch.randn(parameter.shape, generator=torch.Generator().manual_seed(1))
    return model


def merged_twin(adapted: Any, fresh: Any, scale: float) -> tuple[Any, dict[str, tuple[Any, Any]]]:
    """A plain model whose matrices are W + scale B A, computed here; and each matrix' name with its A and B."""
    pairs = {}
    for name, module in adapted.named_modules():
        if isinstance(module, LoraLayer):
            a, b = module.lora_A["default"].weight, module.lora_B["default"].weight
            pairs[f"{name}.weight"] = (a, b)
    fresh = fresh.to(next(iter(pairs.values()))[0].dtype)
    with torch.no_grad():
        for name, (a, b) in pairs.items():
            fresh.get_parameter(name).add_(scale * b @ a)
    return fresh, pairs


def gradient_error(adapted: Any, fresh: Any, loss: Callable[[Any], torch.Tensor], relative_error: Any) -> float:
    scale = LORA["alpha"] / LORA["r"]
    plain, pairs = merged_twin(adapted, fresh, scale)
    loss(adapted).backward()
    loss(plain).backward()
    wanted, given = [], []
    for name, (a, b) in pairs.items():
        of_matrix = plain.get_parameter(name).grad
        wanted += [scale * b.detach().T @ of_matrix, scale * of_matrix @ a.detach().T]
        given += [a.grad, b.grad]
    assert len(given) == 2 * 7 * 2
    return relative_error(given, wanted)


def test_gradients_are_those_of_the_merged_matrices_in_float64(
    adapted: Any, fresh_model, recipe_for, ragged_examples: list[Example], relative_error
) -> None:
    micro = micro_batch_of(ragged_examples, recipe_for().batch, PAD)

    def loss(model: Any) -> torch.Tensor:
        logits_TV = hidden_states(model, micro)[0] @ model.get_output_embeddings().weight.T
        return torch.nn.functional.cross_entropy(logits_TV, micro.targets_BT[0], reduction="sum")

    assert gradient_error(adapted.double(), fresh_model(), loss, relative_error) < 1e-12


def test_gradients_of_the_loss_that_is_trained_are_those_of_the_merged_matrices(
    adapted: Any, fresh_model, recipe_for, ragged_examples: list[Example], relative_error
) -> None:
    micro = micro_batch_of(ragged_examples, recipe_for().batch, PAD)
    adapted.double()  # the head and the softmax are in fp32 all the same
    error = gradient_error(adapted, fresh_model(), lambda m: sft_loss_sum(m, micro, valid_ids=VALID), relative_error)
    assert error < 1e-6
    assert all(p.grad is None for p in adapted.parameters() if not p.requires_grad)


def test_the_checks_and_the_packing_hold_with_adapters(adapted: Any, fresh_model, student: Path) -> None:
    chat: ChatTokenizer = load_tokenizer(ModelSection(path=str(student)), lambda _: None)
    check_model(adapted, chat, packing=True)
    assert adapted.get_output_embeddings().weight.shape == fresh_model().get_output_embeddings().weight.shape


@pytest.mark.parametrize("dtype", ["float32", "bfloat16"])
def test_adapters_are_fp32_and_start_as_the_base(recipe_for, fresh_model, dtype: str) -> None:
    recipe = recipe_for(lora=LORA, compute={"dtype": dtype})
    model, ids = fresh_model().to(getattr(torch, dtype)), torch.arange(9)[None]
    before = model(input_ids=ids).logits
    add_adapters(model, recipe)
    trained = {n: p for n, p in model.named_parameters() if p.requires_grad}
    assert all("lora_" in name and p.dtype is torch.float32 for name, p in trained.items())
    assert sum(p.numel() for p in trained.values()) == 2 * 3 * (4 * 32 + 32 + 16 + 32 + 16 + 3 * (32 + 64))
    assert torch.equal(model(input_ids=ids).logits, before)


def base_of(student: Path) -> dict[str, torch.Tensor]:
    return load_file(student / "model.safetensors")


def test_only_adapters_are_trained_stored_and_exported(
    recipe_for, student: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    recipe, seen = recipe_for(lora=LORA, checkpoint={"every_steps": 2}), []
    right = lora.save_with_adapters

    def save_with_adapters(model: Any, folder: Path) -> None:
        seen.append({n.replace(".base_layer", ""): p.clone() for n, p in model.named_parameters() if "lora_" not in n})
        seen.append(model(input_ids=torch.arange(40)[None]).logits)
        right(model, folder)

    monkeypatch.setattr(lora, "save_with_adapters", save_with_adapters)
    run_stage(recipe, resume=False, dry_run=False, progress=RunProgress())
    (after, logits), before = seen, base_of(student)
    assert after.keys() == before.keys()
    assert all(torch.equal(after[name], before[name]) for name in before)

    folder = RunFolder(recipe.out)
    checkpoint = latest_checkpoint(folder.checkpoints)
    assert checkpoint is not None
    stored = torch.load(checkpoint / "state.pt", weights_only=True)["model"]
    assert len(stored) == 2 * 7 * 2
    assert all("lora_" in name for name in stored)

    merged: Any = AutoModelForCausalLM.from_pretrained(folder.final)
    adapters: Any = AutoModelForCausalLM.from_pretrained(folder.final / "adapter")
    assert {*load_file(folder.final / "model.safetensors")} == before.keys()
    plain: Any = AutoModelForCausalLM.from_pretrained(student)
    ids = torch.arange(40)[None]
    assert (merged(input_ids=ids).logits - logits).norm() / logits.norm() < 1e-6
    assert torch.equal(adapters(input_ids=ids).logits, logits)
    assert (plain(input_ids=ids).logits - logits).norm() / logits.norm() > 1e-2


def opd_of(recipe: SftRecipe, student: Path) -> OpdRecipe:
    tree = recipe.model_dump(mode="json")
    return OpdRecipe.model_validate(
        {
            **tree,
            "stage": "opd",
            "batch": tree["batch"] | {"tokens_per_micro_batch": 300},
            "teacher": {"path": str(student), "dtype": "float32", "tiny": {"hidden_size": 32}},
            "rollout": {"share": 0.5, "max_new_tokens": 8},
        }
    )


@pytest.mark.parametrize(
    ("stage", "dtype"),
    [("sft", "float32"), ("opd", "float32"), ("opd", "bfloat16"), ("grpo", "float32"), ("grpo", "bfloat16")],
)
def test_resumed_equals_uninterrupted(recipe_for, grpo_recipe_for, student: Path, stage: str, dtype: str) -> None:
    def make(out: str) -> Any:
        sections = {"lora": {**LORA, "dropout": 0.1}, "checkpoint": {"every_steps": 2}, "compute": {"dtype": dtype}}
        if stage == "grpo":
            sections |= {"lora": LORA, "ink": {}, "policy": {"kl_weight": 0.1}, "optim": {"max_steps": 7, "epochs": 4}}
            return grpo_recipe_for(out, **sections)
        recipe = recipe_for(out, optim={"max_steps": 7}, **sections)
        return opd_of(recipe, student) if stage == "opd" else recipe

    whole, broken = make("whole"), make("broken")
    run_stage(whole, resume=False, dry_run=False, progress=RunProgress())
    with pytest.raises(Stopped):
        run_stage(broken, resume=False, dry_run=False, progress=StopAfterFive())
    torch.manual_seed(5)
    run_stage(broken, resume=True, dry_run=False, progress=RunProgress())
    for file in ("adapter/adapter_model.safetensors", "model.safetensors"):
        one, other = (load_file(RunFolder(r.out).final / file) for r in (broken, whole))
        assert one.keys() == other.keys()
        assert all(torch.equal(one[name], other[name]) for name in one)
    weights, base = load_file(RunFolder(whole.out).final / "model.safetensors"), base_of(student)
    assert all(w.dtype is getattr(torch, dtype) for w in weights.values())
    moved = {n.split(".")[-2] for n in base if not torch.equal(weights[n], base[n].to(weights[n].dtype))}
    assert moved == {*whole.lora.target_modules}


def test_the_reference_of_adapters_is_the_base(adapted: Any, fresh_model, grpo_recipe_for) -> None:
    policy, ids = adapted, torch.arange(9)[None]
    reference = Reference(policy, grpo_recipe_for(lora=LORA, policy={"kl_weight": 1.0}))
    before = policy(input_ids=ids).logits
    with reference.model() as model:
        assert torch.equal(model(input_ids=ids).logits, fresh_model()(input_ids=ids).logits)
    assert torch.equal(policy(input_ids=ids).logits, before)
    assert (before - fresh_model()(input_ids=ids).logits).norm() > 0.1 * before.norm()


@pytest.mark.parametrize("target", ["lm_head", "embed_tokens", "c_attn"])
def test_what_is_no_matrix_of_a_layer_is_refused(recipe_for, fresh_model, target: str) -> None:
    recipe = recipe_for(lora={"target_modules": ["q_proj", target]})
    with pytest.raises(ModelError, match=re.escape(f"names {target}, no matrix of a layer; there are down_proj, ")):
        add_adapters(fresh_model(), recipe)


def test_dropout_needs_one_process(recipe_for, fresh_model, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lora, "rank_count", lambda: 2)
    with pytest.raises(ModelError, match="use 0, or one process"):
        add_adapters(fresh_model(), recipe_for(lora={"dropout": 0.1}))


@pytest.mark.parametrize("dtype", ["float32", "bfloat16"])
def test_the_plan_counts_adapters_and_the_base(recipe_for, fresh_model, dtype: str) -> None:
    recipe = recipe_for(lora=LORA, compute={"dtype": dtype})
    model = fresh_model().to(getattr(torch, dtype))
    base = sum(p.nbytes for p in model.parameters())
    add_adapters(model, recipe)
    trained = sum(p.numel() for p in model.parameters() if p.requires_grad)
    assert adapter_parameters(model.config, recipe.lora) == trained
    parts = memory(recipe, model.config, None, 100)
    state = ("parameters, the fp32 master weights", "gradients", "AdamW's moments", "frozen parameters")
    assert [parts[name] for name in state] == [4 * trained, 4 * trained, 8 * trained, base]
    assert parts["peak: update"] == 16 * trained + base
    whole = recipe_for(compute={"dtype": dtype, "shard": "full"})
    one, four = (memory(whole, model.config, None, 100, processes=n) for n in (1, 4))
    assert [one[name] for name in state[:3]] == [4 * four[name] for name in state[:3]]
