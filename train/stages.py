"""Which recipe model a file's `stage` names."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from datagen.errors import RecipeError
from datagen.recipe import load_recipe, recipe_tree
from train.config import OpdRecipe, SftRecipe, StageRecipe

__all__ = ["STAGES", "load_stage"]

STAGES: dict[str, type[StageRecipe]] = {"sft": SftRecipe, "opd": OpdRecipe}


def load_stage(path: Path, overrides: Iterable[str] = ()) -> StageRecipe:
    """The recipe at `path` with its overrides.

    Raises:
        RecipeError: naming the key, the value and the way out; also for a stage that there is not.
    """
    overrides = list(overrides)
    stage = recipe_tree(path, overrides).get("stage", "sft")
    if stage not in STAGES:
        raise RecipeError(f"{path}: stage: {stage!r} is not one of {', '.join(STAGES)}")
    return load_recipe(STAGES[stage], path, overrides)
