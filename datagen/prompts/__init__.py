"""Where prompts come from: the bundled Thai set, or the user's own JSONL files.

A line holds `prompt` (required) and optionally `id`, `level`, `keywords`, `avoid`, `license`,
`source`. Every malformed
line is an error naming file and line: a build on half a file would look complete. Licences travel with rows.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path
from typing import Any

from constraints import types
from datagen.errors import PromptFileError

__all__ = ["BUNDLED_LICENSE", "Prompt", "bundled_path", "read_prompts"]

BUNDLED_LICENSE = "CC0-1.0"
_KNOWN_KEYS = {"id", "prompt", "level", "keywords", "avoid", "license", "source", "topic", "lang"}


@dataclass(frozen=True, slots=True)
class Prompt:
    """One prompt. `keywords`: words a good answer would use; `avoid`: constraint ids or families that misfit.

    `level`: 1 for a prompt that holds all its answer needs, 2 for an open one; lower levels are used first.
    """

    id: str
    text: str
    source: str
    license: str
    keywords: tuple[str, ...] = ()
    avoid: tuple[str, ...] = ()
    level: int = 1


def bundled_path(lang: str) -> Path:
    return Path(str(files("datagen.prompts").joinpath(f"{lang}.jsonl")))


def read_prompts(lang: str, paths: list[str]) -> list[Prompt]:
    """All prompts of the given files (none given: the bundled ones for `lang`), in file order.

    Raises:
        PromptFileError: unreadable file, malformed line (file and line named), two prompts of one id, no prompts.
    """
    if not paths:
        return list(_read(bundled_path(lang), f"typhoon-data-prompts-{lang}", BUNDLED_LICENSE))
    prompts: list[Prompt] = []
    seen: dict[str, str] = {}
    for name in paths:
        for prompt in _read(Path(name), Path(name).stem, "unknown"):
            if prompt.id in seen:
                raise PromptFileError(
                    f"{name}: the prompt id {prompt.id!r} is also in {seen[prompt.id]}; ids must differ"
                )
            seen[prompt.id] = name
            prompts.append(prompt)
    return prompts


def _read(path: Path, source: str, license_name: str) -> Iterator[Prompt]:
    try:
        lines = path.read_text(encoding="utf-8-sig").split("\n")
    except (OSError, UnicodeDecodeError) as exc:
        raise PromptFileError(f"cannot read the prompt file {path}: {exc}; give a UTF-8 JSONL file") from exc
    empty = True
    for number, line in enumerate(lines, 1):
        if line.strip():
            empty = False
            yield _parse(line, f"{path}:{number}", f"{path.stem}-{number:05d}", source, license_name)
    if empty:
        raise PromptFileError(f'{path} holds no prompts; each line should be like {{"prompt": "..."}}')


def _parse(line: str, place: str, default_id: str, source: str, license_name: str) -> Prompt:
    try:
        entry = json.loads(line)
    except json.JSONDecodeError as exc:
        raise PromptFileError(f"{place}: not valid JSON ({exc.msg} at column {exc.colno})") from exc
    if not isinstance(entry, dict):
        raise PromptFileError(f'{place}: a line must be an object like {{"prompt": "..."}}, not {type(entry).__name__}')
    unknown = sorted(set(entry) - _KNOWN_KEYS)
    if unknown:
        raise PromptFileError(f"{place}: unknown key {unknown[0]!r}; known keys: {', '.join(sorted(_KNOWN_KEYS))}")
    text = entry.get("prompt")
    if not isinstance(text, str) or not text.strip():
        raise PromptFileError(f"{place}: 'prompt' must be a text that is not empty (given: {text!r})")
    return Prompt(
        id=_text(entry, "id", default_id, place),
        text=text.strip(),
        source=_text(entry, "source", source, place),
        license=_text(entry, "license", license_name, place),
        keywords=_texts(entry, "keywords", place),
        avoid=_known_constraints(_texts(entry, "avoid", place), place),
        level=_level(entry, place),
    )


def _text(entry: Mapping[str, Any], key: str, default: str, place: str) -> str:
    value = entry.get(key, default)
    if not isinstance(value, str) or not value:
        raise PromptFileError(f"{place}: {key!r} must be a text that is not empty (given: {value!r})")
    return value


def _texts(entry: Mapping[str, Any], key: str, place: str) -> tuple[str, ...]:
    value = entry.get(key, [])
    if not isinstance(value, list) or not all(isinstance(item, str) and item for item in value):
        raise PromptFileError(f"{place}: {key!r} must be a list of texts (given: {value!r})")
    return tuple(value)


def _level(entry: Mapping[str, Any], place: str) -> int:
    value = entry.get("level", 1)
    if not isinstance(value, int) or isinstance(value, bool) or not 1 <= value <= 9:
        raise PromptFileError(f"{place}: 'level' must be a whole number from 1 to 9 (given: {value!r})")
    return value


def _known_constraints(names: tuple[str, ...], place: str) -> tuple[str, ...]:
    known = set(types()) | {constraint.family for constraint in types().values()}
    for name in names:
        if name not in known:
            raise PromptFileError(f"{place}: 'avoid' names {name!r}, which is no constraint type or family")
    return names
