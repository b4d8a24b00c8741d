"""`typhoon-eval`: run, list, compare. Thin: it reads the recipe and hands over to the runner.

Exit codes: 0 all is well; 2 the input is wrong or the endpoint gone (one sentence on stderr); 130 interrupted.
"""

from __future__ import annotations

import asyncio
import signal
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console

from datagen.errors import UserError
from datagen.llm.answers import AnswerStore
from datagen.llm.gguf import KNOWN_MODELS
from datagen.recipe import find_recipe, recipe_of, recipe_tree
from eval.answerers import Answerer, EndpointAnswerer
from eval.compare import LETTERS, compare, comparison_table, pairs_of
from eval.config import EvalRecipe
from eval.errors import ResultsError
from eval.page import write_page
from eval.progress import ConsoleWatch
from eval.results import ResultsFolder, table_of
from eval.runner import drawn, evaluate
from eval.tasks import OFFLINE, TASKS, task_of, tasks_of

__all__ = ["app", "main"]

_INTERRUPTED = 130
app = typer.Typer(no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False)


@app.callback()
def typhoon_eval() -> None:
    """Score a checkpoint or an endpoint on Thai tasks, with intervals."""


@app.command(no_args_is_help=True)
def run(
    recipe: Annotated[str | None, typer.Argument(help="A YAML file, or the name of a shipped recipe.")] = None,
    overrides: Annotated[list[str] | None, typer.Argument(metavar="[KEY=VALUE]...")] = None,
    tasks: Annotated[str, typer.Option(help="Names with commas between them; `offline`: all that are shipped.")] = "",
    model: Annotated[str, typer.Option(help="Endpoint's name, checkpoint folder, hub id, or embedded model.")] = "",
    base_url: Annotated[str, typer.Option(help="An OpenAI-compatible endpoint; none: a checkpoint.")] = "",
    judge_model: Annotated[str, typer.Option(help="Who marks tasks that need a judge.")] = "",
    judge_base_url: Annotated[str, typer.Option(help="Its endpoint.")] = "",
    out: Annotated[str, typer.Option(help="Where results go; the same command again goes on where it stopped.")] = "",
    limit: Annotated[int | None, typer.Option(min=1, help="At most so many items a task.")] = None,
    show: Annotated[bool, typer.Option("--show", help="Print each task's first prompt as sent; ask nothing.")] = False,
) -> None:
    """Run tasks against a model.

    Examples:

      typhoon-eval run --tasks offline --model qwen2.5-coder-1.5b --out runs/eval-1.5b

      typhoon-eval run --tasks ifeval_th,mmlu_prox_th --model NAME --base-url http://127.0.0.1:8000/v1 --out runs/eval

      typhoon-eval run --tasks thai_if_held_out --model runs/sft/final --out runs/eval-sft

      typhoon-eval run MY.yaml model.concurrency=16 --limit 50
    """
    # `run key=value` without a recipe: the first argument is an override, too.
    given = [recipe, *(overrides or [])] if recipe and "=" in recipe else list(overrides or [])
    path = find_recipe(recipe) if recipe and "=" not in recipe else None
    tree = recipe_tree(path, given)
    told: dict[str, Any] = {"model": {"name": model, "base_url": base_url}, "judge": {}}
    told["judge"] = {"name": judge_model, "base_url": judge_base_url}
    for section, values in told.items():
        values = {key: value for key, value in values.items() if value}
        if values:
            tree[section] = {**(tree.get(section) or {}), **values}
    tree |= {"tasks": [name.strip() for name in tasks.split(",")]} if tasks else {}
    tree |= {key: value for key, value in (("out", out), ("limit", limit)) if value}
    asyncio.run(_run(recipe_of(EvalRecipe, tree, str(path) if path else "the command line"), show))


async def _run(recipe: EvalRecipe, show: bool) -> None:
    tasks = tasks_of(recipe.tasks, recipe.task_options)
    folder, console = ResultsFolder(recipe.out), Console(highlight=False, soft_wrap=True)
    with folder.claim(), ConsoleWatch(console) as watch:
        store = AnswerStore(folder.answers)
        answerer = _answerer(recipe, store, watch.say)
        try:
            if show:
                for task in tasks:
                    first = drawn(task.items(), recipe.limit)[0]
                    console.print(f"--- {task.about.name}, item {first.id}", markup=False)
                    console.print(await answerer.rendered(first), markup=False)
                return
            folder.require_same_model(answerer.card)
            results = await evaluate(recipe, tasks, answerer, store, folder, watch)
        finally:
            await answerer.close()
            store.close()
    console.print(table_of(results), markup=False)


def _answerer(recipe: EvalRecipe, store: AnswerStore, say: Callable[[str], None]) -> Answerer:
    section = recipe.model
    if section.base_url or section.name in KNOWN_MODELS or section.name.endswith(".gguf"):
        return EndpointAnswerer(section, recipe.sampling, store, say)
    try:
        from eval.checkpoint import CheckpointAnswerer
    except ImportError as exc:
        raise UserError(
            f"to run the checkpoint {section.name} here needs torch and transformers ({exc.name} is missing): "
            "pip install 'typhoon-data[train]', or serve it and give --base-url"
        ) from exc
    return CheckpointAnswerer(section, recipe.sampling, store, say)


@app.command("list")
def list_tasks() -> None:
    """Every task with its language, items, headline metric and what that measures, licence and source.

    Examples:

      typhoon-eval list
    """
    for name in TASKS:
        about = task_of(name).about
        needs = ", ".join(["shipped"] * (name in OFFLINE) + ["judge"] * about.judge + ["tools"] * about.tools)
        items = f"{about.n:,} items" if about.n else "items not known"
        print(f"{name:24} {about.language:6} {items:16} {about.license:16} {about.source}")
        print(f"{'':24} {about.title}{f' ({needs})' if needs else ''}")
        print(f"{'':24} {about.metrics[0].name}: {about.metrics[0].about}")


@app.command("compare", no_args_is_help=True)
def compare_command(
    runs: Annotated[list[Path], typer.Argument(metavar="A B [C]...", help="Folders of results.")],
    html: Annotated[
        Path | None, typer.Option(help="Write a page with plots and single items there; of one run, too.")
    ] = None,
    items: Annotated[int, typer.Option(min=1, help="At most so many items on the page, of all tasks together.")] = 400,
) -> None:
    """Paired bootstrap, item by item: is B better than A? Of more than three runs, each beside the first.

    The page needs no network: scores and differences with intervals, how each was asked, and where the runs disagree
    the prompt and every answer side by side.

    Examples:

      typhoon-eval compare runs/eval-before runs/eval-after

      typhoon-eval compare runs/base runs/sft runs/opd --html comparison.html
    """
    if len(runs) == 1 and html is None:
        raise ResultsError("a comparison needs two folders of results; of one alone give --html for its page")
    for one, other in pairs_of(len(runs)):
        a, b = runs[one], runs[other]
        print(comparison_table((LETTERS[one], a), (LETTERS[other], b), compare(a, b)))
    if html is not None:
        write_page(runs, html, items)
        print(html)


def main() -> None:
    """The console script: a UserError becomes one sentence on stderr and exit code 2."""
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        app(standalone_mode=False)
    except typer.Exit as exc:
        sys.exit(exc.exit_code)
    except (KeyboardInterrupt, typer.Abort):
        print("typhoon-eval: stopped; the same command goes on where it was", file=sys.stderr)
        sys.exit(_INTERRUPTED)
    except UserError as exc:
        print(f"typhoon-eval: {exc}", file=sys.stderr)
        sys.exit(exc.exit_code)
