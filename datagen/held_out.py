"""Evaluation prompts that must not be trained on, from any prompt source: files, data sets on the Hub, presets.

    decontaminate:
      against:
        - evals/ifeval_th.jsonl                                          # the column `prompt`
        - {path: evals/mt_bench.parquet, columns: {text: question, id: question_id}}
        - {hub: google/IFEval, split: train}                             # needs the extra `hub`

A cell is a text or a conversation, of which the user's turns count. Unlike prompts to build from, rows may hold any
other columns. A row without a usable text is an error whatever `on_bad_row` says: to skip it would let its prompt into
the training data. Read as a stream.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from datagen.errors import PromptFileError
from datagen.prompts.hub import read_hub
from datagen.prompts.prompt import RowFault
from datagen.prompts.rows import kept_by, read_rows_of
from datagen.prompts.source import Columns, PromptSource

__all__ = ["HeldOut", "read_held_out"]

_USUAL_IDS = ("id", "key", "question_id")


@dataclass(frozen=True, slots=True)
class HeldOut:
    """One evaluation prompt; `name` says where it stands: file, row and the row's own id."""

    name: str
    text: str


def read_held_out(source: PromptSource) -> Iterator[HeldOut]:
    """The evaluation prompts of one source, in order.

    Raises:
        PromptFileError: the source cannot be read, holds nothing, or one of its rows has no usable text.
    """
    source = source.resolved()
    columns, taken = source.columns or Columns(), 0
    for place, _, row in read_hub(source) if source.hub else read_rows_of(Path(source.path or "")):
        try:
            if isinstance(row, RowFault):
                raise row
            if not kept_by(source.where, row):
                continue
        except RowFault as fault:
            raise PromptFileError(f"{place}: {fault}; mend the row: held-out rows are never skipped") from fault
        own_id = next((row[name] for name in (columns.id, *_USUAL_IDS) if name and row.get(name) is not None), None)
        yield HeldOut(place if own_id is None else f"{place} (id {own_id})", _text(row, columns, place))
        taken += 1
        if taken == source.limit:
            return
    if not taken:
        raise PromptFileError(
            f"{source.path or source.hub} holds no prompts to decontaminate against; give a file with one prompt a row"
        )


def _text(row: Mapping[str, Any], columns: Columns, place: str) -> str:
    """All that the user says, in one text."""
    names = [columns.messages] if columns.messages else columns.text_columns
    said: list[str] = []
    for name in names:
        if name not in row:
            raise PromptFileError(
                f"{place}: there is no column {name!r}; it has {', '.join(map(str, row))[:200]}. Say which to read: "
                "decontaminate.against: [{path: ..., columns: {text: ...}}]"
            )
        said += _user_turns(row[name])
    if not "".join(said).strip():
        raise PromptFileError(f"{place}: {' and '.join(names)} must hold a text or a conversation with a user turn")
    return "\n".join(said)


def _user_turns(value: Any) -> list[str]:
    if isinstance(value, str):
        return [value]
    turns = [turn for turn in value if isinstance(turn, Mapping)] if isinstance(value, list) else []
    return [turn["content"] for turn in turns if turn.get("role") == "user" and isinstance(turn.get("content"), str)]
