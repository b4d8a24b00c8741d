"""`typhoon-data`: build, verify, inspect, stats, report, export, card, publish, constraints.

Exit codes: 0 all is well; 1 a row failed `verify`, or a build ended with fewer rows than asked for; 2 the
input is wrong (one sentence on stderr, no traceback); 130 interrupted.
"""

from __future__ import annotations

import io
import json
import signal
import sys
from pathlib import Path
from typing import Annotated

import typer
import yaml
from rich.console import Console

from datagen.build import build
from datagen.cli_card import card_command
from datagen.cli_constraints import app as constraints_app
from datagen.cli_export import export_command
from datagen.cli_look import inspect_command, show_command, stats_command
from datagen.cli_publish import publish_command
from datagen.cli_report import report_command
from datagen.cli_synthesis import synthesize_command
from datagen.cli_tools import app as tools_app
from datagen.config import BuildRecipe
from datagen.errors import UserError
from datagen.plan import earlier_runs, plan_lines
from datagen.quotas import shortfalls
from datagen.ray_engine import recheck_on_ray
from datagen.recheck import Checks, recheck
from datagen.recipe import find_recipe, load_recipe
from datagen.teacher import public_recipe, teacher_of
from datagen.watch import BuildWatch, funnel_table, recheck_table
from datagen.workplace import REPORT

__all__ = ["app", "main"]

app = typer.Typer(
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode="markdown",
    help="Build, verify and look at compact, verified Thai post-training datasets.",
)
app.add_typer(constraints_app, name="constraints")
app.add_typer(tools_app, name="tools")
app.command("inspect")(inspect_command)
app.command("stats")(stats_command)
app.command("report")(report_command)
app.command("export")(export_command)
app.command("card")(card_command)
app.command("publish")(publish_command)
app.command("show", hidden=True)(show_command)
app.command("synthesize")(synthesize_command)
_LANGUAGES = ("th",)
_ENGINES = {"local": recheck, "ray": recheck_on_ray}


def main() -> None:
    """The console script: user errors become one sentence and their exit code; SIGTERM stops like Ctrl-C."""
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    for stream in (sys.stdout, sys.stderr):  # Thai must print where the locale is C, or the output a pipe on Windows
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(encoding="utf-8", errors="backslashreplace")
    try:
        app()
    except UserError as exc:
        print(f"typhoon-data: {exc}", file=sys.stderr)
        sys.exit(exc.exit_code)


@app.command("build")
def build_command(
    settings: Annotated[
        list[str] | None,
        typer.Argument(metavar="[RECIPE] [KEY=VALUE]...", help="A recipe file or shipped recipe, then overrides."),
    ] = None,
    lang: Annotated[str | None, typer.Option(help="Target language: th.")] = None,
    kind: Annotated[str | None, typer.Option(help="instructions (with constraints), or tools (tool use).")] = None,
    out: Annotated[Path, typer.Option(help="Output folder; new, empty, or a build to resume.")] = Path("out/th"),
    rows: Annotated[int | None, typer.Option(help="Accepted rows wanted.")] = None,
    max_attempts: Annotated[int | None, typer.Option(help="Candidates asked for at most.")] = None,
    prompts: Annotated[
        list[str] | None,
        typer.Option(help="A prompt source: a JSONL, CSV or parquet file, hub:ID or preset:NAME; repeat for more."),
    ] = None,
    on_bad_row: Annotated[
        str | None, typer.Option(help="A prompt row that cannot be used: stop, or skip and count it.")
    ] = None,
    tools: Annotated[
        list[str] | None, typer.Option(help="With --kind tools: a file of own tools; repeat for more.")
    ] = None,
    allow_tools: Annotated[
        bool, typer.Option("--allow-tools", help="Let own tools run: their functions, their servers.")
    ] = False,
    base_url: Annotated[str | None, typer.Option(help="An OpenAI-compatible endpoint ending in /v1.")] = None,
    model: Annotated[str | None, typer.Option(help="Model there, or an embedded model's name or GGUF path.")] = None,
    seed: Annotated[int | None, typer.Option(help="Seed of every draw.")] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Print the resolved recipe and plan; do nothing.")] = False,
    history: Annotated[
        list[Path] | None,
        typer.Option(help="With --dry-run: earlier runs to learn yields from; else those beside --out."),
    ] = None,
    overwrite: Annotated[bool, typer.Option("--overwrite", help="Replace a finished dataset in --out.")] = False,
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
        return
    if history:
        raise UserError("--history goes with --dry-run: a build learns nothing from it")
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


@app.command("verify")
def verify_command(
    path: Annotated[Path, typer.Argument(help="A dataset folder, a parquet file or a JSONL file.")],
    as_json: Annotated[bool, typer.Option("--json", help="Print the result as JSON.")] = False,
    screen: Annotated[bool, typer.Option("--screen", help="Screen the answers, too.")] = False,
    dedup: Annotated[bool, typer.Option("--dedup", help="Look for answers that repeat earlier ones, too.")] = False,
    engine: Annotated[str, typer.Option(help="local, or ray: the same on all machines of a cluster.")] = "local",
    pack: Annotated[
        list[Path] | None, typer.Option(help="A constraint pack; else those saved with the dataset. Repeat for more.")
    ] = None,
    tools: Annotated[
        list[Path] | None,
        typer.Option(help="Own tools beside those saved with the dataset: its folder own_tools, or a tools file."),
    ] = None,
    allow_tools: Annotated[
        bool, typer.Option("--allow-tools", help="Let the functions of a tools file run; servers are never asked.")
    ] = False,
) -> None:
    """Re-check every row offline, from what is stored in the dataset. Exit code 0 only if all pass.

    Screening and dedup use the dataset's own recipe, or the defaults. Ray (extra `ray`) uses the cluster in
    RAY_ADDRESS, whose machines must all be able to read PATH, or the cores of this machine.

    Examples:

        typhoon-data verify out/demo

        typhoon-data verify copy.parquet --json

        typhoon-data verify copy.parquet --pack pack.yaml

        typhoon-data verify /shared/corpus --engine ray --screen --dedup
    """
    if engine not in _ENGINES:
        raise UserError(f"there is no engine {engine!r}; engines: {', '.join(_ENGINES)}")
    found = _ENGINES[engine](
        path, Checks.of(path, screen=screen, dedup=dedup, packs=pack or (), tools=tools or (), allow_tools=allow_tools)
    )
    if as_json:
        print(json.dumps(found.as_dict(), ensure_ascii=False, indent=2))
    else:
        console = Console()
        console.print(recheck_table(found))
        for note in found.notes:
            console.print(f"note: {note}", highlight=False, markup=False)
        for problem in found.problems:
            place = " ".join(part for part in (problem.row, problem.constraint) if part)
            console.print(f"{place}: {problem.what}", style="red", highlight=False, markup=False)
        verdict = "every row passes" if found.passed else f"{len(found.problems)} problems"
        console.print(verdict, style="bold green" if found.passed else "bold red")
    raise typer.Exit(0 if found.passed else 1)


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
