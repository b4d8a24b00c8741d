"""`ifeval`, `ifeval_th`, `ifbench`: public instruction-following sets, by their official ids and kwargs.

Scored by `constraints.compat` (docs/constraints/compatibility.md): official verdicts on English responses, but where
the official code is known to be wrong; `benchmarks/official_ifeval.py` compares them with that code item by item. For
IFEval-TH there are two scores side by side: `official_...` reads a Thai response by the rules for English, as the
official code does; `thai_...` by words and letters as they are in Thai, UNDECIDED where the instruction has no meaning
there. Prompt level: all instructions of a prompt. Instruction level: one instruction, one vote.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from constraints import BadParameters, Constraint, UnknownConstraint, Verdict
from constraints.answer import Answer
from constraints.compat import OfficialConstraint, official
from datagen.record import Message
from eval.errors import TaskDataError
from eval.task import About, Ask, Item, Judge, Marks, Metric, Transcript
from eval.tasks.data_sets import HubData, field_of, rows_of
from eval.tasks.following import all_followed, share_followed, told

__all__ = ["FollowInstructions", "task"]


@dataclass(frozen=True, slots=True)
class _Set:
    title: str
    language: str
    data: HubData
    modes: tuple[str, ...]
    n: int | None = None


# Revisions as other public evaluations pin them; that of IFEval-TH is not known here. Licences where a card was read.
_SETS: Mapping[str, _Set] = {
    "ifeval": _Set(
        "IFEval (Zhou et al. 2023), 541 prompts",
        "en",
        HubData("google/IFEval", "train", "Apache-2.0", "966cd89545d6b6acfd7638bc708b98261ca58e84"),
        ("official",),
        541,
    ),
    "ifeval_th": _Set(
        "IFEval-TH (SCB 10X), 215 prompts",
        "th",
        HubData("scb10x/ifeval-th", "train", "see its card"),
        ("thai", "official"),
        215,
    ),
    "ifbench": _Set(
        "IFBench (Pyatkin et al. 2025)",
        "en",
        HubData("allenai/IFBench_test", "train", "see its card", "2e8a48de45ff3bf41242f927254ca81b59ca3ae2"),
        ("official",),
    ),
}
_MODES = {
    "official": "read by the rules for English, as the official code reads it",
    "thai": "Thai-aware: words and letters as they are in Thai",
}
_STRICTNESS = {"strict": "as written", "loose": "or without first line, last line or asterisks"}


class FollowInstructions:
    def __init__(self, name: str, data: HubData, file: str | None) -> None:
        self.data, self.file, self.modes = data, file, _SETS[name].modes
        self.about = _about(name, data, file)

    def items(self) -> Sequence[Item]:
        found: dict[str, Item] = {}
        for number, (place, row) in enumerate(rows_of(self.data, self.file)):
            item = _item(place, number, row)
            if item.id in found:
                raise TaskDataError(f"{place}: the key {item.id!r} was there before")
            found[item.id] = item
        return list(found.values())

    async def converse(self, item: Item, ask: Ask) -> Transcript:
        answer = await ask(item.messages)
        instructions = _instructions(item.reference["instructions"])
        ids = [one.id for one in instructions]
        said = Answer(answer.content)
        facts = {
            _named(mode, "verdicts", strictness): told(ids, _verdicts(instructions, said, mode, strictness == "loose"))
            for mode in self.modes
            for strictness in _STRICTNESS
        }
        return Transcript((Message("assistant", answer.content),), (answer,), facts)

    async def mark(self, item: Item, transcript: Transcript, judge: Judge | None) -> Marks:
        instructions, said = _instructions(item.reference["instructions"]), Answer(transcript.final)
        marks: dict[str, float | None] = {}
        for mode in self.modes:
            for strictness in _STRICTNESS:
                verdicts = _verdicts(instructions, said, mode, strictness == "loose")
                marks[_named(mode, "prompt", strictness)] = all_followed(verdicts)
                marks[_named(mode, "instruction", strictness)] = share_followed(verdicts)
        return marks


def _about(name: str, data: HubData, file: str | None) -> About:
    kind = _SETS[name]
    metrics = [
        metric
        for mode in kind.modes
        for strictness, meaning in _STRICTNESS.items()
        for metric in (
            Metric(_named(mode, "prompt", strictness), f"all instructions followed, {meaning}; {_MODES[mode]}"),
            Metric(
                _named(mode, "instruction", strictness),
                f"share of instructions followed, {meaning}; {_MODES[mode]}",
                kind="weighted",
            ),
        )
    ]
    source = data.source(file)
    return About(name, kind.title, kind.language, tuple(metrics), source, data.license, max_tokens=1280, n=kind.n)


def _named(mode: str, level: str, strictness: str) -> str:
    return f"{mode}_{level}_{strictness}"


def _item(place: str, number: int, row: Mapping[str, Any]) -> Item:
    prompt = field_of(row, "prompt", place)
    ids = field_of(row, "instruction_id_list", place, (list, tuple))
    given = row.get("kwargs")
    try:
        kwargs = json.loads(given) if isinstance(given, str) else given
    except ValueError as exc:
        raise TaskDataError(f"{place}: kwargs is no JSON ({exc})") from exc
    kwargs = [{}] * len(ids) if kwargs is None else list(kwargs)
    if not ids or len(ids) != len(kwargs):
        raise TaskDataError(f"{place}: {len(ids)} instruction ids and {len(kwargs)} kwargs; each id needs its own")
    instructions = tuple((each, dict(one or {})) for each, one in zip(ids, kwargs, strict=True))
    try:
        _instructions(instructions)
    except (UnknownConstraint, BadParameters) as exc:
        raise TaskDataError(f"{place}: {exc}") from exc
    key = row.get("key")
    return Item(
        str(number if key is None else key),
        (Message("user", prompt),),
        reference={"instructions": instructions},
        weight=len(instructions),
    )


def _instructions(given: Sequence[tuple[str, Mapping[str, Any]]]) -> list[OfficialConstraint | Constraint]:
    return [official(name, kwargs) for name, kwargs in given]


def _verdicts(
    instructions: Sequence[OfficialConstraint | Constraint], said: Answer, mode: str, loose: bool
) -> list[Verdict]:
    found = []
    for one in instructions:
        if not isinstance(one, OfficialConstraint):  # one of ours: it has no other mode
            found.append(one.check(said))
        elif loose:
            found.append(one.check_loose(said, thai_aware=mode == "thai"))
        else:
            found.append(one.check(said, thai_aware=mode == "thai"))
    return found


def task(name: str, file: str | None = None, hub: str | None = None, revision: str | None = None) -> FollowInstructions:
    """`file`: a JSONL copy, with prompt, instruction_id_list and kwargs; `hub`, `revision`: another copy on the Hub."""
    return FollowInstructions(name, _SETS[name].data.at(hub, revision), file)
