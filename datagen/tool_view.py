"""The parts of a row of tool use as a person reads them: calls with their arguments, results, tools, scenario, proof.

What cannot be read as JSON is shown as it stands. Marks and words carry the meaning, colours only repeat it.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from rich.text import Text

from datagen.thai_lines import printable, wrapped

__all__ = ["call_lines", "offered_lines", "proof_lines", "result_lines", "scenario_line"]

_INDENT = 2
_LONGEST = 2_000  # characters of one result; the whole is in the file
_CALL, _RESULT, _NAME = "bold yellow", "yellow", "bold"


def call_lines(calls: Sequence[Mapping[str, Any]], width: int) -> Iterator[Text]:
    """`→ name argument: value · argument: value`, the arguments below where they do not fit."""
    for call in calls:
        function = call.get("function") or {}
        head = Text(" " * _INDENT).append("→ ", style=_CALL).append(printable(str(function.get("name"))), style=_CALL)
        yield from _with_values(head, _read(function.get("arguments")), width, "")


def result_lines(content: str, width: int) -> Iterator[Text]:
    """`← key: value · key: value`, or as many lines as it needs; an error is said to be one."""
    value = _read(content)
    head, style = Text(" " * _INDENT).append("← ", style=_RESULT), _RESULT
    if isinstance(value, Mapping) and isinstance(value.get("error"), Mapping):
        value, style = value["error"], "red"
        head.append("error", style="bold red")
    yield from _with_values(head, value, width, style)


def offered_lines(tools: Any, width: int) -> Iterator[Text]:
    """The names of the tools on offer."""
    specs = _read(tools)
    if not isinstance(specs, list) or not all(isinstance(spec, Mapping) for spec in specs):
        yield from _indented(str(tools), width)
        return
    names = [str((spec.get("function") or {}).get("name")) for spec in specs]
    yield from _indented(", ".join(names), width)


def scenario_line(scenario: Any, width: int) -> Iterator[Text]:
    """Kind and domain."""
    read = _read(scenario)
    if isinstance(read, Mapping):
        named = f"{read.get('kind')} · {read.get('domain')} · {read.get('now')}"
        lines = wrapped(named, width - 12)
        yield Text("scenario    ", style="bold").append(("\n" + " " * 12).join(lines), style="not bold cyan")
    else:
        yield from _indented(f"scenario: {scenario}", width)


def proof_lines(verdicts: Sequence[Mapping[str, Any]], width: int) -> Iterator[Text]:
    """Which checks passed, in one line; each of the others with its reason."""
    if not verdicts:
        return
    yield Text("proof", style="bold")
    passed = [str(verdict["id"]).removeprefix("tool.") for verdict in verdicts if verdict["outcome"] == "PASS"]
    if passed:
        yield from _indented(f"✓ {', '.join(passed)}", width, "green")
    for verdict in verdicts:
        if verdict["outcome"] != "PASS":
            yield from _indented(f"✗ {verdict['id']} {verdict['outcome']}: {verdict['reason']}", width, "bold red")


def _with_values(head: Text, value: Any, width: int, style: str) -> Iterator[Text]:
    """The head and the value on one line where they fit, else the value below it, lists of objects an item a line."""
    one = Text.assemble(head, "" if head.plain.endswith(" ") else " ", (printable(_flow(value)), style))
    if one.cell_len <= width:
        yield one
        return
    yield head
    for line in _below(value):
        shown = line if len(line) <= _LONGEST else f"{line[:_LONGEST]}… ({len(line):,} characters)"
        yield from _indented(shown, width, style, 2 * _INDENT)


def _below(value: Any) -> Iterator[str]:
    if not isinstance(value, Mapping):
        yield _flow(value)
        return
    plain = {key: each for key, each in value.items() if not _is_table(each)}
    if plain:
        yield _flow(plain)
    for key in (key for key in value if key not in plain):
        yield f"{key}:"
        yield from (f"- {_flow(item)}" for item in value[key])


def _is_table(value: Any) -> bool:
    return isinstance(value, list) and len(value) > 1 and all(isinstance(item, Mapping) for item in value)


def _flow(value: Any) -> str:
    if isinstance(value, Mapping):
        return " · ".join(f"{key}: {_short(each)}" for key, each in value.items())
    return _short(value)


def _short(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def _read(text: Any) -> Any:
    try:
        return json.loads(text) if isinstance(text, str) else text
    except (ValueError, RecursionError):
        return text


def _indented(text: str, width: int, style: str = "", indent: int = _INDENT) -> Iterator[Text]:
    for line in wrapped(text, width - indent):
        yield Text(" " * indent + line, style=style)
