"""One prompt, and how it is made from one row of a file or data set.

Covers the checks every row gets: types, empty or oversized text, control characters, broken Unicode, histories.
What is wrong with a row is a `RowFault` with a countable reason; whether that stops the build or only costs the
row is the reader's business (reading.py). Says nothing about whether a prompt is wanted: that is
stages/prompt_screen.py.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import regex

from constraints import types
from datagen.prompts.given import GivenFault, given_constraints
from datagen.prompts.source import Columns
from datagen.record import AppliedConstraint, Message

__all__ = ["MAX_PROMPT_BYTES", "BadRow", "Prompt", "RowFault", "prompt_of"]

MAX_PROMPT_BYTES = 1_000_000  # text and history of one row together
_STRICT_KEYS = {
    "id",
    "prompt",
    "level",
    "keywords",
    "avoid",
    "license",
    "source",
    "topic",
    "lang",
    "history",
    "constraints",
}
_CONTROL = regex.compile(r"[\x00-\x08\x0b\x0e-\x1f]")
_SHOWN = 80  # characters of a wrong value that a message repeats


@dataclass(frozen=True, slots=True)
class Prompt:
    """One prompt. `keywords`: words a good answer would use; `avoid`: constraint ids or families that misfit.

    `level`: 1 for a prompt that holds all its answer needs, 2 for an open one; lower levels are used first.
    `history`: the turns before `text`, oldest first, user and assistant in turn; () for a single-turn prompt.
    `constraints`: those that came with it (given.py); () where some are to be drawn.
    """

    id: str
    text: str
    source: str
    license: str
    keywords: tuple[str, ...] = ()
    avoid: tuple[str, ...] = ()
    level: int = 1
    history: tuple[Message, ...] = ()
    constraints: tuple[AppliedConstraint, ...] = ()


@dataclass(frozen=True, slots=True)
class BadRow:
    """A row that is no prompt: `place` names file and row, `reason` is countable, `detail` says what was seen."""

    place: str
    reason: str
    detail: str
    source: str
    license: str


class RowFault(ValueError):
    """What is wrong with one row; `reason` is its countable code."""

    def __init__(self, reason: str, detail: str) -> None:
        super().__init__(detail)
        self.reason = reason


@dataclass(frozen=True, slots=True)
class Defaults:
    """What a row gets where it says nothing itself."""

    id: str
    source: str
    license: str


def prompt_of(row: Mapping[str, Any], columns: Columns, defaults: Defaults, *, strict: bool) -> Prompt:
    """The prompt in `row`. `strict` is our own JSONL form: no unknown keys, and keywords, avoid, level are read.

    Raises:
        RowFault: naming the column and what it holds.
    """
    if strict:
        _refuse_unknown_keys(row)
    text, history = _conversation(row, columns)
    prompt = Prompt(
        id=_label(row, columns.id, defaults.id, strict),
        text=text,
        source=_label(row, columns.source, defaults.source, strict),
        license=_label(row, columns.license, defaults.license, strict),
        keywords=_texts(row, "keywords") if strict else (),
        avoid=_known_constraints(_texts(row, "avoid")) if strict else (),
        level=_level(row) if strict else 1,
        history=history,
        constraints=_given(row, columns),
    )
    _refuse_unusable(prompt)
    return prompt


def _refuse_unknown_keys(row: Mapping[str, Any]) -> None:
    if unknown := sorted(set(row) - _STRICT_KEYS):
        raise RowFault(
            "unknown_key",
            f"unknown key {_shown(unknown[0])}; known keys: {', '.join(sorted(_STRICT_KEYS))} "
            "(or say which columns to read: prompts: [{path: ..., columns: {text: ...}}])",
        )


def _conversation(row: Mapping[str, Any], columns: Columns) -> tuple[str, tuple[Message, ...]]:
    """The last user turn, and the turns before it."""
    if columns.messages is not None:
        turns = _turns(_value(row, columns.messages), columns.messages)
        last = max((n for n, turn in enumerate(turns) if turn.role == "user"), default=None)
        if last is None:
            raise RowFault("bad_history", f"{columns.messages!r} has no user turn")
        return turns[last].content.strip(), _alternating(turns[:last], columns.messages)
    parts = [_part(row, name, required=number == 0) for number, name in enumerate(columns.text_columns)]
    if columns.history is None or row.get(columns.history) is None:
        return "\n\n".join(part for part in parts if part), ()
    return "\n\n".join(part for part in parts if part), _alternating(
        _turns(row[columns.history], columns.history), columns.history
    )


def _value(row: Mapping[str, Any], column: str) -> Any:
    if column not in row:
        raise RowFault("missing_column", f"there is no {column!r}; the row has {_shown(', '.join(map(str, row)))}")
    return row[column]


def _part(row: Mapping[str, Any], column: str, *, required: bool) -> str:
    value = _value(row, column) if required or column in row else None
    if isinstance(value, str) and (value.strip() or not required):
        return value.strip()
    if value is None and not required:
        return ""
    reason = "empty" if value is None or value == "" or isinstance(value, str) else "wrong_type"
    raise RowFault(reason, f"{column!r} must be a text that is not empty (given: {_shown(value)})")


def _turns(value: Any, column: str) -> list[Message]:
    """A list of {role, content}, or the same as JSON text (for CSV). A leading system turn is refused, not lost."""
    if isinstance(value, str):
        try:
            value = json.loads(value) if value.strip() else []
        except (ValueError, RecursionError) as exc:
            raise RowFault("bad_history", f"{column!r} is a text that is not JSON") from exc
    if not isinstance(value, list):
        raise RowFault("bad_history", f"{column!r} must be a list of turns (given: {_shown(value)})")
    turns = []
    for turn in value:
        role, content = (turn.get("role"), turn.get("content")) if isinstance(turn, Mapping) else (None, None)
        if role not in ("user", "assistant") or not isinstance(content, str) or not content.strip():
            raise RowFault(
                "bad_history",
                f"{column!r} must hold turns like {{role: user or assistant, content: text}} (given: {_shown(turn)})",
            )
        turns.append(Message(role, content))
    return turns


def _alternating(turns: list[Message], column: str) -> tuple[Message, ...]:
    """The turns before a user turn: user, assistant, ..., assistant."""
    if [turn.role for turn in turns] != ["user", "assistant"] * (len(turns) // 2):
        raise RowFault("bad_history", f"{column!r} must go user, assistant, ... up to the turn before the prompt")
    return tuple(turns)


def _label(row: Mapping[str, Any], column: str | None, default: str, strict: bool) -> str:
    """An id, source or licence; whole numbers are fine as ids of foreign data sets."""
    if column is None or column not in row:
        return default
    value = row[column]
    if not strict:
        if value is None or value == "":
            return default
        if isinstance(value, int) and not isinstance(value, bool):
            return str(value)
    if not isinstance(value, str) or not value:
        raise RowFault("wrong_type", f"{column!r} must be a text that is not empty (given: {_shown(value)})")
    return value


def _texts(row: Mapping[str, Any], key: str) -> tuple[str, ...]:
    value = row.get(key, [])
    if not isinstance(value, list) or not all(isinstance(item, str) and item for item in value):
        raise RowFault("wrong_type", f"{key!r} must be a list of texts (given: {_shown(value)})")
    return tuple(value)


def _given(row: Mapping[str, Any], columns: Columns) -> tuple[AppliedConstraint, ...]:
    try:
        return given_constraints(row, columns.constraints, columns.kwargs)
    except GivenFault as exc:
        raise RowFault("bad_constraints", str(exc)) from exc


def _level(row: Mapping[str, Any]) -> int:
    value = row.get("level", 1)
    if not isinstance(value, int) or isinstance(value, bool) or not 1 <= value <= 9:
        raise RowFault("wrong_type", f"'level' must be a whole number from 1 to 9 (given: {_shown(value)})")
    return value


def _known_constraints(names: tuple[str, ...]) -> tuple[str, ...]:
    known = set(types()) | {constraint.family for constraint in types().values()} if names else set()
    for name in names:
        if name not in known:
            raise RowFault("unknown_constraint", f"'avoid' names {name!r}, which is no constraint type or family")
    return names


def _refuse_unusable(prompt: Prompt) -> None:
    """Text that no later step can hold: too large, binary, or not writable as UTF-8."""
    texts = [prompt.text, *(turn.content for turn in prompt.history)]
    labels = [prompt.id, prompt.source, prompt.license, *prompt.keywords]
    try:
        size = sum(len(text.encode()) for text in texts)
        for label in labels:
            label.encode()
    except UnicodeEncodeError as exc:
        raise RowFault("broken_unicode", "the row holds half a surrogate pair, which is no text") from exc
    if size > MAX_PROMPT_BYTES:
        raise RowFault("oversized", f"the prompt has {size:,} bytes; {MAX_PROMPT_BYTES:,} is the most")
    for text in (*texts, *labels):
        if control := _CONTROL.search(text):
            raise RowFault("binary", f"the row holds the control character {control[0]!r}: is it a text?")


def _shown(value: Any) -> str:
    text = repr(value)
    return text if len(text) <= _SHOWN else text[:_SHOWN] + "..."
