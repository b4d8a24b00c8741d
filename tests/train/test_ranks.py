"""One process and two take the same steps: real processes over gloo, through the whole of `run_stage`."""

from __future__ import annotations

import json
import os
import random
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import asdict
from functools import partial
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import load_file

from costs.footprint import memory
from parallel.ranks import joined_ranks, merged, my_share, sum_over_ranks
from recipes.training import OpdRecipe, SftRecipe, StageRecipe
from train import plan
from train.checkpoint import latest_checkpoint
from train.metrics import read_metrics
from train.run_folder import RunFolder

Jobs = Callable[..., None]
EXACT = 1e-6  # relative, of the gradients of one step: another order of fp32 sums
WRONG = 1e-2
BATCH = {"rows_per_step": 9, "tokens_per_micro_batch": 256}  # several micro-batches for each rank
SHARDED = {"shard": "full", "activation_checkpointing": True}
TWINS = ("mean of gradients", "own normaliser")


def job(recipe: StageRecipe, **more: Any) -> dict[str, Any]:
    return {"recipe": recipe.model_dump(mode="json"), "gradients": f"{recipe.out}.pt", **more}


@pytest.fixture
def start(tmp_path: Path) -> Callable[..., subprocess.Popen[str]]:
    """`start((1, jobs), (2, others))`: a process that has jobs done by one, then others by two together."""

    def run(*phases: tuple[int, list[dict[str, Any]]]) -> subprocess.Popen[str]:
        folder = Path(tempfile.mkdtemp(dir=tmp_path, prefix="ranks-"))
        (folder / "phases.json").write_text(json.dumps(phases), encoding="utf-8")
        script = Path(__file__).with_name("one_rank.py")
        loopback = {"GLOO_SOCKET_IFNAME": "lo" if sys.platform == "linux" else "lo0"}
        return subprocess.Popen(
            [sys.executable, str(script), str(folder)],
            env={**os.environ, **loopback, "PYTHONPATH": str(script.parents[2])},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,  # with its forks it is one group, and ends as one
        )

    return run


@pytest.fixture
def processes(start: Callable[..., subprocess.Popen[str]]) -> Jobs:
    """`start`, waited for."""

    def run(*phases: tuple[int, list[dict[str, Any]]]) -> None:
        with start(*phases) as process:
            try:
                output = process.communicate()[0]
            finally:
                with suppress(ProcessLookupError):
                    os.killpg(process.pid, signal.SIGKILL)
        assert process.returncode == 0, output

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
    clock = ("seconds", "tokens_per_s", "memory_gb", "mfu")
    return [{k: v for k, v in asdict(m).items() if k not in clock} for m in read_metrics(RunFolder(recipe.out).metrics)]


def assert_same_bits(given: StageRecipe, wanted: StageRecipe) -> None:
    a, b = final_weights(given), final_weights(wanted)
    assert a.keys() == b.keys()
    assert all(torch.equal(a[name], b[name]) for name in b)


def assert_same_steps(given: StageRecipe, wanted: StageRecipe, rel: float) -> None:
    for one, other in zip(timeless(given), timeless(wanted), strict=True):
        stages = [{k: v for k, v in line.pop("stage").items() if k != "rollout_seconds"} for line in (one, other)]
        assert one == pytest.approx(other, rel=rel)
        assert stages[0] == pytest.approx(stages[1], rel=rel)


