"""`plan`: formulas against published counts and real models, measured state and peaks, and what the command says."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
import yaml
from transformers import AutoConfig, AutoModelForCausalLM

from costs.footprint import activation_bytes, memory, parameters, work
from datagen.recipe import shipped_recipes
from losses.logit_tiles import Head
from models.chat_tokens import Example
from recipes.stages import load_stages
from recipes.training import OpdRecipe, StageRecipe
from train import cli
from train.opd import opd_loss_sum
from train.packing import micro_batch_groups, micro_batch_of
from train.progress import RunProgress
from train.session import run_stages
from train.sft import sft_loss_sum
from train.teacher import labelled_hidden
from train.update import build_optimizer, update

LAYER_WITHIN, PEAK_WITHIN = 0.005, 0.1  # relative
VALID, PAD = 259, 256

SMALL: dict[str, Any] = {
    "vocab_size": 300,
    "hidden_size": 64,
    "intermediate_size": 160,
    "num_hidden_layers": 3,
    "num_attention_heads": 4,
    "num_key_value_heads": 2,
    "attn_implementation": "sdpa",
}
MOE = {"num_experts": 4, "num_experts_per_tok": 2, "moe_intermediate_size": 48, "head_dim": 32, "norm_topk_prob": True}


def config(model_type: str, **changes: Any) -> Any:
    wide = {"head_dim": 32} if model_type == "qwen3" else {}
    return AutoConfig.for_model(model_type, **{**SMALL, **wide, **(MOE if "moe" in model_type else {}), **changes})


def stages(name: str) -> dict[str, StageRecipe]:
    return {recipe.stage: recipe for recipe in load_stages(shipped_recipes()[name])}


@pytest.mark.parametrize("tied", [True, False])
@pytest.mark.parametrize("family", ["llama", "mistral", "qwen2", "qwen3", "qwen3_moe"])
def test_parameters_equal_those_of_a_real_model(family: str, tied: bool) -> None:
    shape = config(family, tie_word_embeddings=tied)
    model = AutoModelForCausalLM.from_config(shape)
    assert parameters(shape) == sum(parameter.numel() for parameter in model.parameters())
    if family == "qwen3":
        products = [
            p for name, p in model.named_parameters() if p.ndim == 2 and "embed" not in name and "lm" not in name
        ]
        assert parameters(shape, active=True) == sum(p.numel() for p in products)


def test_parameters_of_the_papers_models_are_as_published() -> None:
    opd = stages("typhoon_s_8b")["opd"]
    assert isinstance(opd, OpdRecipe)
    student, teacher = stages("typhoon_s_8b")["sft"].model.shape, opd.teacher.shape
    assert student
    assert teacher
    assert parameters(AutoConfig.for_model(**student)) == 8_190_735_360
    assert parameters(AutoConfig.for_model(**teacher)) == 30_532_122_624
    assert parameters(AutoConfig.for_model(**teacher), active=True) == pytest.approx(3.3e9 - 0.62e9, rel=0.1)


def test_state_bytes_equal_those_of_a_real_optimiser(fresh_model, recipe_for) -> None:
    model, recipe = fresh_model(), recipe_for()
    optimizer = build_optimizer(model, recipe.optim)
    torch.stack([p.sum() for p in model.parameters()]).sum().backward()
    held = {
        "parameters, the fp32 master weights": sum(p.nbytes for p in model.parameters()),
        "gradients": sum(p.grad.nbytes for p in model.parameters()),
    }
    update(model, optimizer, recipe.optim, 0, 1, 0.0)
    moments = [v for state in optimizer.state.values() for v in state.values() if v.ndim]
    held["AdamW's moments"] = sum(v.nbytes for v in moments)
    predicted = memory(recipe, model.config, None, 100)
    assert {name: predicted[name] for name in held} == held


@pytest.fixture
def four_rows() -> list[Example]:
    """Four rows of 128 tokens, all in the loss."""
    import numpy as np

    rng = np.random.default_rng(1)
    return [Example(f"{n}", rng.integers(0, 259, 128).astype(np.int32), np.arange(128) > 0) for n in range(4)]


@pytest.mark.parametrize("packing", [True, False])
@pytest.mark.parametrize("dtype", ["float32", "bfloat16"])
@pytest.mark.parametrize("family", ["llama", "qwen2", "qwen3"])
def test_activations_are_what_autograd_keeps(
    recipe_for, four_rows: list[Example], family: str, dtype: str, packing: bool
) -> None:
    bf16, batch = dtype == "bfloat16", recipe_for(batch={"packing": packing, "tokens_per_micro_batch": 600}).batch
    # A mask that is a plain causal one is left out by transformers, and with it copies: keys for every head, the mask.
    four_rows[3] = Example("short", four_rows[3].ids_T[:127], four_rows[3].labelled_T[:127])
    micro = micro_batch_of(four_rows, batch, PAD)

    def kept_and_predicted(layers: int) -> tuple[int, int]:
        model = AutoModelForCausalLM.from_config(config(family, num_hidden_layers=layers)).train()
        weights = {parameter.data_ptr() for parameter in model.parameters()}
        kept: dict[int, torch.Tensor] = {}

        def keep(tensor: torch.Tensor) -> torch.Tensor:
            if tensor.untyped_storage().data_ptr() not in weights:
                kept[tensor.untyped_storage().data_ptr()] = tensor
            return tensor

        with torch.autograd.graph.saved_tensors_hooks(keep, lambda tensor: tensor):
            loss = sft_loss_sum(model, micro, valid_ids=VALID, bf16=bf16)
        assert loss.requires_grad
        predicted = activation_bytes(
            model.config, micro.ids_BT.numel(), 511 if packing else 128, bf16=bf16, checkpointing=False
        )
        return sum(tensor.untyped_storage().nbytes() for tensor in kept.values()), predicted[0]

    (three, predicted_three), (four, predicted_four) = kept_and_predicted(3), kept_and_predicted(4)
    assert predicted_three == pytest.approx(three, rel=PEAK_WITHIN)  # the last norm and the loss are roughly known
    assert predicted_four - predicted_three == pytest.approx(four - three, rel=LAYER_WITHIN)


def measured_peak(action: Callable[[], None]) -> int:
    """Bytes that torch's CPU allocator held at most, beyond what it held before."""
    with torch.profiler.profile(activities=[torch.profiler.ProfilerActivity.CPU], profile_memory=True) as profiler:
        action()
    kineto: Any = profiler.profiler
    events = sorted((e for e in kineto.kineto_results.events() if e.name() == "[memory]"), key=lambda e: e.start_ns())
    held = peak = 0
    for event in events:
        held += event.nbytes()
        peak = max(peak, held)
    return peak


