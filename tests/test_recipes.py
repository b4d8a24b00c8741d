"""Every shipped recipe loads; every package module can be found; the two command lines have help with examples."""

from __future__ import annotations

import tomllib
from pathlib import Path

import pytest
import yaml
from typer.testing import CliRunner

from datagen.cli import app as data_app
from datagen.config import BuildRecipe
from datagen.recipe import load_recipe, shipped_recipes
from recipes.stages import load_stages
from train.cli import app as train_app

ROOT = Path(__file__).parent.parent


@pytest.mark.parametrize("path", shipped_recipes().values(), ids=shipped_recipes().keys())
def test_shipped_recipe_loads(path: Path):
    if {"stage", "stages"} & yaml.safe_load(path.read_text(encoding="utf-8")).keys():
        load_stages(path)
    else:
        load_recipe(BuildRecipe, path)


def test_the_expected_recipes_are_shipped():
    assert set(shipped_recipes()) >= {"sft", "sft_tiny", "qwen_0.5b_cpu", "typhoon_s_8b", "tiny", "endpoint_th"} | {
        "ink_grpo_agent",
        "ink_grpo_agent_cpu",
        "ink_grpo_agent_tiny",
        "ink_grpo_single",
        "ink_grpo_cpu",
        "ink_grpo_tiny",
        "typhoon_s_full",
    }


@pytest.mark.parametrize(
    ("app", "command"),
    [(data_app, "build"), (data_app, "verify"), (data_app, "show"), (train_app, "run"), (train_app, "plan")],
)
def test_help_has_examples(app, command):
    result = CliRunner().invoke(app, [command, "--help"])
    assert result.exit_code == 0
    assert "Examples" in result.output


def test_pins_name_no_registry_and_pin_torch():
    lines = [line for line in (ROOT / "pins.txt").read_text().splitlines() if line and not line.startswith("#")]
    assert "torch==2.13.0" in lines
    assert all("==" in line and "://" not in line and "@" not in line for line in lines)
    pinned = {line.split("==")[0].lower().replace("_", "-") for line in lines}
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    wanted = project["dependencies"] + [d for extra in project["optional-dependencies"].values() for d in extra]
    names = {d.split("[")[0].split(">")[0].split("=")[0].strip().lower() for d in wanted}
    assert names - {"typhoon-data", "vllm", "wandb"} <= pinned  # neither is part of `make install`
