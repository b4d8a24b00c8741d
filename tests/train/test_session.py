"""Whole runs: it learns, the result loads anywhere and stops, and nobody's folder is written into."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import torch

from datagen.errors import DatasetError, OutputError
from models.errors import ModelError
from train.errors import DivergedError
from train.metrics import read_metrics
from train.progress import RunProgress
from train.run_folder import RunFolder
from train.session import run_stage


def run(recipe, *, resume: bool = False, dry_run: bool = False) -> RunFolder:
    run_stage(recipe, resume=resume, dry_run=dry_run, progress=RunProgress())
    return RunFolder(recipe.out)


@torch.inference_mode()
def complete(checkpoint: Path, prompts: list[str], max_new_tokens: int) -> Iterator[tuple[str, str]]:
    """(prompt, greedy answer), by a checkpoint that is loaded the way anybody would load it."""
    from transformers import AutoModelForCausalLM, AutoTokenizer

    tokenizer: Any = AutoTokenizer.from_pretrained(checkpoint)
    model: Any = AutoModelForCausalLM.from_pretrained(checkpoint).eval()
    for prompt in prompts:
        turn = [{"role": "user", "content": prompt}]
        inputs = tokenizer.apply_chat_template(turn, add_generation_prompt=True, return_tensors="pt")
        output_BT = model.generate(**inputs, max_new_tokens=max_new_tokens, do_sample=False)
        yield prompt, tokenizer.decode(output_BT[0, inputs["input_ids"].shape[1] :], skip_special_tokens=True)


def test_the_saved_checkpoint_has_learned_the_chats_and_stops(recipe_for) -> None:
    folder = run(recipe_for(optim={"lr": 1e-2, "epochs": 40, "warmup_ratio": 0.1}))
    losses = [metrics.loss for metrics in read_metrics(folder.metrics)]
    assert losses[-1] < 0.1 * losses[0]
    answers = dict(complete(folder.final, ["สวัสดี", "แนะนำอาหารไทย"], max_new_tokens=60))
    assert answers == {"สวัสดี": "สวัสดีครับ", "แนะนำอาหารไทย": "ต้มยำกุ้ง"}


def test_the_checkpoint_loads_in_transformers_with_template_and_stop_tokens(recipe_for) -> None:
    from transformers import AutoModelForCausalLM, AutoTokenizer, GenerationConfig

    folder = run(recipe_for(optim={"max_steps": 1}))
    model: Any = AutoModelForCausalLM.from_pretrained(folder.final)
    tokenizer = AutoTokenizer.from_pretrained(folder.final)
    assert GenerationConfig.from_pretrained(folder.final).eos_token_id == [258, 256]
    prompt = tokenizer.apply_chat_template(
        [{"role": "user", "content": "ก"}], add_generation_prompt=True, return_tensors="pt"
    )
    output = model.generate(**prompt, max_new_tokens=4, do_sample=False)
    assert prompt["input_ids"].shape[1] < output.shape[1] <= prompt["input_ids"].shape[1] + 4


def test_the_tiny_recipe_model_with_the_real_tokenizer_learns_and_generates(recipe_for, real_chat) -> None:
    tiny = {"hidden_size": 16, "intermediate_size": 32, "layers": 1, "heads": 2, "kv_heads": 1}
    recipe = recipe_for(
        model={"path": None, "name": "qwen2.5-coder-0.5b", "tiny": tiny}, optim={"lr": 3e-2, "max_steps": 8}
    )
    folder = run(recipe)
    losses = [metrics.loss for metrics in read_metrics(folder.metrics)]
    assert losses[0] == pytest.approx(torch.tensor(float(len(real_chat.tokenizer))).log().item(), abs=0.3)
    assert losses[-1] < losses[0] - 1
    assert len(list(complete(folder.final, ["สวัสดี"], max_new_tokens=2))) == 1


def test_metrics_and_card_say_what_was_trained(recipe_for) -> None:
    recipe = recipe_for()
    folder = run(recipe)
    card, metrics = folder.card(), read_metrics(folder.metrics)
    assert card["status"] == "finished"
    assert card["recipe"] == recipe.model_dump(mode="json")
    assert card["data"]["rows_used"] == 12
    assert sum(m.tokens for m in metrics) == 4 * card["data"]["tokens"]
    assert sum(m.loss_tokens for m in metrics) == 4 * card["data"]["loss_tokens"]
    assert [m.step for m in metrics] == list(range(1, 13))
    assert {m.epoch for m in metrics} == {0, 1, 2, 3}
    assert {"torch", "transformers", "python"} <= card["versions"].keys()


def test_micro_batch_budget_packing_and_checkpointing_of_activations_change_nothing(recipe_for) -> None:
    first, *others = (
        [m.loss for m in read_metrics(run(recipe).metrics)]
        for recipe in (
            recipe_for("a", optim={"lr": 1e-4}),
            recipe_for("b", optim={"lr": 1e-4}, batch={"tokens_per_micro_batch": 2000}),
            recipe_for("c", optim={"lr": 1e-4}, batch={"packing": False}),
            recipe_for("d", optim={"lr": 1e-4}, compute={"activation_checkpointing": True}),
        )
    )
    for other in others:
        assert other == pytest.approx(first, rel=1e-4)


def test_a_finished_run_says_so_and_is_not_overwritten(recipe_for, capsys: pytest.CaptureFixture[str]) -> None:
    folder = run(recipe_for())
    before = (folder.final / "model.safetensors").read_bytes()
    with pytest.raises(OutputError, match="finished run"):
        run(recipe_for())
    run(recipe_for(), resume=True)
    assert "is finished" in capsys.readouterr().out
    assert (folder.final / "model.safetensors").read_bytes() == before


@pytest.mark.parametrize("resume", [False, True])
def test_a_folder_that_holds_something_else_is_refused_untouched(recipe_for, resume: bool) -> None:
    recipe = recipe_for()
    out = Path(recipe.out)
    out.mkdir()
    (out / "thesis.txt").write_text("years of work")
    with pytest.raises(OutputError, match="not a training run"):
        run(recipe, resume=resume)
    assert [p.name for p in out.iterdir()] == ["thesis.txt"]


def test_an_unfinished_run_is_not_started_over_silently(recipe_for) -> None:
    recipe = recipe_for()
    folder = run(recipe)
    card = {**folder.card(), "status": "running"}
    folder.card_path.write_text(json.dumps(card))
    with pytest.raises(OutputError, match="--resume"):
        run(recipe)


def test_dry_run_prints_the_plan_and_touches_nothing(recipe_for, capsys: pytest.CaptureFixture[str]) -> None:
    recipe = recipe_for()
    run(recipe, dry_run=True)
    assert not Path(recipe.out).exists()
    said = capsys.readouterr().out
    assert "12 of 12 rows" in said
    assert "plan: 12 steps of 4 rows" in said
    assert "rows_per_step: 4" in said


def test_a_run_that_diverges_stops_before_it_spoils_the_parameters(recipe_for) -> None:
    recipe = recipe_for(optim={"lr": 1e30, "clip_norm": None, "warmup_ratio": 0.0})
    with pytest.raises(DivergedError, match=r"optim\.lr"):
        run(recipe)


def test_rows_that_are_all_too_long_are_an_error_with_the_count(recipe_for) -> None:
    with pytest.raises(DatasetError, match="12 longer than 20 tokens"):
        run(recipe_for(data={"max_tokens": 20}))


def test_a_model_that_is_not_there_is_one_sentence(recipe_for, tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="cannot load model"):
        run(recipe_for(model={"path": str(tmp_path / "nowhere")}))
