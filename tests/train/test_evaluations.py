"""Tasks during training: the scores of the checkpoint itself, and no trace in what is trained."""

from __future__ import annotations

import asyncio
import json
import sys
from pathlib import Path
from typing import Any

import pytest
import torch
from pydantic import ValidationError

from datagen.llm.answers import AnswerStore
from eval.checkpoint import CheckpointAnswerer
from eval.config import EvalRecipe
from eval.during_training import LiveTasks
from eval.errors import TaskError
from eval.results import ResultsFolder, read_items, read_results
from eval.runner import Watch, evaluate
from eval.tasks import OFFLINE, tasks_of
from models.loading import load_model, load_tokenizer
from recipes.training import EvaluateSection, OpdRecipe, StageRecipe
from tests.train.test_ranks import processes, start
from tests.train.test_samples import StopAfter, Stopped, assert_same_run, lines
from train import cli
from train.progress import RunProgress
from train.run_folder import RunFolder
from train.session import run_stage

__all__ = ["processes", "start"]

TASK = "thai_code_switch_small"
EVALUATE = {"tasks": [TASK], "limit": 5, "max_tokens": 10, "batch_size": 2, "every_steps": 1}


class Logged(RunProgress):
    """What a tracker would get."""

    def __init__(self) -> None:
        super().__init__()
        self.tracked: dict[tuple[int, str], float] = {}
        self.said: list[str] = []

    def measured(self, step: int, numbers: dict[str, float]) -> None:
        self.tracked |= {(step, name): value for name, value in numbers.items()}

    def say(self, text: str) -> None:
        self.said.append(text)


def run(recipe: StageRecipe, progress: RunProgress | None = None, *, resume: bool = False) -> RunFolder:
    run_stage(recipe, resume=resume, dry_run=False, progress=progress or RunProgress(), tasks=cli.tasks_of(recipe))
    return RunFolder(recipe.out)


def items_of_checkpoint(checkpoint: Path, out: Path, section: dict[str, Any]) -> list[dict[str, Any]]:
    """The same items, asked of the checkpoint as `typhoon-eval run` does."""
    tree = {"out": str(out), "tasks": section["tasks"], "limit": section["limit"]}
    model = {"name": str(checkpoint), "device": "cpu", "batch_size": section["batch_size"]}
    sampling = {"max_tokens": section["max_tokens"]}
    recipe = EvalRecipe.model_validate(tree | {"model": model, "sampling": sampling})
    folder = ResultsFolder(out)
    with folder.claim():
        store = AnswerStore(folder.answers)
        answerer = CheckpointAnswerer(recipe.model, recipe.sampling, store, print)
        asyncio.run(evaluate(recipe, tasks_of(recipe.tasks, {}), answerer, store, folder, Watch()))
        store.close()
    return read_items(out, TASK)


def test_what_a_run_says_of_itself_is_what_its_checkpoint_says(recipe_for, tmp_path) -> None:
    progress = Logged()
    folder = run(recipe_for(evaluate={**EVALUATE, "every_steps": 5}), progress)
    found = lines(folder.evaluation_scores)
    assert [line["step"] for line in found] == [n for n in (5, 10, 12) for _ in range(4)]
    last = folder.evaluations / "step-000012"
    assert read_items(last, TASK) == items_of_checkpoint(folder.final, tmp_path / "eval", EVALUATE)
    scores = read_results(last)["tasks"][TASK]["scores"]
    assert [{key: line[key] for key in scores[0]} for line in found[-4:]] == scores
    assert {line["n"] + line["undecided"] for line in found} == {5}
    for line in found:
        if line["value"] is not None:
            assert progress.tracked[line["step"], f"evaluate/{TASK}/{line['metric']}"] == line["value"]
            assert any(
                f"after step {line['step']}: {TASK} {line['metric']} {line['value']:.3f}" in s for s in progress.said
            )
    answers = [[item["answers"] for item in read_items(folder.evaluations / f"step-{n:06d}", TASK)] for n in (5, 12)]
    assert answers[0] != answers[1], "the model was trained in between"


def test_training_is_bit_identical_with_and_without(recipe_for) -> None:
    optim = {"epochs": 2}
    looked = run(recipe_for("looked", optim=optim, evaluate=EVALUATE))
    assert_same_run(looked, run(recipe_for("plain", optim=optim)))
    assert len({line["step"] for line in lines(looked.evaluation_scores)}) == 6


