"""`nitibench_ccl`, `mirage_th`: questions with a reference answer in free text; a judge says whether a reply fits.

Closed book, as in Typhoon-S (arXiv 2601.18129): the question alone, so that the score is of what a model knows. The
judge answers 0 or 1 by a guideline that names the reference; a reply that it could not judge is UNDECIDED. NitiBench's
own scores (coverage, contradiction, citations, with laws given) and MIRAGE-Bench's (pairwise, with passages given) are
others: do not put numbers of these tasks beside them.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import regex

from datagen.record import Message
from eval.errors import TaskDataError
from eval.judging import GUIDELINE, judged_right
from eval.task import About, Item, Judge, Marked, Marks, Metric, SingleTurn, Transcript
from eval.tasks.data_sets import HubData, field_of, rows_of

__all__ = ["NITIBENCH", "JudgedAnswer", "task"]

# Licence and columns by its card, at this revision; of MIRAGE's neither revision nor licence is known here.
NITIBENCH = HubData("VISAI-AI/nitibench", "ccl", "MIT", "537ac203fe7c7a558ea6dd159623e92fd9ebf5f5")
_MIRAGE = HubData("nthakur/mirage-bench-instruct", "train", "see its card", config="th")


@dataclass(frozen=True, slots=True)
class _Set:
    title: str
    data: HubData
    template: str


_SETS: Mapping[str, _Set] = {
    "nitibench_ccl": _Set(
        "NitiBench CCL: Thai corporate and commercial law, closed book",
        NITIBENCH,
        "{question}\n\nตอบตามกฎหมายไทย ให้ข้อสรุปที่ชัดเจน พร้อมเงื่อนไขหรือโทษที่เกี่ยวข้อง",
    ),
    "mirage_th": _Set("MIRAGE-TH: Thai Wikipedia questions with a TyDi QA answer, closed book", _MIRAGE, "{question}"),
}
_QUESTION = regex.compile(r"Question:\s*(.*?)\s*\n+\s*Contexts?:", regex.DOTALL)


class JudgedAnswer(SingleTurn):
    def __init__(self, name: str, data: HubData, file: str | None) -> None:
        self.name, self.data, self.file = name, data, file
        self.about = About(
            name=name,
            title=_SETS[name].title,
            language="th",
            metrics=(
                Metric("right", "the judge finds that it says what the reference says"),
                Metric("replied", "it says anything at all"),
            ),
            source=data.source(file),
            license=data.license,
            template=_SETS[name].template,
            max_tokens=1024,
            n=3729 if name == "nitibench_ccl" else None,
            judge=True,
            judge_template=GUIDELINE.sha256,
        )

    def items(self) -> Sequence[Item]:
        rows = enumerate(rows_of(self.data, self.file))
        found = [item for number, (place, row) in rows for item in self._items(number, place, row)]
        if not found:
            raise TaskDataError(f"{self.data.source(self.file)} holds no question with an answer")
        return found

    async def mark(self, item: Item, transcript: Transcript, judge: Judge | None) -> Marks | Marked:
        reference = item.reference
        right, facts = await judged_right(judge, reference["question"], reference["answer"], transcript.final)
        return Marked({"right": right, "replied": float(bool(transcript.final.strip()))}, facts)

    def _items(self, number: int, place: str, row: Mapping[str, Any]) -> Iterator[Item]:
        """One; none for a row of MIRAGE without an answer."""
        if self.name == "mirage_th":
            question, answer = _of_mirage(place, row)
        else:
            question, answer = field_of(row, "question", place), field_of(row, "answer", place)
        if answer:
            prompt = _SETS[self.name].template.format(question=question.strip())
            reference = {"question": question.strip(), "answer": answer.strip()}
            yield Item(f"{number:05d}", (Message("user", prompt),), reference=reference)


def _of_mirage(place: str, row: Mapping[str, Any]) -> tuple[str, str]:
    """The question stands in the data set's own prompt; any of the answers is right, and there may be none."""
    found = _QUESTION.search(field_of(row, "prompt", place))
    if found is None or not found[1]:
        raise TaskDataError(f"{place}: column 'prompt' holds no `Question: ... Contexts:`")
    given = row.get("tydiqa_answer") or []
    answers = [given] if isinstance(given, str) else [str(each) for each in given]
    return found[1], " หรือ ".join(answer.strip() for answer in answers if answer.strip())


def task(name: str, file: str | None = None, hub: str | None = None, revision: str | None = None) -> JudgedAnswer:
    """`file`: a JSONL copy with the data set's own columns; `hub`, `revision`: another copy on the Hub."""
    return JudgedAnswer(name, _SETS[name].data.at(hub, revision), file)
