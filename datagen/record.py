"""The one record type that flows through every stage, and the rejection that ends one.

A stage turns a Record into a Record or a Rejection; nothing else can happen to a row. `Record.row()` is the
flat form on disk (see shards.py for its schema); `Record.from_row` reads anybody's copy back.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from importlib import metadata
from typing import Any

__all__ = [
    "AppliedConstraint",
    "Judgement",
    "Message",
    "Provenance",
    "Record",
    "RecordedVerdict",
    "Rejection",
    "Source",
    "ToolCall",
    "canonical_json",
    "code_version",
]


@dataclass(frozen=True, slots=True)
class ToolCall:
    """A call as an assistant wrote it: `arguments` is JSON text, kept as written."""

    id: str
    name: str
    arguments: str


@dataclass(frozen=True, slots=True)
class Message:
    """One message of the OpenAI chat format. `tool_call_id`: the call that a message of role "tool" answers."""

    role: str
    content: str
    tool_calls: tuple[ToolCall, ...] = ()
    tool_call_id: str = ""

    def as_dict(self) -> dict[str, Any]:
        """As the API has it: calls and their id only where there are any."""
        message: dict[str, Any] = {"role": self.role, "content": self.content}
        if self.tool_calls:
            message["tool_calls"] = [
                {"id": call.id, "type": "function", "function": {"name": call.name, "arguments": call.arguments}}
                for call in self.tool_calls
            ]
        if self.tool_call_id:
            message["tool_call_id"] = self.tool_call_id
        return message

    @classmethod
    def from_dict(cls, given: Mapping[str, Any]) -> Message:
        """Raises KeyError or TypeError where it is no message. Columns that a shard left empty count as absent."""
        calls = tuple(
            ToolCall(call["id"], call["function"]["name"], call["function"]["arguments"])
            for call in given.get("tool_calls") or ()
        )
        return cls(given["role"], given["content"], calls, given.get("tool_call_id") or "")


@dataclass(frozen=True, slots=True)
class Source:
    """Where the prompt comes from; travels with every record."""

    name: str
    id: str
    license: str


@dataclass(frozen=True, slots=True)
class AppliedConstraint:
    """One drawn constraint: id and parameters re-check it, the instruction is what the reader was told.

    `turn` is the assistant turn it holds for, counted from 1 over all assistant turns of the row; None: the last one
    (rows written before there were several). A constraint that holds for two turns stands twice.
    """

    id: str
    params: Mapping[str, Any]
    instruction: str
    lang: str
    turn: int | None = None


@dataclass(frozen=True, slots=True)
class RecordedVerdict:
    """What was found for the constraint at the same place in the row's list."""

    id: str
    outcome: str
    reason: str


@dataclass(frozen=True, slots=True)
class Judgement:
    score: float
    model: str
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Provenance:
    """Who wrote the answer, from which templates, under which text contract and code.

    `translation`: canonical JSON of how the prompt and its constraints were translated; "" where nothing was.
    `repairs` counts how often an answer of this row was asked for again with the reasons it had failed for.
    """

    teacher: str = ""
    templates: tuple[str, ...] = ()
    text_contract: str = ""
    code_version: str = ""
    translation: str = ""
    repairs: int = 0

    def as_dict(self) -> dict[str, Any]:
        return {
            "teacher": self.teacher,
            "templates": list(self.templates),
            "text_contract": self.text_contract,
            "code_version": self.code_version,
            "translation": self.translation,
            "repairs": self.repairs,
        }


