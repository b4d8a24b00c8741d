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
from rich.console import Console

from datagen.cli_build import build_command
from datagen.cli_card import card_command
from datagen.cli_constraints import app as constraints_app
from datagen.cli_export import export_command
from datagen.cli_look import inspect_command, show_command, stats_command
from datagen.cli_publish import publish_command
from datagen.cli_report import report_command
from datagen.cli_synthesis import synthesize_command
from datagen.cli_tools import app as tools_app
from datagen.errors import UserError
from datagen.ray_engine import recheck_on_ray
from datagen.recheck import Checks, recheck
from datagen.watch import recheck_table

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
app.command("build")(build_command)
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