def check_one_against_two(
    recipe_for: Callable[..., StageRecipe], processes: Jobs, relative_error: Callable[..., float]
) -> None:
    """Whole models and sharded ones; the twins of both are wrong."""
    optim, one_step = {"epochs": 2, "lr": 1e-3}, {"max_steps": 1}
    one = recipe_for("one", optim=optim, batch=BATCH)
    right = {
        "two": recipe_for("two", optim=optim, batch=BATCH),
        "sharded": recipe_for("sharded", optim=optim, batch=BATCH, compute=SHARDED),
    }
    twins = {
        f"{way}, {twin}": recipe_for(f"{way}, {twin}", optim=one_step, batch=BATCH, compute=compute)
        for way, compute in (("two", {}), ("sharded", SHARDED))
        for twin in TWINS
    }
    wrong = [job(recipe, mutation=name.split(", ")[1]) for name, recipe in twins.items()]
    processes((1, [job(one)]), (2, [*(job(recipe) for recipe in right.values()), *wrong]))
    errors = {name: relative_error(gradients(r), gradients(one)) for name, r in (right | twins).items()}
    assert all(errors[name] < EXACT for name in right), errors
    assert all(errors[name] > WRONG for name in twins), errors
    for recipe in right.values():
        assert_same_steps(recipe, one, rel=1e-4)
        a, b = final_weights(recipe), final_weights(one)
        assert relative_error([a[name] for name in b], list(b.values())) < 1e-5
        assert RunFolder(recipe.out).card()["processes"] == 2
    configs = [json.loads((RunFolder(r.out).final / "config.json").read_text()) for r in (one, *right.values())]
    assert configs[0] == configs[1] == configs[2]


def test_sft_by_two_processes_equals_sft_by_one(recipe_for, processes: Jobs, relative_error) -> None:
    check_one_against_two(recipe_for, processes, relative_error)


def test_distillation_by_two_processes_equals_that_by_one(opd_recipe_for, processes: Jobs, relative_error) -> None:
    """Rollouts and held-out measurements included."""
    check_one_against_two(opd_recipe_for, processes, relative_error)
    values = {
        out: [
            json.loads(line)["forward_kl"]
            for line in RunFolder(opd_recipe_for(out).out).held_out.read_text().split("\n")
            if line
        ]
        for out in ("one", "two", "sharded")
    }
    assert len(values["one"]) > 2
    assert values["one"] == pytest.approx(values["two"], rel=1e-5)
    assert values["one"] == pytest.approx(values["sharded"], rel=1e-5)
    # A teacher is whole, or in parts with its head beside it: as `plan` says.
    held = {out: json.loads(Path(f"{opd_recipe_for(out).out}.teacher.json").read_text()) for out in values}
    assert held["sharded"]["teacher"] < 0.6 * held["two"]["teacher"]
    for out, count, compute in (("one", 1, {}), ("two", 2, {}), ("sharded", 2, SHARDED)):
        recipe = opd_recipe_for(out, compute=compute)
        model, teacher = (plan.config_of(section, print) for section in (recipe.model, recipe.teacher))
        planned = memory(recipe, model, teacher, 250, processes=count)
        assert planned["teacher"] == pytest.approx(held[out]["teacher"], rel=0.01)
        assert planned["teacher: head beside it"] == (held[out]["teacher: head beside it"] if out == "sharded" else 0)


def test_ink_grpo_by_two_processes_equals_that_by_one(
    grpo_recipe_for, processes: Jobs, relative_error: Callable[..., float]
) -> None:
    """Rollouts and rewards are dealt out, and both ranks toss the same coin: one with its own is another gradient."""
    sections: dict[str, Any] = {"ink": {"rho": 0.99, "rows_per_step": 5}, "optim": {"max_steps": 2}}
    one, two = (grpo_recipe_for(out, **sections) for out in ("one", "two"))
    # Whole models too have passes that another rank has not; what is sharded waits for it.
    sharded = grpo_recipe_for("sharded", compute=SHARDED, **sections)
    twins = {twin: grpo_recipe_for(twin, **sections | {"optim": {"max_steps": 1}}) for twin in (*TWINS, "own gate")}
    mean = grpo_recipe_for("mean", compute=SHARDED, **sections)
    wrong = [*(job(recipe, mutation=twin) for twin, recipe in twins.items()), job(mean, mutation=TWINS[0])]
    processes((1, [job(one)]), (2, [job(two), job(sharded), *wrong]))
    right, twins = {"two": two, "sharded": sharded}, twins | {"sharded, mean": mean}
    errors = {name: relative_error(gradients(r), gradients(one)) for name, r in (right | twins).items()}
    assert all(errors[name] < EXACT for name in right), errors
    assert all(errors[twin] > WRONG for twin in twins), errors
    for recipe in right.values():
        assert_same_steps(recipe, one, rel=1e-4)