def test_distillation_is_the_same_with_and_without(recipe_for, student: Path) -> None:
    def recipe(out: str, **evaluate: Any) -> OpdRecipe:
        tree = recipe_for(out, optim={"max_steps": 2}, batch={"tokens_per_micro_batch": 300}).model_dump(mode="json")
        tree |= {"stage": "opd", "teacher": {"path": str(student)}, "rollout": {"share": 0.5, "max_new_tokens": 8}}
        return OpdRecipe.model_validate(tree | {"evaluate": evaluate})

    assert_same_run(run(recipe("looked", **EVALUATE)), run(recipe("plain")))


def test_rewards_are_trained_on_the_same_with_and_without(grpo_recipe_for) -> None:
    looked, plain = (
        grpo_recipe_for(out, optim={"max_steps": 2}, evaluate=e) for out, e in (("a", EVALUATE), ("b", {}))
    )
    assert_same_run(run(looked), run(plain))


def test_every_offline_task_leaves_the_model_and_every_generator_alone(recipe_for, tmp_path) -> None:
    recipe = recipe_for()
    chat = load_tokenizer(recipe.model, print)
    model = load_model(recipe.model, chat, 0, print).train()
    weights = {name: tensor.clone() for name, tensor in model.state_dict().items()}
    before = torch.get_rng_state()
    tasks = LiveTasks(["offline"], limit=2, max_tokens=6, batch_size=2)
    found = tasks.put_to(model, chat, name="x", out=tmp_path / "e", bf16=False)
    assert {line["task"] for line in found} == set(OFFLINE)
    assert torch.equal(torch.get_rng_state(), before)
    assert model.training
    assert all(torch.equal(tensor, weights[name]) for name, tensor in model.state_dict().items())


def test_resume_tells_one_story_and_other_tasks_do_not_hinder_it(recipe_for) -> None:
    def recipe(out: str, **evaluate: Any) -> Any:
        return recipe_for(out, checkpoint={"every_steps": 4}, evaluate={**EVALUATE, **evaluate})

    with pytest.raises(Stopped):
        run(recipe("broken", limit=2), StopAfter(7))
    assert {line["step"] for line in lines(RunFolder(recipe("broken").out).evaluation_scores)} == set(range(1, 7))
    broken = run(recipe("broken", limit=2, every_steps=6), resume=True)
    assert [line["step"] for line in lines(broken.evaluation_scores)][::4] == [1, 2, 3, 4, 6, 12]
    assert_same_run(broken, run(recipe("whole", limit=1, every_steps=12)))


def test_two_processes_with_parts_of_the_model_evaluate_the_whole_one(recipe_for, processes, tmp_path) -> None:
    recipe = recipe_for(compute={"shard": "full"}, optim={"max_steps": 2}, evaluate={**EVALUATE, "every_steps": 2})
    processes((2, [{"recipe": recipe.model_dump(mode="json"), "gradients": str(tmp_path / "g.pt")}]))
    folder = RunFolder(recipe.out)
    assert [line["step"] for line in lines(folder.evaluation_scores)] == [2] * 4
    found = read_items(folder.evaluations / "step-000002", TASK)
    assert found == items_of_checkpoint(folder.final, tmp_path / "eval", EVALUATE)


@pytest.mark.parametrize(
    ("evaluate", "said"),
    [
        ({"tasks": ["ifeval"]}, "ifeval is none of the tasks that are shipped: thai_if_held_out"),
        ({"tasks": ["thai_if"]}, "thai_if is none of the tasks"),
        ({"every_steps": 5}, "every_steps has no effect without tasks"),
        ({"tasks": [TASK], "limits": 5}, "limit"),
    ],
)
def test_mistakes_are_one_sentence_before_anything_is_loaded(
    recipe_for, tmp_path, evaluate, said, monkeypatch, capsys
) -> None:
    file = tmp_path / "recipe.yaml"
    file.write_text(json.dumps(recipe_for().model_dump(mode="json") | {"evaluate": evaluate}), encoding="utf-8")
    monkeypatch.setattr(sys, "argv", ["typhoon-train", "run", str(file)])
    with pytest.raises(SystemExit) as stopped:
        cli.main()
    assert stopped.value.code == 2
    assert said in " ".join(capsys.readouterr().err.split())
    assert not (tmp_path / "run").exists()


def test_a_section_without_tasks_may_be_written_out() -> None:
    assert EvaluateSection.model_validate(EvaluateSection().model_dump()) == EvaluateSection()
    with pytest.raises(ValidationError, match="limit, batch_size has no effect"):
        EvaluateSection(limit=3, batch_size=2)
    with pytest.raises(TaskError):
        LiveTasks(["mt_bench"], limit=1, max_tokens=None, batch_size=1)
