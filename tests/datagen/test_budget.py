"""The budget: never passed, said in words, raised and resumed; prices; limits that need them."""

from __future__ import annotations

import contextlib
import json

import pytest

from datagen.llm.answers import AnswerStore
from datagen.llm.usage import Price, Usage


def spent(out) -> int:
    with contextlib.closing(AnswerStore(out / ".typhoon/answers.sqlite")) as store:
        return sum(prompt + completion for prompt, completion in store.tokens_by_model().values())


def test_a_token_budget_ends_the_build_cleanly_and_raising_it_resumes(run, build_arguments, teacher, tmp_path):
    out = tmp_path / "ds"
    arguments = [*build_arguments(teacher, out, rows=12), "teacher.max_tokens=200"]
    code, text = run(*arguments, "budget.max_tokens=6000")
    assert code == 2
    assert "budget.max_tokens" in text
    assert "run the same command again" in text
    asked = len(teacher.requests)
    assert 3000 < spent(out) <= 6000
    # Spent is spent: the same budget buys nothing more in a second run.
    assert run(*arguments, "budget.max_tokens=6000")[0] == 2
    assert len(teacher.requests) <= asked + 1
    code, text = run(*arguments, "budget.max_tokens=1000000")
    assert code == 0, text
    generations = [json.dumps([b["messages"], b["seed"]]) for b in teacher.requests if "seed" in b]
    assert len(generations) == len(set(generations)), "an answer was paid for twice"


def test_a_money_budget_needs_a_price_for_every_model(run, build_arguments, teacher, tmp_path):
    arguments = build_arguments(teacher, tmp_path / "ds")
    code, text = run(*arguments, "budget.max_cost=1")
    assert code == 2
    assert "budget.prices" in text
    code, text = run(*arguments, "budget.max_cost=1", 'budget.prices={"other": {"input": 1, "output": 2}}')
    assert code == 2
    assert "'scripted' has no price" in text
    assert teacher.requests == []


def test_a_money_budget_stops_before_it_is_passed(run, build_arguments, teacher, tmp_path):
    out = tmp_path / "ds"
    prices = 'budget.prices={"scripted": {"input": 10, "output": 30}}'
    arguments = [*build_arguments(teacher, out, rows=12), "teacher.max_tokens=200", prices]
    code, text = run(*arguments, "budget.max_cost=0.08")
    assert code == 2
    assert "budget.max_cost" in text
    assert "USD" in text
    with contextlib.closing(AnswerStore(out / ".typhoon/answers.sqlite")) as store:
        prompt, completion = store.tokens_by_model()["scripted"]
    assert 0.04 < Price(input=10, output=30).of(prompt, completion) <= 0.08
    assert run(*arguments, "budget.max_cost=100")[0] == 0


@pytest.mark.parametrize(
    ("prices", "cost", "currency"),
    [({}, None, None), ({"a": Price(input=1, output=2)}, None, "THB"),
     ({"a": Price(input=1, output=2), "b": Price(input=0, output=10)}, 5.0, "THB")],
)  # fmt: skip
def test_cost_is_told_only_where_every_model_has_a_price(prices, cost, currency):
    usage = Usage(prices=prices, price_currency="THB")
    usage.count_tokens("a", 1_000_000, 1_000_000)
    usage.count_tokens("b", 5_000_000, 200_000)
    assert usage.cost == cost
    assert usage.currency == currency
