"""Chats from disk: a dataset folder, a .parquet file or a .jsonl file -> checked conversations.

Covers column `messages` (list of role and content, calls and results of tools among them) with an optional string
`id` and optional `tools` (a list of specs, or its JSON); other columns are ignored. Of a dataset folder, the rows of
`data/sft` and of `data/tool`.
Everything is held in memory: a million short chats are a few gigabytes, more than that wants streaming.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import polars as pl

from datagen.errors import DatasetError
from datagen.formats.chat_input import arguments_of
from datagen.record import Message as Said

__all__ = ["ROLES", "Conversation", "Dataset", "Message", "read_dataset"]

ROLES = ("system", "user", "assistant", "tool")
_SPLITS = ("sft", "tool")

Message = dict[str, Any]
"""As on disk: role and content, and `tool_calls` or `tool_call_id` where there are any."""


@dataclass(frozen=True, slots=True)
class Conversation:
    """One chat: an optional system turn, then turns that begin with the user's."""

    id: str
    messages: tuple[Message, ...]
    tools: tuple[dict[str, Any], ...] = ()


@dataclass(frozen=True, slots=True)
class Dataset:
    """The chats in file order, and what identifies them: `sha256` over the bytes they were read from."""

    conversations: tuple[Conversation, ...]
    path: str
    sha256: str
    manifest_sha256: str | None


def read_dataset(path: str | Path) -> Dataset:
    """Read and check every row.

    Raises:
        DatasetError: naming the file and row, what is wrong with it and the way out.
    """
    source = Path(path)
    files, manifest = _files_of(source)
    digest = hashlib.sha256()
    conversations: list[Conversation] = []
    try:
        for file in files:
            digest.update(hashlib.sha256(file.read_bytes()).digest())
            rows = _jsonl_rows(file) if file.suffix == ".jsonl" else _parquet_rows(file)
            conversations.extend(_conversation(row, place) for place, row in rows)
        manifest_sha256 = hashlib.sha256(manifest.read_bytes()).hexdigest() if manifest else None
    except OSError as exc:
        raise DatasetError(f"cannot read the dataset {source}: {exc}; mend its permissions") from exc
    if not conversations:
        raise DatasetError(f"{source} holds no sft or tool rows; build some with `typhoon-data build --lang th`")
    return Dataset(tuple(conversations), str(source), digest.hexdigest(), manifest_sha256)


def _files_of(source: Path) -> tuple[list[Path], Path | None]:
    if source.is_dir():
        files = [file for split in _SPLITS for file in sorted((source / "data" / split).glob("*.parquet"))]
        if not files:
            raise DatasetError(
                f"{source} holds no data/sft/*.parquet and no data/tool/*.parquet, so it is not a dataset to train on; "
                "make one with `typhoon-data build --lang th`, or give another data.path"
            )
        manifest = source / "manifest.json"
        return files, manifest if manifest.is_file() else None
    if source.is_file() and source.suffix in (".parquet", ".jsonl"):
        return [source], None
    if source.exists():
        raise DatasetError(f"{source} is neither a dataset folder nor a .parquet or .jsonl file")
    raise DatasetError(
        f"there is no dataset at {source}; make one with `typhoon-data build --lang th --out {source}`, "
        "or give another data.path"
    )


def _parquet_rows(file: Path) -> Iterator[tuple[str, dict[str, Any]]]:
    try:
        columns = pl.read_parquet_schema(file)
        if "messages" not in columns:
            raise DatasetError(f"{file} has no column `messages` (it has: {', '.join(columns) or 'none'})")
        frame = pl.read_parquet(file, columns=[name for name in ("id", "messages", "tools") if name in columns])
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
    if not isinstance(row, dict) or "messages" not in row:
        raise DatasetError(f"{place} has no key `messages`; each line needs a list of role and content")
    return row


def _conversation(row: dict[str, Any], place: str) -> Conversation:
    messages = row["messages"]
    if not isinstance(messages, list) or not messages:
        raise DatasetError(f"{place}: `messages` must be a list of role and content, not {messages!r:.60}")
    checked = tuple(_message(message, f"{place}, message {n}") for n, message in enumerate(messages, start=1))
    roles = [message["role"] for message in checked]
    opening = [*roles, "nothing"][roles[0] == "system"]
    if opening != "user":
        raise DatasetError(f"{place}: after an optional system turn a chat begins with user, not {opening}")
    if "assistant" not in roles:
        raise DatasetError(f"{place}: no assistant turn, so there is nothing to learn; remove the row")
    return Conversation(str(row.get("id") or place), checked, _tools(row.get("tools"), place))


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
    if calls:
        content = content or ""  # a call needs no words
    if not isinstance(content, str) or not (calls or content.strip()):
        raise DatasetError(f"{place} ({role}): content must be text, not {content!r:.60}")
    checked: Message = {"role": role, "content": content}
    if calls:
        checked["tool_calls"] = _calls(calls, f"{place} ({role})")
    if role == "tool" and message.get("tool_call_id"):
        checked["tool_call_id"] = message["tool_call_id"]
    return checked


def _calls(given: Any, place: str) -> list[dict[str, Any]]:
    """Calls as the API has them. Arguments may be an object in place of its JSON, as templates take them."""
    try:
        calls = [{**call, "function": {**call["function"]}} for call in given]
        for number, call in enumerate(calls):
            call.setdefault("id", f"call_{number + 1}")
            if not isinstance(call["function"]["arguments"], str):
                call["function"]["arguments"] = json.dumps(call["function"]["arguments"], ensure_ascii=False)
        for call in Said.from_dict({"role": "assistant", "content": "", "tool_calls": calls}).tool_calls:
            arguments_of(call)
    except (KeyError, TypeError, ValueError) as exc:
        raise DatasetError(f"{place}: not a list of tool calls ({exc!s:.120}); mend or remove the row") from exc
    return calls
