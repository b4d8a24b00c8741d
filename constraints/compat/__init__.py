"""IFEval and IFBench by their own ids and kwargs: existing prompts and RLVR data sets run unchanged.

    official("length_constraints:number_words", {"num_words": 50, "relation": "at least"}).check(response)

A response in English gets the official verdict; one in Thai the Thai-aware one: words by two engines, letters and
marks as they are, UNDECIDED where the instruction has no meaning in Thai (sentences, lists of English words); "all
in English capitals" is a FAIL of a Thai response. A response is Thai where a tenth of its letters are. Loose accuracy
tries IFEval's eight views of a response (without first line, last line, asterisks). Where the official code is known
to be wrong ours is right, and `differs` says so; `docs/constraints/compatibility.md` lists them all.

>>> official("keywords:forbidden_words", {"forbidden_words": ["ที่"]}).check("คนที่รัก").outcome
<Outcome.FAIL: 'FAIL'>
>>> official("punctuation:no_comma", None).check("No comma here.").outcome
<Outcome.PASS: 'PASS'>
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from constraints.answer import Answer
from constraints.compat import ifbench, ifeval
from constraints.compat.instruction import Instruction, Kwargs
from constraints.compat.reading import CannotTell, Reading, english, thai
from constraints.constraint import BadParameters, Constraint
from constraints.language import script_shares
from constraints.parameters import error, whole
from constraints.registry import UnknownConstraint, build, hint, types
from constraints.text import normalise
from constraints.verdict import PASS, Outcome, Verdict, fail, undecided

__all__ = ["INSTRUCTIONS", "Accuracy", "OfficialConstraint", "accuracy", "official"]

INSTRUCTIONS: Mapping[str, Instruction] = {one.id: one for one in (*ifeval.INSTRUCTIONS, *ifbench.INSTRUCTIONS)}
"""Every official instruction by id."""

_THAI_SHARE = 0.1
_STRIPPED = ("keyword", "letter", "postscript_marker", "section_spliter")  # the official code strips these


@dataclass(frozen=True)
class OfficialConstraint:
    """One official instruction with its kwargs, checked."""

    instruction: Instruction
    kwargs: Kwargs

    @property
    def id(self) -> str:
        return self.instruction.id

    def check(self, response: str | Answer, *, thai_aware: bool = True) -> Verdict:
        """The strict verdict. `thai_aware=False` reads a Thai response as the official code does: by English rules."""
        answer = response if isinstance(response, Answer) else Answer(response)
        return self._verdict(answer, thai_aware and self._in_thai(answer))

    def check_loose(self, response: str | Answer, *, thai_aware: bool = True) -> Verdict:
        """PASS where one of IFEval's eight views passes; UNDECIDED where none passes and one could not be told."""
        answer = response if isinstance(response, Answer) else Answer(response)
        in_thai = thai_aware and self._in_thai(answer)  # of the whole response: a view may hold one line of it
        verdicts = [self._verdict(Answer(view), in_thai) for view in _views(answer.given) if view.strip()]
        for outcome in (Outcome.PASS, Outcome.UNDECIDED):
            for verdict in verdicts:
                if verdict.outcome is outcome:
                    return verdict
        return verdicts[0] if verdicts else fail("the answer is empty", "คำตอบว่างเปล่า")

    def _in_thai(self, answer: Answer) -> bool:
        """Whether a tenth of the response's letters, or a letter of a kwarg, is Thai: English words end at blanks."""
        return script_shares(answer.raw).get("Thai", 0.0) >= _THAI_SHARE or "Thai" in script_shares(
            json.dumps(dict(self.kwargs), ensure_ascii=False)
        )

    def _verdict(self, answer: Answer, in_thai: bool) -> Verdict:
        if not answer.text:
            return fail("the answer is empty", "คำตอบว่างเปล่า")
        if answer.has_lone_surrogate:
            return undecided("the answer holds a lone surrogate", "คำตอบมีรหัสอักขระที่ไม่สมบูรณ์")
        if not in_thai:
            return self._judged(english(answer.given), self.kwargs)
        if self.instruction.thai:
            return undecided(self.instruction.thai, "คำสั่งนี้ตัดสินกับข้อความภาษาไทยไม่ได้")
        kwargs = {name: _normalised(value) for name, value in self.kwargs.items()}  # as the response is
        return answer.by_both_engines(lambda engine: self._judged(thai(answer, engine), kwargs))

    def _judged(self, reading: Reading, kwargs: Kwargs) -> Verdict:
        try:
            followed = self.instruction.check(reading, kwargs)
        except CannotTell as exc:
            return undecided(str(exc), "ตัดสินไม่ได้")
        return PASS if followed else fail(f"{self.id} is not followed", f"ไม่เป็นไปตามคำสั่ง {self.id}")


def official(instruction_id: str, kwargs: Kwargs | None = None) -> OfficialConstraint | Constraint:
    """The instruction of that id. Kwargs that are None (columns of a data set) are left out; our own ids work too.

    Raises:
        UnknownConstraint: neither an official id nor one of ours.
        BadParameters: a kwarg is missing, unknown or of the wrong type; it is named.
    """
    if not isinstance(instruction_id, str):
        raise UnknownConstraint(f"an instruction id is a text, not {type(instruction_id).__name__}")
    if kwargs is not None and not isinstance(kwargs, Mapping):
        raise BadParameters(f"{instruction_id}: kwargs must be an object, not {type(kwargs).__name__}")
    given = whole({name: value for name, value in (kwargs or {}).items() if not _is_nothing(value)})
    if instruction_id in types():
        return build(instruction_id, given)
    if instruction_id not in INSTRUCTIONS:
        raise UnknownConstraint(
            f"unknown instruction {instruction_id!r}{hint(instruction_id, [*INSTRUCTIONS, *types()])}"
        )
    instruction = INSTRUCTIONS[instruction_id]
    given |= {name: given[name].strip() for name in _STRIPPED if isinstance(given.get(name), str)}
    problem = error(instruction.validator, given, instruction_id)
    if problem is not None:
        raise BadParameters(f"{instruction_id}: {problem}")
    return OfficialConstraint(instruction, given)


def _is_nothing(value: Any) -> bool:
    """None, or the NaN that a data frame makes of it."""
    return value is None or (isinstance(value, float) and math.isnan(value))


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


def _normalised(value: Any) -> Any:
    if isinstance(value, list | tuple):
        return [_normalised(item) for item in value]
    return normalise(value) if isinstance(value, str) else value
