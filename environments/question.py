"""A question with its answer: what is right in which spellings, of which kind, and what must be read for it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from environments.corpus import CorpusError

__all__ = ["KINDS", "Question"]

KINDS = ("number", "text", "date", "time", "choice")


@dataclass(frozen=True, slots=True)
class Question:
    """`answer`: its shortest form; `accepted`: all spellings that are right; `sections`: ids that must be read for it.

    `options`: of a choice, what can be chosen from; of a text, what it may be confused with (the days of the week).
    """

    id: str
    question: str
    answer: str
    accepted: tuple[str, ...]
    kind: str
    sections: tuple[str, ...]
    split: str
    options: tuple[str, ...] = ()

    @classmethod
    def from_dict(cls, given: Mapping[str, Any], place: str = "question") -> Question:
        """Raises CorpusError, naming `place` and the field."""
        for name in ("id", "question", "answer", "kind"):
            if not isinstance(given.get(name), str) or not given[name]:
                raise CorpusError(f"{place}: `{name}` must be a text (given: {given.get(name)!r})")
        for name in ("accepted", "sections", "options"):
            if not isinstance(listed := given.get(name, []), list) or not all(isinstance(each, str) for each in listed):
                raise CorpusError(f"{place}: `{name}` must be a list of texts (given: {given[name]!r})")
        if given["kind"] not in KINDS:
            raise CorpusError(f"{place}: `kind` {given['kind']!r} is none of {', '.join(KINDS)}")
        return cls(
            id=given["id"],
            question=given["question"],
            answer=given["answer"],
            accepted=tuple(given.get("accepted") or [given["answer"]]),
            kind=given["kind"],
            sections=tuple(given.get("sections", ())),
            split=str(given.get("split", "")),
            options=tuple(given.get("options", ())),
        )

    def as_dict(self) -> dict[str, Any]:
        """As a line of the file."""
        given = asdict(self) | {name: list(getattr(self, name)) for name in ("accepted", "sections", "options")}
        return {name: value for name, value in given.items() if value}
