"""Verdicts as rewards: fraction, all or nothing, TRL's and verl's signatures; UNDECIDED is never a zero."""

from __future__ import annotations

import json

import numpy as np
import pytest

from constraints import BadParameters, UnknownConstraint, build
from constraints.rewards import all_satisfied, compute_score, constraints_of, fraction_satisfied, reward

_LINES = {"id": "length.lines", "params": {"count": 2}}
_SHORT = {"id": "length.characters_max", "params": {"maximum": 10}}
_SENTENCES = {
    "instruction_id": ["length_constraints:number_sentences"],
    "kwargs": [{"num_sentences": 2, "relation": "at least"}],
}  # undecided on any Thai response


def test_fraction_counts_decided_constraints_only() -> None:
    found = reward([_LINES, _SHORT, _SENTENCES], "ฝนตกหนักมาก\nแดดออก")
    assert (found.value, found.passed, found.failed, found.undecided) == (0.5, 1, 1, 1)
    assert [name for name, _ in found.verdicts] == [
        "length.lines",
        "length.characters_max",
        _SENTENCES["instruction_id"][0],
    ]


@pytest.mark.parametrize(
    ("constraints", "value"),
    [
        ([_LINES], 1.0),
        ([_LINES, _SHORT], 0.0),
        ([_LINES, _SENTENCES], None),  # nothing failed, but not all is known to pass
        ([_SHORT, _SENTENCES], 0.0),  # one failure decides
        ([_SENTENCES], None),
        ([], None),
    ],
)
def test_all_or_nothing(constraints: list[object], value: float | None) -> None:
    assert reward(constraints, "ฝนตกหนักมาก\nแดดออก", "all").value == value


def test_nothing_decided_is_no_reward_and_not_zero() -> None:
    assert reward([_SENTENCES], "ฝนตก").value is None


def test_an_unknown_scoring_raises() -> None:
    with pytest.raises(ValueError, match="'mean' is unknown"):
        reward([_LINES], "ก", "mean")  # pyright: ignore[reportArgumentType]


@pytest.mark.parametrize(
    "form",
    [
        [_LINES],
        _LINES,
        json.dumps([_LINES]),
        [{"id": "length.lines", "params": json.dumps({"count": 2})}],
        [build("length.lines", {"count": 2})],
        [{"instruction_id": "length.lines", "kwargs": {"count": 2}}],
        [{"instruction_id_list": ["length.lines"], "kwargs": [{"count": 2.0, "N": None}]}],
        json.dumps([{"instruction_id": ["length.lines"], "kwargs": [{"count": 2}]}]),
        str([{"instruction_id": ["length.lines"], "kwargs": [{"count": 2, "N": None}]}]),  # a Python literal
        [json.dumps(_LINES)],
        np.array([_LINES], dtype=object),
        {"instruction_id": ["length.lines"], "kwargs": json.dumps([{"count": 2}])},
        {"instruction_id": ["length.lines"], "kwargs": [json.dumps({"count": 2})]},
        {"instruction_id": ["length.lines"], "kwargs": {"count": 2}},
        {"id": None, "params": None, "instruction_id": np.array(["length.lines"]), "kwargs": [{"count": 2.0}]},
        {"id": "a row's id", "instruction_id": "length.lines", "kwargs": [{"count": 2, "N": float("nan")}]},
        build("length.lines", {"count": 2}),
    ],
)
def test_every_form_of_constraints(form: object) -> None:
    assert reward(form, "ก\nข").value == 1.0
    assert reward(form, "ก").value == 0.0


def test_ids_and_kwargs_of_different_lengths_raise() -> None:
    with pytest.raises(BadParameters, match="1 instruction ids but 2 kwargs"):
        constraints_of([{"instruction_id": ["punctuation:no_comma"], "kwargs": [None, None]}])
    with pytest.raises(BadParameters, match="2 instruction ids but dict"):
        constraints_of([{"instruction_id": ["punctuation:no_comma"] * 2, "kwargs": {"N": 1}}])
    with pytest.raises(ValueError, match="zip"):
        fraction_satisfied(completions=["x", "y"], instruction_id=[["punctuation:no_comma"]] * 2, kwargs=[[None]])


@pytest.mark.parametrize("form", [3, [3], "42", "[not json", [{"params": {}}], [{"name": "x"}]])
def test_other_forms_raise(form: object) -> None:
    with pytest.raises(TypeError, match=r"must be a|needs `id`"):
        constraints_of(form)


