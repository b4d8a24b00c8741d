"""How far one search gets on the questions of the shipped municipal code: BM25 with the question itself as the query.

    python benchmarks/municipal_search.py [--misses]

Of each split: the share of questions whose first section (`first`), and all of whose sections (`all`), are among the
first 1, 5 and 10 hits; how many need two sections; and for how many the answer shows in a title or snippet (none may).
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Sequence

import regex

from constraints.text import arabic_digits
from environments.municipal import Question, municipal_code, read_questions
from environments.search_read import SearchRead, snippet

_DEPTHS = (1, 5, 10)


def main() -> None:
    parser = argparse.ArgumentParser(description="Recall of one search on the municipal code.")
    parser.add_argument(
        "--misses", action="store_true", help="list questions whose first section is not in the first 5"
    )
    options = parser.parse_args()
    environment = SearchRead()
    questions = read_questions()
    found = {
        question.id: [hit.section.id for hit in environment.index.search(question.question, max(_DEPTHS))]
        for question in questions
    }
    if options.misses:
        for question in questions:
            if question.sections[0] not in found[question.id][:5]:
                print(question.id, question.question, question.sections, found[question.id][:5])
    splits = {"train", "test"}
    result = {
        name: _measured([question for question in questions if question.split in chosen], found)
        for name, chosen in (("all", splits), ("train", {"train"}), ("test", {"test"}))
    }
    print(json.dumps({"corpus": municipal_code().sha256[:16], **result}, indent=2))


def _measured(questions: Sequence[Question], found: dict[str, list[str]]) -> dict[str, float]:
    measured: dict[str, float] = {"questions": len(questions)}
    for depth in _DEPTHS:
        first = sum(each.sections[0] in found[each.id][:depth] for each in questions)
        whole = sum(set(each.sections) <= set(found[each.id][:depth]) for each in questions)
        measured[f"first_at_{depth}"] = round(first / len(questions), 3)
        measured[f"all_at_{depth}"] = round(whole / len(questions), 3)
    measured["two_sections"] = sum(len(each.sections) > 1 for each in questions)
    measured["answer_shown"] = sum(_shown(each, found[each.id]) for each in questions)
    return measured


def _shown(question: Question, ids: Sequence[str]) -> bool:
    sections = [municipal_code().by_id[number] for number in (*ids, *question.sections)]
    shown = "\n".join(_squeezed(section.title + snippet(section)) for section in sections)
    return any(_squeezed(spelling) in shown for spelling in question.accepted if not spelling.isdecimal())


def _squeezed(text: str) -> str:
    return regex.sub(r"\s", "", arabic_digits(text))


if __name__ == "__main__":
    main()
