"""`typhoon-data constraints`: look up constraint types, and check a text against one, with the spot that fails.

Exit codes of `check`: 0 PASS; 1 FAIL or UNDECIDED; 2 the input is wrong.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.table import Table
from rich.text import Text

from constraints import (
    Answer,
    BadParameters,
    Constraint,
    ConstraintType,
    Outcome,
    UnknownConstraint,
    Verdict,
    build,
    get,
    types,
)
from constraints.catalogue import Entry, entry
from constraints.compat import INSTRUCTIONS, OfficialConstraint, official
from constraints.pages import FAMILY_TITLES, pages
from datagen.errors import OutputError, UserError
from datagen.packs import read_packs, with_packs

__all__ = ["app"]

app = typer.Typer(no_args_is_help=True, rich_markup_mode="markdown", help="Look up constraint types and check texts.")
_SHOWN = {
    Outcome.PASS: ("ผ่าน", "bold green"),
    Outcome.FAIL: ("ไม่ผ่าน", "bold red"),
    Outcome.UNDECIDED: ("ตัดสินไม่ได้", "bold yellow"),
}
_CONTEXT_CHARACTERS = 40
_PackOption = Annotated[
    list[Path] | None, typer.Option(help="A constraint pack whose types are known as well; repeat for more.")
]
_MOST_BYTES = 10_000_000
_CONTROL = {code: f"\\x{code:02x}" for code in (*range(9), *range(11, 32), *range(127, 160))}


@app.command("list")
def list_command(
    family: Annotated[str | None, typer.Option(help="One family only, such as length.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print ids, parameters and phrasings as JSON.")] = False,
    pack: _PackOption = None,
) -> None:
    """Every constraint type: id, parameters, and how it is asked for.

    Examples:

        typhoon-data constraints list

        typhoon-data constraints list --family dates

        typhoon-data constraints list --json > constraints.json

        typhoon-data constraints list --pack out/pack/pack.yaml --family pack_mine
    """
    with with_packs(read_packs(pack or ())):
        _list(family, as_json)


def _list(family: str | None, as_json: bool) -> None:
    families = dict.fromkeys(constraint.family for constraint in types().values())
    if family is not None and family not in families:
        raise UserError(f"no family is called {family!r}; known: {', '.join(families)}")
    found = [constraint for constraint in types().values() if family in (None, constraint.family)]
    if as_json:
        print(json.dumps([_as_json(constraint.id) for constraint in found], ensure_ascii=False, indent=2))
        return
    console = Console()
    for name in dict.fromkeys(constraint.family for constraint in found):
        table = Table(
            title=FAMILY_TITLES.get(name, name), title_justify="left", title_style="bold", box=None, pad_edge=False
        )
        table.add_column("id", style="cyan", no_wrap=True)
        table.add_column("asked for as")
        for constraint in found:
            if constraint.family == name:
                table.add_row(constraint.id, Text(_words(constraint).phrasings["th"][0]))
        console.print(table)
        console.print()
    thai = sum(constraint.thai for constraint in found)
    console.print(f"{len(found)} types, {thai} of them for Thai only", highlight=False)


@app.command("show")
def show_command(
    constraint_id: Annotated[str, typer.Argument(metavar="ID", help="A constraint id, such as length.lines.")],
    as_json: Annotated[bool, typer.Option("--json", help="Print as JSON.")] = False,
    pack: _PackOption = None,
) -> None:
    """One type in full: parameters, every phrasing, an answer that passes and one that fails.

    Examples:

        typhoon-data constraints show particles.speaker

        typhoon-data constraints show json.schema --json

        typhoon-data constraints show pack_mine.no_comma --pack out/pack/pack.yaml
    """
    with with_packs(read_packs(pack or ())):
        _show(constraint_id, as_json)


def _show(constraint_id: str, as_json: bool) -> None:
    try:
        constraint = get(constraint_id)
    except UnknownConstraint as exc:
        raise UserError(str(exc)) from exc
    if as_json:
        print(json.dumps(_as_json(constraint_id), ensure_ascii=False, indent=2))
        return
    words = _words(constraint)
    example = build(constraint_id, words.params)
    console = Console(highlight=False)
    console.print(Text(constraint_id, style="bold cyan"), Text("Thai only" if constraint.thai else "", style="dim"))
    for name, schema in constraint.params.items():
        console.print(Text(f"  {name}: {json.dumps(schema, ensure_ascii=False)}"))
    console.print(Text(f"asked for with {json.dumps(dict(words.params), ensure_ascii=False)}", style="bold"))
    for text in (*example.phrasings("th"), *example.phrasings("en")):
        console.print(Text(f"  - {text}"))
    for answer in (words.passes, words.fails):
        _print_verdict(console, example, Answer(answer), example.check(answer), with_text=True)


@app.command("check")
def check_command(
    constraint_id: Annotated[
        str, typer.Argument(metavar="ID", help="A constraint id, such as length.lines, or one of IFEval and IFBench.")
    ],
    file: Annotated[str, typer.Argument(metavar="FILE|-", help="A text file, or - for standard input.")],
    params: Annotated[str, typer.Option(help="The parameters as a JSON object.")] = "{}",
    as_json: Annotated[bool, typer.Option("--json", help="Print the verdict as JSON.")] = False,
    pack: _PackOption = None,
) -> None:
    """Check a text: the verdict, why in Thai and English, and the spot. Exit code 0 only for PASS.

    Examples:

        typhoon-data constraints check length.lines --params '{"count": 3}' answer.txt

        typhoon-data constraints check punctuation:no_comma answer.txt

        echo 'สวัสดีค่ะ' | typhoon-data constraints check particles.speaker --params '{"gender": "male"}' -
    """
    with with_packs(read_packs(pack or ())):
        constraint = _built(constraint_id, params)
        answer = Answer(_read(file))
        verdict = constraint.check(answer)
    if as_json:
        found: dict[str, Any] = {"outcome": str(verdict.outcome), "reason": verdict.reason, "thai": verdict.thai}
        if verdict.at is not None:
            line, column = _place(answer.text, verdict.at[0])
            found["spot"] = {"line": line, "column": column, "text": answer.text[slice(*verdict.at)]}
        print(json.dumps(found, ensure_ascii=False, indent=2))
    else:
        _print_verdict(Console(highlight=False), constraint, answer, verdict, with_text=False)
    raise typer.Exit(0 if verdict.passed else 1)


@app.command("docs")
def docs_command(
    out: Annotated[Path, typer.Option(help="Folder for the Markdown pages.")] = Path("docs/constraints"),
) -> None:
    """Write the reference pages, one a family.

    Examples:

        typhoon-data constraints docs --out docs/constraints
    """
    found = pages()
    try:
        out.mkdir(parents=True, exist_ok=True)
        for name, text in found.items():
            (out / name).write_text(text, encoding="utf-8")
    except OSError as exc:
        raise OutputError(f"{out} cannot be written: {exc.strerror}; give another folder with --out") from exc
    print(f"{len(found)} pages in {out}")


def _built(constraint_id: str, params: str) -> Constraint | OfficialConstraint:
    try:
        given = json.loads(params)
    except ValueError as exc:
        raise UserError(f"--params is not JSON: {exc}; it must be an object such as '{{\"count\": 3}}'") from exc
    if not isinstance(given, dict):
        kind = "null" if given is None else f"a {type(given).__name__}"
        raise UserError(f"--params is {kind}, not an object such as '{{\"count\": 3}}'")
    try:
        return official(constraint_id, given) if constraint_id in INSTRUCTIONS else build(constraint_id, given)
    except (UnknownConstraint, BadParameters) as exc:
        raise UserError(str(exc)) from exc


def _read(file: str) -> str:
    if file == "-" and sys.stdin is None:
        raise UserError("standard input is closed; give a file, or pipe the text in")
    try:
        with sys.stdin.buffer if file == "-" else Path(file).open("rb") as stream:
            content = stream.read(_MOST_BYTES + 1)
        if len(content) > _MOST_BYTES:
            raise UserError(f"{file} is longer than {_MOST_BYTES // 10**6} MB; check one answer at a time")
        return content.decode("utf-8")
    except OSError as exc:
        raise UserError(f"{file} cannot be read: {exc.strerror}") from exc
    except UnicodeDecodeError as exc:
        raise UserError(f"{file} is not UTF-8 text (byte {exc.start}); convert it first") from exc


def _as_json(constraint_id: str) -> dict[str, Any]:
    constraint = get(constraint_id)
    words = _words(constraint)
    return {
        "id": constraint_id,
        "family": constraint.family,
        "thai_only": constraint.thai,
        "params": {name: dict(schema) for name, schema in constraint.params.items()},
        "phrasings": {lang: list(found) for lang, found in words.phrasings.items()},
        "example": {"params": dict(words.params), "pass": words.passes, "fail": words.fails},
    }


def _words(constraint: ConstraintType) -> Entry:
    """A type's words: its own, or the catalogue's."""
    return constraint.words or entry(constraint.id)


def _place(text: str, offset: int) -> tuple[int, int]:
    """Line and column, both from 1."""
    return text.count("\n", 0, offset) + 1, offset - (text.rfind("\n", 0, offset) + 1) + 1


def _print_verdict(
    console: Console, constraint: Constraint | OfficialConstraint, answer: Answer, verdict: Verdict, *, with_text: bool
) -> None:
    """The outcome, the explanation in Thai and English, and the spot marked in its line."""
    word, style = _SHOWN[verdict.outcome]
    console.print(Text(f"{word} ({verdict.outcome})", style=style), Text(constraint.id, style="cyan"))
    if with_text:
        console.print(Text("\n".join("    " + line for line in answer.raw.rstrip().split("\n"))))
    if verdict.passed:
        return
    console.print(Text(f"  {verdict.thai}"))
    console.print(Text(f"  {verdict.reason}", style="dim"))
    if verdict.at is None:
        console.print(Text("  ตำแหน่ง: ทั้งคำตอบ", style="dim"))
        return
    start, end = verdict.at
    line, column = _place(answer.text, start)
    console.print(Text(f"  ตำแหน่ง: บรรทัดที่ {line} ตัวอักษรที่ {column}", style="dim"))
    console.print(_excerpt(answer.text, start, end))


def _excerpt(text: str, start: int, end: int) -> Text:
    """The line around the spot, the spot between ⟦ and ⟧ so that it shows without colours too."""
    line_start = max(text.rfind("\n", 0, start) + 1, start - _CONTEXT_CHARACTERS)
    line_end = text.find("\n", end)
    line_end = min(len(text) if line_end < 0 else line_end, end + _CONTEXT_CHARACTERS)
    spot = text[start:end]
    if len(spot) > 2 * _CONTEXT_CHARACTERS:
        spot = f"{spot[:_CONTEXT_CHARACTERS]} … {spot[-_CONTEXT_CHARACTERS:]}"
    # a terminal would act on control characters
    shown = Text("    " + text[line_start:start].translate(_CONTROL))
    shown.append(f"⟦{spot.translate(_CONTROL)}⟧", style="bold reverse")
    return shown.append(text[end:line_end].translate(_CONTROL))
