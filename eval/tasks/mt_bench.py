"""`mt_bench`, `mt_bench_th`: open questions in two turns, each answer rated 1 to 10 by a judge (Zheng et al. 2023).

Single-answer grading: the judge sees one answer with the conversation before it, and the reference where the data set
has one (mathematics, coding and reasoning in English; more in Thai). `score` is the mean of a question's two ratings,
with a score for each category beside it. A rating that the judge fails to give is UNDECIDED; an answer without a word
is 1. Guidelines are our own words and the reply's form is checked, so that ratings are not those of FastChat's prompts;
answers are asked for with the recipe's sampling, where FastChat takes another temperature in each category.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from datagen.record import Message
from eval.errors import TaskDataError
from eval.task import About, Ask, Item, Judge, Marked, Metric, Transcript
from eval.tasks.data_sets import HubData, field_of, rows_of
from judges.fence import Part
from judges.guideline import Guideline, Scale
from judges.judge import Judge as Judging
from judges.verdict import Judgement

__all__ = ["GUIDELINES", "MtBench", "task"]

_SCALE = Scale(1, 10)
_RATE = (
    "Rate how well `answer` serves the person who asked `question`, the earlier turns (question-1, reply-1) being what "
    "was said before it. Look at whether it is correct, does what was asked in every part, stays with the "
    "conversation, is in the language that was asked in or for, is as deep and as inventive as the question wants, and "
    "no longer than it needs. Length, style and certainty are no merit of their own.\n"
    "10: nothing could be better. 7 or 8: good with small lapses. 5: half of what was asked, or a serious lapse. "
    "3: hardly of use. 1: wrong, empty, about something else, or in a language that nobody asked for."
)
GUIDELINES: Mapping[str, Guideline] = {
    "open": Guideline(_RATE, _SCALE),
    "reference": Guideline(
        f"{_RATE}\n`reference` is a right answer. Compare it with what `answer` concludes: another conclusion is "
        "at most 3, however well it is told; another way to the same conclusion is no fault.",
        _SCALE,
    ),
}


@dataclass(frozen=True, slots=True)
class _Set:
    title: str
    language: str
    data: HubData
    turns: str
    id: str
    categories: tuple[str, ...]
    n: int


# Licences, columns and categories by the cards; the revision of the Thai set is not known here.
_SETS: Mapping[str, _Set] = {
    "mt_bench": _Set(
        "MT-Bench (Zheng et al. 2023), two turns, rated by a judge",
        "en",
        HubData("HuggingFaceH4/mt_bench_prompts", "train", "Apache-2.0", "e3a795c5e9a82ee40611c416b8a7786c73198991"),
        "prompt",
        "prompt_id",
        ("writing", "roleplay", "reasoning", "math", "coding", "extraction", "stem", "humanities"),
        80,
    ),
    "mt_bench_th": _Set(
        "MT-Bench Thai (VISTEC), two turns, rated by a judge",
        "th",
        HubData("ThaiLLM-Leaderboard/mt-bench-thai", "train", "Apache-2.0"),
        "turns",
        "question_id",
        (
            *("writing", "roleplay", "extraction", "reasoning", "math", "coding", "stem", "social_science"),
            "knowledge_iii",
        ),
        91,
    ),
}
_THOUGHT = "</think>"


class MtBench:
    def __init__(self, name: str, data: HubData, file: str | None) -> None:
        self.kind, self.data, self.file = _SETS[name], data, file
        self.about = About(
            name=name,
            title=self.kind.title,
            language=self.kind.language,
            metrics=(
                _rating("score", "mean rating of the two answers, 1 to 10"),
                _rating("turn_1", "rating of the first answer"),
                _rating("turn_2", "rating of the second answer"),
                *(_rating(group, "`score` of this category", group) for group in self.kind.categories),
            ),
            source=data.source(file),
            license=data.license,
            template="",
            max_tokens=2048,
            n=self.kind.n,
            judge=True,
            judge_template="".join(guideline.sha256 for guideline in GUIDELINES.values()),
        )

    def items(self) -> Sequence[Item]:
        found: dict[str, Item] = {}
        for place, row in rows_of(self.data, self.file):
            item = self._item(place, row)
            if item.id in found:
                raise TaskDataError(f"{place}: the {self.kind.id} {item.id!r} was there before")
            found[item.id] = item
        return list(found.values())

    async def converse(self, item: Item, ask: Ask) -> Transcript:
        first = await ask(item.messages)
        if first.failed:
            return Transcript((Message("assistant", first.content),), (first,))
        # What a model thought is no part of the conversation, and chat templates drop it as well.
        said = (Message("assistant", _reply(first.content)), Message("user", item.reference["second"]))
        second = await ask((*item.messages, *said))
        return Transcript((*said, Message("assistant", second.content)), (first, second))

    async def mark(self, item: Item, transcript: Transcript, judge: Judge | None) -> Marked:
        replies = [_reply(answer.content) for answer in transcript.answers]
        ratings = [await self._rated(item, replies, turn, judge) for turn in (0, 1)]
        scores = [rating.score for rating in ratings]
        decided = [score for score in scores if score is not None]
        mean = sum(decided) / 2 if len(decided) == 2 else None
        told = [{key: value for key, value in asdict(rating).items() if value not in ("", None)} for rating in ratings]
        marks = {"score": mean, "turn_1": scores[0], "turn_2": scores[1], item.group: mean}
        return Marked(marks, {"category": item.group, "judge": told})

    async def _rated(self, item: Item, replies: Sequence[str], turn: int, judge: Judge | None) -> Judgement:
        if not replies[turn]:
            return Judgement(float(_SCALE.lowest), reason="no answer")
        assert judge is not None, "the harness runs no task without the judge it needs"
        questions = [item.messages[0].content, item.reference["second"]]
        reference = item.reference["references"][turn]
        before = [Part("question-1", questions[0]), Part("reply-1", replies[0])] if turn else []
        shown = [Part("reference", reference)] if reference else []
        parts = [*before, Part("question", questions[turn]), *shown, Part("answer", replies[turn])]
        return await Judging(judge, GUIDELINES["reference" if reference else "open"]).judge(parts)

    def _item(self, place: str, row: Mapping[str, Any]) -> Item:
        kind = self.kind
        turns = list(field_of(row, kind.turns, place, (list, tuple)))
        if len(turns) != 2 or not all(isinstance(turn, str) and turn.strip() for turn in turns):
            raise TaskDataError(f"{place}: column {kind.turns!r} must hold two questions")
        group = field_of(row, "category", place).strip().lower().replace(" ", "_")
        if group not in kind.categories:
            raise TaskDataError(f"{place}: the category {group!r} is none of {', '.join(kind.categories)}")
        references = [str(each or "").strip() for each in row.get("reference") or ()]
        return Item(
            f"{field_of(row, kind.id, place, (int, str))}",
            (Message("user", turns[0]),),
            reference={"second": turns[1], "references": [*references, "", ""][:2]},
            group=group,
        )


def _rating(name: str, about: str, group: str = "") -> Metric:
    return Metric(name, about, "mean", float(_SCALE.lowest), float(_SCALE.highest), group)


def _reply(content: str) -> str:
    return content.rpartition(_THOUGHT)[2].strip()


def task(name: str, file: str | None = None, hub: str | None = None, revision: str | None = None) -> MtBench:
    """`file`: a JSONL copy with the data set's own columns; `hub`, `revision`: another copy on the Hub."""
    return MtBench(name, _SETS[name].data.at(hub, revision), file)
