"""The command line: shipped recipes load, mistakes are one sentence and exit code 2."""

from __future__ import annotations

import importlib.util
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from datagen.recipe import load_recipe, shipped_recipes
from recipes.stages import load_stages
from recipes.training import OpdRecipe, SftRecipe
from train import cli

SHIPPED = sorted(name for name in shipped_recipes() if name.startswith("sft"))


def exit_code(monkeypatch: pytest.MonkeyPatch, *arguments: str) -> int:
    monkeypatch.setattr(sys, "argv", ["typhoon-train", *arguments])
    with pytest.raises(SystemExit) as exit_:
        cli.main()
    return int(exit_.value.code or 0)


def test_the_sft_recipes_are_shipped() -> None:
    assert SHIPPED == ["sft", "sft_tiny"]


@pytest.mark.parametrize("name", SHIPPED)
def test_every_shipped_recipe_loads(name: str) -> None:
    recipe = load_recipe(SftRecipe, shipped_recipes()[name])
    assert recipe.model.name == "qwen2.5-coder-0.5b"
    assert (recipe.model.tiny is None) == (name == "sft")


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        (["optim.larning_rate=1"], "unknown key 'optim.larning_rate'; known keys: lr"),
        (["optim.epoch=1"], "did you mean 'epochs'?"),
        (["optim.lr=-1"], "optim.lr"),
        (["optim.schedule=constant", "optim.min_lr_ratio=0.1"], "min_lr_ratio has no effect"),
        (["data.max_tokens=5000"], "must hold the longest row"),
        (["model.path=x"], "give either name"),
        (["model.tiny.hidden_size=30"], "multiple of 2 * heads"),
        (["data.path=does/not/exist"], "there is no dataset at does/not/exist"),
    ],
)
def test_mistakes_are_one_sentence_and_exit_code_2(
    monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
    tmp_path: Path,
    arguments: list[str],
    complaint: str,
) -> None:
    monkeypatch.chdir(tmp_path)
    assert exit_code(monkeypatch, "run", "sft_tiny", *arguments) == 2
    error = capfd.readouterr().err
    assert complaint in error
    assert error.startswith("typhoon-train: ")
    assert error.count("\n") == 1
    assert "Traceback" not in error
    assert not any(tmp_path.iterdir())


def test_the_opd_recipe_loads_and_its_resolved_form_loads_again(tmp_path: Path) -> None:
    [recipe] = load_stages(shipped_recipes()["qwen_0.5b_cpu"], ["divergence.kl=top_k", "divergence.top_k=20"])
    assert isinstance(recipe, OpdRecipe)
    assert (recipe.teacher.name, recipe.divergence.top_k) == ("qwen2.5-coder-1.5b", 20)
    resolved = tmp_path / "resolved.yaml"
    resolved.write_text(yaml.safe_dump(recipe.model_dump(mode="json")), encoding="utf-8")
    assert load_stages(resolved) == [recipe]


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        (["stage=dpo"], "'dpo' is not one of sft, opd"),
        (["divergence.kl=backward"], "divergence.kl"),
        (["divergence.beta=0.1"], "beta has no effect with kl: forward; it belongs to kl: jsd"),
        (["divergence.top_k=5"], "top_k has no effect"),
        (["divergence.kl=sampled"], "is a policy gradient"),
        (["rollout.max_new_tokens=400"], "must hold the longest prompt and its answer"),
        (["data.loss=full"], "data.loss must be assistant"),
        (["teacher.placement=spooled"], "belong together"),
        (["teacher.placement=spooled", "teacher.spool=x"], "needs rollout.share: 0"),
        (["teacher.placement=swapped", "teacher.device=cuda:1"], "device has no effect"),
        (["teacher.path=x"], "give either name"),
        (["rollout.shere=1"], "did you mean 'share'?"),
    ],
)
def test_mistakes_in_a_distillation_are_one_sentence(
    monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
    tmp_path: Path,
    arguments: list[str],
    complaint: str,
) -> None:
    monkeypatch.chdir(tmp_path)
    assert exit_code(monkeypatch, "run", "qwen_0.5b_cpu", *arguments) == 2
    error = capfd.readouterr().err
    assert complaint in error
    assert error.count("\n") == 1


def test_missing_recipe_names_the_shipped_ones(
    monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    assert exit_code(monkeypatch, "run", "nowhere.yaml") == 2
    assert "sft_tiny" in capfd.readouterr().err


def test_without_torch_the_extra_is_named(monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None if name == "torch" else object())
    assert exit_code(monkeypatch, "run", "sft_tiny") == 2
    assert "pip install 'typhoon-data[train]'" in capfd.readouterr().err


def test_help_and_wrong_recipes_answer_without_torch() -> None:
    code = (
        "import sys, train.cli, contextlib\n"
        "sys.argv = ['typhoon-train', 'run', '--help']\n"
        "with contextlib.suppress(SystemExit): train.cli.main()\n"
        "assert not {'torch', 'transformers'} & set(sys.modules)\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert "typhoon-train run recipes/sft.yaml" in done.stdout


def test_a_run_from_the_command_line_ends_with_code_0(
    monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str], recipe_for, tmp_path: Path
) -> None:
    recipe = recipe_for(sample={"prompts": ["สวัสดี"], "max_new_tokens": 3})
    path = tmp_path / "mine.yaml"
    path.write_text(yaml.safe_dump(recipe.model_dump(mode="json"), allow_unicode=True), encoding="utf-8")
    assert exit_code(monkeypatch, "run", str(path), "optim.max_steps=2") == 0
    said = capfd.readouterr().out
    assert "step 2/2  loss" in said
    assert "tokens/s" in said
    assert "prompt: สวัสดี\nanswer:" in said
