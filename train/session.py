"""One training run from recipe to checkpoint: data, plan, model, loop, export, a look at the result.

The order is chosen such that a mistake costs little: folder and data are checked before a model is loaded, and
the run card says `finished` only when the checkpoint lies in place.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import Any

import torch
import yaml

from costs.gauge import Gauge
from datagen.errors import DatasetError, OutputError
from losses.divergence import explain_divergence
from models.chat_dataset import Dataset, read_dataset
from models.chat_tokens import ChatTokenizer, Example, tokenize_conversations
from models.folders import whole_folder
from models.loading import device_of, load_model, load_tokenizer, quiet_transformers
from models.source import ModelSection
from parallel.ranks import first_rank, rank_count, wait
from parallel.sharding import shard, sharded, whole_copy
from recipes.training import ComputeSection, GrpoRecipe, OpdRecipe, SftRecipe, StageRecipe
from rollouts.agentic import trajectory_source
from rollouts.questions import question_dataset
from rollouts.trajectory import Prompt
from rollouts.transformers_engine import TransformersRollouts
from rollouts.vllm_engine import require_vllm
from train.batches import step_count
from train.grpo.groups import Collector
from train.grpo.held_out import HeldOut
from train.grpo.ink import Ink
from train.grpo.loop import train_grpo
from train.grpo.setup import grpo_plan_lines, held_out_prompts, ink_of, prompts_of
from train.held_out import hold_out
from train.metrics import read_metrics
from train.model import check_model, check_same_vocabulary, use_attention
from train.opd import train_opd
from train.progress import RunProgress
from train.run import Run
from train.run_folder import RunFolder
from train.sample import Samples, Tasks, sample_prompts
from train.sft import train_sft
from train.spool import Spool, SpooledTeacher
from train.teacher import ResidentTeacher, SwappedTeacher, Teacher, load_teacher
from train.tracker import require_tracker, tracking

__all__ = ["PreparedData", "plan_lines", "prepare_data", "run_stage", "run_stages"]


@dataclass(frozen=True, slots=True)
class PreparedData:
    """A dataset as the student's tokenizer sees it; `held_out`: examples, or prompts with `prompts`."""

    dataset: Dataset
    chat: ChatTokenizer
    examples: list[Example]
    held_out: list[Any]
    left_out: Counter[str]
    prompts: list[Prompt] = field(default_factory=list)
    ink: Ink | None = None
    other_sha256: str = ""

    def card(self) -> dict[str, Any]:
        """What the run card says about the data."""
        return {
            "path": self.dataset.path,
            "sha256": self.dataset.sha256 + self.other_sha256,
            "manifest_sha256": self.dataset.manifest_sha256,
            "rows": len(self.dataset.conversations),
            "rows_used": len(self.examples),
            "rows_held_out": len(self.held_out),
            "rows_left_out": dict(sorted(self.left_out.items())),
            "tokens": sum(len(example) for example in self.examples),
            "loss_tokens": sum(int(example.labelled_T.sum()) for example in self.examples),
        }


TasksOf = Callable[[StageRecipe], Tasks | None]


def run_stages(
    recipes: Sequence[StageRecipe],
    *,
    resume: bool,
    dry_run: bool,
    progress: RunProgress,
    tasks_of: TasksOf | None = None,
) -> None:
    """One stage after the other, each a run of its own; every folder is checked before the first begins.

    `tasks_of`: what makes the tasks of `evaluate`, of every recipe before the first begins.

    Raises:
        UserError: one clear sentence about what to mend.
    """
    if not resume:
        for recipe in recipes:
            RunFolder(recipe.out).require_new()
    tasks = [tasks_of(recipe) if tasks_of else None for recipe in recipes]
    for recipe, own in zip(recipes, tasks, strict=True):
        if len(recipes) > 1:
            progress.say(f"stage {recipe.stage}: {recipe.out}")
        # What a stage before it will leave there has the tokenizer of the model that the chain begins with.
        before = Path(recipe.model.path or "").parent
        unborn = dry_run and not before.exists() and any(Path(other.out) == before for other in recipes)
        run_stage(
            recipe,
            resume=resume,
            dry_run=dry_run,
            progress=progress,
            tokenizer=recipes[0].model if unborn else None,
            tasks=own,
        )


