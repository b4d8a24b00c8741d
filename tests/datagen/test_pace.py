"""Speed and ETA: honest about small counts, stored answers and the attempts that are left."""

from __future__ import annotations

import random

import pytest

from datagen.pace import Pace, Sample, clock


def steady(pace: Pace, seconds: int, *, per_row_s: float = 1.0, attempts_per_row: int = 2, start: int = 0) -> None:
    for second in range(start, start + seconds + 1):
        accepted = int(second / per_row_s)
        pace.add(Sample(second, 2 * accepted, 100 * accepted, accepted, attempts_per_row * accepted, in_flight=4))


def test_the_end_lies_in_the_range_about_four_times_out_of_five():
    rng, hits, builds = random.Random(5), 0, 600
    for _ in range(builds):
        arrivals = [0.0]
        while len(arrivals) < 61:
            arrivals.append(arrivals[-1] + rng.expovariate(0.5))
        pace = Pace(rows=60)
        for second in range(41):
            accepted = sum(at <= second for at in arrivals[1:])
            pace.add(Sample(second, accepted, 0, accepted, accepted, in_flight=4))
        eta = pace.eta()
        assert eta is not None
        hits += eta.low_s <= arrivals[-1] - 40 <= eta.high_s
    assert 0.75 < hits / builds < 0.86


def test_rows_from_the_store_do_not_shorten_the_eta():
    pace = Pace(rows=1000)
    for second in range(10):
        pace.add(Sample(second, 0, 0, 80 * second, 80 * second))  # 720 rows in nine seconds, all stored
    for second in range(9, 110):
        new = (second - 9) // 10
        pace.add(Sample(second, new, 0, 720 + new, 720 + new, in_flight=1))
    eta = pace.eta()
    assert eta is not None
    assert eta.low_s < 270 * 10 < eta.high_s  # 270 rows at one in ten seconds


def test_waiting_for_the_first_answers_counts_as_time():
    pace = Pace(rows=100)
    for second in range(61):  # a minute until sixteen answers arrive together
        arrived = 16 if second == 60 else 0
        pace.add(Sample(second, arrived, 0, arrived, arrived, in_flight=16))
    eta = pace.eta()
    assert eta is not None
    assert eta.low_s > 120


def test_nothing_is_promised_from_fewer_than_three_rows():
    pace = Pace(rows=10)
    steady(pace, 2)
    assert pace.eta() is None
    steady(pace, 3)
    assert pace.eta() is not None


def test_attempts_that_run_out_first_are_told():
    pace = Pace(rows=1000, attempts=400)
    steady(pace, 100)
    eta = pace.eta()
    assert eta is not None
    assert eta.rows_short == 800  # 400 candidates make 200 rows
    assert eta.low_s < 100 < eta.high_s  # 200 candidates left at two a second


def test_speed_forgets_what_is_more_than_a_quarter_of_a_minute_old():
    pace = Pace(rows=10_000)
    steady(pace, 60)
    assert pace.requests_per_s == pytest.approx(2.0)
    last = Sample(60, 120, 6000, 60, 120)
    for second in range(61, 100):
        pace.add(Sample(second, last.asked, last.tokens, last.accepted, last.attempts, in_flight=4))
    assert pace.requests_per_s == pace.tokens_per_s == 0.0


def test_eta_is_one_number_once_it_is_sure_enough():
    pace = Pace(rows=20_000)
    steady(pace, 3_000, per_row_s=0.25)
    eta = pace.eta()
    assert eta is not None
    assert "to" not in eta.text()
    assert clock(eta.low_s) == eta.text()
