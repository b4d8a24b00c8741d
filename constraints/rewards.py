"""Verdicts as rewards for RL trainers: plain Python, TRL (`reward_funcs`) and verl (`compute_score`).

Two ways to score a response that has several constraints: the fraction it keeps, or all or nothing. UNDECIDED is
never scored 0: it leaves the fraction's denominator and is counted; where nothing is decided there is no reward
(None). TRL leaves such a sample out of its group, and one without constraints of ours; verl cannot, so there it gets `if_undecided`. The signatures are
those of TRL 1.16 and verl 0.9.

Constraints may come as they stand in our datasets (`[{"id": ..., "params": ...}]`, params as JSON or not), as
`Constraint` objects, or as `instruction_id` / `kwargs` of IFEval, IFBench and RLVR sets (see `compat`), all of it
also as JSON text, as the text of a Python literal, or as an array.

>>> reward([{"id": "length.lines", "params": {"count": 1}}, {"id": "numerals.none", "params": {}}], "มี 2 ตัว").value
0.5
"""

from __future__ import annotations

import ast
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal, Protocol

from constraints.answer import Answer
from constraints.compat import official
from constraints.constraint import BadParameters
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
    given = _opened(given)
    if isinstance(given, Mapping) or hasattr(given, "check"):
        given = [given]
    if not isinstance(given, Sequence) or isinstance(given, str):
        raise TypeError(f"constraints must be a list, a mapping or JSON text, not {_told(given)}")
    return [checkable for item in given for checkable in _checkables(_opened(item))]


def _opened(value: Any) -> Any:
    """What `value` holds: JSON text, a Python literal (as RLVR sets store their ground truth), an array; else itself."""
    if hasattr(value, "tolist"):  # numpy, as data frames hand over lists
        value = value.tolist()
    if not isinstance(value, str) or not value.lstrip().startswith(("[", "{")):
        return value
    for read in (json.loads, ast.literal_eval):
        try:
            return read(value)
        except (ValueError, SyntaxError, RecursionError, MemoryError):
            continue
    return value


def _checkables(item: Any) -> list[Checkable]:
    if not isinstance(item, Mapping):
        if hasattr(item, "check"):
            return [item]
        raise TypeError(f"a constraint must be a mapping or have a check method, not {_told(item)}")
    ids = _first(item, "instruction_id", "instruction_id_list")
    if item.get("id") is not None and ids is None:
        params = _opened(item.get("params"))
        return [build(item["id"], {} if params is None or params == "" else params)]
    ids = _opened(ids)
    if ids is None:
        raise TypeError("a constraint needs `id` and `params`, or `instruction_id` and `kwargs`")
    kwargs = _opened(item.get("kwargs"))
    if isinstance(ids, str):
        alone = kwargs[0] if isinstance(kwargs, list) and len(kwargs) == 1 else kwargs
        return [official(ids, _opened(alone))]
    if kwargs is None or kwargs == []:
        kwargs = [None] * len(ids)
    elif isinstance(kwargs, Mapping) and len(ids) == 1:
        kwargs = [kwargs]
    if not isinstance(kwargs, list) or len(kwargs) != len(ids):
        many = len(kwargs) if isinstance(kwargs, list) else _told(kwargs)
        raise BadParameters(f"{len(ids)} instruction ids but {many} kwargs; there must be one object an id, in order")
    return [official(one, _opened(given)) for one, given in zip(ids, kwargs, strict=True)]


def _first(item: Mapping[str, Any], *names: str) -> Any:
    """The first of these members that holds something; data sets with several forms leave the others null."""
    return next((item[name] for name in names if item.get(name) is not None), None)


def _told(value: Any) -> str:
    return f"{type(value).__name__} {value!r:.60}"


def _trl(scoring: Scoring, name: str) -> Callable[..., list[float | None]]:
    def rewards(
        completions: Sequence[Any], constraints: Sequence[Any] | None = None, **columns: Any
    ) -> list[float | None]:
        """TRL reward function: one float, or None, a completion. Uses the dataset's column `constraints`.

        Without that column: `ground_truth`, or `instruction_id` and `kwargs`, as RLVR sets have them.
        """
        rows = constraints if constraints is not None else _columns(columns, len(completions))
        found = [
            reward([], "") if _holds_nothing(row) else reward(row, _content(text), scoring)  # a row of another task
            for row, text in zip(rows, completions, strict=True)
        ]
        log_metric = columns.get("log_metric")
        if callable(log_metric):  # recent TRL hands this to every reward function
            total = sum(len(one.verdicts) for one in found)
            log_metric("undecided_share", sum(one.undecided for one in found) / total if total else 0.0)
        return [one.value for one in found]

    rewards.__name__ = name  # TRL logs rewards by name
    return rewards


fraction_satisfied = _trl("fraction", "fraction_satisfied")
all_satisfied = _trl("all", "all_satisfied")


def _holds_something(given: Any) -> bool:
    return given is not None and (not hasattr(given, "__len__") or len(given) > 0)


def _holds_nothing(row: Any) -> bool:
    """No constraints, or the ground truth of another task (the answer to a sum): nothing for us to reward."""
    row = _opened(row)
    return row is None or isinstance(row, str | float | int)


def _columns(columns: Mapping[str, Any], rows: int) -> Sequence[Any]:
    if columns.get("ground_truth") is not None:
        return columns["ground_truth"]
    ids = _first(columns, "instruction_id", "instruction_id_list")
    if ids is None:
        raise TypeError("the dataset has no column `constraints`, `ground_truth` or `instruction_id` to reward by")
    kwargs = columns.get("kwargs") or [None] * rows
    return [
        None if one is None else {"instruction_id": one, "kwargs": given}
        for one, given in zip(ids, kwargs, strict=True)
    ]


def _content(completion: Any) -> str:
    """The text of a completion: TRL gives strings, or conversations where the prompts are ones."""
    if isinstance(completion, str):
        return completion
    content = completion[-1].get("content") if completion else None  # none where the model only called tools
    if isinstance(content, list):
        return "".join(part.get("text") or "" for part in content)
    return content or ""


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

    Raises:
        TypeError: there are no constraints; the row belongs to another reward function.
    """
    given = ground_truth if _holds_something(ground_truth) else (extra_info or {}).get("constraints")
    if not _holds_something(given):
        raise TypeError(f'{data_source}: neither ground_truth nor extra_info["constraints"] holds constraints')
    found = reward(given, solution_str, scoring)
    return {
        "score": if_undecided if found.value is None else found.value,
        "decided": float(found.value is not None),
        "passed": float(found.passed),
        "failed": float(found.failed),
        "undecided": float(found.undecided),
    }
