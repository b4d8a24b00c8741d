"""Chats from disk: a dataset folder, a .parquet file or a .jsonl file -> checked conversations.

Covers column `messages` (list of role and content, calls and results of tools among them) with an optional string
`id` and optional `tools` (a list of specs, or its JSON); other columns are ignored. Of a dataset folder, the splits
that are named, or `data/sft` and `data/tool`. A row with `prompt` in place of `messages` has yet to be answered, and
is refused where nobody will.
Everything is held in memory: a million short chats are a few gigabytes, more than that wants streaming.
"""

from __future__ import annotations

import hashlib
import itertools
import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import polars as pl

from datagen.errors import DatasetError
from datagen.formats.chat_input import arguments_of
from datagen.record import Message as Said
from models.conversation import Conversation, Message

__all__ = ["ROLES", "Dataset", "read_dataset"]

ROLES = ("system", "user", "assistant", "tool")
_SPLITS = ("sft", "tool")
_COLUMNS = ("id", "messages", "prompt", "tools")


@dataclass(frozen=True, slots=True)
class Dataset:
    """The chats in file order, and what identifies them: `sha256` over the bytes they were read from."""

    conversations: tuple[Conversation, ...]
    path: str
    sha256: str
    manifest_sha256: str | None


def read_dataset(
    path: str | Path, splits: Sequence[str] = (), *, prompts: bool = False, whole_rows: bool = False
) -> Dataset:
    """Read and check every row.

    `splits`: which folders below `data/` of a dataset folder; none named: those of sft and tool that are there.
    `prompts`: rows without an answer are welcome. `whole_rows`: keep all columns, as `Conversation.row`.

    Raises:
        DatasetError: naming the file and row, what is wrong with it and the way out.
    """
    source = Path(path)
    files, manifest = _files_of(source, splits)
    digest = hashlib.sha256()
    conversations: list[Conversation] = []
    try:
        for file in files:
            digest.update(hashlib.sha256(file.read_bytes()).digest())
            rows = _jsonl_rows(file) if file.suffix == ".jsonl" else _parquet_rows(file, whole_rows)
            read = ((_conversation(row, place, prompts), row) for place, row in rows)
            conversations.extend(replace(said, row=row) if whole_rows else said for said, row in read)
        manifest_sha256 = hashlib.sha256(manifest.read_bytes()).hexdigest() if manifest else None
    except OSError as exc:
        raise DatasetError(f"cannot read the dataset {source}: {exc}; mend its permissions") from exc
    if not conversations:
        wanted = " or ".join(splits or _SPLITS)
        raise DatasetError(f"{source} holds no {wanted} rows; build some with `typhoon-data build --lang th`")
    return Dataset(tuple(conversations), str(source), digest.hexdigest(), manifest_sha256)


def _files_of(source: Path, splits: Sequence[str]) -> tuple[list[Path], Path | None]:
    if source.is_dir():
        found = {split: sorted((source / "data" / split).glob("*.parquet")) for split in splits or _SPLITS}
        absent = [f"data/{split}/*.parquet" for split, files in found.items() if not files]
        if absent and (splits or len(absent) == len(found)):
            raise DatasetError(
                f"{source} holds no {' and no '.join(absent)}, so it is not a dataset to train on; "
                "make one with `typhoon-data build --lang th`, or give another data.path or data.splits"
            )
        manifest = source / "manifest.json"
        return [file for files in found.values() for file in files], manifest if manifest.is_file() else None
    if source.is_file() and source.suffix in (".parquet", ".jsonl"):
        return [source], None
    if source.exists():
        raise DatasetError(f"{source} is neither a dataset folder nor a .parquet or .jsonl file")
    raise DatasetError(
        f"there is no dataset at {source}; make one with `typhoon-data build --lang th --out {source}`, "
        "or give another data.path"
    )


def _parquet_rows(file: Path, whole: bool) -> Iterator[tuple[str, dict[str, Any]]]:
    try:
        columns = pl.read_parquet_schema(file)
        if "messages" not in columns and "prompt" not in columns:
            raise DatasetError(f"{file} has no column `messages` (it has: {', '.join(columns) or 'none'})")
        frame = pl.read_parquet(file, columns=[name for name in columns if whole or name in _COLUMNS])
    except pl.exceptions.PolarsError as exc:
        reason = str(exc).strip().splitlines()[0]
        raise DatasetError(f"{file} is not a readable parquet file ({reason}); build or copy it again") from exc
    for number, row in enumerate(frame.iter_rows(named=True), start=1):
        yield f"{file} row {number}", row


def _jsonl_rows(file: Path) -> Iterator[tuple[str, dict[str, Any]]]:
    # Not through polars: its reader does not say on which line it stumbled.
    with file.open(encoding="utf-8") as lines:
        try:
            for number, line in enumerate(lines, start=1):
                if line.strip():
                    yield f"{file}:{number}", _json_object(line, f"{file}:{number}")
        except UnicodeDecodeError as exc:
            raise DatasetError(f"{file} is not UTF-8 text ({exc.reason}); save it as UTF-8") from exc


