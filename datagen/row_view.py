"""One row as a person reads it: turns, constraints with verdict and reason, score, why it was dropped, provenance.

Works on rows of any split: what is there is shown, columns nobody here knows as `name: value`. Calls, results and proof
of tool use: tool_view.py. Marks and words carry the meaning, colours only repeat it.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from rich.text import Text

from datagen.dataset import REJECTED
from datagen.thai_lines import padded, printable, wrapped
from datagen.tool_view import call_lines, offered_lines, proof_lines, result_lines, scenario_line

__all__ = ["row_lines"]

_MARKS = {"PASS": ("✓", "green"), "FAIL": ("✗", "bold red"), "UNDECIDED": ("?", "bold yellow"), "": ("·", "dim")}
_ROLE_STYLES = {"system": "bold magenta", "user": "bold cyan", "assistant": "bold green", "tool": "bold yellow"}
_INDENT = 2
_WIDEST = 110  # cells; longer lines are hard to read
_KNOWN = {
    "id", "split", "messages", "prompt", "tools", "lang", "source", "constraints", "verdicts", "judge", "provenance",
    "stage", "reason", "detail", "scenario",
}  # fmt: skip


def row_lines(row: Mapping[str, Any], split: str, width: int) -> list[Text]:
    """The row in lines that fit `width` cells."""
    width = min(width, _WIDEST)
    return [
        _title(row, split, width),
        *(scenario_line(row["scenario"], width) if row.get("scenario") else ()),
        *_turns(row, width),
        *_constraints(row, width),
        *(proof_lines(row.get("verdicts") or [], width) if row.get("scenario") else ()),
        *_fate(row, split, width),
        *_more(row, width),
        *_origin(row, width),
        Text(""),
    ]


def _title(row: Mapping[str, Any], split: str, width: int) -> Text:
    left, right = f"── {printable(str(row.get('id', '')))} ", f" {split} ──"
    return Text(left + "─" * max(1, width - len(left) - len(right)) + right, style="bold", no_wrap=True)


def _turns(row: Mapping[str, Any], width: int) -> Iterator[Text]:
    turns: Any = row.get("messages") or row.get("prompt") or []
    if isinstance(turns, str):
        turns = [{"role": "user", "content": turns}]
    before, names = "", _called(turns)
    for turn in turns:
        role, content, calls = str(turn.get("role") or ""), str(turn.get("content") or ""), turn.get("tool_calls")
        if role == "tool":
            if before != "tool" or len(names) > 1:
                name = names.get(turn.get("tool_call_id"), "")
                yield Text("tool", style=_ROLE_STYLES["tool"]).append(f" {printable(name)}" if name else "")
            yield from result_lines(content, width)
        else:
            yield Text(role, style=_ROLE_STYLES.get(role, "bold"))
            yield from _block(content, width) if content or not calls else ()
            yield from call_lines(calls or (), width)
        before = role
    if row.get("tools") not in (None, "", "[]"):
        yield Text("tools on offer", style="bold")
        yield from offered_lines(row["tools"], width)


def _called(turns: Sequence[Mapping[str, Any]]) -> dict[Any, str]:
    """Name of the tool by the id of the call."""
    calls = [call for turn in turns for call in turn.get("tool_calls") or ()]
    return {call.get("id"): str((call.get("function") or {}).get("name")) for call in calls}


def _constraints(row: Mapping[str, Any], width: int) -> Iterator[Text]:
    constraints = row.get("constraints") or []
    if not constraints:
        return
    yield Text("constraints", style="bold")
    verdicts = list(row.get("verdicts") or [])
    for number, constraint in enumerate(constraints):
        # A row may carry two constraints of one type: verdicts stand in the order of the constraints.
        verdict = verdicts[number] if number < len(verdicts) and verdicts[number]["id"] == constraint["id"] else {}
        outcome = verdict.get("outcome") or ""
        mark, style = _MARKS.get(outcome, _MARKS[""])
        line = Text("  ").append(f"{mark} ", style=style).append(str(constraint["id"]), style="cyan")
        params = constraint.get("params") or "{}"
        yield line.append(f" {printable(params)}" if len(params) <= width // 2 else "", style="dim")
        yield from _block(str(constraint.get("instruction") or ""), width, indent=6)
        if outcome not in ("", "PASS"):
            yield from _block(f"{outcome}: {verdict.get('reason') or ''}", width, indent=6, style=style)


def _fate(row: Mapping[str, Any], split: str, width: int) -> Iterator[Text]:
    """What the judge said, and what a dropped candidate was dropped for."""
    judge = row.get("judge") or {}
    if judge.get("score") is not None:
        yield _named("judge", f"{judge['score']:g} of 10 by {judge.get('model') or 'an unnamed model'}", width)
    if split == REJECTED:
        yield from _block(f"rejected by {row.get('stage')}: {row.get('reason')}", width, indent=0, style="bold yellow")
        if row.get("detail"):
            yield from _block(str(row["detail"]), width, style="yellow")


def _more(row: Mapping[str, Any], width: int) -> Iterator[Text]:
    for name, value in row.items():
        if name not in _KNOWN and value not in (None, "", [], {}):
            shown = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, default=str)
            yield from _block(f"{name}: {shown}", width, indent=0, style="dim")


def _origin(row: Mapping[str, Any], width: int) -> Iterator[Text]:
    source, provenance = row.get("source") or {}, row.get("provenance") or {}
    if isinstance(source, Mapping) and source:
        named = f"{source.get('name')} · {source.get('id')} · licence {source.get('license')}"
        yield _named("source", named, width)
    parts = [
        f"teacher {provenance['teacher']}" if provenance.get("teacher") else "",
        f"template {', '.join(provenance['templates'])}" if provenance.get("templates") else "",
        f"code {provenance['code_version']}" if provenance.get("code_version") else "",
    ]
    if any(parts):
        yield _named("provenance", " · ".join(part for part in parts if part), width)


def _named(name: str, value: str, width: int) -> Text:
    lines = wrapped(value, width - 12)
    text = Text(padded(name, 12), style="bold")
    return text.append(("\n" + " " * 12).join(lines), style="not bold")


def _block(text: str, width: int, indent: int = _INDENT, style: str = "") -> Iterator[Text]:
    for line in wrapped(text, width - indent):
        yield Text(" " * indent + line, style=style)
