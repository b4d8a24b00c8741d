"""On-policy distillation: one gradient however a step is cut or the teacher placed; runs that learn and resume."""

from __future__ import annotations

import itertools
import json
import random
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import asdict
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest
import torch
import yaml
from safetensors.torch import load_file

from datagen.errors import DatasetError, OutputError, RecipeError
from datagen.recipe import recipe_of
from losses.config import DivergenceSection
from losses.logit_tiles import Head
from models.chat_tokens import Example
from models.errors import ModelError
from models.folders import replace_file
from models.loading import load_tokenizer
from recipes.training import BatchSection, OpdRecipe, SftRecipe, TeacherSection
from train.metrics import read_metrics
from train.mixing import answered_by_student, prompt_ids, student_rows
from train.normaliser import TokenNormaliser
from train.opd import opd_loss_sum
from train.packing import micro_batch_groups, micro_batch_of
from train.progress import RunProgress
from train.run_folder import RunFolder
from train.session import run_stage
from train.teacher import ResidentTeacher, Teacher, labelled_hidden

VALID, PAD = 259, 256
EXACT = 2e-5  # fp32, another order of sums
WRONG = 1e-2
CPU = torch.device("cpu")
FORWARD = DivergenceSection(kl="forward")


def step_gradients(
    student: Any,
    teacher: Teacher,
    examples: list[Example],
    batch: BatchSection,
    divergence: DivergenceSection = FORWARD,
) -> tuple[float, list[torch.Tensor]]:
    groups = micro_batch_groups(examples, batch)
    micro_batches = [micro_batch_of(group, batch, PAD) for group in groups]
    normaliser = TokenNormaliser.of_step(micro.targets_BT for micro in micro_batches)
    student.zero_grad()
    loss = 0.0
    for micro, hidden in zip(micro_batches, teacher.hidden_of_step(groups, micro_batches), strict=True):
        sums = opd_loss_sum(student, micro, Head(hidden, teacher.head_VH), divergence, valid_ids=VALID)
        normaliser.share(sums).backward()
        loss += normaliser.share(sums).item()
    return loss, [parameter.grad.clone() for parameter in student.parameters()]


def reference_gradients(student: Any, teacher: Any, examples: list[Example]) -> tuple[float, list[torch.Tensor]]:
    """Dense forward KL of one document at a time, through both models' own heads."""
    student.zero_grad()
    total, count = torch.zeros(()), 0
    for example in examples:
        ids = torch.from_numpy(example.ids_T).long()[None]
        log_s, log_t = (m(input_ids=ids).logits[0, :, :VALID].log_softmax(-1) for m in (student, teacher))
        kl_T = (log_t.exp() * (log_t - log_s)).sum(-1)
        before = torch.from_numpy(example.labelled_T[1:])  # a token is predicted one position earlier
        total, count = total + kl_T[:-1][before].sum(), count + int(before.sum())
    (total / count).backward()
    return total.item() / count, [parameter.grad.clone() for parameter in student.parameters()]


@pytest.mark.parametrize("packing", [True, False])
@pytest.mark.parametrize("budget", [33, 60, 1000])
def test_any_split_packed_or_padded_equals_documents_one_by_one(
    fresh_model, ragged_examples, relative_error, packing: bool, budget: int
) -> None:
    student, teacher = fresh_model(0), fresh_model(1).requires_grad_(False)
    wanted_loss, wanted = reference_gradients(student, teacher, ragged_examples)
    batch = BatchSection(rows_per_step=8, tokens_per_micro_batch=budget, packing=packing)
    loss, given = step_gradients(student, ResidentTeacher(teacher, CPU, CPU), ragged_examples, batch)
    assert loss == pytest.approx(wanted_loss, rel=1e-5)
    assert relative_error(given, wanted) < EXACT


class LateTeacher(ResidentTeacher):
    """Each hidden state one token late."""

    def hidden_of_step(self, *step: Any, **named: Any) -> Iterator[torch.Tensor]:
        for hidden in super().hidden_of_step(*step, **named):
            yield hidden.roll(1, 0)


