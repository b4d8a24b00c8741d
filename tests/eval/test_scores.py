"""Intervals against independent computations."""

from __future__ import annotations

import math
import random

from eval.scores import bootstrap_mean, paired_difference, score_of, wilson
from eval.task import Metric


def test_wilson_is_where_the_score_test_just_rejects():
    """Its bounds solve |p - share| = z * sqrt(p (1 - p) / n): checked by putting them in, not by the formula again."""
    for successes, n in ((0, 7), (1, 7), (3, 7), (7, 7), (45, 100), (999, 1000)):
        for bound in wilson(successes, n):
            if 0 < bound < 1:
                distance = abs(successes / n - bound) / math.sqrt(bound * (1 - bound) / n)
                assert math.isclose(distance, 1.959963984540054, rel_tol=1e-9), (successes, n)


def test_wilson_covers_what_it_says():
    draw = random.Random(0)
    for share in (0.1, 0.5, 0.97):
        hits = 0
        for _ in range(2000):
            successes = sum(draw.random() < share for _ in range(50))
            low, high = wilson(successes, 50)
            hits += low <= share <= high
        assert 0.92 <= hits / 2000 <= 0.985, share


def test_the_bootstrap_covers_what_it_says_and_is_the_same_twice():
    draw, hits = random.Random(1), 0
    for _ in range(150):
        values = [draw.expovariate(1.0) for _ in range(60)]
        low, high = bootstrap_mean(values)
        hits += low <= 1.0 <= high
    assert 0.86 <= hits / 150 <= 0.99
    assert bootstrap_mean([1.0, 4.0, 2.0]) == bootstrap_mean([1.0, 4.0, 2.0])


def test_a_paired_difference_sees_what_an_unpaired_one_would_not():
    draw = random.Random(2)
    a = [draw.gauss(0, 1) for _ in range(80)]
    b = [x + 0.1 + draw.gauss(0, 0.1) for x in a]
    found = paired_difference(a, b)
    assert 0.07 < found.low < found.value < found.high < 0.15
    assert found.p < 0.001
    none = paired_difference(a, list(a))
    assert (none.value, none.p) == (0, 1)
    back = paired_difference(b, a)
    assert math.isclose(back.value, -found.value)


def test_undecided_marks_are_in_no_denominator():
    score = score_of(Metric("m", ""), [1.0, 0.0, None, 0.0, None], failed=1)
    assert (score.n, score.value, score.failed, score.undecided) == (3, 1 / 3, 1, 2)
    nothing = score_of(Metric("m", ""), [None, None], failed=0)
    assert (nothing.n, nothing.value, nothing.low, nothing.undecided) == (0, None, None, 2)


def test_a_weighted_metric_gives_every_instruction_one_vote():
    marks, weights = [1.0, 0.5, None, 0.0], [1.0, 2.0, 5.0, 3.0]
    score = score_of(Metric("m", "", kind="weighted"), marks, failed=0, weights=weights)
    assert (score.n, score.undecided) == (3, 1)
    assert math.isclose(score.value or 0, (1 * 1 + 1) / 6), "2 of 6 instructions that can be judged"
    assert score_of(Metric("m", "", kind="mean"), marks, failed=0, weights=weights).value == 0.5
    whole = score_of(Metric("m", "", kind="weighted"), [1.0] * 4, failed=0, weights=weights)
    assert (whole.value, whole.low, whole.high) == (1.0, *wilson(4, 4))
    found = paired_difference([0.0, 0.5, 1.0], [1.0, 0.5, 1.0], weights=[1.0, 2.0, 3.0])
    assert math.isclose(found.value, 1 / 6)


def test_the_interval_of_a_weighted_mean_covers_what_it_says():
    draw, hits = random.Random(3), 0
    for _ in range(150):
        weights = [draw.choice((1.0, 2.0, 3.0)) for _ in range(80)]
        marks = [sum(draw.random() < 0.6 for _ in range(int(weight))) / weight for weight in weights]
        score = score_of(Metric("m", "", kind="weighted"), marks, failed=0, weights=weights)
        assert score.low is not None and score.high is not None  # noqa: PT018
        hits += score.low <= 0.6 <= score.high
    assert 0.88 <= hits / 150 <= 0.99


def test_where_nothing_differs_an_interval_still_has_a_width():
    """The bootstrap of equal values is a point, however few they are; what Wilson leaves open is left open here."""
    open_ = wilson(0, 20)[1]
    same = paired_difference([1.0] * 20, [1.0] * 20, span=9.0)
    assert (same.value, same.low, same.high, same.p) == (0.0, -9 * open_, 9 * open_, 1.0)
    steps = score_of(Metric("steps", "", "mean", worst=8.0, top=1.0), [8.0] * 20, failed=0)
    assert steps.value == steps.high == 8.0
    assert math.isclose(steps.low or 0, 8 - 7 * open_)
    few, many = (score_of(Metric("m", "", "weighted"), [0.0] * n, failed=0) for n in (2, 200))
    assert (few.low, many.low) == (0.0, 0.0)
    assert (few.high or 0) > 0.6 > 0.02 > (many.high or 1)
