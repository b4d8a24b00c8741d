"""`thai_exam`, `mmlu_prox_th`, `openthaieval`: questions with one right option, no examples, answers in free text.

The letter is read from the answer however it is written (environments/choices.py). Where an answer names several
letters and does not say which is meant, or none, it is wrong; that is told apart in `answered`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import regex

from constraints.text import arabic_digits
from datagen.record import Message
from environments.choices import LETTERS, THAI_LETTERS, chosen, letter_of
from eval.errors import TaskDataError
from eval.task import About, Item, Judge, Marks, Metric, SingleTurn, Transcript
from eval.tasks.data_sets import HubData, Row, field_of, rows_of

__all__ = ["MultipleChoice", "task"]

TEMPLATE = "{question}\n\n{options}\n\nเลือกคำตอบที่ถูกที่สุดข้อเดียว และจบด้วยบรรทัด คำตอบ: ตามด้วยตัวอักษรของข้อ"

NUMBERED = "{question}\n\n{options}\n\nเลือกคำตอบที่ถูกที่สุดข้อเดียว และจบด้วยบรรทัด คำตอบ: ตามด้วยหมายเลขของข้อในวงเล็บ"
"""OpenThaiEval's options stand in one text, numbered (1), (2), ..."""

_PADDING = ("", "N/A")
_EXAMS = ("a_level", "ic", "onet", "tgat", "tpat1")
# Revisions and columns as public code has them.
_THAI_EXAM = HubData("scb10x/thai_exam", "test", "Apache-2.0", "a9a9d20a921868ec33aae812b6d0f9437a92a604")
_MMLU = HubData("li-lab/MMLU-ProX", "test", "see its card", "8e6106a6c6ce1c5027e66cc338143cf997b2aa09", "th")
# Its loading script is not run, its file is read; revision and licence are not known here.
_OPEN_THAI_EVAL = HubData("iapp/openthaieval", "test", "see its card", files=("data/test.parquet",))
_DATA = {"thai_exam": _THAI_EXAM, "mmlu_prox_th": _MMLU, "openthaieval": _OPEN_THAI_EVAL}
_TITLES = {
    "thai_exam": "ThaiExam: O-NET, A-Level, TGAT, TPAT-1, IC",
    "mmlu_prox_th": "MMLU-ProX in Thai, 10 options",
    "openthaieval": "OpenThaiEval: 17 Thai exams and benchmarks with options",
}

_OPTION = regex.compile(rf"\(([1-9{LETTERS}{LETTERS.lower()}{THAI_LETTERS}])\)")


class MultipleChoice(SingleTurn):
    def __init__(self, name: str, data: HubData, file: str | None) -> None:
        self.name, self.data, self.file = name, data, file
        self.about = About(
            name=name,
            title=_TITLES[name],
            language="th",
            metrics=(
                Metric("right", "chooses the right option"),
                Metric("answered", "chooses an option at all, right or wrong"),
            ),
            source=data.source(file),
            license=data.license,
            template=NUMBERED if name == "openthaieval" else TEMPLATE,
            max_tokens=1024,
            n={"thai_exam": 565, "openthaieval": 1232}.get(name),
        )

    def items(self) -> Sequence[Item]:
        rows = enumerate(self._rows())
        if self.name != "openthaieval":
            return [self._item(number, place, row) for number, (place, row) in rows]
        return [
            _numbered(number, place, row) for number, (place, row) in rows if row.get("isMultipleChoice") is not False
        ]

    async def mark(self, item: Item, transcript: Transcript, judge: Judge | None) -> Marks:
        letter = chosen(transcript.final, item.reference["options"])
        return {"right": float(letter == item.reference["letter"]), "answered": float(letter is not None)}

    def _rows(self) -> Iterator[Row]:
        if self.name == "thai_exam" and self.file is None and self.data.config is None:
            for exam in _EXAMS:
                data = HubData(self.data.hub, self.data.split, self.data.license, self.data.revision, exam)
                yield from rows_of(data, None)
        else:
            yield from rows_of(self.data, self.file)

    def _item(self, number: int, place: str, row: Mapping[str, Any]) -> Item:
        question = field_of(row, "question", place)
        names = "abcde" if self.name == "thai_exam" else [f"option_{n}" for n in range(len(LETTERS))]
        options = ["" if row.get(name) is None else str(row[name]).strip() for name in names]
        while options and options[-1] in _PADDING:
            options.pop()
        letter = field_of(row, "answer", place).strip().upper()
        if letter not in LETTERS[: len(options)] or len(letter) != 1:
            raise TaskDataError(f"{place}: the answer {letter!r} is none of its {len(options)} options")
        listed = "\n".join(f"{LETTERS[n]}. {option}" for n, option in enumerate(options))
        prompt = TEMPLATE.format(question=question.strip(), options=listed)
        return Item(
            f"{number:05d}",
            (Message("user", prompt),),
            reference={"letter": letter, "options": len(options)},
            group=str(row.get("category") or row.get("subject") or ""),
        )


def _numbered(number: int, place: str, row: Mapping[str, Any]) -> Item:
    """Of OpenThaiEval: `instruction`, the options in one text in `input`, the right one as "(2)" in `result`."""
    options = arabic_digits(str(row.get("input") or "")).strip()
    question = field_of(row, "instruction", place).strip()
    told = _OPTION.search(arabic_digits(field_of(row, "result", place)))
    signs = _OPTION.findall(options or question)
    if told is None or told[1] not in signs:
        raise TaskDataError(
            f"{place}: column 'result' names none of the options ({', '.join(signs) or 'there are none'})"
        )
    places = [letter_of(sign, len(LETTERS)) for sign in signs]
    most = max(LETTERS.index(letter) for letter in places if letter) + 1
    prompt = NUMBERED.format(question=question, options=options).replace("\n\n\n\n", "\n\n")
    reference = {"letter": letter_of(told[1], most), "options": most}
    return Item(f"{number:05d}", (Message("user", prompt),), reference=reference)


def task(name: str, file: str | None = None, hub: str | None = None, revision: str | None = None) -> MultipleChoice:
    """`file`: a JSONL copy with the data set's own columns; `hub`, `revision`: another copy on the Hub."""
    return MultipleChoice(name, _DATA[name].at(hub, revision), file)