def run_stage(
    recipe: StageRecipe,
    *,
    resume: bool,
    dry_run: bool,
    progress: RunProgress,
    tokenizer: ModelSection | None = None,
    tasks: Tasks | None = None,
) -> None:
    """One stage; with `dry_run` only the resolved recipe and the plan, and nothing is written to `out`.

    `tokenizer`: where to take it from if the model does not exist yet. `tasks`: those of `evaluate`.

    Raises:
        UserError: one clear sentence about what to mend.
    """
    quiet_transformers()
    folder = RunFolder(recipe.out)
    if resume and folder.status() == "finished":
        progress.say(f"{folder.path} is finished: its checkpoint is {folder.final}")
        return
    if not resume:
        folder.require_new()
    require_tracker(recipe.tracker)
    assert tasks is not None or not recipe.evaluate.tasks, "whoever runs a stage makes its tasks"
    if isinstance(recipe, OpdRecipe):
        require_vllm(recipe.rollout, device=recipe.compute.device, tiny=recipe.model.tiny is not None)
    prepared = prepare_data(recipe, progress, tokenizer or recipe.model)
    if dry_run:
        progress.say(yaml.safe_dump(recipe.model_dump(mode="json"), sort_keys=False, allow_unicode=True))
    for line in plan_lines(recipe, prepared):
        progress.say(line)
    sample_prompts(recipe, prepared.chat)
    if dry_run:
        return
    wait()  # until every rank has seen the folder as it was
    if first_rank() and folder.status() is None:
        if resume:
            progress.say(f"nothing to resume in {folder.path}: starting from the beginning")
        folder.start(recipe, prepared.card())
    elif first_rank():
        folder.require_same(recipe, prepared.card())
    with tracking(recipe.tracker, folder, progress):
        _train_and_export(recipe, prepared, folder, progress, tasks)


def prepare_data(recipe: StageRecipe, progress: RunProgress, tokenizer: ModelSection) -> PreparedData:
    """Read, check and tokenise the dataset."""
    grpo = isinstance(recipe, GrpoRecipe)
    samples = grpo or (isinstance(recipe, OpdRecipe) and recipe.rollout.share > 0)
    if isinstance(recipe, GrpoRecipe) and recipe.environment:
        dataset = question_dataset(recipe.data.path, recipe.environment)
    else:
        dataset = read_dataset(recipe.data.path, recipe.data.splits, prompts=samples, whole_rows=grpo)
    chat = load_tokenizer(tokenizer, progress.say)
    if isinstance(recipe, OpdRecipe):
        check_same_vocabulary(chat, load_tokenizer(recipe.teacher, progress.say))
    examples, left_out = tokenize_conversations(
        chat, dataset.conversations, max_tokens=recipe.data.max_tokens, loss=recipe.data.loss
    )
    if not examples:
        reasons = ", ".join(f"{rows} {reason}" for reason, rows in left_out.items())
        raise DatasetError(f"no row of {dataset.path} can be used: {reasons}; raise data.max_tokens or mend the rows")
    if grpo:
        ink, sha256 = ink_of(recipe.ink, chat, recipe.seed) if recipe.ink else (None, "")
        prompts, others, also = held_out_prompts(recipe, prompts_of(recipe, dataset.conversations, examples), chat)
        ids = {prompt.conversation.id for prompt in prompts}
        examples = [example for example in examples if example.id in ids]
        return PreparedData(dataset, chat, examples, others, left_out, prompts, ink, sha256 + also)
    held_out: list[Example] = []
    if isinstance(recipe, OpdRecipe) and recipe.held_out.rows:
        examples, held_out = hold_out(examples, recipe.held_out.rows)
    return PreparedData(dataset, chat, examples, held_out, left_out)


