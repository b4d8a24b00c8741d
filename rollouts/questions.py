"""Questions for an environment as prompts: the user's turn, the system message and the tools are the environment's own.

A line of the .jsonl is an object with a text `id` and whatever the environment and the rewards need of it; of the
shipped environment, `question`. All of it is the row that rewards see.
"""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

from datagen.errors import DatasetError
from datagen.record import canonical_json
from environments.workers import EnvironmentFailure, EnvironmentPool
from models.chat_dataset import Dataset
from models.conversation import Conversation, Message
from rollouts.agentic import environment_pool
from rollouts.environment_config import EnvironmentSection

__all__ = ["question_dataset"]

_SHIPPED = "municipal_code"


def question_dataset(path: str, section: EnvironmentSection) -> Dataset:
    """Every question as a prompt, in file order. The dataset's hash is over questions, prompts, tools and corpus.

    Raises:
        DatasetError: naming the line and what is wrong with it, or the split that has no question.
        EnvironmentFailure: the environment cannot be loaded.
    """
    rows = _shipped(section.split) if path == _SHIPPED else _rows(Path(path), section.split)
    if not rows:
        raise DatasetError(f"{path} has no question" + (f" of the split {section.split!r}" if section.split else ""))
    with environment_pool(section, workers=1) as pool:
        conversations = tuple(_conversation(row, place, pool) for place, row in rows)
        told = canonical_json([pool.system, pool.tools, [said.messages[-1]["content"] for said in conversations]])
    digest = hashlib.sha256(canonical_json([row for _, row in rows]).encode())
    digest.update(told.encode())
    digest.update(_corpus_bytes(section))
    return Dataset(conversations, path, digest.hexdigest(), None)


def _shipped(split: str | None) -> list[tuple[str, dict[str, Any]]]:
    from environments.municipal import read_questions  # needs the extra `environments`, which other runs do without

    return [(f"question {each.id}", each.as_dict()) for each in read_questions(split=split or "")]


def _rows(path: Path, split: str | None) -> list[tuple[str, dict[str, Any]]]:
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as exc:
        raise DatasetError(
            f"cannot read the questions {path}: {exc}; data.path is a .jsonl of questions, or {_SHIPPED}"
        ) from exc
    rows: list[tuple[str, dict[str, Any]]] = []
    for number, line in enumerate(lines, start=1):
        place = f"{path}:{number}"
        if not line.strip():
            continue
        try:
            row = json.loads(line)
        except json.JSONDecodeError as exc:
            raise DatasetError(f"{place} is not JSON ({exc.msg}); mend or remove the line") from exc
        if not isinstance(row, dict) or not isinstance(row.get("id"), str) or not row["id"]:
            raise DatasetError(f"{place} must be an object with a text `id`, not {line.strip()!r:.60}")
        if split is None or row.get("split") == split:
            rows.append((place, row))
    return rows


def _conversation(row: dict[str, Any], place: str, pool: EnvironmentPool) -> Conversation:
    try:
        with pool.episode(row) as episode:
            asked = episode.prompt
    except EnvironmentFailure as exc:
        raise DatasetError(f"{place}: the environment refuses the question ({exc}); mend or remove the line") from exc
    if not asked.strip():
        raise DatasetError(f"{place}: the environment makes an empty prompt of the question; mend or remove the line")
    system: list[Message] = [{"role": "system", "content": pool.system}] if pool.system else []
    messages = (*system, {"role": "user", "content": asked})
    return Conversation(row["id"], messages, tuple(pool.tools), unanswered=True, row=row)


def _corpus_bytes(section: EnvironmentSection) -> bytes:
    """The hash of the corpus that the settings name: answers that a changed corpus gives belong to another run."""
    if section.name != "search_read":
        named = section.settings.get("corpus")
        path = Path(named) if isinstance(named, str) else None
    else:
        from environments.search_read import shipped_corpus

        named = section.settings.get("corpus", _SHIPPED)
        path = shipped_corpus() if named == _SHIPPED else Path(str(named))
    return hashlib.sha256(path.read_bytes()).digest() if path is not None and path.is_file() else b""
