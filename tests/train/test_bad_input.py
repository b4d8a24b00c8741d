"""What goes wrong for a user: one sentence that says what to mend, and the last checkpoint is as it was."""

from __future__ import annotations

import errno
import json
import os
import resource
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import polars as pl
import pytest
import torch
import yaml

from datagen.errors import DatasetError, OutputError
from models.errors import ModelError
from models.loading import load_tokenizer
from recipes.training import OpdRecipe, SftRecipe
from train import checkpoint as checkpoint_module
from train.metrics import StepMetrics, read_metrics
from train.progress import RunProgress
from train.run_folder import RunFolder
from train.session import run_stage

CHAT = [{"role": "user", "content": "ถาม"}, {"role": "assistant", "content": "ตอบ"}]


class Stopped(Exception):
    pass


class StopAfter(RunProgress):
    """Breaks off right after step 5, as a crash would."""

    def step(self, metrics: StepMetrics) -> None:
        if metrics.step == 5:
            raise Stopped


def begun(recipe: SftRecipe | OpdRecipe) -> dict[str, bytes]:
    """A run of this recipe that broke off, and every file of it that a resume lives on."""
    with pytest.raises(Stopped):
        run_stage(recipe, resume=False, dry_run=False, progress=StopAfter())
    return kept(recipe.out)


def kept(out: str) -> dict[str, bytes]:
    folder = RunFolder(out)
    files = [*folder.checkpoints.rglob("*"), folder.card_path, folder.path / "recipe.yaml"]
    return {str(path.relative_to(folder.path)): path.read_bytes() for path in files if path.is_file()}


def refused(recipe: SftRecipe | OpdRecipe, error: type[Exception], sentence: str) -> None:
    with pytest.raises(error, match=sentence) as caught:
        run_stage(recipe, resume=True, dry_run=False, progress=RunProgress())
    assert "\n" not in str(caught.value)


@pytest.fixture
def recipe(recipe_for: Callable[..., SftRecipe]) -> SftRecipe:
    return recipe_for(checkpoint={"every_steps": 2, "keep": 1})


@pytest.mark.parametrize(
    ("rows", "sentence"),
    [
        ([], "holds no sft or tool rows; build some with `typhoon-data build"),
        ([{"text": "ถาม ตอบ"}], r"rows.jsonl:1 has no key `messages`; each line needs a list of role and content"),
        (
            [{"messages": [{**m, "content": m["content"] * 200} for m in CHAT]}],
            "1 longer than 256 tokens; raise data.max",
        ),
    ],
    ids=["empty", "wrong columns", "row longer than the limit"],
)
def test_a_dataset_that_cannot_be_used(recipe: SftRecipe, tmp_path: Path, rows: list[Any], sentence: str) -> None:
    before = begun(recipe)
    path = tmp_path / "rows.jsonl"
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    refused(
        recipe.model_copy(update={"data": recipe.data.model_copy(update={"path": str(path)})}), DatasetError, sentence
    )
    assert kept(recipe.out) == before


def test_a_parquet_file_with_other_columns(recipe: SftRecipe, tmp_path: Path) -> None:
    before = begun(recipe)
    path = tmp_path / "rows.parquet"
    pl.DataFrame({"question": ["a"], "answer": ["b"]}).write_parquet(path)
    other = recipe.model_copy(update={"data": recipe.data.model_copy(update={"path": str(path)})})
    refused(other, DatasetError, r"has no column `messages` \(it has: question, answer\)")
    assert kept(recipe.out) == before


def test_one_row_that_is_too_long_is_left_out_and_counted(
    recipe: SftRecipe, capsys: pytest.CaptureFixture[str]
) -> None:
    path = Path(recipe.data.path)
    long = [CHAT[0], {"role": "assistant", "content": "ยาว" * 200}]
    path.write_text(path.read_text(encoding="utf-8") + json.dumps({"messages": long}) + "\n", encoding="utf-8")
    run_stage(recipe, resume=False, dry_run=True, progress=RunProgress())
    said = capsys.readouterr().out
    assert "data: 12 of 13 rows" in said
    assert "left out: 1 rows, longer than 256 tokens" in said


def test_a_teacher_with_another_tokenizer(recipe: SftRecipe, student: Path, real_chat: Any, tmp_path: Path) -> None:
    tree = recipe.model_dump(mode="json") | {"stage": "opd", "rollout": {"share": 0.0}}
    good = OpdRecipe.model_validate(tree | {"teacher": {"path": str(student)}})
    before = begun(good)
    real_chat.tokenizer.save_pretrained(tmp_path / "foreign")
    bad = OpdRecipe.model_validate(tree | {"teacher": {"path": str(tmp_path / "foreign")}})
    refused(
        bad, ModelError, r"do not share a tokenizer \(151665 and 259 tokens; the first difference is .*; take a teacher"
    )
    assert kept(good.out) == before


