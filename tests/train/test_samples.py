"""Sample completions during training: judged, written once, and without any trace in what is trained."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import polars as pl
import pytest
import torch
from safetensors.torch import load_file

from constraints import PASS, Verdict, fail, undecided
from datagen.errors import DatasetError, RecipeError
from models.completions import Completion, Prompt, rates
from models.loading import load_model, load_tokenizer
from recipes.training import OpdRecipe, SampleSection
from train.metrics import StepMetrics, read_metrics
from train.progress import RunProgress
from train.run_folder import RunFolder
from train.sample import Samples
from train.session import run_stage

LINES = {"prompt": "แนะนำอาหารไทย", "constraints": [{"id": "length.lines", "params": {"count": 1}}]}
SAMPLE = {"prompts": ["สวัสดี", LINES], "max_new_tokens": 24}


class Stopped(Exception):
    pass


class StopAfter(RunProgress):
    """Breaks off right after a step, as a crash would."""

    def __init__(self, step: int) -> None:
        super().__init__()
        self.last_step = step

    def step(self, metrics: StepMetrics) -> None:
        if metrics.step == self.last_step:
            raise Stopped


def assert_same_run(given: RunFolder, wanted: RunFolder) -> None:
    losses, other = ([(m.loss, m.grad_norm) for m in read_metrics(folder.metrics)] for folder in (given, wanted))
    assert losses == other
    a, b = (load_file(folder.final / "model.safetensors") for folder in (given, wanted))
    assert a.keys() == b.keys()
    assert all(torch.equal(a[name], b[name]) for name in a)


def run(recipe: Any, progress: RunProgress | None = None, *, resume: bool = False) -> RunFolder:
    run_stage(recipe, resume=resume, dry_run=False, progress=progress or RunProgress())
    return RunFolder(recipe.out)


def lines(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


def completion(text: str, verdicts: dict[str, Verdict], *, truncated: bool = False, leaked: str = "") -> Completion:
    return Completion(Prompt("p", "ถาม", [1], ()), text, truncated, tuple(verdicts.items()), leaked)


def test_undecided_is_counted_apart_and_an_empty_answer_keeps_nothing() -> None:
    empty = Prompt("p", "ถาม", [1], ())
    found = rates(
        [
            completion("ดี", {"a": PASS, "b": undecided("?")}),
            completion("好", {"a": fail("no")}, truncated=True, leaked="好"),
            Completion(empty, "", False, (("a", fail("the answer is empty")),), ""),
            completion("ดี", {}),
        ]
    )
    assert (found["constraints_decided"], found["constraints_undecided"]) == (3, 1)
    assert found["pass_rate"] == pytest.approx(1 / 3)
    assert (found["script_leak_share"], found["truncated_share"], found["empty_share"]) == (0.25, 0.25, 0.25)
    assert "pass_rate" not in rates([completion("ดี", {"b": undecided("?")})])


def test_a_model_that_has_learned_keeps_the_constraint_in_the_end(recipe_for) -> None:
    recipe = recipe_for(optim={"lr": 1e-2, "epochs": 40, "warmup_ratio": 0.1}, sample={**SAMPLE, "every_steps": 40})
    recipe = recipe.model_copy(update={"sample": recipe.sample.model_copy(update={"max_new_tokens": 60})})
    folder = run(recipe)
    answers, found = lines(folder.samples), lines(folder.sample_rates)
    assert [line["step"] for line in found] == [40, 80, 120]
    assert [(line["step"], line["id"]) for line in answers] == [(s, p) for s in (40, 80, 120) for p in ("p1", "p2")]
    assert [line["answer"] for line in answers[-2:]] == ["สวัสดีครับ", "ต้มยำกุ้ง"]
    assert answers[-1]["constraints"] == [{"id": "length.lines", "outcome": "PASS", "reason": ""}]
    assert (found[-1]["pass_rate"], found[-1]["script_leak_share"], found[-1]["truncated_share"]) == (1.0, 0.0, 0.0)


@pytest.mark.parametrize("temperature", [0.0, 1.0])
def test_training_is_bit_identical_with_and_without_samples(recipe_for, temperature: float) -> None:
    optim = {"epochs": 2}
    plain = run(recipe_for("plain", optim=optim))
    looked = run(recipe_for("looked", optim=optim, sample={**SAMPLE, "every_steps": 1, "temperature": temperature}))
    assert_same_run(looked, plain)
    assert len(lines(looked.sample_rates)) == 6


@pytest.mark.parametrize("temperature", [0.0, 1.0])
def test_a_look_leaves_every_generator_as_it_was(recipe_for, temperature: float, student: Path) -> None:
    recipe = recipe_for(sample={**SAMPLE, "every_steps": 1, "temperature": temperature})
    chat = load_tokenizer(recipe.model, print)
    model = load_model(recipe.model, chat, 0, print).train()
    folder = RunFolder(recipe.out)
    folder.path.mkdir()
    before = torch.get_rng_state()
    samples = Samples(recipe, model, chat, folder, RunProgress())
    samples.take(1, 9)
    samples.take(2, 9)
    assert torch.equal(torch.get_rng_state(), before)
    assert model.training
    first, second = ([line["answer"] for line in lines(folder.samples) if line["step"] == step] for step in (1, 2))
    assert first == second


def test_on_policy_distillation_is_the_same_with_samples(recipe_for, student: Path) -> None:
    def recipe(out: str, **sample: Any) -> OpdRecipe:
        tree = recipe_for(out, optim={"max_steps": 3}, batch={"tokens_per_micro_batch": 300}).model_dump(mode="json")
        tree |= {"stage": "opd", "teacher": {"path": str(student)}, "rollout": {"share": 0.5, "max_new_tokens": 8}}
        return OpdRecipe.model_validate(tree | {"sample": sample})

    assert_same_run(run(recipe("looked", **SAMPLE, every_steps=1, temperature=0.7)), run(recipe("plain")))


def test_resume_tells_one_story_and_other_samples_do_not_hinder_it(recipe_for) -> None:
    def recipe(out: str, every: int) -> Any:
        return recipe_for(out, checkpoint={"every_steps": 4}, sample={**SAMPLE, "every_steps": every})

    with pytest.raises(Stopped):
        run(recipe("broken", 1), StopAfter(7))
    assert [line["step"] for line in lines(RunFolder(recipe("broken", 1).out).sample_rates)] == [1, 2, 3, 4, 5, 6]
    broken = run(recipe("broken", 2), resume=True)
    assert [line["step"] for line in lines(broken.sample_rates)] == [1, 2, 3, 4, 6, 8, 10, 12]
    assert_same_run(broken, run(recipe("whole", 5)))


def write_split(folder: Path, split: str, rows: int) -> None:
    constraints = json.dumps([{"id": "length.lines", "params": {"count": 1}}])
    target = folder / "data" / split
    target.mkdir(parents=True)
    pl.DataFrame(
        [
            {
                "id": f"{split}-{n}",
                "prompt": [{"role": "user", "content": f"ข้อ {n}"}],
                "reward_model": {"style": "rule", "ground_truth": constraints},
            }
            for n in range(rows)
        ]
    ).write_parquet(target / "part-00000.parquet")


def test_prompts_come_from_the_held_out_split_with_their_constraints(recipe_for, tmp_path: Path) -> None:
    write_split(tmp_path / "set", "rl", 9)
    write_split(tmp_path / "set", "heldout", 5)
    sample = {"rows": 3, "path": str(tmp_path / "set"), "max_new_tokens": 4}
    answers = lines(run(recipe_for(optim={"max_steps": 1}, sample=sample)).samples)
    assert len(answers) == 3
    assert {line["id"].split("-")[0] for line in answers} == {"heldout"}
    assert all(line["constraints"][0]["id"] == "length.lines" for line in answers)
    with pytest.raises(DatasetError, match=r"has 5 rows, and sample\.rows is 6; ask for fewer"):
        run(recipe_for("b", sample={**sample, "rows": 6}))


@pytest.mark.parametrize(
    ("sample", "error", "complaint"),
    [
        ({"prompts": [LINES | {"constraints": [{"id": "length.line"}]}]}, RecipeError, "prompt p1: .*length.line"),
        (
            {"prompts": [LINES | {"constraints": [{"id": "length.lines", "params": {"count": "x"}}]}]},
            RecipeError,
            "'x'",
        ),
        ({"rows": 2}, DatasetError, "neither data/heldout nor data/rl"),
    ],
)
def test_a_wrong_prompt_is_one_sentence_before_anything_is_written(
    recipe_for, sample: dict[str, Any], error: type[Exception], complaint: str
) -> None:
    recipe = recipe_for(sample=sample)
    with pytest.raises(error, match=complaint):
        run(recipe)
    assert not Path(recipe.out).exists()


def test_a_path_without_rows_is_refused() -> None:
    with pytest.raises(ValueError, match="path has no effect without rows"):
        SampleSection(path="x")
