"""Whole GRPO and InK-GRPO runs: what is logged, resume bit for bit after kill -9 anywhere, bad input."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Sequence
from dataclasses import asdict
from functools import partial
from pathlib import Path
from typing import Any

import pytest
import torch
import yaml
from pydantic import ValidationError
from safetensors.torch import load_file

from datagen.errors import DatasetError, OutputError
from recipes.stages import load_stages
from recipes.training import GrpoRecipe
from rewards.constraint_verdicts import ConstraintVerdicts
from rewards.reward import Sample, Score
from rollouts.trajectory import Prompt, SingleTurn
from train.metrics import read_metrics
from train.progress import RunProgress
from train.run_folder import RunFolder
from train.session import run_stage

run = partial(run_stage, resume=False, dry_run=False)
HEALTH = {
    "reward", "reward_std", "reward_constraints", "no_reward_constraints", "answers_without_reward", "truncated_share",
    "zero_std_share", "ratio", "clip_low_share", "clip_high_share", "importance_raw", "importance",
    "importance_cut_share", "mismatch_kl", "entropy", "answer_tokens", "groups_skipped", "refills",
}  # fmt: skip


def story(out: str) -> list[dict[str, Any]]:
    """Metrics without the wall clock."""
    lines = []
    for metrics in read_metrics(RunFolder(out).metrics):
        line = asdict(metrics)
        line |= line.pop("stage")
        lines.append(
            {
                k: v
                for k, v in line.items()
                if k not in ("seconds", "tokens_per_s", "rollout_seconds", "memory_gb", "mfu")
            }
        )
    return lines


def same_weights(one: GrpoRecipe, other: GrpoRecipe) -> bool:
    a, b = (load_file(RunFolder(recipe.out).final / "model.safetensors") for recipe in (one, other))
    return all(torch.equal(a[name], b[name]) for name in a)


EVERYTHING = {
    "ink": {"angle_every_steps": 2},
    "group": {"refills": 1, "overlong_buffer": 4, "overlong_weight": 0.2},
    "policy": {"passes": 2, "mini_batches": 2, "kl_weight": 0.05},
    "optim": {"lr": 1e-3, "epochs": 2},
}


def test_a_run_logs_its_health_and_ends_with_a_checkpoint(grpo_recipe_for, capsys) -> None:
    recipe = grpo_recipe_for(**EVERYTHING)
    run(recipe, progress=RunProgress())
    lines = story(recipe.out)
    assert [line["step"] for line in lines] == list(range(1, 17))  # 2 epochs of 2 batches, 4 updates each
    assert all(line.keys() >= HEALTH | {"kl", "lambda_eff", "gate", "gate_mean"} for line in lines)
    assert all(line["lambda_eff"] == 0.1 * line["gate"] for line in lines)
    assert [line["gate_mean"] for line in lines] == [
        pytest.approx(sum(other["gate"] for other in lines[: n + 1]) / (n + 1)) for n in range(16)
    ]
    assert all(line["loss"] == line["policy_loss"] + line["lambda_eff"] * line.get("ce_loss", 0) for line in lines)
    assert {line["step"] for line in lines if "gradient_cosine" in line} == {
        line["step"] for line in lines if line["gate"] and (line["step"] - 1) % 2 == 0 and line["computed_tokens"]
    }
    # A batch's first update is on policy; a second pass over the same answers is not.
    assert all(abs(line["ratio"] - 1) < 1e-5 for line in lines[::4])
    assert any(abs(line["ratio"] - 1) > 1e-5 for line in lines[3::4])
    assert lines[0]["kl"] < 1e-9 < lines[-1]["kl"]
    assert "reward" in capsys.readouterr().out
    assert RunFolder(recipe.out).card()["status"] == "finished"


@pytest.mark.timeout(900)  # seven short runs, three of them in another process
def test_killed_anywhere_and_resumed_equals_uninterrupted(grpo_recipe_for, tmp_path: Path) -> None:
    """kill -9 during a rollout, during an update and during a save."""
    places = {"rollout": 5, "update": 7, "save": 2}
    whole, *killed = (grpo_recipe_for(out, **EVERYTHING) for out in ("whole", *places))
    script, jobs = Path(__file__).with_name("killed_run.py"), list[str]()
    for recipe, (place, number) in zip(killed, places.items(), strict=True):
        path = tmp_path / f"{place}.yaml"
        path.write_text(yaml.safe_dump(recipe.model_dump(mode="json"), allow_unicode=True), encoding="utf-8")
        jobs += [str(path), place, str(number)]
    environment = {**os.environ, "PYTHONPATH": str(script.parents[2])}
    command = [sys.executable, str(script), *jobs]
    process = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=800, check=False)
    signals = [line for line in process.stdout.splitlines() if line.startswith("signal")]
    assert signals == [f"signal {signal.SIGKILL.value}"] * 3, process.stdout + process.stderr
    run(whole, progress=RunProgress())
    for recipe, place in zip(killed, places, strict=True):
        folder = RunFolder(recipe.out)
        assert folder.status() == "running"
        assert len(list(folder.checkpoints.glob(".step-*"))) == (place == "save")
        torch.manual_seed(len(place))  # whatever the new process does first must not matter
        run_stage(recipe, resume=True, dry_run=False, progress=RunProgress())
        assert story(recipe.out) == story(whole.out), place
        assert same_weights(recipe, whole), place


def test_a_resume_with_another_gate_is_another_run(grpo_recipe_for, monkeypatch: pytest.MonkeyPatch) -> None:
    """The twin: the comparison above notices a coin that is not a function of seed and update."""
    whole, other = (grpo_recipe_for(out, ink={}, optim={"max_steps": 3}) for out in ("whole", "other"))
    run(whole, progress=RunProgress())
    monkeypatch.setattr("train.grpo.ink.draw", lambda *key: 1 - torch.rand(()).item() * 1e-9)
    run(other, progress=RunProgress())
    assert not same_weights(whole, other)


def test_matched_compute_spends_the_texts_tokens_on_rollouts(grpo_recipe_for) -> None:
    sections = {"optim": {"max_steps": 3}, "batch": {"rows_per_step": 2}}
    plain, matched, constant = (
        grpo_recipe_for(name, ink={"control": control, "rows_per_step": 8}, **sections)
        for name, control in (("ink", None), ("matched", "matched_compute"), ("constant", "constant_weight"))
    )
    for recipe in (plain, matched, constant):
        run(recipe, progress=RunProgress())
    ink, more, always = (story(recipe.out) for recipe in (plain, matched, constant))
    for a, b, c in zip(ink, more, always, strict=True):
        assert (b["gate"], b["ink_tokens"], b["lambda_eff"]) == (a["gate"], a["ink_tokens"], 0)
        group = 4 * 65  # about: four answers and their prompts
        assert abs(b["extra_tokens"] - a["ink_tokens"]) < group
        assert b["groups"] == a["groups"] + round(b["extra_tokens"] / group)
        assert (c["gate"], c["lambda_eff"]) == (1, pytest.approx(0.06))
        assert c["ce_loss"] > 0
    assert any(b["extra_tokens"] for b in more)


def test_rewards_that_cannot_be_computed_are_counted_and_trained_on_by_nobody(grpo_recipe_for, monkeypatch) -> None:
    """Half of the answers have no reward: the run is the one where these answers are not there."""
    right = ConstraintVerdicts.score

    async def unsure(self: ConstraintVerdicts, samples: Sequence[Sample]) -> list[Score]:
        scores = await right(self, samples)
        return [Score(None, "no judge") if n % 2 else score for n, score in enumerate(scores)]

    monkeypatch.setattr(ConstraintVerdicts, "score", unsure)
    recipe = grpo_recipe_for("unsure", optim={"max_steps": 2})
    run(recipe, progress=RunProgress())
    for line in story(recipe.out):
        assert (line["answers"], line["answers_without_reward"], line["no_reward_constraints"]) == (16, 8, 8)
        assert line["loss_tokens"] < 16 * line["answer_tokens"]

    async def silent(self: ConstraintVerdicts, samples: Sequence[Sample]) -> list[Score]:
        return [Score(None, "judge is down")] * len(samples)

    monkeypatch.setattr(ConstraintVerdicts, "score", silent)
    down = grpo_recipe_for("down", optim={"max_steps": 2})
    run(down, progress=RunProgress())
    assert [(line["loss"], line["grad_norm"], line["loss_tokens"]) for line in story(down.out)] == [(0, 0, 0)] * 2
    assert not any(line.keys() & {"reward", "entropy", "ratio"} for line in story(down.out))
    folders = (Path(str(down.model.path)), RunFolder(down.out).final)
    before, after = (load_file(folder / "model.safetensors") for folder in folders)
    assert all(torch.equal(before[name], after[name]) for name in before)


Broken = dict[str, Any]


@pytest.mark.parametrize(
    ("sections", "says"),
    [
        (
            {"rollout": {"top_p": 0.95}},
            r"importance ratios are wrong unless rollout.temperature and rollout.top_p are 1",
        ),
        ({"rollout": {"max_new_tokens": 400}}, r"must hold the longest prompt and its answer"),
        ({"group": {"overlong_buffer": 13}}, r"overlong_buffer must not be larger"),
        ({"group": {"overlong_weight": 0.5}}, r"has no effect without group.overlong_buffer"),
        ({"ink": {"max_tokens": 500}}, r"must hold ink.max_tokens \(500\)"),
        ({"ink": {"control": "matched_compute", "angle_every_steps": 1}}, r"has no effect with control"),
        ({"rewards": {"constraints": None}}, r"name at least one reward"),
        ({"lora": {"dropout": 0.1}}, r"needs lora.dropout: 0"),
    ],
)
def test_a_recipe_that_would_go_wrong_is_refused(grpo_recipe_for, sections: Broken, says: str) -> None:
    with pytest.raises(ValidationError, match=says):
        grpo_recipe_for(**sections)


@pytest.mark.parametrize(
    ("row", "says"),
    [
        ({"id": "p0", "prompt": [{"role": "user", "content": "x"}], "constraints": []}, "two rows have one id"),
        ({"id": "x", "prompt": [{"role": "user", "content": "x"}]}, "row x: none of the rewards constraints applies"),
        (
            {"id": "y", "messages": [{"role": "user", "content": "x"}, {"role": "assistant", "content": "y"}]},
            "row y is answered already",
        ),
    ],
)
def test_rows_that_cannot_be_trained_on_are_refused_before_a_model_is_loaded(grpo_recipe_for, row, says: str) -> None:
    recipe = grpo_recipe_for()
    with Path(recipe.data.path).open("a", encoding="utf-8") as file:
        file.write(json.dumps(row) + "\n")
    with pytest.raises(DatasetError, match=says):
        run(recipe, progress=RunProgress())
    assert not Path(recipe.out).exists()


def held_out_lines(recipe: GrpoRecipe) -> list[dict[str, Any]]:
    return [json.loads(line) for line in RunFolder(recipe.out).held_out.read_text(encoding="utf-8").splitlines()]


def test_held_out_prompts_are_measured_and_never_trained_on(grpo_recipe_for, monkeypatch, capsys) -> None:
    """By the rewards of the run, at step 0, every three updates and at the end; some answers have none."""
    right, asked = SingleTurn.trajectories, list[tuple[str, ...]]()

    def trajectories(self: SingleTurn, prompts: Sequence[Prompt], seed_of_call: Any) -> Any:
        asked.append(tuple(prompt.conversation.id for prompt in prompts))
        return right(self, prompts, seed_of_call)

    score = ConstraintVerdicts.score

    async def unsure(self: ConstraintVerdicts, samples: Sequence[Sample]) -> list[Score]:
        found = await score(self, samples)
        return [Score(None) if s.row["id"] == "p4" else each for s, each in zip(samples, found, strict=True)]

    monkeypatch.setattr(SingleTurn, "trajectories", trajectories)
    monkeypatch.setattr(ConstraintVerdicts, "score", unsure)
    recipe = grpo_recipe_for(held_out={"rows": 3, "every_steps": 3, "samples": 2}, optim={"max_steps": 7, "epochs": 9})
    run(recipe, progress=RunProgress())
    lines = held_out_lines(recipe)
    assert [line["step"] for line in lines] == [0, 3, 6, 7]
    measured = [ids for ids in asked if len(ids) == 3 * 2]
    assert len(measured) == 4
    held_out, trained_on = set(measured[0]), {id_ for ids in asked if len(ids) != 3 * 2 for id_ in ids}
    assert len(held_out) == 3
    assert not held_out & trained_on
    assert len(trained_on) == 5
    without = 2 * ("p4" in held_out)
    assert without, "the draw by hash changed: take another row as the one without a reward"
    assert all((line["answers"], line["answers_without_reward"]) == (6, without) for line in lines)
    assert all(line["no_reward_constraints"] == without and 0 <= line["reward"] <= 1 for line in lines)
    assert f"held out after step 3: reward {lines[1]['reward']:.4f} (2 of 6 without one)" in capsys.readouterr().out
    assert RunFolder(recipe.out).card()["data"]["rows_held_out"] == 3


def test_held_out_lines_are_the_same_after_a_resume_and_change_nothing(grpo_recipe_for, tmp_path: Path) -> None:
    others = tmp_path / "others.jsonl"
    row = {"id": "o", "prompt": [{"role": "user", "content": "ของหวาน"}], "constraints": [{"id": "numerals.none"}]}
    others.write_text(json.dumps(row, ensure_ascii=False) + "\n", encoding="utf-8")
    how = {"rows": 1, "path": str(others), "every_steps": 1, "samples": 4}
    whole, broken, plain = (
        grpo_recipe_for(out, optim={"max_steps": 5}, **({} if out == "plain" else {"held_out": how}))
        for out in ("whole", "broken", "plain")
    )
    for recipe in (whole, plain):
        run(recipe, progress=RunProgress())
    assert same_weights(whole, plain)
    with pytest.raises(KeyboardInterrupt):
        run(broken, progress=StopsAtThree())
    run_stage(broken, resume=True, dry_run=False, progress=RunProgress())
    assert [line["step"] for line in held_out_lines(broken)] == [0, 1, 2, 3, 4, 5]
    assert held_out_lines(broken) == held_out_lines(whole)


class StopsAtThree(RunProgress):
    """Right after what is measured then is on disk; the last checkpoint is that of step 2."""

    def measured(self, step: int, numbers: dict[str, float]) -> None:
        if step == 3 and "held_out/reward" in numbers:
            raise KeyboardInterrupt


def test_held_out_prompts_that_are_too_many_or_trained_on_are_refused(grpo_recipe_for) -> None:
    with pytest.raises(DatasetError, match=r"held_out.rows is 8, and .*prompts.jsonl has 8 usable prompts"):
        run(grpo_recipe_for(held_out={"rows": 8}), progress=RunProgress())
    same = grpo_recipe_for().data.path
    with pytest.raises(DatasetError, match=r"row p\d is a prompt of .*prompts.jsonl as well"):
        run(grpo_recipe_for(held_out={"rows": 1, "path": same}), progress=RunProgress())
    with pytest.raises(ValidationError, match="path and samples have no effect without rows"):
        grpo_recipe_for(held_out={"samples": 2})


def test_another_corpus_is_not_resumed(grpo_recipe_for, monkeypatch: pytest.MonkeyPatch) -> None:
    recipe = grpo_recipe_for(ink={}, optim={"max_steps": 2})
    monkeypatch.setattr(RunFolder, "finish", lambda *_: None)
    run(recipe, progress=RunProgress())
    assert recipe.ink is not None
    with Path(recipe.ink.corpus).open("a", encoding="utf-8") as file:
        file.write('{"text": "เพิ่มทีหลัง"}\n')
    with pytest.raises(OutputError, match="dataset has changed"):
        run_stage(recipe, resume=True, dry_run=False, progress=RunProgress())


def test_dry_run_says_what_is_minimised_and_touches_nothing(grpo_recipe_for, capsys) -> None:
    recipe = grpo_recipe_for(ink={"control": "constant_weight"})
    run_stage(recipe, resume=False, dry_run=True, progress=RunProgress())
    said = capsys.readouterr().out
    assert "plan: 6 updates, 1 on each batch of 4 prompts x 4 answers of at most 12 tokens" in said
    assert "loss: dapo, ratio clipped to [0.8, 1.2]" in said
    assert "InK: 0.06 x CE in every update (control)" in said
    assert not Path(recipe.out).exists()


def test_a_chain_goes_on_from_the_stage_before(grpo_recipe_for, recipe_for: Callable[..., Any], tmp_path: Path) -> None:
    grpo = grpo_recipe_for().model_dump(mode="json", exclude={"model", "out"})
    sft = recipe_for().model_dump(mode="json", exclude={"model", "out"})
    tree = {"out": str(tmp_path / "chain"), "model": {"path": "x"}, "stages": {"sft": sft, "grpo": grpo}}
    path = tmp_path / "chain.yaml"
    path.write_text(yaml.safe_dump(tree, allow_unicode=True, sort_keys=False), encoding="utf-8")
    stages = load_stages(path)
    assert stages[1].model.path == str(tmp_path / "chain" / "sft" / "final")
