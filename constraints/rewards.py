"""Verdicts as rewards for RL trainers: plain Python, TRL (`reward_funcs`) and verl (`compute_score`).

Two ways to score a response that has several constraints: the fraction it keeps, or all or nothing. UNDECIDED is
never scored 0: it leaves the fraction's denominator and is counted; where nothing is decided there is no reward
(None). TRL leaves such a sample out of its group; verl cannot, so there it gets `if_undecided`. The signatures are
those of TRL 1.16 and verl 0.9.

Constraints may come as they stand in our datasets (`[{"id": ..., "params": ...}]`, params as JSON or not), as
`Constraint` objects, or as `instruction_id` / `kwargs` of IFEval, IFBench and RLVR sets (see `compat`).

>>> reward([{"id": "length.lines", "params": {"count": 1}}, {"id": "numerals.none", "params": {}}], "มี 2 ตัว").value
0.5
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal, Protocol

from constraints.answer import Answer
from constraints.compat import official
from constraints.registry import build
from constraints.verdict import Outcome, Verdict

__all__ = ["Reward", "Scoring", "all_satisfied", "compute_score", "constraints_of", "fraction_satisfied", "reward"]

Scoring = Literal["fraction", "all"]


class Checkable(Protocol):
    """What can be asked for a verdict: a Constraint, or an official instruction of `compat`."""

    @property
    def id(self) -> str: ...

    def check(self, answer: str | Answer, /) -> Verdict: ...


@dataclass(frozen=True, slots=True)
class Reward:
    """`value` from 0 to 1, or None where nothing was decided; counts of the three outcomes, and every verdict."""

    value: float | None
    passed: int
    failed: int
    undecided: int
    verdicts: tuple[tuple[str, Verdict], ...]


def reward(constraints: Any, response: str, scoring: Scoring = "fraction") -> Reward:
    """The reward of one response.

    Args:
        constraints: see the module's docstring.
        scoring: "fraction" of the decided constraints that pass; "all": 1 if all pass, 0 if one fails, else None.

    Raises:
        UnknownConstraint, BadParameters: a constraint is not known or malformed; training must not go on without it.
    """
    if scoring not in ("fraction", "all"):
        raise ValueError(f"scoring {scoring!r} is unknown; known: 'fraction', 'all'")
    answer = Answer(response)
    verdicts = tuple((constraint.id, constraint.check(answer)) for constraint in constraints_of(constraints))
    counts = {outcome: sum(verdict.outcome is outcome for _, verdict in verdicts) for outcome in Outcome}
    passed, failed = counts[Outcome.PASS], counts[Outcome.FAIL]
    undecided = counts[Outcome.UNDECIDED]
    if scoring == "fraction":
        value = passed / (passed + failed) if passed + failed else None
    elif failed:
        value = 0.0
    else:
        value = 1.0 if passed and not undecided else None
    return Reward(value, passed, failed, undecided, verdicts)


def constraints_of(given: Any) -> list[Checkable]:
    """Constraints in any of the accepted forms, ready to check.

    Raises:
        UnknownConstraint, BadParameters: as `build`.
        TypeError: the form is none of the accepted ones.
    """
    if isinstance(given, str):
        given = json.loads(given)
    if isinstance(given, Mapping):
        given = [given]
    if not isinstance(given, Sequence):
        raise TypeError(f"constraints must be a list, a mapping or JSON text, not {type(given).__name__}")
    return [checkable for item in given for checkable in _checkables(item)]


def _checkables(item: Any) -> list[Checkable]:
    if not isinstance(item, Mapping):
        if hasattr(item, "check"):
            return [item]
        raise TypeError(f"a constraint must be a mapping or have a check method, not {type(item).__name__}")
    if "params" in item:
        params = item["params"]
        return [build(item["id"], json.loads(params) if isinstance(params, str) else params)]
    ids = item.get("instruction_id", item.get("instruction_id_list"))
    if ids is None:
        raise TypeError("a constraint needs `id` and `params`, or `instruction_id` and `kwargs`")
    if isinstance(ids, str):
        return [official(ids, item.get("kwargs"))]
    kwargs = item.get("kwargs") or [None] * len(ids)
    return [official(one, given) for one, given in zip(ids, kwargs, strict=True)]


def _trl(scoring: Scoring, name: str) -> Callable[..., list[float | None]]:
    def rewards(
        completions: Sequence[Any], constraints: Sequence[Any] | None = None, **columns: Any
    ) -> list[float | None]:
        """TRL reward function: one float, or None, a completion. Uses the dataset's column `constraints`.

        Without that column: `ground_truth`, or `instruction_id` and `kwargs`, as RLVR sets have them.
        """
        rows = constraints if constraints is not None else _columns(columns, len(completions))
        found = [reward(row, _content(text), scoring) for row, text in zip(rows, completions, strict=True)]
        log_metric = columns.get("log_metric")
        if callable(log_metric):  # recent TRL hands this to every reward function
            total = sum(len(one.verdicts) for one in found)
            log_metric("undecided_share", sum(one.undecided for one in found) / total if total else 0.0)
        return [one.value for one in found]

    rewards.__name__ = name  # TRL logs rewards by name
    return rewards


fraction_satisfied = _trl("fraction", "fraction_satisfied")
all_satisfied = _trl("all", "all_satisfied")


def _columns(columns: Mapping[str, Any], rows: int) -> Sequence[Any]:
    if "ground_truth" in columns:
        return columns["ground_truth"]
    ids = columns.get("instruction_id", columns.get("instruction_id_list"))
    if ids is None:
        raise TypeError("the dataset has no column `constraints`, `ground_truth` or `instruction_id` to reward by")
    kwargs = columns.get("kwargs") or [None] * rows
    return [{"instruction_id": one, "kwargs": given} for one, given in zip(ids, kwargs, strict=True)]


def _content(completion: Any) -> str:
    """The text of a completion: TRL gives strings, or conversations where the prompts are ones."""
    return completion if isinstance(completion, str) else completion[-1]["content"]


def compute_score(
    data_source: str,
    solution_str: str,
    ground_truth: Any,
    extra_info: Mapping[str, Any] | None = None,
    *,
    scoring: Scoring = "fraction",
    if_undecided: float = 0.5,
    **_: Any,
) -> dict[str, float]:
    """verl's `compute_score`: `score`, and what verl logs beside it (passed, failed, undecided, decided).

    `ground_truth` (or `extra_info["constraints"]` where it is empty) holds the constraints. verl cannot leave a sample
    out: where nothing is decided the score is `if_undecided`, neither reward nor punishment, and `decided` is 0.
    """
    found = reward(ground_truth or (extra_info or {}).get("constraints") or [], solution_str, scoring)
    return {
        "score": if_undecided if found.value is None else found.value,
        "decided": float(found.value is not None),
        "passed": float(found.passed),
        "failed": float(found.failed),
        "undecided": float(found.undecided),
    }
