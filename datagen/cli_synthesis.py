"""`typhoon-data synthesize`: a teacher writes new constraint types, and the gates keep those that can be trusted.

Exit codes: 0 a pack with constraints; 1 no constraint passed every gate; 2 the input is wrong; 130 interrupted.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import typer
import yaml
from rich.console import Console
from rich.table import Table

from datagen.recipe import find_recipe, load_recipe
from datagen.synthesis.config import SynthesisRecipe
from datagen.synthesis.run import calls_at_most, run_synthesis, synthesis_teacher

__all__ = ["synthesize_command"]


def synthesize_command(
    settings: Annotated[
        list[str] | None,
        typer.Argument(metavar="[RECIPE] [KEY=VALUE]...", help="A recipe file, then overrides."),
    ] = None,
    out: Annotated[Path, typer.Option(help="Output folder; new, empty, or a synthesis to resume.")] = Path("out/pack"),
    name: Annotated[str | None, typer.Option(help="The pack's name, pack_SOMETHING; its ids begin with it.")] = None,
    ideas: Annotated[int | None, typer.Option(help="Rules to start from.")] = None,
    seeds: Annotated[str | None, typer.Option(help="A YAML list of {en, th}; else the built-in catalogue.")] = None,
    base_url: Annotated[str | None, typer.Option(help="An OpenAI-compatible endpoint ending in /v1.")] = None,
    model: Annotated[str | None, typer.Option(help="Model there, or an embedded model's name or GGUF path.")] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Print the resolved recipe and plan; do nothing.")] = False,
) -> None:
    """Have a teacher write new constraint types with verifiers, and keep those that pass every gate (AutoIF).

    Writes pack.yaml, rejected.yaml (everything stopped, and why) and report.md. Use the pack in a build with
    constraint_packs=[out/pack/pack.yaml]. Killed runs resume with the same command and pay for no answer twice.

    Examples:

        typhoon-data synthesize --out out/pack --name pack_mine --ideas 40

        typhoon-data synthesize --out out/pack --base-url http://127.0.0.1:8000/v1 --model my-model samples.functions=10

        typhoon-data build --rows 20 --out out/mine 'constraint_packs=[out/pack/pack.yaml]'
    """
    given = {
        "name": name,
        "samples.ideas": ideas,
        "seeds": seeds,
        "teacher.base_url": base_url,
        "teacher.model": model,
    }
    settings, path = settings or [], None
    if settings and "=" not in settings[0]:
        path, settings = find_recipe(settings[0]), settings[1:]
    options = [f"{key}={json.dumps(value)}" for key, value in given.items() if value is not None]
    recipe = load_recipe(SynthesisRecipe, path, [*settings, *options])
    if dry_run:
        teacher = synthesis_teacher(recipe)
        print(yaml.safe_dump(recipe.model_dump(mode="json"), allow_unicode=True, sort_keys=False), end="")
        print(f"# teacher: {teacher.name} ({teacher.identity})")
        print(f"# into {out}: at most {calls_at_most(recipe)} calls, fewer for every rule a gate stops")
        return
    console = Console(stderr=True)

    def say(message: str) -> None:
        console.print(message, highlight=False, markup=False)

    try:
        result = run_synthesis(recipe, out, say)
    except KeyboardInterrupt:
        say("interrupted: the same command resumes, nothing answered is lost")
        raise typer.Exit(130) from None
    console.print(_table(result.pack["yields"]))
    found = len(result.pack["constraints"])
    usage = result.usage
    say(f"{found} constraints in {result.path} ({usage.asked} answers asked, {usage.from_store} from store)")
    raise typer.Exit(0 if found else 1)


def _table(yields: dict[str, dict]) -> Table:
    table = Table(title="yield of each gate")
    for heading in ("gate", "counts"):
        table.add_column(heading)
    for heading in ("in", "kept"):
        table.add_column(heading, justify="right")
    table.add_column("rejected because")
    for gate, found in yields.items():
        because = "\n".join(f"{count} {reason}" for reason, count in found["rejected"].items())
        table.add_row(gate, found["counts"], str(found["in"]), str(found["kept"]), because)
    return table