def _json_object(line: str, place: str) -> dict[str, Any]:
    try:
        row = json.loads(line)
    except json.JSONDecodeError as exc:
        raise DatasetError(f"{place} is not JSON ({exc.msg}); mend or remove the line") from exc
    if not isinstance(row, dict) or not row.keys() & {"messages", "prompt"}:
        raise DatasetError(f"{place} has no key `messages`; each line needs a list of role and content")
    return row


def _conversation(row: dict[str, Any], place: str, prompts: bool) -> Conversation:
    unanswered = row.get("messages") is None and "prompt" in row
    if unanswered and not prompts:
        raise DatasetError(
            f"{place} is a prompt without an answer; only grpo, and opd with rollout.share > 0, train on it"
        )
    column = "prompt" if unanswered else "messages"
    messages = row.get(column)
    if not isinstance(messages, list) or not messages:
        raise DatasetError(f"{place}: `{column}` must be a list of role and content, not {messages!r:.60}")
    checked = tuple(_message(message, f"{place}, message {n}") for n, message in enumerate(messages, start=1))
    _pair(checked)
    roles = [message["role"] for message in checked]
    opening = [*roles, "nothing"][roles[0] == "system"]
    if opening != "user":
        raise DatasetError(f"{place}: after an optional system turn a chat begins with user, not {opening}")
    if unanswered and roles[-1] == "assistant":
        raise DatasetError(f"{place}: a prompt ends with the user's turn or a tool's, not with an answer")
    if not unanswered and "assistant" not in roles:
        raise DatasetError(f"{place}: no assistant turn, so there is nothing to learn; remove the row")
    return Conversation(str(row.get("id") or place), checked, _tools(row.get("tools"), place), unanswered)


def _tools(given: Any, place: str) -> tuple[dict[str, Any], ...]:
    try:
        tools = json.loads(given or "[]") if isinstance(given, str | None) else given
    except ValueError as exc:
        raise DatasetError(f"{place}: `tools` is not JSON ({exc}); mend or remove the row") from exc
    if not isinstance(tools, list) or not all(isinstance(tool, dict) for tool in tools):
        raise DatasetError(f"{place}: `tools` must be a list of tool specs, or its JSON, not {given!r:.60}")
    return tuple(tools)


def _message(message: Any, place: str) -> Message:
    if not isinstance(message, dict) or message.get("role") not in ROLES:
        raise DatasetError(f"{place}: needs a role out of {', '.join(ROLES)}, not {message!r:.60}")
    role, content, calls = message["role"], message.get("content"), message.get("tool_calls")
    if calls and role != "assistant":
        raise DatasetError(f"{place} ({role}): only the assistant calls tools")
    if calls:
        content = content or ""
    # A call needs no words, and a tool may return nothing.
    if not isinstance(content, str) or not (content.strip() or calls or role == "tool"):
        raise DatasetError(f"{place} ({role}): content must be text, not {content!r:.60}")
    checked: Message = {"role": role, "content": content}
    if calls:
        checked["tool_calls"] = _calls(calls, f"{place} ({role})")
    if role == "tool" and message.get("tool_call_id"):
        checked["tool_call_id"] = str(message["tool_call_id"])
    return checked


def _calls(given: Any, place: str) -> list[dict[str, Any]]:
    """Calls as the API has them. Arguments may be an object in place of its JSON, as templates take them."""
    try:
        calls = [{**call, "function": {**call["function"]}} for call in given]
        for call in calls:
            call["id"] = str(call.get("id") or "")
            arguments = call["function"].get("arguments") or {}
            if not isinstance(arguments, str):
                arguments = json.dumps(arguments, ensure_ascii=False)
            call["function"]["arguments"] = arguments
            if not isinstance(call["function"]["name"], str):
                raise TypeError("function.name is no text")
        for call in Said.from_dict({"role": "assistant", "content": "", "tool_calls": calls}).tool_calls:
            arguments_of(call)
    except (KeyError, TypeError, ValueError) as exc:
        raise DatasetError(f"{place}: not a list of tool calls ({exc!s:.120}); mend or remove the row") from exc
    return calls


def _pair(messages: Iterable[Message]) -> None:
    """Give an id to calls and results that have none: results answer the calls in their order."""
    numbers, waiting = itertools.count(1), list[str]()
    for message in messages:
        for call in message.get("tool_calls", ()):
            call["id"] = call["id"] or f"call_{next(numbers)}"
            waiting.append(call["id"])
        if message["role"] == "tool" and waiting:
            answered = message.setdefault("tool_call_id", waiting[0])
            waiting = [each for each in waiting if each != answered]
