"""`thai_if_held_out`: Thai requests with one to three constraints of types that training rows must not carry.

The types are those of `recipes/held_out_th.yaml`, whose builds keep them out of every training split; the shipped
sample draws none of them either. Checked by the constraints package, so what it cannot judge is UNDECIDED. Judges
nothing but the constraints: a nonsense answer that keeps them all passes, as in IFEval.
"""

from __future__ import annotations

from collections.abc import Sequence

from constraints import Verdict, build
from constraints.answer import Answer
from datagen.record import Message
from eval.task import About, Ask, Item, Judge, Marks, Metric, Transcript
from eval.tasks.data_sets import shipped_rows
from eval.tasks.following import all_followed, share_followed, told

__all__ = ["HeldOutConstraints", "task"]


class HeldOutConstraints:
    about = About(
        name="thai_if_held_out",
        title="Thai instruction following, constraint types kept out of training",
        language="th",
        metrics=(
            Metric("all_followed", "every constraint of the prompt is kept"),
            Metric("followed", "share of constraints kept, each with one vote", kind="weighted"),
        ),
        source="shipped",
        license="CC0-1.0",
        max_tokens=768,
        n=106,
    )

    def items(self) -> Sequence[Item]:
        return [
            Item(
                row["id"],
                (Message("user", row["prompt"]),),
                reference={"constraints": row["constraints"]},
                weight=len(row["constraints"]),
            )
            for _, row in shipped_rows("thai_if_held_out.jsonl")
        ]

    async def converse(self, item: Item, ask: Ask) -> Transcript:
        answer = await ask(item.messages)
        ids = [each["id"] for each in item.reference["constraints"]]
        facts = {"verdicts": told(ids, _verdicts(item, answer.content))}
        return Transcript((Message("assistant", answer.content),), (answer,), facts)

    async def mark(self, item: Item, transcript: Transcript, judge: Judge | None) -> Marks:
        verdicts = _verdicts(item, transcript.final)
        return {"all_followed": all_followed(verdicts), "followed": share_followed(verdicts)}


def _verdicts(item: Item, text: str) -> list[Verdict]:
    answer = Answer(text)
    return [build(each["id"], each["params"]).check(answer) for each in item.reference["constraints"]]


def task(name: str) -> HeldOutConstraints:
    return HeldOutConstraints()