def plan_lines(recipe: StageRecipe, prepared: PreparedData) -> list[str]:
    """What the run is about to do, in numbers."""
    card, optim = prepared.card(), recipe.optim
    steps = step_count(card["rows_used"], recipe.batch.rows_per_step, optim.epochs, optim.max_steps)
    lines = [
        f"data: {card['rows_used']} of {card['rows']} rows, {card['tokens']:,} tokens, "
        f"{card['loss_tokens']:,} of them in the loss ({recipe.data.loss})",
        *(f"left out: {rows} rows, {reason}" for reason, rows in card["rows_left_out"].items()),
    ]
    if isinstance(recipe, GrpoRecipe):
        lines += grpo_plan_lines(recipe, len(prepared.prompts), prepared.ink)
    else:
        lines.append(f"plan: {steps} steps of {recipe.batch.rows_per_step} rows, at most {optim.epochs} epochs")
    lines += (f"deviates from the paper: {deviation}" for deviation in recipe.deviations)
    return lines + (opd_plan_lines(recipe, prepared) if isinstance(recipe, OpdRecipe) else [])


def opd_plan_lines(recipe: OpdRecipe, prepared: PreparedData) -> list[str]:
    """The objective with its convention, whose samples are trained on, and where the teacher is."""
    rollout, divergence = recipe.rollout, recipe.divergence
    prompts = sum(example.unanswered for example in prepared.examples)
    samples = (
        f"at most {rollout.max_new_tokens} tokens at temperature {rollout.temperature:g}, top_p {rollout.top_p:g}"
        if rollout.share
        else "none"
    )
    return [
        f"loss: {explain_divergence(divergence)}, temperature {divergence.temperature:g}",
        f"answers sampled from the student: {rollout.share:.0%} of the rows of a step, {samples}",
        *([f"{prompts} rows are prompts only: the student answers them every time"] if prompts else []),
        f"teacher: {recipe.teacher.name or recipe.teacher.path}, {recipe.teacher.dtype}, {recipe.teacher.placement}",
        f"held out: {len(prepared.held_out)} rows",
    ]


def _train_and_export(
    recipe: StageRecipe, prepared: PreparedData, folder: RunFolder, progress: RunProgress, tasks: Tasks | None
) -> None:
    device, chat = _set_up_torch(recipe.compute, recipe.seed), prepared.chat
    # A teacher that is spooled comes and goes before the student is there.
    place_teacher, teacher_config = (
        _teacher(recipe, prepared, device, progress) if isinstance(recipe, OpdRecipe) else (None, None)
    )
    model = _student(recipe, chat, device, progress)
    parameters = sum(parameter.numel() for parameter in model.parameters())
    run = Run(
        recipe,
        model,
        valid_ids=len(chat.tokenizer),
        pad_id=model.generation_config.pad_token_id,
        folder=folder,
        progress=progress,
        gauge=Gauge(recipe, device, model.config, teacher_config),
        samples=Samples(recipe, model, chat, folder, progress, tasks),
    )
    match recipe:
        case SftRecipe():
            cursor = train_sft(recipe, prepared.examples, run)
        case OpdRecipe():
            assert place_teacher is not None
            cursor = train_opd(recipe, partial(place_teacher, model), prepared.examples, prepared.held_out, run)
        case GrpoRecipe():
            engine = TransformersRollouts(model, recipe.rollout, valid_ids=run.valid_ids, bf16=run.bf16)
            answering = trajectory_source(recipe.environment, engine, chat)
            with recipe.rewards.build() as rewards, answering as source:
                limit = recipe.answer_tokens
                collector = Collector(prepared.prompts, source, rewards, recipe.group, recipe.seed, limit)
                group = recipe.group.model_copy(update={"size": recipe.held_out.samples})
                others = replace(collector, prompts=prepared.held_out, section=group)
                held_out = HeldOut(others, recipe.held_out.every_steps, folder, progress)
                cursor = train_grpo(recipe, collector, prepared.ink, held_out, run)
        case _:
            raise AssertionError(f"no loop for {type(recipe).__name__}")
    _export(recipe, model, chat, folder)
    if first_rank():
        last = read_metrics(folder.metrics)[-1]
        folder.finish({"steps": cursor.step, "last_loss": last.loss, "parameters": parameters})
    wait()  # a stage after this one loads what the first rank has just written
    progress.say(f"done: {cursor.step} steps, checkpoint in {folder.final}")


