"""What `typhoon-train plan` prints: memory, steps and time of each stage, before weights are loaded.

A model is known by a config.json on this machine, else by the recipe's `model.shape`, else by the hub. Only a known
GGUF model that was never used here is converted first, once.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from torch.utils.benchmark import Timer
from transformers import AutoConfig, PreTrainedConfig

from costs.footprint import FAMILIES, adapter_parameters, memory, parameters, work
from models.errors import ModelError
from models.gguf_model import model_folder
from models.loading import device_of, load_tokenizer, quiet_transformers, tiny_config
from models.source import ModelSection
from recipes.training import ComputeSection, GrpoRecipe, StageRecipe
from train.batches import step_count
from train.grpo.loop import update_count
from train.progress import RunProgress
from train.session import plan_lines, prepare_data

__all__ = ["config_of", "plan_stages"]


def plan_stages(
    recipes: Sequence[StageRecipe],
    tflops: float | None,
    gb_per_s: float | None,
    progress: RunProgress,
    *,
    processes: int = 1,
) -> None:
    """Print the plan of each stage; a UserError names the model or dataset that neither is there nor in the recipe."""
    quiet_transformers()
    say, sources = progress.say, dict[str, ModelSection]()
    for recipe in recipes:
        say(f"stage {recipe.stage}: {recipe.out}")
        # What a stage before it will write has the shape of what that stage began with.
        source = sources[recipe.out] = sources.get(str(Path(recipe.model.path or "").parent), recipe.model)
        model, teacher = (section and config_of(section, say) for section in (source, getattr(recipe, "teacher", None)))
        for name, config in [("model", model), *([("teacher", teacher)] if teacher else [])]:
            say(f"{name}: {parameters(config):,} parameters, {parameters(config, active=True):,} in a token's products")
        rows, row_tokens = recipe.data.expected_rows, recipe.data.expected_tokens_per_row or recipe.data.max_tokens
        if rows is None or Path(recipe.data.path).exists():
            prepared = prepare_data(recipe, progress, source)
            rows, row_tokens = len(prepared.examples), prepared.card()["tokens"] / len(prepared.examples)
            lines = plan_lines(recipe, prepared)
        else:
            lines = [f"deviates from the paper: {deviation}" for deviation in recipe.deviations]
            say(f"data: {recipe.data.path} is not there; {rows:,} rows of {row_tokens:,.0f} tokens by the recipe")
        step_tokens = row_tokens * min(rows, recipe.batch.rows_per_step)
        steps = step_count(rows, recipe.batch.rows_per_step, recipe.optim.epochs, recipe.optim.max_steps)
        if isinstance(recipe, GrpoRecipe):  # every answer as long as it may be
            answers = step_tokens / row_tokens * recipe.group.size / recipe.policy.mini_batches
            ink_tokens = recipe.ink.rho * recipe.ink.rows_per_step * recipe.ink.max_tokens if recipe.ink else 0
            step_tokens = answers * (row_tokens + recipe.answer_tokens) + ink_tokens
            steps = update_count(recipe, rows)
        adapters = adapter_parameters(model, recipe.lora)
        if adapters:
            say(f"lora: {adapters:,} parameters are trained, {parameters(model):,} are frozen")
        parts = memory(recipe, model, teacher, step_tokens, processes=processes)
        parts["on disk: checkpoints"] = 12 * (adapters or parameters(model)) * recipe.checkpoint.keep
        lines += (f"  {size / 1e9:9.3f} GB  {name}" for name, size in parts.items())
        flops, traffic = (steps * part for part in work(recipe, model, teacher, step_tokens))
        tera, giga = tflops or measured(recipe.compute, "m @ m"), gb_per_s or measured(recipe.compute, "m.clone()")
        hours = (flops / tera / 1e12 + traffic / giga / 1e9) / 3600 / processes
        say("\n".join(lines))
        where = "one device" if processes == 1 else f"{processes} devices, the traffic between them left out"
        say(f"time: {steps:,} steps of {step_tokens:,.0f} tokens, {flops:.3g} FLOP, {hours:.3g} hours on {where}")
        say(f"  at {tera:.3g} TFLOP/s and {giga:.3g} GB/s")


def config_of(section: ModelSection, say: Callable[[str], None]) -> Any:
    """The config of a model whose weights are not looked at; a ModelError if the formulas do not know it."""
    if section.tiny:
        return tiny_config(section.tiny, load_tokenizer(section, say))
    source = model_folder(section.name, say) if section.name else str(section.path)
    try:
        config = AutoConfig.from_pretrained(source, local_files_only=section.shape is not None)
    except (OSError, ValueError) as exc:
        shape = section.shape or {}
        known = AutoConfig.for_model(shape["model_type"]) if shape.get("model_type") in FAMILIES else None
        wrong = [key for key in shape if known and key != "head_dim" and not hasattr(known, key)]
        if wrong or not shape:
            reason = f"no config.json of {source} can be read ({str(exc).splitlines()[0]:.80})"
            unknown = f"; a {shape['model_type']} has no {', '.join(wrong)}" if wrong else ""
            raise ModelError(f"{reason}; give a folder, or keys of that file in model.shape{unknown}") from exc
        config = AutoConfig.for_model(**shape) if known else PreTrainedConfig(**shape)
    if config.model_type not in FAMILIES:
        raise ModelError(f"{source} is a {config.model_type!r}; plan has formulas for {', '.join(FAMILIES)}")
    return config


def measured(compute: ComputeSection, statement: str) -> float:
    """TFLOP/s of a matrix product in `compute.dtype`, or GB/s of a copy, read and written; a second."""
    device, copies = device_of(compute.device), "@" not in statement
    n = 8192 if copies or device.type == "cuda" else 1024
    setup = f"import torch; m = torch.ones({n}, {n}, dtype=torch.{compute.dtype}, device='{device}')"
    seconds = Timer(statement, setup).blocked_autorange(min_run_time=0.2).median
    return 2e-9 * n**2 * (2 if "16" in compute.dtype else 4) / seconds if copies else 2e-12 * n**3 / seconds
