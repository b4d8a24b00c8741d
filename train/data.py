"""Chats from disk: a dataset folder, a .parquet file or a .jsonl file -> checked conversations.

Covers column `messages` (role, content, and in tool rows `tool_calls`, `tool_call_id`) with an optional string `id` and
an optional `tools` (JSON list of function specs); other columns are ignored. Of a dataset folder the wanted splits
are read (`data/sft`, `data/tool`, `data/opd`). A row with `prompt` in place of `messages` has yet to be answered, and
is refused where nobody will. Messages come out as chat templates want them: arguments as objects, not as text.
Everything is held in memory: a million short chats are a few gigabytes, more than that wants streaming.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import polars as pl

from datagen.errors import DatasetError

__all__ = ["ROLES", "Conversation", "Dataset", "Message", "read_dataset"]

ROLES = ("system", "user", "assistant", "tool")

Message = dict[str, Any]

_COLUMNS = ("id", "messages", "prompt", "tools")


@dataclass(frozen=True, slots=True)
class Conversation:
    """One chat: an optional system turn, then turns that begin with the user's; `tools` are the specs on offer.

    `unanswered`: it is a prompt, and what comes next is the assistant's turn.
    """

    id: str
    messages: tuple[Message, ...]
    tools: tuple[dict[str, Any], ...] = ()
    unanswered: bool = False


@dataclass(frozen=True, slots=True)
class Dataset:
    """The chats in file order, and what identifies them: `sha256` over the bytes they were read from."""

    conversations: tuple[Conversation, ...]
    path: str
    sha256: str
    manifest_sha256: str | None


def read_dataset(path: str | Path, splits: Sequence[str] = ("sft",), *, prompts: bool = False) -> Dataset:
    """Read and check every row; `splits` says which folders below `data/`, where `path` is a dataset folder.

    `prompts`: rows without an answer are welcome.

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
            rows = _jsonl_rows(file) if file.suffix == ".jsonl" else _parquet_rows(file)
            conversations.extend(_conversation(row, place, prompts) for place, row in rows)
        manifest_sha256 = hashlib.sha256(manifest.read_bytes()).hexdigest() if manifest else None
    except OSError as exc:
        raise DatasetError(f"cannot read the dataset {source}: {exc}; mend its permissions") from exc
    if not conversations:
        wanted = " or ".join(splits)
        raise DatasetError(f"{source} holds no {wanted} rows; build some with `typhoon-data build --lang th`")
    return Dataset(tuple(conversations), str(source), digest.hexdigest(), manifest_sha256)


def _files_of(source: Path, splits: Sequence[str]) -> tuple[list[Path], Path | None]:
    if source.is_dir():
        files: list[Path] = []
        for split in splits:
            found = sorted((source / "data" / split).glob("*.parquet"))
            if not found:
                raise DatasetError(
                    f"{source} holds no data/{split}/*.parquet, so it is not a dataset to train on; "
                    "make one with `typhoon-data build --lang th`, or give another data.path or data.splits"
                )
            files += found
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
        if "messages" not in columns and "prompt" not in columns:
            raise DatasetError(f"{file} has no column `messages` (it has: {', '.join(columns) or 'none'})")
        frame = pl.read_parquet(file, columns=[name for name in _COLUMNS if name in columns])
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
        raise DatasetError(f"{place} is a prompt without an answer; only opd with rollout.share > 0 can train on it")
    column = "prompt" if unanswered else "messages"
    messages = row.get(column)
    if not isinstance(messages, list) or not messages:
        raise DatasetError(f"{place}: `{column}` must be a list of role and content, not {messages!r:.60}")
    checked = tuple(_message(message, f"{place}, message {n}") for n, message in enumerate(messages, start=1))
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
    """Specs from JSON text (as datasets of this project have them) or from a list."""
    tools = _parsed(given, f"{place}: `tools`") if isinstance(given, str) and given else given or []
    if not isinstance(tools, list) or not all(isinstance(tool, dict) for tool in tools):
        raise DatasetError(f"{place}: `tools` must be a list of function specs, not {tools!r:.60}")
    return tuple(tools)


def _parsed(text: str, place: str) -> Any:
    try:
        return json.loads(text)
    except json.JSONDecodeError as exc:
        raise DatasetError(f"{place} is not JSON ({exc.msg}): {text!r:.60}; mend or remove the row") from exc


def _message(message: Any, place: str) -> Message:
    if not isinstance(message, dict) or message.get("role") not in ROLES:
        raise DatasetError(f"{place}: needs a role out of {', '.join(ROLES)}, not {message!r:.60}")
    role, content, calls = message["role"], message.get("content"), message.get("tool_calls") or []
    if calls and role != "assistant":
        raise DatasetError(f"{place} ({role}): only the assistant calls tools")
    if calls and content is None:
        content = ""
    # A tool may return nothing, and a call needs no words.
    if not isinstance(content, str) or not (content.strip() or calls or role == "tool"):
        raise DatasetError(f"{place} ({role}): content must be text, not {content!r:.60}")
    checked: Message = {"role": role, "content": content}
    if calls:
        checked["tool_calls"] = [_call(call, place) for call in calls]
    if role == "tool" and message.get("tool_call_id"):
        checked["tool_call_id"] = message["tool_call_id"]
    return checked


def _call(call: Any, place: str) -> dict[str, Any]:
    function = call.get("function") if isinstance(call, dict) else None
    if not isinstance(function, dict) or not isinstance(function.get("name"), str):
        raise DatasetError(f"{place}: a tool call needs function.name and function.arguments, not {call!r:.60}")
    arguments = function.get("arguments") or {}
    if isinstance(arguments, str):
        # Templates print arguments with `tojson`, and text would come out quoted twice.
        arguments = _parsed(arguments, f"{place}: the arguments of {function['name']}")
    written = {"type": "function", "function": {"name": function["name"], "arguments": arguments}}
    return {"id": call["id"], **written} if call.get("id") else written