@dataclass(frozen=True, slots=True)
class Record:
    """One candidate row. `group` names the drawn prompt that sibling candidates share, `split` where it goes,
    `number` its place among all records of the build.

    `prompt`, `keywords` and `avoid` come from the prompt file; they steer the draw and the screens and are not
    exported (the rendered prompt is in `messages`). `original` is the prompt before translation, "" where there was
    none. `given` are constraints that came with the prompt: `compose` states them instead of drawing any. `follow_up`
    is a user turn that is still to be said, after the answer to what stands in `messages`; "" in a finished row.
    `tools`: a JSON list of the tools on offer, as the teacher saw them; `scenario`: the canonical JSON of
    Scenario.as_dict(), "" in a row that is no tool use.
    """

    id: str
    group: str
    sample_index: int
    lang: str
    source: Source
    messages: tuple[Message, ...]
    prompt: str = ""
    keywords: tuple[str, ...] = ()
    avoid: tuple[str, ...] = ()
    original: str = ""
    given: tuple[AppliedConstraint, ...] = ()
    follow_up: str = ""
    tools: str = "[]"
    scenario: str = ""
    constraints: tuple[AppliedConstraint, ...] = ()
    verdicts: tuple[RecordedVerdict, ...] = ()
    judge: Judgement | None = None
    provenance: Provenance = field(default_factory=Provenance)
    split: str = "sft"
    number: int = 0

    @property
    def answer(self) -> str:
        """The last assistant message; "" where there is none yet."""
        last = self.messages[-1]
        return last.content if last.role == "assistant" else ""

    @property
    def prompt_text(self) -> str:
        """Everything before the answer, as one text."""
        return "\n".join(message.content for message in self.messages if message.role != "assistant")

    @property
    def answers(self) -> tuple[str, ...]:
        """Every assistant turn, in order."""
        return tuple(message.content for message in self.messages if message.role == "assistant")

    @property
    def checked_turns(self) -> tuple[int, ...]:
        """Assistant turns (from 1) that constraints hold for, and the last one; the others came with the prompt."""
        last = len(self.answers)
        return tuple(sorted({last, *(constraint.turn or last for constraint in self.constraints)}))

    @property
    def constraints_in_force(self) -> tuple[AppliedConstraint, ...]:
        """Those that the last answer (there or still to come) must keep."""
        last = max(len(self.answers), *(c.turn or 0 for c in self.constraints), 0)
        return tuple(c for c in self.constraints if (c.turn or last) == last)

    def text_before(self, turn: int) -> str:
        """What was said to the assistant (not by it) before its turn of that number, as one text."""
        said, answered = [], 0
        for message in self.messages:
            answered += message.role == "assistant"
            if answered == turn:
                break
            if message.role != "assistant":
                said.append(message.content)
        return "\n".join(said)

    def checked_part(self) -> dict[str, Any]:
        """What accepted and rejected rows have in common on disk: the conversation and what was checked of it."""
        return {
            "messages": [message.as_dict() for message in self.messages],
            "lang": self.lang,
            "original": self.original,
            "source": {"name": self.source.name, "id": self.source.id, "license": self.source.license},
            "constraints": [
                {
                    "id": c.id,
                    "params": canonical_json(c.params),
                    "instruction": c.instruction,
                    "lang": c.lang,
                    "turn": c.turn,
                }
                for c in self.constraints
            ],
            "verdicts": [{"id": v.id, "outcome": v.outcome, "reason": v.reason} for v in self.verdicts],
        }

    def row(self) -> dict[str, Any]:
        """The flat form that is written to disk."""
        return {
            "id": self.id,
            "tools": self.tools,
            **self.checked_part(),
            "judge": {
                "score": self.judge.score if self.judge else None,
                "model": self.judge.model if self.judge else "",
                "reason": self.judge.reason if self.judge else "",
            },
            "provenance": self.provenance.as_dict(),
            **({"scenario": self.scenario} if self.split == "tool" else {}),
        }

    @classmethod
    def from_row(cls, row: Mapping[str, Any]) -> Record:
        """A record read back from a row: with `messages`, or a prompt without an answer with `prompt`.

        Raises:
            KeyError, TypeError, ValueError: the row lacks a column or holds malformed parameters.
        """
        answered = "messages" in row or "prompt" not in row
        judge = row.get("judge") or {}
        provenance = row["provenance"]
        return cls(
            id=row["id"],
            group=row["id"],
            sample_index=0,
            lang=row["lang"],
            source=Source(**row["source"]),
            messages=tuple(map(Message.from_dict, row["messages" if answered else "prompt"])),
            original=row.get("original") or "",
            tools=row.get("tools") or "[]",
            scenario=row.get("scenario") or "",
            constraints=tuple(
                AppliedConstraint(c["id"], json.loads(c["params"]), c["instruction"], c["lang"], _turn(c.get("turn")))
                for c in row["constraints"]
            ),
            verdicts=tuple(
                RecordedVerdict(v["id"], v["outcome"], v["reason"]) for v in (row["verdicts"] if answered else ())
            ),
            judge=Judgement(judge["score"], judge["model"], judge.get("reason") or "")
            if judge.get("score") is not None
            else None,
            split=_split(row, answered),
            provenance=Provenance(
                provenance["teacher"],
                tuple(provenance["templates"]),
                provenance["text_contract"],
                provenance["code_version"],
                provenance.get("translation") or "",
                provenance.get("repairs") or 0,
            ),
        )


def _split(row: Mapping[str, Any], answered: bool) -> str:
    """By the columns: anybody's copy may stand in a folder of any name."""
    if not answered:
        return (row.get("extra_info") or {}).get("split", "opd")
    return "tool" if "scenario" in row else "sft"


def _turn(value: Any) -> int | None:
    if value is None or (isinstance(value, int) and not isinstance(value, bool)):
        return value
    raise TypeError(f"a constraint's turn must be a whole number (given: {value!r})")


@dataclass(frozen=True, slots=True)
class Rejection:
    """Why a record left: `reason` is a short countable code, `detail` what exactly was seen."""

    record: Record
    stage: str
    reason: str
    detail: str = ""

    def row(self) -> dict[str, Any]:
        whole = self.record.row()
        return {
            "id": self.record.id,
            "stage": self.stage,
            "reason": self.reason,
            "detail": self.detail,
            **self.record.checked_part(),
            "judge": whole["judge"],
            "provenance": whole["provenance"],
            **({key: whole[key] for key in ("tools", "scenario")} if self.record.split == "tool" else {}),
        }


@cache
def code_version() -> str:
    """Of the installed package; stands in every row and in the manifest."""
    return metadata.version("typhoon-data")


def canonical_json(value: Any) -> str:
    """One spelling per value: sorted keys, no spaces, Thai as Thai.

    >>> canonical_json({"ข": 1, "ก": [2]})
    '{"ก":[2],"ข":1}'
    """
    return json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