@pytest.mark.parametrize("mutation", ["mean of means", "one token late", "another temperature", "swapped sides"])
def test_a_broken_objective_is_another_gradient(fresh_model, ragged_examples, relative_error, mutation: str) -> None:
    """The twins of the test above."""
    student, teacher = fresh_model(0), fresh_model(1).requires_grad_(False)
    _, wanted = reference_gradients(student, teacher, ragged_examples)
    batch = BatchSection(rows_per_step=8, tokens_per_micro_batch=1000)
    right = ResidentTeacher(teacher, CPU, CPU)
    if mutation == "mean of means":
        halves = [step_gradients(student, right, part, batch)[1] for part in (ragged_examples[:4], ragged_examples[4:])]
        broken = [(a + b) / 2 for a, b in zip(*halves, strict=True)]
    elif mutation == "one token late":
        broken = step_gradients(student, LateTeacher(teacher, CPU, CPU), ragged_examples, batch)[1]
    else:
        section = {
            "another temperature": DivergenceSection(temperature=1.1),
            "swapped sides": DivergenceSection(kl="reverse"),
        }[mutation]
        broken = step_gradients(student, right, ragged_examples, batch, section)[1]
    assert relative_error(broken, wanted) > WRONG


def test_perturbed_tool_tokens_change_the_denominator_nowhere(fresh_model, ragged_examples) -> None:
    """What is not labelled is context: as a target it does not count, whatever it is."""
    student, teacher = fresh_model(0), ResidentTeacher(fresh_model(1), CPU, CPU)
    [example] = ragged_examples[3:4]
    labelled_T = example.labelled_T.copy()
    labelled_T[-6:] = False  # the last words are a tool's: nothing labelled comes after them
    before = Example("a", example.ids_T, labelled_T)
    ids_T = example.ids_T.copy()
    ids_T[-6:] = (ids_T[-6:] + 7) % VALID
    after = Example("a", ids_T, labelled_T)
    batch = BatchSection(tokens_per_micro_batch=100)
    first, second = (step_gradients(student, teacher, [e], batch) for e in (before, after))
    assert first[0] == second[0]
    assert all(torch.equal(a, b) for a, b in zip(first[1], second[1], strict=True))
    labelled_T[-3] = True  # the twin: one of them in the loss
    third = step_gradients(student, teacher, [Example("a", ids_T, labelled_T)], batch)
    assert third[0] != first[0]


def test_a_micro_batch_without_labels_adds_exactly_nothing(fresh_model, ragged_examples) -> None:
    teacher = ResidentTeacher(fresh_model(1), CPU, CPU)
    loss, gradients = step_gradients(fresh_model(), teacher, [ragged_examples[2]], BatchSection())
    assert loss == 0.0
    assert all(torch.count_nonzero(gradient) == 0 for gradient in gradients)


def test_the_teacher_sends_labelled_tokens_alone(fresh_model, ragged_examples) -> None:
    batch = micro_batch_of(ragged_examples, BatchSection(), PAD)
    hidden = labelled_hidden(fresh_model(1), batch)
    assert hidden.shape == (sum(int(e.labelled_T[1:].sum()) for e in ragged_examples), 32)
    assert not hidden.requires_grad


# Mixing


