"""IFEval and IFBench by their own ids and kwargs: existing prompts and RLVR data sets run unchanged.

    official("length_constraints:number_words", {"num_words": 50, "relation": "at least"}).check(response)

A response in English gets the official verdict; one in Thai the Thai-aware one: words by two engines, letters and
marks as they are, UNDECIDED where the instruction has no meaning in Thai (sentences, letter case). Loose accuracy
tries IFEval's eight views of a response (without first line, last line, asterisks). Where the official code is known
to be wrong ours is right, and `differs` says so; `docs/constraints/compatibility.md` lists them all.

>>> official("keywords:forbidden_words", {"forbidden_words": ["ที่"]}).check("คนที่รัก").outcome
<Outcome.FAIL: 'FAIL'>
>>> official("punctuation:no_comma", None).check("No comma here.").outcome
<Outcome.PASS: 'PASS'>
"""

from __future__ import annotations

import difflib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

from jsonschema import Draft202012Validator

from constraints.answer import Answer
from constraints.compat import ifbench, ifeval
from constraints.compat.instruction import Instruction, Kwargs
from constraints.compat.reading import CannotTell, english, thai
from constraints.constraint import BadParameters, Constraint
from constraints.language import script_shares
from constraints.registry import UnknownConstraint, build, types
from constraints.verdict import PASS, Outcome, Verdict, fail, undecided

__all__ = ["INSTRUCTIONS", "Accuracy", "OfficialConstraint", "accuracy", "official"]

INSTRUCTIONS: Mapping[str, Instruction] = {one.id: one for one in (*ifeval.INSTRUCTIONS, *ifbench.INSTRUCTIONS)}
"""Every official instruction by id."""


@dataclass(frozen=True)
class OfficialConstraint:
    """One official instruction with its kwargs, checked."""

    instruction: Instruction
    kwargs: Kwargs

    @property
    def id(self) -> str:
        return self.instruction.id

    def check(self, response: str | Answer) -> Verdict:
        """The strict verdict."""
        answer = response if isinstance(response, Answer) else Answer(response)
        if not answer.text:
            return fail("the answer is empty", "คำตอบว่างเปล่า")
        if answer.has_lone_surrogate:
            return undecided("the answer holds a lone surrogate", "คำตอบมีรหัสอักขระที่ไม่สมบูรณ์")
        if not _is_thai(answer):
            return self._judged(answer, "")
        if self.instruction.thai:
            return undecided(self.instruction.thai, "คำสั่งนี้ตัดสินกับข้อความภาษาไทยไม่ได้")
        return answer.by_both_engines(lambda engine: self._judged(answer, engine))

    def check_loose(self, response: str) -> Verdict:
        """PASS where one of IFEval's eight views passes; UNDECIDED where none passes and one could not be told."""
        verdicts = [self.check(view) for view in _views(response) if view.strip()]
        for outcome in (Outcome.PASS, Outcome.UNDECIDED):
            for verdict in verdicts:
                if verdict.outcome is outcome:
                    return verdict
        return verdicts[0] if verdicts else fail("the answer is empty", "คำตอบว่างเปล่า")

    def _judged(self, answer: Answer, engine: str) -> Verdict:
        reading = thai(answer, engine) if engine else english(answer.given)
        try:
            followed = self.instruction.check(reading, self.kwargs)
        except CannotTell as exc:
            return undecided(str(exc), "ตัดสินไม่ได้")
        return PASS if followed else fail(f"{self.id} is not followed", f"ไม่เป็นไปตามคำสั่ง {self.id}")


def official(instruction_id: str, kwargs: Kwargs | None = None) -> OfficialConstraint | Constraint:
    """The instruction of that id. Kwargs that are None (columns of a data set) are left out; our own ids work too.

    Raises:
        UnknownConstraint: neither an official id nor one of ours.
        BadParameters: a kwarg is missing, unknown or of the wrong type; it is named.
    """
    given = {name: _whole(value) for name, value in (kwargs or {}).items() if value is not None}
    if instruction_id in types():
        return build(instruction_id, given)
    if instruction_id not in INSTRUCTIONS:
        near = difflib.get_close_matches(instruction_id, [*INSTRUCTIONS, *types()], n=1)
        hint = f"; did you mean {near[0]!r}?" if near else ""
        raise UnknownConstraint(f"unknown instruction {instruction_id!r}{hint}")
    instruction = INSTRUCTIONS[instruction_id]
    error = next(iter(_validator(instruction_id).iter_errors(given)), None)
    if error is not None:
        place = ".".join(map(str, error.path))
        takes = ", ".join(instruction.kwargs) or "no kwargs"
        where = f"field {place!r}: " if place else ""
        raise BadParameters(f"{instruction_id}: {where}{error.message}; it takes {takes}")
    return OfficialConstraint(instruction, given)


@dataclass(frozen=True, slots=True)
class Accuracy:
    """Shares of prompts with all, and of instructions with each, followed; undecided ones are counted apart."""

    prompt_level: float
    instruction_level: float
    prompts: int
    instructions: int
    undecided: int


def accuracy(rows: Sequence[tuple[Sequence[OfficialConstraint | Constraint], str]], *, loose: bool = False) -> Accuracy:
    """IFEval's two accuracies over (constraints, response) rows, strict or loose. UNDECIDED is not followed.

    Raises:
        ValueError: there are no rows, or no constraints in them.
    """
    verdicts = [[_verdict(constraint, response, loose) for constraint in constraints] for constraints, response in rows]
    flat = [verdict for row in verdicts for verdict in row]
    if not flat:
        raise ValueError("accuracy needs at least one row with a constraint")
    return Accuracy(
        sum(all(verdict.passed for verdict in row) for row in verdicts) / len(verdicts),
        sum(verdict.passed for verdict in flat) / len(flat),
        len(verdicts),
        len(flat),
        sum(verdict.outcome is Outcome.UNDECIDED for verdict in flat),
    )


def _verdict(constraint: OfficialConstraint | Constraint, response: str, loose: bool) -> Verdict:
    if loose and isinstance(constraint, OfficialConstraint):
        return constraint.check_loose(response)
    return constraint.check(response)


def _views(response: str) -> list[str]:
    """The response, without its first line, its last line, both; and each without asterisks (IFEval, section 2.2)."""
    lines = response.split("\n")
    parts = ["\n".join(part).strip() for part in (lines[1:], lines[:-1], lines[1:-1])]
    return [response, response.replace("*", ""), *parts, *(part.replace("*", "") for part in parts)]


def _is_thai(answer: Answer) -> bool:
    """Whether Thai is the script with the most letters."""
    shares = script_shares(answer.raw)
    return bool(shares) and max(shares, key=lambda name: shares[name]) == "Thai"


def _whole(value: Any) -> Any:
    return int(value) if isinstance(value, float) and value.is_integer() else value


@cache
def _validator(instruction_id: str) -> Draft202012Validator:
    instruction = INSTRUCTIONS[instruction_id]
    return Draft202012Validator(
        {
            "type": "object",
            "properties": dict(instruction.kwargs),
            "required": [name for name in instruction.kwargs if name not in instruction.optional],
            "additionalProperties": False,
        }
    )
