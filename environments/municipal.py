"""The shipped corpus: the code of an invented Thai municipality, and questions whose answers have to be read.

150 sections and 200 questions, written for this project, CC0-1.0 (municipal_code/README.md). The questions of the
split `test` are about other sections than those of `train`.

>>> questions = read_questions()
>>> len(municipal_code().sections), len(questions), sum(question.split == "test" for question in questions)
(150, 200, 60)
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from functools import cache
from pathlib import Path
from typing import Any

from environments.corpus import Corpus, CorpusError
from environments.search_read import shipped_corpus

__all__ = ["KINDS", "Question", "municipal_code", "read_questions"]

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


@cache
def municipal_code() -> Corpus:
    """The 150 sections."""
    return Corpus.from_file(shipped_corpus())


def read_questions(path: str | Path | None = None, split: str = "") -> list[Question]:
    """The shipped questions, or those of a JSONL file; of one split where it is named. Raises CorpusError."""
    path = Path(path) if path is not None else shipped_corpus().with_name("questions.jsonl")
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as exc:
        raise CorpusError(f"{path}: cannot be read: {exc}") from exc
    questions = []
    for number, line in enumerate(lines, 1):
        place = f"{path}, line {number}"
        try:
            given = json.loads(line)
        except ValueError as exc:
            raise CorpusError(f"{place}: is no JSON ({str(exc)[:100]})") from exc
        if not isinstance(given, dict):
            raise CorpusError(f"{place}: must be an object, not {type(given).__name__}")
        questions.append(Question.from_dict(given, place))
    return [question for question in questions if not split or question.split == split]