@pytest.mark.parametrize("lora", [None, {"r": 4, "target_modules": ["q_proj", "down_proj"]}])
def test_sharded_grpo_against_a_reference_equals_that_of_one_process(
    grpo_recipe_for, processes: Jobs, relative_error: Callable[..., float], lora: dict[str, Any] | None
) -> None:
    """Several updates a batch with their old log-probabilities, KL to a reference, the angle of two gradients."""
    sections: dict[str, Any] = {
        "policy": {"passes": 2, "kl_weight": 0.5},
        "ink": {"rho": 0.99, "angle_every_steps": 1},
        "optim": {"max_steps": 3},
        "lora": lora,
    }
    one, two = (grpo_recipe_for(out, compute=c, **sections) for out, c in (("one", {}), ("two", SHARDED)))
    processes((1, [job(one)]), (2, [job(two)]))
    assert relative_error(gradients(two), gradients(one)) < EXACT
    assert_same_steps(two, one, rel=2e-4)
    last = timeless(one)[-1]["stage"]
    assert last["kl"] > 1e-6
    assert last["gradient_cosine"]


@pytest.mark.parametrize("stage", ["sft", "opd", "grpo"])
def test_two_processes_resumed_equal_two_uninterrupted(
    recipe_for, opd_recipe_for, grpo_recipe_for, processes: Jobs, stage: str
) -> None:
    make = {"sft": recipe_for, "opd": opd_recipe_for, "grpo": partial(grpo_recipe_for, ink={})}[stage]
    pairs = [
        [make(f"{way} {out}", checkpoint={"every_steps": 2}, compute=compute) for out in ("whole", "broken")]
        for way, compute in (("two", {}), ("sharded", SHARDED))
    ]
    processes((2, [j for a, b in pairs for j in (job(a), job(b, stop_after=5), job(b, resume=True))]))
    for whole, broken in pairs:
        assert_same_bits(broken, whole)
        assert_same_steps(broken, whole, rel=0)
        steps = [m.step for m in read_metrics(RunFolder(broken.out).metrics)]
        assert steps == list(range(1, len(timeless(whole)) + 1))


def test_a_sharded_run_goes_on_with_another_number_of_processes(recipe_for, processes: Jobs, relative_error) -> None:
    whole, fewer, more = (
        recipe_for(out, checkpoint={"every_steps": 2}, compute=SHARDED, optim={"lr": 1e-3})
        for out in ("whole", "fewer", "more")
    )
    processes(
        (2, [job(whole), job(fewer, stop_after=5)]),
        (1, [job(fewer, resume=True), job(more, stop_after=5)]),
        (2, [job(more, resume=True)]),
    )
    for recipe in (fewer, more):
        assert_same_steps(recipe, whole, rel=1e-4)
        a, b = final_weights(recipe), final_weights(whole)
        assert relative_error([a[name] for name in b], list(b.values())) < 1e-5
    checkpoint = latest_checkpoint(RunFolder(more.out).checkpoints)
    assert checkpoint is not None
    assert {p.name for p in (checkpoint / "shards").iterdir()} == {".metadata", "__0_0.distcp", "__1_0.distcp"}


def test_a_sharded_run_killed_and_resumed_equals_one_uninterrupted(recipe_for, start, processes: Jobs) -> None:
    whole, killed = (
        recipe_for(out, checkpoint={"every_steps": 3}, compute=SHARDED, optim={"lr": 1e-3, "epochs": 10})
        for out in ("whole", "killed")
    )
    metrics, moments = RunFolder(killed.out).metrics, random.Random(seed := time.time_ns() % 10_000)
    with start((2, [job(killed)])) as process:
        try:
            while not (metrics.exists() and metrics.read_bytes().count(b"\n") >= 4):
                assert process.poll() is None, f"seed {seed}: it ended before it was killed"
                time.sleep(0.005)
            time.sleep(moments.uniform(0, 0.3))
        finally:
            os.killpg(process.pid, signal.SIGKILL)
    assert RunFolder(killed.out).status() == "running"
    processes((2, [job(whole), job(killed, resume=True)]))
    assert_same_bits(killed, whole)
    assert_same_steps(killed, whole, rel=0)


