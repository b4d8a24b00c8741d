"""One process and two take the same steps: real processes over gloo, through the whole of `run_stage`."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from dataclasses import asdict
from functools import partial
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import load_file

from train.config import OpdRecipe, SftRecipe, StageRecipe
from train.metrics import read_metrics
from train.ranks import joined_ranks, merged, my_share, sum_over_ranks
from train.run_folder import RunFolder

Jobs = Callable[..., None]
EXACT = 1e-6  # relative, of the gradients of one step: another order of fp32 sums
WRONG = 1e-2
BATCH = {"rows_per_step": 9, "tokens_per_micro_batch": 256}  # several micro-batches, and not as many for each rank
TWINS = ("mean of gradients", "own normaliser")


def job(recipe: StageRecipe, **more: Any) -> dict[str, Any]:
    return {"recipe": recipe.model_dump(mode="json"), "gradients": f"{recipe.out}.pt", **more}


@pytest.fixture
def processes(tmp_path: Path) -> Callable[[int, list[dict[str, Any]]], None]:
    """`processes(2, jobs)`: the jobs, one after the other, by two processes."""

    def run(ranks: int, jobs: list[dict[str, Any]]) -> None:
        folder = tmp_path / f"{ranks} ranks"
        folder.mkdir()
        (folder / "jobs.json").write_text(json.dumps(jobs), encoding="utf-8")
        environment = {**os.environ, "GLOO_SOCKET_IFNAME": "lo" if sys.platform == "linux" else "lo0"}
        script = Path(__file__).with_name("one_rank.py")
        started = [
            subprocess.Popen(
                [sys.executable, str(script), str(rank), str(ranks), str(folder)],
                env={**environment, "PYTHONPATH": str(script.parents[2])},
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                text=True,
            )
            for rank in range(ranks)
        ]
        try:
            outputs = [process.communicate(timeout=240)[0] for process in started]
        finally:
            for process in started:
                process.kill()
        assert [process.returncode for process in started] == [0] * ranks, "\n".join(outputs)

    return run


@pytest.fixture
def opd_recipe_for(recipe_for: Callable[..., SftRecipe], student: Path) -> Callable[..., OpdRecipe]:
    """The shared recipe as distillation from another random model, half of the answers sampled, two a call."""

    def make(out: str, spool: str | None = None, **sections: Any) -> OpdRecipe:
        tree = recipe_for(out, **sections).model_dump(mode="json")
        teacher: dict[str, Any] = {"path": str(student), "dtype": "float32", "tiny": {"hidden_size": 32}}
        if spool:
            teacher |= {"placement": "spooled", "spool": str(Path(tree["out"]).with_name(spool))}
        return OpdRecipe.model_validate(
            {
                **tree,
                "stage": "opd",
                "batch": BATCH | {"tokens_per_micro_batch": 280},
                "teacher": teacher,
                "rollout": {"share": 0 if spool else 0.5, "max_new_tokens": 12, "rows_per_call": 1},
                "held_out": {"rows": 3, "every_steps": 1},
            }
        )

    return make


def gradients(recipe: StageRecipe) -> list[torch.Tensor]:
    return torch.load(f"{recipe.out}.pt", weights_only=True)


def final_weights(recipe: StageRecipe) -> dict[str, torch.Tensor]:
    return load_file(RunFolder(recipe.out).final / "model.safetensors")


def timeless(recipe: StageRecipe) -> list[dict[str, Any]]:
    clock = ("seconds", "tokens_per_s")
    return [{k: v for k, v in asdict(m).items() if k not in clock} for m in read_metrics(RunFolder(recipe.out).metrics)]


def assert_same_steps(given: StageRecipe, wanted: StageRecipe, rel: float) -> None:
    for one, other in zip(timeless(given), timeless(wanted), strict=True):
        stages = [{k: v for k, v in line.pop("stage").items() if k != "rollout_seconds"} for line in (one, other)]
        assert one == pytest.approx(other, rel=rel)
        assert stages[0] == pytest.approx(stages[1], rel=rel)


def check_one_against_two(
    recipe_for: Callable[..., StageRecipe], processes: Jobs, relative_error: Callable[..., float]
) -> None:
    optim = {"epochs": 2, "lr": 1e-3}
    one, two = recipe_for("one", optim=optim, batch=BATCH), recipe_for("two", optim=optim, batch=BATCH)
    twins = {twin: recipe_for(twin, optim={"max_steps": 1}, batch=BATCH) for twin in TWINS}
    processes(1, [job(one)])
    processes(2, [job(two), *(job(recipe, mutation=twin) for twin, recipe in twins.items())])
    errors = {name: relative_error(gradients(r), gradients(one)) for name, r in {"two": two, **twins}.items()}
    assert errors["two"] < EXACT
    assert all(errors[twin] > WRONG for twin in TWINS)
    assert_same_steps(two, one, rel=1e-4)
    a, b = final_weights(two), final_weights(one)
    assert relative_error([a[name] for name in b], list(b.values())) < 1e-5
    assert RunFolder(two.out).card()["processes"] == 2


def test_sft_by_two_processes_equals_sft_by_one(recipe_for, processes: Jobs, relative_error) -> None:
    check_one_against_two(recipe_for, processes, relative_error)


def test_distillation_by_two_processes_equals_that_by_one(opd_recipe_for, processes: Jobs, relative_error) -> None:
    """Rollouts and held-out measurements included."""
    check_one_against_two(opd_recipe_for, processes, relative_error)
    lines = [(Path(opd_recipe_for(out).out) / "held_out.jsonl").read_text().splitlines() for out in ("one", "two")]
    values = [[json.loads(line)["forward_kl"] for line in text] for text in lines]
    assert len(values[0]) > 2
    assert values[0] == pytest.approx(values[1], rel=1e-5)


def test_ink_grpo_by_two_processes_equals_that_by_one(
    grpo_recipe_for, processes: Jobs, relative_error: Callable[..., float]
) -> None:
    """Rollouts and rewards are dealt out, and both ranks toss the same coin: one with its own is another gradient."""
    sections: dict[str, Any] = {"ink": {"rho": 0.99, "rows_per_step": 5}, "optim": {"max_steps": 2}}
    one, two = (grpo_recipe_for(out, **sections) for out in ("one", "two"))
    twins = {twin: grpo_recipe_for(twin, **sections | {"optim": {"max_steps": 1}}) for twin in (*TWINS, "own gate")}
    processes(1, [job(one)])
    processes(2, [job(two), *(job(recipe, mutation=twin) for twin, recipe in twins.items())])
    errors = {name: relative_error(gradients(r), gradients(one)) for name, r in {"two": two, **twins}.items()}
    assert errors["two"] < EXACT
    assert all(errors[twin] > WRONG for twin in twins), errors
    assert_same_steps(two, one, rel=1e-4)


@pytest.mark.parametrize("stage", ["sft", "opd", "grpo"])
def test_two_processes_resumed_equal_two_uninterrupted(
    recipe_for, opd_recipe_for, grpo_recipe_for, processes: Jobs, stage: str
) -> None:
    make = {"sft": recipe_for, "opd": opd_recipe_for, "grpo": partial(grpo_recipe_for, ink={})}[stage]
    whole, broken = (make(out, checkpoint={"every_steps": 2}) for out in ("whole", "broken"))
    processes(2, [job(whole), job(broken, stop_after=5), job(broken, resume=True)])
    a, b = final_weights(broken), final_weights(whole)
    assert all(torch.equal(a[name], b[name]) for name in b)
    assert_same_steps(broken, whole, rel=0)
    assert [m.step for m in read_metrics(RunFolder(broken.out).metrics)] == list(range(1, len(timeless(whole)) + 1))


def test_the_first_rank_fills_the_spool_for_all(opd_recipe_for, processes: Jobs, relative_error) -> None:
    one, two = (opd_recipe_for(out, spool=f"{out} spool") for out in ("one", "two"))
    processes(1, [job(one)])
    processes(2, [job(two)])
    assert relative_error(gradients(two), gradients(one)) < EXACT


def test_a_rank_without_a_micro_batch_adds_nothing(recipe_for, processes: Jobs, relative_error) -> None:
    one, two = (recipe_for(out, optim={"max_steps": 2}, batch={"rows_per_step": 1}) for out in ("one", "two"))
    processes(1, [job(one)])
    processes(2, [job(two)])
    assert relative_error(gradients(two), gradients(one)) == 0
    assert_same_steps(two, one, rel=0)


def test_without_torchrun_one_process_is_all_there_is(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("WORLD_SIZE", raising=False)
    with joined_ranks():
        assert my_share([1, 2, 3]) == [1, 2, 3]
        assert sum_over_ranks(2**62 + 1) == 2**62 + 1
        assert merged({1: "a"}) == {1: "a"}
