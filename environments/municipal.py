"""The shipped corpus: the code of an invented Thai municipality, and questions whose answers have to be read.

150 sections and 200 questions, written for this project, CC0-1.0 (municipal_code/README.md). The questions of the
split `test` are about other sections than those of `train`.

>>> questions = read_questions()
>>> len(municipal_code().sections), len(questions), sum(question.split == "test" for question in questions)
(150, 200, 60)
"""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path

from environments.corpus import Corpus, CorpusError
from environments.question import KINDS, Question
from environments.search_read import shipped_corpus

__all__ = ["KINDS", "Question", "municipal_code", "read_questions"]


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
