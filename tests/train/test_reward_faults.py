"""A judge that is down, slow or talks nonsense, in real runs: they go on, count it, and train on no made-up reward."""

from __future__ import annotations

import json
import socket
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import load_file

from datagen.llm.scripted import Fault, ScriptedServer
from models.chat_tokens import Example
from recipes.training import GroupSection
from rewards.reward import Total
from rollouts.trajectory import Trajectory
from tests.train.judge_rule import rule
from tests.train.test_grpo_gradients import gradients
from tests.train.test_grpo_run import run, same_weights, story
from train.grpo.groups import Group, training_samples
from train.progress import RunProgress
from train.run_folder import RunFolder

GUIDELINE = "2 = ดี 1 = พอใช้ 0 = แย่"


def judge(url: str, folder: Path, **more: Any) -> dict[str, Any]:
    given = {"model": "scripted", "base_url": url, "guideline": GUIDELINE, "max_retries": 0}
    return {"constraints": None, "judge": given | {"cache": str(folder / "said.sqlite")} | more}


def verdict_on(body: dict[str, Any]) -> Any:
    """By the rule; garbage and a refusal where that has no score."""
    said = body["messages"][-1]["content"]
    seal = said.partition("\n")[0].removeprefix("SEAL: ")
    shown = said.partition(f"<answer-{seal}>\n")[2].partition(f"\n</answer-{seal}>")[0]
    score = rule(shown)
    if score == 4:
        return Fault(400, "no")
    return shown if score == 3 else json.dumps({"seal": seal, "reason": "", "score": score})


def test_a_masked_sample_leaves_the_gradient_of_the_group_without_it(
    grpo_recipe_for, fresh_model, ragged_examples: list[Example], relative_error
) -> None:
    members = [
        Trajectory(e.id, e.ids_T, e.labelled_T, torch.full((int(e.labelled_T.sum()),), -5.0).numpy(), "")
        for e in ragged_examples
        if e.labelled_T.any()
    ][:4]
    for sections in ({"aggregation": "dapo"}, {"aggregation": "grpo"}, {"aggregation": "dr_grpo"}):
        for std in ("none", "group", "batch"):
            recipe, section = grpo_recipe_for(policy=sections), GroupSection.model_validate({"std": std})

            def gradient(
                rewards: list[float | None], kept: list[Trajectory], recipe=recipe, section=section
            ) -> list[torch.Tensor]:
                group = Group(kept, [Total(None, {})] * len(kept), rewards)
                [samples] = training_samples([group], section)
                return gradients(fresh_model(), [replace(s) for s in samples], recipe)[1]

            wanted = gradient([1.0, 0.0, 0.5], [members[0], *members[2:]])
            masked = gradient([1.0, None, 0.0, 0.5], members)
            made_up = gradient([1.0, 0.0, 0.0, 0.5], members)
            assert all(torch.equal(a, b) for a, b in zip(masked, wanted, strict=True))
            assert relative_error(made_up, wanted) > 1e-2


def test_garbage_and_refusals_are_counted_and_the_run_is_the_one_that_never_heard_them(
    grpo_recipe_for, tmp_path: Path
) -> None:
    with ScriptedServer(verdict_on) as server:
        judged = grpo_recipe_for("judged", rewards=judge(server.base_url, tmp_path), optim={"max_steps": 3})
        run(judged, progress=RunProgress())
        asked = len(server.requests)
        again = grpo_recipe_for("again", rewards=judge(server.base_url, tmp_path), optim={"max_steps": 3})
        run(again, progress=RunProgress())
        assert len(server.requests) == asked, "a resumed or repeated run finds every judgement"
    path = f"{Path(__file__).with_name('judge_rule.py')}:known"
    rewards = {"constraints": None, "function": {"path": path}}
    known = grpo_recipe_for("known", rewards=rewards, optim={"max_steps": 3})
    run(known, progress=RunProgress())
    lines, others = story(judged.out), story(known.out)
    for line, other in zip(lines, others, strict=True):
        faults = {key: value for key, value in line.items() if key.startswith("no_reward_judge_")}
        assert sum(faults.values()) == line["no_reward_judge"] == line["answers_without_reward"] > 0
        assert faults.keys() <= {"no_reward_judge_unreadable", "no_reward_judge_declined"}
        assert other["no_reward_function_returned_none"] == line["no_reward_judge"]
        assert [line[name] for name in ("reward", "loss", "grad_norm", "loss_tokens")] == [
            other[name] for name in ("reward", "loss", "grad_norm", "loss_tokens")
        ]
    assert all(any(f"no_reward_judge_{name}" in line for line in lines) for name in ("unreadable", "declined"))
    assert any(line["grad_norm"] > 0 for line in lines)
    assert same_weights(judged, known)
    assert same_weights(judged, again)


class Switch(RunProgress):
    """Lets the judge answer once the first update is done."""

    up = False

    def step(self, metrics: Any) -> None:
        self.up = True
        super().step(metrics)


def test_a_judge_that_is_down_and_comes_back_is_asked_again(grpo_recipe_for, tmp_path: Path) -> None:
    progress = Switch()
    with ScriptedServer(lambda body: verdict_on(body) if progress.up else Fault(503)) as server:
        recipe = grpo_recipe_for(rewards=judge(server.base_url, tmp_path), optim={"max_steps": 2})
        run(recipe, progress=progress)
    down, up = story(recipe.out)
    assert (down["answers_without_reward"], down["loss"], down["grad_norm"]) == (16, 0, 0)
    assert down["no_reward_judge_no_answer"] >= 14, "all but answers without a word"
    assert "reward" not in down or down["reward"] == 0
    assert up["reward"] > 0
    assert "no_reward_judge_no_answer" not in up


@pytest.mark.parametrize("slow", [False, True], ids=["nobody there", "hangs"])
def test_a_run_whose_judge_never_answers_ends_with_the_model_as_it_was(
    grpo_recipe_for, tmp_path: Path, slow: bool
) -> None:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        nobody = f"http://127.0.0.1:{found.getsockname()[1]}/v1"
    with ScriptedServer(lambda _: Fault(kind="hang")) as server:
        url = server.base_url if slow else nobody
        rewards = judge(url, tmp_path, patience_s=1.0 if slow else 60.0)
        recipe = grpo_recipe_for(rewards=rewards, optim={"max_steps": 2})
        run(recipe, progress=RunProgress())
    reason = "no_reward_judge_too_slow" if slow else "no_reward_judge_no_answer"
    for line in story(recipe.out):
        assert line[reason] == line["answers_without_reward"] > 0
        assert (line["loss"], line["grad_norm"], line["loss_tokens"]) == (0, 0, 0)
    before, after = (
        load_file(p / "model.safetensors") for p in (Path(str(recipe.model.path)), RunFolder(recipe.out).final)
    )
    assert all(torch.equal(before[name], after[name]) for name in before)
