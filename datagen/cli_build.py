"""`typhoon-data build`: a recipe out of a file, overrides and options; then its plan, or the build."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import typer
import yaml
from rich.console import Console

from datagen.build import build
from datagen.config import BuildRecipe
from datagen.errors import UserError
from datagen.plan import earlier_runs, plan_lines
from datagen.quotas import shortfalls
from datagen.recipe import find_recipe, load_recipe
from datagen.teacher import public_recipe, teacher_of
from datagen.watch import BuildWatch, funnel_table
from datagen.workplace import REPORT

__all__ = ["build_command"]

_LANGUAGES = ("th",)

_Settings = Annotated[
    list[str] | None,
    typer.Argument(metavar="[RECIPE] [KEY=VALUE]...", help="A recipe file or shipped recipe, then overrides."),
]
_Lang = Annotated[str | None, typer.Option(help="Target language: th.")]
_Kind = Annotated[str | None, typer.Option(help="instructions (with constraints), or tools (tool use).")]
_Out = Annotated[Path, typer.Option(help="Output folder; new, empty, or a build to resume.")]
_Rows = Annotated[int | None, typer.Option(help="Accepted rows wanted.")]
_MaxAttempts = Annotated[int | None, typer.Option(help="Candidates asked for at most.")]
_Prompts = Annotated[
    list[str] | None,
    typer.Option(help="A prompt source: a JSONL, CSV or parquet file, hub:ID or preset:NAME; repeat for more."),
]
_OnBadRow = Annotated[str | None, typer.Option(help="A prompt row that cannot be used: stop, or skip and count it.")]
_Tools = Annotated[list[str] | None, typer.Option(help="With --kind tools: a file of own tools; repeat for more.")]
_AllowTools = Annotated[bool, typer.Option("--allow-tools", help="Let own tools run: their functions, their servers.")]
_BaseUrl = Annotated[str | None, typer.Option(help="An OpenAI-compatible endpoint ending in /v1.")]
_Model = Annotated[str | None, typer.Option(help="Model there, or an embedded model's name or GGUF path.")]
_Seed = Annotated[int | None, typer.Option(help="Seed of every draw.")]
_DryRun = Annotated[bool, typer.Option("--dry-run", help="Print the resolved recipe and plan; do nothing.")]
_History = Annotated[
    list[Path] | None,
    typer.Option(help="With --dry-run: earlier runs to learn yields from; else those beside --out."),
]
_Overwrite = Annotated[bool, typer.Option("--overwrite", help="Replace a finished dataset in --out.")]


def build_command(
    settings: _Settings = None,
    lang: _Lang = None,
    kind: _Kind = None,
    out: _Out = Path("out/th"),
    rows: _Rows = None,
    max_attempts: _MaxAttempts = None,
    prompts: _Prompts = None,
    on_bad_row: _OnBadRow = None,
    tools: _Tools = None,
    allow_tools: _AllowTools = False,
    base_url: _BaseUrl = None,
    model: _Model = None,
    seed: _Seed = None,
    dry_run: _DryRun = False,
    history: _History = None,
    overwrite: _Overwrite = False,
) -> None:
    """Build a dataset: prompts, constraints, answers, checks, judge, parquet, manifest and card.

    Without --base-url (or OPENAI_BASE_URL) the embedded model answers, on this machine. Killed or interrupted
    builds resume with the same command and pay for no answer twice.

    Examples:

        typhoon-data build --lang th --rows 8 --out out/demo

        typhoon-data build --lang th --kind tools --rows 20 --out out/tools

        typhoon-data build --lang th --rows 500 --base-url http://127.0.0.1:8000/v1 --model my-model

        typhoon-data build my.yaml judge.min_score=8 compose.constraints_max=3 --dry-run --history out/before
    """
    given = {
        "lang": lang,
        "kind": kind,
        "rows": rows,
        "max_attempts": max_attempts,
        "prompts": prompts or None,
        "on_bad_row": on_bad_row,
        "tools.own.files": tools or None,
        "tools.own.allow": allow_tools or None,
        "teacher.base_url": base_url,
        "teacher.model": model,
        "seed": seed,
    }
    recipe = _resolve(settings or [], given)
    if dry_run:
        _print_plan(recipe, out, history or [])
    elif history:
        raise UserError("--history goes with --dry-run: a build learns nothing from it")
    else:
        _build(recipe, out, overwrite)


def _build(recipe: BuildRecipe, out: Path, overwrite: bool) -> None:
    """Build with a watch on stderr; say what came of it."""
    console = Console(stderr=True)
    try:
        with BuildWatch(console, recipe.rows, attempts=recipe.attempts_allowed) as watch:
            result = build(recipe, out, watch, overwrite=overwrite)
    except KeyboardInterrupt:
        console.print("interrupted: the same command resumes, nothing answered is lost", highlight=False)
        raise typer.Exit(130) from None
    console.print(funnel_table(result.manifest["stages"]))
    console.print(
        f"{result.manifest['rows']} rows in {out} ({result.usage.answered} answers asked, {result.usage.from_store} "
        f"from store, {result.usage.tokens_per_s:.1f} tokens/s)",
        highlight=False,
    )
    console.print(f"to look at: {out / REPORT}", highlight=False, markup=False, soft_wrap=True)
    for sentence in shortfalls(result.manifest):
        console.print(f"short: {sentence}", highlight=False, markup=False)
    if not result.complete:
        console.print(
            f"fewer rows than the {recipe.rows} asked for after {recipe.attempts_allowed} attempts; "
            "raise --max-attempts and run again: stored answers are reused",
            highlight=False,
        )
        raise typer.Exit(1)


def _resolve(settings: list[str], given: dict[str, object]) -> BuildRecipe:
    """The recipe from a file (the first setting without `=`), overrides and options, in that order."""
    path = None
    if settings and "=" not in settings[0]:
        path = find_recipe(settings[0])
        settings = settings[1:]
    if given["lang"] is not None and given["lang"] not in _LANGUAGES:
        raise UserError(f"unknown language {given['lang']!r}; known: {', '.join(_LANGUAGES)}")
    options = [f"{key}={json.dumps(value)}" for key, value in given.items() if value is not None]
    return load_recipe(BuildRecipe, path, [*settings, *options])


def _print_plan(recipe: BuildRecipe, out: Path, history: list[Path]) -> None:
    """The recipe as YAML that can be fed back, the plan as comments below it."""
    teacher = teacher_of(recipe)
    lines = plan_lines(recipe, teacher, out, earlier_runs(recipe, teacher, out, history))
    print(yaml.safe_dump(public_recipe(recipe).model_dump(mode="json"), allow_unicode=True, sort_keys=False), end="")
    for line in lines:
        print(f"# {line}")
