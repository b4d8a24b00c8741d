"""`math500`, `math500_th`: competition problems with one final answer, compared as mathematics by math-verify.

No examples; the answer is asked for in a box. What is right is told by `rewards.maths_check`: several boxes, fractions,
units and Thai digits are its business. An answer without a box counts where its last expression is the answer, as in
other harnesses; `boxed` tells how often the box was there. A comparison that takes too long is UNDECIDED.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from datagen.record import Message
from eval.task import About, Item, Judge, Marks, Metric, SingleTurn, Transcript
from eval.tasks.data_sets import HubData, field_of, rows_of
from rewards.maths_check import require_math_verify, shared_check

__all__ = ["Maths", "task"]

_TEMPLATES = {
    "math500": "{problem}\n\nReason step by step, and put your final answer within \\boxed{{}}.",
    "math500_th": "{problem}\n\nแสดงวิธีคิดทีละขั้น แล้วใส่คำตอบสุดท้ายไว้ใน \\boxed{{}}",
}
# MATH-500's revision as public evaluations pin it; that of the Thai translation is not known, nor a card's licence.
_DATA = {
    "math500": HubData("HuggingFaceH4/MATH-500", "test", "see its card", "6e4ed1a2a79af7d8630a6b768ec859cb5af4d3be"),
    "math500_th": HubData("iapp/math-500-th", "test", "see its card"),
}
_TITLES = {
    "math500": "MATH500: competition mathematics (Hendrycks et al. 2021, Lightman et al. 2023)",
    "math500_th": "MATH500 in Thai (translation by iApp)",
}
_THOUGHT = "</think>"


class Maths(SingleTurn):
    def __init__(self, name: str, data: HubData, file: str | None) -> None:
        self.name, self.data, self.file = name, data, file
        self.about = About(
            name=name,
            title=_TITLES[name],
            language="th" if name.endswith("_th") else "en",
            metrics=(
                Metric("right", "the final answer equals the reference, compared as mathematics"),
                Metric("boxed", "a final answer stands in a box, right or wrong"),
            ),
            source=data.source(file),
            license=data.license,
            template=_TEMPLATES[name],
            max_tokens=4096,
            n=500,
        )

    def items(self) -> Sequence[Item]:
        require_math_verify()
        rows = rows_of(self.data, self.file)
        return [self._item(number, place, row) for number, (place, row) in enumerate(rows)]

    async def mark(self, item: Item, transcript: Transcript, judge: Judge | None) -> Marks:
        said = transcript.final.rpartition(_THOUGHT)[2]
        boxed = float("\\boxed{" in said or "\\fbox{" in said)
        if not said.strip():
            return {"right": 0.0, "boxed": 0.0}
        found = await shared_check().find(item.reference["answer"], said)
        return {"right": None if found is None else float(found == "equal"), "boxed": boxed}

    def _item(self, number: int, place: str, row: Mapping[str, Any]) -> Item:
        prompt = _TEMPLATES[self.name].format(problem=field_of(row, "problem", place).strip())
        reference = {"answer": str(field_of(row, "answer", place, (str, int, float)))}
        return Item(
            f"{number:05d}", (Message("user", prompt),), reference=reference, group=str(row.get("subject") or "")
        )


def task(name: str, file: str | None = None, hub: str | None = None, revision: str | None = None) -> Maths:
    """`file`: a JSONL copy with problem and answer; `hub`, `revision`: another copy on the Hub."""
    return Maths(name, _DATA[name].at(hub, revision), file)