@pytest.mark.parametrize(("share", "rows"), [(0.0, 8), (0.25, 8), (0.3, 10), (1.0, 7)])
def test_the_share_is_met_in_every_step(share: float, rows: int) -> None:
    counts = [len(student_rows(range(rows), share, seed, step)) for seed in range(3) for step in range(200)]
    assert set(counts) <= {int(share * rows + 1e-9), -int(-share * rows // 1)}
    assert np.mean(counts) == pytest.approx(share * rows, abs=0.1)


def test_the_draw_is_a_function_of_seed_and_step_and_reaches_every_row() -> None:
    drawn = [tuple(student_rows(range(8), 0.25, seed, step)) for seed in range(2) for step in range(50)]
    assert drawn == [tuple(student_rows(range(8), 0.25, seed, step)) for seed in range(2) for step in range(50)]
    assert drawn[:50] != drawn[50:]
    assert {row for rows in drawn for row in rows} == set(range(8))


def test_prompts_are_prefixes_up_to_any_of_the_assistants_turns(ragged_examples) -> None:
    ids_T = np.arange(12, dtype=np.int32)
    labelled_T = np.array([0, 0, 0, 1, 1, 0, 0, 1, 1, 1, 0, 0], dtype=bool)
    example = Example("two turns", ids_T, labelled_T)
    lengths = {len(prompt_ids(example, 0, step)) for step in range(30)}
    assert lengths == {3, 7}
    answered = answered_by_student(example, prompt_ids(example, 0, 0), np.array([90, 91], dtype=np.int32))
    assert answered.ids_T[answered.labelled_T].tolist() == [90, 91]
    assert answered.ids_T[~answered.labelled_T].tolist() in ([0, 1, 2], list(range(7)))


def test_rows_without_an_answer_are_always_the_students() -> None:
    for step in range(50):
        drawn = student_rows(range(8), 0.25, 0, step, {1, 2, 6})
        assert drawn == [1, 2, 6]
        assert {1} <= set(student_rows(range(8), 0.5, 0, step, {1}))
        assert len(student_rows(range(8), 0.5, 0, step, {1})) == 4


# Whole runs


@pytest.fixture
def teacher_path(tmp_path: Path, student: Path, fresh_model) -> Path:
    """A folder with the student's tokenizer and other weights."""
    folder = tmp_path / "teacher"
    load_tokenizer(TeacherSection(path=str(student)), lambda _: None).tokenizer.save_pretrained(folder)
    fresh_model(5).save_pretrained(folder)
    return folder


@pytest.fixture
def opd_recipe(recipe_for: Callable[..., Any], teacher_path: Path) -> Callable[..., OpdRecipe]:
    """`opd_recipe(out, rollout={...})`: three epochs of twelve chats, a quarter answered by the student."""

    def make(out: str = "run", **sections: Any) -> OpdRecipe:
        sft = recipe_for(out, optim={"lr": 3e-3, "epochs": 3, "max_steps": 9}, checkpoint={"every_steps": 2})
        tree = sft.model_dump(exclude={"stage"}) | {
            "teacher": {"path": str(teacher_path), "dtype": "float32"},
            "rollout": {"max_new_tokens": 12, "share": 0.5},
            "batch": {"rows_per_step": 4, "tokens_per_micro_batch": 300},
            "held_out": {"rows": 2, "every_steps": 3},
        }
        for name, section in sections.items():
            tree[name] = {**tree.get(name, {}), **section}
        return OpdRecipe.model_validate(tree)

    return make


run = partial(run_stage, resume=False, dry_run=False)


class Stopped(Exception):
    pass


class StopAfter(RunProgress):
    """Breaks off right after a step, as a crash would."""

    def __init__(self, step: int) -> None:
        super().__init__()
        self.last_step = step

    def step(self, metrics: Any) -> None:
        if metrics.step == self.last_step:
            raise Stopped


def story(folder: RunFolder) -> tuple[list[Any], list[Any]]:
    """Metrics and held-out measurements without the wall clock and the memory."""
    clock = ("seconds", "tokens_per_s", "rollout_seconds", "memory_gb")
    lines = []
    for metrics in read_metrics(folder.metrics):
        line = asdict(metrics)
        line |= line.pop("stage")
        lines.append({key: value for key, value in line.items() if key not in clock})
    return lines, [json.loads(line) for line in folder.held_out.read_text().splitlines()]


def weights(folder: RunFolder) -> dict[str, torch.Tensor]:
    return load_file(folder.final / "model.safetensors")


def same_weights(one: RunFolder, other: RunFolder) -> bool:
    a, b = weights(one), weights(other)
    return a.keys() == b.keys() and all(torch.equal(a[name], b[name]) for name in a)


def test_the_held_out_divergence_falls_and_the_run_says_what_it_did(opd_recipe) -> None:
    recipe = opd_recipe(optim={"max_steps": 24, "epochs": 12})
    run(recipe, progress=RunProgress())
    lines, held_out = story(RunFolder(recipe.out))
    assert [line["step"] for line in held_out] == [0, *range(3, 25, 3)]
    assert held_out[-1]["forward_kl"] < 0.8 * held_out[0]["forward_kl"]
    assert {line["student_rows"] for line in lines} <= {1, 2}  # of four, or of an epoch's last two
    assert all(0 < line["student_tokens"] <= 24 for line in lines)
    assert all(line["mean_logprob"] < 0 for line in lines)
    assert RunFolder(recipe.out).card()["data"]["rows_held_out"] == 2


@pytest.mark.parametrize("stop_after", [1, 4, 7])
def test_resumed_equals_uninterrupted_bit_for_bit(opd_recipe, stop_after: int) -> None:
    whole, broken = opd_recipe("whole"), opd_recipe("broken")
    run(whole, progress=RunProgress())
    with pytest.raises(Stopped):
        run(broken, progress=StopAfter(stop_after))
    torch.manual_seed(stop_after)  # whatever the new process does first must not matter
    run_stage(broken, resume=True, dry_run=False, progress=RunProgress())
    assert story(RunFolder(broken.out)) == story(RunFolder(whole.out))
    assert same_weights(RunFolder(broken.out), RunFolder(whole.out))


def test_killed_at_random_moments_and_resumed_equals_uninterrupted(opd_recipe, tmp_path: Path) -> None:
    """Real kills of the real command; a swapped teacher, so that state is also lost while it is elsewhere."""
    sections = {"optim": {"max_steps": 24, "epochs": 12}, "teacher": {"placement": "swapped"}}
    whole, killed = opd_recipe("whole", **sections), opd_recipe("killed", **sections)
    run(whole, progress=RunProgress())
    path = tmp_path / "killed.yaml"
    path.write_text(yaml.safe_dump(killed.model_dump(mode="json"), allow_unicode=True), encoding="utf-8")
    folder, seed = RunFolder(killed.out), time.time_ns() % 10_000
    moments = random.Random(seed)
    command = [sys.executable, "-c", "from train.cli import main; main()", "run", str(path), "--resume"]
    for enough_steps in (1, 9):
        with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as process:
            while process.poll() is None and _still_before(folder, enough_steps):
                time.sleep(0.005)
            time.sleep(moments.uniform(0, 0.3))
            process.send_signal(signal.SIGKILL)
        assert process.returncode == -signal.SIGKILL, f"seed {seed}: it ended before it was killed"
        assert folder.status() == "running"
    run_stage(killed, resume=True, dry_run=False, progress=RunProgress())
    assert story(folder) == story(RunFolder(whole.out)), f"seed {seed}"
    assert same_weights(folder, RunFolder(whole.out)), f"seed {seed}"


def _still_before(folder: RunFolder, steps: int) -> bool:
    return not folder.metrics.exists() or folder.metrics.read_bytes().count(b"\n") < steps


def test_rollouts_from_the_global_generator_would_not_resume(opd_recipe, monkeypatch: pytest.MonkeyPatch) -> None:
    """The twin: a seed that the resumed process does not know."""
    whole, broken = opd_recipe("whole"), opd_recipe("broken")
    run(whole, progress=RunProgress())
    monkeypatch.setattr("train.opd.rollout_seed", lambda _seed, _step, _call: torch.initial_seed() % 1000)
    with pytest.raises(Stopped):
        run(broken, progress=StopAfter(4))
    run_stage(broken, resume=True, dry_run=False, progress=RunProgress())
    assert not same_weights(RunFolder(broken.out), RunFolder(whole.out))


def test_swapped_is_resident_bit_for_bit(opd_recipe) -> None:
    resident, swapped = opd_recipe("resident"), opd_recipe("swapped", teacher={"placement": "swapped"})
    for recipe in (resident, swapped):
        run(recipe, progress=RunProgress())
    assert story(RunFolder(swapped.out)) == story(RunFolder(resident.out))
    assert same_weights(RunFolder(swapped.out), RunFolder(resident.out))


def test_spooled_is_resident_and_the_teacher_is_read_once(opd_recipe, tmp_path: Path, teacher_path: Path) -> None:
    resident = opd_recipe("resident", rollout={"share": 0.0})
    spooled_teacher = {"placement": "spooled", "spool": str(tmp_path / "spool")}
    spooled = [opd_recipe(f"spooled {n}", rollout={"share": 0.0}, teacher=spooled_teacher) for n in range(2)]
    for recipe in (resident, spooled[0]):
        run(recipe, progress=RunProgress())
    one, other = (story(RunFolder(recipe.out)) for recipe in (resident, spooled[0]))
    assert [m["loss"] for m in one[0]] == pytest.approx([m["loss"] for m in other[0]], rel=1e-4)
    teacher_path.joinpath("model.safetensors").unlink()  # all rows are in the spool, so nobody misses it
    run(spooled[1], progress=RunProgress())
    assert same_weights(RunFolder(spooled[1].out), RunFolder(spooled[0].out))


def test_a_damaged_spool_and_a_spool_of_another_teacher_are_refused(opd_recipe, tmp_path: Path) -> None:
    spool = tmp_path / "spool"
    section = {"placement": "spooled", "spool": str(spool)}
    run(opd_recipe("a", rollout={"share": 0.0}, teacher=section), progress=RunProgress())
    other = opd_recipe("b", rollout={"share": 0.0}, teacher=section | {"dtype": "bfloat16"})
    with pytest.raises(OutputError, match="not a spool of this teacher"):
        run(other, progress=RunProgress())
    [file] = spool.glob("hidden-*.bin")
    data = bytearray(file.read_bytes())
    for place in range(0, len(data), 100):
        data[place] ^= 1
    file.write_bytes(data)
    with pytest.raises(OutputError, match="is damaged at row"):
        run(opd_recipe("c", rollout={"share": 0.0}, teacher=section), progress=RunProgress())


def test_a_teacher_with_another_tokenizer_is_refused_before_anything_is_loaded(
    opd_recipe, teacher_path: Path, student: Path
) -> None:
    tokenizer = load_tokenizer(TeacherSection(path=str(student)), lambda _: None).tokenizer
    tokenizer.add_tokens(["ครับ"])
    tokenizer.save_pretrained(teacher_path)
    with pytest.raises(ModelError, match=r"do not share a tokenizer .*'ครับ', id 259"):
        run(opd_recipe(), progress=RunProgress())


def test_dry_run_prints_the_convention_and_touches_nothing(opd_recipe, capsys: pytest.CaptureFixture[str]) -> None:
    recipe = opd_recipe(divergence={"kl": "jsd", "beta": 0.1})
    run_stage(recipe, resume=False, dry_run=True, progress=RunProgress())
    said = capsys.readouterr().out
    assert "JSD 0.1 KL(teacher || m) + (1 - 0.1) KL(student || m), m = 0.1 teacher + (1 - 0.1) student" in said
    assert "50% of the rows of a step, at most 12 tokens" in said
    assert not Path(recipe.out).exists()


def test_prompts_alone_are_enough(opd_recipe, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The split that `typhoon-data build` makes for it, beside answered rows to hold out."""
    rows = [{"id": f"p{n}", "prompt": [{"role": "user", "content": f"ข้อ {n}"}]} for n in range(6)]
    answered = [{"id": "a", "messages": [{"role": "user", "content": "ก"}, {"role": "assistant", "content": "ข"}]}]
    for split, content in (("opd", rows), ("sft", answered)):
        shard = tmp_path / "built" / "data" / split / "0.parquet"
        shard.parent.mkdir(parents=True)
        pl.DataFrame(content).write_parquet(shard)
    data = {"path": str(tmp_path / "built"), "splits": ("opd", "sft")}
    recipe = opd_recipe(data=data, held_out={"rows": 1}, rollout={"share": 0.1}, optim={"max_steps": 2})
    run(recipe, progress=RunProgress())
    assert "6 rows are prompts only" in capsys.readouterr().out
    lines, _ = story(RunFolder(recipe.out))
    assert [line["student_rows"] for line in lines] == [4, 2]
    assert all(line["loss_tokens"] == line["student_tokens"] for line in lines)
    with pytest.raises(RecipeError, match=r"need rollout.share > 0"):
        recipe_of(OpdRecipe, recipe.model_dump() | {"rollout": {"share": 0.0}}, "x")
    sft = recipe.model_dump(include=set(SftRecipe.model_fields) - {"stage"}) | {"out": str(tmp_path / "sft")}
    with pytest.raises(DatasetError, match="prompt without an answer"):
        run(SftRecipe.model_validate(sft), progress=RunProgress())


@pytest.mark.parametrize("kl", ["reverse", "jsd", "top_k", "sampled"])
def test_every_divergence_runs(opd_recipe, kl: str) -> None:
    rollout = {"share": 1.0, "top_p": 1.0} if kl == "sampled" else {}
    recipe = opd_recipe(divergence={"kl": kl}, rollout=rollout, optim={"max_steps": 2})
    run(recipe, progress=RunProgress())
    assert all(np.isfinite(m.loss) for m in read_metrics(RunFolder(recipe.out).metrics))


def test_a_spool_that_was_cut_off_goes_on_where_it_was(
    opd_recipe, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    section = {"placement": "spooled", "spool": str(tmp_path / "spool")}
    recipe = opd_recipe(rollout={"share": 0.0}, teacher=section, optim={"max_steps": 1})
    monkeypatch.setattr("train.spool._ROWS_PER_FILE", 2)
    monkeypatch.setattr("train.spool.replace_file", _full_disk_at(3))
    with pytest.raises(OutputError, match="make room"):
        run(recipe, progress=RunProgress())
    capsys.readouterr()
    monkeypatch.setattr("train.spool.replace_file", replace_file)
    run_stage(recipe, resume=True, dry_run=False, progress=RunProgress())
    said = [line for line in capsys.readouterr().out.splitlines() if line.startswith("spooled")]
    assert said == ["spooled the teacher's hidden states of 2 of 2 rows"]


def _full_disk_at(call: int) -> Callable[..., None]:
    calls = itertools.count(1)

    def write(path: Path, text: str) -> None:
        if next(calls) == call:
            raise OSError(28, "No space left on device")
        replace_file(path, text)

    return write
