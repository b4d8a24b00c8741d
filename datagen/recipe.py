"""Reading recipes: YAML plus `key=value` overrides into a pydantic model, with errors a person can act on.

Covers: unknown keys (with the nearest known name), wrong types, unreadable files, dotted overrides
(`judge.min_score=8`). Does not cover what the keys mean: that is the model's business.
Shipped recipes are found by name (`sft`) as well as by path (`recipes/sft.yaml`); a dataset's manifest.json stands for
the recipe in it.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Sequence
from importlib.resources import files
from pathlib import Path
from typing import Any, TypeVar

import yaml
from pydantic import BaseModel, ValidationError

from datagen.errors import RecipeError

__all__ = ["find_recipe", "load_recipe", "recipe_of", "recipe_tree", "shipped_recipes"]

ModelT = TypeVar("ModelT", bound=BaseModel)


def shipped_recipes() -> dict[str, Path]:
    """Name -> path of every recipe that comes with the package."""
    folder = Path(str(files("recipes")))
    return {path.stem: path for path in sorted(folder.glob("*.yaml"))}


def find_recipe(name_or_path: str) -> Path:
    """A path as given if it exists, else the shipped recipe of that name."""
    path = Path(name_or_path)
    if path.is_file():
        return path
    shipped = shipped_recipes()
    name = path.name.removesuffix(".yaml")  # not the stem: a name may hold a dot
    if name in shipped and path.parent.name in ("", "recipes"):
        return shipped[name]
    raise RecipeError(
        f"no recipe at {name_or_path}; give a YAML file or one of the shipped names: {', '.join(shipped)}"
    )


def load_recipe(model: type[ModelT], path: Path | None, overrides: Iterable[str] = ()) -> ModelT:
    """The recipe at `path` (or the model's defaults) with `key=value` overrides applied, validated.

    Raises:
        RecipeError: naming the file or override, the key, the value and the nearest known key.
    """
    return recipe_of(model, recipe_tree(path, overrides), str(path) if path else "the recipe")


def recipe_of(model: type[ModelT], tree: dict[str, Any], place: str) -> ModelT:
    """The recipe in `tree`, validated; `place` is what an error calls it.

    Raises:
        RecipeError: naming the key, the value and the nearest known key.
    """
    try:
        return model.model_validate(tree)
    except ValidationError as exc:
        raise RecipeError("\n".join(_explain(model, place, error) for error in exc.errors())) from exc


def recipe_tree(path: Path | None, overrides: Iterable[str] = ()) -> dict[str, Any]:
    """The recipe at `path` with the overrides applied, before anything is made of it."""
    tree: dict[str, Any] = _read_yaml(path) if path else {}
    if "format_version" in tree and isinstance(inner := tree.get("recipe"), dict):  # a manifest
        tree = inner
    for override in overrides:
        _apply_override(tree, override)
    return tree


def _read_yaml(path: Path) -> dict[str, Any]:
    try:
        tree = yaml.safe_load(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError) as exc:
        raise RecipeError(f"cannot read the recipe {path}: {exc}") from exc
    except yaml.YAMLError as exc:
        mark = getattr(exc, "problem_mark", None)
        line = f":{mark.line + 1}" if mark else ""
        raise RecipeError(f"{path}{line} is not valid YAML: {getattr(exc, 'problem', exc)}") from exc
    if tree is None:
        return {}
    if not isinstance(tree, dict):
        raise RecipeError(f"{path} must hold `key: value` lines at its top level, not a {type(tree).__name__}")
    return tree


def _apply_override(tree: dict[str, Any], override: str) -> None:
    key, sign, value = override.partition("=")
    if not sign or not key:
        raise RecipeError(f"the override {override!r} is not of the form key=value (for example seed=7)")
    try:
        parsed = yaml.safe_load(value)
    except yaml.YAMLError as exc:
        raise RecipeError(f"the override {override!r} has a value that is not valid YAML") from exc
    *parents, last = key.split(".")
    node = tree
    for parent in parents:
        child = node.setdefault(parent, {})
        if not isinstance(child, dict):
            raise RecipeError(f"the override {override!r}: {parent} holds a value, not a section")
        node = child
    node[last] = parsed


def _explain(model: type[BaseModel], place: str, error: Any) -> str:
    location: Sequence[str | int] = error["loc"]
    dotted = ".".join(str(part) for part in location)
    if error["type"] == "extra_forbidden":
        known = _known_keys(model, location[:-1])
        near = difflib.get_close_matches(str(location[-1]), known, n=1)
        way_out = f"did you mean {near[0]!r}?" if near else f"known keys: {', '.join(known)}"
        return f"{place}: unknown key {dotted!r}; {way_out}"
    if error["type"] == "missing":
        return f"{place}: the key {dotted!r} is required"
    # Where the name of a key belongs somebody may have put the key.
    given = "" if isinstance(error["input"], dict) or dotted.endswith("key") else f" (given: {error['input']!r})"
    return f"{place}: {dotted or 'recipe'}: {error['msg']}{given}"


def _known_keys(model: type[BaseModel], location: Sequence[str | int]) -> list[str]:
    node: Any = model
    for part in location:
        field = node.model_fields.get(str(part)) if isinstance(node, type) and issubclass(node, BaseModel) else None
        if field is None:
            return []
        node = field.annotation
        if not isinstance(node, type):  # Optional[Model] and the like: take the model inside
            arguments = getattr(node, "__args__", ())
            inner = [a for a in arguments if isinstance(a, type) and issubclass(a, BaseModel)]
            node = inner[0] if inner else None
    return list(node.model_fields) if isinstance(node, type) and issubclass(node, BaseModel) else []