@pytest.mark.parametrize("accumulates", [True, False])
@pytest.mark.parametrize("checkpointing", [True, False])
@pytest.mark.parametrize("dtype", ["float32", "bfloat16"])
@pytest.mark.parametrize("stage", ["sft", "opd"])
def test_the_peak_of_training_is_as_measured(
    recipe_for, four_rows: list[Example], stage: str, dtype: str, checkpointing: bool, accumulates: bool
) -> None:
    budget = 256 if accumulates else 512
    recipe: Any = recipe_for(
        batch={"tokens_per_micro_batch": budget},
        data={"max_tokens": 128},
        compute={"dtype": dtype, "activation_checkpointing": checkpointing},
    )
    shape, bf16 = config("qwen3", num_hidden_layers=6), dtype == "bfloat16"
    if stage == "opd":
        tree = recipe.model_dump() | {"stage": "opd", "teacher": {"path": "t"}, "rollout": {"max_new_tokens": 8}}
        recipe = OpdRecipe.model_validate(tree)
    model = AutoModelForCausalLM.from_config(shape).train()
    teacher = AutoModelForCausalLM.from_config(shape).bfloat16().eval()
    if checkpointing:
        model.activation_checkpointing_enable()
    optimizer = build_optimizer(model, recipe.optim)
    micro_batches = [micro_batch_of(group, recipe.batch, PAD) for group in micro_batch_groups(four_rows, recipe.batch)]
    assert len(micro_batches) == 1 + accumulates

    def step() -> None:
        for micro in micro_batches:
            if stage == "sft":
                sft_loss_sum(model, micro, valid_ids=VALID, bf16=bf16).backward()
            else:
                head = Head(labelled_hidden(teacher, micro), teacher.get_output_embeddings().weight.detach())
                opd_loss_sum(model, micro, head, recipe.divergence, valid_ids=VALID, bf16=bf16).backward()
        update(model, optimizer, recipe.optim, 0, 2, 0.0)

    step()
    parts = memory(recipe, shape, shape, 512)
    before = parts["parameters, the fp32 master weights"] + parts["AdamW's moments"]
    before += parts["teacher"] if stage == "opd" else 0
    peak = max(parts["peak: training"], parts["peak: update"])
    assert peak == pytest.approx(before + measured_peak(step), rel=PEAK_WITHIN)


