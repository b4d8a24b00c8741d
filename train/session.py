"""One training run from recipe to checkpoint: data, plan, model, loop, export, a look at the result.

The order is chosen such that a mistake costs little: folder and data are checked before a model is loaded, and
the run card says `finished` only when the checkpoint lies in place.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import Any

import torch
import yaml

from datagen.errors import DatasetError, OutputError
from train.batches import step_count
from train.chat_tokens import ChatTokenizer, Example, tokenize_conversations
from train.config import ComputeSection, SftRecipe
from train.data import Dataset, read_dataset
from train.folders import whole_folder
from train.metrics import read_metrics
from train.model import check_model, device_of, load_model, load_tokenizer, quiet_transformers
from train.progress import RunProgress
from train.run_folder import RunFolder
from train.sample import complete
from train.sft import train_sft

__all__ = ["PreparedData", "plan_lines", "prepare_data", "run_sft"]


@dataclass(frozen=True, slots=True)
class PreparedData:
    """A dataset as the student's tokenizer sees it."""

    dataset: Dataset
    chat: ChatTokenizer
    examples: list[Example]
    left_out: Counter[str]

    def card(self) -> dict[str, Any]:
        """What the run card says about the data."""
        return {
            "path": self.dataset.path,
            "sha256": self.dataset.sha256,
            "manifest_sha256": self.dataset.manifest_sha256,
            "rows": len(self.dataset.conversations),
            "rows_used": len(self.examples),
            "rows_left_out": dict(sorted(self.left_out.items())),
            "tokens": sum(len(example) for example in self.examples),
            "loss_tokens": sum(int(example.labelled_T.sum()) for example in self.examples),
        }


def run_sft(recipe: SftRecipe, *, resume: bool, dry_run: bool, progress: RunProgress) -> None:
    """The whole run; with `dry_run` only the resolved recipe and the plan, and nothing is written to `out`.

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
    prepared = prepare_data(recipe, progress)
    if dry_run:
        progress.say(yaml.safe_dump(recipe.model_dump(mode="json"), sort_keys=False, allow_unicode=True))
    for line in plan_lines(recipe, prepared):
        progress.say(line)
    if dry_run:
        return
    if folder.status() is None:
        if resume:
            progress.say(f"nothing to resume in {folder.path}: starting from the beginning")
        folder.start(recipe, prepared.card())
    else:
        folder.require_same(recipe, prepared.card())
    _train_and_export(recipe, prepared, folder, progress)
    for prompt, answer in complete(folder.final, recipe.sample.prompts, recipe.sample.max_new_tokens):
        progress.say(f"prompt: {prompt}\nanswer: {answer}")


def prepare_data(recipe: SftRecipe, progress: RunProgress) -> PreparedData:
    """Read, check and tokenise the dataset."""
    dataset = read_dataset(recipe.data.path)
    chat = load_tokenizer(recipe.model, progress.say)
    examples, left_out = tokenize_conversations(
        chat, dataset.conversations, max_tokens=recipe.data.max_tokens, loss=recipe.data.loss
    )
    if not examples:
        reasons = ", ".join(f"{rows} {reason}" for reason, rows in left_out.items())
        raise DatasetError(f"no row of {dataset.path} can be used: {reasons}; raise data.max_tokens or mend the rows")
    return PreparedData(dataset, chat, examples, left_out)


def plan_lines(recipe: SftRecipe, prepared: PreparedData) -> list[str]:
    """What the run is about to do, in numbers."""
    card, optim = prepared.card(), recipe.optim
    steps = step_count(card["rows_used"], recipe.batch.rows_per_step, optim.epochs, optim.max_steps)
    lines = [
        f"data: {card['rows_used']} of {card['rows']} rows, {card['tokens']:,} tokens, "
        f"{card['loss_tokens']:,} of them in the loss ({recipe.data.loss})",
        *(f"left out: {rows} rows, {reason}" for reason, rows in card["rows_left_out"].items()),
    ]
    return [*lines, f"plan: {steps} steps of {recipe.batch.rows_per_step} rows, at most {optim.epochs} epochs"]


def _train_and_export(recipe: SftRecipe, prepared: PreparedData, folder: RunFolder, progress: RunProgress) -> None:
    device = _set_up_torch(recipe.compute, recipe.seed)
    chat = prepared.chat
    model = load_model(recipe.model, chat, recipe.seed, progress.say).to(device)
    check_model(model, chat, packing=recipe.batch.packing)
    if recipe.compute.activation_checkpointing:
        model.activation_checkpointing_enable()
    parameters = sum(parameter.numel() for parameter in model.parameters())
    progress.say(f"model: {parameters / 1e6:,.1f}M parameters, {16 * parameters / 1e9:.1f} GB of state on {device}")
    cursor = train_sft(
        recipe,
        model,
        prepared.examples,
        valid_ids=len(chat.tokenizer),
        pad_id=model.generation_config.pad_token_id,
        folder=folder,
        progress=progress,
    )
    try:
        with whole_folder(folder.final) as partial:
            model.save_pretrained(partial)
            chat.tokenizer.save_pretrained(partial)
    except OSError as exc:
        raise OutputError(f"cannot write {folder.final}: {exc}; make room, then continue with --resume") from exc
    last = read_metrics(folder.metrics)[-1]
    folder.finish({"steps": cursor.step, "last_loss": last.loss, "parameters": parameters})
    progress.say(f"done: {cursor.step} steps, checkpoint in {folder.final}")


def _set_up_torch(compute: ComputeSection, seed: int) -> torch.device:
    if compute.threads:
        torch.set_num_threads(compute.threads)
    torch.manual_seed(seed)
    return device_of(compute)