def test_a_malformed_constraint_stops_training_and_is_no_silent_zero() -> None:
    with pytest.raises(UnknownConstraint):
        reward([{"id": "length.line", "params": {}}], "ก")
    with pytest.raises(BadParameters, match="count"):
        reward([{"id": "length.lines", "params": {}}], "ก")


def test_trl_gets_a_float_or_none_for_each_completion() -> None:
    logged: dict[str, float] = {}
    values = fraction_satisfied(
        prompts=["x", "x", "x"],
        completions=["ก\nข", "ก", "ฝนตก"],
        constraints=[[_LINES], [_LINES], [_SENTENCES]],
        completion_ids=[[1], [2], [3]],
        log_metric=logged.__setitem__,
    )
    assert values == [1.0, 0.0, None]
    assert logged == {"undecided_share": 1 / 3}
    assert (fraction_satisfied.__name__, all_satisfied.__name__) == ("fraction_satisfied", "all_satisfied")


def test_trl_conversations_and_rlvr_columns() -> None:
    chats = [[{"role": "assistant", "content": "ก\nข"}], [{"role": "assistant", "content": "ก"}]]
    assert all_satisfied(completions=chats, constraints=[[_LINES, _SHORT], [_LINES]]) == [1.0, 0.0]
    truth = json.dumps([{"instruction_id": ["punctuation:no_comma"], "kwargs": [None]}])
    assert fraction_satisfied(completions=["no comma", "a, b"], ground_truth=[truth, truth]) == [1.0, 0.0]
    ids = [["punctuation:no_comma"], ["punctuation:no_comma"]]
    assert fraction_satisfied(completions=["no comma", "a, b"], instruction_id=ids) == [1.0, 0.0]
    with pytest.raises(TypeError, match="no column"):
        fraction_satisfied(completions=["x"])
    with pytest.raises(ValueError, match="zip"):
        fraction_satisfied(completions=["x", "y"], constraints=[[_LINES]])


def test_verl_gets_a_dict_with_a_score() -> None:
    truth = json.dumps([_LINES, _SHORT])
    found = compute_score("thai_if", "ฝนตกหนักมาก\nแดดออก", truth, {"index": 3}, reward_router_address=None)
    assert found == {"score": 0.5, "decided": 1.0, "passed": 1.0, "failed": 1.0, "undecided": 0.0}
    assert compute_score("thai_if", "ก\nข", truth, scoring="all")["score"] == 1.0
    assert compute_score("thai_if", "ก\nข", "", {"constraints": [_LINES]})["score"] == 1.0


def test_verl_without_a_decision_gets_what_the_user_says() -> None:
    truth = json.dumps([_SENTENCES])
    assert compute_score("thai_if", "ฝนตก", truth) == {
        "score": 0.5, "decided": 0.0, "passed": 0.0, "failed": 0.0, "undecided": 1.0,
    }  # fmt: skip
    assert compute_score("thai_if", "ฝนตก", truth, if_undecided=0.0)["score"] == 0.0


def test_rows_of_other_tasks_get_no_reward() -> None:
    """A mixed set: sums have a number for ground truth, and columns of other tasks are null."""
    truth = json.dumps([_LINES])
    assert fraction_satisfied(completions=["ก\nข", "42", "x"], ground_truth=[truth, "42", None]) == [1.0, None, None]
    assert fraction_satisfied(completions=["ก\nข", "42"], constraints=[[_LINES], None]) == [1.0, None]
    ids = [["punctuation:no_comma"], None]
    assert fraction_satisfied(completions=["a", "a, b"], instruction_id=ids, kwargs=[[None], None]) == [1.0, None]
    with pytest.raises(TypeError, match="thai_if: neither ground_truth"):
        compute_score("thai_if", "ก", "")
    with pytest.raises(TypeError, match="thai_if: neither ground_truth"):
        compute_score("thai_if", "ก", None, {"constraints": []})


@pytest.mark.parametrize(
    ("content", "value"), [(None, 0.0), ([{"type": "text", "text": "ก\n"}, {"type": "text", "text": "ข"}], 1.0)]
)
def test_completions_without_text_or_in_parts(content: object, value: float) -> None:
    chat = [{"role": "assistant", "content": content, "tool_calls": []}]
    assert fraction_satisfied(completions=[chat], constraints=[[_LINES]]) == [value]
