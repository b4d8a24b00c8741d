"""`typhoon-data tools`: look up the tools a build can offer, and check a file of own tools before a build.

Exit codes of `check`: 0 every tool can be offered; 1 some were left out; 2 the file cannot be used.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table
from rich.text import Text

from datagen.domains import shipped_tools
from datagen.errors import UserError
from datagen.own_tools.config import OwnToolsConfig
from datagen.own_tools.definitions import Problem
from datagen.own_tools.own_tools import OwnTools
from datagen.tools.tool import Tool

__all__ = ["app"]

app = typer.Typer(no_args_is_help=True, rich_markup_mode="markdown", help="Look up tools and check files of own tools.")
_AllowOption = Annotated[
    bool, typer.Option("--allow-tools", help="Load the functions and ask the MCP servers: runs the file's programs.")
]
_STYLES = {"left_out": "red", "changed": "cyan", "warning": "yellow"}


@app.command("list")
def list_command(
    own: Annotated[
        list[Path] | None, typer.Option(help="A tools file or OpenAPI file, listed with the shipped ones.")
    ] = None,
    domain: Annotated[str | None, typer.Option(help="One domain only, such as weather.")] = None,
    lang: Annotated[str, typer.Option(help="Language of the descriptions: th or en.")] = "th",
    as_json: Annotated[bool, typer.Option("--json", help="Print as the chat API takes them.")] = False,
    allow: _AllowOption = False,
) -> None:
    """Every tool by domain, with its arguments (* required) and what a teacher is told of it.

    Examples:

        typhoon-data tools list

        typhoon-data tools list --domain weather --lang en

        typhoon-data tools list --own my_tools.yaml --json
    """
    if lang not in ("th", "en"):
        raise UserError(f"there are no descriptions in {lang!r}; known: th, en")
    config = OwnToolsConfig(files=[str(path) for path in own or ()], allow=allow)
    with OwnTools.open(config, taken=shipped_tools()) as opened:
        tools = [*shipped_tools().values(), *opened.tools.values()]
    domains = dict.fromkeys(tool.domain for tool in tools)
    if domain is not None and domain not in domains:
        raise UserError(f"there is no domain {domain!r}; known: {', '.join(sorted(domains))}")
    tools = [tool for tool in tools if domain in (None, tool.domain)]
    if as_json:
        print(json.dumps([tool.spec(lang) for tool in tools], ensure_ascii=False, indent=2))
        return
    console = Console()
    _print_tools(console, tools, lang)
    _print_problems(console, opened.problems)
    console.print(f"{len(tools)} tools in {len({tool.domain for tool in tools})} domains", highlight=False)


@app.command("check")
def check_command(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="A tools file, or an OpenAPI file; YAML or JSON.")],
    lang: Annotated[str, typer.Option(help="Language of the descriptions: th or en.")] = "th",
    allow: _AllowOption = False,
) -> None:
    """What a build would get from FILE: tools and goals, what is left out and why, texts that look suspicious.

    Without --allow-tools nothing in it runs: functions are not loaded, MCP servers are not started.

    Examples:

        typhoon-data tools check my_tools.yaml

        typhoon-data tools check my_tools.yaml --allow-tools
    """
    with OwnTools.open(OwnToolsConfig(files=[str(file)], allow=allow), taken=shipped_tools()) as opened:
        tools, goals, problems = list(opened.tools.values()), opened.goals, opened.problems
    console = Console()
    _print_tools(console, tools, lang)
    for goal in goals:
        console.print(Text.assemble((goal.id, "cyan"), "  ", goal.requests[0]))
    _print_problems(console, problems)
    left_out = sum(problem.kind == "left_out" for problem in problems)
    console.print(f"{len(tools)} tools, {len(goals)} goals, {left_out} left out", highlight=False)
    raise typer.Exit(1 if left_out else 0)


def _print_tools(console: Console, tools: Iterable[Tool], lang: str) -> None:
    by_domain: dict[str, list[Tool]] = {}
    for tool in tools:
        by_domain.setdefault(tool.domain, []).append(tool)
    for name, members in by_domain.items():
        table = Table(title=name, title_justify="left", title_style="bold", box=None, pad_edge=False)
        table.add_column("tool", style="cyan", no_wrap=True)
        table.add_column("arguments")
        table.add_column("description")
        for tool in members:
            told = tool.spec(lang)["function"]
            table.add_row(Text(tool.name), Text(_arguments(tool)), Text(_one_line(told["description"])))
        console.print(table)
        console.print()


def _arguments(tool: Tool) -> str:
    required = set(tool.parameters.get("required", ()))
    return ", ".join(f"{name}*" if name in required else name for name in tool.parameters.get("properties", ()))


def _one_line(text: str) -> str:
    """Somebody else's text may hold control characters; it must not reach the terminal as such."""
    words = " ".join(text.split())
    return "".join(c if c.isprintable() else f"\\u{ord(c):04x}" for c in words[:300])


def _print_problems(console: Console, problems: Iterable[Problem]) -> None:
    for problem in problems:
        console.print(str(problem), style=_STYLES[problem.kind], highlight=False, markup=False, soft_wrap=True)
