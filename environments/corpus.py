"""A corpus: sections of text that tools search and read, from a JSONL file that a user gives.

Each line is an object with `id`, `title` and `text`; other fields are kept as `extra`. What is wrong is told with its
line and field, and nothing is repaired or left out in silence.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

import regex

from datagen.errors import UserError
from datagen.record import canonical_json

__all__ = ["MAX_BYTES", "MAX_ID", "MAX_SECTIONS", "MAX_TEXT", "MAX_TITLE", "Corpus", "CorpusError", "Section"]

MAX_BYTES = 512 << 20
"""Of the file."""
MAX_SECTIONS = 1_000_000
MAX_ID = 120
MAX_TITLE = 500
MAX_TEXT = 200_000
"""Characters of one section: a longer one belongs cut into sections, since `read` shows a model a whole one."""

_CONTROL = regex.compile(r"[\p{Cc}\p{Cs}--[\t\n\r]]", regex.VERSION1)


class CorpusError(UserError):
    """A corpus that cannot be used: the message names the file, the line and the field."""


@dataclass(frozen=True, slots=True)
class Section:
    id: str
    title: str
    text: str
    extra: Mapping[str, Any] = field(default_factory=dict)

    def as_dict(self) -> dict[str, Any]:
        return {"id": self.id, "title": self.title, "text": self.text, **self.extra}


@dataclass(frozen=True)
class Corpus:
    """Sections in the file's order, no two with one id."""

    sections: tuple[Section, ...]

    @classmethod
    def from_file(cls, path: str | Path) -> Corpus:
        """Reads a JSONL file. Raises CorpusError, naming the first line that is wrong."""
        path = Path(path)
        try:
            if (size := path.stat().st_size) > MAX_BYTES:
                raise CorpusError(f"{path}: {size:,} bytes, at most {MAX_BYTES:,}; split the corpus")
            with path.open("rb") as lines:
                return cls.from_lines(lines, str(path))
        except OSError as exc:
            raise CorpusError(f"{path}: cannot be read: {exc.strerror or exc}") from exc

    @classmethod
    def from_lines(cls, lines: Iterable[bytes | str], name: str = "corpus") -> Corpus:
        """The same from lines at hand; `name` stands for the file in errors."""
        sections: list[Section] = []
        first_line: dict[str, int] = {}
        for number, section in _read(lines, name):
            if (before := first_line.setdefault(section.id, number)) != number:
                raise CorpusError(f"{name}, line {number}: id {section.id!r} is line {before}'s; ids must differ")
            sections.append(section)
            if len(sections) > MAX_SECTIONS:
                raise CorpusError(f"{name}, line {number}: more than {MAX_SECTIONS:,} sections; split the corpus")
        if not sections:
            raise CorpusError(f"{name}: holds no section; a line looks like {_EXAMPLE}")
        _refuse_copies(sections, first_line, name)
        return cls(tuple(sections))

    @cached_property
    def by_id(self) -> Mapping[str, Section]:
        return {section.id: section for section in self.sections}

    @cached_property
    def sha256(self) -> str:
        """Of the content: the same whatever the file's name, the order of its keys and its line ends are."""
        lines = "\n".join(canonical_json(section.as_dict()) for section in self.sections)
        return hashlib.sha256(lines.encode()).hexdigest()

    def documents(self) -> list[str]:
        """The sections as plain text documents, title first: the corpus of a closed-book run (InK)."""
        return [f"{section.title}\n\n{section.text}" for section in self.sections]


_EXAMPLE = '{"id": "1", "title": "...", "text": "..."}'


def _read(lines: Iterable[bytes | str], name: str) -> Iterator[tuple[int, Section]]:
    for number, line in enumerate(lines, 1):
        place = f"{name}, line {number}"
        try:
            text = line.decode("utf-8-sig" if number == 1 else "utf-8") if isinstance(line, bytes) else line
        except UnicodeDecodeError as exc:
            raise CorpusError(f"{place}: is not UTF-8 (byte {exc.start + 1}); save the file as UTF-8") from exc
        if not text.strip():
            continue
        try:
            given = json.loads(text)
        except (ValueError, RecursionError) as exc:
            raise CorpusError(f"{place}: is no JSON ({str(exc)[:100]}); a line looks like {_EXAMPLE}") from exc
        if not isinstance(given, dict):
            raise CorpusError(f"{place}: must be an object, not {type(given).__name__}; a line looks like {_EXAMPLE}")
        yield number, _section(given, place)


def _section(given: Mapping[str, Any], place: str) -> Section:
    values = {
        name: _text(given, name, most, place)
        for name, most in (("id", MAX_ID), ("title", MAX_TITLE), ("text", MAX_TEXT))
    }
    if values["id"] != values["id"].strip() or "\n" in values["id"]:
        raise CorpusError(f"{place}: `id` {values['id']!r} has white space around it or line breaks; remove them")
    return Section(**values, extra={key: value for key, value in given.items() if key not in values})


def _text(given: Mapping[str, Any], name: str, most: int, place: str) -> str:
    if name not in given:
        raise CorpusError(f"{place}: has no `{name}`; a line looks like {_EXAMPLE}")
    value = given[name]
    if not isinstance(value, str):
        raise CorpusError(f"{place}: `{name}` must be a text, not {type(value).__name__} ({str(value)[:40]!r})")
    if not value.strip():
        raise CorpusError(f"{place}: `{name}` is empty")
    if len(value) > most:
        raise CorpusError(f"{place}: `{name}` has {len(value):,} characters, at most {most:,}; cut it into sections")
    if found := _CONTROL.search(value):
        raise CorpusError(f"{place}: `{name}` holds the control character U+{ord(found[0]):04X}; remove it")
    return value


def _refuse_copies(sections: Iterable[Section], lines: Mapping[str, int], name: str) -> None:
    """Two sections with one title and one text: whichever `search` shows first would be the only one read."""
    seen: dict[tuple[str, str], str] = {}
    for section in sections:
        if (before := seen.setdefault((section.title, section.text), section.id)) != section.id:
            raise CorpusError(
                f"{name}, line {lines[section.id]}: {section.id!r} has the title and text of {before!r} "
                f"(line {lines[before]}); keep one of them"
            )