def test_work_is_six_flops_a_parameter_and_token_and_eight_with_checkpointing(recipe_for) -> None:
    shape = AutoConfig.for_model(**(stages("typhoon_s_8b")["sft"].model.shape or {}))
    plain, again = (
        work(recipe_for(data={"max_tokens": 2}, compute={"activation_checkpointing": c}), shape, None, 1)[0]
        for c in (False, True)
    )
    body, head = parameters(shape, active=True), 4096 * 151_936
    assert plain == pytest.approx(6 * body + 6 * head, rel=1e-3)
    assert again - plain == pytest.approx(2 * body, rel=1e-3)


def said(monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, str]:
    monkeypatch.setattr(sys, "argv", ["typhoon-train", "plan", *arguments])
    with pytest.raises(SystemExit) as exit_:
        cli.main()
    out, err = capfd.readouterr()
    return int(exit_.value.code or 0), out + err


FAST = ("--tflops", "1", "--gb-per-s", "10")


def test_the_papers_recipe_is_planned_with_neither_data_nor_models(
    monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    monkeypatch.chdir(tmp_path)
    code, text = said(monkeypatch, capfd, "typhoon_s_8b", "--tflops", "396", "--gb-per-s", "3350")
    assert code == 0
    assert text.count("model: 8,190,735,360 parameters") == 2  # the second stage starts from the first
    assert "teacher: 30,532,122,624 parameters" in text
    assert "65.526 GB  AdamW's moments" in text
    assert "1,330 steps of 524,288 tokens" in text  # 2 x 340,000 rows, 512 a step
    assert "2,500 steps of 65,536 tokens" in text
    assert text.count("deviates from the paper: one device") == 2
    assert not any(tmp_path.iterdir())


@pytest.fixture
def chain(tmp_path: Path, student: Path, chats_path: Path) -> Path:
    path = tmp_path / "chain.yaml"
    tree = yaml.safe_load(shipped_recipes()["tiny"].read_text(encoding="utf-8"))
    tree["out"], tree["data"]["path"], tree["model"] = str(tmp_path / "out"), str(chats_path), {"path": str(student)}
    tree["stages"]["opd"]["teacher"] = {"path": str(student)}
    path.write_text(yaml.safe_dump(tree, sort_keys=False), encoding="utf-8")
    return path


def test_the_tiny_chain_runs_and_its_dry_run_prints_what_deviates(
    chain: Path, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    recipes = load_stages(chain)
    run_stages(recipes, resume=False, dry_run=True, progress=RunProgress())
    text = capfd.readouterr().out
    assert text.count("deviates from the paper: a random ") == 2
    assert not (tmp_path / "out").exists()
    run_stages(recipes, resume=False, dry_run=False, progress=RunProgress())
    assert (tmp_path / "out" / "opd" / "final" / "model.safetensors").exists()


def test_a_plan_counts_the_dataset_that_is_there_and_loads_no_weights(
    monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str], chain: Path, student: Path
) -> None:
    def refuse(*_: Any, **__: Any) -> None:
        raise AssertionError("weights were loaded")

    monkeypatch.setattr(torch.nn.Module, "__init__", refuse)
    code, text = said(monkeypatch, capfd, str(chain), *FAST)
    assert code == 0
    assert text.count("12 of 12 rows") == 2
    assert "time: 4 steps of " in text


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        (["model.path=does/not/exist"], "no config.json of does/not/exist"),
        (["data.path=nowhere", "data.expected_rows=null"], "there is no dataset at nowhere"),
        (["stages.opd.teacher.shape={model_type: gpt2}", "stages.opd.teacher.path=no/where"], "plan has formulas for"),
        (
            ["stages.opd.teacher.shape={model_type: qwen3, layers: 3}", "stages.opd.teacher.path=no/where"],
            "a qwen3 has no layers",
        ),
        (["stages.opd.teacher.shape={layers: 3}", "stages.opd.teacher.path=no/where"], "plan has formulas for"),
    ],
)
def test_what_plan_cannot_know_is_one_sentence(
    monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
    chain: Path,
    arguments: list[str],
    complaint: str,
) -> None:
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    code, text = said(monkeypatch, capfd, str(chain), *arguments, *FAST)
    assert code == 2
    assert complaint in text
    assert text.splitlines()[-1].startswith("typhoon-train: ")
    assert "Traceback" not in text


def test_without_a_given_speed_it_is_measured(
    monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str], chain: Path
) -> None:
    code, text = said(monkeypatch, capfd, str(chain))
    assert code == 0
    assert "TFLOP/s and" in text
