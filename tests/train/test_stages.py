"""Chains: what a stage inherits, where it writes, whose checkpoint it starts from; a chain runs and resumes."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import torch
import yaml
from safetensors.torch import load_file

from datagen.errors import OutputError, RecipeError
from recipes.stages import load_stages
from recipes.training import OpdRecipe, SftRecipe
from train.progress import RunProgress
from train.run_folder import RunFolder
from train.session import run_stages


def write(path: Path, tree: dict[str, Any]) -> Path:
    path.write_text(yaml.safe_dump(tree, allow_unicode=True, sort_keys=False), encoding="utf-8")
    return path


CHAIN: dict[str, Any] = {
    "out": "runs/th",
    "seed": 3,
    "model": {"name": "qwen2.5-coder-0.5b"},
    "data": {"path": "out/demo", "max_tokens": 256},
    "optim": {"lr": 1e-3, "epochs": 1},
    "rollout": {"share": 0.5},
    "stages": {"sft": None, "opd": {"teacher": {"path": "t"}, "optim": {"lr": 1e-4}}},
}
NO_ROLLOUT = {key: value for key, value in CHAIN.items() if key != "rollout"}


def test_stages_inherit_and_the_second_starts_from_the_first(tmp_path: Path) -> None:
    sft, opd = load_stages(write(tmp_path / "chain.yaml", NO_ROLLOUT), ["stages.opd.rollout.share=0.75", "seed=4"])
    assert isinstance(sft, SftRecipe)
    assert isinstance(opd, OpdRecipe)
    assert (sft.out, opd.out) == ("runs/th/sft", "runs/th/opd")
    assert (sft.model.name, opd.model.name, opd.model.path) == ("qwen2.5-coder-0.5b", None, "runs/th/sft/final")
    assert (sft.optim.lr, opd.optim.lr, opd.optim.epochs) == (1e-3, 1e-4, 1)
    assert (sft.seed, opd.seed, opd.rollout.share) == (4, 4, 0.75)


def test_two_stages_of_a_kind_have_names_of_their_own(tmp_path: Path) -> None:
    chain = NO_ROLLOUT | {"stages": {"warm": {"stage": "sft"}, "long": {"stage": "sft", "model": {"path": "x"}}}}
    warm, long = load_stages(write(tmp_path / "chain.yaml", chain))
    assert (warm.stage, warm.out, long.out, long.model.path) == ("sft", "runs/th/warm", "runs/th/long", "x")


@pytest.mark.parametrize(
    ("change", "complaint"),
    [
        ({"rollout": {"share": 0.5}}, "stage sft: unknown key 'rollout'"),
        ({"stages": {}}, "must map names"),
        ({"stages": ["sft"]}, "must map names"),
        ({"stages": {"dpo": {}}}, "stage dpo: stage: 'dpo' is not one of sft, opd"),
        ({"stages": {"sft": 3}}, "stages.sft must hold keys"),
        ({"stage": "sft"}, "stage has no effect beside stages"),
        ({"out": None}, "'out' is required"),
        ({"stages": {"sft": {}, "again": {"stage": "sft", "out": "runs/th/sft"}}}, "two stages write into one folder"),
    ],
)
def test_mistakes_name_the_stage(tmp_path: Path, change: dict[str, Any], complaint: str) -> None:
    with pytest.raises(RecipeError, match=complaint):
        load_stages(write(tmp_path / "chain.yaml", NO_ROLLOUT | change))


@pytest.fixture
def chain_path(tmp_path: Path, student: Path, chats_path: Path) -> Path:
    tree = {
        "out": str(tmp_path / "chain"),
        "model": {"path": str(student)},
        "data": {"path": str(chats_path), "max_tokens": 256},
        "batch": {"rows_per_step": 4, "tokens_per_micro_batch": 300},
        "optim": {"lr": 3e-3, "max_steps": 3},
        "compute": {"device": "cpu", "threads": 1},
        "stages": {"sft": {}, "opd": {"teacher": {"path": str(student)}, "rollout": {"max_new_tokens": 8}}},
    }
    return write(tmp_path / "chain.yaml", tree)


def test_a_chain_runs_and_resume_passes_over_what_is_finished(
    chain_path: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    stages = load_stages(chain_path)
    run_stages(stages, resume=False, dry_run=True, progress=RunProgress())
    assert capsys.readouterr().out.count("plan: 3 steps") == 2
    assert not (tmp_path / "chain").exists()

    run_stages(stages[:1], resume=False, dry_run=False, progress=RunProgress())
    with pytest.raises(OutputError, match="finished run"):
        run_stages(stages, resume=False, dry_run=False, progress=RunProgress())
    assert not Path(stages[1].out).exists()
    run_stages(stages, resume=True, dry_run=False, progress=RunProgress())
    assert "is finished" in capsys.readouterr().out
    before, after = (load_file(RunFolder(stage.out).final / "model.safetensors") for stage in stages)
    distance = {name: float((after[name] - before[name]).abs().max()) for name in before}
    # It went on from there: three small steps away, while a fresh model would be elsewhere altogether.
    assert 0 < max(distance.values()) < 0.05
    assert any(not torch.equal(after[name], before[name]) for name in before)