def test_sharded_adapters_are_those_of_one_process(recipe_for, processes: Jobs, relative_error) -> None:
    """In fp32 to the last digits; in bf16, frozen and trained parameters of a layer have two dtypes."""
    lora, optim = {"r": 4, "target_modules": ["q_proj", "down_proj"]}, {"max_steps": 2}
    one, two = (
        recipe_for(out, lora=lora, batch=BATCH, optim=optim, compute=c) for out, c in (("1", {}), ("2", SHARDED))
    )
    half = recipe_for("bf16", lora=lora, batch=BATCH, optim=optim, compute={**SHARDED, "dtype": "bfloat16"})
    processes((1, [job(one)]), (2, [job(two), job(half)]))
    assert relative_error(gradients(two), gradients(one)) < EXACT
    assert len(gradients(two)) == 2 * 2 * 2
    assert relative_error(gradients(half), gradients(one)) < 0.1
    for file in ("model.safetensors", "adapter/adapter_model.safetensors"):
        a, b = (load_file(RunFolder(recipe.out).final / file) for recipe in (two, one))
        assert relative_error([a[name] for name in b], list(b.values())) < 1e-5


def test_a_sharded_model_is_looked_at_as_a_whole_one(recipe_for, processes: Jobs) -> None:
    """It says what the model of one process says, each answer is written once, and no bit of the training differs."""
    sample = {"prompts": ["สวัสดี", "ผลไม้"], "every_steps": 1, "max_new_tokens": 12}
    one, two, plain = (
        recipe_for(out, batch=BATCH, optim={"max_steps": 3}, compute=compute, sample=looks)
        for out, compute, looks in (("one", {}, sample), ("two", SHARDED, sample), ("plain", SHARDED, {}))
    )
    processes((1, [job(one)]), (2, [job(two), job(plain)]))
    said = [RunFolder(recipe.out).samples.read_text(encoding="utf-8") for recipe in (two, one)]
    assert said[0] == said[1]
    answers = [json.loads(line) for line in said[0].splitlines()]
    assert [(line["step"], line["id"]) for line in answers] == [(s, p) for s in (1, 2, 3) for p in ("p1", "p2")]
    assert len({line["answer"] for line in answers if line["id"] == "p1"}) > 1  # they follow the weights
    assert_same_bits(two, plain)


def test_the_first_rank_fills_the_spool_for_all(opd_recipe_for, processes: Jobs, relative_error) -> None:
    one, two = (opd_recipe_for(out, spool=f"{out} spool") for out in ("one", "two"))
    processes((1, [job(one)]), (2, [job(two)]))
    assert relative_error(gradients(two), gradients(one)) < EXACT


def test_a_rank_without_a_micro_batch_adds_nothing(recipe_for, processes: Jobs, relative_error) -> None:
    one, two, sharded = (
        recipe_for(out, optim={"max_steps": 2}, batch={"rows_per_step": 1}, compute=compute)
        for out, compute in (("one", {}), ("two", {}), ("sharded", SHARDED))
    )
    processes((1, [job(one)]), (2, [job(two), job(sharded)]))
    assert relative_error(gradients(two), gradients(one)) == 0
    assert_same_steps(two, one, rel=0)
    assert relative_error(gradients(sharded), gradients(one)) < EXACT
    assert_same_steps(sharded, one, rel=1e-5)


def test_without_torchrun_one_process_is_all_there_is(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("WORLD_SIZE", raising=False)
    with joined_ranks():
        assert my_share([1, 2, 3]) == [1, 2, 3]
        assert sum_over_ranks(2**62 + 1) == 2**62 + 1
        assert merged({1: "a"}) == {1: "a"}
