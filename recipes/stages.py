"""A recipe file -> the stages it runs, each a checked recipe of its own.

A file is one stage (`stage: sft`, `opd` or `grpo`), or a chain: keys that all share, and `stages`, a mapping from a
name to what is different there. A stage's name is also its `stage`, unless it says another; its `out` is OUT/NAME, and
its model, unless it names one, the checkpoint of the stage before it.

    out: runs/th
    model: {name: qwen2.5-coder-0.5b}
    data: {path: out/demo}
    stages:
      sft: {optim: {lr: 2.0e-5}}
      opd: {optim: {lr: 1.0e-6}, teacher: {name: qwen2.5-coder-1.5b}}

Overrides reach into a stage by its name: `stages.opd.optim.lr=1e-5`.
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any

from datagen.errors import RecipeError
from datagen.recipe import recipe_of, recipe_tree
from recipes.training import GrpoRecipe, OpdRecipe, SftRecipe, StageRecipe

__all__ = ["STAGES", "load_stages"]

STAGES: dict[str, type[StageRecipe]] = {"sft": SftRecipe, "opd": OpdRecipe, "grpo": GrpoRecipe}


def load_stages(path: Path, overrides: Iterable[str] = ()) -> list[StageRecipe]:
    """The stages of the recipe at `path` with its overrides, in the order they run.

    Raises:
        RecipeError: naming the stage, the key, the value and the way out.
    """
    tree = recipe_tree(path, overrides)
    if "stages" not in tree:
        return [_stage(tree, tree.get("stage", "sft"), str(path))]
    shared, chain = {key: value for key, value in tree.items() if key != "stages"}, tree["stages"]
    if not isinstance(chain, dict) or not chain:
        raise RecipeError(f"{path}: stages must map names to sections, such as `sft: {{}}`, not {chain!r:.60}")
    if "stage" in shared:
        raise RecipeError(f"{path}: stage has no effect beside stages; put it into one of them")
    if not isinstance(shared.get("out"), str):
        raise RecipeError(f"{path}: the key 'out' is required; each stage writes into a folder below it")
    recipes: list[StageRecipe] = []
    for name, own in chain.items():
        if not isinstance(own, dict | None):
            raise RecipeError(f"{path}: stages.{name} must hold keys and values, not {own!r:.60}")
        own = {"stage": name, "out": str(Path(shared["out"]) / name), **(own or {})}
        if recipes and "model" not in own:
            own["model"] = {"path": str(Path(recipes[-1].out) / "final")}
        # A model is one source: half of it from here and half from there would be two.
        inherited = {key: value for key, value in shared.items() if not (key == "model" and key in own)}
        recipes.append(_stage(_merged(inherited, own), own["stage"], f"{path}, stage {name}"))
    folders = [recipe.out for recipe in recipes]
    if len(set(folders)) < len(folders):
        raise RecipeError(f"{path}: two stages write into one folder ({', '.join(folders)}); give each its own out")
    return recipes


def _stage(tree: dict[str, Any], stage: Any, place: str) -> StageRecipe:
    if stage not in STAGES:
        raise RecipeError(f"{place}: stage: {stage!r} is not one of {', '.join(STAGES)}")
    return recipe_of(STAGES[stage], tree, place)


def _merged(shared: dict[str, Any], own: dict[str, Any]) -> dict[str, Any]:
    """`own` over `shared`, section by section."""
    merged = dict(shared)
    for key, value in own.items():
        before = merged.get(key)
        merged[key] = _merged(before, value) if isinstance(before, dict) and isinstance(value, dict) else value
    return merged
