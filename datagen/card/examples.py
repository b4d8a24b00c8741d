"""Rows that the card shows, as Markdown that reads as the rows do."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from datagen.record import Message, Record
from datagen.scenarios.recorded import scenario_labels
from datagen.shards import read_rows

__all__ = ["example_rows", "shown"]

_SHOWN = 3
_MOST_CHARACTERS = 1200
_MOST_OF_A_RESULT = 600


def example_rows(root: Path, manifest: Mapping[str, Any]) -> list[Record]:
    """The first rows of the first split; of tool use, each of another kind of scenario.

    Raises:
        DatasetError: a shard cannot be read.
    """
    found: dict[str, Record] = {}
    split = next(split for split in manifest["shards"] if split != "rejected")
    for shard in manifest["shards"][split]:
        for row in read_rows(root / shard["path"]):
            record = Record.from_row(row)
            found.setdefault(scenario_labels(record.scenario)[0] or record.id, record)
            if len(found) == _SHOWN:
                return list(found.values())
    return list(found.values())


def shown(record: Record) -> dict[str, Any]:
    """Its id, what was checked of it, and its turns: [who, Markdown]."""
    scenario = " · ".join(filter(None, scenario_labels(record.scenario)))
    checked = ", ".join(constraint.id for constraint in record.constraints)
    return {
        "id": record.id,
        "about": f"Scenario: {scenario}" if scenario else f"Constraints: {checked}",
        "turns": [turn for message in record.messages for turn in _turns(message)],
    }


def _turns(message: Message) -> list[tuple[str, str]]:
    if message.role == "tool":
        return [("result", _code(_readable(message.content), _MOST_OF_A_RESULT))]
    said = [(message.role, _quoted(message.content))] if message.content else []
    return said + [
        ("call", f"{_code(call.name)} {_code(_readable(call.arguments), _MOST_OF_A_RESULT)}")
        for call in message.tool_calls
    ]


def _readable(text: str) -> str:
    """JSON with its Thai as Thai; anything else as it is."""
    try:
        return json.dumps(json.loads(text), ensure_ascii=False)
    except ValueError:
        return text


def _code(text: str, most: int = _MOST_CHARACTERS) -> str:
    fence = "`" * (max((len(run) for run in re.findall("`+", text)), default=0) + 1)
    pad = " " if "`" in text else ""
    return f"{fence}{pad}{_cut(' '.join(text.split()), most)}{pad}{fence}"


def _quoted(text: str) -> str:
    """A block quote whose lines stay lines; what looks like HTML is shown and not interpreted."""
    lines = re.sub(r"<(?=[A-Za-z/!?])", r"\\<", _cut(text.strip(), _MOST_CHARACTERS)).split("\n")
    bare = [line.rstrip() for line in lines]
    # Two spaces at the end: Markdown would run a line into the next one.
    broken = [f"{line}  " if line and after else line for line, after in zip(bare, [*bare[1:], ""], strict=True)]
    return "\n".join(f"> {line}" if line else ">" for line in broken)


def _cut(text: str, most: int) -> str:
    return text if len(text) <= most else f"{text[:most].rstrip()} … ({len(text):,} characters)"