def test_a_template_without_generation_markers_has_its_spans_found_by_prefixes(recipe: SftRecipe) -> None:
    chat = load_tokenizer(recipe.model, print)
    assert "{% generation %}" not in chat.tokenizer.chat_template
    ids = chat.render(CHAT)
    [(start, end)] = chat.assistant_spans(CHAT, ids) or []
    assert chat.tokenizer.decode(ids[start:end]) == "ตอบ<|im_end|>"


@pytest.mark.parametrize(
    ("template", "sentence"),
    [
        (None, "the tokenizer has no chat template; take an instruct model, or add one to its folder"),
        ("{% for m in messages %}{{ m.content }}\n{% endfor %}", "does not end an assistant turn with a special token"),
        (
            "{% for m in messages %}<|im_start|>{{ m.role }}{{ messages|length }}\n{{ m.content }}<|im_end|>"
            "{% endfor %}{% if add_generation_prompt %}<|im_start|>assistant\n{% endif %}",
            "renders a turn differently once more turns follow",
        ),
    ],
    ids=["none", "no end of turn", "rewrites"],
)
def test_a_template_from_which_the_answers_cannot_be_told(
    recipe: SftRecipe, student: Path, tmp_path: Path, template: str | None, sentence: str
) -> None:
    before = begun(recipe)
    folder = tmp_path / "other"
    shutil.copytree(student, folder)
    (folder / "chat_template.jinja").unlink()
    if template:
        (folder / "chat_template.jinja").write_text(template, encoding="utf-8")
    refused(
        recipe.model_copy(update={"model": recipe.model.model_copy(update={"path": str(folder)})}), ModelError, sentence
    )
    assert kept(recipe.out) == before


def test_a_checkpoint_of_another_recipe(recipe: SftRecipe) -> None:
    before = begun(recipe)
    other = recipe.model_copy(update={"batch": recipe.batch.model_copy(update={"rows_per_step": 3})})
    refused(other, OutputError, r"cannot resume .*batch\.rows_per_step=3 \(was 4\); undo that, or give another out=")
    assert kept(recipe.out) == before


def test_a_checkpoint_of_another_stage_put_into_the_folder(recipe: SftRecipe, recipe_for: Any, student: Path) -> None:
    """The recipe is the same, the state is not: a model of another shape."""
    begun(recipe)
    state = RunFolder(recipe.out).checkpoints / "step-000004" / "state.pt"
    held = torch.load(state, weights_only=True)
    held["model"] = {name: weight[:1] for name, weight in held["model"].items()}
    torch.save(held, state)
    before = kept(recipe.out)
    refused(recipe, OutputError, "state.pt is a checkpoint of another model")
    assert kept(recipe.out) == before


@pytest.mark.parametrize("moment", ["in the file", "at the rename"])
def test_a_disk_that_is_full_while_saving(recipe: SftRecipe, monkeypatch: pytest.MonkeyPatch, moment: str) -> None:
    before = begun(recipe)
    full = OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    def torn_save(_state: Any, path: Path) -> None:
        path.write_bytes(b"half of it")
        raise full

    def refuse(*_paths: Any) -> None:
        raise full

    with monkeypatch.context() as patch:
        patch.setattr(*(
            (checkpoint_module.torch, "save", torn_save) if moment == "in the file"
            else (checkpoint_module, "replace_file", refuse)
        ))  # fmt: skip
        refused(
            recipe, OutputError, "cannot write the checkpoint .*step-000006.*No space left.*make room, then continue"
        )
    assert before.items() <= kept(recipe.out).items()
    assert (RunFolder(recipe.out).checkpoints / "latest").read_text() == "step-000004\n"
    run_stage(recipe, resume=True, dry_run=False, progress=RunProgress())
    assert len(read_metrics(RunFolder(recipe.out).metrics)) == 12


def test_a_real_limit_of_the_system_while_saving(recipe: SftRecipe, tmp_path: Path) -> None:
    """In a process whose files may not grow beyond 60 KB; a checkpoint has 800."""
    before = begun(recipe)
    path = tmp_path / "recipe.yaml"
    path.write_text(yaml.safe_dump(recipe.model_dump(mode="json"), allow_unicode=True), encoding="utf-8")
    code = (
        "import signal; signal.signal(signal.SIGXFSZ, signal.SIG_IGN)\n"
        "from train.cli import main; main()"
    )  # fmt: skip
    done = subprocess.run(
        [sys.executable, "-c", code, "run", str(path), "--resume"],
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (60_000, 60_000)),
        capture_output=True,
        text=True,
    )
    assert done.returncode == 2, done.stderr
    last = done.stderr.splitlines()[-1]
    assert last.startswith("typhoon-train: cannot write the checkpoint")
    assert last.endswith("make room, then continue with --resume")
    assert "Traceback" not in done.stderr
    assert kept(recipe.out) == before
    run_stage(recipe, resume=True, dry_run=False, progress=RunProgress())
    assert RunFolder(recipe.out).status() == "finished"