def _export(recipe: StageRecipe, model: Any, chat: ChatTokenizer, folder: RunFolder) -> None:
    """The Hugging Face checkpoint, whole or not at all; all ranks have to ask, the first one writes."""
    if sharded(model):
        model = whole_copy(model, device="cpu" if first_rank() else "meta")
    if not first_rank():
        return
    try:
        with whole_folder(folder.final) as unfinished:
            if recipe.lora:
                from train.lora import save_with_adapters

                save_with_adapters(model, unfinished)
            else:
                model.save_pretrained(unfinished)
            chat.tokenizer.save_pretrained(unfinished)
    except OSError as exc:
        raise OutputError(f"cannot write {folder.final}: {exc}; make room, then continue with --resume") from exc


def _student(recipe: StageRecipe, chat: ChatTokenizer, device: torch.device, progress: RunProgress) -> Any:
    """The model as it is trained: checked, with adapters, in parts."""
    compute, shards = recipe.compute, recipe.compute.shard == "full" and rank_count() > 1
    dtype = getattr(torch, compute.dtype) if recipe.lora else torch.float32
    model = load_model(recipe.model, chat, recipe.seed, progress.say, dtype)
    if not shards:
        model.to(device)
    use_attention(model, compute, recipe.batch.packing, progress.say)
    check_model(model, chat, packing=recipe.batch.packing)
    if compute.activation_checkpointing:
        model.activation_checkpointing_enable()
    if recipe.lora:
        from train.lora import add_adapters

        add_adapters(model, recipe)
        model.to("cpu" if shards else device)
    count, trained = (sum(p.numel() for p in model.parameters() if p.requires_grad or all_) for all_ in (True, False))
    state = (16 * trained + dtype.itemsize * (count - trained)) / (rank_count() if shards else 1)
    of_them = f", {trained / 1e6:,.1f}M of them trained" if recipe.lora else ""
    progress.say(f"model: {count / 1e6:,.1f}M parameters{of_them}, {state / 1e9:.1f} GB of state on {device}")
    if shards:
        shard(model, device)
    return model


def _set_up_torch(compute: ComputeSection, seed: int) -> torch.device:
    if compute.threads:
        torch.set_num_threads(compute.threads)
    torch.manual_seed(seed)
    return device_of(compute.device)


def _teacher(
    recipe: OpdRecipe, prepared: PreparedData, device: torch.device, progress: RunProgress
) -> tuple[Callable[[Any, torch.optim.Optimizer], Teacher], Any]:
    """Load the teacher: how it is placed once student and optimiser are there, and its config (none: it is gone)."""
    section, batch, chat = recipe.teacher, recipe.batch, prepared.chat

    def load() -> Any:
        progress.say(f"loading the teacher {section.name or section.path}")
        model = load_teacher(section, chat, recipe.seed, packing=batch.packing, say=progress.say)
        use_attention(model, recipe.compute, batch.packing, progress.say)
        return model

    if section.placement == "spooled":
        spool = Spool(section)
        if first_rank() and (missing := spool.missing([*prepared.examples, *prepared.held_out])):
            spool.fill(missing, load().to(device), batch, chat.pad_id, progress.say)
        wait()
        spool = Spool(section)  # as the first rank left it
        return lambda _student, _optimizer: SpooledTeacher(spool, device), None
    model = load()
    if section.placement == "swapped":
        return lambda student, optimizer: SwappedTeacher(model, device, student, optimizer), model.config
    if recipe.compute.shard == "full" and rank_count() > 1 and section.device is None:
        shard(model, device)
    teacher_device = torch.device(section.device) if section.device else device
    return lambda _student, _optimizer: ResidentTeacher(model, teacher_device, device), model.config
